#include "ledger_leaf.hpp"

#include <limits>

#include "digest.hpp"
#include "error.hpp"

namespace vvault {

namespace {

void append_text(Bytes &to, const char *field, const std::string &text) {
    if (text.size() > std::numeric_limits<std::uint16_t>::max())
        throw Error(Errc::invalid_argument,
                    std::string(field) + " of a ledger entry is over 65535 bytes");
    append_be16(to, static_cast<std::uint16_t>(text.size()));
    append(to, as_bytes(text));
}

void require_random(const char *name, ByteView bytes, std::size_t size) {
    if (bytes.size() != size)
        throw Error(Errc::invalid_argument, std::string(name) + " of a commitment has " +
                                                std::to_string(size) + " bytes, not " +
                                                std::to_string(bytes.size()));
}

}  // namespace

Bytes leaf_input(const LedgerLeaf &leaf) {
    Bytes input;
    input.reserve(256);
    append(input, as_bytes("vvault/entry/v1\n"));
    append(input, leaf.id);
    append(input, leaf.user_id);
    append(input, leaf.stream_id);
    append_be64(input, leaf.stream_seq);
    append(input, leaf.previous);
    append_text(input, "event type", leaf.event_type);
    append_be64(input, static_cast<std::uint64_t>(leaf.timestamp_us));
    append_text(input, "actor", leaf.actor);
    append_be64(input, leaf.xid);
    append(input, leaf.payload_commitment);
    append(input, leaf.content_commitment);
    return input;
}

Digest leaf_hash(ByteView leaf_input) {
    // RFC 6962: 0x00 before a leaf and 0x01 before a node, so that neither can
    // be passed off as the other.
    constexpr std::uint8_t leaf_prefix[] = {0x00};
    return sha256({leaf_prefix, leaf_input});
}

Digest leaf_hash(const LedgerLeaf &leaf) {
    return leaf_hash(leaf_input(leaf));
}

Digest payload_commitment(ByteView salt, ByteView payload) {
    require_random("salt", salt, std::tuple_size_v<PayloadSalt>);
    return sha256({as_bytes("vvault/payload/v1\n"), salt, payload});
}

Digest content_commitment(ByteView blind, ByteView content, ByteView metadata) {
    return content_commitment_of(blind, sha256({content}), metadata);
}

Digest content_commitment_of(ByteView blind, const Digest &content_sha256, ByteView metadata) {
    require_random("blind", blind, std::tuple_size_v<Digest>);
    return sha256({as_bytes("vvault/content/v1\n"), blind, content_sha256, sha256({metadata})});
}

}  // namespace vvault
