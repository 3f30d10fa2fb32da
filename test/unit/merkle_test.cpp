// Every proof that is made verifies, and no other does: for all trees of up to 300
// leaves and for RFC 6962's known one.
#include <bit>

#include "core/digest.hpp"
#include "merkle_support.hpp"

namespace vvault {
namespace {

using test::expect_error;
using namespace test::trees;

constexpr std::uint64_t most = 300;

// All perfect subtrees of the first leaves, computed once and by doubling.
struct Nodes {
    std::vector<std::vector<Digest>> heights;

    explicit Nodes(std::vector<Digest> leaves) : heights{std::move(leaves)} {
        while (heights.back().size() > 1) {
            const auto &below = heights.back();
            std::vector<Digest> level;
            for (std::size_t i = 0; i + 1 < below.size(); i += 2)
                level.push_back(merkle::node_hash(below[i], below[i + 1]));
            heights.push_back(std::move(level));
        }
    }
    // A node outside of the tree of that size may not be asked for.
    merkle::NodeReader reader(std::uint64_t size) const {
        return [this, size](unsigned height, std::uint64_t index) {
            EXPECT_LE((index + 1) << height, size);
            return heights.at(height).at(index);
        };
    }
};

const Nodes &numbered_nodes() {
    static const Nodes nodes = [] {
        std::vector<Digest> leaves;
        for (std::uint64_t i = 0; i < most; ++i) leaves.push_back(numbered_leaf(i));
        return Nodes(std::move(leaves));
    }();
    return nodes;
}

Digest numbered_root(std::uint64_t size) {
    return merkle::root(size, numbered_nodes().reader(size));
}

// The proofs that differ from this one in one place, or in length.
std::vector<Proof> spoilt(const Proof &proof) {
    std::vector<Proof> all;
    for (std::size_t i = 0; i < proof.size(); ++i) {
        all.push_back(proof);
        all.back()[i][i % 32] ^= 1;
        all.push_back(proof);
        all.back().erase(all.back().begin() + static_cast<std::ptrdiff_t>(i));
        if (i > 0) {
            all.push_back(proof);
            std::swap(all.back()[i], all.back()[i - 1]);
        }
    }
    all.push_back(proof);
    all.back().push_back(proof.empty() ? Digest{} : proof.back());
    all.push_back(proof);
    all.back().insert(all.back().begin(), Digest{});
    return all;
}

Digest altered(Digest digest) {
    digest[31] ^= 1;
    return digest;
}

TEST(Merkle, TheEmptyTreeAndTheTreeOfOneLeaf) {
    EXPECT_EQ(hex(merkle::empty_root()),
              "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(numbered_root(0), merkle::empty_root());
    EXPECT_EQ(numbered_root(1), numbered_leaf(0));
    EXPECT_TRUE(merkle::inclusion_proof(0, 1, numbered_nodes().reader(1)).empty());
}

TEST(Merkle, KnownTreeOfRfc6962) {
    const json vectors = read_vectors().at("rfc6962");
    std::vector<Digest> leaves;
    for (const json &input : vectors.at("leaf_inputs"))
        leaves.push_back(leaf_hash(from_hex(input.get<std::string>()).value()));
    const Nodes nodes(leaves);
    ASSERT_EQ(leaves.size(), 8u);
    for (std::uint64_t size = 0; size <= 8; ++size) {
        const auto reader = nodes.reader(size);
        EXPECT_EQ(hex(merkle::root(size, reader)), vectors.at("roots").at(size));
        for (std::uint64_t position = 0; position < size; ++position)
            EXPECT_EQ(merkle::inclusion_proof(position, size, reader),
                      proof_of(vectors.at("inclusion").at(size).at(position)));
        for (std::uint64_t old_size = 0; old_size <= size; ++old_size)
            EXPECT_EQ(merkle::consistency_proof(old_size, size, reader),
                      proof_of(vectors.at("consistency").at(size).at(old_size)));
    }
}

TEST(Merkle, RootsAndProofsOfEverySizeAreThoseOfTheVectors) {
    const json vectors = read_vectors().at("every");
    ASSERT_EQ(vectors.at("sizes"), most);
    Bytes roots, inclusion, consistency;
    const auto add = [](Bytes &to, const Proof &proof) {
        for (const Digest &hash : proof) append(to, hash);
        to.push_back('\n');
    };
    for (std::uint64_t size = 0; size <= most; ++size) {
        const auto reader = numbered_nodes().reader(size);
        append(roots, numbered_root(size));
        for (std::uint64_t position = 0; position < size; ++position)
            add(inclusion, merkle::inclusion_proof(position, size, reader));
        for (std::uint64_t old_size = 0; old_size <= size; ++old_size)
            add(consistency, merkle::consistency_proof(old_size, size, reader));
    }
    EXPECT_EQ(hex(sha256({roots})), vectors.at("roots_sha256"));
    EXPECT_EQ(hex(sha256({inclusion})), vectors.at("inclusion_sha256"));
    EXPECT_EQ(hex(sha256({consistency})), vectors.at("consistency_sha256"));
}

TEST(Merkle, EveryInclusionProofVerifiesAndNoSpoiltOneDoes) {
    for (std::uint64_t size = 1; size <= most; ++size) {
        const auto reader = numbered_nodes().reader(size);
        const Digest root = numbered_root(size);
        for (std::uint64_t position = 0; position < size; ++position) {
            const Digest leaf = numbered_leaf(position);
            const Proof proof = merkle::inclusion_proof(position, size, reader);
            ASSERT_LE(proof.size(), std::bit_width(size));
            ASSERT_TRUE(merkle::verify_inclusion(leaf, position, size, proof, root));
            ASSERT_FALSE(merkle::verify_inclusion(altered(leaf), position, size, proof, root));
            ASSERT_FALSE(merkle::verify_inclusion(leaf, position, size, proof, altered(root)));
            for (const Proof &wrong : spoilt(proof))
                ASSERT_FALSE(merkle::verify_inclusion(leaf, position, size, wrong, root))
                    << position << " of " << size;
        }
    }
}

TEST(Merkle, AProofHoldsForOnePositionOnly) {
    for (std::uint64_t size = 1; size <= 40; ++size)
        for (std::uint64_t position = 0; position < size; ++position) {
            const Proof proof =
                merkle::inclusion_proof(position, size, numbered_nodes().reader(size));
            for (std::uint64_t other = 0; other <= size + 1; ++other)
                ASSERT_EQ(merkle::verify_inclusion(numbered_leaf(position), other, size, proof,
                                                   numbered_root(size)),
                          other == position);
        }
}

TEST(Merkle, EveryConsistencyProofVerifiesAndNoSpoiltOneDoes) {
    for (std::uint64_t size = 0; size <= most; ++size) {
        const auto reader = numbered_nodes().reader(size);
        const Digest root = numbered_root(size);
        for (std::uint64_t old_size = 0; old_size <= size; ++old_size) {
            const Digest old_root = numbered_root(old_size);
            const Proof proof = merkle::consistency_proof(old_size, size, reader);
            ASSERT_TRUE(merkle::verify_consistency(old_size, old_root, size, root, proof));
            ASSERT_FALSE(
                merkle::verify_consistency(old_size, altered(old_root), size, root, proof));
            // Any tree continues the empty one, so there the new root proves nothing.
            ASSERT_EQ(merkle::verify_consistency(old_size, old_root, size, altered(root), proof),
                      old_size == 0 && size > 0);
            for (const Proof &wrong : spoilt(proof))
                ASSERT_FALSE(merkle::verify_consistency(old_size, old_root, size, root, wrong))
                    << old_size << " to " << size;
        }
    }
}

TEST(Merkle, ARewrittenTreeContinuesNothing) {
    for (std::uint64_t size = 2; size <= 64; ++size) {
        std::vector<Digest> leaves = numbered_nodes().heights.front();
        leaves.resize(size);
        leaves[size / 2] = altered(leaves[size / 2]);
        const Nodes forged(leaves);
        for (std::uint64_t old_size = size / 2 + 1; old_size <= size; ++old_size)
            ASSERT_FALSE(merkle::verify_consistency(
                old_size, numbered_root(old_size), size, merkle::root(size, forged.reader(size)),
                merkle::consistency_proof(old_size, size, forged.reader(size))));
    }
}

TEST(Merkle, PositionsAndSizesOutsideOfTheTreeAreRefused) {
    const auto reader = numbered_nodes().reader(5);
    expect_error(Errc::invalid_argument, [&] { merkle::inclusion_proof(5, 5, reader); });
    expect_error(Errc::invalid_argument, [&] { merkle::inclusion_proof(0, 0, reader); });
    expect_error(Errc::invalid_argument, [&] { merkle::consistency_proof(6, 5, reader); });
    EXPECT_FALSE(merkle::verify_inclusion(numbered_leaf(0), 0, 0, {}, merkle::empty_root()));
    EXPECT_FALSE(merkle::verify_consistency(6, numbered_root(6), 5, numbered_root(5), {}));
    EXPECT_FALSE(merkle::verify_consistency(3, numbered_root(3), 5, numbered_root(5), {}));
}

TEST(Frontier, GrowsToTheRootsOfTheTreeFromAnySize) {
    for (std::uint64_t begin = 0; begin <= most; begin += 37) {
        merkle::Frontier frontier(begin, numbered_nodes().reader(begin));
        for (std::uint64_t size = begin; size <= most; ++size) {
            ASSERT_EQ(frontier.size(), size);
            ASSERT_EQ(frontier.root(), numbered_root(size));
            if (size < most) frontier.append(numbered_leaf(size));
        }
    }
}

}  // namespace
}  // namespace vvault
