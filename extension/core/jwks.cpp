#include "jwks.hpp"

#include "error.hpp"
#include "strict_json.hpp"

namespace vvault {

namespace {
constexpr std::size_t most_keys = 64;
constexpr std::size_t deepest = 8;

Error no_key_set(const char *reason) {
    return Error(Errc::invalid_argument, "this is no JWK Set")
        .detail(reason)
        .hint("Give the document that the issuer's jwks_uri names.");
}
}  // namespace

KeySet KeySet::parse(std::string_view json) {
    const auto set = strict_json_object(json, {.bytes = longest_key_set, .depth = deepest});
    if (!set) throw no_key_set("It is not one JSON object of at most 256 KiB, each member once.");
    const auto keys = set->find("keys");
    if (keys == set->end() || !keys->is_array())
        throw no_key_set("It has no member \"keys\" that is an array.");
    if (keys->size() > most_keys) throw no_key_set("It lists more than 64 keys.");
    KeySet result;
    for (const auto &jwk : *keys)
        if (auto key = VerificationKey::from_jwk(jwk)) result.keys_.push_back(std::move(*key));
    return result;
}

std::vector<const VerificationKey *> KeySet::find(SignatureAlgorithm algorithm,
                                                  const std::optional<std::string> &id) const {
    std::vector<const VerificationKey *> found;
    for (const VerificationKey &key : keys_)
        if (key.algorithm() == algorithm && (!id || key.id() == *id)) found.push_back(&key);
    if (!id && found.size() > 1) found.clear();
    return found;
}

}  // namespace vvault
