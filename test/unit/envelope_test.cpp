// What was sealed opens to the same bytes, at its place, under its key, unchanged;
// anything else does not open, and the answer does not say why.
#include "core/envelope_detail.hpp"
#include "support.hpp"

namespace vvault {
namespace {

using detail::Suite;
using test::error_of;
using test::expect_error;
using test::noise;
using test::same;
using test::some_uuid;

const Place place{.kind = Kind::file_chunk,
                  .owner = some_uuid(1),
                  .object = some_uuid(2),
                  .version = 3,
                  .part = 4,
                  .last = false};

Bytes text_of(std::size_t size) {
    Bytes text;
    while (text.size() < size) append(text, as_bytes("the quick brown fox, again and again; "));
    text.resize(size);
    return text;
}

class Envelope : public testing::TestWithParam<Suite> {
protected:
    const SecretKey key = SecretKey::from(noise(32));

    Bytes sealed_in(const Place &where, ByteView plaintext) {
        detail::Salt salt;
        randombytes_buf(salt.data(), salt.size());
        return detail::seal_with_salt(key, 9, where, plaintext, GetParam(), salt);
    }
    Bytes sealed(ByteView plaintext) { return sealed_in(place, plaintext); }

    void expect_closed(const Place &where, ByteView bytes) {
        const Error error = error_of([&] { open(key, where, bytes); });
        EXPECT_EQ(error.code(), Errc::does_not_open);
        // What was asked for, and never why it does not open.
        EXPECT_EQ(error.message() + ". " + error.detail() + error.hint(),
                  "sealed value does not open. What does not open: " + name_of(where) + ".");
    }
};

std::string suite_name(const testing::TestParamInfo<Suite> &suite) {
    return suite.param == Suite::aes_256_gcm ? "Aes" : "ChaCha";
}
TEST(PlaceName, SaysWhichThingItIs) {
    const auto name = [](Kind kind) {
        return name_of(
            {.kind = kind, .owner = some_uuid(1), .object = some_uuid(2), .version = 3, .part = 4});
    };
    const std::string object = uuid_text(some_uuid(2));
    EXPECT_EQ(name(Kind::message_content), "message " + object);
    EXPECT_EQ(name(Kind::message_metadata), "metadata of message " + object);
    EXPECT_EQ(name(Kind::file_chunk), "chunk " + object);
    EXPECT_EQ(name(Kind::file_page), "page of chunks " + object);
    EXPECT_EQ(name(Kind::file_info), "info of version 3 of file " + object);
    EXPECT_EQ(name(Kind::session_title), "title of session " + object);
    EXPECT_EQ(name(Kind::upload_state), "state of upload " + object);
    EXPECT_EQ(name(Kind::upload_part), "part 4 of upload " + object);
}

INSTANTIATE_TEST_SUITE_P(Suites, Envelope,
                         testing::Values(Suite::aes_256_gcm, Suite::chacha20_poly1305), suite_name);

TEST_P(Envelope, OpensToWhatWasSealed) {
    for (const std::size_t size : {0, 1, 15, 16, 17, 511, 512, 513, 4096, 16384, 16385, 65535,
                                   65536, 65537, 131071, 131072, 131073, 1 << 20}) {
        for (const Bytes &plaintext : {noise(size), text_of(size)}) {
            const Bytes bytes = sealed(plaintext);
            EXPECT_TRUE(same(open(key, place, bytes), plaintext)) << size;
            EXPECT_LE(bytes.size(), sealed_size_limit(size));
        }
        EXPECT_EQ(sealed(noise(size)).size(), sealed_size_limit(size)) << size;
    }
}

TEST_P(Envelope, OpensEverySmallSize) {
    for (std::size_t size = 0; size < 1200; ++size) {
        const Bytes plaintext = text_of(size);
        EXPECT_TRUE(same(open(key, place, sealed(plaintext)), plaintext)) << size;
    }
}

TEST_P(Envelope, HasAnOverheadOf88Bytes) {
    EXPECT_EQ(sealed({}).size(), 88u);
    EXPECT_EQ(sealed(noise(100)).size(), 188u);
    EXPECT_EQ(sealed_size_limit(65536), 88u + 65536);
    EXPECT_EQ(sealed_size_limit(65537), 88u + 65537 + 16);
}

TEST_P(Envelope, IsDifferentEachTime) {
    const Bytes plaintext = noise(100);
    EXPECT_NE(sealed(plaintext), sealed(plaintext));
    EXPECT_NE(seal(key, 1, place, plaintext), seal(key, 1, place, plaintext));
}

TEST_P(Envelope, HidesThePlaintext) {
    const Bytes plaintext = text_of(400);
    const Bytes bytes = sealed(plaintext);
    const auto found =
        std::search(bytes.begin(), bytes.end(), plaintext.begin(), plaintext.begin() + 8);
    EXPECT_EQ(found, bytes.end());
}

TEST_P(Envelope, DoesNotOpenByAnotherKey) {
    const SecretKey other = SecretKey::random();
    for (const std::size_t size : {0, 1, 1000}) {
        const Bytes bytes = sealed(text_of(size));
        const Error error = error_of([&] { open(other, place, bytes); });
        EXPECT_EQ(error.code(), Errc::does_not_open);
        EXPECT_EQ(error.message(), "sealed value does not open");
    }
}

TEST_P(Envelope, DoesNotOpenAnywhereElse) {
    const Bytes bytes = sealed(noise(50));
    for (int kind = 0; kind < 256; ++kind) {
        Place moved = place;
        moved.kind = static_cast<Kind>(kind);
        if (moved.kind != place.kind) expect_closed(moved, bytes);
    }
    for (std::size_t bit = 0; bit < 128; ++bit) {
        Place other_owner = place, other_object = place;
        other_owner.owner[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        other_object.object[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
        expect_closed(other_owner, bytes);
        expect_closed(other_object, bytes);
    }
    for (int bit = 0; bit < 64; ++bit) {
        Place moved = place;
        moved.version ^= std::uint64_t{1} << bit;
        expect_closed(moved, bytes);
    }
    for (int bit = 0; bit < 32; ++bit) {
        Place moved = place;
        moved.part ^= std::uint32_t{1} << bit;
        expect_closed(moved, bytes);
    }
    Place last = place;
    last.last = true;
    expect_closed(last, bytes);
    Place swapped = place;
    std::swap(swapped.owner, swapped.object);
    expect_closed(swapped, bytes);
}

TEST_P(Envelope, NoticesEveryChangedBit) {
    for (const Bytes &plaintext : {Bytes{}, noise(40), text_of(600)}) {
        const Bytes bytes = sealed(plaintext);
        for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
            Bytes changed = bytes;
            changed[bit / 8] ^= static_cast<std::uint8_t>(1 << bit % 8);
            // Some bits of the first eight bytes name a format nobody knows.
            const Error error = error_of([&] { open(key, place, changed); });
            if (bit < 64 && error.code() == Errc::unknown_format) continue;
            expect_closed(place, changed);
        }
    }
}

TEST_P(Envelope, NoticesEveryCut) {
    for (const Bytes &plaintext : {noise(40), text_of(600)}) {
        const Bytes bytes = sealed(plaintext);
        for (std::size_t size = 0; size < bytes.size(); ++size)
            expect_closed(place, ByteView(bytes).first(size));
    }
}

TEST_P(Envelope, NoticesWhatIsAdded) {
    for (const std::size_t added : {1, 15, 16, 17, 72, 88, 65536, 65552}) {
        Bytes bytes = sealed(noise(40));
        bytes.resize(bytes.size() + added);
        expect_closed(place, bytes);
    }
}

TEST_P(Envelope, NoticesACutAtTheBorderOfASegment) {
    const Bytes bytes = sealed(noise(3 * 65536));
    for (const std::size_t segments : {0, 1, 2})
        expect_closed(place, ByteView(bytes).first(72 + segments * 65552));
    for (const std::size_t more : {1, 15, 16, 17})
        expect_closed(place, ByteView(bytes).first(72 + 65552 + more));
}

TEST_P(Envelope, NoticesSegmentsOutOfOrder) {
    const Bytes bytes = sealed(noise(3 * 65536));
    const auto segment = [](Bytes &of, std::size_t n) {
        return of.begin() + 72 + static_cast<std::ptrdiff_t>(n * 65552);
    };
    Bytes swapped = bytes;
    std::swap_ranges(segment(swapped, 0), segment(swapped, 1), segment(swapped, 1));
    expect_closed(place, swapped);
    Bytes repeated = bytes;
    std::copy(segment(repeated, 0), segment(repeated, 1), segment(repeated, 1));
    expect_closed(place, repeated);
    Bytes dropped = bytes;
    dropped.erase(segment(dropped, 1), segment(dropped, 2));
    expect_closed(place, dropped);
    Bytes extended = bytes;
    extended.insert(extended.end(), segment(extended, 2), segment(extended, 3));
    expect_closed(place, extended);
    // An empty last segment is refused by its length, not even deciphered.
    Bytes empty_last = bytes;
    empty_last.resize(bytes.size() + 16);
    expect_closed(place, empty_last);
}

TEST_P(Envelope, DoesNotTakeTheBodyOfAnother) {
    const Bytes one = sealed(noise(100, 1)), two = sealed(noise(100, 2));
    for (const std::size_t border : {8, 16, 40, 72}) {
        Bytes mixed(one.begin(), one.begin() + static_cast<std::ptrdiff_t>(border));
        mixed.insert(mixed.end(), two.begin() + static_cast<std::ptrdiff_t>(border), two.end());
        if (border == 8 || border == 16)  // the same there: key id, suite, flags
            EXPECT_TRUE(same(open(key, place, mixed), noise(100, 2)));
        else
            expect_closed(place, mixed);
    }
}

TEST_P(Envelope, CarriesItsKeyId) {
    for (const std::uint64_t id : {std::uint64_t{0}, std::uint64_t{1}, ~std::uint64_t{0}})
        EXPECT_EQ(sealed_key_id(seal(key, id, place, noise(5))), id);
}

TEST_P(Envelope, OpensAfterAnotherFailed) {
    Bytes broken = sealed(noise(100));
    broken.back() ^= 1;
    const Bytes whole = sealed(text_of(1000));
    for (int i = 0; i < 3; ++i) {
        expect_closed(place, broken);
        EXPECT_TRUE(same(open(key, place, whole), text_of(1000)));
    }
}

TEST(SealedSuite, IsOneTheMachineIsGoodAt) {
    const SecretKey key = SecretKey::random();
    const Bytes bytes = seal(key, 1, place, noise(10));
    EXPECT_EQ(bytes[3], static_cast<std::uint8_t>(detail::preferred_suite()));
    EXPECT_EQ(sodium_runtime_has_aesni() != 0, bytes[3] == 1);
}

TEST(SealedSize, HasALimit) {
    const SecretKey key = SecretKey::random();
    // Never read: the length alone decides.
    const std::uint8_t byte = 0;
    const ByteView too_large(&byte, plaintext_size_limit + 1);
    expect_error(Errc::too_large, [&] { seal(key, 1, place, too_large); });
}

TEST(MovedKey, IsNoKey) {
    SecretKey key = SecretKey::random();
    const SecretKey taken = std::move(key);
    expect_error(Errc::internal, [&] { seal(key, 1, place, {}); });
}

}  // namespace
}  // namespace vvault
