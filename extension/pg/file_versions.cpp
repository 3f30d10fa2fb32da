#include <algorithm>
#include <set>

#include "core/digest.hpp"
#include "core/envelope.hpp"
#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "pg/chunk_store.hpp"
#include "pg/chunk_uses.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/file_tree.hpp"
#include "pg/file_versions.hpp"
#include "pg/sealed_values.hpp"

namespace vvault::pg {

namespace {

// A version that stands alone reads fastest; one that continues many costs a look at each.
constexpr int continues_limit = 255;

// What is left behind the last cut of new content becomes a chunk from here on, so that the
// same content at another path is found again. Below, a chunk's row costs more than it saves.
constexpr std::size_t remainder_worth_chunk = 2048;

Place info_place(const FileVersion &version) {
    return {.kind = Kind::file_info,
            .owner = version.owner,
            .object = version.file,
            .version = static_cast<std::uint64_t>(version.number)};
}

struct VersionRow {
    Datum info;
    int continues;
};

VersionRow version_row(const FileVersion &version) {
    const IndexKey keys[] = {key_of(version.owner), key_of(version.file), key_of(version.number)};
    ColumnValue row[] = {{"info", 0}, {"continues", 0}};
    if (!find_last({"vault_file_versions", "vault_file_versions_pkey", keys}, row) ||
        row[0].is_null)
        throw Error(Errc::does_not_open, "sealed value does not open")
            .detail("The " + name_of(info_place(version)) + " is missing.")
            .hint("Restore this version's rows from a backup.");
    return {row[0].value, DatumGetInt32(row[1].value)};
}

// A version with those it continues taken together.
struct WholeVersion {
    FileInfo info;  // the version's own; root and tail are those of the whole
    int continues;

