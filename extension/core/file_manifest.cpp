#include "file_manifest.hpp"

#include <algorithm>

#include "compression.hpp"
#include "error.hpp"

namespace vvault {

namespace {

constexpr std::size_t ref_size = 16 + 32 + 8;
constexpr std::size_t page_refs_max = 128;
constexpr std::size_t tail_limit = std::size_t{1} << 30;
constexpr std::size_t tail_worth_compressing = 96;

enum InfoFlag : std::uint8_t { continues_flag = 1, root_flag = 2, compressed_flag = 4 };

Error broken() {
    return Error(Errc::does_not_open, "sealed value does not open");
}

template <class Vector>
void put(Vector &to, ByteView bytes) {
    to.insert(to.end(), bytes.begin(), bytes.end());
}

template <class Vector>
void put_ref(Vector &to, const ChunkRef &ref) {
    put(to, ref.id);
    put(to, ref.key);
    Bytes size;
    append_be64(size, ref.size);
    put(to, size);
}

// Reads fields off the front, and refuses to read behind the end.
class Fields {
public:
    explicit Fields(ByteView bytes) : rest_(bytes) {}

    ByteView take(std::size_t count) {
        if (count > rest_.size()) throw broken();
        const ByteView taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    template <std::size_t size>
    std::array<std::uint8_t, size> take_array() {
        std::array<std::uint8_t, size> array;
        std::ranges::copy(take(size), array.begin());
        return array;
    }
    ChunkRef take_ref() {
        ChunkRef ref;
        ref.id = take_array<16>();
        ref.key = take_array<32>();
        ref.size = read_be64(take(8));
        return ref;
    }
    ByteView rest() const { return rest_; }

private:
    ByteView rest_;
};

}  // namespace

std::vector<ChunkRefs> split_into_pages(const ChunkRefs &refs) {
    std::vector<ChunkRefs> pages;
    bool open = false;
    for (const ChunkRef &ref : refs) {
        if (!open) pages.emplace_back();
        pages.back().push_back(ref);
        // One id in 64 ends a page; no page of one, or the tree would not get lower.
        const bool ends = (ref.id[0] & 63) == 0 && pages.back().size() > 1;
        open = !ends && pages.back().size() < page_refs_max;
    }
    return pages;
}

Bytes encode_page(const ChunkRefs &refs) {
    Bytes page;
    page.reserve(refs.size() * ref_size);
    for (const ChunkRef &ref : refs) put_ref(page, ref);
    return page;
}

ChunkRefs decode_page(ByteView page) {
    if (page.empty() || page.size() % ref_size != 0) throw broken();
    Fields fields(page);
    ChunkRefs refs(page.size() / ref_size);
    for (ChunkRef &ref : refs) ref = fields.take_ref();
    return refs;
}

SecretBytes encode_info(const FileInfo &info) {
    SecretBytes bytes;
    put(bytes, info.blind);
    put(bytes, info.sha256);
    Bytes length;
    append_be32(length, static_cast<std::uint32_t>(info.metadata.size()));
    put(bytes, length);
    put(bytes, as_bytes(info.metadata));
    const auto compressed = detail::compress(info.tail, tail_worth_compressing);
    bytes.push_back((info.continues ? continues_flag : 0) | (info.root ? root_flag : 0) |
                    (compressed ? compressed_flag : 0));
    if (info.root) {
        bytes.push_back(info.root->height);
        put_ref(bytes, info.root->top);
    }
    put(bytes, compressed ? *compressed : info.tail);
    return bytes;
}

FileInfo decode_info(ByteView bytes) {
    Fields fields(bytes);
    FileInfo info;
    info.blind = fields.take_array<info_blind_size>();
    info.sha256 = fields.take_array<32>();
    info.metadata = as_text(fields.take(read_be32(fields.take(4))));
    const std::uint8_t flags = fields.take(1)[0];
    info.continues = (flags & continues_flag) != 0;
    if ((flags & root_flag) != 0) {
        const std::uint8_t height = fields.take(1)[0];
        info.root = Root{height, fields.take_ref()};
    }
    if ((flags & compressed_flag) == 0) {
        info.tail.assign(fields.rest().begin(), fields.rest().end());
    } else {
        auto tail = detail::decompress(fields.rest(), tail_limit);
        if (!tail) throw broken();
        info.tail = std::move(*tail);
    }
    return info;
}

}  // namespace vvault
