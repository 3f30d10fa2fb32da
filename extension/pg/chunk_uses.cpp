#include "pg/chunk_uses.hpp"
#include "pg/datum.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

namespace {

constexpr Oid types[] = {UUIDOID, UUIDOID, UUIDOID, INT8OID};

void run(Statement &statement, const FileVersion &version, const Uuid &chunk) {
    Datum values[] = {uuid_datum(version.owner), uuid_datum(version.file), uuid_datum(chunk),
                      Int64GetDatum(version.number)};
    execute(statement, {values}, Sees::transaction);
    check_for_interrupts();
}

}  // namespace

void record_uses(const FileVersion &version, const TreeParts &before, const TreeParts &now) {
    static Statement begin = {
        "INSERT INTO vvault.vault_chunk_uses (user_id, file_id, chunk_id, first_version)"
        " VALUES ($1, $2, $3, $4)",
        types};
    static Statement end = {
        "UPDATE vvault.vault_chunk_uses u SET until_version = $4"
        " WHERE u.user_id OPERATOR(pg_catalog.=) $1 AND u.file_id OPERATOR(pg_catalog.=) $2"
        "   AND u.chunk_id OPERATOR(pg_catalog.=) $3 AND u.until_version IS NULL",
        types};
    connect();
    for (const Uuid &chunk : before.ids)
        if (!now.ids.contains(chunk)) run(end, version, chunk);
    for (const Uuid &chunk : now.ids)
        if (!before.ids.contains(chunk)) run(begin, version, chunk);
    finish();
}

}  // namespace vvault::pg
