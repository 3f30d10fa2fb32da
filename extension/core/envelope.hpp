// The sealed form of everything a person wrote: one message, one chunk of a
// file, one title. doc/format.md has it byte by byte. An envelope is bound to
// the Place it was made for; moved anywhere else it does not open. Data keys
// come from outside: where they are kept is not known here.
#pragma once

#include "bytes.hpp"
#include "error.hpp"
#include "secret.hpp"

namespace vvault {

enum class Kind : std::uint8_t {
    message_content = 1,
    message_metadata = 2,
    file_chunk = 3,
    file_info = 4,
    session_title = 5,
    file_page = 6,
    upload_state = 7,
    upload_part = 8,
    mirror_object = 9,
    mirror_keys = 10,
    mirror_head = 11,
};

// Names a thing by what it is, never by where the database happens to keep it,
// so that dump, restore and replication move the rows and the seal still fits.
struct Place {
    Kind kind;
    Uuid owner;
    Uuid object;
    std::uint64_t version = 0;
    std::uint32_t part = 0;
    bool last = true;
};

// For people: "message 0190…", "part 2 of version 3 of file 0190…". Names no content.
std::string name_of(const Place &place);

constexpr std::size_t envelope_header_size = 72;
constexpr std::size_t envelope_tag_size = 16;
constexpr std::size_t envelope_segment_size = 65536;
constexpr std::size_t envelope_overhead = envelope_header_size + envelope_tag_size;
constexpr std::size_t plaintext_size_limit = std::size_t{1} << 30;

// The most that sealing so many bytes can give; compression only makes it less.
std::size_t sealed_size_limit(std::size_t plaintext_size);

// Throws Errc::too_large above plaintext_size_limit.
Bytes seal(const SecretKey &key, std::uint64_t key_id, const Place &place, ByteView plaintext);
void seal(const SecretKey &key, std::uint64_t key_id, const Place &place, ByteView plaintext,
          const Memory &sealed);

// Throws Errc::unknown_format for a version, suite, flag or rule that this code
// does not have, and otherwise Errc::does_not_open with one and the same text:
// wrong key, moved, cut, extended or changed are not told apart.
// What was taken as memory is zeros when it throws.
SecretBytes open(const SecretKey &key, const Place &place, ByteView sealed);
void open(const SecretKey &key, const Place &place, ByteView sealed, const Memory &plaintext);

// Which data key to fetch before open(). Checked as open() checks a header, but
// not authenticated: a changed id finds another key, and open() then fails.
std::uint64_t sealed_key_id(ByteView sealed);
std::uint64_t sealed_key_id(ByteView sealed, const Place &place);

// The one answer to everything that does not open; says what, and never why.
Error does_not_open(const Place &place);

}  // namespace vvault
