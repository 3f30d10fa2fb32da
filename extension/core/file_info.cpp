#include "file_info.hpp"

#include "compression.hpp"
#include "digest.hpp"
#include "error.hpp"
#include "fields.hpp"

namespace vvault {

namespace {

constexpr std::size_t tail_limit = std::size_t{1} << 30;
constexpr std::size_t tail_worth_compressing = 96;
constexpr std::size_t past_versions_max = 127;

enum InfoFlag : std::uint8_t {
    continues_flag = 1,
    root_flag = 2,
    compressed_flag = 4,
    metadata_flag = 8,
    past_flag = 16,
    shredding_flag = 32,
    all_flags = 63,
};
enum PastFlag : std::uint8_t { past_elsewhere = 1, past_root = 2, past_compressed = 4 };

Error broken() {
    return Error(Errc::does_not_open, "sealed value does not open");
}

void put_text(SecretBytes &to, const std::string &text) {
    put_number(to, text.size());
    put(to, as_bytes(text));
}

std::string take_text(Fields &from) {
    return std::string(as_text(from.take(from.take_number())));
}

void put_root(SecretBytes &to, const Root &root) {
    to.push_back(root.height);
    put(to, encode_ref(root.top));
}

Root take_root(Fields &from) {
    const std::uint8_t height = from.take_byte();
    return Root{height, decode_ref(from.take(chunk_ref_size).first<chunk_ref_size>())};
}

std::optional<SecretBytes> compressed(const SecretBytes &tail) {
    return detail::compress(tail, tail_worth_compressing);
}

SecretBytes tail_of(ByteView stored, bool compressed) {
    if (!compressed) return SecretBytes(stored.begin(), stored.end());
    auto tail = detail::decompress(stored, tail_limit);
    if (!tail) throw broken();
    return std::move(*tail);
}

void put_past(SecretBytes &to, const PastVersions &past) {
    const auto tail = compressed(past.tail);
    to.push_back(static_cast<std::uint8_t>((past.begin_this ? 0 : past_elsewhere) |
                                           (past.root ? past_root : 0) |
                                           (tail ? past_compressed : 0)));
    put_number(to, past.last);
    put(to, past.seed);
    if (past.root) put_root(to, *past.root);
    if (!past.begin_this) {
        const SecretBytes &stored = tail ? *tail : past.tail;
        put_number(to, stored.size());
        put(to, stored);
    }
    put_number(to, past.versions.size());
    std::uint64_t size = 0;
    for (const PastVersion &version : past.versions) {
        put(to, version.sha256);
        put_number(to, version.size - size);
        put_text(to, version.metadata);
        size = version.size;
    }
}

PastVersions take_past(Fields &from) {
    PastVersions past;
    const std::uint8_t flags = from.take_byte();
    past.begin_this = (flags & past_elsewhere) == 0;
    past.last = from.take_number();
    past.seed = from.take_array<sizeof(Seed)>();
    if ((flags & past_root) != 0) past.root = take_root(from);
    if (!past.begin_this)
        past.tail = tail_of(from.take(from.take_number()), (flags & past_compressed) != 0);
    const std::uint64_t count = from.take_number();
    if (count < 1 || count > past_versions_max || count > past.last) throw broken();
    std::uint64_t size = 0;
    for (std::uint64_t i = 0; i < count; ++i) {
        PastVersion version;
        version.sha256 = from.take_array<sizeof(Digest)>();
        version.size = size += from.take_number();
        version.metadata = take_text(from);
        past.versions.push_back(std::move(version));
    }
    return past;
}

}  // namespace

Digest version_blind(const Seed &seed, std::uint64_t version) {
    Bytes number;
    append_be64(number, version);
    return keyed_digest(SecretKey::from(seed), {as_bytes("vvault/blind/1"), number});
}

SecretBytes encode_info(const FileInfo &info) {
    const auto tail = compressed(info.tail);
    SecretBytes bytes;
    bytes.push_back(static_cast<std::uint8_t>(
        (info.continues ? continues_flag : 0) | (info.root ? root_flag : 0) |
        (tail ? compressed_flag : 0) | (info.metadata.empty() ? 0 : metadata_flag) |
        (info.past ? past_flag : 0) | (info.follows_shredding ? shredding_flag : 0)));
    put(bytes, info.sha256);
    if (!info.continues) put(bytes, info.seed);
    if (!info.metadata.empty()) put_text(bytes, info.metadata);
    if (info.root) put_root(bytes, *info.root);
    if (info.past) put_past(bytes, *info.past);
    put(bytes, tail ? *tail : info.tail);
    return bytes;
}

FileInfo decode_info(ByteView bytes) {
    Fields fields(bytes);
    FileInfo info;
    const std::uint8_t flags = fields.take_byte();
    if ((flags & ~all_flags) != 0) throw broken();
    info.continues = (flags & continues_flag) != 0;
    info.follows_shredding = (flags & shredding_flag) != 0;
    info.sha256 = fields.take_array<sizeof(Digest)>();
    if (!info.continues) info.seed = fields.take_array<sizeof(Seed)>();
    if ((flags & metadata_flag) != 0) info.metadata = take_text(fields);
    if ((flags & root_flag) != 0) info.root = take_root(fields);
    if ((flags & past_flag) != 0) info.past = take_past(fields);
    info.tail = tail_of(fields.take_rest(), (flags & compressed_flag) != 0);
    if (info.continues && (info.root || info.past || info.follows_shredding)) throw broken();
    return info;
}

}  // namespace vvault
