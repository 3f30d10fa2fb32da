// From a token to the identity behind it. What was read once is remembered until a token,
// a grant or a user is changed anywhere in the cluster.
#pragma once

#include <string_view>

#include "core/ticket.hpp"

namespace vvault::pg {

// Throws Errc::not_identified, with one text for a token that is unknown, expired, revoked
// or of a disabled user: a stranger learns nothing from it.
const Identity &identity_of_token(std::string_view token);

}  // namespace vvault::pg
