#include "ledger_order.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <unordered_map>

namespace vvault {

namespace {

struct StreamHash {
    // The end of a UUIDv7 is its random part.
    std::size_t operator()(const Uuid &stream) const {
        return static_cast<std::size_t>(read_be64(ByteView(stream).subspan(8)));
    }
};

// Streams of two persons that share an id only look out of order, which costs time alone.
bool streams_are_in_order(const std::vector<NewEntry> &entries) {
    std::unordered_map<Uuid, std::uint64_t, StreamHash> last;
    last.reserve(entries.size());
    for (const NewEntry &entry : entries) {
        std::uint64_t &number = last[entry.stream];
        if (number > entry.stream_seq) return false;
        number = entry.stream_seq;
    }
    return true;
}

bool by_id(const NewEntry &left, const NewEntry &right) {
    return left.id < right.id;
}

// Each entry's place is the highest id of its stream up to it.
void keep_streams_in_order(std::vector<NewEntry> &entries) {
    std::ranges::sort(entries, [](const NewEntry &left, const NewEntry &right) {
        return std::tie(left.user, left.stream, left.stream_seq) <
               std::tie(right.user, right.stream, right.stream_seq);
    });
    std::vector<Uuid> places(entries.size());
    for (std::size_t i = 0; i < entries.size(); ++i) {
        const bool continues = i > 0 && entries[i - 1].user == entries[i].user &&
                               entries[i - 1].stream == entries[i].stream;
        places[i] = continues ? std::max(places[i - 1], entries[i].id) : entries[i].id;
    }
    std::vector<std::size_t> order(entries.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    // Only entries of one stream share a place, and they stand in its order already.
    std::ranges::stable_sort(order, [&places](std::size_t left, std::size_t right) {
        return places[left] < places[right];
    });
    std::vector<NewEntry> ordered;
    ordered.reserve(entries.size());
    for (const std::size_t place : order) ordered.push_back(entries[place]);
    entries = std::move(ordered);
}

}  // namespace

void put_in_order(std::vector<NewEntry> &entries) {
    if (!std::ranges::is_sorted(entries, by_id)) std::ranges::sort(entries, by_id);
    if (!streams_are_in_order(entries)) keep_streams_in_order(entries);
}

}  // namespace vvault
