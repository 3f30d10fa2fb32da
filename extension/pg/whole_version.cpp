#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"
#include "pg/file_tails.hpp"
#include "pg/query.hpp"
#include "pg/sealed_values.hpp"
#include "pg/whole_version.hpp"

namespace vvault::pg {

namespace {

Error is_missing(const FileVersion &version) {
    return Error(Errc::does_not_open, "sealed value does not open")
        .detail("The " + name_of(info_place(version)) + " is missing.")
        .hint("Restore this version's rows from a backup.");
}

// What others take over or purge meanwhile moves from one row to another, and is found there by
// looking anew; what does not open then does not.
template <class Look>
auto looking_again(Look look) {
    for (int looks_left = 2;; --looks_left) {
        try {
            return look();
        } catch (const Error &error) {
            if (error.code() != Errc::does_not_open || looks_left == 0) throw;
        }
    }
}

// The info in the version's own row, if it has one; nothing where there is no row.
std::optional<std::optional<Datum>> find_row(const FileVersion &version) {
    const IndexKey keys[] = {key_of(version.owner), key_of(version.file), key_of(version.number)};
    ColumnValue row[] = {{"info", 0}};
    if (!find_last({"vault_file_versions", "vault_file_versions_pkey", keys}, row))
        return std::nullopt;
    return row[0].is_null ? std::optional<Datum>() : std::optional(row[0].value);
}

constexpr Oid types[] = {UUIDOID, UUIDOID, INT8OID};

#define VVAULT_VERSIONS_OF_FILE          \
    " FROM vvault.vault_file_versions v" \
    " WHERE v.user_id OPERATOR(pg_catalog.=) $1 AND v.file_id OPERATOR(pg_catalog.=) $2"

// A row that is not there was purged since the caller saw it, where only newer ones are left.
Error is_gone(const FileVersion &version) {
    static Statement statement = {"SELECT pg_catalog.min(v.version)" VVAULT_VERSIONS_OF_FILE
                                  "   AND v.version OPERATOR(pg_catalog.<>) $3",
                                  types};
    Datum values[] = {uuid_datum(version.owner), uuid_datum(version.file),
                      Int64GetDatum(version.number)};
    connect();
    execute(statement, {values}, Sees::latest);
    const Value lowest = value_at(0, 1);
    const bool only_newer = !lowest.is_null && DatumGetInt64(lowest.datum) > version.number;
    finish();
    if (!only_newer) return is_missing(version);
    return Error(Errc::purged, "the version was purged")
        .detail("Version " + std::to_string(version.number) + " was removed meanwhile.");
}

struct StandingAlone {
    std::int64_t number;
    Datum info;
};

// The nearest version before or after one that has its own info. As of now, like all that is
// looked up by key: what was taken over meanwhile is found where it went.
std::optional<StandingAlone> find_standing_alone(Statement &statement, const FileVersion &from) {
    Datum values[] = {uuid_datum(from.owner), uuid_datum(from.file), Int64GetDatum(from.number)};
    std::optional<StandingAlone> found;
    const MemoryContext result_context = CurrentMemoryContext;
    connect();
    if (execute(statement, {values}, Sees::latest) != 0) {
        const MemoryContext inner = MemoryContextSwitchTo(result_context);
        found = {DatumGetInt64(value_at(0, 1).datum), bytea_datum(bytes_of(value_at(0, 2).datum))};
        MemoryContextSwitchTo(inner);
    }
    finish();
    return found;
}

#define VVAULT_FIND_STANDING_ALONE(side, order)        \
    "SELECT v.version, v.info" VVAULT_VERSIONS_OF_FILE \
    "   AND v.version OPERATOR(pg_catalog." side       \
    ") $3 AND v.info IS NOT NULL"                      \
    " ORDER BY v.version " order " LIMIT 1"

std::optional<StandingAlone> find_before(const FileVersion &version) {
    static Statement statement = {VVAULT_FIND_STANDING_ALONE("<", "DESC"), types};
    return find_standing_alone(statement, version);
}

std::optional<StandingAlone> find_after(const FileVersion &version) {
    static Statement statement = {VVAULT_FIND_STANDING_ALONE(">", "ASC"), types};
    return find_standing_alone(statement, version);
}

#undef VVAULT_FIND_STANDING_ALONE

WholeVersion whole_of(FileInfo info) {
    WholeVersion whole{info.sha256,
                       std::move(info.metadata),
                       0,
                       std::move(info.root),
                       std::move(info.tail),
                       info.seed,
                       {}};
    whole.size = whole.size_of_root() + whole.tail.size();
    return whole;
}

// Nothing where the key was destroyed, an error where somebody's is in this one's place.
std::optional<FileInfo> open_standing_alone(const FileVersion &version, ByteView sealed) {
    auto info = open_info(version, sealed);
    if (info && info->continues) throw does_not_fit(version);
    return info;
}

// The info of the version that took this one over: the next one that stands alone.
std::optional<FileInfo> find_heir(const FileVersion &version) {
    const auto heir = find_after(version);
    if (!heir) throw is_missing(version);
    auto info =
        open_standing_alone({version.owner, version.file, heir->number}, bytes_of(heir->info));
    if (!info) return std::nullopt;
    if (info->past && info->past->contain(static_cast<std::uint64_t>(version.number))) return info;
    if (info->follows_shredding) return std::nullopt;
    throw is_missing(version);
}

PastVersion &past_version(FileInfo &heir, const FileVersion &version) {
    return heir.past->versions[static_cast<std::uint64_t>(version.number) - heir.past->first()];
}

std::optional<WholeVersion> taken_over(const FileVersion &version) {
    auto heir = find_heir(version);
    if (!heir) return std::nullopt;
    PastVersion &past = past_version(*heir, version);
    const Seed seed = heir->past->seed;
    FileInfo &info = *heir;
    if (!info.past->begin_this) {
        info.root = std::move(info.past->root);
        info.tail = std::move(info.past->tail);
    }
    const PastVersion told = std::move(past);
    WholeVersion whole = whole_of(std::move(info));
    if (told.size > whole.size) throw does_not_fit(version);
    whole.sha256 = told.sha256;
    whole.metadata = told.metadata;
    whole.size = told.size;
    whole.seed = seed;
    return whole;
}

std::optional<WholeVersion> put_together(const FileVersion &version) {
    if (const auto own = find_info(version)) {
        auto info = open_standing_alone(version, bytes_of(*own));
        return info ? std::optional(whole_of(std::move(*info))) : std::nullopt;
    }
    const auto own_tail = find_tail(version);
    if (!own_tail) return taken_over(version);
    const auto first = find_before(version);
    // A tail may outlast the version that it goes back to, if that was purged: taken over, but
    // not written over yet, or destroyed with its key.
    if (!first) return open_info(version, bytes_of(*own_tail)) ? taken_over(version) : std::nullopt;
    FileVersion at{version.owner, version.file, first->number};
    auto info = open_standing_alone(at, bytes_of(first->info));
    if (!info) return std::nullopt;
    WholeVersion whole = whole_of(std::move(*info));
    while (at.number < version.number) {
        ++at.number;
        const auto tail = find_tail(at);
        // One that is not there is gone, or was taken over only now.
        if (!tail) return taken_over(version);
        auto next = open_info(at, bytes_of(*tail));
        if (!next) return std::nullopt;
        if (!next->continues) throw does_not_fit(version);
        whole.tail.insert(whole.tail.end(), next->tail.begin(), next->tail.end());
        whole.size += next->tail.size();
        whole.sha256 = next->sha256;
        whole.metadata = std::move(next->metadata);
        whole.continued.push_back({whole.sha256, whole.size, whole.metadata});
    }
    return whole;
}

// Its own tail first, as it is what most have that have no info in their row.
std::optional<PastVersion> find_told(const FileVersion &version) {
    const auto told = [](std::optional<FileInfo> info) {
        return info ? std::optional(PastVersion{info->sha256, 0, std::move(info->metadata)})
                    : std::nullopt;
    };
    if (const auto tail = find_tail(version)) return told(open_info(version, bytes_of(*tail)));
    const auto row = find_row(version);
    // A list made before a purge has rows that are gone since.
    if (!row) return std::nullopt;
    if (*row) return told(open_standing_alone(version, bytes_of(**row)));
    auto heir = find_heir(version);
    return heir ? std::optional(std::move(past_version(*heir, version))) : std::nullopt;
}

}  // namespace

Place info_place(const FileVersion &version) {
    return {.kind = Kind::file_info,
            .owner = version.owner,
            .object = version.file,
            .version = static_cast<std::uint64_t>(version.number)};
}

Error does_not_fit(const FileVersion &version) {
    return Error(Errc::does_not_open, "sealed value does not open")
        .detail("The " + name_of(info_place(version)) + " does not fit the versions around it.")
        .hint("Restore this file's rows from a backup.");
}

std::optional<Datum> find_info(const FileVersion &version) {
    const auto row = find_row(version);
    if (!row) throw is_gone(version);
    return *row;
}

std::optional<FileInfo> open_info(const FileVersion &version, ByteView sealed) {
    const auto opened = open_unless_shredded(info_place(version), sealed);
    return opened ? std::optional(decode_info(*opened)) : std::nullopt;
}

std::optional<WholeVersion> find_whole_version(const FileVersion &version) {
    return looking_again([&] { return put_together(version); });
}

std::optional<PastVersion> find_past_version(const FileVersion &version,
                                             const std::optional<ByteView> &sealed) {
    if (!sealed) return looking_again([&] { return find_told(version); });
    const auto info = open_standing_alone(version, *sealed);
    return info ? std::optional(PastVersion{info->sha256, 0, info->metadata}) : std::nullopt;
}

}  // namespace vvault::pg
