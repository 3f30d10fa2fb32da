// The chain of every stream: entry after entry without a gap, each naming the leaf of
// the one before. Of a stream only its last entry is kept, about 125 bytes.
#pragma once

#include <unordered_map>

#include "entry.hpp"

namespace verifier {

class Streams {
public:
    // A log that begins later has streams that begin before it.
    explicit Streams(bool from_the_beginning);

    // Throws NotVerified when the entry does not continue its stream.
    void follow(const Entry &entry, const vvault::Digest &leaf_hash);

    std::size_t size() const { return last_.size(); }
    std::size_t persons() const { return persons_.size(); }

private:
    using Name = std::array<std::uint8_t, 32>;  // person, then stream

    struct Last {
        std::uint64_t seq;
        std::uint64_t position;
        vvault::Digest leaf_hash;
    };
    // Keyed anew in every run: ids are chosen by those who are checked.
    struct Hash {
        std::array<std::uint8_t, 16> key;

        std::size_t operator()(vvault::ByteView name) const;
    };

    bool from_the_beginning_;
    std::unordered_map<Name, Last, Hash> last_;
    std::unordered_map<vvault::Uuid, std::nullptr_t, Hash> persons_;
};

}  // namespace verifier
