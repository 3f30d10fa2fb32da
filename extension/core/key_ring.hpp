// Root keys: the numbered ring that lives outside the database, and what a root
// key does: wrap data keys, prove itself by a check value, and give subkeys. A
// root key encrypts nothing itself; each use has its own subkey. Where the text
// of the ring comes from, and who may own that file, is not known here.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "bytes.hpp"
#include "secret.hpp"

namespace vvault {

class KeyRing {
public:
    // Lines of "<number> <64 hex digits>", in any order; blank lines and "#"
    // comments are skipped. Throws Errc::root_key_refused, which names the line
    // and never quotes it, also where a number between two others is missing.
    static KeyRing parse(ByteView text);

    const SecretKey *find(int number) const;  // nullptr when the ring lacks it
    int newest() const;                       // the highest number: what wraps new keys
    std::vector<int> numbers() const;         // ascending, never empty

private:
    std::map<int, SecretKey> keys_;
};

// What a root key is used for, each by a key of its own. The
// numbers are crypto_kdf subkey ids under the context "vvaultdk".
enum class Purpose : std::uint64_t {
    wrap_data_key = 1,
    blind_index = 2,
    ledger_blind = 3,
    check_value = 4,
    ticket = 5,
};
SecretKey derive_key(const SecretKey &root, Purpose purpose);

// 16 bytes that tell one root key from another and nothing about either.
using CheckValue = std::array<std::uint8_t, 16>;
CheckValue check_value(const SecretKey &root);

// What a data key is for.
enum class KeyPurpose : std::uint8_t {
    content = 1,  // seals what people wrote
    lookup = 2,   // keyed digests: what makes a repeated message known again
    mirror = 3,   // seals what a mirror gets; its owner is the mirror, its scope the vault
};
// One construct's conversations, one file, or nothing in particular.
using Scope = std::optional<Uuid>;

struct KeyPlace {
    std::uint64_t id;
    Uuid owner;
    KeyPurpose purpose;
    Scope scope;
};

// A wrapped key is bound to its place and the number of its root: copied into another row, or
// with another purpose or scope in its own, it does not unwrap. 24 nonce, 32 key, 16 tag.
constexpr std::size_t wrapped_key_size = 72;
Bytes wrap_key(const SecretKey &root, int root_number, const KeyPlace &place, const SecretKey &key);
SecretKey unwrap_key(const SecretKey &root, int root_number, const KeyPlace &place,
                     ByteView wrapped);

}  // namespace vvault
