#include <cstring>
#include <string>

#include "core/error.hpp"
#include "pg/datum.hpp"
#include "pg/direct_rows.hpp"

extern "C" {
#include "access/genam.h"
#include "access/table.h"
#include "access/tableam.h"
#include "catalog/namespace.h"
#include "executor/executor.h"
#include "tcop/utility.h"
#include "utils/datum.h"
#include "utils/fmgroids.h"
#include "utils/lsyscache.h"
#include "utils/rel.h"
#include "utils/snapmgr.h"
}

namespace vvault::pg {

namespace {

// What ends in _now runs inside call() and is plain C: errors of the backend jump over it, and
// errors of our own are told by what it returns.
enum class Outcome { done, none, no_column, no_row, changed_here };

constexpr int keys_limit = 4;

struct Columns {
    ColumnValue *values;
    std::size_t count;
};

Oid relation_id(const char *name) {
    return get_relname_relid(name, get_namespace_oid("vvault", false));
}

bool set_columns(TupleTableSlot *slot, Columns columns) {
    int next = 0;
    for (std::size_t i = 0; i < columns.count; ++i) {
        const int column = find_column(slot->tts_tupleDescriptor, next, columns.values[i].name);
        if (column < 0) return false;
        slot->tts_values[column] = columns.values[i].value;
        slot->tts_isnull[column] = columns.values[i].is_null;
        next = column + 1;
    }
    return true;
}

bool get_columns(TupleTableSlot *slot, Columns columns) {
    slot_getallattrs(slot);
    for (std::size_t i = 0; i < columns.count; ++i) {
        ColumnValue &wanted = columns.values[i];
        const int column = find_column(slot->tts_tupleDescriptor, 0, wanted.name);
        if (column < 0) return false;
        Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, column);
        wanted.is_null = slot->tts_isnull[column];
        wanted.value = wanted.is_null ? Datum{0}
                                      : datumCopy(slot->tts_values[column], attribute->attbyval,
                                                  attribute->attlen);
    }
    return true;
}

struct Writing {
    EState *state;
    ResultRelInfo *target;
    TupleTableSlot *slot;
};

// A range table index of 0: there is no statement behind the change.
Writing begin_writing(Relation relation, const char *command) {
    PreventCommandIfReadOnly(command);
    PreventCommandIfParallelMode(command);
    Writing writing;
    writing.state = CreateExecutorState();
    writing.target = makeNode(ResultRelInfo);
    InitResultRelInfo(writing.target, relation, 0, nullptr, 0);
    ExecOpenIndices(writing.target, false);
    writing.slot = table_slot_create(relation, nullptr);
    AfterTriggerBeginQuery();
    return writing;
}

// The triggers run here. What was written is seen by whatever comes next.
void end_writing(Writing writing, Relation relation) {
    AfterTriggerEndQuery(writing.state);
    ExecCloseIndices(writing.target);
    ExecDropSingleTupleTableSlot(writing.slot);
    ExecCloseResultRelations(writing.state);
    ExecResetTupleTable(writing.state->es_tupleTable, false);
    FreeExecutorState(writing.state);
    table_close(relation, NoLock);
    CommandCounterIncrement();
}

Outcome insert_now(Oid table, Columns columns) {
    Relation relation = table_open(table, RowExclusiveLock);
    Writing writing = begin_writing(relation, "INSERT");
    ExecClearTuple(writing.slot);
    std::memset(writing.slot->tts_isnull, true, sizeof(bool) * RelationGetDescr(relation)->natts);
    if (!set_columns(writing.slot, columns)) return Outcome::no_column;
    ExecStoreVirtualTuple(writing.slot);
    ExecSimpleRelationInsert(writing.target, writing.state, writing.slot);
    end_writing(writing, relation);
    return Outcome::done;
}

Outcome update_now(Oid table, ItemPointerData place, Columns columns) {
    Relation relation = table_open(table, RowExclusiveLock);
    Writing writing = begin_writing(relation, "UPDATE");
    TupleTableSlot *old = table_slot_create(relation, nullptr);
    if (!table_tuple_fetch_row_version(relation, &place, SnapshotSelf, old)) return Outcome::no_row;
    ExecCopySlot(writing.slot, old);
    slot_getallattrs(writing.slot);
    if (!set_columns(writing.slot, columns)) return Outcome::no_column;
    HeapTuple changed = heap_form_tuple(RelationGetDescr(relation), writing.slot->tts_values,
                                        writing.slot->tts_isnull);
    ExecForceStoreHeapTuple(changed, writing.slot, true);
    EPQState unused;
    EvalPlanQualInit(&unused, writing.state, nullptr, NIL, -1
#if PG_VERSION_NUM >= 160000
                     ,
                     NIL
#endif
    );
    ExecSimpleRelationUpdate(writing.target, writing.state, &unused, old, writing.slot);
    ExecDropSingleTupleTableSlot(old);
    end_writing(writing, relation);
    return Outcome::done;
}

struct OpenLookup {
    Oid table;
    Oid index;
    const IndexKey *keys;
    int key_count;
};

// Leaves the row in the slot, and where it is in the slot's tts_tid.
bool find_in(Relation relation, const OpenLookup &lookup, TupleTableSlot *slot) {
    ScanKeyData scan_keys[keys_limit];
    Relation index = index_open(lookup.index, AccessShareLock);
    // The scan names an index's columns by those of its table.
    for (int i = 0; i < lookup.key_count; ++i)
        ScanKeyEntryInitialize(&scan_keys[i], 0, index->rd_index->indkey.values[i],
                               BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[i],
                               lookup.keys[i].equal, lookup.keys[i].value);
    SysScanDesc scan =
        systable_beginscan_ordered(relation, index, SnapshotSelf, lookup.key_count, scan_keys);
    HeapTuple row = systable_getnext_ordered(scan, BackwardScanDirection);
    if (HeapTupleIsValid(row)) {
        ExecForceStoreHeapTuple(heap_copytuple(row), slot, true);
        slot->tts_tid = row->t_self;
    }
    systable_endscan_ordered(scan);
    index_close(index, AccessShareLock);
    return !TTS_EMPTY(slot);
}

Outcome find_last_now(OpenLookup lookup, Columns columns) {
    Relation relation = table_open(lookup.table, AccessShareLock);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    Outcome outcome = Outcome::none;
    if (find_in(relation, lookup, slot))
        outcome = get_columns(slot, columns) ? Outcome::done : Outcome::no_column;
    ExecDropSingleTupleTableSlot(slot);
    table_close(relation, NoLock);
    return outcome;
}

Outcome lock_in(Relation relation, TupleTableSlot *slot, Columns columns, ItemPointerData *place) {
    ItemPointerData where = slot->tts_tid;
    TM_FailureData failure;
    const TM_Result result = table_tuple_lock(
        relation, &where, GetLatestSnapshot(), slot, GetCurrentCommandId(true),
        LockTupleNoKeyExclusive, LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
    if (result == TM_Deleted) return Outcome::none;
    if (result != TM_Ok) return Outcome::changed_here;
    *place = slot->tts_tid;
    return get_columns(slot, columns) ? Outcome::done : Outcome::no_column;
}

Outcome lock_last_now(OpenLookup lookup, Columns columns, ItemPointerData *place) {
    PreventCommandIfReadOnly("SELECT FOR UPDATE");  // a standby would fail in the depth of it
    Relation relation = table_open(lookup.table, RowExclusiveLock);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    const Outcome outcome =
        find_in(relation, lookup, slot) ? lock_in(relation, slot, columns, place) : Outcome::none;
    ExecDropSingleTupleTableSlot(slot);
    table_close(relation, NoLock);
    return outcome;
}

OpenLookup open_lookup(const IndexLookup &lookup) {
    if (lookup.keys.size() > keys_limit) throw Error(Errc::internal, "too many keys for a lookup");
    return {lookup.table, lookup.index, lookup.keys.data(), static_cast<int>(lookup.keys.size())};
}

std::string name_of(Oid table) {
    const char *name = call(get_rel_name, table);
    return std::string("vvault.") + (name ? name : "?");
}

// What was opened on the way stays open when this throws; the transaction's end closes it.
bool is_done(Outcome outcome, Oid table) {
    switch (outcome) {
        case Outcome::done:
            return true;
        case Outcome::none:
            return false;
        case Outcome::no_column:
            throw Error(Errc::internal, name_of(table) + " has not the columns that it should have")
                .hint("Run SELECT vvault.migrate().");
        case Outcome::no_row:
            throw Error(Errc::internal, "a locked row of " + name_of(table) + " is gone");
        case Outcome::changed_here:
            break;
    }
    throw Error(Errc::internal,
                "a row of " + name_of(table) + " is being changed by this very statement");
}

Columns writable(std::span<const ColumnValue> columns) {
    return {const_cast<ColumnValue *>(columns.data()), columns.size()};
}

}  // namespace

int find_column(TupleDesc description, int first, const char *name) {
    for (int step = 0; step < description->natts; ++step) {
        const int i = (first + step) % description->natts;
        Form_pg_attribute attribute = TupleDescAttr(description, i);
        if (!attribute->attisdropped && std::strcmp(NameStr(attribute->attname), name) == 0)
            return i;
    }
    return -1;
}

IndexKey key_of(const Uuid &value) {
    return {uuid_datum(value), F_UUID_EQ};
}

IndexKey key_of(std::string_view value) {
    return {text_datum(value), F_TEXTEQ};
}

IndexKey key_of(std::int64_t value) {
    return {Int64GetDatum(value), F_INT8EQ};
}

Oid relation_named(const char *name) {
    const Oid relation = call(relation_id, name);
    if (!OidIsValid(relation))
        throw Error(Errc::internal, std::string("vvault.") + name + " is not there")
            .hint("Run SELECT vvault.install().");
    return relation;
}

void insert_row(Oid table, std::span<const ColumnValue> columns) {
    is_done(call(insert_now, table, writable(columns)), table);
}

void insert_row(const char *table, std::span<const ColumnValue> columns) {
    insert_row(relation_named(table), columns);
}

bool find_last(const IndexLookup &lookup, std::span<ColumnValue> columns) {
    return is_done(
        call(find_last_now, open_lookup(lookup), Columns{columns.data(), columns.size()}),
        lookup.table);
}

bool lock_last(const IndexLookup &lookup, std::span<ColumnValue> columns, ItemPointerData &place) {
    return is_done(
        call(lock_last_now, open_lookup(lookup), Columns{columns.data(), columns.size()}, &place),
        lookup.table);
}

void update_row(const char *table, const ItemPointerData &place,
                std::span<const ColumnValue> columns) {
    const Oid relation = relation_named(table);
    is_done(call(update_now, relation, place, writable(columns)), relation);
}

}  // namespace vvault::pg
