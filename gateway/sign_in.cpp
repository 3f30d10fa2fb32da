// /auth/…: an ID token becomes a session, and a session ends. Who somebody is the database
// finds out; the gateway hands on what it was given, and makes the cookie.
#include <algorithm>

#include "credentials.hpp"
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

constexpr std::size_t longest_device = 200;

struct SessionColumnOf {
    enum : int { token, token_id, user_id, email, name, expires_at, ends_at, created, seconds };
};

// What the person will see in the list of sign-ins.
std::string device_of(const Json &json, const Head &head) {
    if (auto device = json.string_at("device")) return *device;
    std::string agent(head.field("user-agent").substr(0, longest_device));
    std::erase_if(agent, [](unsigned char c) { return c < 0x20 || c > 0x7e; });
    return agent.find_first_not_of(' ') == agent.npos ? "unnamed device" : agent;
}

std::string id_token_of(const Json &json) {
    // Google's button calls it a credential.
    auto token = json.string_at("credential");
    if (!token) token = json.string_at("id_token");
    if (!token || token->empty())
        throw Problem::of("invalid-value", "\"credential\" or \"id_token\" is missing");
    return std::move(*token);
}

bool wants_bearer(const Json &json) {
    const Json *bearer = json.find("bearer");
    return bearer && bearer->is(Json::Kind::boolean) && bearer->truth;
}

void write_session(JsonWriter &out, const Rows &session, bool with_token) {
    using Column = SessionColumnOf;
    out.begin_object().key("ok").boolean(true).key("user").begin_object();
    for (const auto name : {"id", "sub", "uid"})
        out.key(name).string(session.text(0, Column::user_id));
    out.key("email").string(session.text(0, Column::email));
    out.key("name").string_or_null(session.maybe(0, Column::name));
    out.key("picture").null();
    out.end_object();
    out.key("created").boolean(session.truth(0, Column::created));
    out.key("token_id").string(session.text(0, Column::token_id));
    out.key("expires_at").string_or_null(time_at(session, 0, Column::expires_at));
    out.key("ends_at").string_or_null(time_at(session, 0, Column::ends_at));
    if (with_token) out.key("token").string(session.text(0, Column::token));
    out.end_object();
}

// Where keys are missing, somebody goes to look: the next attempt may find them.
void refuse_failure(Exchange &exchange, const Outcome &outcome) {
    if (!outcome.failure) return;
    if (outcome.failure->sqlstate == "VV018") exchange.service.keys.hurry();
    throw outcome.failure->problem();
}

Reply sign_in(Exchange &exchange, std::optional<std::string> issuer) {
    // A page elsewhere could sign its visitor in as somebody else, and read along.
    refuse_foreign_page(exchange.request.head, exchange.config);
    const auto json = exchange.json();
    const Call call{&statements::sign_in,
                    {id_token_of(json), json.string_at("nonce"),
                     device_of(json, exchange.request.head), std::move(issuer)}};
    const auto outcome = exchange.database.attempt_open({&call, 1}, Repeat::never);
    refuse_failure(exchange, outcome);
    const auto &session = outcome.rows[0];
    const bool bearer = wants_bearer(json);
    JsonWriter out;
    write_session(out, session, bearer);
    auto reply = json_reply(200, out.take());
    // One of the two: what a script can read need not be in a cookie, and the reverse.
    if (bearer) return reply;
    return reply.with("Set-Cookie", session_cookie(session.text(0, SessionColumnOf::token),
                                                   session.integer(0, SessionColumnOf::seconds),
                                                   exchange.config));
}

}  // namespace

Reply post_sign_in_google(Exchange &exchange) {
    return sign_in(exchange, "https://accounts.google.com");
}

Reply post_sign_in(Exchange &exchange) {
    return sign_in(exchange, std::nullopt);
}

Reply list_identities(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_identities, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("identities").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        out.key("id").string(rows[0].text(row, 0));
        out.key("issuer").string(rows[0].text(row, 1));
        out.key("created_at").string_or_null(time_at(rows[0], row, 2));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_identity(Exchange &exchange) {
    const auto json = exchange.json();
    const auto outcome = exchange.attempt(
        {{&statements::link_identity, {id_token_of(json), json.string_at("nonce")}}},
        Repeat::never);
    refuse_failure(exchange, outcome);
    JsonWriter out;
    out.begin_object().key("id").string(outcome.rows[0].text(0, 0)).end_object();
    return json_reply(201, out.take());
}

Reply delete_identity(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::unlink_identity, {exchange.arguments[0]}}}, Repeat::safe);
    if (!rows[0].truth(0, 0))
        throw Problem::of_sqlstate("P0002", "there is no such account to unlink");
    return empty_reply(204);
}

// A session that is over already has been left, too.
Reply post_sign_out(Exchange &exchange) {
    auto reply = empty_reply(204).with("Set-Cookie", session_cookie("", 0, exchange.config));
    const auto token = given_token(exchange.request.head, exchange.config);
    const bool everywhere = exchange.query.has("everywhere");
    const Call call{everywhere ? &statements::sign_out_everywhere : &statements::sign_out, {}};
    if (!token && everywhere) required_token(exchange.request.head, exchange.config);
    if (!token) return reply;
    const auto outcome = exchange.database.attempt(*token, {&call, 1}, Repeat::safe);
    if (outcome.failure && (everywhere || outcome.failure->sqlstate != "28000"))
        throw outcome.failure->problem();
    return reply;
}

}  // namespace gateway
