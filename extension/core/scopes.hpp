// What a token may be used for: a set of named scopes, kept as bits in a ticket.
// The bits never leave a transaction; names are what is stored and shown.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"

namespace vvault {

using Scopes = std::uint32_t;

namespace scope {
constexpr Scopes messages_read = 1u << 0;
constexpr Scopes messages_write = 1u << 1;
constexpr Scopes files_read = 1u << 2;
constexpr Scopes files_write = 1u << 3;
constexpr Scopes constructs_read = 1u << 4;
constexpr Scopes constructs_write = 1u << 5;
constexpr Scopes ledger_read = 1u << 6;
constexpr Scopes tokens_write = 1u << 7;
constexpr Scopes admin = 1u << 8;
constexpr Scopes everyday = admin - 1;  // what "*" means: all but admin
// What decides who reaches what. A token bound to a runtime environment does not, whatever
// scopes it has: it could widen itself.
constexpr Scopes of_people = constructs_write | tokens_write | admin;
}  // namespace scope

// One name: "files:read", "files:*" (all that begin so), "*" (all but admin),
// "admin". Throws Errc::invalid_argument for any other.
Scopes parse_scope(std::string_view name);
Scopes parse_scopes(std::span<const std::string> names);

// The plain names of the bits, in the order above; wildcards are not restored.
std::vector<std::string> scope_names(Scopes scopes);

}  // namespace vvault
