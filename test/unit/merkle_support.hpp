// What the tests of the tree share: its vectors, and leaves that are numbered.
#pragma once

#include <fstream>

#include <nlohmann/json.hpp>

#include "core/ledger_leaf.hpp"
#include "core/merkle.hpp"
#include "support.hpp"

namespace vvault::test::trees {

using nlohmann::json;
using Proof = std::vector<Digest>;

inline json read_vectors() {
    std::ifstream file(VVAULT_TEST_DIR "/vectors/merkle.json");
    return json::parse(file);
}

inline Digest digest_of(const std::string &text) {
    const Bytes bytes = from_hex(text).value();
    Digest digest{};
    EXPECT_EQ(bytes.size(), digest.size());
    std::copy_n(bytes.begin(), digest.size(), digest.begin());
    return digest;
}
inline Digest digest_at(const json &from, const char *name) {
    return digest_of(from.at(name).get<std::string>());
}
inline std::uint64_t number_at(const json &from, const char *name) {
    return std::stoull(from.at(name).get<std::string>());
}
inline Proof proof_of(const json &hashes) {
    Proof proof;
    for (const json &hash : hashes) proof.push_back(digest_of(hash.get<std::string>()));
    return proof;
}

inline Digest numbered_leaf(std::uint64_t position) {
    Bytes input;
    append_be64(input, position);
    return leaf_hash(input);
}

}  // namespace vvault::test::trees
