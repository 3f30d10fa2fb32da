#include "address.hpp"

#include <algorithm>
#include <cstring>

#include <netinet/in.h>

namespace gateway {

Address::Address(const sockaddr_storage &peer) {
    if (peer.ss_family == AF_INET) {
        const auto &four = reinterpret_cast<const sockaddr_in &>(peer);
        bytes_[10] = bytes_[11] = 0xFF;
        std::memcpy(bytes_.data() + 12, &four.sin_addr, 4);
    } else if (peer.ss_family == AF_INET6) {
        std::memcpy(bytes_.data(), &reinterpret_cast<const sockaddr_in6 &>(peer).sin6_addr, 16);
    }
}

bool Address::four() const {
    return std::all_of(bytes_.begin(), bytes_.begin() + 10, [](auto b) { return b == 0; }) &&
           bytes_[10] == 0xFF && bytes_[11] == 0xFF;
}

bool Address::loopback() const {
    if (four()) return bytes_[12] == 127;
    return std::all_of(bytes_.begin(), bytes_.end() - 1, [](auto b) { return b == 0; }) &&
           bytes_[15] == 1;
}

std::array<std::uint8_t, 16> Address::neighbourhood() const {
    auto network = bytes_;
    if (!four()) std::fill(network.begin() + 8, network.end(), std::uint8_t{0});
    return network;
}

}  // namespace gateway
