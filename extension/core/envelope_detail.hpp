// The inside of an envelope: its header, and sealing with a salt of the caller's
// choice. That is for test vectors only and is kept out of envelope.hpp: the same
// salt for two plaintexts repeats key and nonce, and gives both away.
#pragma once

#include "envelope.hpp"
#include "segment_cipher.hpp"

namespace vvault::detail {

using Salt = std::array<std::uint8_t, 24>;

struct Header {
    Suite suite = Suite::aes_256_gcm;
    bool compressed = false;
    std::uint64_t key_id = 0;
    Salt salt{};
    Digest commitment{};
};

// Throws as open() does.
Header parse_header(ByteView sealed, const Place *place = nullptr);

// Rule 1 of what an envelope is bound to.
Bytes associated_data(const Place &place);

// What seal() does with a random salt and the suite the CPU is good at.
Bytes seal_with_salt(const SecretKey &key, std::uint64_t key_id, const Place &place,
                     ByteView plaintext, Suite suite, const Salt &salt);
void seal_with_salt(const SecretKey &key, std::uint64_t key_id, const Place &place,
                    ByteView plaintext, Suite suite, const Salt &salt, const Memory &sealed);

// Seals bytes as they are, under a header that says they are compressed or not:
// how a test makes an envelope whose inside is wrong.
Bytes seal_body(const SecretKey &key, const Place &place, ByteView body, const Header &header);
void seal_body(const SecretKey &key, const Place &place, ByteView body, const Header &header,
               const Memory &sealed);

}  // namespace vvault::detail
