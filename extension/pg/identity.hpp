// Who acts in this transaction, as far as SQL is concerned. The identity is a signed
// ticket in a setting; this file verifies it once a transaction and remembers the answer.
#pragma once

#include <optional>

#include "core/scopes.hpp"
#include "core/ticket.hpp"

namespace vvault::pg {

// Null where there is no valid ticket for this very transaction.
const Identity *current_identity();

// Throws Errc::not_identified without an identity, Errc::not_permitted without the scope.
const Identity &require_identity(Scopes needed);

// The strongest role that the identity has on a construct of that owner: 4 for the owner
// himself, else what was granted and still holds, else 0. Without a construct only the
// owner counts. A token that is bound to a runtime environment is no owner: it has the role
// that its construct has there.
enum Access : int {
    access_none = 0,
    access_read = 1,
    access_write = 2,
    access_manage = 3,
    access_own = 4
};
int access_to(const Uuid &owner, const std::optional<Uuid> &construct);

// Whether the identity may use the owner's data keys at all: the owner, or anybody who
// was granted one of the owner's constructs. The second barrier behind row security.
bool may_use_keys_of(const Uuid &owner);

// In the place of a token's id: the vault itself is at work for the person, keeping files in step
// with what was said. Real ids are UUIDs of version 7.
inline constexpr Uuid own_work = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

// Signs the identity for this transaction and sets it locally.
void set_identity(const Identity &identity);

// Stands in for a ticket while authenticate() reads the user's own rows.
class ProvisionalIdentity {
public:
    explicit ProvisionalIdentity(const Identity &identity);
    ~ProvisionalIdentity();
    ProvisionalIdentity(const ProvisionalIdentity &) = delete;
    ProvisionalIdentity &operator=(const ProvisionalIdentity &) = delete;
};

}  // namespace vvault::pg
