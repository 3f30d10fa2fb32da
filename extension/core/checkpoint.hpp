// A checkpoint says how large the tree is and what its root is: C2SP tlog-checkpoint,
// the text of a signed note. Lines after the third are other people's extensions:
// they are signed with the rest, kept and not understood.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "bytes.hpp"
#include "signed_note.hpp"

namespace vvault {

struct Checkpoint {
    std::string origin;
    std::uint64_t size = 0;
    Digest root{};
    std::vector<std::string> extensions = {};

    std::string text() const;
    // Throws Errc::invalid_argument, saying what is wrong. Only the one canonical text
    // of a checkpoint is accepted; sizes end at 2^63 - 1.
    static Checkpoint from_text(std::string_view text);

    bool operator==(const Checkpoint &) const = default;
};

// The note's checkpoint, signed by one of the keys in the name of its origin. Throws
// Errc::invalid_argument when it is none, Errc::does_not_open when no such key signed it.
Checkpoint open_checkpoint(std::string_view note, std::span<const NoteKey> keys);

}  // namespace vvault
