// Small pure functions on text: encodings, numbers, digests. They know nothing
// of HTTP or of the database, and never throw: what cannot be read is nullopt.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace gateway {

bool valid_utf8(std::string_view text);

// Decodes %XX once. `plus_is_space` is for query strings only; in a path a plus
// is a plus.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);

// Everything but RFC 3986 "unreserved" becomes %XX, so the result is safe in a
// path segment and in a header value.
std::string percent_encode(std::string_view text);

// Whole text, decimal, no sign but a leading minus.
std::optional<std::int64_t> parse_integer(std::string_view text);

std::string sha256_hex(std::string_view text);
std::string random_hex(std::size_t bytes);

std::string lower(std::string_view text);
std::string_view trim(std::string_view text);   // of blanks and tabs
std::string_view strip(std::string_view text);  // of line ends too

// "2026-02-08 00:34:56.208+00" (Postgres, UTC) to "2026-02-08T00:34:56.208Z".
std::string iso_timestamp(std::string_view postgres);

// Code points, the unit in which Postgres counts too.
std::size_t character_count(std::string_view text);

}  // namespace gateway
