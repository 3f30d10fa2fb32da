#include "pg/append_row.hpp"

#include "core/error.hpp"

extern "C" {
#include "access/genam.h"
#include "access/heapam.h"
#include "access/table.h"
#include "catalog/index.h"
#include "tcop/utility.h"
#include "utils/rel.h"
}

namespace vvault::pg {

namespace {

struct Columns {
    const ColumnValue *values;
    std::size_t count;
};

struct Row {
    Datum values[MaxHeapAttributeNumber];
    bool nulls[MaxHeapAttributeNumber];
};

// What ends in _now runs inside call() and is plain C: errors of the backend jump over it.

bool fill_now(TupleDesc description, Columns columns, Row *row) {
    for (int i = 0; i < description->natts; ++i) row->nulls[i] = true;
    int next = 0;
    for (std::size_t i = 0; i < columns.count; ++i) {
        const int place = find_column(description, next, columns.values[i].name);
        if (place < 0) return false;
        row->values[place] = columns.values[i].value;
        row->nulls[place] = columns.values[i].is_null;
        next = place + 1;
    }
    for (int i = 0; i < description->natts; ++i)
        if (row->nulls[i] && TupleDescAttr(description, i)->attnotnull) return false;
    return true;
}

void index_now(Relation table, Relation index, HeapTuple tuple, const Row &row) {
    IndexInfo *info = BuildIndexInfo(index);
    Datum values[INDEX_MAX_KEYS];
    bool nulls[INDEX_MAX_KEYS];
    for (int i = 0; i < info->ii_NumIndexAttrs; ++i) {
        const int column = info->ii_IndexAttrNumbers[i] - 1;
        values[i] = row.values[column];
        nulls[i] = row.nulls[column];
    }
    index_insert(index, values, nulls, &tuple->t_self, table,
                 info->ii_Unique ? UNIQUE_CHECK_YES : UNIQUE_CHECK_NO, false, info);
#if PG_VERSION_NUM >= 170000
    index_insert_cleanup(index, info);
#endif
}

bool append_now(Oid id, Columns columns) {
    PreventCommandIfReadOnly("INSERT");
    PreventCommandIfParallelMode("INSERT");
    Relation table = table_open(id, RowExclusiveLock);
    Row row;
    if (!fill_now(RelationGetDescr(table), columns, &row)) return false;
    HeapTuple tuple = heap_form_tuple(RelationGetDescr(table), row.values, row.nulls);
    tuple->t_tableOid = id;
    heap_insert(table, tuple, GetCurrentCommandId(true), 0, nullptr);
    List *indexes = RelationGetIndexList(table);
    for (int i = 0; i < list_length(indexes); ++i) {
        Relation index = index_open(list_nth_oid(indexes, i), RowExclusiveLock);
        index_now(table, index, tuple, row);
        index_close(index, NoLock);
    }
    list_free(indexes);
    heap_freetuple(tuple);
    table_close(table, NoLock);
    // Whatever comes next sees the row.
    CommandCounterIncrement();
    return true;
}

}  // namespace

void append_row(Oid table, std::span<const ColumnValue> columns) {
    if (!call(append_now, table, Columns{columns.data(), columns.size()}))
        throw Error(Errc::internal, "a table that only grows has not the columns it should have")
            .hint("Run SELECT vvault.migrate().");
}

}  // namespace vvault::pg
