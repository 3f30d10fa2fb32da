// Some rows are remembered by each backend: tokens, grants, data keys. This file is how a
// backend learns that one of them was changed anywhere in the cluster: the trigger on the
// table announces it through the relation cache's own messages, which reach every backend
// with the commit, and everybody's memory of all of them is void before its next use.
#pragma once

#include "pg/postgres.hpp"

namespace vvault::pg {

// Registers the callbacks; called once, from _PG_init.
void watch_tables();

// A number that differs once anything remembered may have changed. Ask for it before every
// use of what is remembered, and before reading what will be.
unsigned long watched_epoch();

// Called by the trigger on a watched table; takes effect with the commit.
bool voids_memory(const char *entity, bool is_new_row);
void announce_change(Oid relation);

// What this transaction has just made must be forgotten if it fails.
void forget_if_this_fails();

}  // namespace vvault::pg
