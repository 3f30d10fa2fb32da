// A row at the end of a table that only grows, with its index entries and nothing else: no
// executor, no triggers, no checks beyond NOT NULL, no row security. For the ledger's
// partitions, whose entries every change in the vault pays for; the caller has chosen the
// partition that the row belongs in.
#pragma once

#include <span>

#include "pg/direct_rows.hpp"

namespace vvault::pg {

// Columns that are not named become null. Unique indexes hold; deferred ones and indexes of
// expressions are not for such a table.
void append_row(Oid table, std::span<const ColumnValue> columns);

}  // namespace vvault::pg
