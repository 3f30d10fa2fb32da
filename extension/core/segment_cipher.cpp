#include "segment_cipher.hpp"

#include <algorithm>
#include <new>

#include <openssl/evp.h>

#include "envelope.hpp"
#include "error.hpp"

namespace vvault::detail {

namespace {

constexpr std::size_t segment_size = envelope_segment_size;
constexpr std::size_t tag_size = envelope_tag_size;

using Nonce = std::array<std::uint8_t, 12>;
using Output = std::span<std::uint8_t>;

// STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015): the counter holds segments
// to their order, the last flag holds the body to its length.
Nonce segment_nonce(std::size_t index, bool last) {
    Nonce nonce{};
    for (int i = 0; i < 4; ++i) nonce[7 + i] = static_cast<std::uint8_t>(index >> (24 - 8 * i));
    nonce[11] = last ? 1 : 0;
    return nonce;
}

// AES-256-GCM by OpenSSL in one context that lives as long as the process:
// making one costs more than sealing a short message. Only keys of single
// envelopes ever enter it, and the destructor overwrites the last of them, with
// its key schedule, by setting a key of zeros.
class AesGcm {
public:
    explicit AesGcm(SegmentKey key, bool sealing) : context_(shared_context()), sealing_(sealing) {
        require(EVP_CipherInit_ex2(context_, nullptr, key.data(), nullptr, sealing, nullptr));
    }
    ~AesGcm() {
        constexpr std::array<std::uint8_t, 32> zeros{};
        EVP_CipherInit_ex2(context_, nullptr, zeros.data(), nullptr, sealing_, nullptr);
    }
    AesGcm(const AesGcm &) = delete;
    AesGcm &operator=(const AesGcm &) = delete;

    void seal(const Nonce &nonce, ByteView plaintext, std::uint8_t *sealed) {
        update(nonce, plaintext, sealed);
        int length = 0;
        require(EVP_EncryptFinal_ex(context_, sealed + plaintext.size(), &length));
        require(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_GET_TAG, tag_size,
                                    sealed + plaintext.size()));
    }

    bool open(const Nonce &nonce, ByteView sealed, std::uint8_t *plaintext) {
        const ByteView ciphertext = sealed.first(sealed.size() - tag_size);
        update(nonce, ciphertext, plaintext);
        auto *const tag = const_cast<std::uint8_t *>(sealed.data() + ciphertext.size());
        require(EVP_CIPHER_CTX_ctrl(context_, EVP_CTRL_AEAD_SET_TAG, tag_size, tag));
        // Writes nothing: GCM holds no block back. The pointer must still be one.
        std::uint8_t none[16];
        int length = 0;
        return EVP_DecryptFinal_ex(context_, none, &length) == 1;
    }

private:
    static void require(int done) {
        if (done != 1) throw Error(Errc::internal, "AES-256-GCM failed");
    }

    static EVP_CIPHER_CTX *new_context() {
        EVP_CIPHER *const algorithm = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
        if (algorithm == nullptr) throw Error(Errc::internal, "AES-256-GCM is not available");
        EVP_CIPHER_CTX *const context = EVP_CIPHER_CTX_new();
        if (context == nullptr) throw std::bad_alloc();
        require(EVP_CipherInit_ex2(context, algorithm, nullptr, nullptr, 1, nullptr));
        return context;
    }

    static EVP_CIPHER_CTX *shared_context() {
        static EVP_CIPHER_CTX *const context = new_context();
        return context;
    }

    void update(const Nonce &nonce, ByteView from, std::uint8_t *to) {
        require(EVP_CipherInit_ex2(context_, nullptr, nullptr, nonce.data(), sealing_, nullptr));
        int length = 0;
        if (!from.empty())
            require(EVP_CipherUpdate(context_, to, &length, from.data(),
                                     static_cast<int>(from.size())));
    }

    EVP_CIPHER_CTX *context_;
    int sealing_;
};

class ChaCha20Poly1305 {
public:
    ChaCha20Poly1305(SegmentKey key, bool) : key_(key) {}

    void seal(const Nonce &nonce, ByteView plaintext, std::uint8_t *sealed) {
        crypto_aead_chacha20poly1305_ietf_encrypt(sealed, nullptr, plaintext.data(),
                                                  plaintext.size(), nullptr, 0, nullptr,
                                                  nonce.data(), key_.data());
    }

    bool open(const Nonce &nonce, ByteView sealed, std::uint8_t *plaintext) {
        return crypto_aead_chacha20poly1305_ietf_decrypt(plaintext, nullptr, nullptr, sealed.data(),
                                                         sealed.size(), nullptr, 0, nonce.data(),
                                                         key_.data()) == 0;
    }

private:
    SegmentKey key_;
};

template <class Cipher>
void seal_all(SegmentKey key, ByteView plaintext, Output sealed) {
    Cipher cipher(key, true);
    std::uint8_t *to = sealed.data();
    for (std::size_t index = 0;; ++index) {
        const ByteView segment = plaintext.first(std::min(plaintext.size(), segment_size));
        plaintext = plaintext.subspan(segment.size());
        cipher.seal(segment_nonce(index, plaintext.empty()), segment, to);
        to += segment.size() + tag_size;
        if (plaintext.empty()) return;
    }
}

template <class Cipher>
bool open_all(SegmentKey key, ByteView sealed, Output plaintext) {
    Cipher cipher(key, false);
    std::uint8_t *to = plaintext.data();
    for (std::size_t index = 0;; ++index) {
        const ByteView segment = sealed.first(std::min(sealed.size(), segment_size + tag_size));
        sealed = sealed.subspan(segment.size());
        if (!cipher.open(segment_nonce(index, sealed.empty()), segment, to)) return false;
        to += segment.size() - tag_size;
        if (sealed.empty()) return true;
    }
}

}  // namespace

Suite preferred_suite() {
    const bool hardware_aes = sodium_runtime_has_aesni() != 0 && sodium_runtime_has_pclmul() != 0;
    return hardware_aes ? Suite::aes_256_gcm : Suite::chacha20_poly1305;
}

std::size_t sealed_body_size(std::size_t plain) {
    const std::size_t segments = plain == 0 ? 1 : (plain - 1) / segment_size + 1;
    return plain + segments * tag_size;
}

std::optional<std::size_t> plain_body_size(std::size_t sealed) {
    if (sealed < tag_size) return std::nullopt;
    const std::size_t segments = (sealed - 1) / (segment_size + tag_size) + 1;
    if (sealed < segments * tag_size) return std::nullopt;
    const std::size_t plain = sealed - segments * tag_size;
    // Refuses a last segment without a byte, or shorter than its tag.
    if (sealed_body_size(plain) != sealed) return std::nullopt;
    return plain;
}

void seal_segments(Suite suite, SegmentKey key, ByteView plaintext, Output sealed) {
    if (suite == Suite::aes_256_gcm)
        seal_all<AesGcm>(key, plaintext, sealed);
    else
        seal_all<ChaCha20Poly1305>(key, plaintext, sealed);
}

bool open_segments(Suite suite, SegmentKey key, ByteView sealed, Output plaintext) {
    if (suite == Suite::aes_256_gcm) return open_all<AesGcm>(key, sealed, plaintext);
    return open_all<ChaCha20Poly1305>(key, sealed, plaintext);
}

}  // namespace vvault::detail
