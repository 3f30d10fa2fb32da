// /files and /imports: raw bytes in and out; the ETag of a file is its version.
#include <algorithm>

#include "handlers.hpp"
#include "ranges.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

std::string quoted(std::string_view version) {
    return "\"" + std::string(version) + "\"";
}

// The version that the caller's precondition names; 0 means "there is none".
std::optional<std::int64_t> expected_version(const Head &head) {
    if (head.has_field("if-none-match")) {
        if (head.field("if-none-match") != "*" || head.has_field("if-match"))
            throw Problem::of("bad-request", "a PUT knows \"If-None-Match: *\" or \"If-Match\"");
        return 0;
    }
    if (!head.has_field("if-match")) return std::nullopt;
    const auto value = head.field("if-match");
    if (value.size() < 3 || value.front() != '"' || value.back() != '"')
        throw Problem::of("bad-request", "If-Match must be one ETag: a version in quotes");
    const auto version = parse_integer(value.substr(1, value.size() - 2));
    // Well-formed, but no version of ours: it cannot match.
    if (!version || *version < 1)
        throw Problem::of("precondition-failed", "If-Match names no version of this file");
    return version;
}

// What is fit for a header line; the database has checked that it is a type at all.
std::string content_type(std::string_view stored) {
    const bool plain =
        std::all_of(stored.begin(), stored.end(), [](char c) { return c >= ' ' && c <= '~'; });
    return stored.empty() || !plain ? "application/octet-stream" : std::string(stored);
}

// curl says this of any --data; it describes no file.
std::optional<std::string> media_type(const Head &head) {
    const auto type = head.field("content-type");
    if (type.empty() || type == "application/x-www-form-urlencoded") return std::nullopt;
    return std::string(type);
}

// Content that the client sealed is marked as such on both ways; nothing else is known.
constexpr const char *encrypted_field = "Vvault-Encrypted";

std::string encrypted(const Head &head) {
    if (!head.has_field("vvault-encrypted")) return "server";
    const auto value = head.field("vvault-encrypted");
    if (value != "client" && value != "server")
        throw Problem::of("bad-request", "Vvault-Encrypted is \"client\" or \"server\"");
    return std::string(value);
}

// A stored file may be anything, HTML with scripts too: it must never run as ours.
Reply bytes_reply(const Exchange &exchange, int status, std::string_view bytes,
                  std::string_view type, std::string_view sealed_by) {
    const auto &path = exchange.arguments[0];
    const auto name = path.substr(path.rfind('/') + 1);
    Reply reply{.status = status, .content_type = content_type(type), .body = std::string(bytes)};
    reply.with("Content-Disposition", "attachment; filename*=UTF-8''" + percent_encode(name))
        .with("Content-Security-Policy", "sandbox; default-src 'none'")
        .with("Accept-Ranges", "bytes");
    if (sealed_by == "client") reply.with(encrypted_field, "client");
    return reply;
}

// Nothing if what is asked for is a part of another version: then all of this one.
std::optional<Reply> part(Exchange &exchange, const ByteRange &range) {
    const auto &head = exchange.request.head;
    const auto rows =
        exchange.run({{&statements::read_part,
                       {exchange.arguments[0], range.first, range.last,
                        exchange.query.integer("version"), exchange.query.text("as_of")}}},
                     Repeat::safe);
    const auto &row = rows[0];
    const auto version = row.text(0, 0);
    if (!range_is_of(head, version)) return std::nullopt;
    const auto size = std::string(row.text(0, 2));
    if (row.is_null(0, 5)) {
        auto problem = Problem::of("range-not-satisfiable", "the file has " + size + " bytes");
        problem.content_range = "bytes */" + size;
        throw problem;
    }
    const auto bytes = row.text(0, 5);
    const auto first = parse_integer(row.text(0, 4)).value_or(0);
    auto reply = bytes_reply(exchange, 206, bytes, row.text(0, 1), row.text(0, 3));
    reply.with("Content-Range", "bytes " + std::to_string(first) + "-" +
                                    std::to_string(first + std::int64_t(bytes.size()) - 1) + "/" +
                                    size);
    return with_etag(std::move(reply), quoted(version), head.field("if-none-match"));
}

std::string version_json(const std::string &path, std::string_view version) {
    JsonWriter out;
    out.begin_object().key("path").string(path).key("version").raw(version).end_object();
    return out.take();
}

