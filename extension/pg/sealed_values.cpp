#include "pg/sealed_values.hpp"

namespace vvault::pg {

Datum seal_at(const Place &place, const Scope &scope, ByteView plaintext) {
    const DataKey active = active_data_key(place.owner, KeyPurpose::content, scope);
    Datum sealed = 0;
    seal(*active.key, active.id, place, plaintext, memory_of_new(sealed));
    return sealed;
}

std::optional<SecretBytes> open_unless_shredded(const Place &place, ByteView sealed) {
    const StoredKey stored = find_data_key(place.owner, sealed_key_id(sealed, place));
    if (stored.shredded) return std::nullopt;
    if (stored.key == nullptr) throw does_not_open(place);
    return open(*stored.key, place, sealed);
}

SecretBytes open_at(const Place &place, ByteView sealed) {
    auto opened = open_unless_shredded(place, sealed);
    if (!opened) throw Error(Errc::shredded, "the content was destroyed with its key");
    return std::move(*opened);
}

}  // namespace vvault::pg
