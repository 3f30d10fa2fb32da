// Signed notes as C2SP has them: a text that people can read, an empty line, and a
// line for each signature. Ed25519 only (type 0x01); lines of other kinds and of
// other people's keys are kept and ignored. What the text means is not known here.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"
#include "secret.hpp"

namespace vvault {

using NotePublicKey = std::array<std::uint8_t, 32>;

// Whose signatures are believed: `<name>+<key id in hex>+<base64 of type and key>`.
struct NoteKey {
    std::string name;
    NotePublicKey public_key{};

    // The first 32 bits of SHA-256(name ‖ "\n" ‖ type ‖ key).
    std::uint32_t id() const;
    std::string text() const;
    // Errc::invalid_argument, saying what is wrong, also for an id that is not the key's.
    static NoteKey from_text(std::string_view text);

    bool operator==(const NoteKey &) const = default;
};

// A name is UTF-8, not empty, and has no white space and no plus.
bool is_note_name(std::string_view name);

struct NoteSigner {
    std::string name;
    const SecretKey &seed;  // of Ed25519, from which both keys follow

    NoteKey key() const;
};

struct NoteSignature {
    std::string name;
    std::uint32_t key_id = 0;
    Bytes bytes;  // 64 for Ed25519; of another kind, what it is
};

struct SignedNote {
    std::string text;  // with its last newline: what is signed
    std::vector<NoteSignature> signatures;

    // Throws Errc::invalid_argument, saying what is wrong. Signatures are not checked.
    static SignedNote from_text(std::string_view note);
};

// The note, one signature a signer. The text is UTF-8 without control characters but
// newlines, and ends in one; else Errc::invalid_argument.
std::string sign_note(std::string_view text, std::span<const NoteSigner> signers);

// Those of the keys that signed the note, in the keys' order; none is an answer too.
// A signature that says it is by one of them and is not spoils the note:
// Errc::does_not_open.
std::vector<NoteKey> signers_of(const SignedNote &note, std::span<const NoteKey> keys);

}  // namespace vvault
