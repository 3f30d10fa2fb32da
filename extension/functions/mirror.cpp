// What leaves for a mirror, sealed and opened under the mirror's own key. The key comes wrapped
// in an argument, as its row has it: which row that is, and who may ask, is decided in SQL.
#include <cstdint>

#include "core/envelope.hpp"
#include "core/error.hpp"
#include "core/key_ring.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/root_keys.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// A mirror has one key for all its life, so its number says nothing.
constexpr std::uint64_t only_key = 1;

KeyPlace key_place(const Uuid &vault, const Uuid &mirror) {
    return {only_key, mirror, KeyPurpose::mirror, vault};
}

// (kind integer, vault uuid, mirror uuid, generation bigint, part integer, …)
Place place_argument(FunctionCallInfo fcinfo) {
    const auto kind = static_cast<Kind>(PG_GETARG_INT32(0));
    if (kind != Kind::mirror_object && kind != Kind::mirror_keys && kind != Kind::mirror_head)
        throw Error(Errc::invalid_argument, "this is no kind of a mirror's objects");
    return {.kind = kind,
            .owner = uuid_argument(fcinfo, 1),
            .object = uuid_argument(fcinfo, 2),
            .version = static_cast<std::uint64_t>(PG_GETARG_INT64(3)),
            .part = static_cast<std::uint32_t>(PG_GETARG_INT32(4))};
}

// (…, root integer, check_value bytea, wrapped bytea, …) behind the place
SecretKey key_argument(FunctionCallInfo fcinfo, const Place &place) {
    const int root = PG_GETARG_INT32(5);
    return unwrap_key(root_key(root, bytes_argument(fcinfo, 6)), root,
                      key_place(place.owner, place.object), bytes_argument(fcinfo, 7));
}

}  // namespace

// _mirror_new_key(vault uuid, mirror uuid, root integer, check_value bytea) → bytea: a new key,
// wrapped
VVAULT_FUNCTION(vvault_mirror_new_key) {
    const int root = PG_GETARG_INT32(2);
    return bytea_datum(wrap_key(root_key(root, bytes_argument(fcinfo, 3)), root,
                                key_place(uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1)),
                                SecretKey::random()));
}

// _mirror_seal_with(kind, vault, mirror, generation, part, root, check_value, wrapped, body bytea)
// → bytea
VVAULT_FUNCTION(vvault_mirror_seal_with) {
    const Place place = place_argument(fcinfo);
    Datum sealed = 0;
    seal(key_argument(fcinfo, place), only_key, place, bytes_argument(fcinfo, 8),
         memory_of_new(sealed));
    return sealed;
}

// _mirror_open_with(kind, vault, mirror, generation, part, root, check_value, wrapped, sealed
// bytea) → bytea
VVAULT_FUNCTION(vvault_mirror_open_with) {
    const Place place = place_argument(fcinfo);
    Datum body = 0;
    open(key_argument(fcinfo, place), place, bytes_argument(fcinfo, 8), memory_of_new(body));
    return body;
}
