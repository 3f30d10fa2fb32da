#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/file_tails.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

namespace {

std::int64_t place_of(const FileVersion &version) {
    return version.number % (tails_limit + 1);
}

}  // namespace

std::optional<Datum> find_tail(const FileVersion &version) {
    const IndexKey keys[] = {key_of(version.owner), key_of(version.file),
                             key_of(place_of(version))};
    ColumnValue row[] = {{"version", 0}, {"info", 0}};
    if (!find_last({"vault_file_tails", "vault_file_tails_pkey", keys}, row) ||
        DatumGetInt64(row[0].value) != version.number)
        return std::nullopt;
    return row[1].value;
}

// Two statements and not one with ON CONFLICT, which writes what it takes as a lock to the WAL:
// the file's row is locked, so nobody else is at it.
void keep_tail(const FileVersion &version, Datum info) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID, INT8OID, INT8OID, BYTEAOID};
    static Statement write_over = {
        "UPDATE vvault.vault_file_tails t SET version = $4, info = $5"
        " WHERE t.user_id OPERATOR(pg_catalog.=) $1 AND t.file_id OPERATOR(pg_catalog.=) $2"
        "   AND t.place OPERATOR(pg_catalog.=) $3",
        types};
    static Statement add = {
        "INSERT INTO vvault.vault_file_tails (user_id, file_id, place, version, info)"
        " VALUES ($1, $2, $3, $4, $5)",
        types};
    Datum values[] = {uuid_datum(version.owner), uuid_datum(version.file),
                      Int64GetDatum(place_of(version)), Int64GetDatum(version.number), info};
    connect();
    if (execute(write_over, {values}, Sees::transaction) == 0)
        execute(add, {values}, Sees::transaction);
    finish();
}

}  // namespace vvault::pg
