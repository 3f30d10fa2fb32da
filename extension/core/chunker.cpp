#include "chunker.hpp"

#include <algorithm>

#include "digest.hpp"

namespace vvault {

namespace {

// 16 bits before the normal size and 12 after it: a cut near the normal size is likelier than
// chance would have it.
constexpr std::uint64_t mask_small = 0x0007590703530000;
constexpr std::uint64_t mask_large = 0x0001d90003530000;

}  // namespace

Chunker::Chunker(const SecretKey &key) {
    for (std::size_t i = 0; i < gear_.size(); i += 4) {
        const std::uint8_t number = static_cast<std::uint8_t>(i / 4);
        const Digest digest = keyed_digest(key, {as_bytes("vvault/gear/1"), {&number, 1}});
        for (std::size_t j = 0; j < 4; ++j)
            gear_[i + j] = read_be64(ByteView(digest).subspan(8 * j));
    }
}

std::size_t Chunker::next_cut(ByteView content) const {
    const std::size_t end = std::min(content.size(), chunk_size_max);
    std::uint64_t fingerprint = 0;
    std::size_t i = chunk_size_min;
    const auto rolls_onto = [&](std::size_t limit, std::uint64_t mask) {
        for (; i < limit; ++i) {
            fingerprint = (fingerprint << 1) + gear_[content[i]];
            if ((fingerprint & mask) == 0) return true;
        }
        return false;
    };
    if (rolls_onto(std::min(end, chunk_size_normal), mask_small) || rolls_onto(end, mask_large))
        return i + 1;
    return end == chunk_size_max ? chunk_size_max : 0;
}

}  // namespace vvault