    std::uint64_t size() const { return (info.root ? info.root->top.size : 0) + info.tail.size(); }
};

Error does_not_fit(const FileVersion &version) {
    return Error(Errc::does_not_open, "sealed value does not open")
        .detail("The " + name_of(info_place(version)) + " does not fit the versions before it.")
        .hint("Restore this file's rows from a backup.");
}

WholeVersion whole_version(const FileVersion &version) {
    const VersionRow last = version_row(version);
    FileVersion at = version;
    at.number -= last.continues;
    const auto info_here = [&] {
        const Datum info = at.number == version.number ? last.info : version_row(at).info;
        return open_info(at, bytes_of(info));
    };
    WholeVersion whole{info_here(), last.continues};
    if (whole.info.continues) throw does_not_fit(version);
    while (at.number < version.number) {
        ++at.number;
        FileInfo next = info_here();
        if (!next.continues || next.root) throw does_not_fit(version);
        SecretBytes &tail = whole.info.tail;
        tail.insert(tail.end(), next.tail.begin(), next.tail.end());
        next.tail = std::move(tail);
        next.root = whole.info.root;
        whole.info = std::move(next);
    }
    return whole;
}

Datum seal_info(const FileVersion &version, const FileInfo &info) {
    return seal_at(info_place(version), version.file, encode_info(info));
}

StoredVersion new_version(const FileVersion &version, FileInfo info, int continues) {
    randombytes_buf(info.blind.data(), info.blind.size());
    StoredVersion stored{seal_info(version, info), {}, continues};
    stored.commitment = content_commitment_of(info.blind, info.sha256, as_bytes(info.metadata));
    return stored;
}

// Content cut up and named, none of it stored yet.
struct CutContent {
    ChunkRefs refs;
    ByteView rest;  // behind the last cut
};

CutContent cut(const ChunkStore &chunks, ByteView content) {
    CutContent result;
    result.rest = content;
    // Small files need no key for chunks.
    if (content.size() <= chunk_size_min) return result;
    const Chunker &chunker = chunks.chunker();
    while (const std::size_t size = chunker.next_cut(content)) {
        result.refs.push_back(chunks.name(Kind::file_chunk, content.first(size), size));
        content = content.subspan(size);
        check_for_interrupts();
    }
    result.rest = content;
    return result;
}

void keep_from(const ChunkStore &chunks, ByteView content, const ChunkRefs &refs,
               std::size_t first) {
    std::size_t offset = 0;
    for (std::size_t i = 0; i < refs.size(); ++i) {
        if (i >= first)
            chunks.keep(Kind::file_chunk, refs[i], content.subspan(offset, refs[i].size));
        offset += refs[i].size;
        check_for_interrupts();
    }
}

}  // namespace

std::optional<FileInfo> open_info_unless_shredded(const FileVersion &version, ByteView sealed) {
    const auto opened = open_unless_shredded(info_place(version), sealed);
    return opened ? std::optional(decode_info(*opened)) : std::nullopt;
}

FileInfo open_info(const FileVersion &version, ByteView sealed) {
    return decode_info(open_at(info_place(version), sealed));
}

StoredVersion store_version(const FileVersion &version, ByteView content, std::string_view metadata,
                            std::optional<std::int64_t> before_number) {
    const ChunkStore chunks(version.owner);
    const FileTree tree(chunks);
    std::optional<WholeVersion> before;
    if (before_number) before = whole_version({version.owner, version.file, *before_number});
    const TreeParts old = before ? tree.parts(before->info.root) : TreeParts{};
    CutContent now = cut(chunks, content);
    const auto unlike = std::ranges::mismatch(old.leaves, now.refs).in1;
    const std::size_t common = static_cast<std::size_t>(unlike - old.leaves.begin());

    FileInfo info{};
    info.sha256 = sha256({content});
    info.metadata = metadata;
    const bool same_chunks =
        before && old.leaves.size() == now.refs.size() && common == now.refs.size();
    if (same_chunks && before->continues < continues_limit &&
        *before_number + 1 == version.number && now.rest.size() >= before->info.tail.size() &&
        std::ranges::equal(before->info.tail, now.rest.first(before->info.tail.size()))) {
        const ByteView added = now.rest.subspan(before->info.tail.size());
        info.continues = true;
        info.tail.assign(added.begin(), added.end());
        return new_version(version, std::move(info), before->continues + 1);
    }

    // What grows will go on growing: its end is kept as bytes, or each time it grew it would
    // be a chunk again.
    const bool grows = before && old.leaves.size() <= common + 1;
    if (!grows && now.rest.size() >= remainder_worth_chunk) {
        now.refs.push_back(chunks.name(Kind::file_chunk, now.rest, now.rest.size()));
        now.rest = {};
    }
    keep_from(chunks, content, now.refs, common);
    const TreeParts parts = tree.keep(now.refs);
    record_uses(version, old, parts);
    info.root = parts.root;
    info.tail.assign(now.rest.begin(), now.rest.end());
    return new_version(version, std::move(info), 0);
}

StoredVersion repeat_version(const FileVersion &version, std::int64_t old_number,
                             std::optional<std::int64_t> before_number) {
    const FileTree tree{ChunkStore(version.owner)};
    WholeVersion old = whole_version({version.owner, version.file, old_number});
    TreeParts before;
    if (before_number)
        before = tree.parts(whole_version({version.owner, version.file, *before_number}).info.root);
    record_uses(version, before, tree.parts(old.info.root));
    old.info.continues = false;
    return new_version(version, std::move(old.info), 0);
}

Datum standalone_info(const FileVersion &version) {
    WholeVersion whole = whole_version(version);
    whole.info.continues = false;
    return seal_info(version, whole.info);
}

namespace {

Datum read_part(const FileVersion &version, const WholeVersion &whole, std::uint64_t offset,
                std::uint64_t length) {
    const std::uint64_t size = whole.size();
    const std::uint64_t first = std::min(offset, size);
    const std::uint64_t last = std::min(size, length > size - first ? size : first + length);
    Datum result = 0;
    const Memory memory = memory_of_new(result);
    const auto content = memory.take(memory.owner, last - first);
    const std::uint64_t in_chunks = size - whole.info.tail.size();
    if (whole.info.root && first < in_chunks)
        FileTree{ChunkStore(version.owner)}.read(*whole.info.root, first,
                                                 content.first(std::min(last, in_chunks) - first));
    const std::uint64_t from_tail = std::max(first, in_chunks);
    if (from_tail < last)
        std::copy_n(whole.info.tail.begin() + (from_tail - in_chunks), last - from_tail,
                    content.begin() + (from_tail - first));
    return result;
}

}  // namespace

Datum read_range(const FileVersion &version, std::uint64_t offset, std::uint64_t length) {
    return read_part(version, whole_version(version), offset, length);
}

Datum read_version(const FileVersion &version) {
    const WholeVersion whole = whole_version(version);
    const Datum content = read_part(version, whole, 0, whole.size());
    // The tree vouches for every chunk; the hash vouches for the tree.
    if (sha256({bytes_of(content)}) != whole.info.sha256) throw does_not_fit(version);
    return content;
}

}  // namespace vvault::pg
