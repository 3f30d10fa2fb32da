#include <cstring>

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

// Everything in here runs inside call() and is plain C: errors of the backend jump over it.

constexpr int keys_limit = 4;

struct Columns {
    ColumnValue *values;
    std::size_t count;
};

Oid relation_id(const char *name) {
    const Oid relation = get_relname_relid(name, get_namespace_oid("vvault", false));
    if (!OidIsValid(relation))
        ereport(ERROR, errcode(ERRCODE_UNDEFINED_TABLE),
                errmsg("relation vvault.%s is not there", name),
                errhint("Run SELECT vvault.install()."));
    return relation;
}

// Columns are usually asked for in the table's order, so the next one is tried first.
int find_column(TupleDesc description, int first, const char *name) {
    for (int step = 0; step < description->natts; ++step) {
        const int i = (first + step) % description->natts;
        Form_pg_attribute attribute = TupleDescAttr(description, i);
        if (!attribute->attisdropped && std::strcmp(NameStr(attribute->attname), name) == 0)
            return i;
    }
    ereport(ERROR, errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" is not there", name));
    pg_unreachable();
}

void set_columns(TupleTableSlot *slot, const ColumnValue *columns, std::size_t count) {
    int next = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const int column = find_column(slot->tts_tupleDescriptor, next, columns[i].name);
        slot->tts_values[column] = columns[i].value;
        slot->tts_isnull[column] = columns[i].is_null;
        next = column + 1;
    }
}

void get_columns(TupleTableSlot *slot, Columns columns) {
    slot_getallattrs(slot);
    for (std::size_t i = 0; i < columns.count; ++i) {
        ColumnValue &wanted = columns.values[i];
        const int column = find_column(slot->tts_tupleDescriptor, 0, wanted.name);
        Form_pg_attribute attribute = TupleDescAttr(slot->tts_tupleDescriptor, column);
        wanted.is_null = slot->tts_isnull[column];
        wanted.value = wanted.is_null ? Datum{0}
                                      : datumCopy(slot->tts_values[column], attribute->attbyval,
                                                  attribute->attlen);
    }
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

void insert_now(const char *table, const ColumnValue *columns, std::size_t count) {
    Relation relation = table_open(relation_id(table), RowExclusiveLock);
    Writing writing = begin_writing(relation, "INSERT");
    ExecClearTuple(writing.slot);
    std::memset(writing.slot->tts_isnull, true, sizeof(bool) * RelationGetDescr(relation)->natts);
    set_columns(writing.slot, columns, count);
    ExecStoreVirtualTuple(writing.slot);
    ExecSimpleRelationInsert(writing.target, writing.state, writing.slot);
    end_writing(writing, relation);
}

void update_now(const char *table, const ItemPointerData *place, const ColumnValue *columns,
                std::size_t count) {
    Relation relation = table_open(relation_id(table), RowExclusiveLock);
    Writing writing = begin_writing(relation, "UPDATE");
    TupleTableSlot *old = table_slot_create(relation, nullptr);
    ItemPointerData where = *place;
    if (!table_tuple_fetch_row_version(relation, &where, SnapshotSelf, old))
        ereport(ERROR, errcode(ERRCODE_INTERNAL_ERROR), errmsg("a locked row is gone"));
    ExecCopySlot(writing.slot, old);
    slot_getallattrs(writing.slot);
    set_columns(writing.slot, columns, count);
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
}

// Leaves the row in the slot, and where it is in the slot's tts_tid.
bool find_now(Relation relation, const IndexLookup *lookup, TupleTableSlot *slot) {
    ScanKeyData scan_keys[keys_limit];
    Relation index = index_open(relation_id(lookup->index), AccessShareLock);
    const int key_count = static_cast<int>(lookup->keys.size());
    if (key_count > keys_limit) elog(ERROR, "too many keys for an index lookup");
    // The scan names an index's columns by those of its table.
    for (int i = 0; i < key_count; ++i)
        ScanKeyEntryInitialize(&scan_keys[i], 0, index->rd_index->indkey.values[i],
                               BTEqualStrategyNumber, InvalidOid, index->rd_indcollation[i],
                               lookup->keys[i].equal, lookup->keys[i].value);
    SysScanDesc scan =
        systable_beginscan_ordered(relation, index, SnapshotSelf, key_count, scan_keys);
    HeapTuple row = systable_getnext_ordered(scan, BackwardScanDirection);
    if (HeapTupleIsValid(row)) {
        ExecForceStoreHeapTuple(heap_copytuple(row), slot, true);
        slot->tts_tid = row->t_self;
    }
    systable_endscan_ordered(scan);
    index_close(index, AccessShareLock);
    return !TTS_EMPTY(slot);
}

bool find_last_now(const IndexLookup *lookup, Columns columns) {
    Relation relation = table_open(relation_id(lookup->table), AccessShareLock);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    const bool found = find_now(relation, lookup, slot);
    if (found) get_columns(slot, columns);
    ExecDropSingleTupleTableSlot(slot);
    table_close(relation, NoLock);
    return found;
}

bool lock_last_now(const IndexLookup *lookup, Columns columns, ItemPointerData *place) {
    Relation relation = table_open(relation_id(lookup->table), RowExclusiveLock);
    TupleTableSlot *slot = table_slot_create(relation, nullptr);
    bool found = find_now(relation, lookup, slot);
    if (found) {
        ItemPointerData where = slot->tts_tid;
        TM_FailureData failure;
        const TM_Result result = table_tuple_lock(
            relation, &where, GetLatestSnapshot(), slot, GetCurrentCommandId(true),
            LockTupleNoKeyExclusive, LockWaitBlock, TUPLE_LOCK_FLAG_FIND_LAST_VERSION, &failure);
        if (result == TM_Ok) {
            *place = slot->tts_tid;
            get_columns(slot, columns);
        } else if (result == TM_Deleted) {
            found = false;
        } else {
            ereport(ERROR, errcode(ERRCODE_T_R_SERIALIZATION_FAILURE),
                    errmsg("the row is being changed by this very statement"));
        }
    }
    ExecDropSingleTupleTableSlot(slot);
    table_close(relation, NoLock);
    return found;
}

}  // namespace

IndexKey key_of(const Uuid &value) {
    return {uuid_datum(value), F_UUID_EQ};
}

IndexKey key_of(std::string_view value) {
    return {text_datum(value), F_TEXTEQ};
}

void insert_row(const char *table, std::span<const ColumnValue> columns) {
    call(insert_now, table, columns.data(), columns.size());
}

bool find_last(const IndexLookup &lookup, std::span<ColumnValue> columns) {
    return call(find_last_now, &lookup, Columns{columns.data(), columns.size()});
}

bool lock_last(const IndexLookup &lookup, std::span<ColumnValue> columns, ItemPointerData &place) {
    return call(lock_last_now, &lookup, Columns{columns.data(), columns.size()}, &place);
}

void update_row(const char *table, const ItemPointerData &place,
                std::span<const ColumnValue> columns) {
    call(update_now, table, &place, columns.data(), columns.size());
}

}  // namespace vvault::pg
