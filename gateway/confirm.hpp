// What cannot be undone is asked for twice: by the request, and by the name of what it destroys in
// its body.
#pragma once

#include <string_view>

#include "json.hpp"
#include "problem.hpp"

namespace gateway {

inline void require_confirmation(const Json &json, std::string_view name) {
    if (json.string_at("confirm") != name)
        throw Problem::of("invalid-value",
                          "this cannot be undone: repeat the name of what is to be destroyed as"
                          " \"confirm\"");
}

}  // namespace gateway
