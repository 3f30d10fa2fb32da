#include "digest.hpp"

#include <new>

#include <openssl/evp.h>

#include "error.hpp"

namespace vvault {

namespace {

// One context for the process, and the algorithm fetched once: together they are
// most of the cost of hashing something short. It has no destructor to run when
// a backend exits in the middle of things.
EVP_MD_CTX *sha256_context() {
    static EVP_MD_CTX *const context = EVP_MD_CTX_new();
    static EVP_MD *const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    if (context == nullptr || algorithm == nullptr) throw std::bad_alloc();
    if (EVP_DigestInit_ex2(context, algorithm, nullptr) != 1)
        throw Error(Errc::internal, "SHA-256 is not available");
    return context;
}

}  // namespace

Digest sha256(std::initializer_list<ByteView> parts) {
    EVP_MD_CTX *const context = sha256_context();
    Digest digest;
    bool done = true;
    for (const ByteView part : parts)
        done = done && EVP_DigestUpdate(context, part.data(), part.size()) == 1;
    if (!done || EVP_DigestFinal_ex(context, digest.data(), nullptr) != 1)
        throw Error(Errc::internal, "SHA-256 failed");
    return digest;
}

Digest keyed_digest(const SecretKey &key, std::initializer_list<ByteView> parts) {
    crypto_generichash_state state;
    Digest digest;
    crypto_generichash_init(&state, key.view().data(), key.view().size(), digest.size());
    for (const ByteView part : parts) {
        Bytes length;
        append_be64(length, part.size());
        crypto_generichash_update(&state, length.data(), length.size());
        crypto_generichash_update(&state, part.data(), part.size());
    }
    crypto_generichash_final(&state, digest.data(), digest.size());
    sodium_memzero(&state, sizeof state);
    return digest;
}

}  // namespace vvault
