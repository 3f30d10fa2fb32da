// The one exception core throws: a code that callers branch on, and three texts
// for people. No text may hold a key, a plaintext or a passphrase. Core knows no
// SQLSTATE; the table from Errc to SQLSTATE belongs to extension/pg.
#pragma once

#include <exception>
#include <string>
#include <utility>

namespace vvault {

enum class Errc {
    does_not_open,     // wrong key, moved or corrupt: one answer, so no oracle
    root_key_missing,  // the ring lacks a root key that is needed
    root_key_wrong,    // the root key is not the one this vault was sealed with
    root_key_refused,  // the ring's text cannot be taken as it is
    unknown_format,    // written by a later version, or not by us
    invalid_argument,  //
    too_large,         //
    not_identified,    //
    not_permitted,     //
    not_found,         //
    conflict,          // the same key, other content
    version_conflict,  // expected_version is not the current one
    ambiguous,         // a name that fits several things
    append_only,       // the ledger is never changed
    purged,            // a version that was removed for good
    shredded,          // sealed under a key that was destroyed
    key_command,       // the root key command failed, hung or printed nonsense
    token_refused,     // an ID token that does not count
    guarded,           // the ledger's tables are not for hands
    signing_key,       // no key signs the ledger, or none that can be used
    ledger_forked,     // the ledger does not extend what it should
    internal,          // a bug, or a library that fails where it cannot
};

// Made to be thrown in one expression:
//     throw Error(Errc::x, "what is so").detail("Which one.").hint("What to do.");
// The setters give the Error back by value, so what is thrown is an Error.
class Error : public std::exception {
public:
    Error(Errc code, std::string message) : code_(code), message_(std::move(message)) {}

    Error detail(std::string text) && {
        detail_ = std::move(text);
        return std::move(*this);
    }
    Error hint(std::string text) && {
        hint_ = std::move(text);
        return std::move(*this);
    }

    Errc code() const noexcept { return code_; }
    const std::string &message() const noexcept { return message_; }
    const std::string &detail() const noexcept { return detail_; }
    const std::string &hint() const noexcept { return hint_; }
    const char *what() const noexcept override { return message_.c_str(); }

private:
    Errc code_;
    std::string message_;
    std::string detail_;
    std::string hint_;
};

}  // namespace vvault
