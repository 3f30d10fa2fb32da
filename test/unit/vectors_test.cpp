// Byte for byte what test/vectors/make_vectors.py, which shares no code with core,
// says that it must be.
#include <fstream>

#include <nlohmann/json.hpp>

#include "core/digest.hpp"
#include "core/envelope_detail.hpp"
#include "core/key_ring.hpp"
#include "core/ledger_leaf.hpp"
#include "core/shard.hpp"
#include "core/ticket.hpp"
#include "core/token.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using nlohmann::json;
using test::same;

json read_vectors(const std::string &name) {
    std::ifstream file(std::string(VVAULT_TEST_DIR "/vectors/") + name);
    json vectors = json::parse(file);
    EXPECT_FALSE(vectors.empty()) << name;
    return vectors;
}

Bytes bytes_at(const json &from, const char *name) {
    return from_hex(from.at(name).get<std::string>()).value();
}
Uuid uuid_at(const json &from, const char *name) {
    return uuid_from_text(from.at(name).get<std::string>()).value();
}
template <std::size_t size>
std::array<std::uint8_t, size> array_at(const json &from, const char *name) {
    const Bytes bytes = bytes_at(from, name);
    std::array<std::uint8_t, size> array;
    EXPECT_EQ(bytes.size(), size);
    std::copy_n(bytes.begin(), size, array.begin());
    return array;
}

Place place_of(const json &vector) {
    return {.kind = static_cast<Kind>(vector.at("kind").get<int>()),
            .owner = uuid_at(vector, "owner"),
            .object = uuid_at(vector, "object"),
            .version = vector.at("version"),
            .part = vector.at("part"),
            .last = vector.at("last")};
}

// SHA-256 of label and counter, as make_vectors.py has it.
Bytes labelled_noise(const std::string &label, std::size_t size) {
    Bytes bytes;
    for (std::uint64_t counter = 0; bytes.size() < size; ++counter) {
        Bytes number;
        append_be64(number, counter);
        append(bytes, sha256({as_bytes(label), number}));
    }
    bytes.resize(size);
    return bytes;
}

TEST(Vectors, EnvelopesAreSealedAndOpened) {
    for (const json &vector : read_vectors("envelope.json")) {
        SCOPED_TRACE(vector.at("name"));
        const SecretKey key = SecretKey::from(bytes_at(vector, "data_key"));
        const bool large = vector.contains("noise_label");
        const Bytes plaintext =
            large ? labelled_noise(vector.at("noise_label"), vector.at("noise_length"))
                  : bytes_at(vector, "plaintext");
        if (vector.at("compressed")) {
            // Another zstd may compress otherwise; it must open all the same.
            EXPECT_TRUE(same(open(key, place_of(vector), bytes_at(vector, "sealed")), plaintext));
            continue;
        }
        const Bytes sealed =
            detail::seal_with_salt(key, vector.at("key_id"), place_of(vector), plaintext,
                                   static_cast<detail::Suite>(vector.at("suite").get<int>()),
                                   array_at<24>(vector, "salt"));
        if (large) {
            EXPECT_EQ(sealed.size(), vector.at("sealed_size"));
            EXPECT_EQ(hex(sha256({sealed})), vector.at("sealed_sha256"));
        } else {
            EXPECT_EQ(hex(sealed), vector.at("sealed"));
        }
        EXPECT_EQ(sealed_key_id(sealed), vector.at("key_id"));
        EXPECT_TRUE(same(open(key, place_of(vector), sealed), plaintext));
    }
}

TEST(Vectors, ACompressedEnvelopeOfEarlierOpens) {
    for (const json &vector : read_vectors("compressed.json")) {
        const SecretKey key = SecretKey::from(bytes_at(vector, "data_key"));
        const Bytes sealed = bytes_at(vector, "sealed");
        EXPECT_EQ(as_text(open(key, place_of(vector), sealed)), vector.at("plaintext"));
    }
}

