// Arguments in as views, results out as values of the backend.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/bytes.hpp"
#include "pg/boundary.hpp"

namespace vvault::pg {

// Views live as long as the call. The argument must not be null unless the name says so.
ByteView bytes_argument(FunctionCallInfo fcinfo, int position);
std::string_view text_argument(FunctionCallInfo fcinfo, int position);
std::optional<std::string_view> optional_text_argument(FunctionCallInfo fcinfo, int position);
Uuid uuid_argument(FunctionCallInfo fcinfo, int position);
std::optional<Uuid> optional_uuid_argument(FunctionCallInfo fcinfo, int position);

// The elements of a text[] argument; a null element gives nothing.
std::vector<std::optional<std::string_view>> texts_argument(FunctionCallInfo fcinfo, int position);

ByteView bytes_of(Datum value);
std::string_view text_of(Datum value);
Uuid uuid_of(Datum value);

Datum bytea_datum(ByteView bytes);
// A bytea that somebody else fills: memory_of_new(datum) sets the datum when it is asked.
Memory memory_of_new(Datum &bytea);
Datum text_datum(std::string_view text);
Datum uuid_datum(const Uuid &uuid);
Datum bytea_array_datum(std::span<const Digest> digests);
Datum uuid_array_datum(std::span<const Uuid> uuids);

// A row of the function's declared OUT columns; nulls marks the missing ones.
Datum row_result(FunctionCallInfo fcinfo, const Datum *values, const bool *nulls);

// Postgres counts microseconds from 2000, everybody else from 1970.
std::int64_t unix_microseconds(TimestampTz timestamp);
TimestampTz timestamp_of(std::int64_t unix_microseconds);

}  // namespace vvault::pg
