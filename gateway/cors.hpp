// Which web origins may read an answer (CORS): those of the setting, each by its
// whole name and with credentials, and no other.
#pragma once

#include <string>
#include <string_view>

#include "config.hpp"
#include "reply.hpp"
#include "request.hpp"

namespace gateway {

bool origin_listed(std::string_view origin, const Config &config);

// Lets pages of a listed origin read the answer.
void allow_origin(Reply &reply, const Head &head, const Config &config);

// The answer to OPTIONS, preflight or not; `methods` as for Allow.
Reply options_reply(const std::string &methods);

}  // namespace gateway
