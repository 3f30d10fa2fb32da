#include "log_check.hpp"

#include <algorithm>

#include "verdict.hpp"

namespace verifier {

namespace {

using vvault::Checkpoint;
using vvault::Digest;
namespace merkle = vvault::merkle;

std::string number(std::uint64_t value) {
    return std::to_string(value);
}

// What to look at when a root says no more than that something in it differs.
std::string span_of(std::uint64_t begin, std::uint64_t end) {
    if (end == begin) return "no entry, the root itself";
    if (end - begin == 1) return "entry " + number(begin);
    return "one of the entries " + number(begin) + " to " + number(end - 1);
}

std::set<std::uint64_t> sizes_of(const std::vector<Checkpoint> &checkpoints) {
    std::set<std::uint64_t> sizes;
    for (const Checkpoint &checkpoint : checkpoints) sizes.insert(checkpoint.size);
    return sizes;
}

}  // namespace

LogCheck::LogCheck(Evidence evidence, const TileDirectory *tiles)
    : evidence_(std::move(evidence)), streams_(!begins_later()), next_position_(evidence_.from) {
    const auto by_size = [](const Checkpoint &a, const Checkpoint &b) { return a.size < b.size; };
    std::sort(evidence_.witnessed.begin(), evidence_.witnessed.end(), by_size);
    check_witnesses_against_checkpoint();
    if (tiles) tiles_.emplace(*tiles, evidence_.checkpoint, sizes_of(evidence_.witnessed));
    if (begins_later() && !trusts_tiles())
        throw Unusable(
            (evidence_.is_part ? "a part of a log is" : "entries from a later one on are") +
            std::string(" judged by the tiles") +
            (tiles_ ? ", but " + *tiles_->fault() : " only: --tiles"));
}

void LogCheck::check_witnesses_against_checkpoint() const {
    const Checkpoint &now = evidence_.checkpoint;
    for (const Checkpoint &earlier : evidence_.witnessed) {
        // A log that could not go on where it was takes a new name: the old one, "/2".
        if (now.origin.starts_with(earlier.origin + "/"))
            throw NotVerified("the log that was witnessed as \"" + earlier.origin + "\" with " +
                              number(earlier.size) + " entries was not continued: " +
                              "it was restored to before that and calls itself \"" + now.origin +
                              "\" since");
        if (earlier.origin != now.origin)
            throw Unusable("the witnessed checkpoint is of another log, \"" + earlier.origin +
                           "\"");
        if (earlier.size > now.size)
            throw NotVerified("the log was witnessed with " + number(earlier.size) +
                              " entries and has " + number(now.size) + ": entry " +
                              number(now.size) + " is the first that is missing");
    }
}

void LogCheck::add(const Entry &entry) {
    const Kind kind = entry.proof ? Kind::of_a_person : Kind::whole;
    if (kind_ == Kind::unknown) kind_ = kind;
    if (kind_ != kind) throw Unusable("some entries have a proof and others have none");
    check_position(entry);
    const Digest leaf = vvault::leaf_hash(entry.leaf);
    check_fields(entry, leaf);
    check_place(entry, leaf);
    streams_.follow(entry, leaf);
    if (rebuilds_tree()) grow(leaf);
    next_position_ = entry.position + 1;
    ++summary_.entries;
}

void LogCheck::check_position(const Entry &entry) const {
    if (entry.position >= evidence_.checkpoint.size)
        throw NotVerified(entry.name() + " is beyond the checkpoint's " +
                          number(evidence_.checkpoint.size) + " entries");
    if (entry.position < next_position_)
        throw NotVerified(entry.name() + " is repeated or out of order: it comes after entry " +
                          number(next_position_ - 1));
    if (kind_ == Kind::whole && !evidence_.is_part && entry.position > next_position_)
        throw NotVerified("entry " + number(next_position_) +
                          " is missing or out of order: " + entry.name() + " is in its place");
}

void LogCheck::check_fields(const Entry &entry, const Digest &leaf) {
    if (entry.claimed_hash && *entry.claimed_hash != leaf)
        throw NotVerified(entry.name() +
                          " is altered: its fields do not give the leaf hash beside them");
    if (!entry.payload_commitment) return;
    if (*entry.payload_commitment != entry.leaf.payload_commitment)
        throw NotVerified(entry.name() +
                          " is altered: its payload is not the one that was committed to");
    ++summary_.payloads;
}

void LogCheck::check_place(const Entry &entry, const Digest &leaf) {
    if (tiles_ && tiles_->leaf(entry.position) != leaf) {
        if (trusts_tiles())
            throw NotVerified(entry.name() +
                              " is altered, or not the entry of this position: the tree has "
                              "another leaf there");
        if (!differs_) differs_ = entry.position;
    }
    if (entry.proof && !merkle::verify_inclusion(leaf, entry.position, evidence_.checkpoint.size,
                                                 *entry.proof, evidence_.checkpoint.root))
        throw NotVerified(entry.name() +
                          " is altered, or its proof is: they do not give the checkpoint's root");
}

void LogCheck::grow(const Digest &leaf) {
    frontier_.append(leaf);
    for (const Checkpoint &earlier : evidence_.witnessed) {
        if (earlier.size != frontier_.size()) continue;
        if (earlier.root != frontier_.root())
            throw NotVerified("the log does not continue the witnessed checkpoint of " +
                              number(earlier.size) + ": " + span_of(proven_size_, earlier.size) +
                              " is altered, missing, repeated or out of order");
        proven_size_ = earlier.size;
    }
}

Summary LogCheck::finish() {
    if (kind_ != Kind::of_a_person) kind_ = Kind::whole;
    check_end();
    if (!rebuilds_tree()) check_witnesses_without_tree();
    summary_.streams = streams_.size();
    summary_.persons = streams_.persons();
    summary_.of_a_person = kind_ == Kind::of_a_person;
    summary_.is_part = evidence_.is_part;
    return summary_;
}

void LogCheck::check_end() const {
    const Checkpoint &checkpoint = evidence_.checkpoint;
    if (kind_ == Kind::whole && !evidence_.is_part && next_position_ < checkpoint.size)
        throw NotVerified("entry " + number(next_position_) + " is missing: the log ends before " +
                          "it and was signed with " + number(checkpoint.size) + " entries");
    if (rebuilds_tree() && frontier_.root() != checkpoint.root)
        throw NotVerified("the entries do not give the checkpoint's root: " +
                          span_of(proven_size_, checkpoint.size) +
                          " is altered, missing, repeated or out of order" +
                          (tiles_ ? "; the tiles cannot say which: " + *tiles_->fault() : ""));
    if (tiles_ && tiles_->fault())
        throw NotVerified(
            "the entries are those of the checkpoint, but " + *tiles_->fault() +
            (differs_ ? "; the first that differs is that of entry " + number(*differs_) : ""));
}

void LogCheck::check_witnesses_without_tree() const {
    const Checkpoint &now = evidence_.checkpoint;
    for (const Checkpoint &earlier : evidence_.witnessed) {
        bool continues = false;
        if (earlier.size == now.size)
            continues = earlier.root == now.root;
        else if (trusts_tiles())
            continues = tiles_->root_at(earlier.size) == earlier.root;
        else if (evidence_.consistency)
            continues = merkle::verify_consistency(earlier.size, earlier.root, now.size, now.root,
                                                   *evidence_.consistency);
        else
            throw Unusable(
                "an export of less than the whole log is compared with a witnessed "
                "checkpoint by --consistency or --tiles");
        if (!continues)
            throw NotVerified("the log does not continue the witnessed checkpoint of " +
                              number(earlier.size) + ": " + span_of(0, earlier.size) +
                              " is altered, missing, repeated or out of order");
    }
}

}  // namespace verifier
