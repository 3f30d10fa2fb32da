#include "ledger_tiles.hpp"

#include <algorithm>
#include <bit>
#include <charconv>
#include <vector>

#include "error.hpp"
#include "merkle.hpp"

namespace vvault {

namespace {

constexpr unsigned highest_level = 63;

// Decimal as the standard writes it: digits only, none in front that is not needed.
std::optional<std::uint64_t> number(std::string_view digits) {
    std::uint64_t value = 0;
    const char *const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, value);
    if (error != std::errc{} || stopped != end) return std::nullopt;
    if (digits.front() == '0' && digits.size() > 1) return std::nullopt;
    return value;
}

std::string three_digits(std::uint64_t value) {
    const std::string digits = std::to_string(value);
    return std::string(3 - digits.size(), '0') + digits;
}

// 1234067 is x001/x234/067.
std::string grouped(std::uint64_t value) {
    std::string text = three_digits(value % 1000);
    while ((value /= 1000) > 0) text = "x" + three_digits(value % 1000) + "/" + text;
    return text;
}

std::optional<std::uint64_t> from_grouped(std::string_view text) {
    std::string digits;
    for (const char c : text)
        if (c >= '0' && c <= '9') digits.push_back(c);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    const auto value = number(digits.empty() ? "0" : digits);
    // Whatever else was between the digits does not come out of grouped() again.
    if (!value || grouped(*value) != text) return std::nullopt;
    return value;
}

}  // namespace

TileSlice tile_slice(unsigned height, std::uint64_t index) {
    const unsigned within = height % tile_height;
    const std::uint64_t first = index << within;
    return {.level = height / tile_height,
            .tile = first / tile_width,
            .first = static_cast<unsigned>(first % tile_width),
            .count = 1u << within};
}

Digest slice_root(ByteView hashes) {
    constexpr std::size_t size = std::tuple_size_v<Digest>;
    if (hashes.size() % size != 0 || !std::has_single_bit(hashes.size() / size))
        throw Error(Errc::invalid_argument,
                    std::to_string(hashes.size()) + " bytes are not the hashes of a subtree");
    std::vector<Digest> nodes(hashes.size() / size);
    for (std::size_t i = 0; i < nodes.size(); ++i)
        std::copy_n(hashes.begin() + static_cast<std::ptrdiff_t>(i * size), size, nodes[i].begin());
    for (; nodes.size() > 1; nodes.resize(nodes.size() / 2))
        for (std::size_t i = 0; i < nodes.size() / 2; ++i)
            nodes[i] = merkle::node_hash(nodes[2 * i], nodes[2 * i + 1]);
    return nodes.front();
}

unsigned width_of_tile(unsigned level, std::uint64_t tile, std::uint64_t size) {
    const unsigned height = level * tile_height;
    const std::uint64_t nodes = height < 64 ? size >> height : 0;
    if (nodes / tile_width > tile) return tile_width;
    return nodes / tile_width == tile ? static_cast<unsigned>(nodes % tile_width) : 0;
}

std::string tile_path_text(const TilePath &path) {
    std::string text =
        "tile/" + (path.level ? std::to_string(*path.level) : "entries") + "/" + grouped(path.tile);
    if (path.width != tile_width) text += ".p/" + std::to_string(path.width);
    return text;
}

std::optional<TilePath> tile_path_from_text(std::string_view text) {
    constexpr std::string_view root = "tile/";
    if (!text.starts_with(root)) return std::nullopt;
    text.remove_prefix(root.size());
    const std::size_t slash = text.find('/');
    if (slash == 0 || slash == std::string_view::npos) return std::nullopt;

    TilePath path;
    const std::string_view level = text.substr(0, slash);
    if (level != "entries") {
        const auto value = number(level);
        if (!value || *value > highest_level) return std::nullopt;
        path.level = static_cast<unsigned>(*value);
    }
    text.remove_prefix(slash + 1);
    if (const std::size_t partial = text.find(".p/"); partial != std::string_view::npos) {
        const auto width = number(text.substr(partial + 3));
        if (!width || *width == 0 || *width >= tile_width) return std::nullopt;
        path.width = static_cast<unsigned>(*width);
        text = text.substr(0, partial);
    }
    const auto tile = from_grouped(text);
    if (!tile) return std::nullopt;
    path.tile = *tile;
    return path;
}

}  // namespace vvault
