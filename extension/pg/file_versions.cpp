#include <algorithm>

#include "core/digest.hpp"
#include "core/ledger_leaf.hpp"
#include "pg/chunk_store.hpp"
#include "pg/chunk_uses.hpp"
#include "pg/datum.hpp"
#include "pg/file_tails.hpp"
#include "pg/file_tree.hpp"
#include "pg/file_versions.hpp"
#include "pg/sealed_values.hpp"
#include "pg/whole_version.hpp"

namespace vvault::pg {

namespace {

// What is left behind the last cut of new content becomes a chunk from here on, so that the
// same content at another path is found again. Below, a chunk's row costs more than it saves.
constexpr std::size_t remainder_worth_chunk = 2048;

Datum seal_info(const FileVersion &version, const FileInfo &info) {
    return seal_at(info_place(version), version.file, encode_info(info));
}

Digest commitment_of(const FileVersion &version, const Seed &seed, const FileInfo &info) {
    const Digest blind = version_blind(seed, static_cast<std::uint64_t>(version.number));
    return content_commitment_of(blind, info.sha256, as_bytes(info.metadata));
}

WholeVersion require_whole(const FileVersion &version) {
    auto whole = find_whole_version(version);
    if (!whole) throw Error(Errc::shredded, "the content was destroyed with its key");
    return std::move(*whole);
}

// The version that another one is to be stored beside. Where its key was destroyed, what
// follows is a new file.
struct Before {
    std::int64_t number = 0;
    std::optional<WholeVersion> whole;
    TreeParts parts;
    bool was_shredded = false;
};

Before find_before(const FileVersion &version, const FileTree &tree,
                   std::optional<std::int64_t> number) {
    Before before;
    if (!number) return before;
    before.number = *number;
    before.whole = find_whole_version({version.owner, version.file, *number});
    before.was_shredded = !before.whole;
    if (before.whole) before.parts = tree.parts(before.whole->root);
    return before;
}

// A version that stands alone takes over those before it that did not. The beginning of what
// it has itself, or of what is kept with them.
std::optional<PastVersions> take_over(Before &before, bool begin_this) {
    if (!before.whole || before.whole->continued.empty()) return std::nullopt;
    PastVersions past;
    past.last = static_cast<std::uint64_t>(before.number);
    past.versions = std::move(before.whole->continued);
    past.seed = before.whole->seed;
    past.begin_this = begin_this;
    if (!begin_this) {
        past.root = before.whole->root;
        past.tail = std::move(before.whole->tail);
    }
    return past;
}

StoredVersion standing_alone(const FileVersion &version, FileInfo info) {
    randombytes_buf(info.seed.data(), info.seed.size());
    return {seal_info(version, info), commitment_of(version, info.seed, info)};
}

void cut(const ChunkStore &chunks, NewContent &now) {
    now.rest = *now.whole;
    // Small files need no key for chunks.
    if (now.rest.size() <= chunk_size_min) return;
    const Chunker &chunker = chunks.chunker();
    while (const std::size_t size = chunker.next_cut(now.rest)) {
        now.refs.push_back(chunks.name(Kind::file_chunk, now.rest.first(size), size));
        now.rest = now.rest.subspan(size);
        check_for_interrupts();
    }
}

// Whether the content goes on, behind its first chunks, with these bytes.
bool goes_on_with(const ChunkStore &chunks, const NewContent &now, std::size_t first,
                  ByteView bytes) {
    for (; first < now.refs.size() && !bytes.empty(); ++first) {
        const SecretBytes chunk = chunks.open(Kind::file_chunk, now.refs[first]);
        const std::size_t here = std::min(chunk.size(), bytes.size());
        if (!std::ranges::equal(ByteView(chunk).first(here), bytes.first(here))) return false;
        bytes = bytes.subspan(here);
    }
    return now.rest.size() >= bytes.size() &&
           std::ranges::equal(now.rest.first(bytes.size()), bytes);
}

// Chunks that are only named yet, as a content that is there as a whole has them.
void keep_named(const ChunkStore &chunks, const NewContent &now, std::size_t first) {
    std::uint64_t offset = 0;
    for (std::size_t i = 0; i < now.refs.size(); ++i) {
        const ChunkRef &ref = now.refs[i];
        if (i >= first) chunks.keep(Kind::file_chunk, ref, now.whole->subspan(offset, ref.size));
        offset += ref.size;
        check_for_interrupts();
    }
}

bool is_same(const WholeVersion &whole, const FileInfo &info) {
    return whole.sha256 == info.sha256 &&
           (info.metadata.empty() || whole.metadata == info.metadata);
}

// Root and tail of an old version alone, where a later one has more behind them.
TreeParts cut_to_size(const FileTree &tree, WholeVersion &whole) {
    if (whole.size >= whole.size_of_root()) {
        whole.tail.resize(whole.size - whole.size_of_root());
        return tree.parts(whole.root);
    }
    ChunkRefs leaves;
    std::uint64_t kept = 0;
    for (const ChunkRef &leaf : tree.parts(whole.root).leaves) {
        if (kept + leaf.size > whole.size) break;
        leaves.push_back(leaf);
        kept += leaf.size;
    }
    whole.tail.resize(whole.size - kept);
    tree.read(*whole.root, kept, whole.tail);
    const TreeParts parts = tree.keep(leaves);
    whole.root = parts.root;
    return parts;
}

}  // namespace

std::optional<StoredVersion> store_version(const FileVersion &version, ByteView content,
                                           std::string_view metadata,
                                           std::optional<std::int64_t> before, Store when) {
    return store_content(version, {sha256({content}), {}, {}, content}, metadata, before, when);
}

std::optional<StoredVersion> store_content(const FileVersion &version, NewContent now,
                                           std::string_view metadata,
                                           std::optional<std::int64_t> before_number, Store when) {
    const ChunkStore chunks(version.owner);
    const FileTree tree(chunks);
    FileInfo info{};
    info.sha256 = now.sha256;
    info.metadata = metadata;
    Before before = find_before(version, tree, before_number);
    if (when == Store::if_it_differs && before.whole && is_same(*before.whole, info))
        return std::nullopt;

    if (now.whole) cut(chunks, now);
    const ChunkRefs &old_leaves = before.parts.leaves;
    const std::size_t common = static_cast<std::size_t>(
        std::ranges::mismatch(old_leaves, now.refs).in1 - old_leaves.begin());
    if (now.whole) keep_named(chunks, now, common);
    const bool grew = before.whole && common == old_leaves.size() &&
                      goes_on_with(chunks, now, common, before.whole->tail);
    if (grew && now.refs.size() == common && before.whole->continued.size() < tails_limit &&
        before.number + 1 == version.number) {
        const ByteView added = now.rest.subspan(before.whole->tail.size());
        info.continues = true;
        info.tail.assign(added.begin(), added.end());
        keep_tail(version, seal_info(version, info));
        return StoredVersion{std::nullopt, commitment_of(version, before.whole->seed, info)};
    }

    // What grows will go on growing: its end is kept as bytes, or each time it grew it would
    // be a chunk again.
    const bool grows = before.whole && old_leaves.size() <= common + 1;
    if (!grows && now.rest.size() >= remainder_worth_chunk) {
        now.refs.push_back(chunks.name(Kind::file_chunk, now.rest, now.rest.size()));
        chunks.keep(Kind::file_chunk, now.refs.back(), now.rest);
        now.rest = {};
    }
    const TreeParts parts = tree.keep(now.refs);
    record_uses(version, before.parts, parts);
    info.root = parts.root;
    info.tail.assign(now.rest.begin(), now.rest.end());
    info.past = take_over(before, grew);
    info.follows_shredding = before.was_shredded;
    return standing_alone(version, std::move(info));
}

StoredVersion repeat_version(const FileVersion &version, std::int64_t old_number,
                             std::optional<std::int64_t> before_number) {
    const FileTree tree{ChunkStore(version.owner)};
    WholeVersion old = require_whole({version.owner, version.file, old_number});
    Before before = find_before(version, tree, before_number);
    const TreeParts parts = cut_to_size(tree, old);
    record_uses(version, before.parts, parts);
    FileInfo info{};
    info.sha256 = old.sha256;
    info.metadata = std::move(old.metadata);
    info.root = std::move(old.root);
    info.tail = std::move(old.tail);
    info.past = take_over(before, false);
    info.follows_shredding = before.was_shredded;
    return standing_alone(version, std::move(info));
}

std::optional<Datum> standalone_info(const FileVersion &version) {
    if (const auto own = find_info(version)) {
        auto info = open_info(version, bytes_of(*own));
        if (!info || !info->past) return std::nullopt;
        info->past.reset();
        return seal_info(version, *info);
    }
    if (!find_tail(version)) return std::nullopt;
    auto whole = find_whole_version(version);
    // What a later version has taken over stays there.
    if (!whole || whole->size != whole->size_of_root() + whole->tail.size()) return std::nullopt;
    FileInfo info{};
    info.sha256 = whole->sha256;
    info.metadata = std::move(whole->metadata);
    info.seed = whole->seed;
    info.root = std::move(whole->root);
    info.tail = std::move(whole->tail);
    return seal_info(version, info);
}

namespace {

Datum read_part(const FileVersion &version, const WholeVersion &whole, std::uint64_t offset,
                std::uint64_t length) {
    const std::uint64_t first = std::min(offset, whole.size);
    const std::uint64_t last = length > whole.size - first ? whole.size : first + length;
    Datum result = 0;
    const Memory memory = memory_of_new(result);
    const auto content = memory.take(memory.owner, last - first);
    const std::uint64_t in_chunks = whole.size_of_root();
    if (first < std::min(last, in_chunks))
        FileTree{ChunkStore(version.owner)}.read(*whole.root, first,
                                                 content.first(std::min(last, in_chunks) - first));
    const std::uint64_t from_tail = std::max(first, in_chunks);
    if (from_tail < last)
        std::copy_n(whole.tail.begin() + (from_tail - in_chunks), last - from_tail,
                    content.begin() + (from_tail - first));
    return result;
}

}  // namespace

Datum read_range(const FileVersion &version, std::uint64_t offset, std::uint64_t length) {
    return read_part(version, require_whole(version), offset, length);
}

Datum read_version(const FileVersion &version) {
    const WholeVersion whole = require_whole(version);
    const Datum content = read_part(version, whole, 0, whole.size);
    // The tree vouches for every chunk; the hash vouches for the tree.
    if (sha256({bytes_of(content)}) != whole.sha256) throw does_not_fit(version);
    return content;
}

}  // namespace vvault::pg
