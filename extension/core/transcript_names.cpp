#include "transcript_names.hpp"

#include <algorithm>
#include <array>

#include "transcript_words.hpp"

namespace vvault {

namespace {

constexpr std::array<std::string_view, 3> user_words{"you", "user", "human"};
constexpr std::array<std::string_view, 10> assistant_words{
    "assistant", "ai",     "bot",    "chatgpt",      "gpt",
    "the gpt",   "claude", "gemini", "character.ai", "model"};

constexpr std::array<std::string_view, 48> label_words{
    "note",   "notes",     "edit",        "update",  "ps",       "p.s.",    "warning",
    "tip",    "tips",      "summary",     "example", "question", "answer",  "context",
    "goal",   "task",      "title",       "subject", "date",     "time",    "result",
    "output", "input",     "step",        "option",  "pros",     "cons",    "conclusion",
    "source", "quote",     "reason",      "problem", "fix",      "error",   "status",
    "key",    "important", "translation", "he",      "she",      "they",    "we",
    "i",      "it",        "who",         "someone", "nobody",   "everyone"};

template <class Words>
bool contains(const Words &words, std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
}

std::string_view first_word(std::string_view text) {
    return text.substr(0, text.find(' '));
}

// "Zen-001", "zen_001" and "Zen 001" are written for the same name.
std::string plain(std::string_view name) {
    auto text = fold(name);
    std::replace(text.begin(), text.end(), '_', ' ');
    std::replace(text.begin(), text.end(), '-', ' ');
    return text;
}

// Without the number at its end, and the blank before it.
std::string without_number(std::string text) {
    while (!text.empty() && is_digit(text.back())) text.pop_back();
    while (!text.empty() && text.back() == ' ') text.pop_back();
    return text;
}

void add_name(std::set<std::string, std::less<>> &names, std::string_view name) {
    const auto text = plain(name);
    if (text.empty()) return;
    names.insert(text);
    const auto stem = without_number(text);
    if (!stem.empty()) names.insert(stem);
}

}  // namespace

void Speakers::add_owner(std::string_view name) {
    auto text = plain(name.substr(0, name.find('@')));
    std::replace(text.begin(), text.end(), '.', ' ');
    text = without_number(std::move(text));
    if (text.empty()) return;
    owners_.insert(text);
    const auto first = first_word(text);
    if (first.size() == text.size())
        owner_first_names_.insert(text);
    else if (first.size() > 1)
        owners_.insert(std::string(first));
}

void Speakers::add_construct(std::string_view name) {
    add_name(constructs_, name);
    // One construct was renamed for everybody; both names stand in old files.
    if (constructs_.contains("zen")) constructs_.insert("synth");
    if (constructs_.contains("synth")) constructs_.insert("zen");
}

void Speakers::add_heading(std::string_view name) {
    add_name(headings_, name);
}

std::optional<std::string_view> Speakers::role_of(std::string_view speaker) const {
    const auto text = plain(speaker);
    if (contains(user_words, text)) return "user";
    if (text == "system") return "system";
    if (constructs_.contains(text)) return "assistant";
    if (owners_.contains(text)) return "user";
    const auto first = first_word(text);
    if (first.size() < text.size() && owner_first_names_.contains(first)) return "user";
    if (headings_.contains(text) || contains(assistant_words, text)) return "assistant";
    return std::nullopt;
}

bool is_role_word(std::string_view speaker) {
    const auto text = plain(speaker);
    return contains(user_words, text) || contains(assistant_words, text) || text == "system";
}

bool looks_like_name(std::string_view speaker) {
    speaker = trim(speaker);
    if (speaker.empty() || speaker.size() > 40 || contains(label_words, fold(speaker)))
        return false;
    int words = 0;
    bool word_begins = true;
    for (const char letter : speaker) {
        if (word_begins && is_ascii(letter) && !is_upper(letter)) return false;
        if (word_begins) ++words;
        word_begins = letter == ' ';
        const bool fits = is_letter(letter) || is_digit(letter) || !is_ascii(letter) ||
                          letter == ' ' || letter == '-' || letter == '.' || letter == '\'';
        if (!fits) return false;
    }
    return words <= 3;
}

}  // namespace vvault
