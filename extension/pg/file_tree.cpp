#include <algorithm>
#include <numeric>

#include "core/error.hpp"
#include "pg/boundary.hpp"
#include "pg/file_tree.hpp"

namespace vvault::pg {

namespace {

// 64 references a page: what is higher than this is no file.
constexpr int height_limit = 12;

std::uint64_t size_of(const ChunkRefs &refs) {
    return std::accumulate(refs.begin(), refs.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const ChunkRef &ref) { return sum + ref.size; });
}

Error does_not_fit() {
    return Error(Errc::does_not_open, "sealed value does not open")
        .detail("A chunk of the file has another size than its page says.");
}

}  // namespace

TreeParts FileTree::keep(const ChunkRefs &leaves) const {
    TreeParts parts;
    parts.leaves = leaves;
    for (const ChunkRef &ref : leaves) parts.ids.insert(ref.id);
    ChunkRefs level = leaves;
    std::uint8_t height = 0;
    while (level.size() > 1) {
        ChunkRefs above;
        for (const ChunkRefs &page : split_into_pages(level)) {
            const SecretBytes encoded = encode_page(page);
            const ChunkRef ref = chunks_.name(Kind::file_page, encoded, size_of(page));
            chunks_.keep(Kind::file_page, ref, encoded);
            parts.ids.insert(ref.id);
            above.push_back(ref);
        }
        level = std::move(above);
        ++height;
    }
    if (!level.empty()) parts.root = Root{height, level.front()};
    return parts;
}

SecretBytes FileTree::open_page(const ChunkRef &ref) const {
    SecretBytes page = chunks_.open(Kind::file_page, ref);
    std::uint64_t size = 0;
    for (std::size_t i = 0; i < refs_in(page); ++i) size += size_of_ref(page, i);
    if (size != ref.size) throw does_not_fit();
    return page;
}

TreeParts FileTree::parts(const std::optional<Root> &root) const {
    TreeParts parts;
    parts.root = root;
    if (!root) return parts;
    if (root->height > height_limit) throw does_not_fit();
    take_apart(root->top, root->height, parts);
    return parts;
}

void FileTree::take_apart(const ChunkRef &ref, int height, TreeParts &parts) const {
    parts.ids.insert(ref.id);
    if (height == 0)
        parts.leaves.push_back(ref);
    else
        for (const ChunkRef &below : decode_page(open_page(ref)))
            take_apart(below, height - 1, parts);
}

void FileTree::read(const Root &root, std::uint64_t offset, std::span<std::uint8_t> content) const {
    if (root.height > height_limit) throw does_not_fit();
    read_below(root.top, root.height, offset, content);
}

void FileTree::read_below(const ChunkRef &ref, int height, std::uint64_t offset,
                          std::span<std::uint8_t> content) const {
    check_for_interrupts();
    if (height == 0) {
        const SecretBytes chunk = chunks_.open(Kind::file_chunk, ref);
        if (chunk.size() != ref.size) throw does_not_fit();
        std::copy_n(chunk.begin() + offset, content.size(), content.begin());
        return;
    }
    const SecretBytes page = open_page(ref);
    for (std::size_t i = 0; i < refs_in(page) && !content.empty(); ++i) {
        const std::uint64_t size = size_of_ref(page, i);
        if (offset >= size) {
            offset -= size;
            continue;
        }
        const std::size_t here = std::min<std::uint64_t>(content.size(), size - offset);
        read_below(ref_in(page, i), height - 1, offset, content.first(here));
        content = content.subspan(here);
        offset = 0;
    }
}

}  // namespace vvault::pg
