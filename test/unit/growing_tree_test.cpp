// Whatever pieces a tree grows in, its roots are those of RFC 6962 over all of its leaves, and
// its tiles hold every node of their height.
#include "core/growing_tree.hpp"

#include <map>

#include "core/digest.hpp"
#include "core/merkle.hpp"
#include "support.hpp"

namespace vvault {
namespace {

Digest leaf(std::uint64_t position) {
    Bytes bytes;
    append_be64(bytes, position);
    return sha256({bytes});
}

Uuid entry(std::uint64_t position) {
    Uuid uuid{};
    std::memcpy(uuid.data(), &position, sizeof position);
    return uuid;
}

class GrowingTreeTest : public testing::Test {
protected:
    GrowingTree::Keeper keeper() {
        return [this](FullTile &&tile) {
            const auto place = std::pair(tile.level, tile.index);
            EXPECT_TRUE(tiles.emplace(place, std::move(tile)).second) << "written twice";
        };
    }

    void grow(GrowingTree &tree, std::uint64_t until) {
        while (tree.size() < until) {
            const Digest next = leaf(tree.size());
            frontier.append(next);
            tree.append(entry(tree.size()), next);
        }
    }

    std::map<std::pair<unsigned, std::uint64_t>, FullTile> tiles;
    merkle::Frontier frontier;  // over all leaves
};

TEST_F(GrowingTreeTest, HasTheRootOfAllLeavesAtEverySize) {
    GrowingTree tree(0, {}, keeper());
    EXPECT_EQ(tree.root(), merkle::empty_root());
    for (std::uint64_t size = 1; size <= 1100; ++size) {
        grow(tree, size);
        ASSERT_EQ(tree.root(), frontier.root()) << size;
    }
}

TEST_F(GrowingTreeTest, GoesOnFromItsEdges) {
    std::vector<GrowingTree::Edge> edges;
    std::uint64_t size = 0;
    for (const std::uint64_t until : {1, 3, 255, 256, 257, 900, 65535, 65536, 65537, 66000}) {
        GrowingTree tree(size, edges, keeper());
        grow(tree, until);
        ASSERT_EQ(tree.root(), frontier.root()) << until;
        edges = tree.edges();
        size = tree.size();
    }
    EXPECT_EQ(tiles.size(), 257u + 1u);
}

TEST_F(GrowingTreeTest, HandsOutTilesOfLeavesAndOfTileRoots) {
    GrowingTree tree(0, {}, keeper());
    grow(tree, 65536);
    const FullTile &second = tiles.at({0, 1});
    ASSERT_EQ(second.hashes.size(), 256u * 32);
    ASSERT_EQ(second.entry_ids.size(), 256u * 16);
    EXPECT_TRUE(test::same(ByteView(second.hashes).first(32), leaf(256)));
    EXPECT_TRUE(test::same(ByteView(second.entry_ids).first(16), entry(256)));
    const FullTile &top = tiles.at({1, 0});
    EXPECT_TRUE(top.entry_ids.empty());
    EXPECT_TRUE(test::same(ByteView(top.hashes).subspan(32, 32), slice_root(second.hashes)));
    EXPECT_EQ(tree.root(), slice_root(top.hashes));
}

TEST_F(GrowingTreeTest, RefusesEdgesThatDoNotFit) {
    GrowingTree tree(0, {}, keeper());
    grow(tree, 300);
    test::expect_error(Errc::internal, [&] { GrowingTree(301, tree.edges(), keeper()); });
    test::expect_error(Errc::internal, [&] { GrowingTree(300, {}, keeper()); });
    auto edges = tree.edges();
    edges[0].entry_ids.pop_back();
    test::expect_error(Errc::internal, [&] { GrowingTree(300, edges, keeper()); });
    edges = tree.edges();
    edges.resize(4);
    edges[3].hashes = Bytes(32);
    test::expect_error(Errc::internal, [&] { GrowingTree(300, edges, keeper()); });
}

}  // namespace
}  // namespace vvault
