// vvault-verify: reads, checks, says one sentence, exits with 0, 1 or 2.
#include <filesystem>
#include <fstream>
#include <iostream>

#include "core/error.hpp"
#include "export_reader.hpp"
#include "log_check.hpp"
#include "options.hpp"
#include "verdict.hpp"

namespace verifier {
namespace {

using vvault::Checkpoint;

Checkpoint signed_checkpoint(const std::string &note, const Options &options) {
    try {
        return vvault::open_checkpoint(note, options.keys);
    } catch (const vvault::Error &problem) {
        const std::string what = "the checkpoint: " + problem.message();
        if (problem.code() == vvault::Errc::does_not_open) throw NotVerified(what);
        throw Unusable(what);
    }
}

// What the log is held against must itself be beyond doubt.
Checkpoint witnessed_checkpoint(const std::string &note, const Options &options) {
    try {
        return vvault::open_checkpoint(note, options.keys);
    } catch (const vvault::Error &problem) {
        throw Unusable("the witnessed checkpoint: " + problem.message());
    }
}

Evidence evidence_of(Checkpoint checkpoint, const Options &options) {
    Evidence evidence{.checkpoint = std::move(checkpoint)};
    for (const std::string &note : options.witnessed)
        evidence.witnessed.push_back(witnessed_checkpoint(note, options));
    if (options.consistency) {
        if (options.consistency->from != evidence.witnessed.front().size ||
            options.consistency->to != evidence.checkpoint.size)
            throw Unusable("the consistency proof is between other checkpoints");
        evidence.consistency = options.consistency->proof;
    }
    return evidence;
}

std::string praise(const Summary &summary, const Evidence &evidence) {
    const auto number = [](std::uint64_t value) { return std::to_string(value); };
    const Checkpoint &checkpoint = evidence.checkpoint;
    std::string text = "verified, " + number(summary.entries) + " entries";
    if (summary.of_a_person)
        text += " of " + number(summary.persons) + " person" + (summary.persons == 1 ? "" : "s") +
                " in " + number(summary.streams) + " streams";
    if (summary.is_part) text += ", a part of the log";
    text += ", to checkpoint " + number(checkpoint.size) + " " + vvault::base64(checkpoint.root) +
            " of " + checkpoint.origin + "\n";
    text += "payloads checked: " + number(summary.payloads) + "\n";
    for (const Checkpoint &earlier : evidence.witnessed)
        text += "continues the witnessed checkpoint " + number(earlier.size) + "\n";
    return text;
}

std::string verify_lines(std::istream &input, const Options &options) {
    ExportReader reader(input);
    Evidence evidence =
        evidence_of(signed_checkpoint(reader.header().checkpoint, options), options);
    if (reader.header().origin != evidence.checkpoint.origin ||
        reader.header().size != evidence.checkpoint.size)
        throw NotVerified("the first line and the checkpoint in it tell of different logs");
    evidence.from = reader.header().from;
    evidence.is_part = options.is_part;
    std::optional<TileDirectory> tiles;
    if (options.tiles) tiles.emplace(*options.tiles);
    LogCheck check(evidence, tiles ? &*tiles : nullptr);
    while (const auto entry = reader.next()) check.add(*entry);
    return praise(check.finish(), evidence);
}

std::string verify_tiles(const Options &options) {
    if (options.tiles || options.is_part)
        throw Unusable("--tiles and --part go with an NDJSON export");
    const TileDirectory directory(options.input);
    const Evidence evidence =
        evidence_of(signed_checkpoint(directory.checkpoint(), options), options);
    const std::uint64_t size = evidence.checkpoint.size;
    LogCheck check(evidence, &directory);
    for (std::uint64_t position = 0; position < size;) {
        const std::uint64_t tile = position / vvault::tile_width;
        const auto inputs = directory.entries(tile, vvault::width_of_tile(0, tile, size));
        for (const vvault::Bytes &input : inputs) {
            try {
                check.add(entry_from_leaf_input(position, input));
            } catch (const Unusable &problem) {
                throw NotVerified("entry " + std::to_string(position) +
                                  " is altered: " + problem.what());
            }
            ++position;
        }
    }
    return praise(check.finish(), evidence);
}

std::string verify(const Options &options) {
    if (options.input == "-") return verify_lines(std::cin, options);
    if (std::filesystem::is_directory(options.input)) return verify_tiles(options);
    std::ifstream file(options.input, std::ios::binary);
    if (!file) throw Unusable("cannot read \"" + options.input + "\"");
    return verify_lines(file, options);
}

int run(const std::vector<std::string> &arguments) {
    try {
        const Options options = options_from(arguments);
        std::cout << (options.help ? usage : verify(options));
        return std::cout.flush() ? 0 : 2;
    } catch (const NotVerified &finding) {
        std::cout << "NOT VERIFIED: " << finding.what() << "\n";
        return 1;
    } catch (const std::exception &problem) {
        std::cerr << "vvault-verify: " << problem.what() << "\n";
        return 2;
    }
}

}  // namespace
}  // namespace verifier

int main(int count, char **values) {
    std::ios::sync_with_stdio(false);
    if (sodium_init() < 0) return 2;
    return verifier::run({values + 1, values + count});
}
