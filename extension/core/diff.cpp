#include <algorithm>
#include <unordered_map>

#include <sodium.h>

#include "core/diff.hpp"
#include "core/error.hpp"
#include "core/text_repair.hpp"

namespace vvault {

namespace {

constexpr std::size_t size_limit = std::size_t{16} << 20;
constexpr std::size_t lines_per_breath = 1 << 16;
constexpr std::size_t context = 3;

// A keyed hash, so that nobody can write lines that all fall into one bucket.
class LineHash {
public:
    LineHash() { crypto_shorthash_keygen(key_); }

    std::size_t operator()(std::string_view line) const {
        unsigned char digest[crypto_shorthash_BYTES];
        crypto_shorthash(digest, reinterpret_cast<const unsigned char *>(line.data()), line.size(),
                         key_);
        std::size_t result = 0;
        std::copy_n(digest, sizeof result, reinterpret_cast<unsigned char *>(&result));
        return result;
    }

private:
    unsigned char key_[crypto_shorthash_KEYBYTES];
};

using Numbers = std::unordered_map<std::string_view, std::uint32_t, LineHash>;

// A text cut after each newline; equal lines have equal numbers.
class Lines {
public:
    Lines(std::string_view text, Numbers &numbers, const Breathe &breathe) : text_(text) {
        while (starts_.back() < text.size()) {
            const std::size_t begin = starts_.back();
            const std::size_t newline = text.find('\n', begin);
            const std::size_t end = newline == std::string_view::npos ? text.size() : newline + 1;
            const auto next = static_cast<std::uint32_t>(numbers.size());
            numbers_.push_back(
                numbers.try_emplace(text.substr(begin, end - begin), next).first->second);
            starts_.push_back(static_cast<std::uint32_t>(end));
            if (breathe && numbers_.size() % lines_per_breath == 0) breathe();
        }
    }

    std::size_t count() const { return numbers_.size(); }
    std::span<const std::uint32_t> numbers() const { return numbers_; }
    std::string_view line(std::size_t i) const {
        return text_.substr(starts_[i], starts_[i + 1] - starts_[i]);
    }

private:
    std::string_view text_;
    std::vector<std::uint32_t> starts_{0};
    std::vector<std::uint32_t> numbers_;
};

// Lines of a that are replaced by lines of b, from (inclusive) to (exclusive).
struct Edit {
    std::size_t a_from, a_to, b_from, b_to;
};

std::vector<Edit> edits_of(const LineChanges &changes) {
    const auto &[removed, added] = changes;
    std::vector<Edit> edits;
    std::size_t a = 0, b = 0;
    while (a < removed.size() || b < added.size()) {
        const Edit begin{a, a, b, b};
        while (a < removed.size() && removed[a]) ++a;
        while (b < added.size() && added[b]) ++b;
        if (a > begin.a_from || b > begin.b_from)
            edits.push_back({begin.a_from, a, begin.b_from, b});
        else
            ++a, ++b;
    }
    return edits;
}

// "12,3"; a lone line has no count, and no line at all stands after the one before it.
std::string range(std::size_t from, std::size_t to) {
    const std::size_t count = to - from;
    std::string text = std::to_string(count == 0 ? from : from + 1);
    if (count != 1) text += "," + std::to_string(count);
    return text;
}

void write_lines(std::string &out, char mark, const Lines &lines, std::size_t from,
                 std::size_t to) {
    for (std::size_t i = from; i < to; ++i) {
        const std::string_view line = lines.line(i);
        out += mark;
        out += line;
        if (line.back() != '\n') out += "\n\\ No newline at end of file\n";
    }
}

// Edits that share their context are one hunk.
void write_hunk(std::string &out, const Lines &a, const Lines &b, std::span<const Edit> edits) {
    const std::size_t before = std::min(edits.front().a_from, context);
    const std::size_t after = std::min(a.count() - edits.back().a_to, context);
    std::size_t at = edits.front().a_from - before;
    out += "@@ -" + range(at, edits.back().a_to + after) + " +" +
           range(edits.front().b_from - before, edits.back().b_to + after) + " @@\n";
    for (const Edit &edit : edits) {
        write_lines(out, ' ', a, at, edit.a_from);
        write_lines(out, '-', a, edit.a_from, edit.a_to);
        write_lines(out, '+', b, edit.b_from, edit.b_to);
        at = edit.a_to;
    }
    write_lines(out, ' ', a, at, at + after);
}

}  // namespace

bool is_comparable_text(std::string_view bytes) {
    return bytes.find('\0') == std::string_view::npos && !replace_invalid_utf8(bytes);
}

std::string unified_diff(const DiffSide &a, const DiffSide &b, const Breathe &breathe) {
    if (a.text == b.text) return {};
    if (a.text.size() > size_limit || b.text.size() > size_limit)
        throw Error(Errc::too_large, "the texts are too large to compare")
            .detail("One of them has more than 16 MiB.")
            .hint("Read both versions and compare them outside the database.");
    Numbers numbers;
    const Lines a_lines(a.text, numbers, breathe), b_lines(b.text, numbers, breathe);
    const auto edits = edits_of(line_changes(a_lines.numbers(), b_lines.numbers(), breathe));
    std::string out = "--- " + std::string(a.label) + "\n+++ " + std::string(b.label) + "\n";
    for (std::size_t first = 0; first < edits.size();) {
        std::size_t next = first + 1;
        while (next < edits.size() && edits[next].a_from - edits[next - 1].a_to <= 2 * context)
            ++next;
        write_hunk(out, a_lines, b_lines, {&edits[first], next - first});
        first = next;
    }
    return out;
}

}  // namespace vvault
