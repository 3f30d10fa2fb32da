// The Range header (RFC 9110, 14.2): what of a file a client asks for. Only one
// range of bytes is understood; whatever else it says counts as not said, which
// the RFC allows and which means the whole file.
#pragma once

#include <cstdint>
#include <optional>

#include "request.hpp"

namespace gateway {

struct ByteRange {
    std::optional<std::int64_t> first;  // none: the last `last` bytes
    std::optional<std::int64_t> last;   // none: to the end
};

std::optional<ByteRange> byte_range(const Head &head);

// Does If-Range, where there is one, name this version? Its ETag is the version.
bool range_is_of(const Head &head, std::string_view version);

}  // namespace gateway
