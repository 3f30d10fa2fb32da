#include "signed_note.hpp"

#include <algorithm>

#include "digest.hpp"
#include "error.hpp"
#include "text_repair.hpp"

namespace vvault {

namespace {

constexpr std::uint8_t ed25519_type = 0x01;
constexpr std::string_view signature_start = "\u2014 ";  // an em dash
// Each one costs a check; the reference implementation draws the line here too.
constexpr std::size_t most_signatures = 100;

// What has the property White_Space beyond the control characters.
constexpr std::string_view white_spaces[] = {" ",      "\u0085", "\u00a0", "\u1680", "\u2000",
                                             "\u2001", "\u2002", "\u2003", "\u2004", "\u2005",
                                             "\u2006", "\u2007", "\u2008", "\u2009", "\u200a",
                                             "\u2028", "\u2029", "\u202f", "\u205f", "\u3000"};

[[noreturn]] void refuse(const std::string &what) {
    throw Error(Errc::invalid_argument, what);
}

bool is_control(char c) {
    return static_cast<unsigned char>(c) < 0x20;
}

void require_text(std::string_view text, const char *what) {
    const auto control = [](char c) { return is_control(c) && c != '\n'; };
    if (std::any_of(text.begin(), text.end(), control))
        refuse(std::string(what) + " has control characters");
    if (replace_invalid_utf8(text)) refuse(std::string(what) + " is not UTF-8");
}

// Up to the separator, which is taken off too; everything when there is none.
std::string_view take_until(std::string_view &text, char separator) {
    const std::size_t end = std::min(text.find(separator), text.size());
    const std::string_view taken = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return taken;
}

NoteSignature signature_from(std::string_view line) {
    if (!line.starts_with(signature_start)) refuse("a signature of the note has no em dash");
    line.remove_prefix(signature_start.size());
    NoteSignature signature;
    signature.name = take_until(line, ' ');
    if (!is_note_name(signature.name)) refuse("a signature of the note has no proper name");
    const auto bytes = from_base64(line);
    if (!bytes || bytes->size() < 5) refuse("a signature of the note is no base64 of one");
    signature.key_id = read_be32(*bytes);
    signature.bytes.assign(bytes->begin() + 4, bytes->end());
    return signature;
}

bool is_good(const NoteSignature &signature, const NoteKey &key, std::string_view text) {
    return signature.bytes.size() == crypto_sign_BYTES &&
           crypto_sign_verify_detached(signature.bytes.data(), as_bytes(text).data(), text.size(),
                                       key.public_key.data()) == 0;
}

Bytes typed(const NotePublicKey &key) {
    Bytes bytes{ed25519_type};
    append(bytes, key);
    return bytes;
}

std::string signature_line(std::string_view text, const NoteSigner &signer) {
    NotePublicKey public_key;
    SecretBytes secret(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(public_key.data(), secret.data(), signer.seed.view().data());
    std::array<std::uint8_t, crypto_sign_BYTES> signature;
    crypto_sign_detached(signature.data(), nullptr, as_bytes(text).data(), text.size(),
                         secret.data());
    Bytes bytes;
    append_be32(bytes, NoteKey{signer.name, public_key}.id());
    append(bytes, signature);
    return std::string(signature_start) + signer.name + " " + base64(bytes) + "\n";
}

}  // namespace

bool is_note_name(std::string_view name) {
    const auto within = [&](std::string_view part) { return name.find(part) != name.npos; };
    return !name.empty() && !within("+") && std::none_of(name.begin(), name.end(), is_control) &&
           std::none_of(std::begin(white_spaces), std::end(white_spaces), within) &&
           !replace_invalid_utf8(name);
}

std::uint32_t NoteKey::id() const {
    return read_be32(sha256({as_bytes(name), as_bytes("\n"), typed(public_key)}));
}

std::string NoteKey::text() const {
    Bytes id_bytes;
    append_be32(id_bytes, id());
    return name + "+" + hex(id_bytes) + "+" + base64(typed(public_key));
}

NoteKey NoteKey::from_text(std::string_view text) {
    std::string_view rest = text;
    NoteKey key;
    key.name = take_until(rest, '+');
    if (!is_note_name(key.name)) refuse("a verifier key begins with a name and a plus");
    const std::string_view id = take_until(rest, '+');
    const auto bytes = from_base64(rest);
    if (!bytes || bytes->empty()) refuse("a verifier key ends in base64");
    if (bytes->front() != ed25519_type) refuse("the verifier key is not one of Ed25519");
    if (bytes->size() != 1 + key.public_key.size())
        refuse("a public key of Ed25519 has 32 bytes, not " + std::to_string(bytes->size() - 1));
    std::copy(bytes->begin() + 1, bytes->end(), key.public_key.begin());
    if (key.text() != text)
        refuse("the id \"" + std::string(id) + "\" is not that of the verifier key");
    return key;
}

NoteKey NoteSigner::key() const {
    NoteKey key{.name = name};
    SecretBytes secret(crypto_sign_SECRETKEYBYTES);
    crypto_sign_seed_keypair(key.public_key.data(), secret.data(), seed.view().data());
    return key;
}

SignedNote SignedNote::from_text(std::string_view note) {
    require_text(note, "the note");
    // The last one: the text may have empty lines of its own.
    const std::size_t empty_line = note.rfind("\n\n");
    if (empty_line == note.npos) refuse("the note has no empty line before its signatures");
    std::string_view lines = note.substr(empty_line + 2);
    if (lines.empty()) refuse("the note has no signatures");
    if (lines.back() != '\n') refuse("the last line of the note has no end");

    SignedNote parsed;
    parsed.text = note.substr(0, empty_line + 1);
    while (!lines.empty()) {
        if (parsed.signatures.size() == most_signatures)
            refuse("the note has more than " + std::to_string(most_signatures) + " signatures");
        parsed.signatures.push_back(signature_from(take_until(lines, '\n')));
    }
    return parsed;
}

std::string sign_note(std::string_view text, std::span<const NoteSigner> signers) {
    require_text(text, "the text of a note");
    if (!text.ends_with('\n')) refuse("the text of a note ends in a newline");
    if (signers.empty()) refuse("a note is signed by somebody");
    std::string note(text);
    note += '\n';
    for (const NoteSigner &signer : signers) {
        if (!is_note_name(signer.name))
            refuse("\"" + signer.name + "\" cannot be the name of a signer");
        note += signature_line(text, signer);
    }
    return note;
}

std::vector<NoteKey> signers_of(const SignedNote &note, std::span<const NoteKey> keys) {
    std::vector<bool> signed_by(keys.size(), false);
    for (const NoteSignature &signature : note.signatures) {
        bool known = false, good = false;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (keys[i].name != signature.name || keys[i].id() != signature.key_id) continue;
            known = true;
            if (!is_good(signature, keys[i], note.text)) continue;
            good = true;
            signed_by[i] = true;
        }
        if (known && !good)
            throw Error(Errc::does_not_open,
                        "the signature by \"" + signature.name + "\" is not of this text");
    }
    std::vector<NoteKey> signers;
    for (std::size_t i = 0; i < keys.size(); ++i)
        if (signed_by[i]) signers.push_back(keys[i]);
    return signers;
}

}  // namespace vvault
