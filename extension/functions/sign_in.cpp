// ID tokens of OpenID Connect and the keys that they are verified by, for the SQL that signs
// people in. Which issuer is believed, and about whom, is decided there.
#include <string>
#include <vector>

#include "core/error.hpp"
#include "core/jwt.hpp"
#include "pg/datum.hpp"

using namespace vvault;
using namespace vvault::pg;

namespace {

constexpr std::int64_t second = 1000 * 1000;

Datum text_or_null(const std::optional<std::string> &text, bool &is_null) {
    is_null = !text;
    return text ? text_datum(*text) : Datum{0};
}

Expectation expectation(FunctionCallInfo fcinfo, std::vector<std::string> &client_ids) {
    for (const auto &one : texts_argument(fcinfo, 3))
        if (one) client_ids.emplace_back(*one);
    Expectation expected{.issuer = std::string(text_argument(fcinfo, 2)),
                         .client_ids = client_ids,
                         .nonce = {},
                         .now = unix_microseconds(PG_GETARG_TIMESTAMPTZ(5)) / second};
    if (const auto nonce = optional_text_argument(fcinfo, 4)) expected.nonce = std::string(*nonce);
    return expected;
}

}  // namespace

// _claimed_issuer(id_token text) → text, null for what is no ID token
VVAULT_FUNCTION(vvault_claimed_issuer) {
    const auto issuer = claimed_issuer(text_argument(fcinfo, 0));
    if (!issuer) PG_RETURN_NULL();
    return text_datum(*issuer);
}

// _usable_keys(jwks text) → integer
VVAULT_FUNCTION(vvault_usable_keys) {
    PG_RETURN_INT32(static_cast<int32>(KeySet::parse(text_argument(fcinfo, 0)).size()));
}

// _verify_id_token(id_token, keys, issuer, client_ids, nonce, at) → vvault._id_claims
VVAULT_FUNCTION(vvault_verify_id_token) {
    for (const int position : {0, 1, 2, 3, 5})
        if (PG_ARGISNULL(position))
            throw Error(Errc::invalid_argument, "only the nonce may be missing");
    std::vector<std::string> client_ids;
    const Expectation expected = expectation(fcinfo, client_ids);
    const auto token = verify_id_token(text_argument(fcinfo, 0),
                                       KeySet::parse(text_argument(fcinfo, 1)), expected);
    constexpr int columns = 8;
    Datum values[columns] = {};
    bool nulls[columns] = {true, true, true, true, true, true, true, true};
    if (token) {
        values[0] = text_or_null(expected.issuer, nulls[0]);
        values[1] = text_or_null(token->subject, nulls[1]);
        values[2] = text_or_null(token->email, nulls[2]);
        values[3] = BoolGetDatum(token->email_verified);
        values[4] = text_or_null(token->name, nulls[4]);
        values[5] = text_or_null(token->hosted_domain, nulls[5]);
        values[6] = bytea_datum(token->digest);
        values[7] = TimestampTzGetDatum(timestamp_of(token->expires_at * second));
        nulls[3] = nulls[6] = nulls[7] = false;
    }
    return row_result(fcinfo, values, nulls);
}
