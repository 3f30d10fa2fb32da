#include "entry.hpp"

#include <algorithm>
#include <charconv>

#include "core/error.hpp"
#include "flat_json.hpp"
#include "verdict.hpp"

namespace verifier {

namespace {

using vvault::Bytes;
using vvault::ByteView;
using vvault::Digest;

// Written as text, because a program that reads numbers as doubles would round it.
std::uint64_t xid_from(const std::string &text) {
    std::uint64_t xid = 0;
    const char *const end = text.data() + text.size();
    const auto [stopped, error] = std::from_chars(text.data(), end, xid);
    if (error != std::errc{} || stopped != end || std::to_string(xid) != text)
        refuse_member("xid", "is not a number from 0 to 2^64 - 1");
    return xid;
}

std::optional<Digest> commitment_from(FlatJson &json) {
    const auto salt = json.take_hex("salt");
    const auto payload = json.take_text("payload");
    if (salt.has_value() != payload.has_value())
        throw Unusable("it has a salt or a payload without the other");
    if (!salt) return std::nullopt;
    if (salt->size() != std::tuple_size_v<vvault::PayloadSalt>)
        refuse_member("salt", "is not 32 hex digits");
    return vvault::payload_commitment(*salt, vvault::as_bytes(*payload));
}

// The fields of a leaf input, one after the other.
class Fields {
public:
    explicit Fields(ByteView input) : rest_(input) {}

    ByteView take(std::size_t size) {
        if (rest_.size() < size) throw Unusable("its leaf input ends within a field");
        const ByteView taken = rest_.first(size);
        rest_ = rest_.subspan(size);
        return taken;
    }
    template <std::size_t size>
    std::array<std::uint8_t, size> take_array() {
        std::array<std::uint8_t, size> array;
        const ByteView taken = take(size);
        std::copy(taken.begin(), taken.end(), array.begin());
        return array;
    }
    std::string take_text() {
        return std::string(vvault::as_text(take(vvault::read_be16(take(2)))));
    }
    bool at_end() const { return rest_.empty(); }

private:
    ByteView rest_;
};

}  // namespace

std::string Entry::name() const {
    return "entry " + std::to_string(position) + " (" + vvault::uuid_text(leaf.id) + ")";
}

Entry entry_from_line(std::string_view line) {
    FlatJson json = FlatJson::from_text(line);
    Entry entry;
    entry.position = required(json.take_unsigned("position"), "position");
    auto &leaf = entry.leaf;
    leaf.id = required(json.take_uuid("id"), "id");
    leaf.user_id = required(json.take_uuid("user_id"), "user_id");
    leaf.stream_id = required(json.take_uuid("stream_id"), "stream_id");
    leaf.stream_seq = required(json.take_unsigned("stream_seq"), "stream_seq");
    leaf.previous = json.take_digest("previous_leaf").value_or(Digest{});
    leaf.event_type = required(json.take_text("event_type"), "event_type");
    leaf.timestamp_us = required(json.take_signed("timestamp_us"), "timestamp_us");
    leaf.actor = required(json.take_text("actor"), "actor");
    leaf.xid = xid_from(required(json.take_text("xid"), "xid"));
    entry.payload_commitment = commitment_from(json);
    const auto written = json.take_digest("payload_commitment");
    if (!written && !entry.payload_commitment)
        throw Unusable("it has neither a payload nor the commitment to one");
    leaf.payload_commitment = written ? *written : *entry.payload_commitment;
    leaf.content_commitment = json.take_digest("content_commitment").value_or(Digest{});
    entry.claimed_hash = required(json.take_digest("leaf_hash"), "leaf_hash");
    entry.proof = json.take_digests("proof");
    json.require_nothing_left();
    return entry;
}

Entry entry_from_leaf_input(std::uint64_t position, ByteView input) {
    Fields fields(input);
    if (vvault::as_text(fields.take(16)) != "vvault/entry/v1\n")
        throw Unusable("its leaf input is of another form");
    Entry entry{.position = position, .leaf = {}};
    auto &leaf = entry.leaf;
    leaf.id = fields.take_array<16>();
    leaf.user_id = fields.take_array<16>();
    leaf.stream_id = fields.take_array<16>();
    leaf.stream_seq = vvault::read_be64(fields.take(8));
    leaf.previous = fields.take_array<32>();
    leaf.event_type = fields.take_text();
    leaf.timestamp_us = static_cast<std::int64_t>(vvault::read_be64(fields.take(8)));
    leaf.actor = fields.take_text();
    leaf.xid = vvault::read_be64(fields.take(8));
    leaf.payload_commitment = fields.take_array<32>();
    leaf.content_commitment = fields.take_array<32>();
    if (!fields.at_end()) throw Unusable("its leaf input goes on after the last field");
    return entry;
}

}  // namespace verifier
