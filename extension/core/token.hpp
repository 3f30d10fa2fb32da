// API tokens: 256 random bits behind a prefix that people and secret scanners
// recognise. The database keeps only token_hash(): the token itself has enough
// entropy that a plain hash cannot be searched, so no slow one is needed.
#pragma once

#include <string>
#include <string_view>

#include "bytes.hpp"

namespace vvault {

// "vv_live_" and 43 characters of base64url.
std::string make_token();

// Whether the text has the shape of a token; says nothing about its validity.
bool is_token(std::string_view text);

// SHA-256 of "vvault/token/v1\n" and the token.
Digest token_hash(std::string_view token);

// The first 12 characters, to tell tokens apart in a list.
std::string token_prefix(std::string_view token);

}  // namespace vvault
