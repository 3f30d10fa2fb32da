#include "jwt.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "digest.hpp"
#include "error.hpp"
#include "strict_json.hpp"

namespace vvault {

namespace {

using nlohmann::json;

constexpr JsonBounds header_bounds{.bytes = 2048, .depth = 3};
constexpr JsonBounds claims_bounds{.bytes = longest_id_token, .depth = 8};
constexpr std::size_t longest_subject = 255;
constexpr std::size_t longest_email = 320;
constexpr std::size_t longest_name = 400;
// No sign-in takes this long, and the tokens seen are remembered until they expire.
constexpr std::int64_t longest_life = 24 * 3600;

Error refused(std::string detail) {
    return Error(Errc::token_refused, "the ID token is not accepted")
        .detail(std::move(detail))
        .hint("Sign in again to get a new one.");
}

Error not_genuine() {
    return refused("It is no ID token that a known issuer has signed.");
}

struct Jws {
    json header;
    json claims;
    std::string_view signed_part;
    Bytes signature;
};

std::optional<json> part(std::string_view text, JsonBounds bounds) {
    const auto bytes = from_base64url(text);
    return bytes ? strict_json_object(as_text(*bytes), bounds) : std::nullopt;
}

// Three parts, each the one canonical base64url of its bytes.
std::optional<Jws> parse(std::string_view token) {
    if (token.size() > longest_id_token) return std::nullopt;
    const std::size_t first = token.find('.');
    const std::size_t second = first == token.npos ? first : token.find('.', first + 1);
    if (second == token.npos || token.find('.', second + 1) != token.npos) return std::nullopt;
    auto header = part(token.substr(0, first), header_bounds);
    auto claims = part(token.substr(first + 1, second - first - 1), claims_bounds);
    auto signature = from_base64url(token.substr(second + 1));
    if (!header || !claims || !signature || signature->empty()) return std::nullopt;
    return Jws{std::move(*header), std::move(*claims), token.substr(0, second),
               std::move(*signature)};
}

bool equal_without_case(std::string_view left, std::string_view right) {
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](char a, char b) { return (a | 0x20) == (b | 0x20); });
}

// A header that changes what is signed, brings a key, or says that this is another kind of
// token of the same issuer.
bool acceptable(const json &header) {
    for (const char *name : {"crit", "b64", "jwk", "jku", "x5u", "x5c", "zip", "enc", "cty"})
        if (header.contains(name)) return false;
    if (header.contains("kid") && !text_member(header, "kid")) return false;
    if (!header.contains("typ")) return true;
    const auto type = text_member(header, "typ");
    return type && equal_without_case(*type, "JWT");
}

bool is_plain_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](unsigned char c) { return c >= 0x21 && c <= 0x7e; });
}

std::string written_out(std::string issuer) {
    return issuer == "accounts.google.com" ? "https://accounts.google.com" : issuer;
}

// Seconds since 1970, perhaps with a fraction (RFC 7519, NumericDate).
std::optional<std::int64_t> moment(const json &claims, const char *name) {
    const auto found = claims.find(name);
    if (found == claims.end()) return std::nullopt;
    constexpr double year_9999 = 253402300799.0;
    const double value = found->is_number() ? found->get<double>() : -1;
    if (!(value >= 0 && value <= year_9999))
        throw refused(std::string("Its claim \"") + name + "\" is no time.");
    return static_cast<std::int64_t>(std::floor(value));
}

std::int64_t needed_moment(const json &claims, const char *name) {
    const auto value = moment(claims, name);
    if (!value) throw refused(std::string("It has no claim \"") + name + "\".");
    return *value;
}

std::int64_t check_times(const json &claims, std::int64_t now) {
    const std::int64_t expires = needed_moment(claims, "exp");
    const std::int64_t issued = needed_moment(claims, "iat");
    if (expires + clock_leeway <= now) throw refused("It has expired.");
    if (issued - clock_leeway > now) throw refused("It is from the future.");
    if (moment(claims, "nbf").value_or(0) - clock_leeway > now)
        throw refused("It does not hold yet.");
    if (expires - issued > longest_life) throw refused("It would hold for more than a day.");
    return expires;
}

bool is_ours(const std::string &client, const Expectation &expected) {
    return std::find(expected.client_ids.begin(), expected.client_ids.end(), client) !=
           expected.client_ids.end();
}

