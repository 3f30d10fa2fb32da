// /tokens: API keys and sign-ins of the caller, without their secrets but at the first moment.
#include "handlers.hpp"
#include "shapes.hpp"
#include "statements.hpp"

namespace gateway {

namespace {

struct TokenColumn {
    enum : int { id, name, prefix, scopes, runtime, expires_at, last };
};

// The columns that a token just made and one in the list have in common.
void write_common(JsonWriter &out, const Rows &tokens, int row) {
    out.key("id").string(tokens.text(row, TokenColumn::id));
    out.key("name").string(tokens.text(row, TokenColumn::name));
    out.key("prefix").string(tokens.text(row, TokenColumn::prefix));
    out.key("scopes").raw(tokens.text(row, TokenColumn::scopes));
    out.key("runtime").string_or_null(tokens.maybe(row, TokenColumn::runtime));
    out.key("expires_at").string_or_null(time_at(tokens, row, TokenColumn::expires_at));
}

Reply made(const Rows &token) {
    JsonWriter out;
    out.begin_object();
    write_common(out, token, 0);
    out.key("token").string(token.text(0, TokenColumn::last));
    out.end_object();
    return json_reply(201, out.take());
}

std::string scopes_of(const Json &json) {
    const Json *scopes = json.find("scopes");
    if (!scopes || scopes->is(Json::Kind::null)) return R"(["*"])";
    if (!scopes->is(Json::Kind::array))
        throw Problem::of("invalid-value", "\"scopes\" must be a list of texts");
    return to_text(*scopes);
}

}  // namespace

Reply list_tokens(Exchange &exchange) {
    const auto rows = exchange.run({{&statements::list_tokens, {}}}, Repeat::safe);
    JsonWriter out;
    out.begin_object().key("tokens").begin_array();
    for (int row = 0; row < rows[0].count(); ++row) {
        out.begin_object();
        write_common(out, rows[0], row);
        out.key("kind").string(rows[0].text(row, TokenColumn::last));
        out.key("created_at").string_or_null(time_at(rows[0], row, TokenColumn::last + 1));
        out.key("last_used_at").string_or_null(time_at(rows[0], row, TokenColumn::last + 2));
        out.key("revoked_at").string_or_null(time_at(rows[0], row, TokenColumn::last + 3));
        out.key("replaces").string_or_null(rows[0].maybe(row, TokenColumn::last + 4));
        out.key("current").boolean(rows[0].truth(row, TokenColumn::last + 5));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply post_token(Exchange &exchange) {
    const auto json = exchange.json();
    const auto name = json.string_at("name");
    if (!name) throw Problem::of("invalid-value", "\"name\" is missing");
    const auto rows = exchange.run(
        {{&statements::create_api_key,
          {*name, scopes_of(json), json.string_at("expires_at"), json.string_at("runtime")}}},
        Repeat::never);
    return made(rows[0]);
}

Reply rotate_token(Exchange &exchange) {
    const auto json = exchange.request.body.empty() ? Json{} : exchange.json();
    const Json *overlap = json.find("overlap_seconds");
    if (overlap && !overlap->is(Json::Kind::number))
        throw Problem::of("invalid-value", "\"overlap_seconds\" must be a number");
    const auto rows = exchange.run(
        {{&statements::rotate_token, {exchange.arguments[0], overlap ? overlap->text : "3600"}}},
        Repeat::never);
    return made(rows[0]);
}

Reply delete_token(Exchange &exchange) {
    exchange.run({{&statements::revoke_token, {exchange.arguments[0]}}}, Repeat::safe);
    return empty_reply(204);
}

}  // namespace gateway
