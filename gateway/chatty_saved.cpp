// The Chatty dialect's collections of transcripts: several files of a construct at once, each kept
// byte for byte, and its turns made messages.
#include "chatty.hpp"
#include "handlers.hpp"
#include "names.hpp"
#include "statements.hpp"
#include "text.hpp"

namespace gateway {

namespace {

std::string folder_of(const std::string &construct) {
    return "instances/" + construct + "/";
}

// What the client calls a path may begin anywhere; the vault's begins behind the user's folder.
std::string path_of(const Json &transcript, const std::string &construct, const std::string &name) {
    const auto folder = folder_of(construct);
    if (const auto path = transcript.string_at("path"); path && !path->empty()) {
        const auto at = path->find("instances/");
        return at == std::string::npos ? folder + *path : path->substr(at);
    }
    auto place = folder;
    for (const auto member : {"source", "year", "month"}) {
        const auto *part = transcript.find(member);
        if (part && !part->text.empty()) place += lower(part->text) + "/";
        if (!part && member == std::string_view("source")) place += "documents/";
    }
    return place + name;
}

struct Kept {
    std::string name;
    std::string path;
    std::string_view content;
    std::optional<Outcome> outcome = {};
};

// All are looked at before the first is kept.
std::vector<Kept> all_of(const Json &transcripts, const std::string &construct) {
    std::vector<Kept> all;
    for (const auto &transcript : transcripts.children) {
        const auto *content = transcript.find("content");
        const auto name = transcript.string_if("name");
        if (!content || !content->is(Json::Kind::string) || !name || name->empty())
            throw Problem::of("invalid-value",
                              "each transcript needs a \"name\" and its \"content\"");
        all.push_back({*name, path_of(transcript, construct, *name), content->text});
    }
    return all;
}

void keep(Exchange &exchange, Kept &kept) {
    const auto type = kept.path.ends_with(".json") ? "application/json" : "text/markdown";
    kept.outcome = exchange.attempt(
        {{&statements::put_file,
          {kept.path, Parameter::bytes(kept.content), std::nullopt, type, "server", std::nullopt}},
         {&statements::import_turns, {kept.path, std::nullopt, "false"}}},
        Repeat::safe);
}

void write_saved(JsonWriter &out, const Kept &kept) {
    out.begin_object();
    out.key("name").string(kept.name).key("path").string(kept.path);
    out.key("version").raw(kept.outcome->rows[0].text(0, 0));
    out.key("sha256").string(sha256_hex(kept.content));
    out.key("imported").raw(kept.outcome->rows[1].text(0, 0));
    out.end_object();
}

void write_failed(JsonWriter &out, const Kept &kept) {
    const auto problem = kept.outcome->failure->problem();
    out.begin_object();
    out.key("name").string(kept.name).key("path").string(kept.path);
    out.key("error").string(problem.detail).key("code").string(problem.sqlstate);
    out.end_object();
}

}  // namespace

// Each is kept for itself: one that is refused does not hold up the others.
Reply chatty_save_transcripts(Exchange &exchange) {
    const auto json = exchange.json();
    const auto named = json.string_at("constructCallsign");
    const auto *transcripts = json.find("transcripts");
    if (!named || named->empty())
        throw Problem::of("invalid-value", "\"constructCallsign\" is missing");
    if (!transcripts || !transcripts->is(Json::Kind::array))
        throw Problem::of("invalid-value", "\"transcripts\" must be an array");

    auto all = all_of(*transcripts, callsign(*named));
    for (auto &kept : all) keep(exchange, kept);
    std::int64_t saved = 0;
    const Kept *refused = nullptr;
    for (const auto &kept : all)
        if (kept.outcome->failure)
            refused = refused ? refused : &kept;
        else
            ++saved;
    // Acknowledged is what is stored: with nothing stored there is no success to tell of.
    if (refused && (saved == 0 || refused->outcome->failure->problem().outage()))
        throw refused->outcome->failure->problem();

    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("saved").number(saved).key("transcripts").begin_array();
    for (const auto &kept : all)
        if (!kept.outcome->failure) write_saved(out, kept);
    out.end_array().key("failed").begin_array();
    for (const auto &kept : all)
        if (kept.outcome->failure) write_failed(out, kept);
    out.end_array();
    out.key("message").string(std::to_string(saved) + " of " + std::to_string(all.size()) +
                              " transcripts saved");
    out.end_object();
    return json_reply(200, out.take());
}

Reply chatty_list_transcripts(Exchange &exchange) {
    const auto construct = callsign(exchange.arguments[0]);
    const auto folder = folder_of(construct);
    const auto rows =
        exchange.run({{&statements::list_files,
                       {folder, "false", "false", std::nullopt, std::nullopt, std::nullopt}}},
                     Repeat::safe);
    const auto &files = rows[0];
    JsonWriter out;
    out.begin_object().key("success").boolean(true).key("ok").boolean(true);
    out.key("construct_id").string(construct).key("transcripts").begin_array();
    for (int row = 0; row < files.count(); ++row) {
        const auto path = files.text(row, 0);
        const auto below = path.substr(folder.size());
        out.begin_object();
        out.key("name").string(files.text(row, 1)).key("path").string(path);
        out.key("source").string(below.substr(0, below.find('/')));
        out.key("version").raw(files.text(row, 2)).key("size").raw(files.text(row, 3));
        out.key("type").string_or_null(files.maybe(row, 4));
        out.key("sha256").string_or_null(files.maybe(row, 5));
        out.key("updatedAt").string_or_null(time_at(files, row, 7));
        out.end_object();
    }
    out.end_array().end_object();
    return json_reply(200, out.take());
}

}  // namespace gateway
