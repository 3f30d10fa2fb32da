#include <algorithm>
#include <optional>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "pg/chunk_store.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

namespace {

constexpr const char *table = "vault_chunks";

// Says in an envelope's header that its key is not one of data_keys.
constexpr std::uint64_t key_in_manifest = 0;

SecretKey lookup_secret(const Uuid &owner, std::string_view use) {
    const DataKey lookup = active_data_key(owner, KeyPurpose::lookup, std::nullopt);
    Digest secret = keyed_digest(*lookup.key, {as_bytes(use)});
    SecretKey key = SecretKey::from(secret);
    sodium_memzero(secret.data(), secret.size());
    return key;
}

Place place_of(const Uuid &owner, Kind kind, const Uuid &id) {
    return {.kind = kind, .owner = owner, .object = id};
}

}  // namespace

const Chunker &ChunkStore::chunker() const {
    struct Kept {
        Uuid owner;
        std::uint64_t key_id;
        Chunker chunker;
    };
    // Released on purpose: a backend may leave through exit() at any moment.
    static std::optional<Kept> &kept = *new std::optional<Kept>;
    const std::uint64_t key_id = active_data_key(owner_, KeyPurpose::lookup, std::nullopt).id;
    if (!kept || kept->owner != owner_ || kept->key_id != key_id)
        kept.emplace(Kept{owner_, key_id, Chunker(lookup_secret(owner_, "vvault/chunk-cuts/1"))});
    return kept->chunker;
}

ChunkRef ChunkStore::name(Kind kind, ByteView content, std::uint64_t size) const {
    const DataKey lookup = active_data_key(owner_, KeyPurpose::lookup, std::nullopt);
    const std::uint8_t kind_byte = static_cast<std::uint8_t>(kind);
    Digest digest =
        keyed_digest(*lookup.key, {as_bytes("vvault/chunk/1"), {&kind_byte, 1}, content});
    const SecretKey lock = SecretKey::from(digest);
    ChunkRef ref{};
    digest = keyed_digest(lock, {as_bytes("id")});
    std::copy_n(digest.begin(), ref.id.size(), ref.id.begin());
    digest = keyed_digest(lock, {as_bytes("key")});
    std::ranges::copy(digest, ref.key.begin());
    sodium_memzero(digest.data(), digest.size());
    ref.size = size;
    return ref;
}

void ChunkStore::keep(Kind kind, const ChunkRef &ref, ByteView content) const {
    const IndexKey keys[] = {key_of(owner_), key_of(ref.id)};
    if (find_last({table, "vault_chunks_pkey", keys}, {})) return;
    Datum sealed = 0;
    seal(SecretKey::from(ref.key), key_in_manifest, place_of(owner_, kind, ref.id), content,
         memory_of_new(sealed));
    // Another session may store the same chunk at the same time; both then have it.
    static constexpr Oid types[] = {UUIDOID, UUIDOID, BYTEAOID};
    static Statement insert = {
        "INSERT INTO vvault.vault_chunks (user_id, id, content) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        types};
    Datum values[] = {uuid_datum(owner_), uuid_datum(ref.id), sealed};
    connect();
    execute(insert, {values}, Sees::transaction);
    finish();
}

SecretBytes ChunkStore::open(Kind kind, const ChunkRef &ref) const {
    const IndexKey keys[] = {key_of(owner_), key_of(ref.id)};
    ColumnValue row[] = {{"content", 0}};
    const Place place = place_of(owner_, kind, ref.id);
    if (!find_last({table, "vault_chunks_pkey", keys}, row))
        throw Error(Errc::does_not_open, "sealed value does not open")
            .detail("The " + name_of(place) + " is missing.")
            .hint("Restore this file's rows from a backup.");
    return vvault::open(SecretKey::from(ref.key), place, bytes_of(row[0].value));
}

}  // namespace vvault::pg
