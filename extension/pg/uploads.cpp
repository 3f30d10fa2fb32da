#include "pg/uploads.hpp"

#include "core/digest.hpp"
#include "pg/chunk_store.hpp"
#include "pg/datum.hpp"
#include "pg/query.hpp"
#include "pg/sealed_values.hpp"

namespace vvault::pg {

namespace {

Place place_of(const Upload &upload, std::uint32_t number) {
    return {.kind = number == 0 ? Kind::upload_state : Kind::upload_part,
            .owner = upload.owner,
            .object = upload.id,
            .part = number};
}

// An upload without any part is an empty file.
UploadState open_state(const Upload &upload, const SealedState &sealed) {
    if (sealed) return decode_upload_state(open_at(place_of(upload, 0), *sealed));
    return {RunningDigest().written(), {}};
}

// Row by row: all of them together have a three hundredth of the content's size.
ChunkRefs all_refs(const Upload &upload) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT p.number, p.refs FROM vvault.vault_upload_parts p"
        " WHERE p.user_id OPERATOR(pg_catalog.=) $1 AND p.upload_id OPERATOR(pg_catalog.=) $2"
        " ORDER BY p.number",
        types};
    ChunkRefs refs;
    Datum values[] = {uuid_datum(upload.owner), uuid_datum(upload.id)};
    connect();
    const std::uint64_t rows = execute(statement, {values}, Sees::latest);
    for (std::uint64_t row = 0; row < rows; ++row) {
        const auto number = static_cast<std::uint32_t>(DatumGetInt32(value_at(row, 1).datum));
        if (number != row + 1) throw does_not_open(place_of(upload, number));
        const UploadPart part =
            decode_upload_part(open_at(place_of(upload, number), bytes_of(value_at(row, 2).datum)));
        refs.insert(refs.end(), part.refs.begin(), part.refs.end());
        check_for_interrupts();
    }
    finish();
    return refs;
}

}  // namespace

AppendedPart append_part(const Upload &upload, std::uint32_t number, const SealedState &sealed,
                         ByteView data) {
    const ChunkStore chunks(upload.owner);
    UploadState state = open_state(upload, sealed);
    RunningDigest hash(state.hash);
    hash.add(data);
    SecretBytes content = std::move(state.rest);
    content.insert(content.end(), data.begin(), data.end());

    AppendedPart appended{};
    UploadPart part{sha256({data}), {}};
    ByteView rest = content;
    if (rest.size() > chunk_size_min) {
        const Chunker &chunker = chunks.chunker();
        while (const std::size_t size = chunker.next_cut(rest)) {
            const ByteView chunk = rest.first(size);
            part.refs.push_back(chunks.name(Kind::file_chunk, chunk, size));
            chunks.keep(Kind::file_chunk, part.refs.back(), chunk);
            appended.chunks.push_back(part.refs.back().id);
            rest = rest.subspan(size);
            check_for_interrupts();
        }
    }
    appended.state = seal_at(place_of(upload, 0), upload.scope, encode_upload_state(hash, rest));
    appended.refs = seal_at(place_of(upload, number), upload.scope, encode_upload_part(part));
    return appended;
}

bool is_part(const Upload &upload, std::uint32_t number, ByteView refs, ByteView data) {
    return decode_upload_part(open_at(place_of(upload, number), refs)).sha256 == sha256({data});
}

Digest upload_digest(const Upload &upload, const SealedState &state) {
    return RunningDigest(open_state(upload, state).hash).digest();
}

std::optional<StoredVersion> store_upload(const FileVersion &version, const Upload &upload,
                                          const SealedState &sealed, std::string_view metadata,
                                          std::optional<std::int64_t> before, Store when) {
    const UploadState state = open_state(upload, sealed);
    NewContent now{RunningDigest(state.hash).digest(), all_refs(upload), state.rest, std::nullopt};
    return store_content(version, std::move(now), metadata, before, when);
}

Datum reseal_upload(const Upload &upload, std::uint32_t number, ByteView sealed) {
    const Place place = place_of(upload, number);
    return seal_at(place, upload.scope, open_at(place, sealed));
}

}  // namespace vvault::pg
