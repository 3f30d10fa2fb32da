#include "key_ring.hpp"

#include <charconv>
#include <limits>
#include <string>

#include "error.hpp"

namespace vvault {

namespace {

constexpr char subkey_context[] = "vvaultdk";
constexpr std::size_t nonce_size = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
static_assert(wrapped_key_size ==
              nonce_size + SecretKey::size + crypto_aead_xchacha20poly1305_ietf_ABYTES);

Error refused(std::size_t line, const char *reason) {
    return Error(Errc::root_key_refused,
                 "line " + std::to_string(line) + " of the root key ring " + reason)
        .hint("Each line is a number from 1 to 2147483647, a space and 64 hexadecimal digits.");
}

std::string_view trim(std::string_view text) {
    constexpr std::string_view blank = " \t\r";
    const auto begin = text.find_first_not_of(blank);
    if (begin == text.npos) return {};
    return text.substr(begin, text.find_last_not_of(blank) - begin + 1);
}

int parse_number(std::string_view text, std::size_t line) {
    int number = 0;
    const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (failure != std::errc() || end != text.data() + text.size() || number < 1)
        throw refused(line, "does not begin with a key number");
    return number;
}

// Straight from the text into guarded memory, by way of one array that is wiped.
SecretKey parse_key(std::string_view digits, std::size_t line) {
    std::array<std::uint8_t, SecretKey::size> bytes{};
    std::size_t length = 0;
    const bool valid = sodium_hex2bin(bytes.data(), bytes.size(), digits.data(), digits.size(),
                                      nullptr, &length, nullptr) == 0 &&
                       length == bytes.size();
    if (!valid) {
        sodium_memzero(bytes.data(), bytes.size());
        throw refused(line, "does not hold 64 hexadecimal digits");
    }
    SecretKey key = SecretKey::from(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

Bytes wrapping_context(int root_number, const KeyPlace &place) {
    if (root_number < 1) throw Error(Errc::invalid_argument, "root key numbers start at 1");
    Bytes context;
    append(context, as_bytes("vvault/dek/v1"));
    append_be64(context, place.id);
    append(context, place.owner);
    append_be32(context, static_cast<std::uint32_t>(root_number));
    context.push_back(static_cast<std::uint8_t>(place.purpose));
    if (place.scope) append(context, *place.scope);
    return context;
}

}  // namespace

KeyRing KeyRing::parse(ByteView text) {
    KeyRing ring;
    std::string_view rest = as_text(text);
    for (std::size_t line = 1; !rest.empty(); ++line) {
        const auto newline = rest.find('\n');
        const std::string_view entry = trim(rest.substr(0, newline));
        rest = newline == rest.npos ? std::string_view() : rest.substr(newline + 1);
        if (entry.empty() || entry.front() == '#') continue;

        const auto gap = entry.find_first_of(" \t");
        if (gap == entry.npos) throw refused(line, "is not a number and a key");
        const int number = parse_number(entry.substr(0, gap), line);
        SecretKey key = parse_key(trim(entry.substr(gap)), line);
        if (!ring.keys_.emplace(number, std::move(key)).second)
            throw refused(line, "repeats a key number");
    }
    if (ring.keys_.empty())
        throw Error(Errc::root_key_refused, "the root key ring holds no key")
            .hint("Each line is a number from 1 to 2147483647, a space and 64 hexadecimal digits.");
    // Old keys may be gone on purpose; one in the middle was lost.
    std::int64_t expected = ring.keys_.begin()->first;
    for (const auto &[number, key] : ring.keys_) {
        if (number != expected)
            throw Error(Errc::root_key_refused, "the root key ring has a gap: number " +
                                                    std::to_string(expected) + " is missing")
                .hint("Only the lowest numbers may be left out, once nothing needs them.");
        ++expected;
    }
    return ring;
}

const SecretKey *KeyRing::find(int number) const {
    const auto found = keys_.find(number);
    return found == keys_.end() ? nullptr : &found->second;
}

int KeyRing::newest() const {
    return keys_.rbegin()->first;
}

std::vector<int> KeyRing::numbers() const {
    std::vector<int> numbers;
    for (const auto &[number, key] : keys_) numbers.push_back(number);
    return numbers;
}

SecretKey derive_key(const SecretKey &root, Purpose purpose) {
    std::array<std::uint8_t, SecretKey::size> bytes;
    crypto_kdf_derive_from_key(bytes.data(), bytes.size(), static_cast<std::uint64_t>(purpose),
                               subkey_context, root.view().data());
    SecretKey key = SecretKey::from(bytes);
    sodium_memzero(bytes.data(), bytes.size());
    return key;
}

CheckValue check_value(const SecretKey &root) {
    const SecretKey key = derive_key(root, Purpose::check_value);
    const ByteView message = as_bytes("vvault kcv v1");
    CheckValue value;
    crypto_generichash(value.data(), value.size(), message.data(), message.size(),
                       key.view().data(), key.view().size());
    return value;
}

Bytes wrap_key(const SecretKey &root, int root_number, const KeyPlace &place,
               const SecretKey &key) {
    const SecretKey wrapping_key = derive_key(root, Purpose::wrap_data_key);
    const Bytes context = wrapping_context(root_number, place);
    Bytes wrapped(wrapped_key_size);
    randombytes_buf(wrapped.data(), nonce_size);
    crypto_aead_xchacha20poly1305_ietf_encrypt(
        wrapped.data() + nonce_size, nullptr, key.view().data(), key.view().size(), context.data(),
        context.size(), nullptr, wrapped.data(), wrapping_key.view().data());
    return wrapped;
}

SecretKey unwrap_key(const SecretKey &root, int root_number, const KeyPlace &place,
                     ByteView wrapped) {
    const SecretKey wrapping_key = derive_key(root, Purpose::wrap_data_key);
    const Bytes context = wrapping_context(root_number, place);
    SecretBytes bytes(SecretKey::size);
    if (wrapped.size() != wrapped_key_size ||
        crypto_aead_xchacha20poly1305_ietf_decrypt(
            bytes.data(), nullptr, nullptr, wrapped.data() + nonce_size,
            wrapped.size() - nonce_size, context.data(), context.size(), wrapped.data(),
            wrapping_key.view().data()) != 0)
        throw Error(Errc::does_not_open, "sealed value does not open")
            .detail("It was changed, moved, or wrapped by another root key.");
    return SecretKey::from(bytes);
}

}  // namespace vvault
