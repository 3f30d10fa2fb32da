// Rotation and destruction of keys, as far as it is about bytes: which key sealed a value, the
// same value under the active key, a data key under another root key, and the guard that lets
// nobody else rewrite what is never rewritten.
#include <optional>
#include <string>
#include <vector>

#include "core/envelope.hpp"
#include "core/error.hpp"
#include "core/fingerprint.hpp"
#include "pg/data_keys.hpp"
#include "pg/datum.hpp"
#include "pg/key_locks.hpp"
#include "pg/root_keys.hpp"
#include "pg/sealed_values.hpp"

extern "C" {
#include "storage/procarray.h"
#include "utils/datum.h"
#include "utils/rel.h"
#include "utils/xid8.h"
}

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr std::size_t blind_size = 32;
constexpr std::string_view made_key = "vv:";  // in front of a client_id that vvault made

// Which file's versions may get other sealed bytes, and in which transaction.
struct Resealing {
    Uuid owner;
    Uuid file;
    LocalTransactionId transaction;
};
std::optional<Resealing> resealing;

LocalTransactionId this_transaction() {
#if PG_VERSION_NUM >= 170000
    return MyProc->vxid.lxid;
#else
    return MyProc->lxid;
#endif
}

bool is_resealed(const TriggerData *trigger) {
    if (!resealing || resealing->transaction != this_transaction()) return false;
    const TupleDesc columns = trigger->tg_relation->rd_att;
    for (int i = 0; i < columns->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(columns, i);
        const std::string_view name = NameStr(attribute.attname);
        const auto value_in = [&](HeapTuple row, bool *is_null) {
            return call(
                +[](HeapTuple tuple, int number, TupleDesc description, bool *null) {
                    return heap_getattr(tuple, number, description, null);
                },
                row, i + 1, columns, is_null);
        };
        bool old_null = false, new_null = false;
        const Datum old_value = value_in(trigger->tg_trigtuple, &old_null);
        const Datum new_value = value_in(trigger->tg_newtuple, &new_null);
        // It may come from elsewhere, or from the versions before that go.
        if (name == "info") continue;
        if (old_null != new_null) return false;
        if (name == "user_id" && uuid_of(old_value) != resealing->owner) return false;
        if (name == "file_id" && uuid_of(old_value) != resealing->file) return false;
        if (old_null) continue;
        if (!call(datumIsEqual, old_value, new_value, bool{attribute.attbyval},
                  int{attribute.attlen}))
            return false;
    }
    return true;
}

}  // namespace

// _hold_keys(user_id) → void: wait for whoever seals for that user, and let nobody begin
VVAULT_FUNCTION(vvault_hold_keys) {
    hold_keys_of(uuid_argument(fcinfo, 0));
    PG_RETURN_VOID();
}

// _share_keys(user_id) → void: what sealing does, before any row is locked
VVAULT_FUNCTION(vvault_share_keys) {
    share_keys_of(uuid_argument(fcinfo, 0));
    PG_RETURN_VOID();
}

// _hold_root_keys() → void
VVAULT_FUNCTION(vvault_hold_root_keys) {
    hold_root_keys();
    PG_RETURN_VOID();
}

// _make_key(user_id, purpose text, scope_id uuid or null) → void
VVAULT_FUNCTION(vvault_make_key) {
    active_data_key(uuid_argument(fcinfo, 0), purpose_of(text_argument(fcinfo, 1)),
                    optional_uuid_argument(fcinfo, 2));
    PG_RETURN_VOID();
}

// _newest_root_key(OUT id integer, OUT check_value bytea)
VVAULT_FUNCTION(vvault_newest_root_key) {
    const int number = root_keys().newest();
    const Datum values[] = {Int32GetDatum(number),
                            bytea_datum(check_value(*root_keys().find(number)))};
    const bool nulls[] = {false, false};
    return row_result(fcinfo, values, nulls);
}

// _root_key_in_ring(id integer, check_value bytea) → boolean
VVAULT_FUNCTION(vvault_root_key_in_ring) {
    const SecretKey *key = root_keys().find(PG_GETARG_INT32(0));
    if (!key) PG_RETURN_BOOL(false);
    const CheckValue actual = check_value(*key);
    const ByteView expected = bytes_argument(fcinfo, 1);
    PG_RETURN_BOOL(std::equal(actual.begin(), actual.end(), expected.begin(), expected.end()));
}

// _rewrap_key(user_id, id bigint, wrapped bytea, old integer, old_check bytea, new integer,
//             new_check bytea, purpose text, scope_id uuid or null) → bytea
VVAULT_FUNCTION(vvault_rewrap_key) {
    const KeyPlace place{static_cast<std::uint64_t>(PG_GETARG_INT64(1)), uuid_argument(fcinfo, 0),
                         purpose_of(text_argument(fcinfo, 7)), optional_uuid_argument(fcinfo, 8)};
    const int old_number = PG_GETARG_INT32(3);
    const int new_number = PG_GETARG_INT32(5);
    const SecretKey key = unwrap_key(root_key(old_number, bytes_argument(fcinfo, 4)), old_number,
                                     place, bytes_argument(fcinfo, 2));
    return bytea_datum(
        wrap_key(root_key(new_number, bytes_argument(fcinfo, 6)), new_number, place, key));
}

