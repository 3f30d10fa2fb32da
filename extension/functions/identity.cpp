// Who is asking: tokens in, a signed identity out, and the questions that policies ask.
#include <algorithm>
#include <string>
#include <vector>

#include "core/digest.hpp"
#include "core/error.hpp"
#include "core/scopes.hpp"
#include "core/shard.hpp"
#include "core/token.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/query.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

// One answer for unknown, expired and revoked: a stranger learns nothing from it.
Error bad_token() {
    return Error(Errc::not_identified, "the token is unknown, expired or revoked")
        .hint("Create a new token with vvault.create_token().");
}

struct TokenRow {
    Uuid user;
    Uuid token;
};

TokenRow find_token(std::string_view text) {
    static constexpr Oid types[] = {BYTEAOID};
    static Statement statement = {
        "SELECT user_id, token_id FROM vvault.token_hashes WHERE hash = $1", types};
    // The hash of 256 random bits: an index that compares it byte by byte gives away
    // nothing that leads to another token.
    Datum values[] = {bytea_datum(token_hash(text))};
    if (execute(statement, {values}, true) != 1)
        throw bad_token();
    return {uuid_of(value_at(0, 1).datum), uuid_of(value_at(0, 2).datum)};
}

Scopes scopes_of(std::string_view joined) {
    Scopes scopes = 0;
    while (!joined.empty()) {
        const std::size_t end = std::min(joined.find(','), joined.size());
        scopes |= parse_scope(joined.substr(0, end));
        joined.remove_prefix(std::min(end + 1, joined.size()));
    }
    return scopes;
}

std::uint8_t role_of(std::string_view name) {
    if (name == "manager")
        return GrantedConstruct::manager;
    return name == "writer" ? GrantedConstruct::writer : GrantedConstruct::reader;
}

// The token's row with its user, once for each construct granted to the user.
Identity load_identity(const TokenRow &row) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT array_to_string(t.scopes, ','), g.owner_id, g.construct_id, g.role, g.until"
        "  FROM vvault.tokens t"
        "  JOIN vvault.users u ON u.id = t.user_id AND u.status = 'active'"
        "  LEFT JOIN vvault.construct_grants g"
        "    ON g.grantee_id = t.user_id AND (g.until IS NULL OR g.until > now())"
        " WHERE t.user_id = $1 AND t.id = $2 AND t.revoked_at IS NULL"
        "   AND (t.expires_at IS NULL OR t.expires_at > now())",
        types};
    Datum values[] = {uuid_datum(row.user), uuid_datum(row.token)};
    const std::uint64_t rows = execute(statement, {values}, true);
    if (rows == 0)
        throw bad_token();
    Identity identity{row.user, row.token, scopes_of(text_of(value_at(0, 1).datum)), {}};
    for (std::uint64_t i = 0; i < rows; ++i) {
        const Value owner = value_at(i, 2);
        if (owner.is_null)
            break;
        const Value until = value_at(i, 5);
        identity.grants.push_back(
            {uuid_of(owner.datum), uuid_of(value_at(i, 3).datum),
             role_of(text_of(value_at(i, 4).datum)),
             until.is_null ? GrantedConstruct::no_end
                           : unix_microseconds(DatumGetTimestampTz(until.datum))});
    }
    return identity;
}

}  // namespace

// authenticate(token text) → uuid
VVAULT_FUNCTION(vvault_authenticate) {
    const std::string_view text = text_argument(fcinfo, 0);
    if (!is_token(text))
        throw bad_token();
    connect();
    const TokenRow row = find_token(text);
    const Identity minimal{row.user, row.token, 0, {}};
    Identity identity;
    {
        const ProvisionalIdentity reading_own_rows(minimal);
        identity = load_identity(row);
    }
    finish();
    set_identity(identity);
    return uuid_datum(identity.user);
}

// current_user_id() → uuid or null
VVAULT_FUNCTION(vvault_current_user_id) {
    const Identity *identity = current_identity();
    if (!identity)
        PG_RETURN_NULL();
    return uuid_datum(identity->user);
}

// current_token_id() → uuid or null
VVAULT_FUNCTION(vvault_current_token_id) {
    const Identity *identity = current_identity();
    if (!identity)
        PG_RETURN_NULL();
    return uuid_datum(identity->token);
}

// _require(scope text) → uuid of the user
VVAULT_FUNCTION(vvault_require) {
    return uuid_datum(require_identity(parse_scope(text_argument(fcinfo, 0))).user);
}

// _access(owner uuid, construct uuid) → 0 none, 1 read, 2 write, 3 manage, 4 own
VVAULT_FUNCTION(vvault_access) {
    if (PG_ARGISNULL(0))
        PG_RETURN_INT32(access_none);
    PG_RETURN_INT32(access_to(uuid_argument(fcinfo, 0), optional_uuid_argument(fcinfo, 1)));
}

// _may_use_keys(owner uuid) → boolean
VVAULT_FUNCTION(vvault_may_use_keys) {
    PG_RETURN_BOOL(may_use_keys_of(uuid_argument(fcinfo, 0)));
}

// _visible_owners() → uuid[]: the user first, then whoever granted the user something
VVAULT_FUNCTION(vvault_visible_owners) {
    std::vector<Uuid> owners;
    if (const Identity *identity = current_identity()) {
        owners.push_back(identity->user);
        for (const GrantedConstruct &grant : identity->grants)
            if (std::find(owners.begin(), owners.end(), grant.owner) == owners.end())
                owners.push_back(grant.owner);
    }
    std::vector<Datum> elements;
    for (const Uuid &owner : owners)
        elements.push_back(uuid_datum(owner));
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
VVAULT_FUNCTION(vvault_shard_of) { PG_RETURN_INT32(shard_of(uuid_argument(fcinfo, 0))); }

// shard_name(shard integer) → text
VVAULT_FUNCTION(vvault_shard_name) { return text_datum(shard_name(PG_GETARG_INT32(0))); }

// _act_as(user_id uuid) → void
VVAULT_FUNCTION(vvault_act_as) {
    set_identity({uuid_argument(fcinfo, 0), Uuid{}, 0, {}});
    PG_RETURN_VOID();
}
