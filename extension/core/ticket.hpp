// Who acts in this transaction, signed so that SQL can carry it and not forge
// it: authenticate() makes a ticket once, policies check it for each statement
// without a look at the token table. A ticket is good in one transaction of one
// backend of one database, and only until it expires. doc/format.md has the bytes.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"

namespace vvault {

struct GrantedConstruct {
    static constexpr std::uint8_t reader = 1;
    static constexpr std::uint8_t writer = 2;
    static constexpr std::uint8_t manager = 3;
    static constexpr std::int64_t no_end = std::numeric_limits<std::int64_t>::max();

    Uuid owner{};
    Uuid construct{};
    std::uint8_t role = reader;
    std::int64_t until_us = no_end;

    bool operator==(const GrantedConstruct &) const = default;
};

struct Identity {
    Uuid user{};
    Uuid token{};
    std::uint32_t scopes = 0;
    std::vector<GrantedConstruct> grants;
    bool bound = false;  // to a runtime environment: only what the grants name is in reach

    bool operator==(const Identity &) const = default;
};

// Covered by the signature and not written into the ticket: a verifier can only
// bring its own, so there is nothing to compare and nothing to forget.
struct TicketBinding {
    std::uint32_t database = 0;
    std::int64_t transaction_start_us = 0;
    std::int32_t leader_pid = 0;  // of the leader, so that parallel workers agree
};

// The key is 16 to 64 bytes, at most 65535 grants; else Errc::invalid_argument.
std::string sign_ticket(const Identity &identity, const TicketBinding &binding,
                        std::int64_t expires_us, ByteView key);

// Nothing for a ticket that is forged, changed, expired or from elsewhere. Grants
// past their `until_us` come back as they are: the caller compares them.
std::optional<Identity> verify_ticket(std::string_view ticket, const TicketBinding &binding,
                                      std::int64_t now_us, ByteView key);

}  // namespace vvault
