// One checked request, as the handlers see it: framing.cpp made the head, the
// connection added the body. Nothing here has been decoded more than once.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "address.hpp"

namespace gateway {

struct Head {
    std::string method;
    std::string target;  // as sent: path, then perhaps "?query"
    std::vector<std::pair<std::string, std::string>> fields;  // names in lower case
    std::size_t content_length = 0;
    bool chunked = false;  // the body's length is not known before its end
    bool keep_alive = true;
    bool expects_continue = false;

    // The first field of that name (lower case), or an empty view.
    std::string_view field(std::string_view name) const;
    bool has_field(std::string_view name) const;
    std::string_view path() const;
};

struct Upload;

struct Request {
    Head head;
    std::string body;
    std::shared_ptr<Upload> upload = {};  // the body is the next part of a large file
    std::chrono::steady_clock::time_point arrived;
    Address peer;
    bool at_metrics_door = false;  // came by the listener that is for metrics alone
};

// The path's segments and the query's pairs, each decoded once. Throws Problem
// 400 for escapes that are no UTF-8.
std::vector<std::string> path_segments(std::string_view target);

class Query {
public:
    explicit Query(std::string_view target);

    bool has(std::string_view name) const;
    std::optional<std::string> text(std::string_view name) const;      // empty counts as absent
    std::optional<std::int64_t> integer(std::string_view name) const;  // 400 if it is none

private:
    std::vector<std::pair<std::string, std::string>> pairs_;
};

}  // namespace gateway
