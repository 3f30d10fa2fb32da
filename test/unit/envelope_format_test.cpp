// Headers of formats we do not have are named as such; a body that is authentic
// and still not what seal() makes does not open, whatever length it claims.
#include "core/compression.hpp"
#include "core/envelope_detail.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using detail::Header;
using detail::Suite;
using test::error_of;
using test::expect_error;
using test::noise;
using test::same;

const Place place{
    .kind = Kind::message_content, .owner = test::some_uuid(1), .object = test::some_uuid(2)};

class EnvelopeFormat : public testing::Test {
protected:
    const SecretKey key = SecretKey::from(noise(32));

    void expect_unknown(std::size_t offset, int value) {
        Bytes bytes = seal(key, 1, place, noise(20));
        bytes[offset] = static_cast<std::uint8_t>(value);
        expect_error(Errc::unknown_format, [&] { open(key, place, bytes); });
        expect_error(Errc::unknown_format, [&] { sealed_key_id(bytes); });
    }

    // An authentic envelope that says its body is compressed.
    Bytes sealed_as_compressed(ByteView body) {
        return detail::seal_body(key, place, body,
                                 Header{.suite = Suite::aes_256_gcm,
                                        .compressed = true,
                                        .key_id = 1,
                                        .salt = {},
                                        .commitment = {}});
    }
    void expect_closed(ByteView body) {
        const Bytes bytes = sealed_as_compressed(body);
        expect_error(Errc::does_not_open, [&] { open(key, place, bytes); });
    }
};

TEST_F(EnvelopeFormat, UnknownVersionsAreNamed) {
    for (int version = 0; version < 256; ++version)
        if (version != 1) expect_unknown(2, version);
}

TEST_F(EnvelopeFormat, UnknownSuitesAreNamed) {
    for (int suite = 0; suite < 256; ++suite)
        if (suite != 1 && suite != 2) expect_unknown(3, suite);
}

TEST_F(EnvelopeFormat, UnknownFlagsAreNamed) {
    for (int flags = 0; flags < 256; ++flags)
        if (flags != 4 && flags != 5) expect_unknown(4, flags);
}

TEST_F(EnvelopeFormat, UnknownRulesSegmentsAndDictionariesAreNamed) {
    for (int value = 0; value < 256; ++value) {
        if (value != 1) expect_unknown(5, value);
        if (value != 16) expect_unknown(6, value);
        if (value != 0) expect_unknown(7, value);
    }
}

TEST_F(EnvelopeFormat, TheOtherSuiteIsNoWayIn) {
    Bytes bytes = seal(key, 1, place, noise(20));
    bytes[3] ^= 3;
    expect_error(Errc::does_not_open, [&] { open(key, place, bytes); });
}

TEST_F(EnvelopeFormat, WhatIsNoEnvelopeDoesNotOpen) {
    const Bytes zeros(200);
    for (const std::size_t size : {0, 1, 2, 72, 87, 88, 200}) {
        const ByteView bytes = ByteView(zeros).first(size);
        expect_error(Errc::does_not_open, [&] { open(key, place, bytes); });
        expect_error(Errc::does_not_open, [&] { sealed_key_id(bytes); });
    }
}

TEST_F(EnvelopeFormat, AssociatedDataHasFixedWidth) {
    const Bytes bytes = detail::associated_data(
        {.kind = Kind::session_title, .owner = {1}, .object = {2}, .version = 3, .part = 4});
    EXPECT_EQ(hex(bytes), hex(as_bytes("vvault/1")) + "05" + "01" + std::string(30, '0') + "02" +
                              std::string(30, '0') + "0000000000000003" + "00000004" + "01");
}

TEST_F(EnvelopeFormat, CompressionIsForWhatIsWorthIt) {
    const auto flags = [&](const Bytes &plaintext) { return seal(key, 1, place, plaintext)[4]; };
    EXPECT_EQ(flags(Bytes(511, 'a')), 4);
    EXPECT_EQ(flags(Bytes(512, 'a')), 5);
    EXPECT_EQ(flags(noise(100000)), 4);
}

TEST_F(EnvelopeFormat, TheCompressedBodyOpens) {
    const Bytes plaintext(5000, 'a');
    const auto body = detail::compress(plaintext);
    ASSERT_TRUE(body);
    EXPECT_TRUE(same(open(key, place, sealed_as_compressed(*body)), plaintext));
}

TEST_F(EnvelopeFormat, ALengthThatIsNotTheFramesDoesNotOpen) {
    auto body = *detail::compress(Bytes(5000, 'a'));
    for (const std::uint64_t length :
         {std::uint64_t{0}, std::uint64_t{4999}, std::uint64_t{5001}, std::uint64_t{1} << 30,
          (std::uint64_t{1} << 30) + 1, std::uint64_t{1} << 40, ~std::uint64_t{0}}) {
        for (int i = 0; i < 8; ++i) body[i] = static_cast<std::uint8_t>(length >> (56 - 8 * i));
        expect_closed(body);
    }
}

TEST_F(EnvelopeFormat, ADamagedFrameDoesNotOpen) {
    const auto body = *detail::compress(Bytes(5000, 'a'));
    for (std::size_t size = 0; size < body.size(); ++size)
        expect_closed(ByteView(body).first(size));
    auto longer = body;
    longer.push_back(0);
    expect_closed(longer);
    auto twice = body;
    twice.insert(twice.end(), body.begin() + 8, body.end());
    expect_closed(twice);
    // zstd itself reads over a skippable frame behind the last one.
    auto followed = body;
    for (const int byte : {0x50, 0x2a, 0x4d, 0x18, 2, 0, 0, 0, 1, 2})
        followed.push_back(static_cast<std::uint8_t>(byte));
    expect_closed(followed);
    expect_closed(noise(1000));
}

}  // namespace
}  // namespace vvault
