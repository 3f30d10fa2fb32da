// Where a request comes from, seen through the proxies that the operator trusts:
// the last address in X-Forwarded-For that is none of theirs. From anyone else
// the field is only what a client says about itself.
#pragma once

#include "address.hpp"
#include "config.hpp"
#include "request.hpp"

namespace gateway {

bool is_trusted_proxy(const Address &address, const Config &config);

Address caller_of(const Address &peer, const Head &head, const Config &config);

}  // namespace gateway
