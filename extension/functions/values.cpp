// Small values that need no key: ids, times, paths, names.
#include <algorithm>
#include <string>

#include "core/error.hpp"
#include "core/timestamp.hpp"
#include "core/transcript.hpp"
#include "core/uuid.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr std::size_t path_limit = 1024;

Error bad_path(const char *reason) {
    return Error(Errc::invalid_argument, "the path is not a vault path")
        .detail(std::string("Argument \"path\": ") + reason)
        .hint("Write it relative to the user's folder, as in \"instances/zen-001/notes.md\".");
}

void check_path(std::string_view path) {
    if (path.empty()) throw bad_path("it is empty.");
    if (path.size() > path_limit) throw bad_path("it is longer than 1024 bytes.");
    if (path.front() == '/') throw bad_path("it is absolute.");
    for (const char c : path)
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F)
            throw bad_path("it holds a control character.");
    for (std::size_t begin = 0; begin <= path.size();) {
        const std::size_t end = std::min(path.find('/', begin), path.size());
        const std::string_view segment = path.substr(begin, end - begin);
        if (segment.empty()) throw bad_path("it has an empty segment.");
        if (segment == "." || segment == "..") throw bad_path("it has a segment \".\" or \"..\".");
        begin = end + 1;
    }
}

}  // namespace

// uuidv7() → uuid
VVAULT_FUNCTION(vvault_uuidv7) {
    return uuid_datum(make_uuid_v7(unix_microseconds(GetCurrentTimestamp()) / 1000));
}

// _check_path(path text) → text, the same path, or 22023
VVAULT_FUNCTION(vvault_check_path) {
    check_path(text_argument(fcinfo, 0));
    return PG_GETARG_DATUM(0);
}

// callsign(name text) → text
VVAULT_FUNCTION(vvault_callsign) {
    return text_datum(callsign(text_argument(fcinfo, 0)));
}

// _parse_timestamp(value text) → timestamptz, null where it is no ISO 8601 time
VVAULT_FUNCTION(vvault_parse_timestamp) {
    const auto parsed = parse_timestamp(text_argument(fcinfo, 0));
    if (!parsed) PG_RETURN_NULL();
    return TimestampTzGetDatum(timestamp_of(*parsed));
}

// _format_timestamp(value timestamptz) → text as YYYY-MM-DDTHH:MM:SS.mmmZ
VVAULT_FUNCTION(vvault_format_timestamp) {
    const TimestampTz value = PG_GETARG_TIMESTAMPTZ(0);
    if (TIMESTAMP_NOT_FINITE(value))
        throw Error(Errc::invalid_argument, "the time is infinite")
            .detail("Argument \"created_at\" must be a moment.");
    return text_datum(format_timestamp_ms(unix_microseconds(value)));
}
