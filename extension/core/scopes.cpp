#include "scopes.hpp"

#include <array>

#include "error.hpp"

namespace vvault {

namespace {

struct NamedScope {
    std::string_view name;
    Scopes bit;
};

constexpr std::array named_scopes = {
    NamedScope{"messages:read", scope::messages_read},
    NamedScope{"messages:write", scope::messages_write},
    NamedScope{"files:read", scope::files_read},
    NamedScope{"files:write", scope::files_write},
    NamedScope{"constructs:read", scope::constructs_read},
    NamedScope{"constructs:write", scope::constructs_write},
    NamedScope{"ledger:read", scope::ledger_read},
    NamedScope{"tokens:write", scope::tokens_write},
    NamedScope{"admin", scope::admin},
};

}  // namespace

Scopes parse_scope(std::string_view name) {
    if (name == "*") return scope::everyday;
    Scopes found = 0;
    for (const NamedScope &known : named_scopes) {
        if (name == known.name) return known.bit;
        // "files:*" stands for each name that begins with "files:".
        if (name.ends_with(":*") && known.name.starts_with(name.substr(0, name.size() - 1)))
            found |= known.bit;
    }
    if (found == 0)
        throw Error(Errc::invalid_argument, "unknown scope")
            .detail("The scope is \"" + std::string(name.substr(0, 64)) + "\".")
            .hint(
                "Scopes are messages:read, messages:write, files:read, files:write, "
                "constructs:read, constructs:write, ledger:read, tokens:write, admin; "
                "\"files:*\" stands for all of files, \"*\" for all but admin.");
    return found;
}

Scopes parse_scopes(std::span<const std::string> names) {
    Scopes scopes = 0;
    for (const std::string &name : names) scopes |= parse_scope(name);
    return scopes;
}

std::vector<std::string> scope_names(Scopes scopes) {
    std::vector<std::string> names;
    for (const NamedScope &known : named_scopes)
        if ((scopes & known.bit) != 0) names.emplace_back(known.name);
    return names;
}

}  // namespace vvault
