#include "envelope.hpp"

#include <algorithm>

#include "compression.hpp"
#include "envelope_detail.hpp"
#include "error.hpp"

namespace vvault {

namespace detail {

namespace {

constexpr std::uint8_t format_version = 1;
constexpr std::uint8_t flag_zstd = 1;
constexpr std::uint8_t flag_segmented = 4;  // every body of version 1 is
constexpr std::uint8_t rule_1 = 1;
constexpr std::uint8_t log2_segment_size = 16;
static_assert(std::size_t{1} << log2_segment_size == envelope_segment_size);

// The part of the header that the keys are derived from.
constexpr std::size_t hashed_header_size = 40;
static_assert(hashed_header_size + sizeof(Digest) == envelope_header_size);

std::string which(const Place *place) {
    return place == nullptr ? "" : "What does not open: " + name_of(*place) + ".";
}

Error unknown_format(const char *what, const Place *place) {
    const std::string before = place == nullptr ? "" : which(place) + " ";
    return Error(Errc::unknown_format, "sealed value has an unknown format")
        .detail(before + "Unknown " + what + " in its header.")
        .hint("It may have been written by a later version of vvault.");
}

Bytes hashed_header(const Header &header) {
    Bytes bytes;
    bytes.reserve(envelope_header_size);
    append(bytes, as_bytes("VV"));
    bytes.push_back(format_version);
    bytes.push_back(static_cast<std::uint8_t>(header.suite));
    bytes.push_back(flag_segmented | (header.compressed ? flag_zstd : 0));
    bytes.push_back(rule_1);
    bytes.push_back(log2_segment_size);
    bytes.push_back(0);  // no dictionary
    append_be64(bytes, header.key_id);
    append(bytes, header.salt);
    return bytes;
}

// One keyed BLAKE2b-512 over header and place gives the key of this envelope and
// a commitment to it. GCM and Poly1305 do not commit to their key: without the
// commitment one body could be made to open to two texts under two data keys.
class EnvelopeKeys {
public:
    EnvelopeKeys(const SecretKey &data_key, ByteView hashed_header, const Place &place) {
        if (data_key.view().empty()) throw Error(Errc::internal, "no data key to seal or open by");
        const Bytes context = associated_data(place);
        std::array<std::uint8_t, 8> length_le{static_cast<std::uint8_t>(context.size())};
        crypto_generichash_state state;
        crypto_generichash_init(&state, data_key.view().data(), data_key.view().size(),
                                bytes_.size());
        crypto_generichash_update(&state, hashed_header.data(), hashed_header.size());
        crypto_generichash_update(&state, length_le.data(), length_le.size());
        crypto_generichash_update(&state, context.data(), context.size());
        crypto_generichash_final(&state, bytes_.data(), bytes_.size());
        sodium_memzero(&state, sizeof state);
    }
    ~EnvelopeKeys() { sodium_memzero(bytes_.data(), bytes_.size()); }
    EnvelopeKeys(const EnvelopeKeys &) = delete;
    EnvelopeKeys &operator=(const EnvelopeKeys &) = delete;

