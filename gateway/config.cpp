#include "config.hpp"

#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <thread>

#include <arpa/inet.h>

#include "text.hpp"

namespace gateway {

namespace {

std::int64_t whole_number(std::string_view text, std::int64_t low, std::int64_t high) {
    const auto number = parse_integer(text);
    if (!number || *number < low || *number > high)
        throw std::invalid_argument("must be a whole number from " + std::to_string(low) + " to " +
                                    std::to_string(high));
    return *number;
}

std::size_t byte_count(std::string_view text) {
    // Postgres takes no value of a gigabyte or more, so no body may be larger.
    return static_cast<std::size_t>(whole_number(text, 1024, (1LL << 30) - (1 << 20)));
}

bool yes_or_no(std::string_view text) {
    if (text == "1" || text == "true" || text == "on") return true;
    if (text.empty() || text == "0" || text == "false" || text == "off") return false;
    throw std::invalid_argument("must be 1 or 0");
}

std::vector<std::string> origins(std::string_view list) {
    std::vector<std::string> result;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto origin = trim(list.substr(0, comma));
        if (!origin.starts_with("http://") && !origin.starts_with("https://"))
            throw std::invalid_argument("must be a list of origins such as https://chat.example");
        if (origin.ends_with('/')) throw std::invalid_argument("an origin has no slash at its end");
        result.emplace_back(origin);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return result;
}

// "100" or "100/500": so many a second for long, so many at once; "0" is no limit.
Allowance allowance(std::string_view text, double unit_seconds, double seconds_at_once) {
    const auto slash = text.find('/');
    const auto number = whole_number(text.substr(0, slash), 0, 1'000'000);
    Allowance result{.per_second = static_cast<double>(number) / unit_seconds,
                     .at_once = static_cast<double>(number) * seconds_at_once};
    if (slash != std::string_view::npos)
        result.at_once = static_cast<double>(whole_number(text.substr(slash + 1), 1, 10'000'000));
    return result;
}

void read_metrics(Config &config, std::string_view text) {
    using Reader = Config::MetricsReader;
    config.metrics_port = -1;
    if (text == "off") {
        config.metrics_reader = Reader::nobody;
    } else if (text == "loopback") {
        config.metrics_reader = Reader::loopback;
    } else if (text == "public") {
        config.metrics_reader = Reader::anyone;
    } else {
        const auto colon = text.rfind(':');
        if (colon == std::string_view::npos)
            throw std::invalid_argument("must be off, loopback, public or ADDRESS:PORT");
        auto address = text.substr(0, colon);
        if (address.starts_with('[') && address.ends_with(']'))
            address = address.substr(1, address.size() - 2);
        config.metrics_reader = Reader::nobody;
        config.metrics_listen = address;
        config.metrics_port = int(whole_number(text.substr(colon + 1), 0, 65535));
        in6_addr ignored{};
        const auto family =
            config.metrics_listen.find(':') == std::string::npos ? AF_INET : AF_INET6;
        if (inet_pton(family, config.metrics_listen.c_str(), &ignored) != 1)
            throw std::invalid_argument("needs an IPv4 or [IPv6] address before the port");
    }
}

std::vector<Address> addresses(std::string_view list) {
    std::vector<Address> result;
    while (!list.empty()) {
        const auto comma = list.find(',');
        const auto address = Address::parse(trim(list.substr(0, comma)));
        if (!address) throw std::invalid_argument("must be a list of IPv4 or IPv6 addresses");
        result.push_back(*address);
        if (comma == std::string_view::npos) break;
        list.remove_prefix(comma + 1);
    }
    return result;
}

struct Setting {
    const char *variable;
    const char *flag;
    const char *meaning;
    std::function<void(Config &, std::string_view)> set;
};

const std::vector<Setting> &settings() {
    static const std::vector<Setting> all = {
        {"VVAULT_LISTEN", "--listen", "address to listen on (127.0.0.1)",
         [](Config &c, std::string_view v) { c.listen = v; }},
        {"VVAULT_PORT", "--port", "TCP port; 0 takes a free one and prints it (8787)",
         [](Config &c, std::string_view v) { c.port = int(whole_number(v, 0, 65535)); }},
        {"VVAULT_WORKERS", "--workers", "threads with a database connection each (4 a core)",
         [](Config &c, std::string_view v) { c.workers = int(whole_number(v, 1, 512)); }},
        {"VVAULT_POOLED", "--pooled",
         "1: the database is behind a pooler in transaction mode, such as pgbouncer (0)",
         [](Config &c, std::string_view v) { c.pooled = yes_or_no(v); }},
        {"VVAULT_MAX_BODY_BYTES", "--max-body-bytes", "largest JSON body (50 MiB)",
         [](Config &c, std::string_view v) { c.max_body_bytes = byte_count(v); }},
        {"VVAULT_MAX_FILE_BYTES", "--max-file-bytes", "largest file (4 GiB)",
         [](Config &c, std::string_view v) {
             c.max_file_bytes = std::size_t(whole_number(v, 1024, 16LL << 30));
         }},
        {"VVAULT_MAX_INFLIGHT_BYTES", "--max-inflight-bytes",
         "all request bodies in memory together (1 GiB)",
         [](Config &c, std::string_view v) {
             c.max_inflight_bytes = std::size_t(whole_number(v, 1 << 20, 1LL << 40));
         }},
        {"VVAULT_MAX_CONNECTIONS", "--max-connections", "open client connections (10000)",
         [](Config &c, std::string_view v) {
             c.max_connections = int(whole_number(v, 1, 1'000'000));
         }},
        {"VVAULT_MAX_CONNECTIONS_PER_ADDRESS", "--max-connections-per-address",
         "of them from one address; 0: any number (2000)",
         [](Config &c, std::string_view v) {
             c.max_connections_per_address = int(whole_number(v, 0, 1'000'000));
         }},
        {"VVAULT_HEADER_TIMEOUT", "--header-timeout", "seconds for a request's header (10)",
         [](Config &c, std::string_view v) {
             c.header_timeout = std::chrono::seconds(whole_number(v, 1, 3600));
         }},
        {"VVAULT_IDLE_TIMEOUT", "--idle-timeout", "seconds a silent connection is kept (60)",
         [](Config &c, std::string_view v) {
             c.idle_timeout = std::chrono::seconds(whole_number(v, 1, 86'400));
         }},
        {"VVAULT_GET_OUTAGE_STATUS", "--get-outage-status",
         "status of a Chatty GET while the database is away (500)",
         [](Config &c, std::string_view v) {
             c.get_outage_status = int(whole_number(v, 500, 599));
         }},
        {"VVAULT_MAX_STREAMS", "--max-streams", "open event streams (5000)",
         [](Config &c, std::string_view v) { c.max_streams = int(whole_number(v, 0, 1'000'000)); }},
        {"VVAULT_MAX_STREAMS_PER_TOKEN", "--max-streams-per-token",
         "open event streams of one token (32)",
         [](Config &c, std::string_view v) {
             c.max_streams_per_token = int(whole_number(v, 0, 1'000'000));
         }},
        {"VVAULT_STREAM_MAX_AGE", "--stream-max-age",
         "seconds after which an event stream ends, to be resumed (3600)",
         [](Config &c, std::string_view v) {
             c.stream_max_age = std::chrono::seconds(whole_number(v, 1, 86'400));
         }},
        {"VVAULT_ALLOWED_ORIGINS", "--allowed-origins",
         "web origins that may call with credentials, comma between (none)",
         [](Config &c, std::string_view v) { c.allowed_origins = origins(v); }},
        {"VVAULT_METRICS", "--metrics",
         "who may read /metrics: off, loopback, public, or the ADDRESS:PORT of a listener for it "
         "alone (loopback)",
         read_metrics},
        {"VVAULT_TOKEN_RATE", "--token-rate",
         "requests a second with one token, and after a slash how many at once; 0: any number "
         "(5000/50000)",
         [](Config &c, std::string_view v) { c.of_token = allowance(v, 1, 10); }},
        {"VVAULT_FAILURE_RATE", "--failure-rate",
         "tokens a minute from one address that may be wrong, and how many at once; 0: any number "
         "(600)",
         [](Config &c, std::string_view v) { c.of_address = allowance(v, 60, 1); }},
        {"VVAULT_TRUSTED_PROXIES", "--trusted-proxies",
         "addresses whose X-Forwarded-For is believed, comma between (none)",
         [](Config &c, std::string_view v) { c.trusted_proxies = addresses(v); }},
        {"VVAULT_COOKIE_SECURE", "--cookie-secure",
         "0: let the session's cookie pass over plain HTTP, on loopback only (1)",
         [](Config &c, std::string_view v) { c.secure_cookies = yes_or_no(v); }},
        {"VVAULT_DEMO_DIR", "--demo-dir", "folder of the page that /demo/ shows (none)",
         [](Config &c, std::string_view v) { c.demo_directory = v; }},
        {"VVAULT_SEATS_FILE", "--seats-file",
         "JSON file that says which models answer, see doc/seats.md (none)",
         [](Config &c, std::string_view v) {
             c.seats = std::make_shared<const SeatSettings>(SeatSettings::read(std::string(v)));
         }},
        {"VVAULT_KEYS_USER", "--keys-user",
         "database user that stores the keys of issuers people sign in with (none)",
         [](Config &c, std::string_view v) { c.keys_user = v; }},
        {"VVAULT_ONLY_KEYS", "--only-keys", "1: keep those keys fresh and serve nothing (0)",
         [](Config &c, std::string_view v) { c.only_keys = yes_or_no(v); }},
        {"VVAULT_INSECURE_PUBLIC", "--insecure-public",
         "1: listen beyond loopback although there is no TLS here (0)",
         [](Config &c, std::string_view v) { c.insecure_public = yes_or_no(v); }},
    };
    return all;
}

void apply(const Setting &setting, const char *label, Config &config, std::string_view value) {
    try {
        setting.set(config, value);
    } catch (const std::invalid_argument &error) {
        throw std::invalid_argument(std::string(label) + " " + error.what());
    }
}

bool loopback(const std::string &address) {
    in_addr four{};
    in6_addr six{};
    if (inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
    if (inet_pton(AF_INET6, address.c_str(), &six) == 1) return IN6_IS_ADDR_LOOPBACK(&six);
    throw std::invalid_argument("VVAULT_LISTEN must be an IPv4 or IPv6 address");
}

void read_flags(Config &config, int argc, const char *const *argv) {
    for (int i = 1; i < argc; ++i) {
        const std::string_view argument = argv[i];
        if (argument == "--check-config") {
            config.check_only = true;
            continue;
        }
        const auto equals = argument.find('=');
        const Setting *found = nullptr;
        for (const auto &setting : settings())
            if (argument.substr(0, equals) == setting.flag) found = &setting;
        if (!found) throw std::invalid_argument("unknown flag " + std::string(argument));
        if (equals != std::string_view::npos) {
            apply(*found, found->flag, config, argument.substr(equals + 1));
        } else {
            if (++i == argc) throw std::invalid_argument(std::string(argument) + " needs a value");
            apply(*found, found->flag, config, argv[i]);
        }
    }
}

}  // namespace

std::string Config::help() {
    std::string text = "usage: vvault-gateway [--check-config | --routes] [FLAG VALUE]...\n\n";
    for (const auto &setting : settings())
        text += std::string(setting.flag) + ", " + setting.variable + "\n        " +
                setting.meaning + "\n";
    return text +
           "\nThe database is found by libpq's variables: PGHOST, PGPORT, PGDATABASE, "
           "PGUSER.\n";
}

Config Config::from(int argc, const char *const *argv) {
    Config config;
    for (const auto &setting : settings())
        if (const char *value = std::getenv(setting.variable); value && *value)
            apply(setting, setting.variable, config, value);
    read_flags(config, argc, argv);
    if (config.listen == "localhost") config.listen = "127.0.0.1";
    if (!loopback(config.listen) && !config.insecure_public)
        throw std::invalid_argument(
            "VVAULT_LISTEN is not a loopback address: tokens would cross the network in the "
            "clear; put a TLS proxy in front, or set VVAULT_INSECURE_PUBLIC=1");
    if (!loopback(config.listen) && !config.secure_cookies)
        throw std::invalid_argument("VVAULT_COOKIE_SECURE=0 is for loopback alone");
    if (config.only_keys && config.keys_user.empty())
        throw std::invalid_argument("VVAULT_ONLY_KEYS needs VVAULT_KEYS_USER");
    if (config.workers == 0)
        config.workers = 4 * std::max(1, int(std::thread::hardware_concurrency()));
    return config;
}

std::size_t body_limit(const Config &config, std::string_view method, std::string_view path) {
    return is_file_content(method, path) ? config.max_file_bytes : config.max_body_bytes;
}

bool is_file_content(std::string_view method, std::string_view path) {
    return method == "PUT" && path.starts_with("/files/");
}

}  // namespace gateway
