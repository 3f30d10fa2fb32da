// Nothing that a file holds makes the reader throw, overflow, or take longer
// than its length explains.
#include <ctime>
#include <random>

#include "transcript_support.hpp"

namespace vvault::test {
namespace {

std::string repeat(std::string_view text, std::size_t size) {
    std::string long_text;
    long_text.reserve(size + text.size());
    while (long_text.size() < size) long_text += text;
    return long_text;
}

TEST(TranscriptHostile, DeepJsonIsRefused) {
    for (const auto *open : {"[", "{\"a\":", "[{\"mapping\":"}) {
        const auto file = parse("a.json", repeat(open, 4 << 20));
        EXPECT_TRUE(file.sessions.empty());
        EXPECT_EQ(file.notes.size(), 1u);
    }
    const auto deep = std::string(100'000, '[') + std::string(100'000, ']');
    EXPECT_TRUE(parse("a.json", deep).sessions.empty());
    // In a comment, in a head, in a row: left out, the turn stays.
    EXPECT_EQ(said(zen_chat, "<!-- chatty-message:v1 {\"id\":" + deep.substr(0, 30'000) +
                                 "} -->\n\n---\n\n**Zen** (2026-02-11T16:05:12Z):\n\nx\n"),
              (Lines{"assistant: x"}));
    EXPECT_EQ(said("a.txt", "# Role: user\n# Session: s\n# Emotions: " + deep + "\n# ---\n\nx"),
              (Lines{"user: x"}));
}

TEST(TranscriptHostile, WrappersInWrappersEnd) {
    std::string content = "**User**: Hi\n\n**Zen**: Ho\n";
    std::string name = "chat_with_zen-001.md";
    for (int depth = 0; depth < 12; ++depth) {
        content = nlohmann::json{{"filename", name}, {"file_id", "f"}, {"content", content}}.dump();
        name = "a.json";
    }
    const auto file = parse("a.json", content);
    EXPECT_TRUE(file.sessions.empty());
    EXPECT_EQ(file.notes.size(), 1u);
}

TEST(TranscriptHostile, BinaryHoldsNoTurns) {
    const auto file = parse(zen_chat, std::string("**User**: Hi\n\n**Zen**: \0Ho\n", 25));
    EXPECT_TRUE(file.sessions.empty());
    EXPECT_EQ(file.notes, (Lines{"binary: no turns"}));
}

TEST(TranscriptHostile, BytesThatAreNoUtf8AreReplaced) {
    const auto file = parse(zen_chat,
                            "**User**: a\xFF"
                            "b\xC3\n\n**Zen**: \xED\xA0\x80 \xC0\x80 é\n");
    EXPECT_EQ(said(file), (Lines{"user: a\xEF\xBF\xBD"
                                 "b\xEF\xBF\xBD",
                                 "assistant: \xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD "
                                 "\xEF\xBF\xBD\xEF\xBF\xBD é"}));
    EXPECT_EQ(file.notes.size(), 1u);
}

TEST(TranscriptHostile, LongIdsAreShortened) {
    const std::string long_id(1000, 'i');
    const auto file =
        parse("archive/" + std::string(300, 'p') + ".md", "**User**: a\n\n**Zen**: b\n");
    const auto other =
        parse("archive/" + std::string(301, 'p') + ".md", "**User**: a\n\n**Zen**: b\n");
    EXPECT_EQ(only_session(file).external_id.size(), 200u);
    EXPECT_NE(only_session(file).external_id, only_session(other).external_id);
    const auto named = parse(zen_chat, "**Session ID**: " + long_id + "\n\n**User**: a\n");
    EXPECT_EQ(only_session(named).external_id.size(), 200u);
}

TEST(TranscriptHostile, EveryPieceOfASampleIsReadable) {
    for (const auto *path : {"instances/katana-001/chatty/chat_with_katana-001.md",
                             "instances/zen-001/chatgpt/2025/2025-10_conversations.json"}) {
        const auto whole = sample(path);
        for (std::size_t size = 0; size < whole.size(); ++size)
            EXPECT_LE(said(path, whole.substr(0, size)).size(), 4u);
    }
}

TEST(TranscriptHostile, RandomBytesNeverThrow) {
    static const Lines pieces{"---\n",
                              "\n",
                              "```\n",
                              "**User**: ",
                              "**Zen** (2026-02-12T09:00:00Z):\n",
                              "You said:\n",
                              "## May 1, 2026\n",
                              "## Session: x\n",
                              "<!-- ",
                              "-->\n",
                              "<!-- IMPORT_METADATA {",
                              "<!-- chatty-message:v1 {\"role\":\"user\",\"bytes\":9",
                              "} -->\n",
                              "# Role: user\n",
                              "# ---\n",
                              "{\"mapping\":",
                              "[",
                              "\"",
                              "\xFF",
                              "\xC3",
                              "09:00:00 AM EST - Zen: ",
                              "\xF0\x9F\x93\x8E attachments:\n",
                              "- a\n",
                              "Zen: "};
    std::mt19937 random(7);
    for (int round = 0; round < 4000; ++round) {
        std::string text;
        for (auto count = random() % 40; count > 0; --count)
            text += pieces[random() % pieces.size()];
        for (const auto *path : {"instances/zen-001/chatty/chat_with_zen-001.md", "x.json", "x"})
            for (const auto &note : parse(path, text).notes)
                EXPECT_FALSE(note.starts_with("could not be read")) << note;
    }
}

double seconds_for(std::string_view path, const std::string &text) {
    const auto begin = std::clock();  // of this process alone
    parse(path, text);
    return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

// Eight times the text may take sixteen times as long, not sixty-four: the slack
// is for a noisy machine, the limit for a square.
void expect_linear(std::string_view path, std::string_view piece) {
    const auto small = repeat(piece, 256 << 10);
    const auto large = repeat(piece, 2 << 20);
    const double one = seconds_for(path, small) + 0.02;
    EXPECT_LT(seconds_for(path, large), 16 * one) << piece.substr(0, 40);
}

TEST(TranscriptHostile, TimeGrowsWithTheText) {
    for (const auto *piece :
         {"x",
          "\n",
          "---\n",
          "```\n",
          "```cpp\n",
          "~~~~\n```\n",
          "**User**: a\n\n",
          "**Marie**: a\n\n",
          "User: a\nZen: b\n",
          "## May 1, 2026\n\n",
          "## Session: a\n",
          "You said:\n\nZen said:\n",
          "<!-- IMPORT_METADATA\n",
          "<!--\n",
          "**Created**: 2025\n",
          "# x\n",
          "(",
          "(05:12:00 EST, ",
          "<!-- chatty-message:v1 {\"role\":\"user\",\"bytes\":9} -->\n\n---\n\n**A** ():\n\n",
          "<!-- chatty-message:v1 {\"role\":\"user\",\"bytes\":1} -->\n\n---\n\n**A** ():\n\nb\n\n",
          "<!-- CHATTY_METADATA eyJhIjoxfQ -->\n",
          "[Maintain tone: x]\n",
          "- a\n",
          "\xC3\xA2\xE2\x82\xAC",
          "**06:48:09 AM EST - Zen** [2025-12-13T11:48:09Z]: t\n\n",
          "\n\n---\n\n**Zen** (2026-02-12T09:00:00Z):\n\nt",
          "# Role: user\n",
          "\r\n",
          "* ",
          "**"})
        expect_linear(zen_chat, piece);
    expect_linear("a.json", "{\"a\":[1,\"\\ud83d\"],");
}

TEST(TranscriptHostile, AConversationMayBeVeryDeepAndVeryLong) {
    nlohmann::json mapping;
    for (int index = 0; index < 50'000; ++index) {
        auto &node = mapping[std::to_string(index)];
        node["message"] = {{"author", {{"role", "user"}}}, {"content", {{"parts", {"x"}}}}};
        if (index > 0) node["parent"] = std::to_string(index - 1);
    }
    const auto text = nlohmann::json{{"mapping", mapping}, {"current_node", "49999"}}.dump();
    EXPECT_EQ(only_session(parse("a.json", text)).turns.size(), 50'000u);
}

}  // namespace
}  // namespace vvault::test
