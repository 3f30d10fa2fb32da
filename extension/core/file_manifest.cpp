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

SecretBytes encode_ref(const ChunkRef &ref) {
    SecretBytes bytes;
    bytes.reserve(chunk_ref_size);
    put(bytes, ref.id);
    put(bytes, ref.key);
    put_be64(bytes, ref.size);
    return bytes;
}

ChunkRef decode_ref(std::span<const std::uint8_t, chunk_ref_size> bytes) {
    Fields fields(bytes);
    ChunkRef ref;
    ref.id = fields.take_array<16>();
    std::ranges::copy(fields.take(ref.key.size()), ref.key.begin());
    ref.size = fields.take_be64();
    return ref;
}

SecretBytes encode_page(const ChunkRefs &refs) {
    SecretBytes page;
    page.reserve(refs.size() * chunk_ref_size);
    for (const ChunkRef &ref : refs) put(page, encode_ref(ref));
    return page;
}

std::size_t refs_in(ByteView page) {
    if (page.empty() || page.size() % chunk_ref_size != 0)
        throw Error(Errc::does_not_open, "sealed value does not open");
    return page.size() / chunk_ref_size;
}

std::uint64_t size_of_ref(ByteView page, std::size_t number) {
    return read_be64(page.subspan((number + 1) * chunk_ref_size - sizeof(std::uint64_t)));
}

ChunkRef ref_in(ByteView page, std::size_t number) {
    return decode_ref(page.subspan(number * chunk_ref_size).first<chunk_ref_size>());
}

ChunkRefs decode_page(ByteView page) {
    ChunkRefs refs(refs_in(page));
    for (std::size_t i = 0; i < refs.size(); ++i) refs[i] = ref_in(page, i);
    return refs;
}

}  // namespace vvault
