#include "pg/guard_notes.hpp"

#include <array>
#include <cctype>
#include <cstring>
#include <string>

#include "pg/boundary.hpp"
#include "pg/ledger_permit.hpp"
#include "pg/ledger_relations.hpp"
#include "pg/system_events.hpp"

extern "C" {
#include "utils/snapmgr.h"
}

namespace vvault::pg {

namespace {

struct Note {
    char command[NAMEDATALEN];
    char subject[NAMEDATALEN];
};
std::array<Note, 16> notes;
std::size_t note_count = 0;

// A name may be published, but not what somebody hides in the name of a table.
std::string harmless(const char *name) {
    std::string text;
    for (; *name != '\0'; ++name) {
        const auto byte = static_cast<unsigned char>(*name);
        text += std::isalnum(byte) || byte == '_' || byte == ' ' ? static_cast<char>(byte) : '?';
    }
    return text;
}

void write_notes(void *) {
    write_ledger_notes();
}

void transaction_ends(XactEvent event, void *) {
    switch (event) {
        case XACT_EVENT_PRE_COMMIT:
        case XACT_EVENT_PRE_PREPARE:
            if (note_count > 0) enter_from_hook(write_notes, nullptr);
            break;
        case XACT_EVENT_ABORT:
            end_ledger_permits();
            note_count = 0;
            break;
        case XACT_EVENT_COMMIT:
        case XACT_EVENT_PREPARE:
            note_count = 0;
            break;
        default:
            break;
    }
}

}  // namespace

void keep_guard_notes() {
    RegisterXactCallback(transaction_ends, nullptr);
}

// Not in the middle of a restore, and not when the ledger itself was what was dropped.
void write_ledger_notes() {
    if (call(ledger_takes_entries) && has_installation()) {
        call(PushActiveSnapshot, call(GetTransactionSnapshot));
        for (std::size_t i = 0; i < note_count; ++i)
            record_system_event("guard.passed", "{\"command\":\"" + harmless(notes[i].command) +
                                                    "\",\"subject\":\"" +
                                                    harmless(notes[i].subject) + "\"}");
        call(PopActiveSnapshot);
    }
    note_count = 0;
}

void note_for_ledger(const char *command, const char *subject) {
    for (std::size_t i = 0; i < note_count; ++i)
        if (std::strcmp(notes[i].command, command) == 0 &&
            std::strcmp(notes[i].subject, subject) == 0)
            return;
    if (note_count == notes.size()) {
        strlcpy(notes.back().subject, "and more", NAMEDATALEN);
        return;
    }
    strlcpy(notes[note_count].command, command, NAMEDATALEN);
    strlcpy(notes[note_count].subject, subject, NAMEDATALEN);
    ++note_count;
}

}  // namespace vvault::pg
