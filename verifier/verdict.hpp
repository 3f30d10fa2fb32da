// How a check can end before its end: the log is not what was signed, or what was
// handed in cannot be judged at all. The texts are for people and quote nothing of
// the input but numbers, ids and names that were read as such.
#pragma once

#include <stdexcept>
#include <string>

namespace verifier {

// Exit code 1: names the first entry that is not as it was signed, where one can be named.
struct NotVerified : std::runtime_error {
    using std::runtime_error::runtime_error;
};

// Exit code 2: no ledger, no key, no file.
struct Unusable : std::runtime_error {
    using std::runtime_error::runtime_error;
};

}  // namespace verifier
