// Every node of a tree has one place in the tiles, and every tile one path.
#include <fstream>
#include <map>

#include <nlohmann/json.hpp>

#include "core/ledger_tiles.hpp"
#include "core/merkle.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using nlohmann::json;
using test::expect_error;

TEST(LedgerTiles, NodesOfEveryEighthHeightAreStored) {
    EXPECT_EQ(tile_slice(0, 0), (TileSlice{.level = 0, .tile = 0, .first = 0, .count = 1}));
    EXPECT_EQ(tile_slice(0, 255), (TileSlice{.level = 0, .tile = 0, .first = 255, .count = 1}));
    EXPECT_EQ(tile_slice(0, 256), (TileSlice{.level = 0, .tile = 1, .first = 0, .count = 1}));
    EXPECT_EQ(tile_slice(8, 300), (TileSlice{.level = 1, .tile = 1, .first = 44, .count = 1}));
    EXPECT_EQ(tile_slice(16, 7), (TileSlice{.level = 2, .tile = 0, .first = 7, .count = 1}));
}

TEST(LedgerTiles, TheOthersAreTheRootOfAPartOfOneTile) {
    EXPECT_EQ(tile_slice(1, 127), (TileSlice{.level = 0, .tile = 0, .first = 254, .count = 2}));
    EXPECT_EQ(tile_slice(7, 3), (TileSlice{.level = 0, .tile = 1, .first = 128, .count = 128}));
    EXPECT_EQ(tile_slice(9, 128), (TileSlice{.level = 1, .tile = 1, .first = 0, .count = 2}));
    EXPECT_EQ(tile_slice(62, 1), (TileSlice{.level = 7, .tile = 0, .first = 64, .count = 64}));
}

TEST(LedgerTiles, NodesAreFoundInTheTilesOfATree) {
    constexpr std::uint64_t size = 3 * 65536 + 2 * 256 + 77;
    std::map<std::pair<unsigned, std::uint64_t>, Bytes> tiles;
    merkle::Frontier frontier;
    for (std::uint64_t i = 0; i < size; ++i) {
        Digest leaf{};
        std::memcpy(leaf.data(), &i, sizeof i);
        append(tiles[{0, i / tile_width}], leaf);
        frontier.append(leaf);
        // A full tile is a hash of the level above it.
        std::uint64_t full = i + 1;
        for (unsigned level = 0; full % tile_width == 0; ++level) {
            full /= tile_width;
            append(tiles[{level + 1, (full - 1) / tile_width}],
                   slice_root(tiles[{level, full - 1}]));
        }
    }
    const merkle::NodeReader reader = [&](unsigned height, std::uint64_t index) {
        const TileSlice slice = tile_slice(height, index);
        const Bytes &tile = tiles.at({slice.level, slice.tile});
        EXPECT_EQ(tile.size(), width_of_tile(slice.level, slice.tile, size) * 32u);
        return slice_root(ByteView(tile).subspan(slice.first * 32, slice.count * 32));
    };
    EXPECT_EQ(merkle::root(size, reader), frontier.root());
    for (const std::uint64_t position : {std::uint64_t{0}, size / 2, size - 1}) {
        Digest leaf{};
        std::memcpy(leaf.data(), &position, sizeof position);
        EXPECT_TRUE(merkle::verify_inclusion(leaf, position, size,
                                             merkle::inclusion_proof(position, size, reader),
                                             frontier.root()));
    }
}

TEST(LedgerTiles, ASliceHasAPowerOfTwoOfHashes) {
    for (const std::size_t size : {0, 1, 31, 33, 96, 160})
        expect_error(Errc::invalid_argument, [&] { slice_root(Bytes(size)); });
    EXPECT_EQ(slice_root(Bytes(32)), Digest{});
    EXPECT_EQ(slice_root(Bytes(64)), merkle::node_hash({}, {}));
}

TEST(LedgerTiles, WidthsOfTheTilesOfATree) {
    EXPECT_EQ(width_of_tile(0, 0, 0), 0u);
    EXPECT_EQ(width_of_tile(0, 0, 1), 1u);
    EXPECT_EQ(width_of_tile(0, 0, 256), 256u);
    EXPECT_EQ(width_of_tile(0, 1, 256), 0u);
    EXPECT_EQ(width_of_tile(0, 1, 257), 1u);
    EXPECT_EQ(width_of_tile(0, 5, 257), 0u);
    EXPECT_EQ(width_of_tile(1, 0, 255), 0u);
    EXPECT_EQ(width_of_tile(1, 0, 70000), 256u);
    EXPECT_EQ(width_of_tile(1, 1, 70000), 17u);
    EXPECT_EQ(width_of_tile(7, 0, std::uint64_t{1} << 62), 64u);
    EXPECT_EQ(width_of_tile(8, 0, ~std::uint64_t{0}), 0u);
    EXPECT_EQ(width_of_tile(63, 0, ~std::uint64_t{0}), 0u);
}

TEST(LedgerTiles, PathsAreThoseOfTheVectors) {
    std::ifstream file(VVAULT_TEST_DIR "/vectors/merkle.json");
    const json vectors = json::parse(file).at("tile_paths");
    EXPECT_GE(vectors.size(), 9u);
    for (const json &vector : vectors) {
        TilePath path{.level = std::nullopt,
                      .tile = std::stoull(vector.at("tile").get<std::string>()),
                      .width = vector.at("width")};
        if (!vector.at("level").is_null()) path.level = vector.at("level").get<unsigned>();
        EXPECT_EQ(tile_path_text(path), vector.at("path"));
        EXPECT_EQ(tile_path_from_text(vector.at("path").get<std::string>()), path);
    }
}

TEST(LedgerTiles, EveryOtherSpellingIsRefused) {
    for (const std::string text : {"",
                                   "/",
                                   "tile",
                                   "tile/",
                                   "tile/0",
                                   "tile/0/",
                                   "tile//000",
                                   "tile/0/0",
                                   "tile/0/00",
                                   "tile/0/0000",
                                   "tile/0/1000",
                                   "tile/0/x000/001",
                                   "tile/0/x001",
                                   "tile/0/x001/",
                                   "tile/0/x001/x002",
                                   "tile/0/001/002",
                                   "tile/0/x01/002",
                                   "tile/0/x001//002",
                                   "tile/00/000",
                                   "tile/64/000",
                                   "tile/-1/000",
                                   "tile/+1/000",
                                   "tile/x/000",
                                   "tile/0/000/",
                                   "/tile/0/000",
                                   "tile/0/000.p",
                                   "tile/0/000.p/",
                                   "tile/0/000.p/0",
                                   "tile/0/000.p/256",
                                   "tile/0/000.p/01",
                                   "tile/0/000.p/-1",
                                   "tile/0/000.p/1/",
                                   "tile/0/.p/1",
                                   "tile/0/00a",
                                   "tile/0/\xd9\xa0\xd9\xa0\xd9\xa0",
                                   "tile/0/../000",
                                   "tile/entry/000",
                                   "tile/entries",
                                   "tile/entries/0",
                                   "tile/0/x018/x446/x744/x073/x709/x551/616",
                                   "tile/0/x999/x999/x999/x999/x999/x999/x999/999"})
        EXPECT_EQ(tile_path_from_text(text), std::nullopt) << text;
}

}  // namespace
}  // namespace vvault