TEST(Vectors, KeysAreDerivedAndUnwrapped) {
    for (const json &vector : read_vectors("keys.json")) {
        const SecretKey root = SecretKey::from(bytes_at(vector, "root"));
        EXPECT_EQ(hex(check_value(root)), vector.at("check_value"));
        for (std::size_t i = 0; i < 5; ++i)
            EXPECT_EQ(hex(derive_key(root, static_cast<Purpose>(i + 1)).view()),
                      vector.at("derived").at(i));
        const json &scope = vector.at("scope");
        const KeyPlace place{vector.at("key_id"), uuid_at(vector, "owner"),
                             static_cast<KeyPurpose>(vector.at("purpose").get<int>()),
                             scope.is_null() ? Scope() : Scope(uuid_at(vector, "scope"))};
        const SecretKey key =
            unwrap_key(root, vector.at("root_number"), place, bytes_at(vector, "wrapped"));
        EXPECT_EQ(hex(key.view()), vector.at("key"));
    }
}

TEST(Vectors, LeavesAndCommitments) {
    for (const json &vector : read_vectors("ledger.json")) {
        const Digest payload =
            payload_commitment(bytes_at(vector, "salt"), bytes_at(vector, "payload"));
        EXPECT_EQ(hex(payload), vector.at("payload_commitment"));
        Digest content{};
        if (!vector.at("content").is_null())
            content = content_commitment(bytes_at(vector, "blind"), bytes_at(vector, "content"),
                                         bytes_at(vector, "metadata"));
        EXPECT_EQ(hex(content), vector.at("content_commitment"));

        LedgerLeaf leaf;
        leaf.id = uuid_at(vector, "id");
        leaf.user_id = uuid_at(vector, "user_id");
        leaf.stream_id = uuid_at(vector, "stream_id");
        leaf.stream_seq = vector.at("stream_seq");
        leaf.previous = array_at<32>(vector, "previous");
        leaf.event_type = vector.at("event_type");
        leaf.timestamp_us = vector.at("timestamp_us");
        leaf.actor = vector.at("actor");
        leaf.xid = vector.at("xid");
        leaf.payload_commitment = payload;
        leaf.content_commitment = content;
        EXPECT_EQ(hex(leaf_input(leaf)), vector.at("leaf_input"));
        EXPECT_EQ(hex(leaf_hash(leaf)), vector.at("leaf_hash"));
    }
}

TEST(Vectors, ShardsAndTokens) {
    const json vectors = read_vectors("names.json");
    EXPECT_GE(vectors.at("shards").size(), 6u);
    for (const json &vector : vectors.at("shards")) {
        EXPECT_EQ(shard_of(uuid_at(vector, "user_id")), vector.at("shard"));
        EXPECT_EQ(shard_name(vector.at("shard")), vector.at("name"));
    }
    EXPECT_GE(vectors.at("tokens").size(), 2u);
    for (const json &vector : vectors.at("tokens")) {
        const std::string token = vector.at("token");
        EXPECT_TRUE(is_token(token));
        EXPECT_EQ(token_prefix(token), vector.at("prefix"));
        EXPECT_EQ(hex(token_hash(token)), vector.at("hash"));
    }
}

TEST(Vectors, TicketsAreSignedAndVerified) {
    for (const json &vector : read_vectors("ticket.json")) {
        Identity identity{.user = uuid_at(vector, "user"),
                          .token = uuid_at(vector, "token"),
                          .scopes = vector.at("scopes"),
                          .grants = {},
                          .bound = vector.at("bound")};
        for (const json &grant : vector.at("grants"))
            identity.grants.push_back({uuid_at(grant, "owner"), uuid_at(grant, "construct"),
                                       grant.at("role"), grant.at("until_us")});
        const TicketBinding binding{.database = vector.at("database"),
                                    .transaction_start_us = vector.at("transaction_start_us"),
                                    .leader_pid = vector.at("leader_pid")};
        const std::int64_t expires = vector.at("expires_us");
        const Bytes key = bytes_at(vector, "key");
        EXPECT_EQ(sign_ticket(identity, binding, expires, key), vector.at("ticket"));
        const std::string ticket = vector.at("ticket");
        EXPECT_EQ(verify_ticket(ticket, binding, expires - 1, key), identity);
    }
}

}  // namespace
}  // namespace vvault
