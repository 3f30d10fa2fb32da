#include "bytes.hpp"

#include "error.hpp"

namespace vvault {

namespace {

template <class Integer>
void append_big_endian(Bytes &to, Integer value) {
    for (int shift = (sizeof(Integer) - 1) * 8; shift >= 0; shift -= 8)
        to.push_back(static_cast<std::uint8_t>(value >> shift));
}

template <class Integer>
Integer read_big_endian(ByteView from) {
    if (from.size() < sizeof(Integer)) throw Error(Errc::internal, "integer read past the end");
    Integer value = 0;
    for (std::size_t i = 0; i < sizeof(Integer); ++i)
        value = static_cast<Integer>(value << 8 | from[i]);
    return value;
}

std::string to_variant(ByteView bytes, int variant) {
    std::string text(sodium_base64_encoded_len(bytes.size(), variant), '\0');
    sodium_bin2base64(text.data(), text.size(), bytes.data(), bytes.size(), variant);
    text.pop_back();  // the terminating zero
    return text;
}

std::optional<Bytes> from_variant(std::string_view text, int variant) {
    Bytes bytes(text.size() / 4 * 3 + 2);
    std::size_t length = 0;
    if (sodium_base642bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length,
                          nullptr, variant) != 0)
        return std::nullopt;
    bytes.resize(length);
    return bytes;
}

}  // namespace

void append_be16(Bytes &to, std::uint16_t value) {
    append_big_endian(to, value);
}
void append_be32(Bytes &to, std::uint32_t value) {
    append_big_endian(to, value);
}
void append_be64(Bytes &to, std::uint64_t value) {
    append_big_endian(to, value);
}

std::uint16_t read_be16(ByteView from) {
    return read_big_endian<std::uint16_t>(from);
}
std::uint32_t read_be32(ByteView from) {
    return read_big_endian<std::uint32_t>(from);
}
std::uint64_t read_be64(ByteView from) {
    return read_big_endian<std::uint64_t>(from);
}

std::string hex(ByteView bytes) {
    // libsodium writes the terminating zero, which std::string has room for.
    std::string text(bytes.size() * 2, '\0');
    sodium_bin2hex(text.data(), text.size() + 1, bytes.data(), bytes.size());
    return text;
}

std::optional<Bytes> from_hex(std::string_view text) {
    if (text.empty()) return Bytes();
    Bytes bytes(text.size() / 2 + 1);  // libsodium wants memory, also to refuse one digit
    std::size_t length = 0;
    if (sodium_hex2bin(bytes.data(), bytes.size(), text.data(), text.size(), nullptr, &length,
                       nullptr) != 0 ||
        length * 2 != text.size())
        return std::nullopt;
    bytes.resize(length);
    return bytes;
}

std::string base64url(ByteView bytes) {
    return to_variant(bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::optional<Bytes> from_base64url(std::string_view text) {
    return from_variant(text, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}
std::string base64(ByteView bytes) {
    return to_variant(bytes, sodium_base64_VARIANT_ORIGINAL);
}
std::optional<Bytes> from_base64(std::string_view text) {
    return from_variant(text, sodium_base64_VARIANT_ORIGINAL);
}

std::string uuid_text(const Uuid &uuid) {
    std::string text = hex(uuid);
    for (const std::size_t dash : {8, 13, 18, 23}) text.insert(dash, 1, '-');
    return text;
}

std::optional<Uuid> uuid_from_text(std::string_view text) {
    if (text.size() != 36) return std::nullopt;
    std::string digits;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool dash_expected = i == 8 || i == 13 || i == 18 || i == 23;
        if (dash_expected != (text[i] == '-')) return std::nullopt;
        if (!dash_expected) digits.push_back(text[i]);
    }
    const auto bytes = from_hex(digits);
    if (!bytes) return std::nullopt;
    Uuid uuid{};
    std::copy(bytes->begin(), bytes->end(), uuid.begin());
    return uuid;
}

}  // namespace vvault
