#include "transcript_path.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "transcript.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

using Parts = std::vector<std::string_view>;

Parts split_path(std::string_view path) {
    Parts parts;
    while (!path.empty()) {
        const auto cut = std::min(path.find_first_of("/\\"), path.size());
        const auto part = path.substr(0, cut);
        if (!part.empty() && part != ".") parts.push_back(part);
        path.remove_prefix(std::min(cut + 1, path.size()));
    }
    return parts;
}

std::string join_path(const Parts &parts) {
    std::string path;
    for (const auto part : parts) {
        if (!path.empty()) path += '/';
        path += part;
    }
    return path;
}

// users/shard_0042/ada_1762969514958/… and users/ada/…, behind vvault/ or not.
void drop_user_folder(Parts &parts) {
    std::size_t users = 0;
    if (parts.size() > 1 && (parts[0] == "vvault" || parts[0] == "vvault_files")) users = 1;
    if (parts.size() < users + 3 || parts[users] != "users") return;
    const bool sharded = parts[users + 1].starts_with("shard_");
    const std::size_t behind = users + (sharded ? 3 : 2);
    if (parts.size() > behind)
        parts.erase(parts.begin(), parts.begin() + static_cast<std::ptrdiff_t>(behind));
}

// instances/nova-001/instances/nova-001/… was made by a writer that joined twice.
void drop_doubled_instance(Parts &parts) {
    while (parts.size() > 4 && parts[0] == "instances" && parts[2] == "instances" &&
           parts[1] == parts[3])
        parts.erase(parts.begin(), parts.begin() + 2);
}

constexpr std::string_view chat_prefix = "chat_with_";

// "zen-001" in chat_with_zen-001.md and in chat_with_zen-001_windows.md.
std::string_view chat_partner(std::string_view file_name) {
    if (!fold(file_name).starts_with(chat_prefix)) return {};
    auto name = file_name.substr(chat_prefix.size());
    name = name.substr(0, name.find('.'));
    const auto digit = name.find_first_of("0123456789");
    const auto cut = digit == name.npos ? name.npos : name.find_first_of("_ (", digit);
    return name.substr(0, cut);
}

bool is_one_of(std::string_view word, std::initializer_list<std::string_view> words) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

// Names that constructs' own files have wherever they lie; an export may be named
// after what was talked about, so there only the two that are certain.
bool is_never_named(std::string_view stem, bool exported) {
    if (is_one_of(stem, {"prompt", "conditioning"})) return true;
    return !exported && (is_one_of(stem, {"definition", "definitions", "personality", "identity",
                                          "voice", "profile", "persona", "instructions", "readme",
                                          "license", "merkle_chain", "physical-features"}) ||
                         stem.ends_with("ledger"));
}

PathKind kind_of_area(const Parts &parts) {
    const auto top = fold(parts.front());
    if (parts.size() == 1) return PathKind::possible;
    if (is_one_of(top, {"account", "capsules", "library", "config", "indexes"}))
        return PathKind::never;
    if (top == "transcripts") return PathKind::expected;
    if (top == "archive") return kind_of_area(Parts(parts.begin() + 1, parts.end()));
    if (top != "instances" || parts.size() < 4) return PathKind::possible;
    const auto area = fold(parts[2]);
    if (is_one_of(area, {"identity", "config", "memup", "memories", "documents", "assets"}))
        return PathKind::never;
    if (is_one_of(area, {"chatty", "chatgpt", "claude", "gemini", "character.ai"}))
        return PathKind::expected;
    return PathKind::possible;
}

}  // namespace

std::string normalise_vault_path(std::string_view path) {
    auto parts = split_path(path);
    drop_user_folder(parts);
    drop_doubled_instance(parts);
    if (parts.size() == 1 && !chat_partner(parts[0]).empty() && fold(parts[0]).ends_with(".md"))
        return "instances/" + callsign(chat_partner(parts[0])) + "/chatty/" + std::string(parts[0]);
    return join_path(parts);
}

std::string callsign(std::string_view name) {
    std::string sign = fold(name);
    for (char &letter : sign)
        if (letter == '_' || letter == ' ') letter = '-';
    if (sign.empty()) return sign;
    const auto last = sign.rfind('-');
    const auto tail =
        last == sign.npos ? std::string_view() : std::string_view(sign).substr(last + 1);
    const bool numbered =
        !tail.empty() && last > 0 && std::all_of(tail.begin(), tail.end(), is_digit);
    return numbered ? sign : sign + "-001";
}

PathFacts read_path(std::string_view path) {
    PathFacts facts;
    facts.path = normalise_vault_path(path);
    const auto parts = split_path(facts.path);
    if (parts.empty()) return facts;

    const auto file_name = fold(parts.back());
    const auto dot = file_name.rfind('.');
    const auto stem = file_name.substr(0, dot);
    const auto extension = dot == file_name.npos ? std::string() : file_name.substr(dot);
    const auto partner = chat_partner(parts.back());
    facts.json = extension == ".json";
    facts.kind = kind_of_area(parts);
    if (facts.kind == PathKind::possible && !partner.empty()) facts.kind = PathKind::expected;
    const bool exported = parts.size() > 3 && is_one_of(fold(parts[2]), {"chatgpt", "claude",
                                                                         "gemini", "character.ai"});
    if (is_never_named(stem, exported) ||
        !is_one_of(extension, {".md", ".markdown", ".txt", ".json", ""}))
        facts.kind = PathKind::never;

    const auto instances = std::find(parts.begin(), parts.end(), "instances");
    if (parts.end() - instances > 2)
        facts.construct = callsign(instances[1]);
    else if (!partner.empty())
        facts.construct = callsign(partner);

    const bool in_chatty = parts.size() == 4 && parts[0] == "instances" && parts[2] == "chatty";
    if (in_chatty && file_name.ends_with(".md") && stem.starts_with(chat_prefix) &&
        callsign(stem.substr(chat_prefix.size())) == facts.construct)
        facts.canonical_session = facts.construct + "_chat_with_" + facts.construct;
    if (parts.size() == 3 && parts[0] == "transcripts") facts.folder_session = parts[1];
    return facts;
}

std::string construct_of_session(std::string_view external_id) {
    const auto chat = external_id.find("_chat_with_");
    if (chat != external_id.npos && chat > 0) return callsign(external_id.substr(0, chat));
    if (external_id.starts_with("gpt-") && external_id.size() > 4)
        return callsign(external_id.substr(4));
    const auto line = external_id.find('_');
    if (line == external_id.npos || line == 0) return {};
    const auto name = external_id.substr(0, line);
    const auto number = external_id.substr(line + 1);
    const bool milliseconds =
        number.size() >= 12 && std::all_of(number.begin(), number.end(), is_digit);
    return milliseconds && name != "session" ? callsign(name) : std::string();
}

}  // namespace vvault
