// A row as the ledger's trigger meets it: what changed, whose it is, and the payload that
// tells of it. Knows nothing of entries, streams or hashes of leaves.
//
// Arguments of the trigger: entity, owner column, stream column, then the columns that are
// private: they enter the payload only as salted commitments. Bytes enter as their SHA-256.
// Names are arguments because a trigger on a distributed table sees the name of a shard.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

struct TriggerArguments {
    int count;
    char **values;
};

// A row by the arguments of its table's trigger.
class RecordedRow {
public:
    RecordedRow(TriggerArguments arguments, TupleDesc columns, HeapTuple row);

    const char *entity() const { return argument(0); }
    Uuid owner() const;
    Uuid stream() const;
    // When the row was made, where it says so.
    std::optional<TimestampTz> created_at() const;

    // The row's own commitment to its content, where it has one.
    std::optional<Digest> content_commitment() const;

    // The row as JSON, in the order of its columns. Left out: nulls, and what the leaf
    // has fields of its own for; a time of creation where it is the entry's time.
    std::string payload(ByteView salt, TimestampTz entry_time) const;

private:
    const char *argument(int position) const { return arguments_.values[position]; }
    Value column(int number) const;
    int column_number(std::string_view name) const;
    Uuid uuid_column(std::string_view name) const;
    bool is_private(std::string_view name) const;
    bool is_in_leaf(std::string_view name) const;

    TriggerArguments arguments_;
    TupleDesc columns_;
    HeapTuple row_;
};

class ChangedRow : public RecordedRow {
public:
    // Throws Errc::invalid_argument when the function was not called as such a trigger.
    explicit ChangedRow(FunctionCallInfo fcinfo);

    std::string event_type() const;  // "message.created", "session.updated", …
    bool is_new() const { return TRIGGER_FIRED_BY_INSERT(data_->tg_event); }
    Oid relation() const { return RelationGetRelid(data_->tg_relation); }

private:
    explicit ChangedRow(const TriggerData &data);
    const TriggerData *data_;
};

// A row as somebody has read it, by the trigger of the table it is from. Throws
// Errc::invalid_argument when the ledger does not follow that table.
RecordedRow recorded_row(Oid table, Datum record);

}  // namespace vvault::pg
