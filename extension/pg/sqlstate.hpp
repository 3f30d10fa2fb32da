// One table: what went wrong (Errc) → what a client sees (SQLSTATE) and what to do.
#pragma once

#include "core/error.hpp"
#include "pg/postgres.hpp"

namespace vvault::pg {

struct Sqlstate {
    int code;
    const char *hint;  // used where the thrower gave none
};

inline const Sqlstate &sqlstate_of(Errc errc) {
    static const Sqlstate does_not_open = {
        MAKE_SQLSTATE('V', 'V', '0', '0', '1'),
        "The stored bytes were changed or moved, or belong to another key. Restore this row from "
        "a backup."};
    static const Sqlstate append_only = {MAKE_SQLSTATE('V', 'V', '0', '0', '2'),
                                         "Add a new row instead; history is never rewritten."};
    static const Sqlstate root_key_missing = {
        MAKE_SQLSTATE('V', 'V', '0', '0', '3'),
        "Set vvault.root_key_file to the file that holds the vault's root keys, or "
        "vvault.root_key_command to the program that prints them."};
    static const Sqlstate root_key_wrong = {
        MAKE_SQLSTATE('V', 'V', '0', '0', '4'),
        "Put back the root keys that this vault was sealed with."};
    static const Sqlstate root_key_refused = {
        MAKE_SQLSTATE('V', 'V', '0', '0', '5'),
        "The file must belong to the server's user or root, be closed to everybody else (mode "
        "0400 or 0600), and hold lines of a number and 64 hexadecimal digits."};
    static const Sqlstate unknown_format = {MAKE_SQLSTATE('V', 'V', '0', '0', '6'),
                                            "A newer version of vvault may have written this."};
    static const Sqlstate version_conflict = {MAKE_SQLSTATE('V', 'V', '0', '0', '7'),
                                              "Read the current version and try again."};
    static const Sqlstate conflict = {MAKE_SQLSTATE('V', 'V', '0', '0', '8'),
                                      "Use a new client_id for new content."};
    static const Sqlstate ambiguous = {MAKE_SQLSTATE('V', 'V', '0', '0', '9'),
                                       "Name it by its id."};
    static const Sqlstate purged = {MAKE_SQLSTATE('V', 'V', '0', '1', '1'),
                                    "See vvault.file_history(path)."};
    static const Sqlstate shredded = {MAKE_SQLSTATE('V', 'V', '0', '1', '2'),
                                      "Its key was destroyed on purpose, so nothing opens it "
                                      "again. Write it anew if you have it."};
    static const Sqlstate key_command = {
        MAKE_SQLSTATE('V', 'V', '0', '1', '3'),
        "Run the program of vvault.root_key_command by hand, as the server's user."};
    static const Sqlstate token_refused = {ERRCODE_INVALID_PASSWORD, ""};
    static const Sqlstate guarded = {
        MAKE_SQLSTATE('V', 'V', '0', '1', '7'),
        "Whoever must do it all the same starts the server with vvault.ledger_guard = off; the "
        "ledger tells of that."};
    static const Sqlstate signing_key = {
        MAKE_SQLSTATE('V', 'V', '0', '1', '5'),
        "Set vvault.ledger_key_file to a file of the server's user, mode 0400 or 0600, with a "
        "line of a number and 64 hexadecimal digits."};
    static const Sqlstate ledger_forked = {
        MAKE_SQLSTATE('V', 'V', '0', '1', '6'),
        "See vvault.ledger_verify(). Restore what is missing, or go on under a new name with "
        "vvault.ledger_adopt()."};
    static const Sqlstate invalid_argument = {ERRCODE_INVALID_PARAMETER_VALUE, ""};
    static const Sqlstate too_large = {ERRCODE_PROGRAM_LIMIT_EXCEEDED, ""};
    static const Sqlstate not_identified = {
        ERRCODE_INVALID_AUTHORIZATION_SPECIFICATION,
        "Call vvault.authenticate(token) first, in the same transaction."};
    static const Sqlstate not_permitted = {ERRCODE_INSUFFICIENT_PRIVILEGE, ""};
    static const Sqlstate not_found = {ERRCODE_NO_DATA_FOUND, ""};
    static const Sqlstate internal = {ERRCODE_INTERNAL_ERROR, ""};

    switch (errc) {
        case Errc::does_not_open:
            return does_not_open;
        case Errc::append_only:
            return append_only;
        case Errc::root_key_missing:
            return root_key_missing;
        case Errc::root_key_wrong:
            return root_key_wrong;
        case Errc::root_key_refused:
            return root_key_refused;
        case Errc::unknown_format:
            return unknown_format;
        case Errc::version_conflict:
            return version_conflict;
        case Errc::conflict:
            return conflict;
        case Errc::ambiguous:
            return ambiguous;
        case Errc::purged:
            return purged;
        case Errc::shredded:
            return shredded;
        case Errc::key_command:
            return key_command;
        case Errc::token_refused:
            return token_refused;
        case Errc::signing_key:
            return signing_key;
        case Errc::ledger_forked:
            return ledger_forked;
        case Errc::invalid_argument:
            return invalid_argument;
        case Errc::too_large:
            return too_large;
        case Errc::not_identified:
            return not_identified;
        case Errc::not_permitted:
            return not_permitted;
        case Errc::not_found:
            return not_found;
        case Errc::guarded:
            return guarded;
        case Errc::internal:
            return internal;
    }
    return internal;
}

}  // namespace vvault::pg
