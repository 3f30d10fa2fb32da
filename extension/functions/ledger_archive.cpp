// A month of the ledger that goes into a file. All that has to be proven before its table goes is
// asked for here, in one function: there is no other way past the guard, for a superuser either.
#include <algorithm>
#include <string>

#include <sodium.h>

#include "core/error.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_permit.hpp"
#include "pg/query.hpp"
#include "pg/system_events.hpp"

extern "C" {
#include "utils/fmgrprotos.h"
}

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr Oid month_types[] = {INT4OID};
constexpr Oid archive_types[] = {INT4OID, BYTEAOID};
Statement partition_of{
    "SELECT vvault._ledger_partition($1)::oid"
    " WHERE $1 < to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')::integer",
    month_types};
Statement archive_lines{"SELECT line FROM vvault.ledger_archive($1) AS line", month_types};
Statement keep_of_month{"SELECT vvault._keep_of_month($1, $2)", archive_types};

constexpr long lines_at_a_time = 1000;

// Of what ledger_archive() gives, a newline after each line.
Digest archive_digest(Datum month) {
    Digest digest;
    const PinnedSnapshot pinned;
    Datum values[] = {month};
    Cursor lines(archive_lines, {values});
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    while (const std::uint64_t count = lines.fetch(lines_at_a_time)) {
        check_for_interrupts();
        for (std::uint64_t row = 0; row < count; ++row) {
            const ByteView line = bytes_of(value_at(row, 1).datum);
            crypto_hash_sha256_update(&state, line.data(), line.size());
            crypto_hash_sha256_update(&state, as_bytes("\n").data(), 1);
        }
    }
    crypto_hash_sha256_final(&state, digest.data());
    return digest;
}

void run(const std::string &command) {
    if (call(SPI_execute, command.c_str(), false, 0L) < 0)
        throw Error(Errc::internal, "a month of the ledger cannot be taken away");
}

Oid finished_month(Datum month) {
    Datum values[] = {month};
    if (execute(partition_of, {values}, Sees::transaction) == 1)
        if (const Value found = value_at(0, 1); !found.is_null)
            return DatumGetObjectId(found.datum);
    throw Error(Errc::invalid_argument, "that month cannot be taken away")
        .detail("It has no partition of its own, or is not over.")
        .hint("A month is a number such as 202611.");
}

std::string name_of(Oid table) {
    return call(
        +[](Oid relation) {
            return DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(relation)));
        },
        table);
}

}  // namespace

// ledger_drop_archived(month integer, digest bytea) → bigint
VVAULT_FUNCTION(vvault_ledger_drop_archived) {
    if (!call(superuser))
        throw Error(Errc::not_permitted, "only a superuser takes a month of the ledger away")
            .detail("A table is dropped.");
    const Datum month = PG_GETARG_DATUM(0);
    const ByteView digest = bytes_argument(fcinfo, 1);
    connect();
    const Oid partition = finished_month(month);
    const std::string table = name_of(partition);
    // Whoever writes into that month waits; nobody else does.
    run("LOCK TABLE " + table + " IN SHARE MODE");
    Datum values[] = {month, PG_GETARG_DATUM(1)};
    execute(keep_of_month, {values}, Sees::transaction);
    const std::int64_t entries = DatumGetInt64(value_at(0, 1).datum);
    if (!std::ranges::equal(archive_digest(month), digest))
        throw Error(Errc::invalid_argument, "the file is not this month's archive")
            .detail("Its SHA-256 is another one.")
            .hint(
                "Write the lines of vvault.ledger_archive(), a newline after each, and give the "
                "file's SHA-256.");
    record_system_event("ledger.archived", "{\"month\":" + std::to_string(DatumGetInt32(month)) +
                                               ",\"entries\":" + std::to_string(entries) +
                                               ",\"sha256\":\"" + hex(digest) + "\"}");
    {
        const LedgerPermit permit(LedgerWork::archive, partition);
        run("DROP TABLE " + table);
    }
    finish();
    return Int64GetDatum(entries);
}
