// Who is asking: tokens in, a signed identity out, and the questions that policies ask.
#include <algorithm>
#include <string>
#include <vector>

#include "core/scopes.hpp"
#include "core/shard.hpp"
#include "core/token.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/tokens.hpp"

using namespace vvault;
using namespace vvault::pg;

// authenticate(token text) → uuid
VVAULT_FUNCTION(vvault_authenticate) {
    const Identity &identity = identity_of_token(text_argument(fcinfo, 0));
    set_identity(identity);
    return uuid_datum(identity.user);
}

// current_user_id() → uuid or null
VVAULT_FUNCTION(vvault_current_user_id) {
    const Identity *identity = current_identity();
    if (!identity) PG_RETURN_NULL();
    return uuid_datum(identity->user);
}

// current_owner_id() → uuid, or null for a token of a runtime environment and without identity
VVAULT_FUNCTION(vvault_current_owner_id) {
    const Identity *identity = current_identity();
    if (!identity || identity->bound) PG_RETURN_NULL();
    return uuid_datum(identity->user);
}

// current_token_id() → uuid or null
VVAULT_FUNCTION(vvault_current_token_id) {
    const Identity *identity = current_identity();
    if (!identity) PG_RETURN_NULL();
    return uuid_datum(identity->token);
}

// _require(scope text) → uuid of the user
VVAULT_FUNCTION(vvault_require) {
    return uuid_datum(require_identity(parse_scope(text_argument(fcinfo, 0))).user);
}

// _access(owner uuid, construct uuid) → 0 none, 1 read, 2 write, 3 manage, 4 own
VVAULT_FUNCTION(vvault_access) {
    if (PG_ARGISNULL(0)) PG_RETURN_INT32(access_none);
    PG_RETURN_INT32(access_to(uuid_argument(fcinfo, 0), optional_uuid_argument(fcinfo, 1)));
}

// _may_use_keys(owner uuid) → boolean
VVAULT_FUNCTION(vvault_may_use_keys) {
    PG_RETURN_BOOL(may_use_keys_of(uuid_argument(fcinfo, 0)));
}

// _visible_owners() → uuid[]: the user first, then whoever granted the user something; for a
// token of a runtime environment the owners of its constructs
VVAULT_FUNCTION(vvault_visible_owners) {
    std::vector<Uuid> owners;
    if (const Identity *identity = current_identity()) {
        if (!identity->bound) owners.push_back(identity->user);
        for (const GrantedConstruct &grant : identity->grants)
            if (std::find(owners.begin(), owners.end(), grant.owner) == owners.end())
                owners.push_back(grant.owner);
    }
    std::vector<Datum> elements;
    for (const Uuid &owner : owners) elements.push_back(uuid_datum(owner));
    ArrayType *array = call(construct_array, elements.data(), static_cast<int>(elements.size()),
                            Oid{UUIDOID}, int{UUID_LEN}, false, char{TYPALIGN_CHAR});
    return PointerGetDatum(array);
}

// _new_token(OUT token text, OUT prefix text, OUT hash bytea)
VVAULT_FUNCTION(vvault_new_token) {
    const std::string token = make_token();
    const Datum values[] = {text_datum(token), text_datum(token_prefix(token)),
                            bytea_datum(token_hash(token))};
    const bool nulls[] = {false, false, false};
    return row_result(fcinfo, values, nulls);
}

// _check_scope(name text) → boolean, or 22023
VVAULT_FUNCTION(vvault_check_scope) {
    parse_scope(text_argument(fcinfo, 0));
    PG_RETURN_BOOL(true);
}

// shard_of(user_id uuid) → integer
VVAULT_FUNCTION(vvault_shard_of) {
    PG_RETURN_INT32(shard_of(uuid_argument(fcinfo, 0)));
}

// shard_name(shard integer) → text
VVAULT_FUNCTION(vvault_shard_name) {
    return text_datum(shard_name(PG_GETARG_INT32(0)));
}

// _act_as(user_id uuid) → void
VVAULT_FUNCTION(vvault_act_as) {
    set_identity({uuid_argument(fcinfo, 0), Uuid{}, 0, {}});
    PG_RETURN_VOID();
}

// _work_for(user_id uuid) → void
VVAULT_FUNCTION(vvault_work_for) {
    set_identity({uuid_argument(fcinfo, 0), own_work, 0, {}});
    PG_RETURN_VOID();
}
