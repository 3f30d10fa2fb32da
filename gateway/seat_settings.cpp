#include "seat_settings.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.hpp"
#include "problem.hpp"
#include "text.hpp"
#include "url_reader.hpp"

namespace gateway {

namespace {

constexpr std::size_t longest_file = std::size_t{1} << 20;
constexpr std::size_t longest_key = 8192;

// Where a seat of the file names no words of its own.
const std::vector<std::string> &usual_words(std::string_view seat) {
    static const std::vector<std::string> coding = {
        "```", "code", "function", "compile", "compiler", "bug", "debug", "stack trace", "regex"};
    static const std::vector<std::string> creative = {"poem",    "story",      "lyrics",
                                                      "fiction", "screenplay", "haiku"};
    static const std::vector<std::string> none;
    if (seat == "coding") return coding;
    return seat == "creative" ? creative : none;
}

[[noreturn]] void refuse(const std::string &where, const std::string &what) {
    throw std::invalid_argument(where + " " + what);
}

void check_members(const Json &object, const std::string &where,
                   std::initializer_list<std::string_view> known) {
    if (!object.is(Json::Kind::object)) refuse(where, "must be an object");
    for (const auto &member : object.children)
        if (std::find(known.begin(), known.end(), member.name) == known.end())
            refuse(where, "has no setting \"" + member.name + "\"");
}

// Names are labels of the metrics too.
void check_name(const Json &json, const std::string &where) {
    const auto fits = [](unsigned char c) {
        return std::isalnum(c) || c == '_' || c == '.' || c == '-';
    };
    if (json.name.empty() || json.name.size() > 100 ||
        !std::all_of(json.name.begin(), json.name.end(), fits))
        refuse(where, "must be named by 1 to 100 letters, digits, dots, dashes and underscores");
}

std::string text_of(const Json &object, const std::string &where, std::string_view name,
                    std::size_t most) {
    const auto *member = object.find(name);
    if (!member) return {};
    if (!member->is(Json::Kind::string) || member->text.empty() || member->text.size() > most)
        refuse(where + "." + std::string(name),
               "must be a text of 1 to " + std::to_string(most) + " bytes");
    return member->text;
}

std::string required_text(const Json &object, const std::string &where, std::string_view name,
                          std::size_t most) {
    auto text = text_of(object, where, name, most);
    if (text.empty()) refuse(where, "needs \"" + std::string(name) + "\"");
    return text;
}

std::size_t number_of(const Json &object, const std::string &where, std::string_view name,
                      std::size_t otherwise, std::size_t least, std::size_t most) {
    const auto *member = object.find(name);
    if (!member) return otherwise;
    const auto number = parse_integer(member->text);
    if (!member->is(Json::Kind::number) || !number || *number < std::int64_t(least) ||
        *number > std::int64_t(most))
        refuse(
            where + "." + std::string(name),
            "must be a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    return std::size_t(*number);
}

// Opened first and looked at then, so that what was looked at is what is read.
std::string read_key(const std::string &path, const std::string &where) {
    const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat status {};
    if (file < 0 || fstat(file, &status) != 0) {
        if (file >= 0) close(file);
        refuse(where, "names a file that cannot be read: " + path);
    }
    std::string text(longest_key + 1, '\0');
    const bool safe = S_ISREG(status.st_mode) && (status.st_mode & 077) == 0;
    const auto size = safe ? ::read(file, text.data(), text.size()) : -1;
    close(file);
    if (!safe)
        refuse(where, "must be a regular file that its owner alone may read (0600): " + path);
    text.resize(static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
    const std::string key(strip(text));
    const auto visible = [](char c) { return c > ' ' && c <= '~'; };
    if (key.empty() || key.size() > longest_key || !std::all_of(key.begin(), key.end(), visible))
        refuse(where, "must hold one key of visible characters: " + path);
    return key;
}

std::string options_of(const Json &backend, const std::string &where) {
    const auto *options = backend.find("options");
    if (!options) return {};
    if (!options->is(Json::Kind::object)) refuse(where + ".options", "must be an object");
    for (const auto name : {"model", "messages", "stream"})
        if (options->find(name))
            refuse(where + ".options", "must not set \"model\", \"messages\" or \"stream\"");
    auto text = to_text(*options);
    return text.substr(1, text.size() - 2);
}

Backend backend_of(const Json &json) {
    const auto where = "backends." + json.name;
    check_members(json, where,
                  {"url", "model", "key_file", "connect_seconds", "total_seconds",
                   "connect_milliseconds", "total_milliseconds", "allow_plain_http", "options"});
    check_name(json, where);
    Backend backend;
    backend.name = json.name;
    backend.url = required_text(json, where, "url", 2000);
    backend.model = required_text(json, where, "model", 200);
    while (backend.url.ends_with('/')) backend.url.pop_back();
    const auto *allowed = json.find("allow_plain_http");
    if (allowed && !allowed->is(Json::Kind::boolean))
        refuse(where, "allow_plain_http is true or false");
    backend.plain = backend.url.starts_with("http://");
    const bool far = backend.plain && !is_loopback(backend.url);
    if (!backend.plain && !backend.url.starts_with("https://"))
        refuse(where + ".url", "must begin with https://, or http:// on loopback");
    if (far && !(allowed && allowed->truth))
        refuse(where + ".url",
               "would send what people write in the clear: use https, or set \"allow_plain_http\": "
               "true");
    for (const char c : backend.url)
        if (c <= ' ' || c > '~' || c == '@' || c == '?' || c == '#')
            refuse(where + ".url",
                   "must be a plain URL such as https://host/v1, without a name, a query or a key");
    backend.url += "/chat/completions";
    if (const auto path = text_of(json, where, "key_file", 4096); !path.empty())
        backend.key = read_key(path, where + ".key_file");
    backend.options = options_of(json, where);
    backend.connect_limit = std::chrono::milliseconds(
        json.find("connect_milliseconds")
            ? number_of(json, where, "connect_milliseconds", 0, 10, 600'000)
            : 1000 * number_of(json, where, "connect_seconds", 5, 1, 600));
    backend.total_limit = std::chrono::milliseconds(
        json.find("total_milliseconds")
            ? number_of(json, where, "total_milliseconds", 0, 10, 3'600'000)
            : 1000 * number_of(json, where, "total_seconds", 60, 1, 3600));
    return backend;
}

Seat seat_of(const Json &json, const SeatSettings &settings) {
    const auto where = "seats." + json.name;
    check_members(json, where, {"backends", "prompt", "words"});
    check_name(json, where);
    Seat seat{.name = json.name,
              .prompt = text_of(json, where, "prompt", std::size_t{64} << 10),
              .words = usual_words(json.name),
              .backends = {}};
    const auto *names = json.find("backends");
    if (!names || !names->is(Json::Kind::array) || names->children.empty() ||
        names->children.size() > 20)
        refuse(where + ".backends", "must be a list of 1 to 20 names of backends");
    for (const auto &name : names->children) {
        const auto found =
            std::find_if(settings.backends.begin(), settings.backends.end(),
                         [&](const Backend &each) { return each.name == name.text; });
        if (!name.is(Json::Kind::string) || found == settings.backends.end())
            refuse(where + ".backends", "names a backend that is not there");
        seat.backends.push_back(std::size_t(found - settings.backends.begin()));
    }
    if (const auto *words = json.find("words")) {
        seat.words.clear();
        if (!words->is(Json::Kind::array)) refuse(where + ".words", "must be a list of texts");
        for (const auto &word : words->children) {
            if (!word.is(Json::Kind::string) || word.text.empty() || word.text.size() > 100)
                refuse(where + ".words", "must be a list of texts of 1 to 100 bytes");
            seat.words.push_back(lower(word.text));
        }
    }
    return seat;
}

bool in_word(std::string_view text, std::size_t at) {
    if (at >= text.size()) return false;
    const auto c = static_cast<unsigned char>(text[at]);
    return std::isalnum(c) || c == '_' || c >= 0x80;
}

bool stands_in(std::string_view text, std::string_view word) {
    for (auto at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
        const bool begins = at == 0 || !in_word(text, at - 1) || !in_word(word, 0);
        const auto end = at + word.size();
        if (begins && (!in_word(text, end) || !in_word(word, word.size() - 1))) return true;
    }
    return false;
}

SeatSettings settings_of(const Json &json) {
    const std::string where = "the file";
    check_members(json, where,
                  {"backends", "seats", "default", "total_seconds", "total_milliseconds",
                   "history_messages", "history_bytes", "answer_bytes", "at_once"});
    SeatSettings settings;
    for (const auto name : {"backends", "seats"}) {
        const auto *member = json.find(name);
        if (!member || !member->is(Json::Kind::object) || member->children.empty() ||
            member->children.size() > 50)
            refuse(name, "must be an object with 1 to 50 members");
    }
    for (const auto &each : json.find("backends")->children)
        settings.backends.push_back(backend_of(each));
    for (const auto &each : json.find("seats")->children)
        settings.seats.push_back(seat_of(each, settings));
    const auto usual = text_of(json, where, "default", 100);
    const auto *seat = settings.find(usual.empty() ? "conversation" : usual);
    if (!seat && !usual.empty()) refuse("default", "names a seat that is not there");
    settings.usual = seat ? std::size_t(seat - settings.seats.data()) : 0;
    settings.total_limit = std::chrono::milliseconds(
        json.find("total_milliseconds")
            ? number_of(json, where, "total_milliseconds", 0, 10, 3'600'000)
            : 1000 * number_of(json, where, "total_seconds", 120, 1, 3600));
    settings.history_messages = number_of(json, where, "history_messages", 20, 0, 500);
    settings.history_bytes =
        number_of(json, where, "history_bytes", std::size_t{64} << 10, 0, std::size_t{8} << 20);
    settings.answer_bytes =
        number_of(json, where, "answer_bytes", std::size_t{1} << 20, 1024, std::size_t{8} << 20);
    settings.at_once = int(number_of(json, where, "at_once", 32, 1, 1000));
    return settings;
}

}  // namespace

const Seat *SeatSettings::find(std::string_view name) const {
    for (const auto &seat : seats)
        if (seat.name == name) return &seat;
    return nullptr;
}

const Seat &SeatSettings::for_message(std::string_view message) const {
    const auto text = lower(message);
    for (const auto &seat : seats)
        for (const auto &word : seat.words)
            if (stands_in(text, word)) return seat;
    return seats[usual];
}

SeatSettings SeatSettings::read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream content;
    if (!(content << file.rdbuf()) || content.view().size() > longest_file)
        throw std::invalid_argument("names a file that cannot be read: " + path);
    try {
        return settings_of(parse_json_object(content.view()));
    } catch (const Problem &problem) {
        throw std::invalid_argument("names a file that is no JSON object: " + problem.detail);
    } catch (const std::invalid_argument &error) {
        throw std::invalid_argument("names a file with a mistake: " + std::string(error.what()));
    }
}

}  // namespace gateway
