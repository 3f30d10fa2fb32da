// Whose request is it? Finds the token, and refuses what a browser was tricked
// into sending. Whether the token is any good only the database can tell.
#pragma once

#include <optional>
#include <string>

#include "config.hpp"
#include "request.hpp"

namespace gateway {

// From Authorization: Bearer, in the Chatty dialect also from X-Service-Token or X-Chatty-Key, else
// from the cookie vvault_session, auth_sid or
// sid. Throws Problem 401 without one; 403 if it came in a cookie with a writing
// method from a web origin that is neither ours nor on the list.
std::string required_token(const Head &head, const Config &config);

// The same, but nothing where the request brings none, or what can be none.
std::optional<std::string> given_token(const Head &head, const Config &config);

// Throws Problem 403 for a write that a page of a foreign web origin has made the browser send.
void refuse_foreign_page(const Head &head, const Config &config);

// The value of Set-Cookie for a session's token; an empty one takes the cookie away.
std::string session_cookie(std::string_view token, std::int64_t seconds, const Config &config);

}  // namespace gateway
