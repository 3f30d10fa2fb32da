// The ring takes one form of text and says which line is wrong without quoting
// it; a wrapped key unwraps only as what it was wrapped.
#include "core/key_ring.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using test::error_of;
using test::expect_error;
using test::some_uuid;

const std::string first_key(64, 'a');
const std::string second_key = "0123456789abcdefABCDEF0123456789" + std::string(32, '7');

KeyRing parse(const std::string &text) {
    return KeyRing::parse(as_bytes(text));
}

TEST(KeyRing, TakesNumbersCommentsAndBlankLines) {
    const KeyRing ring = parse("# the ring of the vault\n\n  4 " + second_key + "  \r\n\t3\t" +
                               first_key + "\n   # 2 destroyed");
    EXPECT_EQ(ring.numbers(), (std::vector<int>{3, 4}));
    EXPECT_EQ(ring.newest(), 4);
    ASSERT_NE(ring.find(3), nullptr);
    EXPECT_TRUE(test::same(ring.find(3)->view(), *from_hex(first_key)));
    EXPECT_TRUE(test::same(ring.find(4)->view(), *from_hex(second_key)));
    EXPECT_EQ(ring.find(2), nullptr);
}

TEST(KeyRing, TakesTheWholeRangeOfNumbers) {
    const KeyRing ring = parse("2147483647 " + first_key + "\n2147483646 " + second_key);
    EXPECT_EQ(ring.numbers(), (std::vector<int>{2147483646, 2147483647}));
    EXPECT_EQ(ring.newest(), 2147483647);
    EXPECT_EQ(parse("1 " + first_key).newest(), 1);
}

TEST(KeyRing, NamesAMissingNumber) {
    const std::string ring = "1 " + first_key + "\n2 " + first_key + "\n4 " + first_key;
    const Error error = error_of([&] { parse(ring); });
    EXPECT_EQ(error.code(), Errc::root_key_refused);
    EXPECT_NE(error.message().find("number 3 "), std::string::npos) << error.message();
    expect_error(Errc::root_key_refused,
                 [] { parse("1 " + first_key + "\n2147483647 " + first_key); });
}

TEST(KeyRing, RefusesABadLineByItsNumber) {
    const std::string good = "1 " + first_key + "\n";
    const std::string bad_lines[] = {
        "0 " + second_key,
        "-2 " + second_key,
        "+2 " + second_key,
        "2147483648 " + second_key,
        "two " + second_key,
        "2x " + second_key,
        "2 " + second_key + "0",
        "2 " + second_key.substr(1),
        "2 g" + second_key.substr(1),
        "2" + second_key,
        "2",
        second_key,
        "2 " + second_key + " # mine",
        "2 0x" + second_key.substr(2),
        "2 " + second_key.substr(0, 32) + " " + second_key.substr(32),
        "1 " + second_key,
        "99999999999999999999 " + second_key,
        std::string("2 ") + std::string(64, '\0'),
    };
    for (const std::string &line : bad_lines) {
        const Error error = error_of([&] { parse(good + "\n" + line + "\n"); });
        EXPECT_EQ(error.code(), Errc::root_key_refused) << line;
        EXPECT_NE(error.message().find("line 3"), std::string::npos) << error.message();
    }
}

TEST(KeyRing, NeverQuotesAKey) {
    const std::string key = "c0ffee" + std::string(57, 'd') + "z";
    const Error error = error_of([&] { parse("1 " + key); });
    const std::string all = error.message() + error.detail() + error.hint();
    for (std::size_t i = 0; i + 4 <= key.size(); ++i)
        EXPECT_EQ(all.find(key.substr(i, 4)), std::string::npos);
}

TEST(KeyRing, RefusesToBeEmpty) {
    for (const char *text : {"", "\n\n", "# nothing\n", "   "})
        expect_error(Errc::root_key_refused, [&] { parse(text); });
}

TEST(CheckValue, TellsKeysApart) {
    const SecretKey key = SecretKey::from(test::noise(32, 1));
    const SecretKey same_key = SecretKey::from(test::noise(32, 1));
    const SecretKey other = SecretKey::from(test::noise(32, 2));
    EXPECT_EQ(check_value(key), check_value(same_key));
    EXPECT_NE(check_value(key), check_value(other));
}

TEST(DeriveKey, GivesEachPurposeItsOwn) {
    const SecretKey root = SecretKey::from(test::noise(32));
    std::vector<SecretKey> keys;
    for (const Purpose purpose : {Purpose::wrap_data_key, Purpose::blind_index,
                                  Purpose::ledger_blind, Purpose::check_value, Purpose::ticket})
        keys.push_back(derive_key(root, purpose));
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_FALSE(keys[i] == root);
        for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(keys[i] == keys[j]);
    }
}

class WrappedKey : public testing::Test {
protected:
    const SecretKey root = SecretKey::from(test::noise(32, 1));
    const SecretKey key = SecretKey::from(test::noise(32, 2));
    const KeyPlace place{77, some_uuid(3), KeyPurpose::content, some_uuid(5)};
    const Bytes wrapped = wrap_key(root, 5, place, key);

    void expect_closed(const SecretKey &by, int number, const KeyPlace &at, ByteView bytes) {
        expect_error(Errc::does_not_open, [&] { unwrap_key(by, number, at, bytes); });
    }
};

TEST_F(WrappedKey, UnwrapsToTheSameKey) {
    EXPECT_EQ(wrapped.size(), wrapped_key_size);
    EXPECT_TRUE(unwrap_key(root, 5, place, wrapped) == key);
}

TEST_F(WrappedKey, IsDifferentEachTime) {
    EXPECT_NE(wrap_key(root, 5, place, key), wrapped);
}

TEST_F(WrappedKey, IsBoundToRootNumberAndPlace) {
    expect_closed(SecretKey::random(), 5, place, wrapped);
    expect_closed(root, 6, place, wrapped);
    expect_closed(root, 5, {78, place.owner, place.purpose, place.scope}, wrapped);
    expect_closed(root, 5, {77, some_uuid(4), place.purpose, place.scope}, wrapped);
    expect_closed(root, 5, {77, place.owner, KeyPurpose::lookup, place.scope}, wrapped);
    expect_closed(root, 5, {77, place.owner, place.purpose, some_uuid(6)}, wrapped);
    expect_closed(root, 5, {77, place.owner, place.purpose, std::nullopt}, wrapped);
}

TEST_F(WrappedKey, NoticesEveryChangedBit) {
    for (std::size_t bit = 0; bit < wrapped.size() * 8; ++bit) {
        Bytes changed = wrapped;
        changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        expect_closed(root, 5, place, changed);
    }
}

TEST_F(WrappedKey, HasOneLength) {
    Bytes longer = wrapped;
    longer.push_back(0);
    expect_closed(root, 5, place, longer);
    for (std::size_t size = 0; size < wrapped.size(); ++size)
        expect_closed(root, 5, place, ByteView(wrapped).first(size));
}

TEST_F(WrappedKey, HasARootNumberOfOneOrMore) {
    for (const int number : {0, -1})
        expect_error(Errc::invalid_argument, [&] { wrap_key(root, number, place, key); });
}

}  // namespace
}  // namespace vvault
