// Whose request is it? Finds the token, and refuses what a browser was tricked
// into sending. Whether the token is any good only the database can tell.
#pragma once

#include <string>

#include "config.hpp"
#include "request.hpp"

namespace gateway {

// From Authorization: Bearer, else from the cookie vvault_session, auth_sid or
// sid. Throws Problem 401 without one; 403 if it came in a cookie with a writing
// method from a web origin that is neither ours nor on the list.
std::string required_token(const Head &head, const Config &config);

}  // namespace gateway
