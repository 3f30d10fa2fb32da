#include <algorithm>
#include <map>
#include <string>

#include "core/error.hpp"
#include "core/scopes.hpp"
#include "core/token.hpp"
#include "pg/datum.hpp"
#include "pg/identity.hpp"
#include "pg/query.hpp"
#include "pg/tokens.hpp"
#include "pg/watched_tables.hpp"

namespace vvault::pg {

namespace {

constexpr std::size_t remembered_tokens_limit = 4096;

struct Remembered {
    Identity identity;
    std::int64_t expires_us;
};

struct Memory {
    std::map<Digest, Remembered> tokens;
    unsigned long epoch = 0;
};

// Never destroyed: a backend may leave through exit() at any moment.
Memory &memory() {
    static Memory *state = new Memory;
    return *state;
}

Error bad_token() {
    return Error(Errc::not_identified, "the token is unknown, expired or revoked")
        .hint("Create a new token with vvault.create_token().");
}

// Who the token belongs to, with no right but to read the rows that say more.
Identity find_owner(const Digest &hash) {
    static constexpr Oid types[] = {BYTEAOID};
    static Statement statement = {
        "SELECT user_id, token_id FROM vvault.token_hashes"
        " WHERE hash OPERATOR(pg_catalog.=) $1",
        types};
    // The hash of 256 random bits: an index that compares it byte by byte gives away
    // nothing that leads to another token.
    Datum values[] = {bytea_datum(hash)};
    if (execute(statement, {values}, Sees::latest) != 1) throw bad_token();
    return {uuid_of(value_at(0, 1).datum), uuid_of(value_at(0, 2).datum), 0, {}};
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
    if (name == "manager") return GrantedConstruct::manager;
    return name == "writer" ? GrantedConstruct::writer : GrantedConstruct::reader;
}

std::int64_t moment_or_never(const Value &value) {
    return value.is_null ? GrantedConstruct::no_end
                         : unix_microseconds(DatumGetTimestampTz(value.datum));
}

// What the groups that the person is in were granted, while the person is in them.
void add_grants_of_groups(Identity &person) {
    static constexpr Oid types[] = {UUIDOID};
    static Statement statement = {
        "SELECT g.user_id, g.construct_id, g.role, LEAST(g.until, m.until)"
        "  FROM vvault.group_members m"
        "  JOIN vvault.group_grants g ON g.user_id OPERATOR(pg_catalog.=) m.user_id"
        "   AND g.group_id OPERATOR(pg_catalog.=) m.group_id"
        " WHERE m.member_id OPERATOR(pg_catalog.=) $1",
        types};
    Datum values[] = {uuid_datum(person.user)};
    const std::uint64_t rows = execute(statement, {values}, Sees::latest);
    for (std::uint64_t i = 0; i < rows; ++i)
        person.grants.push_back({uuid_of(value_at(i, 1).datum), uuid_of(value_at(i, 2).datum),
                                 role_of(text_of(value_at(i, 3).datum)),
                                 moment_or_never(value_at(i, 4))});
}

// What a token of a runtime environment reaches: the constructs in it, each with the role that it
// has there, or with what is left of it where another person granted less.
std::vector<GrantedConstruct> narrowed(const Identity &person) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT c.owner_id, c.construct_id, c.role"
        "  FROM vvault.tokens t"
        "  JOIN vvault.runtimes r ON r.user_id OPERATOR(pg_catalog.=) t.user_id"
        "   AND r.name OPERATOR(pg_catalog.=) t.runtime"
        "  JOIN vvault.runtime_constructs c ON c.user_id OPERATOR(pg_catalog.=) r.user_id"
        "   AND c.runtime_id OPERATOR(pg_catalog.=) r.id"
        " WHERE t.user_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2",
        types};
    Datum values[] = {uuid_datum(person.user), uuid_datum(person.token)};
    const std::uint64_t rows = execute(statement, {values}, Sees::latest);
    std::vector<GrantedConstruct> reach;
    for (std::uint64_t i = 0; i < rows; ++i) {
        const GrantedConstruct inside{uuid_of(value_at(i, 1).datum), uuid_of(value_at(i, 2).datum),
                                      role_of(text_of(value_at(i, 3).datum))};
        if (inside.owner == person.user) {
            reach.push_back(inside);
            continue;
        }
        for (const GrantedConstruct &grant : person.grants)
            if (grant.owner == inside.owner && grant.construct == inside.construct)
                reach.push_back({inside.owner, inside.construct, std::min(inside.role, grant.role),
                                 grant.until_us});
    }
    return reach;
}

// The token's row with its user, once for each construct granted to the user. Times are
// compared at each use, not here: the answer is remembered.
Remembered load(const Identity &owner) {
    static constexpr Oid types[] = {UUIDOID, UUIDOID};
    static Statement statement = {
        "SELECT pg_catalog.array_to_string(t.scopes, ','), t.expires_at,"
        "       g.owner_id, g.construct_id, g.role, g.until, t.runtime IS NOT NULL"
        "  FROM vvault.tokens t"
        "  JOIN vvault.users u ON u.id OPERATOR(pg_catalog.=) t.user_id"
        "   AND u.status OPERATOR(pg_catalog.=) 'active'"
        "  LEFT JOIN vvault.construct_grants g ON g.grantee_id OPERATOR(pg_catalog.=) t.user_id"
        " WHERE t.user_id OPERATOR(pg_catalog.=) $1 AND t.id OPERATOR(pg_catalog.=) $2"
        "   AND t.revoked_at IS NULL",
        types};
    const ProvisionalIdentity reading_own_rows(owner);
    Datum values[] = {uuid_datum(owner.user), uuid_datum(owner.token)};
    const std::uint64_t rows = execute(statement, {values}, Sees::latest);
    if (rows == 0) throw bad_token();
    Remembered result{owner, moment_or_never(value_at(0, 2))};
    result.identity.bound = DatumGetBool(value_at(0, 7).datum);
    result.identity.scopes = scopes_of(text_of(value_at(0, 1).datum));
    for (std::uint64_t i = 0; i < rows && !value_at(i, 3).is_null; ++i)
        result.identity.grants.push_back(
            {uuid_of(value_at(i, 3).datum), uuid_of(value_at(i, 4).datum),
             role_of(text_of(value_at(i, 5).datum)), moment_or_never(value_at(i, 6))});
    add_grants_of_groups(result.identity);
    if (result.identity.bound) result.identity.grants = narrowed(result.identity);
    return result;
}

}  // namespace

const Identity &identity_of_token(std::string_view token) {
    if (!is_token(token)) throw bad_token();
    const Digest hash = token_hash(token);
    Memory &state = memory();
    const unsigned long epoch = watched_epoch();
    if (state.epoch != epoch || state.tokens.size() >= remembered_tokens_limit) {
        state.tokens.clear();
        state.epoch = epoch;
    }
    auto found = state.tokens.find(hash);
    if (found == state.tokens.end()) {
        connect();
        Remembered loaded = load(find_owner(hash));
        finish();
        // A token of this very transaction is gone if the transaction fails.
        forget_if_this_fails();
        found = state.tokens.emplace(hash, std::move(loaded)).first;
        if (!sees_latest()) state.epoch = 0;
    }
    if (found->second.expires_us <= unix_microseconds(GetCurrentTimestamp())) throw bad_token();
    return found->second.identity;
}

}  // namespace vvault::pg
