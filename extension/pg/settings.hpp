// The settings of the extension. Nothing secret is ever kept in one.
#pragma once

namespace vvault::pg {

// Registers every vvault.* setting; called once, from _PG_init.
void define_settings();

// vvault.root_key_file; never null, empty where it is not set.
const char *root_key_file();

// vvault.root_key_command; never null, empty where it is not set.
const char *root_key_command();

// vvault.root_key_command_timeout, in milliseconds.
int root_key_command_timeout();

// vvault.ticket_key_file; never null, empty where it is not set.
const char *ticket_key_file();

// vvault.ledger_guard; whether anything heeds it is pg/ledger_guard's to tell.
bool ledger_guard_setting();

// vvault.ledger_key_file; never null, empty where it is not set.
const char *ledger_key_file();

// vvault.ledger_origin; never null, empty where it is not set.
const char *ledger_origin();

// vvault.ledger_databases, as it is written; never null.
const char *ledger_databases();

// vvault.ledger_seal_interval, in milliseconds.
int ledger_seal_interval();

// vvault.transcript_delay, in milliseconds; below 0 for none.
int transcript_delay();

// The ticket as the session holds it now, signed or not; never null.
const char *ticket_text();

// Counts up whenever the ticket's text may have changed.
unsigned long ticket_changes();

// Gives the ticket to the current transaction: SET LOCAL vvault.ticket.
void set_local_ticket(const char *ticket);

}  // namespace vvault::pg
