#include "pg/system_events.hpp"

#include <optional>
#include <string>

#include "core/error.hpp"
#include "core/timestamp.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/ledger_guard.hpp"
#include "pg/ledger_relations.hpp"
#include "pg/ledger_writer.hpp"
#include "pg/query.hpp"

extern "C" {
#include "storage/lock.h"
#include "utils/fmgroids.h"
#include "utils/fmgrprotos.h"
}

namespace vvault::pg {

namespace {

// Any number that no other lock of the vault's has; the database is part of a lock's name.
constexpr std::int64_t stream_lock = 0x7661756c742e6576;

void lock_stream() {
    call(
        +[](std::int64_t key) {
            DirectFunctionCall1(pg_advisory_xact_lock_int8, Int64GetDatum(key));
        },
        stream_lock);
}

std::optional<Uuid> find_installation() {
    const IndexKey only_one[] = {{BoolGetDatum(true), F_BOOLEQ}};
    ColumnValue id[] = {{"id", 0}};
    if (!find_last({"installation", "installation_only_one_key", only_one}, id)) return {};
    return uuid_of(id[0].value);
}

bool start_is_recorded(const Uuid &installation) {
    static constexpr Oid types[] = {UUIDOID, TIMESTAMPTZOID};
    static Statement statement = {
        "SELECT 1 FROM vvault.ledger_entries e"
        " WHERE e.user_id OPERATOR(pg_catalog.=) $1 AND e.stream_id OPERATOR(pg_catalog.=) $1"
        "   AND e.event_type OPERATOR(pg_catalog.=) 'guard.started'"
        "   AND e.\"timestamp\" OPERATOR(pg_catalog.>=) $2 LIMIT 1",
        types};
    Datum values[] = {uuid_datum(installation), TimestampTzGetDatum(PgStartTime)};
    connect();
    const bool found = execute(statement, {values}, Sees::latest) > 0;
    finish();
    return found;
}

}  // namespace

Uuid installation_id() {
    const auto id = find_installation();
    if (!id) throw Error(Errc::not_found, "there is no vault here").hint("Call vvault.install().");
    return *id;
}

bool has_installation() {
    return find_installation().has_value();
}

void record_system_event(std::string_view event_type, std::string_view payload) {
    const Uuid installation = installation_id();
    lock_stream();
    LedgerEntry entry = begin_entry();
    entry.leaf.user_id = installation;
    entry.leaf.stream_id = installation;
    entry.leaf.event_type = event_type;
    entry.payload = payload;
    append_entry(entry);
}

bool record_server_start() {
    // The transaction that wrote it may have failed since; another backend then writes it.
    static bool known = false;
    // A restore makes tables, rows and keys one after the other, with a sealer at its heels.
    if (known || !call(ledger_takes_entries) || !has_installation()) return false;
    const Uuid installation = installation_id();
    lock_stream();
    known = start_is_recorded(installation);
    if (known) return false;
    record_system_event("guard.started",
                        std::string("{\"guard\":\"") + guard_state_name(ledger_guard_state()) +
                            "\",\"server_started_at\":\"" +
                            format_timestamp_ms(unix_microseconds(PgStartTime)) + "\"}");
    return true;
}

}  // namespace vvault::pg
