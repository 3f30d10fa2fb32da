// Integers are big-endian; hex, base64url and uuid texts have one accepted form.
#include "support.hpp"

namespace vvault {
namespace {

using test::expect_error;

TEST(Bytes, IntegersAreBigEndian) {
    Bytes bytes;
    append_be16(bytes, 0x0102);
    append_be32(bytes, 0x03040506);
    append_be64(bytes, 0x0708090a0b0c0d0e);
    EXPECT_EQ(hex(bytes), "0102030405060708090a0b0c0d0e");
    EXPECT_EQ(read_be16(bytes), 0x0102);
    EXPECT_EQ(read_be32(ByteView(bytes).subspan(2)), 0x03040506u);
    EXPECT_EQ(read_be64(ByteView(bytes).subspan(6)), 0x0708090a0b0c0d0eu);
}

TEST(Bytes, IntegersAtTheirLimits) {
    Bytes bytes;
    append_be64(bytes, ~std::uint64_t{0});
    append_be16(bytes, 0x8000);
    EXPECT_EQ(read_be64(bytes), ~std::uint64_t{0});
    EXPECT_EQ(read_be16(ByteView(bytes).subspan(8)), 0x8000);
}

TEST(Bytes, ReadingPastTheEndIsRefused) {
    const Bytes seven(7);
    expect_error(Errc::internal, [&] { read_be64(seven); });
    expect_error(Errc::internal, [&] { read_be32(ByteView(seven).subspan(4)); });
    expect_error(Errc::internal, [] { read_be16({}); });
}

TEST(Hex, RoundTripsEveryByte) {
    Bytes all(256);
    for (int i = 0; i < 256; ++i) all[i] = static_cast<std::uint8_t>(i);
    EXPECT_EQ(from_hex(hex(all)), all);
    EXPECT_EQ(hex({}), "");
    EXPECT_EQ(from_hex(""), Bytes{});
}

TEST(Hex, TakesEitherCaseAndNothingElse) {
    EXPECT_EQ(from_hex("aBCd"), (Bytes{0xab, 0xcd}));
    for (const char *bad : {"a", "abc", "0g", "0x12", " ab", "ab ", "a b ", "ab\n1"})
        EXPECT_FALSE(from_hex(bad)) << bad;
    EXPECT_FALSE(from_hex(std::string_view("ab\0\0", 4)));
}

TEST(Base64url, HasTheTextsOfRfc4648) {
    const std::pair<const char *, const char *> pairs[] = {
        {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
        {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xff\xfe\xfb", "__77"},
    };
    for (const auto &[plain, text] : pairs) {
        EXPECT_EQ(base64url(as_bytes(plain)), text);
        const auto bytes = from_base64url(text);
        ASSERT_TRUE(bytes) << text;
        EXPECT_EQ(as_text(*bytes), plain);
    }
}

TEST(Base64url, RoundTripsEveryLength) {
    for (std::size_t size = 0; size < 200; ++size) {
        const Bytes bytes = test::noise(size, static_cast<unsigned>(size));
        EXPECT_EQ(from_base64url(base64url(bytes)), bytes) << size;
    }
}

TEST(Base64url, RefusesWhatIsNotCanonical) {
    for (const char *bad : {"Z", "Zg==", "Zg=", "Zh", "Zm9", "Zm9v+A", "Zm9v/A", " Zg", "Zg\n",
                            "Z g", "Zm9vY", "Zm9v.", "Zg_="})
        EXPECT_FALSE(from_base64url(bad)) << bad;
    EXPECT_FALSE(from_base64url(std::string_view("Zg\0", 3)));
}

TEST(UuidText, RoundTrips) {
    const std::string text = "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e";
    const auto uuid = uuid_from_text(text);
    ASSERT_TRUE(uuid);
    EXPECT_EQ((*uuid)[0], 0x01);
    EXPECT_EQ((*uuid)[15], 0x9e);
    EXPECT_EQ(uuid_text(*uuid), text);
    EXPECT_EQ(uuid_from_text("01949E2C-8A52-7C30-9D11-0F4B6A7C8D9E"), uuid);
}

TEST(UuidText, RefusesOtherSpellings) {
    for (const char *bad :
         {"", "01949e2c8a527c309d110f4b6a7c8d9e", "{01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e}",
          "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9", "01949e2c-8a52-7c30-9d110-f4b6a7c8d9e",
          "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9g", "01949e2c-8a52-7c30-9d11-0f4b6a7c-d9e",
          "01949e2c_8a52_7c30_9d11_0f4b6a7c8d9e"})
        EXPECT_FALSE(uuid_from_text(bad)) << bad;
}

TEST(SecretBytes, IsAVectorLikeAnyOther) {
    SecretBytes bytes;
    for (int i = 0; i < 5000; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
    SecretBytes moved = std::move(bytes);
    moved.resize(6000);
    EXPECT_EQ(moved[4999], static_cast<std::uint8_t>(4999));
    EXPECT_EQ(moved[5999], 0);
}

}  // namespace
}  // namespace vvault
