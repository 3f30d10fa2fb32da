#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "core/timestamp.hpp"
#include "pg/changed_row.hpp"
#include "pg/datum.hpp"

extern "C" {
#include "utils/lsyscache.h"
}

namespace vvault::pg {

namespace {

constexpr int fixed_arguments = 4;

// Holds the salted hash of what the row's content says, where the row has content.
constexpr std::string_view commitment_column = "commitment";

void append_json_string(std::string &json, std::string_view text) {
    static constexpr char digits[] = "0123456789abcdef";
    json += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            json += '\\';
            json += c;
        } else if (byte < 0x20) {
            json += "\\u00";
            json += digits[byte >> 4];
            json += digits[byte & 15];
        } else {
            json += c;
        }
    }
    json += '"';
}

// Times are written out in UTC, whatever the session's time zone is: the payload of a
// row must be the same bytes from everywhere.
std::string utc_text(TimestampTz value) {
    const std::int64_t microseconds = unix_microseconds(value);
    std::string text = format_timestamp_ms(microseconds);
    const std::string digits = std::to_string(1000 + (microseconds % 1000 + 1000) % 1000);
    text.insert(text.size() - 1, digits, 1, 3);
    return text;
}

std::string output_of(Oid type, Datum value) {
    if (type == TIMESTAMPTZOID && !TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value)))
        return utc_text(DatumGetTimestampTz(value));
    Oid function = InvalidOid;
    bool is_varlena = false;
    call(getTypeOutputInfo, type, &function, &is_varlena);
    return call(OidOutputFunctionCall, function, value);
}

void append_member(std::string &json, std::string_view name, const char *suffix,
                   std::string_view value, bool quoted) {
    json += json.back() == '{' ? "\"" : ",\"";
    json += name;
    json += suffix;
    json += "\":";
    if (quoted)
        append_json_string(json, value);
    else
        json += value;
}

}  // namespace

ChangedRow::ChangedRow(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    trigger_ = reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_FOR_ROW(trigger_->tg_event) ||
        trigger_->tg_trigger->tgnargs < fixed_arguments)
        throw Error(Errc::internal, "the ledger's trigger is set up wrongly");
    row_ = TRIGGER_FIRED_BY_UPDATE(trigger_->tg_event) ? trigger_->tg_newtuple
                                                       : trigger_->tg_trigtuple;
}

std::string ChangedRow::event_type() const {
    const std::string name = std::string(entity()) + ".";
    if (TRIGGER_FIRED_BY_INSERT(trigger_->tg_event)) return name + "created";
    return name + (TRIGGER_FIRED_BY_UPDATE(trigger_->tg_event) ? "updated" : "deleted");
}

Oid ChangedRow::relation() const {
    return RelationGetRelid(trigger_->tg_relation);
}

Uuid ChangedRow::owner() const {
    return uuid_column(argument(1)).value();
}

Uuid ChangedRow::stream() const {
    return uuid_column(argument(2)).value();
}

std::optional<Uuid> ChangedRow::file() const {
    return *argument(3) == '\0' ? std::nullopt : uuid_column(argument(3));
}

std::optional<Uuid> ChangedRow::subject() const {
    const int number = column_number("id");
    if (TupleDescAttr(columns(), number - 1)->atttypid != UUIDOID) return std::nullopt;
    return uuid_column("id");
}

Digest ChangedRow::content_commitment() const {
    Digest commitment{};
    for (int i = 0; i < columns()->natts; ++i) {
        if (NameStr(TupleDescAttr(columns(), i)->attname) != commitment_column) continue;
        const Value value = column(i + 1);
        if (value.is_null) break;
        const ByteView bytes = bytes_of(value.datum);
        if (bytes.size() == commitment.size())
            std::copy(bytes.begin(), bytes.end(), commitment.begin());
    }
    return commitment;
}

Value ChangedRow::column(int number) const {
    Value value{0, false};
    value.datum = call(
        +[](HeapTuple tuple, int attribute, TupleDesc description, bool *is_null) {
            return heap_getattr(tuple, attribute, description, is_null);
        },
        row_, number, columns(), &value.is_null);
    return value;
}

int ChangedRow::column_number(std::string_view name) const {
    for (int i = 0; i < columns()->natts; ++i)
        if (name == NameStr(TupleDescAttr(columns(), i)->attname)) return i + 1;
    throw Error(Errc::internal, "the ledger's trigger names a column that is not there");
}

std::optional<Uuid> ChangedRow::uuid_column(std::string_view name) const {
    const Value value = column(column_number(name));
    return value.is_null ? std::nullopt : std::optional(uuid_of(value.datum));
}

bool ChangedRow::is_private(std::string_view name) const {
    for (int i = fixed_arguments; i < trigger_->tg_trigger->tgnargs; ++i)
        if (argument(i) == name) return true;
    return false;
}

// What the leaf covers in fields of its own: user_id, stream_id and content_commitment.
bool ChangedRow::is_in_leaf(std::string_view name) const {
    return name == commitment_column || name == argument(1) || name == argument(2);
}

std::string ChangedRow::payload(const Salt &salt) const {
    std::string json = "{";
    for (int i = 0; i < columns()->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(columns(), i);
        const std::string_view name = NameStr(attribute.attname);
        if (attribute.attisdropped || is_in_leaf(name)) continue;
        const Value value = column(i + 1);
        if (value.is_null) continue;
        const Oid type = attribute.atttypid;
        if (type == BYTEAOID) {
            append_member(json, name, "_sha256", hex(sha256({bytes_of(value.datum)})), true);
            continue;
        }
        const std::string text = output_of(type, value.datum);
        if (is_private(name))
            append_member(json, name, "_commitment", hex(payload_commitment(salt, as_bytes(text))),
                          true);
        else if (type == BOOLOID)
            append_member(json, name, "", text == "t" ? "true" : "false", false);
        else
            append_member(json, name, "", text,
                          type != INT4OID && type != INT8OID && type != JSONBOID);
    }
    json += '}';
    return json;
}

}  // namespace vvault::pg
