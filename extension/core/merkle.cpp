#include "merkle.hpp"

#include <algorithm>
#include <bit>
#include <string>

#include "digest.hpp"
#include "error.hpp"

namespace vvault::merkle {

namespace {

// Leaves [begin, end). Within a tree every range that is asked for begins at a
// multiple of the largest power of two that fits, so perfect ranges are nodes.
struct Range {
    std::uint64_t begin;
    std::uint64_t end;

    std::uint64_t size() const { return end - begin; }
    bool is_node() const { return std::has_single_bit(size()); }
    // Where RFC 6962 cuts: the largest power of two below the size.
    std::uint64_t middle() const { return begin + std::bit_floor(size() - 1); }
    Range left() const { return {begin, middle()}; }
    Range right() const { return {middle(), end}; }
};

Digest hash_of(const Range &range, const NodeReader &reader) {
    if (range.is_node()) {
        const auto height = static_cast<unsigned>(std::countr_zero(range.size()));
        return reader(height, range.begin >> height);
    }
    const Digest left = hash_of(range.left(), reader);
    return node_hash(left, hash_of(range.right(), reader));
}

// RFC 9162 walks from the leaf to the root; both halves of the pair lose a bit a level.
struct Climb {
    std::uint64_t node;
    std::uint64_t last;

    void up() {
        node >>= 1;
        last >>= 1;
    }
    bool is_right_child() const { return (node & 1) == 1; }
    // A node without a right neighbour rises unchanged until it is one.
    bool at_right_edge() const { return node == last; }
    void rise_to_right_child() {
        while (!is_right_child() && node != 0) up();
    }
};

}  // namespace

Digest node_hash(const Digest &left, const Digest &right) {
    // Not 0x00, which is before a leaf: RFC 6962, section 2.1.
    constexpr std::uint8_t node_prefix[] = {0x01};
    return sha256({node_prefix, left, right});
}

Digest empty_root() {
    return sha256({});
}

Digest root(std::uint64_t size, const NodeReader &reader) {
    return size == 0 ? empty_root() : hash_of({0, size}, reader);
}

std::vector<Digest> inclusion_proof(std::uint64_t position, std::uint64_t size,
                                    const NodeReader &reader) {
    if (position >= size)
        throw Error(Errc::invalid_argument, "position " + std::to_string(position) +
                                                " is not in a tree of " + std::to_string(size));
    std::vector<Digest> proof;
    for (Range range{0, size}; range.size() > 1;) {
        const bool left = position < range.middle();
        proof.push_back(hash_of(left ? range.right() : range.left(), reader));
        range = left ? range.left() : range.right();
    }
    std::reverse(proof.begin(), proof.end());
    return proof;
}

std::vector<Digest> consistency_proof(std::uint64_t old_size, std::uint64_t new_size,
                                      const NodeReader &reader) {
    if (old_size > new_size)
        throw Error(Errc::invalid_argument, "a tree of " + std::to_string(new_size) +
                                                " does not continue one of " +
                                                std::to_string(old_size));
    std::vector<Digest> proof;
    if (old_size == 0 || old_size == new_size) return proof;
    Range range{0, new_size};
    while (range.end != old_size) {
        const bool left = old_size <= range.middle();
        proof.push_back(hash_of(left ? range.right() : range.left(), reader));
        range = left ? range.left() : range.right();
    }
    // The old root itself is known to whoever asks; another node of it is not.
    if (range.begin != 0) proof.push_back(hash_of(range, reader));
    std::reverse(proof.begin(), proof.end());
    return proof;
}

// RFC 9162, section 2.1.3.2.
bool verify_inclusion(const Digest &leaf, std::uint64_t position, std::uint64_t size, Hashes proof,
                      const Digest &root) {
    if (position >= size) return false;
    Climb climb{position, size - 1};
    Digest hash = leaf;
    for (const Digest &sibling : proof) {
        if (climb.last == 0) return false;
        if (climb.is_right_child() || climb.at_right_edge()) {
            hash = node_hash(sibling, hash);
            climb.rise_to_right_child();
        } else {
            hash = node_hash(hash, sibling);
        }
        climb.up();
    }
    return climb.last == 0 && hash == root;
}

// RFC 9162, section 2.1.4.2.
bool verify_consistency(std::uint64_t old_size, const Digest &old_root, std::uint64_t new_size,
                        const Digest &new_root, Hashes proof) {
    if (old_size > new_size) return false;
    if (old_size == new_size) return proof.empty() && old_root == new_root;
    if (old_size == 0) return proof.empty() && old_root == empty_root();

    Climb climb{old_size - 1, new_size - 1};
    while (climb.is_right_child()) climb.up();
    // A perfect old tree is a node of the new one, and its root is left out of the proof.
    const bool perfect = std::has_single_bit(old_size);
    if (!perfect && proof.empty()) return false;
    Digest old_hash = perfect ? old_root : proof.front();
    Digest new_hash = old_hash;
    for (const Digest &sibling : perfect ? proof : proof.subspan(1)) {
        if (climb.last == 0) return false;
        if (climb.is_right_child() || climb.at_right_edge()) {
            old_hash = node_hash(sibling, old_hash);
            new_hash = node_hash(sibling, new_hash);
            climb.rise_to_right_child();
        } else {
            new_hash = node_hash(new_hash, sibling);
        }
        climb.up();
    }
    return climb.last == 0 && old_hash == old_root && new_hash == new_root;
}

Frontier::Frontier(std::uint64_t size, const NodeReader &reader) : size_(size) {
    for (std::uint64_t begin = 0; begin < size;) {
        const Range subtree{begin, begin + std::bit_floor(size - begin)};
        subtrees_.push_back(hash_of(subtree, reader));
        begin = subtree.end;
    }
}

void Frontier::append(const Digest &leaf) {
    Digest hash = leaf;
    // As carrying in an addition of 1: two subtrees of a size become one.
    for (std::uint64_t carry = size_; (carry & 1) == 1; carry >>= 1) {
        hash = node_hash(subtrees_.back(), hash);
        subtrees_.pop_back();
    }
    subtrees_.push_back(hash);
    ++size_;
}

Digest Frontier::root() const {
    if (subtrees_.empty()) return empty_root();
    Digest hash = subtrees_.back();
    for (std::size_t i = subtrees_.size() - 1; i-- > 0;) hash = node_hash(subtrees_[i], hash);
    return hash;
}

}  // namespace vvault::merkle
