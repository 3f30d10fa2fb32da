#include <cstring>

#include "core/error.hpp"
#include "pg/datum.hpp"

namespace vvault::pg {

namespace {

constexpr std::int64_t epoch_difference_us =
    static_cast<std::int64_t>(POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * USECS_PER_DAY;

Datum varlena_datum(const void *data, std::size_t size) {
    if (size > MaxAllocSize - VARHDRSZ)
        throw Error(Errc::too_large, "value is larger than Postgres can hold");
    auto *value = static_cast<struct varlena *>(call(palloc, size + VARHDRSZ));
    SET_VARSIZE(value, size + VARHDRSZ);
    if (size > 0) std::memcpy(VARDATA(value), data, size);
    return PointerGetDatum(value);
}

}  // namespace

ByteView bytes_of(Datum value) {
    auto *plain =
        call(pg_detoast_datum_packed, reinterpret_cast<struct varlena *>(DatumGetPointer(value)));
    return {reinterpret_cast<const std::uint8_t *>(VARDATA_ANY(plain)),
            static_cast<std::size_t>(VARSIZE_ANY_EXHDR(plain))};
}

std::string_view text_of(Datum value) {
    const ByteView bytes = bytes_of(value);
    return {reinterpret_cast<const char *>(bytes.data()), bytes.size()};
}

Uuid uuid_of(Datum value) {
    Uuid uuid;
    std::memcpy(uuid.data(), DatumGetUUIDP(value)->data, uuid.size());
    return uuid;
}

ByteView bytes_argument(FunctionCallInfo fcinfo, int position) {
    return bytes_of(PG_GETARG_DATUM(position));
}

std::string_view text_argument(FunctionCallInfo fcinfo, int position) {
    return text_of(PG_GETARG_DATUM(position));
}

std::optional<std::string_view> optional_text_argument(FunctionCallInfo fcinfo, int position) {
    if (PG_ARGISNULL(position)) return std::nullopt;
    return text_argument(fcinfo, position);
}

Uuid uuid_argument(FunctionCallInfo fcinfo, int position) {
    return uuid_of(PG_GETARG_DATUM(position));
}

std::optional<Uuid> optional_uuid_argument(FunctionCallInfo fcinfo, int position) {
    if (PG_ARGISNULL(position)) return std::nullopt;
    return uuid_argument(fcinfo, position);
}

std::vector<std::optional<std::string_view>> texts_argument(FunctionCallInfo fcinfo, int position) {
    auto *array = reinterpret_cast<ArrayType *>(
        call(pg_detoast_datum, reinterpret_cast<struct varlena *>(PG_GETARG_POINTER(position))));
    Datum *elements = nullptr;
    bool *nulls = nullptr;
    int count = 0;
    call(deconstruct_array, array, Oid{TEXTOID}, -1, false, char{TYPALIGN_INT}, &elements, &nulls,
         &count);
    std::vector<std::optional<std::string_view>> texts;
    for (int i = 0; i < count; ++i)
        texts.push_back(nulls[i] ? std::nullopt : std::optional(text_of(elements[i])));
    return texts;
}

Datum bytea_datum(ByteView bytes) {
    return varlena_datum(bytes.data(), bytes.size());
}

Memory memory_of_new(Datum &bytea) {
    return {[](void *owner, std::size_t size) {
                auto *value = static_cast<struct varlena *>(call(palloc, size + VARHDRSZ));
                SET_VARSIZE(value, size + VARHDRSZ);
                *static_cast<Datum *>(owner) = PointerGetDatum(value);
                return std::span(reinterpret_cast<std::uint8_t *>(VARDATA(value)), size);
            },
            &bytea};
}

Datum text_datum(std::string_view text) {
    return varlena_datum(text.data(), text.size());
}

Datum uuid_datum(const Uuid &uuid) {
    auto *value = static_cast<pg_uuid_t *>(call(palloc, sizeof(pg_uuid_t)));
    std::memcpy(value->data, uuid.data(), uuid.size());
    return UUIDPGetDatum(value);
}

Datum bytea_array_datum(std::span<const Digest> digests) {
    std::vector<Datum> elements;
    for (const Digest &digest : digests) elements.push_back(bytea_datum(digest));
    return PointerGetDatum(call(construct_array, elements.data(), static_cast<int>(elements.size()),
                                Oid{BYTEAOID}, -1, false, char{TYPALIGN_INT}));
}

Datum uuid_array_datum(std::span<const Uuid> uuids) {
    std::vector<Datum> elements;
    for (const Uuid &uuid : uuids) elements.push_back(uuid_datum(uuid));
    return PointerGetDatum(call(construct_array, elements.data(), static_cast<int>(elements.size()),
                                Oid{UUIDOID}, int{UUID_LEN}, false, char{TYPALIGN_CHAR}));
}

Datum row_result(FunctionCallInfo fcinfo, const Datum *values, const bool *nulls) {
    TupleDesc description = nullptr;
    call(get_call_result_type, fcinfo, static_cast<Oid *>(nullptr), &description);
    description = call(BlessTupleDesc, description);
    // heap_form_tuple only reads the arrays.
    HeapTuple tuple =
        call(heap_form_tuple, description, const_cast<Datum *>(values), const_cast<bool *>(nulls));
    return call(HeapTupleHeaderGetDatum, tuple->t_data);
}

std::int64_t unix_microseconds(TimestampTz timestamp) {
    return timestamp + epoch_difference_us;
}

TimestampTz timestamp_of(std::int64_t unix_microseconds) {
    return unix_microseconds - epoch_difference_us;
}

}  // namespace vvault::pg
