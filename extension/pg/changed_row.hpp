// A row as the ledger's trigger meets it: what changed, whose it is, and the payload that
// tells of it. Knows nothing of entries, streams or hashes of leaves.
//
// Arguments of the trigger: entity, owner column, stream column, file column (or ''), then
// the columns that are private: they enter the payload only as salted commitments. Bytes
// enter as their SHA-256. Names are arguments because a trigger on a distributed table sees
// the name of a shard.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "pg/query.hpp"

namespace vvault::pg {

using Salt = std::array<std::uint8_t, 32>;

class ChangedRow {
public:
    // Throws Errc::invalid_argument when the function was not called as such a trigger.
    explicit ChangedRow(FunctionCallInfo fcinfo);

    const char *entity() const { return argument(0); }
    std::string event_type() const;  // "message.created", "session.updated", …
    bool is_new() const { return TRIGGER_FIRED_BY_INSERT(trigger_->tg_event); }
    Oid relation() const;

    Uuid owner() const;
    Uuid stream() const;
    std::optional<Uuid> file() const;
    std::optional<Uuid> subject() const;  // what the row is, where its id is a UUID

    // The row's own commitment to its content; zeros where it has none.
    Digest content_commitment() const;

    // The row as JSON, in the order of its columns. Left out: nulls, and what the leaf
    // has fields of its own for.
    std::string payload(const Salt &salt) const;

private:
    const char *argument(int position) const { return trigger_->tg_trigger->tgargs[position]; }
    TupleDesc columns() const { return trigger_->tg_relation->rd_att; }
    Value column(int number) const;
    int column_number(std::string_view name) const;
    std::optional<Uuid> uuid_column(std::string_view name) const;
    bool is_private(std::string_view name) const;
    bool is_in_leaf(std::string_view name) const;

    TriggerData *trigger_;
    HeapTuple row_;  // after the change, or before a deletion
};

}  // namespace vvault::pg
