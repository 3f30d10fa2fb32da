#include <algorithm>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/ledger_leaf.hpp"
#include "core/timestamp.hpp"
#include "pg/changed_row.hpp"
#include "pg/datum.hpp"

extern "C" {
#include "access/table.h"
#include "nodes/makefuncs.h"
#include "parser/parse_func.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/typcache.h"
}

namespace vvault::pg {

namespace {

constexpr int fixed_arguments = 3;

// Holds the salted hash of what the row's content says, where the row has content.
constexpr std::string_view commitment_column = "commitment";
constexpr std::string_view creation_column = "created_at";

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
    // What most columns are, without the detour through their output functions.
    switch (type) {
        case UUIDOID:
            return uuid_text(uuid_of(value));
        case TEXTOID:
            return std::string(text_of(value));
        case INT8OID:
            return std::to_string(DatumGetInt64(value));
        case TIMESTAMPTZOID:
            if (TIMESTAMP_NOT_FINITE(DatumGetTimestampTz(value))) break;
            return utc_text(DatumGetTimestampTz(value));
    }
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

RecordedRow::RecordedRow(TriggerArguments arguments, TupleDesc columns, HeapTuple row)
    : arguments_(arguments), columns_(columns), row_(row) {
    if (arguments.count < fixed_arguments)
        throw Error(Errc::internal, "the ledger's trigger is set up wrongly");
}

Uuid RecordedRow::owner() const {
    return uuid_column(argument(1));
}

Uuid RecordedRow::stream() const {
    return uuid_column(argument(2));
}

std::optional<TimestampTz> RecordedRow::created_at() const {
    for (int i = 0; i < columns_->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(columns_, i);
        if (NameStr(attribute.attname) != creation_column || attribute.atttypid != TIMESTAMPTZOID)
            continue;
        const Value value = column(i + 1);
        if (!value.is_null) return DatumGetTimestampTz(value.datum);
    }
    return std::nullopt;
}

std::optional<Digest> RecordedRow::content_commitment() const {
    for (int i = 0; i < columns_->natts; ++i) {
        if (NameStr(TupleDescAttr(columns_, i)->attname) != commitment_column) continue;
        const Value value = column(i + 1);
        Digest commitment;
        if (value.is_null || bytes_of(value.datum).size() != commitment.size()) break;
        std::ranges::copy(bytes_of(value.datum), commitment.begin());
        return commitment;
    }
    return std::nullopt;
}

Value RecordedRow::column(int number) const {
    Value value{0, false};
    value.datum = call(
        +[](HeapTuple tuple, int attribute, TupleDesc description, bool *is_null) {
            return heap_getattr(tuple, attribute, description, is_null);
        },
        row_, number, columns_, &value.is_null);
    return value;
}

int RecordedRow::column_number(std::string_view name) const {
    for (int i = 0; i < columns_->natts; ++i)
        if (name == NameStr(TupleDescAttr(columns_, i)->attname)) return i + 1;
    throw Error(Errc::internal, "the ledger's trigger names a column that is not there");
}

Uuid RecordedRow::uuid_column(std::string_view name) const {
    const Value value = column(column_number(name));
    if (value.is_null) throw Error(Errc::internal, "the ledger's trigger met a row of nobody");
    return uuid_of(value.datum);
}

bool RecordedRow::is_private(std::string_view name) const {
    for (int i = fixed_arguments; i < arguments_.count; ++i)
        if (argument(i) == name) return true;
    return false;
}

// What the leaf covers in fields of its own: user_id, stream_id and content_commitment.
bool RecordedRow::is_in_leaf(std::string_view name) const {
    return name == commitment_column || name == argument(1) || name == argument(2);
}

std::string RecordedRow::payload(ByteView salt, TimestampTz entry_time) const {
    std::string json = "{";
    const bool is_dated = created_at() == entry_time;
    for (int i = 0; i < columns_->natts; ++i) {
        const FormData_pg_attribute &attribute = *TupleDescAttr(columns_, i);
        const std::string_view name = NameStr(attribute.attname);
        if (attribute.attisdropped || is_in_leaf(name)) continue;
        if (is_dated && name == creation_column) continue;
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

namespace {

const TriggerData &trigger_data(FunctionCallInfo fcinfo) {
    if (!CALLED_AS_TRIGGER(fcinfo))
        throw Error(Errc::invalid_argument, "this function is a trigger");
    const auto &data = *reinterpret_cast<TriggerData *>(fcinfo->context);
    if (!TRIGGER_FIRED_FOR_ROW(data.tg_event))
        throw Error(Errc::internal, "the ledger's trigger is set up wrongly");
    return data;
}

// After the change, or before a deletion.
HeapTuple row_of(const TriggerData &data) {
    return TRIGGER_FIRED_BY_UPDATE(data.tg_event) ? data.tg_newtuple : data.tg_trigtuple;
}

}  // namespace

ChangedRow::ChangedRow(FunctionCallInfo fcinfo) : ChangedRow(trigger_data(fcinfo)) {}

ChangedRow::ChangedRow(const TriggerData &data)
    : RecordedRow({data.tg_trigger->tgnargs, data.tg_trigger->tgargs}, data.tg_relation->rd_att,
                  row_of(data)),
      data_(&data) {}

std::string ChangedRow::event_type() const {
    const std::string name = std::string(entity()) + ".";
    if (TRIGGER_FIRED_BY_INSERT(data_->tg_event)) return name + "created";
    return name + (TRIGGER_FIRED_BY_UPDATE(data_->tg_event) ? "updated" : "deleted");
}

namespace {

// Copied, because the relation is closed again. Plain C: errors of the backend jump over it.
TriggerArguments arguments_now(Oid table, Oid function) {
    TriggerArguments found{0, nullptr};
    Relation relation = table_open(table, AccessShareLock);
    const TriggerDesc *triggers = relation->trigdesc;
    for (int i = 0; triggers != nullptr && i < triggers->numtriggers; ++i) {
        const Trigger &trigger = triggers->triggers[i];
        if (trigger.tgfoid != function) continue;
        found.count = trigger.tgnargs;
        found.values = static_cast<char **>(palloc(sizeof(char *) * trigger.tgnargs));
        for (int j = 0; j < trigger.tgnargs; ++j) found.values[j] = pstrdup(trigger.tgargs[j]);
        break;
    }
    table_close(relation, AccessShareLock);
    return found;
}

Oid recording_function() {
    return LookupFuncName(
        list_make2(makeString(pstrdup("vvault")), makeString(pstrdup("_record_change"))), 0,
        nullptr, false);
}

}  // namespace

RecordedRow recorded_row(Oid table, Datum record) {
    const TriggerArguments arguments = call(arguments_now, table, call(recording_function));
    if (arguments.count == 0)
        throw Error(Errc::invalid_argument, "the ledger does not follow that table");
    auto *header = reinterpret_cast<HeapTupleHeader>(
        call(pg_detoast_datum, reinterpret_cast<struct varlena *>(DatumGetPointer(record))));
    const TupleDesc columns = call(lookup_rowtype_tupdesc_copy, HeapTupleHeaderGetTypeId(header),
                                   HeapTupleHeaderGetTypMod(header));
    auto *row = static_cast<HeapTuple>(call(palloc0, sizeof(HeapTupleData)));
    row->t_len = HeapTupleHeaderGetDatumLength(header);
    row->t_data = header;
    ItemPointerSetInvalid(&row->t_self);
    return {arguments, columns, row};
}

}  // namespace vvault::pg
