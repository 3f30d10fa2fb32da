#include "pg/ledger_guard.hpp"

#include "pg/settings.hpp"

namespace vvault::pg {

namespace {

bool preloaded = false;

}  // namespace

void guard_ledger() {
    preloaded = process_shared_preload_libraries_in_progress;
}

GuardState ledger_guard_state() {
    if (!preloaded) return GuardState::not_preloaded;
    return ledger_guard_setting() ? GuardState::on : GuardState::off;
}

const char *guard_state_name(GuardState state) {
    switch (state) {
        case GuardState::on:
            return "on";
        case GuardState::off:
            return "off";
        case GuardState::not_preloaded:
            break;
    }
    return "not preloaded";
}

}  // namespace vvault::pg
