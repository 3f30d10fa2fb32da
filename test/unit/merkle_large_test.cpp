// Sizes and positions far beyond 2^32, to the last that a checkpoint can have: the
// right hashes with O(log n) reads.
#include <map>

#include "merkle_support.hpp"

namespace vvault {
namespace {

using namespace test::trees;

// A tree of zeros but for a few leaves, of any size, without holding it.
class SparseTree {
public:
    explicit SparseTree(const json &positions) {
        for (Digest hash{}; zeros_.size() < 64; hash = merkle::node_hash(hash, hash))
            zeros_.push_back(hash);
        for (const json &position : positions) {
            const std::uint64_t number = std::stoull(position.get<std::string>());
            leaves_[number] = numbered_leaf(number);
        }
    }
    Digest node(unsigned height, std::uint64_t index) const {
        const auto first = leaves_.lower_bound(index << height);
        if (first == leaves_.end() || first->first >> height != index) return zeros_.at(height);
        if (height == 0) return first->second;
        return merkle::node_hash(node(height - 1, index * 2), node(height - 1, index * 2 + 1));
    }

private:
    std::map<std::uint64_t, Digest> leaves_;
    std::vector<Digest> zeros_;
};

TEST(Merkle, TreesBeyondThirtyTwoBits) {
    const json vectors = read_vectors().at("large");
    EXPECT_GE(vectors.size(), 6u);
    for (const json &vector : vectors) {
        SCOPED_TRACE(vector.at("size"));
        const SparseTree tree(vector.at("special_leaves"));
        std::size_t reads = 0;
        const merkle::NodeReader reader = [&](unsigned height, std::uint64_t index) {
            ++reads;
            return tree.node(height, index);
        };
        const std::uint64_t size = number_at(vector, "size"), old = number_at(vector, "old_size");
        const std::uint64_t position = number_at(vector, "position");
        const Digest root = digest_at(vector, "root"), old_root = digest_at(vector, "old_root");
        EXPECT_EQ(merkle::root(size, reader), root);
        EXPECT_EQ(merkle::root(old, reader), old_root);
        EXPECT_EQ(merkle::Frontier(size, reader).root(), root);

        reads = 0;
        const Proof inclusion = merkle::inclusion_proof(position, size, reader);
        EXPECT_LE(reads, 2 * 64u);
        EXPECT_EQ(inclusion, proof_of(vector.at("inclusion")));
        const Digest leaf = digest_at(vector, "leaf");
        EXPECT_TRUE(merkle::verify_inclusion(leaf, position, size, inclusion, root));
        EXPECT_FALSE(merkle::verify_inclusion(leaf, position ^ 1, size, inclusion, root));

        reads = 0;
        const Proof consistency = merkle::consistency_proof(old, size, reader);
        EXPECT_LE(reads, 2 * 64u);
        EXPECT_EQ(consistency, proof_of(vector.at("consistency")));
        EXPECT_TRUE(merkle::verify_consistency(old, old_root, size, root, consistency));
        EXPECT_FALSE(merkle::verify_consistency(old, root, size, root, consistency));
    }
}

}  // namespace
}  // namespace vvault
