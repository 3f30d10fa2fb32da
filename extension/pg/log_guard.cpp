#include <algorithm>
#include <cstring>

#include "pg/log_guard.hpp"
#include "pg/postgres.hpp"

extern "C" {
#include "catalog/namespace.h"
#include "tcop/tcopprot.h"
}

// The hook runs inside the backend's error reporting: no C++ object with a destructor, no
// exception, no catalog, and memory only from the entry's own context.
namespace vvault::pg {

namespace {

constexpr const char *hidden = "(hidden)";

emit_log_hook_type previous_hook = nullptr;
bool guarding = false;

bool names_vault(const char *text) {
    return text != nullptr && strcasestr(text, "vvault") != nullptr;
}

// A function of the vault may be called by its bare name where the search path allows it, so
// the path counts too.
bool is_of_vault(const ErrorData *entry) {
    return vault_in_use || names_vault(debug_query_string) || names_vault(entry->message) ||
           names_vault(entry->detail) || names_vault(entry->context) ||
           names_vault(namespace_search_path);
}

// Where the first literal of a statement begins: a quote, or the dollar of a dollar quote but
// not that of a parameter. What people say stands in no other place of a statement.
const char *first_literal(const char *text) {
    for (const char *at = text; *at != '\0'; ++at)
        if (*at == '\'' || (*at == '$' && (at[1] < '0' || at[1] > '9'))) return at;
    return nullptr;
}

bool has_literal(const char *text) {
    return text != nullptr && first_literal(text) != nullptr;
}

// Overwrites in place, with as much of "(hidden)" as there is room for.
void blot(char *from) {
    const std::size_t length = std::strlen(from);
    std::memset(from, 0, length);
    std::memcpy(from, hidden, std::min(length, std::strlen(hidden)));
}

// "statement: …", "execute …: …", "duration: … plan: …", "AUDIT: …": entries about a statement,
// which no client waits for.
void blot_report(ErrorData *entry) {
    if (entry->message != nullptr)
        if (const char *literal = first_literal(entry->message); literal != nullptr)
            blot(entry->message + (literal - entry->message));
    if (entry->detail != nullptr) blot(entry->detail);
    if (entry->detail_log != nullptr) blot(entry->detail_log);
}

// What RAISE and the fence say is constant text of ours. The backend's own words for a value
// that it cannot read, a key that exists or a statement that it cannot parse quote the input.
bool quotes_input(const ErrorData *entry) {
    const int category = ERRCODE_TO_CATEGORY(entry->sqlerrcode);
    if (category != ERRCODE_DATA_EXCEPTION && category != ERRCODE_INTEGRITY_CONSTRAINT_VIOLATION &&
        category != ERRCODE_TO_CATEGORY(ERRCODE_SYNTAX_ERROR) &&
        category != ERRCODE_RAISE_EXCEPTION)
        return false;
    return entry->funcname == nullptr || (std::strcmp(entry->funcname, "exec_stmt_raise") != 0 &&
                                          std::strcmp(entry->funcname, "report_failure") != 0);
}

// The client must get such an error whole, and both share one text: the log gets another entry.
void replace_error(ErrorData *entry) {
    entry->output_to_server = false;
    ereport(LOG_SERVER_ONLY, errcode(entry->sqlerrcode),
            errmsg("a statement of the vault failed with an error that can quote it"),
            errhidestmt(true), errhidecontext(true));
}

void guard(ErrorData *entry) {
    if (!guarding && is_of_vault(entry)) {
        guarding = true;
        // Contexts show the parameters of portals and the values of nested statements.
        entry->hide_ctx = true;
        if (has_literal(debug_query_string)) entry->hide_stmt = true;
        if (entry->elevel <= LOG_SERVER_ONLY)
            blot_report(entry);
        else if (entry->elevel == ERROR && quotes_input(entry))
            replace_error(entry);
        guarding = false;
    }
    if (previous_hook != nullptr) previous_hook(entry);
}

void transaction_ended(XactEvent event, void *) {
    if (event == XACT_EVENT_COMMIT || event == XACT_EVENT_ABORT) vault_in_use = false;
}

}  // namespace

// No apostrophe in it: from there on the entry would be hidden.
void log_refusal(const char *command, const char *subject) {
    ereport(LOG_SERVER_ONLY,
            errmsg("ledger guard of vvault refused %s on \"%s\" to role \"%s\"", command, subject,
                   GetUserNameFromId(GetSessionUserId(), false)),
            errhidestmt(true), errhidecontext(true));
}

void guard_log() {
    previous_hook = emit_log_hook;
    emit_log_hook = guard;
    RegisterXactCallback(transaction_ended, nullptr);
}

}  // namespace vvault::pg
