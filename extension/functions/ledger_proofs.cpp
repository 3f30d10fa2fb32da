// What SQL asks of the ledger's tree: roots, proofs, tiles, and where an entry is. Whoever may
// ask is decided in SQL; nodes of the tree tell nothing of what was hashed.
#include <algorithm>
#include <limits>
#include <string>
#include <vector>

#include "core/checkpoint.hpp"
#include "core/error.hpp"
#include "core/ledger_tiles.hpp"
#include "core/merkle.hpp"
#include "pg/datum.hpp"
#include "pg/ledger_partitions.hpp"
#include "pg/ledger_tree.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// The result may be made only after finish(): what is allocated before goes with it.
template <class Question>
auto ask(Question question) {
    connect();
    auto answer = question();
    finish();
    return answer;
}

std::uint64_t number_argument(FunctionCallInfo fcinfo, int position) {
    const int64 number = PG_GETARG_INT64(position);
    if (number < 0) throw Error(Errc::invalid_argument, "sizes and positions are not negative");
    return static_cast<std::uint64_t>(number);
}

void check_size(std::uint64_t size) {
    const std::uint64_t leaves = ledger_leaf_count();
    if (size > leaves)
        throw Error(Errc::invalid_argument, "the ledger's tree is not that large")
            .detail("It has " + std::to_string(leaves) + " leaves.");
}

std::vector<NoteKey> keys_argument(FunctionCallInfo fcinfo, int position) {
    std::vector<NoteKey> keys;
    for (const auto &text : texts_argument(fcinfo, position))
        if (text) keys.push_back(NoteKey::from_text(*text));
    return keys;
}

struct ElementType {
    Oid type;
    int length;
    char alignment;
};

// What is left over behind the last whole element is no element.
template <class Element, class Make>
Datum array_of(ByteView bytes, ElementType type, Make make) {
    std::vector<Datum> elements;
    for (std::size_t at = 0; at + sizeof(Element) <= bytes.size(); at += sizeof(Element)) {
        Element element;
        std::copy_n(bytes.begin() + at, element.size(), element.begin());
        elements.push_back(make(element));
    }
    return PointerGetDatum(call(construct_array, elements.data(), static_cast<int>(elements.size()),
                                type.type, type.length, false, type.alignment));
}

}  // namespace

// _ledger_root(size bigint) → bytea
VVAULT_FUNCTION(vvault_ledger_root) {
    const std::uint64_t size = number_argument(fcinfo, 0);
    return bytea_datum(ask([size] {
        check_size(size);
        return merkle::root(size, ledger_node);
    }));
}

// _ledger_inclusion("position" bigint, size bigint) → bytea[]
VVAULT_FUNCTION(vvault_ledger_inclusion) {
    const std::uint64_t position = number_argument(fcinfo, 0);
    const std::uint64_t size = number_argument(fcinfo, 1);
    return bytea_array_datum(ask([position, size] {
        check_size(size);
        return merkle::inclusion_proof(position, size, ledger_node);
    }));
}

// _ledger_consistency(old_size bigint, new_size bigint) → bytea[]
VVAULT_FUNCTION(vvault_ledger_consistency) {
    const std::uint64_t old_size = number_argument(fcinfo, 0);
    const std::uint64_t new_size = number_argument(fcinfo, 1);
    return bytea_array_datum(ask([old_size, new_size] {
        check_size(new_size);
        return merkle::consistency_proof(old_size, new_size, ledger_node);
    }));
}

// _ledger_find(entry uuid, "from" bigint, "to" bigint) → bigint
VVAULT_FUNCTION(vvault_ledger_find) {
    const Uuid entry = uuid_argument(fcinfo, 0);
    const std::uint64_t from = number_argument(fcinfo, 1);
    const std::uint64_t to = number_argument(fcinfo, 2);
    const auto position = ask([&] { return find_leaf(entry, from, to); });
    if (!position) PG_RETURN_NULL();
    return Int64GetDatum(static_cast<int64>(*position));
}

