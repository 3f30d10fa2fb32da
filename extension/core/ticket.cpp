#include "ticket.hpp"

#include <algorithm>

#include "error.hpp"

namespace vvault {

namespace {

// Of a person, and of a runtime environment: the same fields, read otherwise.
constexpr std::uint8_t unbound_version = 1;
constexpr std::uint8_t bound_version = 2;
constexpr std::size_t head_size = 1 + 8 + 16 + 16 + 4 + 2;
constexpr std::size_t grant_size = 16 + 16 + 1 + 8;
constexpr std::size_t mac_size = 32;

Digest ticket_mac(ByteView body, const TicketBinding &binding, ByteView key) {
    if (key.size() < crypto_generichash_KEYBYTES_MIN ||
        key.size() > crypto_generichash_KEYBYTES_MAX)
        throw Error(Errc::invalid_argument, "a ticket key has 16 to 64 bytes");
    // Fixed width and in front of the body, whose length is then free.
    Bytes message;
    append(message, as_bytes("vvault/ticket/v1\n"));
    append_be32(message, binding.database);
    append_be64(message, static_cast<std::uint64_t>(binding.transaction_start_us));
    append_be32(message, static_cast<std::uint32_t>(binding.leader_pid));
    append(message, body);
    Digest mac;
    crypto_generichash(mac.data(), mac.size(), message.data(), message.size(), key.data(),
                       key.size());
    return mac;
}

Uuid take_uuid(ByteView &from) {
    Uuid uuid;
    std::copy_n(from.begin(), uuid.size(), uuid.begin());
    from = from.subspan(uuid.size());
    return uuid;
}

// The length was checked against the count before.
GrantedConstruct take_grant(ByteView &from) {
    GrantedConstruct grant;
    grant.owner = take_uuid(from);
    grant.construct = take_uuid(from);
    grant.role = from[0];
    grant.until_us = static_cast<std::int64_t>(read_be64(from.subspan(1)));
    from = from.subspan(1 + 8);
    return grant;
}

bool known_role(std::uint8_t role) {
    return role >= GrantedConstruct::reader && role <= GrantedConstruct::manager;
}

}  // namespace

std::string sign_ticket(const Identity &identity, const TicketBinding &binding,
                        std::int64_t expires_us, ByteView key) {
    if (identity.grants.size() > std::numeric_limits<std::uint16_t>::max())
        throw Error(Errc::invalid_argument, "a ticket holds at most 65535 grants");
    Bytes ticket;
    ticket.reserve(head_size + identity.grants.size() * grant_size + mac_size);
    ticket.push_back(identity.bound ? bound_version : unbound_version);
    append_be64(ticket, static_cast<std::uint64_t>(expires_us));
    append(ticket, identity.user);
    append(ticket, identity.token);
    append_be32(ticket, identity.scopes);
    append_be16(ticket, static_cast<std::uint16_t>(identity.grants.size()));
    for (const GrantedConstruct &grant : identity.grants) {
        if (!known_role(grant.role)) throw Error(Errc::invalid_argument, "unknown role in a grant");
        append(ticket, grant.owner);
        append(ticket, grant.construct);
        ticket.push_back(grant.role);
        append_be64(ticket, static_cast<std::uint64_t>(grant.until_us));
    }
    append(ticket, ticket_mac(ticket, binding, key));
    return base64url(ticket);
}

std::optional<Identity> verify_ticket(std::string_view ticket, const TicketBinding &binding,
                                      std::int64_t now_us, ByteView key) {
    const auto bytes = from_base64url(ticket);
    if (!bytes || bytes->size() < head_size + mac_size) return std::nullopt;
    const ByteView body = ByteView(*bytes).first(bytes->size() - mac_size);
    const Digest mac = ticket_mac(body, binding, key);
    if (sodium_memcmp(mac.data(), body.data() + body.size(), mac_size) != 0) return std::nullopt;

    // From here on the bytes are ours; they are still not trusted to be of this
    // version, because a module may be replaced while backends keep running.
    if (body[0] != unbound_version && body[0] != bound_version) return std::nullopt;
    ByteView rest = body.subspan(1);
    const auto expires_us = static_cast<std::int64_t>(read_be64(rest));
    rest = rest.subspan(8);
    if (now_us >= expires_us) return std::nullopt;

    Identity identity;
    identity.bound = body[0] == bound_version;
    identity.user = take_uuid(rest);
    identity.token = take_uuid(rest);
    identity.scopes = read_be32(rest);
    const std::size_t grants = read_be16(rest.subspan(4));
    rest = rest.subspan(6);
    if (rest.size() != grants * grant_size) return std::nullopt;
    identity.grants.reserve(grants);
    for (std::size_t i = 0; i < grants; ++i) {
        identity.grants.push_back(take_grant(rest));
        if (!known_role(identity.grants.back().role)) return std::nullopt;
    }
    return identity;
}

}  // namespace vvault
