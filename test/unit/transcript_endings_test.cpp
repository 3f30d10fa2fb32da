// However a file was saved, with CR LF, with a byte order mark, with a megabyte in one line,
// each format gives the same turns.
#include "transcript_support.hpp"

namespace vvault::test {
namespace {

using Lines = std::vector<std::string>;

struct Format {
    const char *name;
    const char *path;
    std::string text;  // with LONG for the text of the first turn
};

const std::string chat = "instances/nova-001/chatty/chat_with_nova-001.md";

// One file of each format of doc/transcripts.md, with a question and an answer.
const std::vector<Format> formats = {
    {"A", chat.c_str(),
     "<!-- IMPORT_METADATA {\"source\":\"x\"} -->\n# Nova\n\n**Session ID**: s-1\n\n---\n\n"
     "You said:\nLONG\n\nNova said:\nYes.\n"},
    {"B", "instances/nova-001/chatgpt/b.md",
     "Preview\nModel\n4o\n\nYou said:\nLONG\n\nNova said:\nYes.\n"},
    {"C", chat.c_str(),
     "# Nova-001\n\n-=-=-=-\n\n## December 18, 2025\n\n"
     "**05:22:35 AM EST - Ada** [2025-12-18T10:22:35.249Z]: LONG\n\n"
     "**05:22:36 AM EST - Nova** [2025-12-18T10:22:36.000Z]: Yes.\n"},
    {"C3", chat.c_str(),
     "## November 14, 2025\n\n**1:07:38 PM EST - Ada**: LONG\n\n**01:08:00 PM EST - Nova**: "
     "Yes.\n"},
    {"D", chat.c_str(), "# Nova\n\nFebruary 12, 2026\n\n**User**: LONG\n\n**Nova**: Yes.\n"},
    {"E", chat.c_str(),
     "---\n\n**Ada** (2026-02-11T16:05:12.387Z):\n\nLONG\n\n---\n\n"
     "**Nova** (2026-02-11T16:05:13.000Z):\n\nYes.\n"},
    {"G", chat.c_str(), "**User (10:42 AM):** LONG\n\n**Nova (10:43 AM):** Yes.\n"},
    {"H", "instances/nova-001/logs/unified.md",
     "# Nova Unified Transcript\n\n## Session: February 1, 2026\n\n**User**: LONG\n\n"
     "**Nova**: Yes.\n"},
    {"J", chat.c_str(), "User: LONG\n\nNova: Yes.\n"},
    {"K", chat.c_str(), "## User (10:42 AM)\n\nLONG\n\n## Nova (10:43 AM)\n\nYes.\n"},
};

std::string replaced(std::string text, const std::string &what, const std::string &with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size())
        text.replace(at, what.size(), with);
    return text;
}

TEST(TranscriptEndings, EveryFormatHowEverItWasSaved) {
    const std::string byte_order_mark = "\xef\xbb\xbf";
    for (const auto &format : formats) {
        const auto text = replaced(format.text, "LONG", "Do you remember?");
        const Lines wanted = {"user: Do you remember?", "assistant: Yes."};
        EXPECT_EQ(said(format.path, text), wanted) << format.name;
        const auto windows = replaced(text, "\n", "\r\n");
        EXPECT_EQ(said(format.path, windows), wanted) << format.name << " CR LF";
        EXPECT_EQ(said(format.path, byte_order_mark + text), wanted) << format.name << " mark";
        EXPECT_EQ(said(format.path, byte_order_mark + windows), wanted) << format.name << " both";
        EXPECT_EQ(times(parse(format.path, windows)), times(parse(format.path, text)))
            << format.name;
    }
}

TEST(TranscriptEndings, AMegabyteInOneLine) {
    const std::string line(1 << 20, 'x');
    for (const auto &format : formats) {
        const auto turns = said(format.path, replaced(format.text, "LONG", line));
        ASSERT_EQ(turns.size(), 2u) << format.name;
        EXPECT_EQ(turns[0].size(), line.size() + 6) << format.name;
    }
}

TEST(TranscriptEndings, WhatAConstructKeepsOfItselfHoldsNoTurns) {
    const std::string talk = "**User**: Do you remember?\n\n**Nova**: Yes.\n";
    const std::string json =
        R"({"sessionId":"s","messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]})";
    for (const char *path :
         {"instances/nova-001/identity/nova-001.capsule", "instances/nova-001/identity/voice.md",
          "instances/nova-001/memup/state.md", "instances/nova-001/memories/log.md",
          "instances/nova-001/config/tone.md", "library/documents/talk.md", "capsules/nova.md",
          "indexes/Nova_index.md"})
        EXPECT_EQ(said(path, talk), Lines{}) << path;
    for (const char *path :
         {"instances/nova-001/memories/vvault_continuity_ledger.json",
          "instances/nova-001/logs/continuity_ledger.json", "capsules/merkle_chain.json",
          "merkle_chain.json", "indexes/Nova_index.json", "account/profile.json"})
        EXPECT_EQ(said(path, json), Lines{}) << path;
}

}  // namespace
}  // namespace vvault::test
