// SQL from C++, for the few places where bytes decide which row is needed: tokens,
// data keys and the ledger's trigger. Everything else about rows is in the SQL files.
#pragma once

#include <span>

#include "pg/boundary.hpp"

namespace vvault::pg {

// A statement prepared at its first use and kept for the backend's life. Declare it
// static; it has no destructor on purpose.
struct Statement {
    const char *text;
    std::span<const Oid> types;
    SPIPlanPtr plan = nullptr;
};

// Values and nulls ('n' or ' ') in the order of the types.
struct Parameters {
    std::span<Datum> values;
    const char *nulls = nullptr;
};

// Between connect() and finish() the result of the last execute() may be read. On an
// error the transaction's end cleans up, so nothing here needs a destructor.
void connect();
void finish();

// Runs the statement and returns the number of rows. Read-only statements keep to the
// snapshot of the calling query; others see what was committed meanwhile.
std::uint64_t execute(Statement &statement, Parameters parameters, bool read_only);

// The value in a row of the last result; null gives nothing.
struct Value {
    Datum datum;
    bool is_null;
};
Value value_at(std::uint64_t row, int column);

}  // namespace vvault::pg