    SegmentKey segment_key() const { return ByteView(bytes_).first(32); }
    ByteView commitment() const { return ByteView(bytes_).last(32); }

private:
    std::array<std::uint8_t, 64> bytes_;
};

}  // namespace

Bytes associated_data(const Place &place) {
    Bytes bytes;
    bytes.reserve(54);
    append(bytes, as_bytes("vvault/1"));
    bytes.push_back(static_cast<std::uint8_t>(place.kind));
    append(bytes, place.owner);
    append(bytes, place.object);
    append_be64(bytes, place.version);
    append_be32(bytes, place.part);
    bytes.push_back(place.last ? 1 : 0);
    return bytes;
}

Header parse_header(ByteView sealed, const Place *place) {
    if (sealed.size() < envelope_overhead || sealed[0] != 'V' || sealed[1] != 'V')
        throw Error(Errc::does_not_open, "sealed value does not open").detail(which(place));
    if (sealed[2] != format_version) throw unknown_format("version", place);
    Header header;
    header.suite = static_cast<Suite>(sealed[3]);
    if (header.suite != Suite::aes_256_gcm && header.suite != Suite::chacha20_poly1305)
        throw unknown_format("cipher suite", place);
    if ((sealed[4] & ~flag_zstd) != flag_segmented) throw unknown_format("flag", place);
    header.compressed = (sealed[4] & flag_zstd) != 0;
    if (sealed[5] != rule_1) throw unknown_format("rule for associated data", place);
    if (sealed[6] != log2_segment_size) throw unknown_format("segment size", place);
    if (sealed[7] != 0) throw unknown_format("dictionary", place);
    header.key_id = read_be64(sealed.subspan(8));
    std::copy_n(sealed.begin() + 16, header.salt.size(), header.salt.begin());
    std::copy_n(sealed.begin() + hashed_header_size, header.commitment.size(),
                header.commitment.begin());
    return header;
}

void seal_body(const SecretKey &key, const Place &place, ByteView body, const Header &header,
               const Memory &memory) {
    const Bytes head = hashed_header(header);
    const EnvelopeKeys keys(key, head, place);
    const auto sealed =
        memory.take(memory.owner, envelope_header_size + sealed_body_size(body.size()));
    const auto after_head = std::ranges::copy(head, sealed.begin()).out;
    std::ranges::copy(keys.commitment(), after_head);
    seal_segments(header.suite, keys.segment_key(), body, sealed.subspan(envelope_header_size));
}

Bytes seal_body(const SecretKey &key, const Place &place, ByteView body, const Header &header) {
    Bytes sealed;
    seal_body(key, place, body, header, memory_of(sealed));
    return sealed;
}

void seal_with_salt(const SecretKey &key, std::uint64_t key_id, const Place &place,
                    ByteView plaintext, Suite suite, const Salt &salt, const Memory &sealed) {
    const auto compressed = compress(plaintext);
    seal_body(key, place, compressed ? ByteView(*compressed) : plaintext,
              Header{.suite = suite,
                     .compressed = compressed.has_value(),
                     .key_id = key_id,
                     .salt = salt,
                     .commitment = {}},
              sealed);
}

Bytes seal_with_salt(const SecretKey &key, std::uint64_t key_id, const Place &place,
                     ByteView plaintext, Suite suite, const Salt &salt) {
    Bytes sealed;
    seal_with_salt(key, key_id, place, plaintext, suite, salt, memory_of(sealed));
    return sealed;
}

}  // namespace detail

std::string name_of(const Place &place) {
    const std::string object = uuid_text(place.object);
    const std::string version = "version " + std::to_string(place.version) + " of file " + object;
    switch (place.kind) {
        case Kind::message_content:
            return "message " + object;
        case Kind::message_metadata:
            return "metadata of message " + object;
        case Kind::file_chunk:
            return "chunk " + object;
        case Kind::file_info:
            return "info of " + version;
        case Kind::session_title:
            return "title of session " + object;
        case Kind::file_page:
            return "page of chunks " + object;
        case Kind::upload_state:
            return "state of upload " + object;
        case Kind::upload_part:
            return "part " + std::to_string(place.part) + " of upload " + object;
        case Kind::mirror_object:
        case Kind::mirror_keys:
            return "part " + std::to_string(place.part) + " of generation " +
                   std::to_string(place.version) + " of mirror " + object;
        case Kind::mirror_head:
            return "head " + std::to_string(place.version) + " of mirror " + object;
    }
    return "object " + object;
}

std::size_t sealed_size_limit(std::size_t plaintext_size) {
    return envelope_header_size + detail::sealed_body_size(plaintext_size);
}

void seal(const SecretKey &key, std::uint64_t key_id, const Place &place, ByteView plaintext,
          const Memory &sealed) {
    if (plaintext.size() > plaintext_size_limit)
        throw Error(Errc::too_large, "content is too large to be sealed")
            .detail("It has " + std::to_string(plaintext.size()) + " bytes; the limit is " +
                    std::to_string(plaintext_size_limit) + ".");
    detail::Salt salt;
    randombytes_buf(salt.data(), salt.size());
    detail::seal_with_salt(key, key_id, place, plaintext, detail::preferred_suite(), salt, sealed);
}

Bytes seal(const SecretKey &key, std::uint64_t key_id, const Place &place, ByteView plaintext) {
    Bytes sealed;
    seal(key, key_id, place, plaintext, memory_of(sealed));
    return sealed;
}

void open(const SecretKey &key, const Place &place, ByteView sealed, const Memory &memory) {
    const detail::Header header = detail::parse_header(sealed, &place);
    const detail::EnvelopeKeys keys(key, sealed.first(detail::hashed_header_size), place);
    const ByteView sealed_body = sealed.subspan(envelope_header_size);
    const auto body_size = detail::plain_body_size(sealed_body.size());
    const auto open_body = [&](std::span<std::uint8_t> body) {
        if (detail::open_segments(header.suite, keys.segment_key(), sealed_body, body)) return true;
        sodium_memzero(body.data(), body.size());
        return false;
    };

    // The commitment first: a wrong key or place costs one hash, and nothing is
    // deciphered for it.
    if (body_size && sodium_memcmp(keys.commitment().data(), header.commitment.data(),
                                   header.commitment.size()) == 0) {
        if (!header.compressed) {
            if (open_body(memory.take(memory.owner, *body_size))) return;
        } else {
            SecretBytes body(*body_size);
            if (open_body(body) && detail::decompress(body, plaintext_size_limit, memory)) return;
        }
    }
    throw does_not_open(place);
}

SecretBytes open(const SecretKey &key, const Place &place, ByteView sealed) {
    SecretBytes plaintext;
    open(key, place, sealed, memory_of(plaintext));
    return plaintext;
}

std::uint64_t sealed_key_id(ByteView sealed) {
    return detail::parse_header(sealed).key_id;
}

std::uint64_t sealed_key_id(ByteView sealed, const Place &place) {
    return detail::parse_header(sealed, &place).key_id;
}

Error does_not_open(const Place &place) {
    return Error(Errc::does_not_open, "sealed value does not open").detail(detail::which(&place));
}

}  // namespace vvault