// _ledger_tile(level integer, index bigint, width integer) → bytea
VVAULT_FUNCTION(vvault_ledger_tile) {
    const auto level = static_cast<unsigned>(PG_GETARG_INT32(0));
    const std::uint64_t tile = number_argument(fcinfo, 1);
    const auto width = static_cast<unsigned>(PG_GETARG_INT32(2));
    return bytea_datum(ask([level, tile, width] { return ledger_tile(level, tile, width); }));
}

// _ledger_tile_width(level integer, index bigint, size bigint) → integer
VVAULT_FUNCTION(vvault_ledger_tile_width) {
    const int level = PG_GETARG_INT32(0);
    if (level < 0 || level > 7) return Int32GetDatum(0);
    return Int32GetDatum(static_cast<int32>(width_of_tile(
        static_cast<unsigned>(level), number_argument(fcinfo, 1), number_argument(fcinfo, 2))));
}

// _ledger_tile_path(path text, OUT level integer, OUT index bigint, OUT width integer)
VVAULT_FUNCTION(vvault_ledger_tile_path) {
    const auto path =
        tile_path_from_text(std::string("tile/") + std::string(text_argument(fcinfo, 0)));
    Datum values[3] = {};
    bool nulls[3] = {true, true, true};
    if (path && path->tile <= static_cast<std::uint64_t>(std::numeric_limits<int64>::max())) {
        values[0] = Int32GetDatum(static_cast<int32>(path->level.value_or(0)));
        nulls[0] = !path->level;
        values[1] = Int64GetDatum(static_cast<int64>(path->tile));
        values[2] = Int32GetDatum(static_cast<int32>(path->width));
        nulls[1] = nulls[2] = false;
    }
    return row_result(fcinfo, values, nulls);
}

// _read_checkpoint(note text, keys text[], OUT origin text, OUT size bigint, OUT root bytea,
//                  OUT problem text)
VVAULT_FUNCTION(vvault_read_checkpoint) {
    Datum values[4] = {};
    bool nulls[4] = {true, true, true, true};
    const std::string_view note = text_argument(fcinfo, 0);
    const std::vector<NoteKey> keys = keys_argument(fcinfo, 1);
    std::string problem;
    try {
        const Checkpoint checkpoint = Checkpoint::from_text(SignedNote::from_text(note).text);
        values[0] = text_datum(checkpoint.origin);
        values[1] = Int64GetDatum(static_cast<int64>(checkpoint.size));
        values[2] = bytea_datum(checkpoint.root);
        nulls[0] = nulls[1] = nulls[2] = false;
        open_checkpoint(note, keys);
    } catch (const Error &error) {
        problem = error.message();
    }
    nulls[3] = problem.empty();
    if (!problem.empty()) values[3] = text_datum(problem);
    return row_result(fcinfo, values, nulls);
}

// _note_key(name text, public_key bytea) → text
VVAULT_FUNCTION(vvault_note_key) {
    NoteKey key{std::string(text_argument(fcinfo, 0)), {}};
    const ByteView bytes = bytes_argument(fcinfo, 1);
    if (bytes.size() != key.public_key.size())
        throw Error(Errc::invalid_argument, "a public key has 32 bytes");
    std::copy(bytes.begin(), bytes.end(), key.public_key.begin());
    return text_datum(key.text());
}

// _ledger_month(entry uuid) → integer
VVAULT_FUNCTION(vvault_ledger_month) {
    return Int32GetDatum(month_of(uuid_argument(fcinfo, 0)));
}

// _uuids_of(bytes bytea) → uuid[]
VVAULT_FUNCTION(vvault_uuids_of) {
    return array_of<Uuid>(bytes_argument(fcinfo, 0), {UUIDOID, UUID_LEN, TYPALIGN_CHAR},
                          uuid_datum);
}

// _digests_of(bytes bytea) → bytea[]
VVAULT_FUNCTION(vvault_digests_of) {
    return array_of<Digest>(bytes_argument(fcinfo, 0), {BYTEAOID, -1, TYPALIGN_INT},
                            [](const Digest &digest) { return bytea_datum(digest); });
}
