#include <map>
#include <optional>
#include <tuple>
#include <utility>

#include "core/error.hpp"
#include "core/key_ring.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/key_locks.hpp"
#include "pg/query.hpp"
#include "pg/root_keys.hpp"
#include "pg/watched_tables.hpp"

namespace vvault::pg {

namespace {

// At so many keys a backend starts anew. To drop only the least recently used would buy
// nothing: what meets the limit is a walk over many files, which uses each key once.
constexpr std::size_t cached_keys_limit = 4096;

struct CachedKey {
    Uuid owner;
    SecretKey key;
};

using Use = std::tuple<Uuid, KeyPurpose, Scope>;

struct Memory {
    std::map<std::uint64_t, CachedKey> keys;
    std::map<Use, std::uint64_t> active;
    std::map<std::pair<Uuid, Scope>, std::vector<std::uint64_t>> older_lookups;
    unsigned long epoch = 0;
};

// Never destroyed: a backend may leave through exit() at any moment.
Memory &memory() {
    static Memory *state = new Memory;
    return *state;
}

void forget_all() {
    memory().keys.clear();
    memory().active.clear();
    memory().older_lookups.clear();
}

// A key that was rotated, shredded or made by somebody else is not used once more.
void forget_what_changed() {
    const unsigned long epoch = watched_epoch();
    if (memory().epoch != epoch) forget_all();
    memory().epoch = sees_latest() ? epoch : 0;
}

const char *name_of(KeyPurpose purpose) {
    return purpose == KeyPurpose::content ? "content" : "lookup";
}

void require_use_of_keys(const Uuid &owner) {
    if (!current_identity()) throw Error(Errc::not_identified, "no identity in this transaction");
    if (!may_use_keys_of(owner))
        throw Error(Errc::not_permitted, "the keys of another user are out of reach");
}

CachedKey &remember(std::uint64_t id, const Uuid &owner, SecretKey key) {
    if (memory().keys.size() >= cached_keys_limit) forget_all();
    return memory().keys.insert_or_assign(id, CachedKey{owner, std::move(key)}).first->second;
}

#define VVAULT_KEY_COLUMNS "k.id, k.root_key_id, k.wrapped, r.check_value, k.purpose, k.scope_id"

// Reads one row of these columns and unwraps it; a destroyed key has
// nothing to unwrap.
std::optional<std::uint64_t> take_first_row(std::uint64_t rows, const Uuid &owner) {
    if (rows == 0 || value_at(0, 3).is_null) return std::nullopt;
    const auto id = static_cast<std::uint64_t>(DatumGetInt64(value_at(0, 1).datum));
    const int root_number = DatumGetInt32(value_at(0, 2).datum);
    const Value wrapped = value_at(0, 3);
    const Value scope = value_at(0, 6);
    const KeyPlace place{id, owner, purpose_of(text_of(value_at(0, 5).datum)),
                         scope.is_null ? Scope() : Scope(uuid_of(scope.datum))};
    const SecretKey &root = root_key(root_number, bytes_of(value_at(0, 4).datum));
    remember(id, owner, unwrap_key(root, root_number, place, bytes_of(wrapped.datum)));
    return id;
}

Datum scope_datum(const Scope &scope) {
    return scope ? uuid_datum(*scope) : 0;
}

// Two statements, because "is not distinct from" would use no index.
std::optional<std::uint64_t> find_active(const Uuid &owner, KeyPurpose purpose,
                                         const Scope &scope) {
    static constexpr Oid types[] = {UUIDOID, TEXTOID, UUIDOID};
#define VVAULT_FIND_ACTIVE(scope_condition)                                              \
    "SELECT " VVAULT_KEY_COLUMNS                                                         \
    "  FROM vvault.data_keys k JOIN vvault.root_keys r ON r.id OPERATOR(pg_catalog.=) "  \
    "k.root_key_id"                                                                      \
    " WHERE k.user_id OPERATOR(pg_catalog.=) $1 AND k.purpose OPERATOR(pg_catalog.=) $2" \
    "   AND k.state OPERATOR(pg_catalog.=) 'active' AND " scope_condition
    static Statement scoped = {VVAULT_FIND_ACTIVE("k.scope_id OPERATOR(pg_catalog.=) $3"), types};
    static Statement unscoped = {
        VVAULT_FIND_ACTIVE("k.scope_id IS NULL AND $3::pg_catalog.uuid IS NULL"), types};
#undef VVAULT_FIND_ACTIVE
    Datum values[] = {uuid_datum(owner), text_datum(name_of(purpose)), scope_datum(scope)};
    return take_first_row(
        execute(scope ? scoped : unscoped, {values, scope ? "   " : "  n"}, Sees::latest), owner);
}

// Which root key wraps what is new: the vault's newest, or at the vault's very first key
// the newest of the ring, whose check value is then recorded.
std::pair<int, const SecretKey *> wrapping_root_key() {
    static Statement newest = {
        "SELECT id, check_value FROM vvault.root_keys WHERE retired_at IS NULL"
        " ORDER BY id DESC LIMIT 1",
        {}};
    static constexpr Oid types[] = {INT4OID, BYTEAOID};
    static Statement record = {
        "INSERT INTO vvault.root_keys (id, check_value) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        types};
    if (execute(newest, {{}}, Sees::latest) == 0) {
        const int number = root_keys().newest();
        Datum values[] = {Int32GetDatum(number),
                          bytea_datum(check_value(*root_keys().find(number)))};
        execute(record, {values}, Sees::transaction);
        execute(newest, {{}}, Sees::latest);
        if (SPI_processed == 0) throw Error(Errc::internal, "the root key could not be recorded");
    }
    const int number = DatumGetInt32(value_at(0, 1).datum);
    return {number, &root_key(number, bytes_of(value_at(0, 2).datum))};
}

// A person whose vault was destroyed gets no new key: nothing is written there any more.
void require_vault_of(const Uuid &owner) {
    static constexpr Oid types[] = {UUIDOID};
    static Statement statement = {
        "SELECT 1 FROM vvault.users u WHERE u.id OPERATOR(pg_catalog.=) $1"
        "   AND u.status OPERATOR(pg_catalog.=) 'shredded'",
        types};
    Datum values[] = {uuid_datum(owner)};
    if (execute(statement, {values}, Sees::latest) != 0)
        throw Error(Errc::shredded, "this person's vault was destroyed")
            .hint("Nothing can be written to it or read from it again.");
}

// Another session may make the same key at the same time: the unique index lets one
// win, and both then use the winner's.
void make_active(const Uuid &owner, KeyPurpose purpose, const Scope &scope) {
    static constexpr Oid types[] = {UUIDOID, INT8OID, TEXTOID, UUIDOID, INT4OID, BYTEAOID};
    static Statement insert = {
        "INSERT INTO vvault.data_keys (user_id, id, purpose, scope_id, root_key_id, wrapped)"
        " VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
        types};
    require_vault_of(owner);
    share_root_keys();
    const auto [root_number, root] = wrapping_root_key();
    std::uint64_t id = 0;
    randombytes_buf(&id, sizeof id);
    id >>= 1;  // bigint has a sign
    const SecretKey key = SecretKey::random();
    Datum values[] = {uuid_datum(owner),
                      Int64GetDatum(static_cast<int64>(id)),
                      text_datum(name_of(purpose)),
                      scope_datum(scope),
                      Int32GetDatum(root_number),
                      bytea_datum(wrap_key(*root, root_number, {id, owner, purpose, scope}, key))};
    forget_if_this_fails();
    execute(insert, {values, scope ? "      " : "   n  "}, Sees::transaction);
}

}  // namespace

KeyPurpose purpose_of(std::string_view name) {
    if (name == "mirror") return KeyPurpose::mirror;
    return name == "lookup" ? KeyPurpose::lookup : KeyPurpose::content;
}

DataKey active_data_key(const Uuid &owner, KeyPurpose purpose, const Scope &scope) {
    require_use_of_keys(owner);
    share_keys_of(owner);
    forget_what_changed();
    const Use use{owner, purpose, scope};
    if (const auto found = memory().active.find(use); found != memory().active.end())
        return {found->second, &memory().keys.at(found->second).key};
    connect();
    auto id = find_active(owner, purpose, scope);
    if (!id) {
        make_active(owner, purpose, scope);
        id = find_active(owner, purpose, scope);
    }
    finish();
    if (!id)
        throw Error(Errc::internal, "the data key could not be made")
            .detail("Another transaction made one and has not ended.")
            .hint("Try again.");
    memory().active[use] = *id;
    return {*id, &memory().keys.at(*id).key};
}

StoredKey find_data_key(const Uuid &owner, std::uint64_t id) {
    require_use_of_keys(owner);
    forget_what_changed();
    if (const auto found = memory().keys.find(id); found != memory().keys.end())
        return {found->second.owner == owner ? &found->second.key : nullptr, false};
    static constexpr Oid types[] = {UUIDOID, INT8OID};
    static Statement statement = {
        "SELECT " VVAULT_KEY_COLUMNS
        "  FROM vvault.data_keys k JOIN vvault.root_keys r ON r.id OPERATOR(pg_catalog.=) "
        "k.root_key_id"
        " WHERE k.user_id OPERATOR(pg_catalog.=) $1 AND k.id OPERATOR(pg_catalog.=) $2",
        types};
    Datum values[] = {uuid_datum(owner), Int64GetDatum(static_cast<int64>(id))};
    connect();
    const std::uint64_t rows = execute(statement, {values}, Sees::latest);
    const auto found = take_first_row(rows, owner);
    finish();
    return {found ? &memory().keys.at(id).key : nullptr, rows > 0 && !found};
}

const SecretKey &data_key(const Uuid &owner, std::uint64_t id) {
    const StoredKey stored = find_data_key(owner, id);
    if (stored.shredded) throw Error(Errc::shredded, "the content was destroyed with its key");
    if (!stored.key) throw Error(Errc::does_not_open, "sealed value does not open");
    return *stored.key;
}

std::vector<std::uint64_t> older_lookup_keys(const Uuid &owner, const Scope &scope) {
    require_use_of_keys(owner);
    forget_what_changed();
    const std::pair use{owner, scope};
    if (const auto found = memory().older_lookups.find(use); found != memory().older_lookups.end())
        return found->second;
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT k.id FROM vvault.data_keys k"
        " WHERE k.user_id OPERATOR(pg_catalog.=) $1 AND k.scope_id IS NOT DISTINCT FROM $2"
        "   AND k.purpose OPERATOR(pg_catalog.=) 'lookup'"
        "   AND k.state OPERATOR(pg_catalog.=) 'retired'",
        types};
    Datum values[] = {uuid_datum(owner), scope_datum(scope)};
    std::vector<std::uint64_t> ids;
    connect();
    const std::uint64_t rows = execute(statement, {values, scope ? "  " : " n"}, Sees::latest);
    for (std::uint64_t row = 0; row < rows; ++row)
        ids.push_back(static_cast<std::uint64_t>(DatumGetInt64(value_at(row, 1).datum)));
    finish();
    return memory().older_lookups[use] = ids;
}

}  // namespace vvault::pg
