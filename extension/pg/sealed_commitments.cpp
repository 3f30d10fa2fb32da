#include "pg/sealed_commitments.hpp"

#include <utility>

#include "pg/boundary.hpp"

extern "C" {
#include "access/xact.h"
}

namespace vvault::pg {

namespace {

// Numbers of subtransactions begin anew in every transaction; starts of transactions differ.
struct Announced {
    TimestampTz transaction;
    SubTransactionId subtransaction;
    Uuid owner;
    Uuid stream;
    Digest commitment;
};
std::optional<Announced> announced;

}  // namespace

void announce_commitment(const Uuid &owner, const Uuid &stream, const Digest &commitment) {
    announced = {GetCurrentTransactionStartTimestamp(), GetCurrentSubTransactionId(), owner, stream,
                 commitment};
}

std::optional<Digest> take_commitment(const Uuid &owner, const Uuid &stream) {
    const auto last = std::exchange(announced, std::nullopt);
    if (!last || last->transaction != GetCurrentTransactionStartTimestamp() ||
        last->subtransaction != GetCurrentSubTransactionId() || last->owner != owner ||
        last->stream != stream)
        return std::nullopt;
    return last->commitment;
}

}  // namespace vvault::pg