// _sealed_key(sealed bytea) → bigint: the data key that a value was sealed with
VVAULT_FUNCTION(vvault_sealed_key) {
    const ByteView sealed = bytes_of(call(
        +[](Datum value, int32 length) {
            return PointerGetDatum(PG_DETOAST_DATUM_SLICE(value, 0, length));
        },
        PG_GETARG_DATUM(0), int32{envelope_overhead}));
    PG_RETURN_INT64(static_cast<int64>(sealed_key_id(sealed)));
}

// _reseal(kind integer, user_id, object_id, version bigint, part integer, last boolean,
//         scope_id uuid, sealed bytea) → bytea: the same at the same place under the active key
VVAULT_FUNCTION(vvault_reseal) {
    const Place place = {.kind = static_cast<Kind>(PG_GETARG_INT32(0)),
                         .owner = uuid_argument(fcinfo, 1),
                         .object = uuid_argument(fcinfo, 2),
                         .version = static_cast<std::uint64_t>(PG_GETARG_INT64(3)),
                         .part = static_cast<std::uint32_t>(PG_GETARG_INT32(4)),
                         .last = PG_GETARG_BOOL(5)};
    return seal_at(place, uuid_argument(fcinfo, 6), open_at(place, bytes_argument(fcinfo, 7)));
}

// _rekey_client_id(user_id, construct_id, message_id, client_id text, role text,
//                  timestamp text, sealed bytea) → text: the client_id that vvault made of a
// message, made again with the active lookup key. How many equal ones were before it in its
// transcript stands nowhere: the old digest tells.
VVAULT_FUNCTION(vvault_rekey_client_id) {
    constexpr int most_repeats = 1000;
    const Uuid owner = uuid_argument(fcinfo, 0);
    const Scope scope = uuid_argument(fcinfo, 1);
    const std::string_view client_id = text_argument(fcinfo, 3);
    if (!client_id.starts_with(made_key)) return PG_GETARG_DATUM(3);
    const SecretBytes body =
        open_at({.kind = Kind::message_content, .owner = owner, .object = uuid_argument(fcinfo, 2)},
                bytes_argument(fcinfo, 6));
    if (body.size() < blind_size) throw Error(Errc::does_not_open, "sealed value does not open");
    std::vector<std::optional<std::string_view>> parts = {
        text_argument(fcinfo, 4), text_argument(fcinfo, 5),
        as_text(ByteView(body).subspan(blind_size))};
    const auto answer = [&] {
        const DataKey active = active_data_key(owner, KeyPurpose::lookup, scope);
        return text_datum(std::string(made_key) + fingerprint(*active.key, parts));
    };
    for (const std::uint64_t id : older_lookup_keys(owner, scope)) {
        const auto matches = [&] {
            return fingerprint(data_key(owner, id), parts) == client_id.substr(made_key.size());
        };
        for (int nth = 1; nth <= most_repeats; ++nth) {
            const std::string repeat = std::to_string(nth);
            if (nth > 1) parts.push_back(repeat);
            if (matches()) return answer();
            // An empty message may have come as none.
            if (nth == 1 && parts[2]->empty()) {
                parts[2].reset();
                if (matches()) return answer();
                parts[2] = std::string_view();
            }
            parts.resize(3);
        }
    }
    return PG_GETARG_DATUM(3);
}

// _nobody_sees(before xid8) → boolean: whether every snapshot in use is newer than that
// transaction, so that the rows it replaced are read by nobody any more
VVAULT_FUNCTION(vvault_nobody_sees) {
    const FullTransactionId before = DatumGetFullTransactionId(PG_GETARG_DATUM(0));
    const FullTransactionId next = call(ReadNextFullTransactionId);
    constexpr std::uint64_t comparable = std::uint64_t{1} << 30;
    if (U64FromFullTransactionId(next) - U64FromFullTransactionId(before) > comparable)
        PG_RETURN_BOOL(true);
    const TransactionId oldest = call(GetOldestNonRemovableTransactionId, Relation{nullptr});
    PG_RETURN_BOOL(TransactionIdPrecedes(XidFromFullTransactionId(before), oldest));
}

// _begin_resealing(user_id, file_id) → void, until _end_resealing() or the transaction's end
VVAULT_FUNCTION(vvault_begin_resealing) {
    resealing = {uuid_argument(fcinfo, 0), uuid_argument(fcinfo, 1), this_transaction()};
    PG_RETURN_VOID();
}

// _end_resealing() → void
VVAULT_FUNCTION(vvault_end_resealing) {
    resealing.reset();
    PG_RETURN_VOID();
}

// _guard_version() trigger, BEFORE UPDATE FOR EACH ROW: a version is never changed, but for the
// sealed bytes of the file that is being sealed anew
VVAULT_FUNCTION(vvault_guard_version) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    const auto *trigger = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!is_resealed(trigger))
        throw Error(Errc::append_only, "table \"vault_file_versions\" is append-only");
    return PointerGetDatum(trigger->tg_newtuple);
}
