#include "pg/ledger_signing.hpp"

#include <algorithm>
#include <vector>

#include "core/error.hpp"
#include "core/key_ring.hpp"
#include "pg/datum.hpp"
#include "pg/secret_file.hpp"
#include "pg/settings.hpp"
#include "pg/system_events.hpp"

namespace vvault::pg {

namespace {

Statement known_keys{
    "SELECT name, public_key FROM vvault.ledger_signing_keys ORDER BY from_size DESC, name", {}};
constexpr Oid key_types[] = {INT8OID, TEXTOID, BYTEAOID};
Statement add_key{
    "INSERT INTO vvault.ledger_signing_keys (from_size, name, public_key) VALUES ($1, $2, $3)",
    key_types};

KeyRing read_ring() {
    const std::string path = ledger_key_file();
    if (path.empty())
        throw Error(Errc::signing_key, "the ledger's checkpoints are not signed")
            .detail("vvault.ledger_key_file is empty.");
    const auto file = read_secret_file(path);
    if (!file)
        throw Error(Errc::signing_key, "the ledger's checkpoints are not signed")
            .detail("There is no file \"" + path + "\" (vvault.ledger_key_file).");
    return KeyRing::parse(file->content);
}

void remember(const NoteKey &key, std::uint64_t from_size) {
    Datum values[] = {Int64GetDatum(static_cast<int64>(from_size)), text_datum(key.name),
                      bytea_datum(key.public_key)};
    execute(add_key, {values}, Sees::transaction);
}

// Of a verifier key only the name may have characters that JSON does not take as they are.
void announce(const NoteKey &key) {
    std::string quoted;
    for (const char c : key.text()) {
        if (c == '"' || c == '\\') quoted += '\\';
        quoted += c;
    }
    record_system_event("ledger.key_announced", "{\"key\":\"" + quoted + "\"}");
}

// The key of that public key that the ring has, under the name it signed with.
std::optional<NoteSigner> signer_of(const KeyRing &ring, const NoteKey &key) {
    for (const int number : ring.numbers()) {
        const NoteSigner signer{key.name, *ring.find(number)};
        if (signer.key() == key) return signer;
    }
    return std::nullopt;
}

std::vector<NoteSigner> signers(const KeyRing &ring, const NoteSigner &newest, LedgerState &state) {
    const std::vector<NoteKey> known = ledger_keys();
    const NoteKey key = newest.key();
    if (std::ranges::find(known, key) != known.end()) return {newest};
    std::vector<NoteSigner> chosen;
    if (!known.empty())
        if (const auto before = signer_of(ring, known.front())) chosen.push_back(*before);
    const bool is_announced = state.announced_key == key.text();
    if (!is_announced) announce(key);
    // The first key of a name signs at once, as nothing else can sign for that name; another one
    // after the entry that announced it.
    if (!is_announced && !known.empty() && known.front().name == key.name) {
        state.announced_key = key.text();
        return chosen;
    }
    remember(key, state.size);
    state.announced_key.clear();
    chosen.push_back(newest);
    return chosen;
}

std::optional<std::string> sign(const Digest &root, LedgerState &state) {
    const KeyRing ring = read_ring();
    const std::string name = ledger_name(state.incarnation);
    if (!is_note_name(name))
        throw Error(Errc::signing_key, "the ledger's checkpoints are not signed")
            .detail("vvault.ledger_origin has white space or a plus sign in it.");
    const NoteSigner newest{name, *ring.find(ring.newest())};
    const std::vector<NoteSigner> chosen = signers(ring, newest, state);
    if (chosen.empty()) return std::nullopt;
    return sign_note(Checkpoint{name, state.size, root}.text(), chosen);
}

}  // namespace

std::vector<NoteKey> ledger_keys() {
    std::vector<NoteKey> keys;
    const std::uint64_t rows = execute(known_keys, {}, Sees::transaction);
    for (std::uint64_t row = 0; row < rows; ++row) {
        NoteKey key;
        key.name = text_of(value_at(row, 1).datum);
        const ByteView bytes = bytes_of(value_at(row, 2).datum);
        if (bytes.size() != key.public_key.size()) continue;
        std::ranges::copy(bytes, key.public_key.begin());
        keys.push_back(key);
    }
    return keys;
}

std::string ledger_name(int incarnation) {
    std::string name = ledger_origin();
    if (name.empty()) name = "vvault/" + uuid_text(installation_id());
    if (incarnation > 1) name += "/" + std::to_string(incarnation);
    return name;
}

std::optional<std::string> sign_checkpoint(const Digest &root, LedgerState &state) {
    try {
        return sign(root, state);
    } catch (const Error &) {
        // The tree grows all the same. Whoever asks for a signature is told what is wrong.
        return std::nullopt;
    }
}

std::string signing_problem() {
    try {
        read_ring();
        return {};
    } catch (const Error &error) {
        return error.detail().empty() ? error.message() : error.detail();
    }
}

}  // namespace vvault::pg
