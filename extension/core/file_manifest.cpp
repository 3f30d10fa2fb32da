#include "file_manifest.hpp"

#include "error.hpp"
#include "fields.hpp"

namespace vvault {

namespace {

constexpr std::size_t page_refs_max = 128;

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

Bytes encode_ref(const ChunkRef &ref) {
    Bytes bytes;
    bytes.reserve(chunk_ref_size);
    append(bytes, ref.id);
    append(bytes, ref.key);
    append_be64(bytes, ref.size);
    return bytes;
}

ChunkRef decode_ref(std::span<const std::uint8_t, chunk_ref_size> bytes) {
    Fields fields(bytes);
    ChunkRef ref;
    ref.id = fields.take_array<16>();
    ref.key = fields.take_array<32>();
    ref.size = fields.take_be64();
    return ref;
}

Bytes encode_page(const ChunkRefs &refs) {
    Bytes page;
    page.reserve(refs.size() * chunk_ref_size);
    for (const ChunkRef &ref : refs) append(page, encode_ref(ref));
    return page;
}

ChunkRefs decode_page(ByteView page) {
    if (page.empty() || page.size() % chunk_ref_size != 0)
        throw Error(Errc::does_not_open, "sealed value does not open");
    ChunkRefs refs(page.size() / chunk_ref_size);
    for (ChunkRef &ref : refs) {
        ref = decode_ref(page.first<chunk_ref_size>());
        page = page.subspan(chunk_ref_size);
    }
    return refs;
}

}  // namespace vvault
