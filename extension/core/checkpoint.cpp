#include "checkpoint.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "error.hpp"

namespace vvault {

namespace {

[[noreturn]] void refuse(const std::string &what) {
    throw Error(Errc::invalid_argument, what);
}

// Each line must have its end, so that there is one text for one checkpoint.
std::string_view take_line(std::string_view &text) {
    const std::size_t end = text.find('\n');
    if (end == text.npos) refuse("a checkpoint has three lines, and each of them an end");
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    return line;
}

std::uint64_t size_from(std::string_view digits) {
    std::int64_t size = -1;
    const char *const end = digits.data() + digits.size();
    const auto [stopped, error] = std::from_chars(digits.data(), end, size);
    if (error != std::errc{} || stopped != end || size < 0 || std::to_string(size) != digits)
        refuse("the size of a checkpoint is a number from 0 to 9223372036854775807");
    return static_cast<std::uint64_t>(size);
}

Digest root_from(std::string_view text) {
    Digest root;
    const auto bytes = from_base64(text);
    if (!bytes || bytes->size() != root.size())
        refuse("the root of a checkpoint is base64 of 32 bytes");
    std::copy(bytes->begin(), bytes->end(), root.begin());
    return root;
}

}  // namespace

std::string Checkpoint::text() const {
    std::string text = origin + "\n" + std::to_string(size) + "\n" + base64(root) + "\n";
    for (const std::string &line : extensions) text += line + "\n";
    return text;
}

Checkpoint Checkpoint::from_text(std::string_view text) {
    Checkpoint checkpoint;
    checkpoint.origin = take_line(text);
    if (checkpoint.origin.empty()) refuse("a checkpoint begins with its origin");
    if (checkpoint.origin.find('\r') != std::string::npos)
        refuse("the lines of a checkpoint end in a newline alone");
    checkpoint.size = size_from(take_line(text));
    checkpoint.root = root_from(take_line(text));
    while (!text.empty()) {
        checkpoint.extensions.emplace_back(take_line(text));
        if (checkpoint.extensions.back().empty()) refuse("a checkpoint has no empty lines");
    }
    return checkpoint;
}

Checkpoint open_checkpoint(std::string_view note, std::span<const NoteKey> keys) {
    const SignedNote parsed = SignedNote::from_text(note);
    Checkpoint checkpoint = Checkpoint::from_text(parsed.text);
    const std::vector<NoteKey> signers = signers_of(parsed, keys);
    const auto is_origins = [&](const NoteKey &key) { return key.name == checkpoint.origin; };
    if (std::none_of(signers.begin(), signers.end(), is_origins))
        throw Error(Errc::does_not_open, "none of the keys given signed the checkpoint of \"" +
                                             checkpoint.origin + "\"");
    return checkpoint;
}

}  // namespace vvault
