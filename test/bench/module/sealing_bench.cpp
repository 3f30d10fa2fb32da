// VVAULT's envelope and its floor, each as one function from bytea to bytea with a key that is
// there already, so that only the sealing differs.
#include <algorithm>

#include <openssl/evp.h>
#include <sodium.h>

#include "core/envelope_detail.hpp"
#include "core/error.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

extern "C" {
PG_MODULE_MAGIC;
}

namespace {

constexpr std::size_t nonce_size = 12;
constexpr std::size_t tag_size = 16;

// Released on purpose, as everything that a backend keeps.
const SecretKey &fixed_key() {
    static auto *const key = new SecretKey(SecretKey::random());
    return *key;
}

Place some_place() {
    return {.kind = Kind::message_content, .owner = {}, .object = {}};
}

EVP_CIPHER_CTX *kept_context() {
    static auto *const context = EVP_CIPHER_CTX_new();
    return context;
}

const std::uint8_t *raw_key() {
    static std::uint8_t key[32];
    return key;
}

void require(bool good) {
    if (!good) throw Error(Errc::does_not_open, "AES-256-GCM failed");
}

std::uint8_t *new_bytea(Datum &value, std::size_t size) {
    const Memory memory = memory_of_new(value);
    return memory.take(memory.owner, size).data();
}

}  // namespace

VVAULT_FUNCTION(bench_copy) {
    return bytea_datum(bytes_argument(fcinfo, 0));
}

// The bytes as they are: the peer does not compress either.
VVAULT_FUNCTION(bench_seal) {
    detail::Header header{.suite = detail::preferred_suite(), .key_id = 1};
    randombytes_buf(header.salt.data(), header.salt.size());
    Datum sealed = 0;
    detail::seal_body(fixed_key(), some_place(), bytes_argument(fcinfo, 0), header,
                      memory_of_new(sealed));
    return sealed;
}

VVAULT_FUNCTION(bench_seal_text) {
    Datum sealed = 0;
    seal(fixed_key(), 1, some_place(), bytes_argument(fcinfo, 0), memory_of_new(sealed));
    return sealed;
}

VVAULT_FUNCTION(bench_open) {
    Datum plain = 0;
    open(fixed_key(), some_place(), bytes_argument(fcinfo, 0), memory_of_new(plain));
    return plain;
}

// nonce, ciphertext, tag: what a plain use of AES-256-GCM stores.
VVAULT_FUNCTION(bench_gcm_seal) {
    const ByteView plain = bytes_argument(fcinfo, 0);
    Datum result = 0;
    std::uint8_t *const out = new_bytea(result, nonce_size + plain.size() + tag_size);
    EVP_CIPHER_CTX *const context = kept_context();
    int length = 0;
    randombytes_buf(out, nonce_size);
    require(EVP_EncryptInit_ex(context, EVP_aes_256_gcm(), nullptr, raw_key(), out) == 1);
    require(EVP_EncryptUpdate(context, out + nonce_size, &length, plain.data(),
                              static_cast<int>(plain.size())) == 1);
    require(EVP_EncryptFinal_ex(context, out + nonce_size + length, &length) == 1);
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_GET_TAG, tag_size,
                                out + nonce_size + plain.size()) == 1);
    return result;
}

VVAULT_FUNCTION(bench_gcm_open) {
    const ByteView sealed = bytes_argument(fcinfo, 0);
    require(sealed.size() >= nonce_size + tag_size);
    const std::size_t size = sealed.size() - nonce_size - tag_size;
    Datum result = 0;
    std::uint8_t *const out = new_bytea(result, size);
    std::uint8_t tag[tag_size];
    std::copy_n(sealed.end() - tag_size, tag_size, tag);
    EVP_CIPHER_CTX *const context = kept_context();
    int length = 0;
    require(EVP_DecryptInit_ex(context, EVP_aes_256_gcm(), nullptr, raw_key(), sealed.data()) == 1);
    require(EVP_DecryptUpdate(context, out, &length, sealed.data() + nonce_size,
                              static_cast<int>(size)) == 1);
    require(EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, tag_size, tag) == 1);
    require(EVP_DecryptFinal_ex(context, out + length, &length) == 1);
    return result;
}