void check_audience(const json &claims, const Expectation &expected) {
    const auto found = claims.find("aud");
    std::vector<std::string> audience;
    if (found != claims.end() && found->is_string()) audience.push_back(found->get<std::string>());
    if (found != claims.end() && found->is_array())
        for (const json &one : *found) {
            if (!one.is_string()) throw refused("Its claim \"aud\" is not a list of texts.");
            audience.push_back(one.get<std::string>());
        }
    if (std::none_of(audience.begin(), audience.end(),
                     [&](const auto &one) { return is_ours(one, expected); }))
        throw refused("It is for another client.");
    if (!claims.contains("azp")) {
        if (audience.size() > 1)
            throw refused("It is for several clients and does not say who asked for it.");
        return;
    }
    const auto party = text_member(claims, "azp");
    if (!party || !is_ours(*party, expected)) throw refused("Another client asked for it.");
}

std::string needed_subject(const json &claims) {
    auto subject = text_member(claims, "sub");
    if (!subject || subject->empty() || subject->size() > longest_subject ||
        !is_plain_ascii(*subject))
        throw refused("Its claim \"sub\" is missing or no subject.");
    return std::move(*subject);
}

void check_nonce(const json &claims, const Expectation &expected) {
    if (!expected.nonce) return;
    const auto nonce = text_member(claims, "nonce");
    if (!nonce || nonce->size() != expected.nonce->size() ||
        sodium_memcmp(nonce->data(), expected.nonce->data(), nonce->size()) != 0)
        throw refused("Its nonce is not the one of this sign-in.");
}

// Upper case is for the domain no difference, and for the local part none that anybody makes;
// addresses are kept in ASCII lower case.
std::string lower(std::string text) {
    for (char &c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c | 0x20);
    return text;
}

// One line of printable text within the limit, else nothing: a name is no reason to refuse.
std::optional<std::string> plain_text(const json &claims, const char *name, std::size_t limit) {
    auto text = text_member(claims, name);
    if (!text || text->size() > limit || text->find_first_not_of(' ') == text->npos ||
        std::any_of(text->begin(), text->end(),
                    [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
        return std::nullopt;
    return text;
}

// Some issuers write a truth as a text.
bool is_true(const json &claims, const char *name) {
    const auto found = claims.find(name);
    return found != claims.end() && (*found == true || *found == "true");
}

}  // namespace

std::optional<std::string> claimed_issuer(std::string_view token) {
    const auto jws = parse(token);
    if (!jws) return std::nullopt;
    auto issuer = text_member(jws->claims, "iss");
    if (!issuer || !is_plain_ascii(*issuer)) return std::nullopt;
    return written_out(std::move(*issuer));
}

std::optional<IdToken> verify_id_token(std::string_view token, const KeySet &keys,
                                       const Expectation &expected) {
    const auto jws = parse(token);
    if (!jws || !acceptable(jws->header)) throw not_genuine();
    const auto algorithm = signature_algorithm(text_member(jws->header, "alg").value_or(""));
    const auto issuer = text_member(jws->claims, "iss");
    if (!algorithm || !issuer || written_out(*issuer) != expected.issuer) throw not_genuine();
    const auto candidates = keys.find(*algorithm, text_member(jws->header, "kid"));
    if (candidates.empty()) return std::nullopt;
    if (std::none_of(candidates.begin(), candidates.end(), [&](const VerificationKey *key) {
            return key->verifies(as_bytes(jws->signed_part), jws->signature);
        }))
        throw not_genuine();

    IdToken result;
    result.expires_at = check_times(jws->claims, expected.now);
    check_audience(jws->claims, expected);
    check_nonce(jws->claims, expected);
    result.subject = needed_subject(jws->claims);
    result.email = plain_text(jws->claims, "email", longest_email);
    if (result.email) result.email = lower(*result.email);
    result.email_verified = result.email && is_true(jws->claims, "email_verified");
    result.name = plain_text(jws->claims, "name", longest_name);
    result.hosted_domain = plain_text(jws->claims, "hd", longest_email);
    if (result.hosted_domain) result.hosted_domain = lower(*result.hosted_domain);
    result.digest = sha256({as_bytes("vvault/id-token/v1\n"), as_bytes(jws->signed_part)});
    return result;
}

}  // namespace vvault
