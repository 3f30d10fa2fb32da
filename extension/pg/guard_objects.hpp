// What writing, emptying, dropping or altering one object would do to the ledger, asked by the
// hooks that the backend calls for each object. Like pg/guard_statements: refuses nothing, may
// raise, so C++ asks through call().
#pragma once

#include "pg/postgres.hpp"

namespace vvault::pg {

// A row of the catalog `catalog`, or one column of a table.
struct ObjectAddressed {
    Oid catalog;
    Oid object;
    int column;
};

// INSERT, UPDATE, DELETE (bits of an AclMode) by this role, which is the view's owner or the
// session's current one.
struct IntendedWrite {
    Oid relation;
    unsigned long privileges;
    Oid role;
};

// Neither raises nor reads: nearly all writes are to other tables.
bool write_needs_judgement(const IntendedWrite &write);

bool is_harmful_write(const IntendedWrite *write);
bool is_harmful_truncate(Oid table);
bool drop_needs_judgement(Oid catalog);
bool is_harmful_drop(const ObjectAddressed *dropped, bool drops_extension);
bool is_harmful_change(const ObjectAddressed *changed);

// For people: a relation, the relation of a trigger or policy, a function, a schema.
void name_of_object(const ObjectAddressed *object, char (*name)[NAMEDATALEN]);

}  // namespace vvault::pg
