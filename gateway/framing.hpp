// Decides where a request's header block ends and whether it may be believed.
// Strict on purpose: whatever two parsers could read differently is refused, so
// that no proxy in front and nothing behind can disagree about where a request
// ends. It knows bytes and RFC 9112, nothing of routes.
#pragma once

#include <cstddef>
#include <string_view>

#include "request.hpp"

namespace gateway {

constexpr std::size_t maximum_head_bytes = std::size_t{16} << 10;
constexpr std::size_t maximum_fields = 64;
constexpr std::size_t maximum_target_bytes = 4096;

// Offset behind the empty line that ends the header block at the front of
// `input`, or 0 if more must arrive. `scanned` remembers how far earlier calls
// have looked. Throws Problem as soon as the block cannot become a good one.
std::size_t find_head_end(std::string_view input, std::size_t &scanned);

// Checks and takes apart a complete header block. Throws Problem.
Head parse_head(std::string_view block);

}  // namespace gateway
