#include "kept.hpp"

#include <fstream>
#include <iterator>
#include <stdexcept>

#include "core/error.hpp"
#include "core/merkle.hpp"
#include "file.hpp"

namespace witness {

Kept::Kept(std::filesystem::path folder, std::vector<vvault::NoteKey> keys)
    : folder_(std::move(folder)), keys_(std::move(keys)) {
    const auto path = folder_ / "checkpoint";
    if (!std::filesystem::exists(path)) return;
    std::ifstream file(path, std::ios::binary);
    note_.assign(std::istreambuf_iterator<char>(file), {});
    try {
        checkpoint_ = vvault::open_checkpoint(note_, keys_);
    } catch (const vvault::Error &error) {
        throw std::runtime_error(path.string() +
                                 " holds no checkpoint of this ledger: " + error.message());
    }
}

std::optional<std::string> Kept::refusal(const vvault::Checkpoint &next,
                                         const ConsistencyProof &proof) const {
    if (!checkpoint_) return std::nullopt;
    const std::string sizes = " (kept: " + std::to_string(checkpoint_->size) +
                              ", now: " + std::to_string(next.size) + ")";
    if (next.origin != checkpoint_->origin) return "the ledger has another name, " + next.origin;
    if (next.size < checkpoint_->size) return "the ledger has become shorter" + sizes;
    const auto hashes = next.size == checkpoint_->size ? std::vector<vvault::Digest>{}
                                                       : proof(checkpoint_->size, next.size);
    if (!vvault::merkle::verify_consistency(checkpoint_->size, checkpoint_->root, next.size,
                                            next.root, hashes))
        return "the ledger does not extend what was seen of it" + sizes;
    return std::nullopt;
}

std::optional<std::string> Kept::take(const std::string &note, const ConsistencyProof &proof) {
    try {
        const auto next = vvault::open_checkpoint(note, keys_);
        if (auto reason = refusal(next, proof)) return reason;
        if (checkpoint_ && next.size == checkpoint_->size) return std::nullopt;
        save(note);
        checkpoint_ = next;
        note_ = note;
        return std::nullopt;
    } catch (const vvault::Error &error) {
        return "the checkpoint is not to be believed: " + error.message();
    }
}

void Kept::save(const std::string &note) const {
    replace_file(folder_ / "checkpoint", note);
}

}  // namespace witness
