// Where a connection comes from, as far as anything here needs to know: whether
// it is this machine, and who is to be counted together.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include <sys/socket.h>

namespace gateway {

class Address {
public:
    Address() = default;
    explicit Address(const sockaddr_storage &peer);
    // "198.51.100.7" or "2001:db8::7", without a port.
    static std::optional<Address> parse(std::string_view text);

    bool operator==(const Address &) const = default;

    bool loopback() const;
    // IPv4 whole; of IPv6 the network of 64 bits, since one host owns all of it.
    std::array<std::uint8_t, 16> neighbourhood() const;

private:
    std::array<std::uint8_t, 16> bytes_{};  // IPv4 as ::ffff:a.b.c.d

    bool four() const;
};

}  // namespace gateway
