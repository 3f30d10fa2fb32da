#include "streams.hpp"

#include <algorithm>
#include <cstring>

#include <sodium.h>

#include "verdict.hpp"

namespace verifier {

namespace {

std::array<std::uint8_t, 16> random_key() {
    std::array<std::uint8_t, 16> key;
    randombytes_buf(key.data(), key.size());
    return key;
}

}  // namespace

std::size_t Streams::Hash::operator()(vvault::ByteView name) const {
    static_assert(crypto_shorthash_KEYBYTES == 16 && sizeof(std::size_t) == 8);
    std::size_t hash = 0;
    crypto_shorthash(reinterpret_cast<std::uint8_t *>(&hash), name.data(), name.size(), key.data());
    return hash;
}

Streams::Streams(bool from_the_beginning)
    : from_the_beginning_(from_the_beginning),
      last_(0, Hash{random_key()}),
      persons_(0, Hash{random_key()}) {}

void Streams::follow(const Entry &entry, const vvault::Digest &leaf_hash) {
    const auto &leaf = entry.leaf;
    Name name;
    std::memcpy(name.data(), leaf.user_id.data(), 16);
    std::memcpy(name.data() + 16, leaf.stream_id.data(), 16);
    persons_.emplace(leaf.user_id, nullptr);

    const auto [at, is_new] =
        last_.try_emplace(name, Last{leaf.stream_seq, entry.position, leaf_hash});
    const std::string number = "number " + std::to_string(leaf.stream_seq) + " of its stream";
    if (is_new) {
        if (!from_the_beginning_ && leaf.stream_seq != 1) return;
        if (leaf.stream_seq != 1)
            throw NotVerified(entry.name() + " is " + number +
                              ", and the entries before that are missing");
        if (leaf.previous != vvault::Digest{})
            throw NotVerified(entry.name() + " is the first of its stream and names one before");
        return;
    }
    Last &last = at->second;
    const std::string before = "entry " + std::to_string(last.position);
    if (leaf_hash == last.leaf_hash)
        throw NotVerified(entry.name() + " is repeated: it is " + before + " again");
    if (leaf.stream_seq <= last.seq)
        throw NotVerified(entry.name() + " is repeated or out of order: it is " + number +
                          ", after number " + std::to_string(last.seq) + " in " + before);
    if (leaf.stream_seq != last.seq + 1)
        throw NotVerified(entry.name() + " is " + number + ", after number " +
                          std::to_string(last.seq) + " in " + before +
                          ": what was between is missing or out of order");
    if (leaf.previous != last.leaf_hash)
        throw NotVerified(entry.name() + " does not continue " + before +
                          ", the one before in its stream: one of them is altered");
    last = {leaf.stream_seq, entry.position, leaf_hash};
}

}  // namespace verifier
