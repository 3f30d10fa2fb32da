// The checkpoint that was seen last, on disk before anybody is told of it. It is what makes
// this program a witness: the next one must extend it, by a proof that is checked here.
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "core/checkpoint.hpp"

namespace witness {

using ConsistencyProof =
    std::function<std::vector<vvault::Digest>(std::uint64_t from, std::uint64_t to)>;

class Kept {
public:
    // Throws std::runtime_error when the file there is no checkpoint by one of the keys: an
    // empty memory would believe anything, so it is never begun anew by itself.
    Kept(std::filesystem::path folder, std::vector<vvault::NoteKey> keys);

    std::uint64_t size() const { return checkpoint_ ? checkpoint_->size : 0; }
    const std::string &note() const { return note_; }

    // Why the note is refused, or nothing: then it is what is kept from now on. Asks for a
    // proof when the ledger has grown.
    std::optional<std::string> take(const std::string &note, const ConsistencyProof &proof);

private:
    std::optional<std::string> refusal(const vvault::Checkpoint &next,
                                       const ConsistencyProof &proof) const;
    void save(const std::string &note) const;

    std::filesystem::path folder_;
    std::vector<vvault::NoteKey> keys_;
    std::string note_;
    std::optional<vvault::Checkpoint> checkpoint_;
};

}  // namespace witness
