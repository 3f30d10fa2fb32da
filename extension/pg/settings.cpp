#include "pg/boundary.hpp"
#include "pg/settings.hpp"

namespace vvault::pg {

namespace {

char *root_key_file_value = nullptr;
char *root_key_command_value = nullptr;
int root_key_command_timeout_value = 10000;
char *ticket_key_file_value = nullptr;
char *ledger_key_file_value = nullptr;
char *ledger_origin_value = nullptr;
char *ledger_databases_value = nullptr;
int ledger_seal_interval_value = 1000;
int transcript_delay_value = 2000;
char *ticket_value = nullptr;
int keep_versions_value = 0;
bool ledger_guard_value = true;
unsigned long changes = 0;

void ticket_assigned(const char *, void *) {
    ++changes;
}

const char *or_empty(const char *value) {
    return value ? value : "";
}

// What decides who seals and who signs stays as it was when the server started; without the
// library being preloaded there is no such moment, and such settings are the configuration's.
GucContext at_start() {
    return process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP;
}

void define_worker_settings() {
    DefineCustomStringVariable(
        "vvault.ledger_key_file",
        "File with the seeds of the keys that sign the ledger's checkpoints.",
        "Lines of a number and 64 hexadecimal digits, the highest number signs; owned by the "
        "server's user or root, mode 0400 or 0600.",
        &ledger_key_file_value, "", at_start(), GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
    DefineCustomStringVariable("vvault.ledger_origin", "The ledger's name in its checkpoints.",
                               "Where it is empty: vvault/ and the installation's id.",
                               &ledger_origin_value, "", at_start(), 0, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "vvault.ledger_databases", "Databases whose ledgers the background worker seals.",
        "Names with commas between them. Takes effect where the library is preloaded.",
        &ledger_databases_value, "vvault", at_start(), 0, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("vvault.ledger_seal_interval",
                            "How long the background worker waits between two batches.", nullptr,
                            &ledger_seal_interval_value, 1000, 10, 3600000, PGC_SIGHUP, GUC_UNIT_MS,
                            nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "vvault.transcript_delay",
        "How long a conversation is quiet before its transcript file gets what was said.",
        "Ten times as long at most while it is not quiet; longer for long files. With -1 no "
        "background worker keeps transcripts.",
        &transcript_delay_value, 2000, -1, 3600000, PGC_SIGHUP, GUC_UNIT_MS, nullptr, nullptr,
        nullptr);
}

}  // namespace

void define_settings() {
    DefineCustomStringVariable(
        "vvault.root_key_file",
        "File that holds the root keys, outside the database and its data directory.",
        "Lines of a number and 64 hexadecimal digits; owned by the server's user or root, mode "
        "0400 or 0600.",
        &root_key_file_value, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "vvault.root_key_command",
        "Program that prints the root keys, in the place of vvault.root_key_file.",
        "An absolute path and arguments, split at blanks and run without a shell, once a backend.",
        &root_key_command_value, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
    DefineCustomIntVariable("vvault.root_key_command_timeout",
                            "How long vvault.root_key_command may take.", nullptr,
                            &root_key_command_timeout_value, 10000, 100, 600000, PGC_SIGHUP,
                            GUC_SUPERUSER_ONLY | GUC_UNIT_MS, nullptr, nullptr, nullptr);
    DefineCustomStringVariable(
        "vvault.ticket_key_file",
        "File with the key that signs identities, the same on every node of a cluster.",
        "Where it is empty each server makes its own key, new at every start.",
        &ticket_key_file_value, "", PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr, nullptr, nullptr);
    DefineCustomIntVariable(
        "vvault.keep_versions",
        "How many versions of each file vvault.apply_retention() leaves; 0 leaves all.",
        "Read by that function alone, which never removes the current version or a held one.",
        &keep_versions_value, 0, 0, INT_MAX, PGC_SUSET, 0, nullptr, nullptr, nullptr);
    // Not by ALTER SYSTEM: whoever throws this switch needs the server's files and a restart.
    // Where the library comes with a session there is no guard to switch, and Postgres takes
    // no such setting any more.
    DefineCustomBoolVariable(
        "vvault.ledger_guard", "Refuses to change the ledger's tables, to superusers too.",
        "Works where vvault is in shared_preload_libraries. Each start of the server with it off "
        "is an entry in the ledger.",
        &ledger_guard_value, true, at_start(), GUC_SUPERUSER_ONLY | GUC_DISALLOW_IN_AUTO_FILE,
        nullptr, nullptr, nullptr);
    define_worker_settings();
    // Anybody may write this setting: what counts is the signature inside. It travels
    // to parallel workers because it is an ordinary setting.
    DefineCustomStringVariable("vvault.ticket", "The signed identity of the current transaction.",
                               "Set by vvault.authenticate(); any other value is no identity.",
                               &ticket_value, "", PGC_USERSET,
                               GUC_NO_SHOW_ALL | GUC_NOT_IN_SAMPLE | GUC_DISALLOW_IN_FILE, nullptr,
                               ticket_assigned, nullptr);
#if PG_VERSION_NUM >= 150000
    MarkGUCPrefixReserved("vvault");
#endif
}

const char *root_key_file() {
    return or_empty(root_key_file_value);
}

const char *root_key_command() {
    return or_empty(root_key_command_value);
}

int root_key_command_timeout() {
    return root_key_command_timeout_value;
}

const char *ticket_key_file() {
    return or_empty(ticket_key_file_value);
}

bool ledger_guard_setting() {
    return ledger_guard_value;
}

const char *ledger_key_file() {
    return or_empty(ledger_key_file_value);
}

const char *ledger_origin() {
    return or_empty(ledger_origin_value);
}

const char *ledger_databases() {
    return or_empty(ledger_databases_value);
}

int ledger_seal_interval() {
    return ledger_seal_interval_value;
}

int transcript_delay() {
    return transcript_delay_value;
}

const char *ticket_text() {
    return or_empty(ticket_value);
}

unsigned long ticket_changes() {
    return changes;
}

void set_local_ticket(const char *ticket) {
    call(set_config_option, "vvault.ticket", ticket, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_LOCAL,
         true, 0, false);
}

}  // namespace vvault::pg
