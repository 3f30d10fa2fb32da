#include "transfers.hpp"

#include <algorithm>

#include "database.hpp"
#include "statements.hpp"

namespace gateway {

std::string read_on(Download &download, Database &database) {
    const auto most = std::min<std::int64_t>(download.left, download_part_bytes);
    const Call call{
        &statements::read_part,
        {download.path, std::optional(download.next), std::optional(download.next + most - 1),
         std::optional(download.version), std::nullopt, std::to_string(most)}};
    const auto rows = database.run(download.token, {&call, 1}, Repeat::safe);
    // Another file may have the path by now.
    if (rows[0].text(0, 8) != download.file_id)
        throw Problem::of_sqlstate("P0002", "the file is no longer there");
    const auto bytes = rows[0].text(0, 5);
    if (static_cast<std::int64_t>(bytes.size()) != most)
        throw Problem::of("internal", "the file is shorter than it was");
    download.next += most;
    download.left -= most;
    return std::string(bytes);
}

}  // namespace gateway
