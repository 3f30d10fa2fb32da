#include "caller.hpp"

#include <algorithm>

#include "text.hpp"

namespace gateway {

namespace {

// Several fields are one list, in their order.
std::string forwarded_for(const Head &head) {
    std::string list;
    for (const auto &[name, value] : head.fields)
        if (name == "x-forwarded-for") list += (list.empty() ? "" : ",") + value;
    return list;
}

}  // namespace

bool is_trusted_proxy(const Address &address, const Config &config) {
    return std::find(config.trusted_proxies.begin(), config.trusted_proxies.end(), address) !=
           config.trusted_proxies.end();
}

Address caller_of(const Address &peer, const Head &head, const Config &config) {
    auto caller = peer;
    if (config.trusted_proxies.empty()) return caller;
    const auto list = forwarded_for(head);
    std::string_view left = list;
    // From the right: each proxy has added whom it was asked by.
    while (is_trusted_proxy(caller, config) && !left.empty()) {
        const auto comma = left.rfind(',');
        const auto last = trim(comma == left.npos ? left : left.substr(comma + 1));
        const auto before = Address::parse(last);
        if (!before) break;
        caller = *before;
        left = comma == left.npos ? std::string_view() : left.substr(0, comma);
    }
    return caller;
}

}  // namespace gateway
