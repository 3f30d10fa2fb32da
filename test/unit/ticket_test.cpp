// A ticket is good in its transaction, until it expires, as it was signed.
#include "core/ticket.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using test::expect_error;

constexpr std::int64_t now = 1770510896208123;

class Ticket : public testing::Test {
protected:
    const Bytes key = test::noise(32);
    const TicketBinding binding{.database = 16384, .transaction_start_us = now, .leader_pid = 4711};
    const Identity identity{
        .user = test::some_uuid(1),
        .token = test::some_uuid(2),
        .scopes = 0x1ff,
        .grants = {{test::some_uuid(3), test::some_uuid(4), GrantedConstruct::writer, now + 5},
                   {test::some_uuid(5), test::some_uuid(6)}}};
    const std::string ticket = sign_ticket(identity, binding, now + 60, key);
};

TEST_F(Ticket, GivesBackTheIdentity) {
    EXPECT_EQ(verify_ticket(ticket, binding, now, key), identity);
}

TEST_F(Ticket, MayHaveNoGrantsOrMany) {
    for (const std::size_t count : {0, 1, 1000, 65535}) {
        Identity many = identity;
        many.grants.assign(count, {test::some_uuid(7), test::some_uuid(8)});
        EXPECT_EQ(verify_ticket(sign_ticket(many, binding, now + 1, key), binding, now, key), many);
    }
    Identity too_many = identity;
    too_many.grants.resize(65536);
    expect_error(Errc::invalid_argument, [&] { sign_ticket(too_many, binding, now, key); });
}

TEST_F(Ticket, SaysWhetherItIsBoundToARuntime) {
    Identity bound = identity;
    bound.bound = true;
    const std::string other = sign_ticket(bound, binding, now + 60, key);
    EXPECT_EQ(verify_ticket(other, binding, now, key), bound);
    EXPECT_NE(other, ticket);
}

TEST_F(Ticket, Expires) {
    EXPECT_TRUE(verify_ticket(ticket, binding, now + 59, key));
    EXPECT_FALSE(verify_ticket(ticket, binding, now + 60, key));
    EXPECT_FALSE(verify_ticket(ticket, binding, now + 1000000, key));
}

TEST_F(Ticket, IsOfNoUseInAnotherTransaction) {
    TicketBinding other = binding;
    other.transaction_start_us += 1;
    EXPECT_FALSE(verify_ticket(ticket, other, now, key));
    other = binding;
    other.database += 1;
    EXPECT_FALSE(verify_ticket(ticket, other, now, key));
    other = binding;
    other.leader_pid += 1;
    EXPECT_FALSE(verify_ticket(ticket, other, now, key));
}

TEST_F(Ticket, NeedsTheKeyItWasSignedWith) {
    EXPECT_FALSE(verify_ticket(ticket, binding, now, test::noise(32, 2)));
    EXPECT_FALSE(verify_ticket(ticket, binding, now, test::noise(31)));
}

TEST_F(Ticket, CannotBeChanged) {
    const Bytes bytes = *from_base64url(ticket);
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        Bytes changed = bytes;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        EXPECT_FALSE(verify_ticket(base64url(changed), binding, now, key)) << bit;
    }
}

TEST_F(Ticket, CannotBeCutOrExtended) {
    const Bytes bytes = *from_base64url(ticket);
    for (std::size_t size = 0; size < bytes.size(); ++size)
        EXPECT_FALSE(verify_ticket(base64url(ByteView(bytes).first(size)), binding, now, key));
    Bytes longer = bytes;
    longer.push_back(0);
    EXPECT_FALSE(verify_ticket(base64url(longer), binding, now, key));
    for (const std::string &text : {std::string(), ticket + "A", ticket + "=", " " + ticket,
                                    ticket.substr(1), std::string(ticket.size(), 'A')})
        EXPECT_FALSE(verify_ticket(text, binding, now, key)) << text;
}

// With the right signature, so that the parser is what refuses.
class SignedBody : public Ticket {
protected:
    bool accepted(Bytes body) {
        Bytes message;
        append(message, as_bytes("vvault/ticket/v1\n"));
        append_be32(message, binding.database);
        append_be64(message, static_cast<std::uint64_t>(binding.transaction_start_us));
        append_be32(message, static_cast<std::uint32_t>(binding.leader_pid));
        append(message, body);
        Digest mac;
        crypto_generichash(mac.data(), mac.size(), message.data(), message.size(), key.data(),
                           key.size());
        append(body, mac);
        return verify_ticket(base64url(body), binding, now, key).has_value();
    }

    Bytes body() {
        Bytes bytes = *from_base64url(ticket);
        bytes.resize(bytes.size() - 32);
        return bytes;
    }
};

TEST_F(SignedBody, IsReadStrictly) {
    EXPECT_TRUE(accepted(body()));
    Bytes other_version = body();
    other_version[0] = 3;
    EXPECT_FALSE(accepted(other_version));
    Bytes one_more_grant = body();
    one_more_grant[46] += 1;
    EXPECT_FALSE(accepted(one_more_grant));
    Bytes one_less_grant = body();
    one_less_grant[46] -= 1;
    EXPECT_FALSE(accepted(one_less_grant));
    Bytes trailing = body();
    trailing.push_back(0);
    EXPECT_FALSE(accepted(trailing));
    for (const std::uint8_t role : {0, 4, 255}) {
        Bytes other_role = body();
        other_role[47 + 32] = role;
        EXPECT_FALSE(accepted(other_role)) << int{role};
    }
}

TEST_F(Ticket, IsSignedOnlyForKnownRoles) {
    Identity wrong = identity;
    wrong.grants[0].role = 4;
    expect_error(Errc::invalid_argument, [&] { sign_ticket(wrong, binding, now, key); });
}

TEST_F(Ticket, IsSignedOnlyByALongKey) {
    for (const std::size_t size : {0, 15, 65})
        expect_error(Errc::invalid_argument,
                     [&] { sign_ticket(identity, binding, now, Bytes(size)); });
}

}  // namespace
}  // namespace vvault
