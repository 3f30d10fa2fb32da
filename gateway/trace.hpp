// W3C Trace Context: which trace a request belongs to. A caller's traceparent is
// believed when it is valid; every other request begins a trace of its own, so
// that each line of the log has one.
#pragma once

#include <string>
#include <string_view>

namespace gateway {

struct Trace {
    std::string id;      // 32 hexadecimal digits
    std::string span;    // 16, ours: the request at this gateway
    bool given = false;  // by the caller
    bool sampled = false;

    // As it is passed on: "00-<id>-<span>-<flags>".
    std::string parent() const;
};

// `traceparent` is the header's value, or empty.
Trace read_trace(std::string_view traceparent);

}  // namespace gateway
