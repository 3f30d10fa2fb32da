#include "fingerprint.hpp"

#include "digest.hpp"

namespace vvault {

std::string fingerprint(const SecretKey &key,
                        std::span<const std::optional<std::string_view>> parts) {
    SecretBytes joined;
    for (const auto &part : parts) {
        const std::string length = part ? std::to_string(part->size()) + ":" : "null:";
        joined.insert(joined.end(), length.begin(), length.end());
        if (part) joined.insert(joined.end(), part->begin(), part->end());
    }
    const Digest digest = keyed_digest(key, {joined});
    return hex(ByteView(digest).first(16));
}

}  // namespace vvault
