// Rows read and written without SQL, for the few that every message costs: a statement's
// executor takes longer than the row does. The table's indexes, NOT NULLs, triggers and
// foreign keys hold as ever. Privileges and row security do not: whoever calls this has
// decided that the row may be read or written.
#pragma once

#include <span>
#include <string_view>

#include "core/bytes.hpp"
#include "pg/boundary.hpp"

extern "C" {
#include "storage/itemptr.h"
}

namespace vvault::pg {

struct ColumnValue {
    const char *name;
    Datum value;
    bool is_null = false;
};

// The place of a column in the row, -1 where there is none. Columns are usually asked for in
// the table's order, so the search begins at `first`. Throws nothing and calls nothing that does.
int find_column(TupleDesc description, int first, const char *name);

struct IndexKey {
    Datum value;
    RegProcedure equal;
};
IndexKey key_of(const Uuid &value);
IndexKey key_of(std::string_view value);
IndexKey key_of(std::int64_t value);

// A table or index of the vault's. Throws Errc::internal when it is not there.
Oid relation_named(const char *name);

// Rows of `table` found through `index`, a btree whose leading columns equal `keys`.
struct IndexLookup {
    IndexLookup(Oid table, Oid index, std::span<const IndexKey> keys)
        : table(table), index(index), keys(keys) {}
    IndexLookup(const char *table, const char *index, std::span<const IndexKey> keys)
        : IndexLookup(relation_named(table), relation_named(index), keys) {}

    Oid table;
    Oid index;
    std::span<const IndexKey> keys;
};

// Columns that are not named become null; there are no defaults.
void insert_row(Oid table, std::span<const ColumnValue> columns);
void insert_row(const char *table, std::span<const ColumnValue> columns);

// The last such row in the index's order, as of now: what others have committed and what this
// transaction has done, whatever its snapshot. Sets the values of the named columns, copied
// into the current memory context. False where there is none.
bool find_last(const IndexLookup &lookup, std::span<ColumnValue> columns);

// The same, and locks the row against every other change until the transaction ends; waits
// for whoever holds it and then has the row as that one left it. Not for transactions that
// keep one snapshot (REPEATABLE READ and above): they must fail where this would wait.
bool lock_last(const IndexLookup &lookup, std::span<ColumnValue> columns, ItemPointerData &place);

// Changes the named columns of a row that lock_last() has locked. Triggers for the change of
// particular columns do not fire.
void update_row(const char *table, const ItemPointerData &place,
                std::span<const ColumnValue> columns);

}  // namespace vvault::pg
