// /files and /imports: raw bytes in and out; the ETag of a file is its version.
#include <algorithm>

#include "handlers.hpp"
#include "ranges.hpp"
#include "shapes.hpp"
#include "statements.hpp"
#include "text.hpp"
#include "transfers.hpp"
#include "uploads.hpp"

namespace gateway {

namespace {

std::string quoted(std::string_view version) {
    return "\"" + std::string(version) + "\"";
}

// The version that If-Match names.
std::optional<std::int64_t> matched_version(const Head &head) {
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

// What a PUT is to find; 0 means "there is none".
std::optional<std::int64_t> expected_version(const Head &head) {
    if (!head.has_field("if-none-match")) return matched_version(head);
    if (head.field("if-none-match") != "*" || head.has_field("if-match"))
        throw Problem::of("bad-request", "a PUT knows \"If-None-Match: *\" or \"If-Match\"");
    return 0;
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

// What the sender knows of the file beside its bytes; kept with the version.
std::optional<std::string> metadata(const Head &head) {
    if (!head.has_field("vvault-metadata")) return std::nullopt;
    return to_text(parse_json_object(head.field("vvault-metadata")));
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

// One file, or one part of it, as the database tells of it.
struct Found {
    std::vector<Rows> rows;

    std::string_view version() const { return rows[0].text(0, 0); }
    std::string_view media_type() const { return rows[0].text(0, 1); }
    std::int64_t size() const { return rows[0].integer(0, 2); }
    std::string_view sealed_by() const { return rows[0].text(0, 3); }
    std::int64_t first() const { return rows[0].integer(0, 4); }
    std::string_view bytes() const { return rows[0].text(0, 5); }
    std::int64_t length() const {
        return std::max<std::int64_t>(0, rows[0].integer(0, 6) - first() + 1);
    }
    std::optional<std::string_view> sha256() const { return rows[0].maybe(0, 7); }
    std::string_view file_id() const { return rows[0].text(0, 8); }
};

// With its beginning, unless only its head is asked for.
Found find(Exchange &exchange, const ByteRange &range) {
    const auto most = exchange.request.head.method == "HEAD" ? 0 : download_part_bytes;
    return {exchange.run(
        {{&statements::read_part,
          {exchange.arguments[0], range.first, range.last, exchange.query.integer("version"),
           exchange.query.text("as_of"), std::to_string(most)}}},
        Repeat::safe)};
}

// What the answer holds already goes out at once, the rest as fast as the client takes it.
Reply with_rest(Reply reply, const Exchange &exchange, const Found &found) {
    const auto here = static_cast<std::int64_t>(found.bytes().size());
    reply.length = static_cast<std::uint64_t>(found.length());
    if (here == found.length()) return reply;
    Download rest{.token = exchange.token,
                  .path = exchange.arguments[0],
                  .file_id = std::string(found.file_id()),
                  .version = found.rows[0].integer(0, 0),
                  .next = found.first() + here,
                  .left = found.length() - here};
    reply.download = std::make_shared<Download>(std::move(rest));
    return reply;
}

Reply part(const Exchange &exchange, const Found &found) {
    const auto size = std::to_string(found.size());
    if (found.length() == 0) {
        auto problem = Problem::of("range-not-satisfiable", "the file has " + size + " bytes");
        problem.content_range = "bytes */" + size;
        throw problem;
    }
    auto reply = bytes_reply(exchange, 206, found.bytes(), found.media_type(), found.sealed_by());
    reply.with("Content-Range", "bytes " + std::to_string(found.first()) + "-" +
                                    std::to_string(found.first() + found.length() - 1) + "/" +
                                    size);
    return reply;
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
        out.key("metadata").raw_or_null(versions.maybe(row, 7));
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
           flag("shared", "true"), exchange.query.text("as_of"), exchange.query.text("after"),
           exchange.query.integer("limit")}}},
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
    const auto &head = exchange.request.head;
    const ByteRange whole{.first = 0, .last = std::nullopt};
    auto range = byte_range(head);
    auto found = find(exchange, range.value_or(whole));
    // A part of another version is not what is asked for: then all of this one.
    if (range && !range_is_of(head, found.version())) {
        range.reset();
        found = find(exchange, whole);
    }
    if (const auto expected = matched_version(head);
        expected && *expected != found.rows[0].integer(0, 0))
        throw Problem::of("precondition-failed", "the version is not that of If-Match");
    auto reply =
        range ? part(exchange, found)
              : bytes_reply(exchange, 200, found.bytes(), found.media_type(), found.sealed_by());
    if (!range && found.sha256()) reply.with("X-Content-SHA256", std::string(*found.sha256()));
    return with_etag(with_rest(std::move(reply), exchange, found), quoted(found.version()),
                     head.field("if-none-match"));
}

Reply put_file(Exchange &exchange) {
    const auto &head = exchange.request.head;
    const auto &path = exchange.arguments[0];
    const NewFile file{.expected = expected_version(head),
                       .media_type = media_type(head),
                       .encrypted = encrypted(head),
                       .metadata = metadata(head)};
    std::string version;
    if (exchange.request.upload || head.has_field("x-content-sha256")) {
        const auto stored = put_part(exchange, file);
        if (!stored) return Reply{.more = true};
        version = *stored;
    } else {
        const auto rows =
            exchange.run({{&statements::put_file,
                           {path, Parameter::bytes(exchange.request.body), file.expected,
                            file.media_type, file.encrypted, file.metadata}}},
                         Repeat::safe);  // the same content again is the same version
        version = rows[0].text(0, 0);
    }
    auto reply = json_reply(version == "1" ? 201 : 200, version_json(path, version));
    if (reply.status == 201) reply.with("Location", std::string(head.path()));
    return reply.with("ETag", quoted(version));
}

Reply delete_file(Exchange &exchange) {
    const auto expected = matched_version(exchange.request.head);
    const auto rows =
        exchange.run({{&statements::delete_file, {exchange.arguments[0], expected}}}, Repeat::safe);
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
    const std::optional<std::string> only_count = dry_run && dry_run->truth ? "true" : "false";
    const auto content = json.string_at("content_base64");
    const Call call = content
                          ? Call{&statements::import_content, {*path, names, only_count, content}}
                          : Call{&statements::import_turns, {*path, names, only_count}};
    const auto rows = exchange.run({call}, Repeat::safe);
    return json_reply(200, std::string(rows[0].text(0, 0)));
}

}  // namespace gateway
