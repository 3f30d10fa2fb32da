// Where a file is cut into chunks: by its content, so that an edit moves the cuts near it and
// no others, and what is unchanged is recognised. FastCDC with normalised chunking (Xia et
// al., USENIX ATC 2016): 4 KiB at least, 16 KiB as a rule, 64 KiB at most. The table that
// rolls over the content is the person's own, or lengths of chunks would tell what they hold.
#pragma once

#include <array>
#include <cstdint>

#include "bytes.hpp"
#include "secret.hpp"

namespace vvault {

constexpr std::size_t chunk_size_min = 4096;
constexpr std::size_t chunk_size_normal = 16384;
constexpr std::size_t chunk_size_max = 65536;

class Chunker {
public:
    // The same key gives the same cuts.
    explicit Chunker(const SecretKey &key);

    // How long the next chunk of this content is; 0 where the content ends before a cut.
    std::size_t next_cut(ByteView content) const;

private:
    std::array<std::uint64_t, 256> gear_;
};

}  // namespace vvault
