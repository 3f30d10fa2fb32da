// A folder of files for browsers, read once when the gateway starts: a request finds one by its
// name in a table, so that no path of a request ever reaches the file system.
#pragma once

#include <map>
#include <string>
#include <string_view>

namespace gateway {

struct SiteFile {
    std::string content_type;
    std::string bytes;
    std::string etag;
};

class Site {
public:
    // An empty name is no site. Throws std::invalid_argument with a sentence for the operator if
    // the folder cannot be read, has no index.html or is too large.
    explicit Site(const std::string &folder);

    // By its path below the folder; null if there is none.
    const SiteFile *find(std::string_view path) const;

private:
    std::map<std::string, SiteFile, std::less<>> files_;
};

}  // namespace gateway
