#include "address.hpp"

#include <algorithm>
#include <cstring>
#include <string>

#include <arpa/inet.h>
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

std::optional<Address> Address::parse(std::string_view text) {
    const std::string whole(text);
    sockaddr_storage storage{};
    auto &four = reinterpret_cast<sockaddr_in &>(storage);
    auto &six = reinterpret_cast<sockaddr_in6 &>(storage);
    if (inet_pton(AF_INET, whole.c_str(), &four.sin_addr) == 1)
        storage.ss_family = AF_INET;
    else if (inet_pton(AF_INET6, whole.c_str(), &six.sin6_addr) == 1)
        storage.ss_family = AF_INET6;
    else
        return std::nullopt;
    return Address(storage);
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
