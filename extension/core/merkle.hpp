// The tree over the ledger's leaves, as RFC 6962 and RFC 9162 have it: roots, and
// the proofs that a leaf is in a tree and that a tree continues another. Nodes are
// fetched through a reader, so that a proof costs O(log n) reads of whatever keeps
// them; who checks a proof needs nothing but hashes. Leaves: ledger_leaf.hpp.
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "bytes.hpp"

namespace vvault::merkle {

// The hash of the perfect subtree over the leaves [index << height, (index + 1) << height):
// height 0 is a leaf. Asked only for subtrees that are wholly within the tree.
using NodeReader = std::function<Digest(unsigned height, std::uint64_t index)>;
using Hashes = std::span<const Digest>;

Digest node_hash(const Digest &left, const Digest &right);

// Of the tree without leaves: SHA-256 of nothing.
Digest empty_root();

// Of the first `size` leaves.
Digest root(std::uint64_t size, const NodeReader &reader);

// From the leaf upwards. Errc::invalid_argument unless position < size.
std::vector<Digest> inclusion_proof(std::uint64_t position, std::uint64_t size,
                                    const NodeReader &reader);

// That the tree of new_size begins with the tree of old_size. Empty when the sizes
// are equal and when the old tree is, which every tree continues.
// Errc::invalid_argument unless old_size <= new_size.
std::vector<Digest> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                      const NodeReader &reader);

// Never throw: what does not fit the numbers is simply no proof.
bool verify_inclusion(const Digest &leaf, std::uint64_t position, std::uint64_t size, Hashes proof,
                      const Digest &root);
bool verify_consistency(std::uint64_t old_size, const Digest &old_root, std::uint64_t new_size,
                        const Digest &new_root, Hashes proof);

// A tree that only grows, of which no more is kept than its next root needs: one
// hash for each bit that is set in its size.
class Frontier {
public:
    Frontier() = default;
    // Of the first `size` leaves of a tree that is there already.
    Frontier(std::uint64_t size, const NodeReader &reader);

    void append(const Digest &leaf);

    std::uint64_t size() const noexcept { return size_; }
    Digest root() const;

private:
    std::uint64_t size_ = 0;
    std::vector<Digest> subtrees_;  // perfect ones, from the largest to the smallest
};

}  // namespace vvault::merkle
