// Reads a small document from the web with libcurl: over https only, or from this machine, with
// limits on time and size, without redirects, compression or cookies.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace gateway {

struct Fetched {
    long status = 0;  // 0: there was no answer
    std::string body;
    std::optional<std::string> etag;
    std::optional<std::int64_t> max_age;  // seconds it is fresh, if the answer says
    std::string error;                    // libcurl's, where there was no answer

    std::string trouble() const;
};

// "https://…", or "http://" and a name or address of loopback.
bool readable_url(const std::string &url);
bool is_loopback(const std::string &url);

// An empty etag asks for the document in any case, else 304 means that it is the same.
Fetched read_url(const std::string &url, const std::string &etag);

}  // namespace gateway
