// The gateway's settings: environment first, then flags over it. A value that
// cannot be meant is refused before anything is opened. Where the database is,
// libpq reads for itself (PGHOST, PGPORT, PGDATABASE, PGUSER, …).
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "address.hpp"
#include "buckets.hpp"
#include "seat_settings.hpp"

namespace gateway {

struct Config {
    std::string listen = "127.0.0.1";
    int port = 8787;
    int workers = 0;  // 0: four for each core
    std::size_t max_body_bytes = std::size_t{50} << 20;
    std::size_t max_file_bytes = std::size_t{4} << 30;
    std::size_t max_inflight_bytes = std::size_t{1} << 30;  // all bodies being received
    int max_connections = 10'000;
    int max_connections_per_address = 2000;
    std::chrono::seconds header_timeout{10};
    std::chrono::seconds idle_timeout{60};
    int get_outage_status = 500;
    // Who may read /metrics on the main listener; with a port, a second listener
    // answers it instead.
    enum class MetricsReader { nobody, loopback, anyone } metrics_reader = MetricsReader::loopback;
    std::string metrics_listen;
    int metrics_port = -1;
    Allowance of_token{.per_second = 5000, .at_once = 50'000};
    Allowance of_address{.per_second = 10, .at_once = 600};
    bool insecure_public = false;
    int max_streams = 5000;
    int max_streams_per_token = 32;
    std::chrono::seconds stream_max_age{3600};
    std::vector<std::string> allowed_origins;
    std::vector<Address> trusted_proxies;
    bool secure_cookies = true;
    std::string demo_directory;  // of the page at /demo/; empty: there is none
    bool pooled = false;         // the database is behind a pooler in transaction mode
    std::string keys_user;  // the database user that brings issuers' keys; empty: not from here
    std::shared_ptr<const SeatSettings> seats;  // null: no model is asked
    bool only_keys = false;                     // nothing but that
    bool check_only = false;

    // What to show for "-h": one line a setting.
    static std::string help();
    // Throws std::invalid_argument with a sentence for the operator.
    static Config from(int argc, const char *const *argv);
};

// The limit of a body, which files may exceed and JSON may not.
std::size_t body_limit(const Config &config, std::string_view method, std::string_view path);

// Whether the body is a file's content, which may be large and comes in parts.
bool is_file_content(std::string_view method, std::string_view path);

}  // namespace gateway
