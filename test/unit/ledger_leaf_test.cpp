// Each field of a leaf changes its hash, and no field can flow into the next.
#include <functional>
#include <set>

#include "core/digest.hpp"
#include "core/ledger_leaf.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using test::expect_error;

LedgerLeaf some_leaf() {
    LedgerLeaf leaf;
    leaf.id = test::some_uuid(1);
    leaf.user_id = test::some_uuid(2);
    leaf.stream_id = test::some_uuid(3);
    leaf.stream_seq = 4;
    leaf.event_type = "message.append";
    leaf.timestamp_us = 1770510896208000;
    leaf.actor = "user";
    leaf.xid = 5;
    return leaf;
}

TEST(LedgerLeaf, IsTheFieldsInTheirOrder) {
    LedgerLeaf leaf;
    leaf.id = {1};
    leaf.user_id = {2};
    leaf.stream_id = {3};
    leaf.stream_seq = 4;
    leaf.previous = {5};
    leaf.event_type = "e";
    leaf.timestamp_us = -1;
    leaf.actor = "ab";
    leaf.xid = 6;
    leaf.payload_commitment = {7};
    leaf.content_commitment = {8};
    const std::string zeros(62, '0'), uuid_zeros(30, '0');
    EXPECT_EQ(hex(leaf_input(leaf)), hex(as_bytes("vvault/entry/v1\n")) + "01" + uuid_zeros + "02" +
                                         uuid_zeros + "03" + uuid_zeros + "0000000000000004" +
                                         "05" + zeros + "0001" + "65" + "ffffffffffffffff" +
                                         "0002" + "6162" + "0000000000000006" + "07" + zeros +
                                         "08" + zeros);
}

TEST(LedgerLeaf, HashIsThatOfRfc6962) {
    const Bytes zero{0};
    EXPECT_EQ(leaf_hash(some_leaf()), sha256({zero, leaf_input(some_leaf())}));
    EXPECT_EQ(leaf_hash(some_leaf()), leaf_hash(leaf_input(some_leaf())));
    EXPECT_EQ(hex(leaf_hash(Bytes{})),
              "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

TEST(LedgerLeaf, EveryFieldCounts) {
    const std::function<void(LedgerLeaf &)> changes[] = {
        [](LedgerLeaf &) {},
        [](LedgerLeaf &leaf) { leaf.id[15] ^= 1; },
        [](LedgerLeaf &leaf) { leaf.user_id[15] ^= 1; },
        [](LedgerLeaf &leaf) { leaf.stream_id[15] ^= 1; },
        [](LedgerLeaf &leaf) { leaf.stream_seq += 1; },
        [](LedgerLeaf &leaf) { leaf.previous[31] ^= 1; },
        [](LedgerLeaf &leaf) { leaf.event_type += "s"; },
        [](LedgerLeaf &leaf) { leaf.timestamp_us += 1; },
        [](LedgerLeaf &leaf) { leaf.actor += "s"; },
        [](LedgerLeaf &leaf) { leaf.xid += 1; },
        [](LedgerLeaf &leaf) { leaf.payload_commitment[31] ^= 1; },
        [](LedgerLeaf &leaf) { leaf.content_commitment[31] ^= 1; },
    };
    std::set<Digest> hashes;
    for (const auto &change : changes) {
        LedgerLeaf leaf = some_leaf();
        change(leaf);
        hashes.insert(leaf_hash(leaf));
    }
    EXPECT_EQ(hashes.size(), std::size(changes));
}

TEST(LedgerLeaf, TextsUpTo65535BytesFit) {
    LedgerLeaf leaf = some_leaf();
    leaf.event_type.assign(65535, 'e');
    leaf.actor.assign(65535, 'a');
    EXPECT_EQ(leaf_input(leaf).size(), 16 + 3 * 16 + 8 + 32 + 2 * (2 + 65535) + 8 + 8 + 64u);
}

TEST(LedgerLeaf, LongerTextsAreRefused) {
    LedgerLeaf event = some_leaf(), actor = some_leaf();
    event.event_type.assign(65536, 'e');
    actor.actor.assign(65536, 'a');
    expect_error(Errc::invalid_argument, [&] { leaf_input(event); });
    expect_error(Errc::invalid_argument, [&] { leaf_hash(actor); });
}

TEST(Commitments, HideBehindRandomBytes) {
    for (const std::size_t size : {0, 15, 17, 32}) {
        const Bytes salt(size);
        expect_error(Errc::invalid_argument, [&] { payload_commitment(salt, {}); });
    }
    for (const std::size_t size : {0, 16, 31, 33}) {
        const Bytes blind(size);
        expect_error(Errc::invalid_argument, [&] { content_commitment(blind, {}, {}); });
    }
}

TEST(Commitments, DependOnAllTheyCover) {
    const Bytes salt = test::noise(16, 1), other_salt = test::noise(16, 2);
    const Bytes one = test::noise(32, 1), two = test::noise(32, 2);
    const std::set<Digest> all = {
        payload_commitment(salt, as_bytes("a")),
        payload_commitment(other_salt, as_bytes("a")),
        payload_commitment(salt, as_bytes("b")),
        content_commitment(one, as_bytes("a"), {}),
        content_commitment(two, as_bytes("a"), {}),
        content_commitment(one, as_bytes("b"), {}),
        content_commitment(one, {}, as_bytes("a")),
        content_commitment(one, as_bytes("a"), as_bytes("a")),
    };
    EXPECT_EQ(all.size(), 8u);
}

}  // namespace
}  // namespace vvault