Reply history(Exchange &exchange) {
    const auto rows =
        exchange.run({{&statements::file_history, {exchange.arguments[0]}}}, Repeat::safe);
    const auto &versions = rows[0];
    JsonWriter out;
    out.begin_object().key("path").string(exchange.arguments[0]).key("versions").begin_array();
    for (int row = 0; row < versions.count(); ++row) {
        out.begin_object();
        out.key("version").raw(versions.text(row, 0));
        out.key("kind").string(versions.text(row, 1));
        out.key("size").raw_or_null(versions.maybe(row, 2));
        out.key("media_type").string_or_null(versions.maybe(row, 3));
        out.key("sha256").string_or_null(versions.maybe(row, 4));
        out.key("restored_from").raw_or_null(versions.maybe(row, 5));
        out.key("created_at").string_or_null(time_at(versions, row, 6));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

// A PostgreSQL array literal.
std::string array_literal(const Json &array) {
    std::string literal = "{";
    for (const auto &element : array.children) {
        if (!element.is(Json::Kind::string))
            throw Problem::of("invalid-value", "\"owner_names\" must be an array of strings");
        literal += literal.size() > 1 ? ",\"" : "\"";
        for (const char c : element.text) {
            if (c == '"' || c == '\\') literal += '\\';
            literal += c;
        }
        literal += '"';
    }
    return literal + "}";
}

}  // namespace

Reply list_files(Exchange &exchange) {
    const auto flag = [&](const char *name, const char *otherwise) {
        return exchange.query.text(name).value_or(otherwise) == "true" ? "true" : "false";
    };
    const auto rows = exchange.run(
        {{&statements::list_files,
          {exchange.query.text("prefix").value_or(""), flag("include_deleted", "false"),
           flag("shared", "true"), exchange.query.text("as_of")}}},
        Repeat::safe);
    const auto &files = rows[0];
    JsonWriter out;
    out.begin_object().key("files").begin_array();
    for (int row = 0; row < files.count(); ++row) {
        out.begin_object();
        out.key("path").string(files.text(row, 0));
        out.key("filename").string_or_null(files.maybe(row, 1));
        out.key("version").raw(files.text(row, 2));
        out.key("size").raw_or_null(files.maybe(row, 3));
        out.key("media_type").string_or_null(files.maybe(row, 4));
        out.key("sha256").string_or_null(files.maybe(row, 5));
        out.key("encrypted").string_or_null(files.maybe(row, 6));
        out.key("updated_at").string_or_null(time_at(files, row, 7));
        out.key("deleted_at").string_or_null(time_at(files, row, 8));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

Reply get_file(Exchange &exchange) {
    if (exchange.query.has("history")) return history(exchange);
    if (const auto range = byte_range(exchange.request.head))
        if (auto reply = part(exchange, *range)) return std::move(*reply);
    const auto rows = exchange.run({{&statements::read_file,
                                     {exchange.arguments[0], exchange.query.integer("version"),
                                      exchange.query.text("as_of")}}},
                                   Repeat::safe);
    if (rows[0].count() == 0) throw Problem::of_sqlstate("P0002", "there is no such file");
    const auto &row = rows[0];
    auto reply = bytes_reply(exchange, 200, row.text(0, 4), row.text(0, 1), row.text(0, 5));
    if (!row.is_null(0, 2)) reply.with("X-Content-SHA256", std::string(row.text(0, 2)));
    return with_etag(std::move(reply), quoted(row.text(0, 0)),
                     exchange.request.head.field("if-none-match"));
}

Reply put_file(Exchange &exchange) {
    const auto &head = exchange.request.head;
    const auto &path = exchange.arguments[0];
    const auto expected = expected_version(head);
    const auto rows = exchange.run({{&statements::put_file,
                                     {path, Parameter::bytes(exchange.request.body), expected,
                                      media_type(head), encrypted(head)}}},
                                   Repeat::safe);  // the same content again is the same version
    const auto version = rows[0].text(0, 0);
    auto reply = json_reply(version == "1" ? 201 : 200, version_json(path, version));
    if (reply.status == 201) reply.with("Location", std::string(head.path()));
    return reply.with("ETag", quoted(version));
}

Reply delete_file(Exchange &exchange) {
    if (exchange.request.head.has_field("if-match"))
        throw Problem::of("bad-request", "DELETE takes no precondition; every version is kept");
    const auto rows =
        exchange.run({{&statements::delete_file, {exchange.arguments[0]}}}, Repeat::safe);
    return json_reply(200, version_json(exchange.arguments[0], rows[0].text(0, 0)));
}

Reply restore_file(Exchange &exchange) {
    const auto version = exchange.query.integer("restore");
    if (!version) throw Problem::of("bad-request", "say which version to bring back: ?restore=N");
    const auto rows = exchange.run({{&statements::restore_file, {exchange.arguments[0], version}}},
                                   Repeat::never);
    return json_reply(200, version_json(exchange.arguments[0], rows[0].text(0, 0)))
        .with("ETag", quoted(rows[0].text(0, 0)));
}

Reply post_import(Exchange &exchange) {
    const auto json = exchange.json();
    const auto path = json.string_at("path");
    if (!path) throw Problem::of("invalid-value", "\"path\" is missing");
    std::optional<std::string> names;
    if (const auto *given = json.find("owner_names"); given && !given->is(Json::Kind::null)) {
        if (!given->is(Json::Kind::array))
            throw Problem::of("invalid-value", "\"owner_names\" must be an array of strings");
        names = array_literal(*given);
    }
    const auto *dry_run = json.find("dry_run");
    const auto rows = exchange.run(
        {{&statements::import_turns, {*path, names, dry_run && dry_run->truth ? "true" : "false"}}},
        Repeat::safe);
    return json_reply(200, std::string(rows[0].text(0, 0)));
}

}  // namespace gateway
