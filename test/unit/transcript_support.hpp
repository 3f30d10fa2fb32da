// What the tests of transcripts share: a sample's bytes, a parse as Ada's, and
// what came out of it in a form that a failed test prints well.
#pragma once

#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "core/timestamp.hpp"
#include "core/transcript.hpp"

namespace vvault::test {

inline const std::string zen_chat = "instances/zen-001/chatty/chat_with_zen-001.md";

inline std::string sample(const std::string &path) {
    std::ifstream file(std::string(VVAULT_TEST_DIR) +
                           "/samples/vault/users/shard_0042/ada_example_1762969514958/" + path,
                       std::ios::binary);
    EXPECT_TRUE(file) << path;
    return {std::istreambuf_iterator<char>(file), {}};
}

inline ParsedFile parse(std::string_view path, std::string_view content) {
    return parse_transcript(path, content, {{"Ada", "Ada Example"}});
}

inline ParsedFile parse_sample(const std::string &path) {
    return parse(path, sample(path));
}

// "role: content" of every turn of every session.
inline std::vector<std::string> said(const ParsedFile &file) {
    std::vector<std::string> lines;
    for (const auto &session : file.sessions)
        for (const auto &turn : session.turns) lines.push_back(turn.role + ": " + turn.content);
    return lines;
}

inline std::vector<std::string> said(std::string_view path, std::string_view content) {
    return said(parse(path, content));
}

inline const ParsedSession &only_session(const ParsedFile &file) {
    static const ParsedSession none{};
    EXPECT_EQ(file.sessions.size(), 1u);
    return file.sessions.size() == 1 ? file.sessions[0] : none;
}

inline std::string time_of(const Turn &turn) {
    return turn.at_us ? format_timestamp_ms(*turn.at_us) : std::string("none");
}

// "source time" of every turn.
inline std::vector<std::string> times(const ParsedFile &file) {
    std::vector<std::string> lines;
    for (const auto &session : file.sessions)
        for (const auto &turn : session.turns)
            lines.push_back(turn.timestamp_source + " " + time_of(turn));
    return lines;
}

using Lines = std::vector<std::string>;

}  // namespace vvault::test
