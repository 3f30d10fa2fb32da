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

enum class Sees {
    // What was committed before the statement, as any statement of the transaction's
    // isolation level sees it. May write.
    transaction,
    // The newest committed rows, whatever the isolation level. Reads only.
    latest,
    // What the PinnedSnapshot that is alive has pinned, or, without one, what the statement
    // sees that called the function: one state of the database throughout. Reads only.
    pinned,
};

// Runs the statement and returns the number of rows. What a backend remembers beyond its
// transaction must have been read as Sees::latest: an old snapshot would bring back what
// was revoked or destroyed since.
std::uint64_t execute(Statement &statement, Parameters parameters, Sees sees);

// Whether Sees::latest can be had. Inside a parallel query it cannot, and the query's own
// snapshot serves; what was read through it must not be remembered.
bool sees_latest();

// Several reads of one and the same state: the newest, as of the constructor.
class PinnedSnapshot {
public:
    PinnedSnapshot();
    ~PinnedSnapshot();
    PinnedSnapshot(const PinnedSnapshot &) = delete;
    PinnedSnapshot &operator=(const PinnedSnapshot &) = delete;
};

// A result that is too large to be had at once, read as Sees::pinned. fetch() makes the next
// rows the last result, and gives their number: 0 at the end. An error's cleaning up is the
// transaction's.
class Cursor {
public:
    Cursor(Statement &statement, Parameters parameters);
    ~Cursor();
    Cursor(const Cursor &) = delete;
    Cursor &operator=(const Cursor &) = delete;
    std::uint64_t fetch(long rows);

private:
    Portal portal_;
};

// The value in a row of the last result; null gives nothing.
struct Value {
    Datum datum;
    bool is_null;
};
Value value_at(std::uint64_t row, int column);

}  // namespace vvault::pg
