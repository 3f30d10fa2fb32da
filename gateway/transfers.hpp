// Files too large to be held in memory, on their way in and out a part at a time. What is
// needed to go on travels with each part to a worker and comes back, so that nobody shares it;
// between two parts, however slow the client is, no worker and no database connection waits.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "upload_sweeper.hpp"

namespace gateway {

// Bodies of files up to this size are taken and stored at once, larger ones in parts of it.
constexpr std::size_t upload_part_bytes = std::size_t{2} << 20;
constexpr std::size_t download_part_bytes = std::size_t{1} << 20;

// One that has begun and is not finished when it ends here is as if it had never been.
struct Upload {
    explicit Upload(std::shared_ptr<UploadSweeper> where) : sweeper(std::move(where)) {}
    ~Upload() {
        if (!id.empty() && !finished) sweeper->abandon(std::move(token), std::move(id));
    }
    Upload(const Upload &) = delete;
    Upload &operator=(const Upload &) = delete;

    std::shared_ptr<UploadSweeper> sweeper;
    bool last = false;  // the part at hand is
    std::string id;     // the database's; empty before the first part
    std::string token;
    std::int64_t stored = 0;
    bool finished = false;

    // For its line in the log.
    std::string request_id;
    std::chrono::steady_clock::time_point arrived;
    std::chrono::microseconds in_database{0};
};

// All of it is of one version of one file, whatever becomes of the path meanwhile.
struct Download {
    std::string token;
    std::string path;
    std::string file_id;
    std::int64_t version = 0;
    std::int64_t next = 0;  // the byte
    std::int64_t left = 0;  // bytes
    bool close = false;     // the connection, behind the last
};

class Database;

// The next part, which may be the last. Throws Problem where there is none any more.
std::string read_on(Download &download, Database &database);

}  // namespace gateway
