// In which order entries that are sealed together enter the tree: by id, which is nearly
// by time. A clock that stepped back gives a later entry of a stream a lower id; it still
// comes after the one that it continues.
#pragma once

#include <vector>

#include "bytes.hpp"

namespace vvault {

struct NewEntry {
    Uuid id{};
    Digest leaf{};
    Uuid user{};
    Uuid stream{};
    std::uint64_t stream_seq = 0;
};

void put_in_order(std::vector<NewEntry> &entries);

}  // namespace vvault
