#include "core/ledger_leaf.hpp"
#include "pg/message_seal.hpp"
#include "pg/sealed_values.hpp"

namespace vvault::pg {

// The random blind travels inside the sealed bytes, in front of the content: when the key
// goes, nobody can test a guess against the commitment in the ledger any more.
SealedMessage seal_message(const Uuid &owner, const Uuid &construct, const Uuid &message,
                           std::string_view content, std::optional<std::string_view> metadata) {
    const auto seal_as = [&](Kind kind, ByteView plaintext) {
        return seal_at({.kind = kind, .owner = owner, .object = message}, construct, plaintext);
    };
    std::array<std::uint8_t, message_blind_size> blind;
    randombytes_buf(blind.data(), blind.size());
    SecretBytes body;
    body.reserve(blind.size() + content.size());
    body.insert(body.end(), blind.begin(), blind.end());
    body.insert(body.end(), content.begin(), content.end());
    SealedMessage sealed;
    sealed.content = seal_as(Kind::message_content, body);
    if (metadata) sealed.metadata = seal_as(Kind::message_metadata, as_bytes(*metadata));
    sealed.commitment =
        content_commitment(blind, as_bytes(content), as_bytes(metadata.value_or("")));
    return sealed;
}

}  // namespace vvault::pg
