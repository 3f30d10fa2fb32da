// A month of the ledger that goes into a file: what the file's digest must be, and the end of
// the month's table.
#include <sodium.h>

#include <string>

#include "core/error.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_permit.hpp"
#include "pg/query.hpp"
#include "pg/system_events.hpp"

extern "C" {
#include "utils/builtins.h"
#include "utils/fmgrprotos.h"
}

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr Oid month_types[] = {INT4OID};
Statement archive_lines{"SELECT line FROM vvault.ledger_archive($1) AS line", month_types};

constexpr long lines_at_a_time = 1000;

}  // namespace

// _archive_digest(month integer) → bytea
VVAULT_FUNCTION(vvault_archive_digest) {
    Digest digest;
    connect();
    {
        const PinnedSnapshot pinned;
        Datum values[] = {PG_GETARG_DATUM(0)};
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
    }
    finish();
    return bytea_datum(digest);
}

// _drop_month(partition regclass, event text) → void
VVAULT_FUNCTION(vvault_drop_month) {
    const Oid partition = PG_GETARG_OID(0);
    const std::string event(text_argument(fcinfo, 1));
    record_system_event("ledger.archived", event);
    connect();
    const std::string name = call(
        +[](Oid table) {
            return DatumGetCString(DirectFunctionCall1(regclassout, ObjectIdGetDatum(table)));
        },
        partition);
    {
        const LedgerPermit permit(LedgerWork::archive, partition);
        const std::string command = "DROP TABLE " + name;
        if (call(SPI_execute, command.c_str(), false, 0L) < 0)
            throw Error(Errc::internal, "an archived month cannot be dropped");
    }
    finish();
    PG_RETURN_VOID();
}
