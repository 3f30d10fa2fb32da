// Every sample gives exactly the turns that its writer meant.
#include <filesystem>

#include "transcript_support.hpp"

namespace vvault::test {
namespace {

TEST(TranscriptSamples, ZenHasFourFormatsInOneFile) {
    const auto file = parse_sample(zen_chat);
    EXPECT_EQ(file.formats, (Lines{"A", "B", "C", "C2"}));
    const auto &session = only_session(file);
    EXPECT_EQ(session.external_id, "zen-001_chat_with_zen-001");
    EXPECT_EQ(session.construct, "zen-001");
    EXPECT_EQ(session.title, "Chat with Zen");
    EXPECT_EQ(session.metadata["importMetadata"]["renamedFrom"], "synth");
    EXPECT_EQ(
        said(file),
        (Lines{"user: Zen! Are you there?",
               "assistant: \"Right here. What are we building today?\n\nTell me as much or as "
               "little as you like – I’ll keep up.\"",
               "user: A markdown list, please:\n\n- one\n- two",
               "assistant: Here you go:\n\n- one\n- two\n\n```md\n**User**: this line is "
               "inside a code fence and is not a turn\nYou said:\n```",
               "user: Good morning. Continue where we stopped.",
               "assistant: Continue.\n\nIt goes over several\nlines, with an emoji 🌊 and a "
               "NUL-free tail.",
               "user: Same format without the bold marks.", "assistant: Noted."}));
    EXPECT_EQ(times(file),
              (Lines{"derived 2025-11-09T00:00:00.000Z", "derived 2025-11-09T00:00:01.000Z",
                     "derived 2025-11-09T00:00:02.000Z", "derived 2025-11-09T00:00:03.000Z",
                     "exact 2025-12-13T11:48:09.613Z", "exact 2025-12-13T11:48:12.644Z",
                     "exact 2025-12-18T15:42:22.552Z", "exact 2025-12-18T15:42:23.000Z"}));
    EXPECT_EQ(session.turns.at(4).timestamp, "2025-12-13T11:48:09.613Z");
    EXPECT_EQ(session.turns.at(4).metadata["label"], "06:48:09 AM EST");
    EXPECT_EQ(session.turns.at(6).speaker, "Ada Example");
    EXPECT_EQ(session.turns.at(0).metadata["timestampSource"], "derived");
}

TEST(TranscriptSamples, LinWasCreatedByALineThatIsNoMessage) {
    const auto file = parse_sample("instances/lin-001/chatty/chat_with_lin-001.md");
    EXPECT_EQ(file.formats, (Lines{"C"}));
    EXPECT_EQ(only_session(file).title, "New conversation");
    EXPECT_EQ(only_session(file).external_id, "lin-001_chat_with_lin-001");
    EXPECT_EQ(said(file), (Lines{"user: Write the loop in C++.",
                                 "assistant: ```cpp\nfor (int i = 0; i < 3; ++i) "
                                 "std::puts(\"lin\");\n```"}));
}

TEST(TranscriptSamples, NovaSignsWithHerOwnName) {
    const auto file = parse_sample("instances/nova-001/chatty/chat_with_nova-001.md");
    EXPECT_EQ(file.formats, (Lines{"D"}));
    EXPECT_EQ(said(file), (Lines{"user: Do you remember the lighthouse?",
                                 "assistant: The one with the cobalt door. Yes.",
                                 "user: \"quoted, from start to end\"",
                                 "assistant: The construct may sign with its own name."}));
    EXPECT_EQ(times(file).front(), "derived 2026-01-20T00:00:00.000Z");
    EXPECT_EQ(times(file).back(), "derived 2026-01-20T00:00:03.000Z");
    EXPECT_TRUE(file.unknown_speakers.empty());
}

TEST(TranscriptSamples, KatanaHasRulesInATurnAndComments) {
    const auto file = parse_sample("instances/katana-001/chatty/chat_with_katana-001.md");
    EXPECT_EQ(file.formats, (Lines{"E", "E2", "E3", "F"}));
    EXPECT_EQ(said(file), (Lines{"user: What do you see?",
                                 "assistant: A blade.\n\n---\n\nIt has three rules above and below "
                                 "it, and they are part of this turn.",
                                 "user: Sharpen it.", "assistant: Done."}));
    const auto &turns = only_session(file).turns;
    EXPECT_EQ(turns.at(0).metadata["attachments"],
              nlohmann::json::parse(R"([{"filename": "photo.png", "mime": "image/png", "sha256":
              "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"}])"));
    EXPECT_EQ(turns.at(1).metadata["runtimeTurnState"]["continuitySeq"], 7);
    EXPECT_EQ(turns.at(2).id, "rt_8:prompt");
    EXPECT_EQ(turns.at(2).metadata["id"], "rt_8:prompt");
    EXPECT_EQ(turns.at(3).metadata["marker"]["turnId"], "rt_8");
    EXPECT_EQ(turns.at(3).timestamp, "2026-02-12T09:00:02.500Z");
}

TEST(TranscriptSamples, SeraIsAStubWithoutASession) {
    const auto file = parse_sample("instances/sera-001/chatty/chat_with_sera-001.md");
    EXPECT_EQ(file.formats, (Lines{"F"}));
    EXPECT_TRUE(file.sessions.empty());
}

TEST(TranscriptSamples, WindowsLineEndsAreNoPartOfTheText) {
    const auto file = parse_sample("instances/zen-001/logs/chat_with_zen-001_windows.md");
    EXPECT_EQ(said(file), (Lines{"user: Saved on Windows, so the lines end in CR LF.",
                                 "assistant: Understood."}));
    EXPECT_EQ(only_session(file).external_id,
              "file:instances/zen-001/logs/chat_with_zen-001_windows.md");
    EXPECT_EQ(times(file), (Lines{"unknown none", "unknown none"}));
}

TEST(TranscriptSamples, DoubleEncodedTextIsRepairedAndSaid) {
    const auto file = parse_sample("instances/zen-001/logs/double_encoded.md");
    EXPECT_EQ(said(file), (Lines{"user: It’s late – café", "assistant: “Goodnight.”"}));
    EXPECT_EQ(only_session(file).turns.at(0).metadata["repaired"], true);
    EXPECT_EQ(file.notes.size(), 1u);
}

TEST(TranscriptSamples, ABackupIsASessionOfItsOwn) {
    const auto file = parse_sample("instances/lin-001/chatty/backup_20260212.json");
    EXPECT_EQ(file.formats, (Lines{"D", "backup"}));
    EXPECT_EQ(said(file), (Lines{"user: Saved before the rewrite.", "assistant: Still here."}));
    const auto &session = only_session(file);
    EXPECT_EQ(session.external_id, "file:instances/lin-001/chatty/backup_20260212.json");
    EXPECT_EQ(session.construct, "lin-001");
    EXPECT_EQ(session.metadata["wraps"]["filename"],
              "instances/lin-001/chatty/chat_with_lin-001.md");
    EXPECT_EQ(session.metadata["wraps"]["session"], "lin-001_chat_with_lin-001");
}

TEST(TranscriptSamples, MessagesInFilesOfTheirOwnShareASession) {
    const std::string folder = "transcripts/test_conversation_456/";
    const auto user = parse_sample(folder + "2025-10-25T21-19-09-413Z_user.txt");
    const auto assistant = parse_sample(folder + "2025-10-25T21-19-09-414Z_assistant.txt");
    EXPECT_EQ(said(user), (Lines{"user: Hello! This is a test message."}));
    EXPECT_EQ(said(assistant), (Lines{"assistant: Received."}));
    EXPECT_EQ(only_session(user).external_id, "test_conversation_456");
    EXPECT_EQ(only_session(assistant).external_id, "test_conversation_456");
    EXPECT_EQ(only_session(user).turns.at(0).timestamp, "2025-10-25T21:19:09.413Z");
    EXPECT_EQ(only_session(user).turns.at(0).metadata["emotions"]["joy"], 0.8);
    EXPECT_EQ(only_session(user).turns.at(0).metadata["user"], "test_user_123");
}

TEST(TranscriptSamples, ChatGptWithoutParentsIsOrderedByTime) {
    const auto file = parse_sample("instances/zen-001/chatgpt/2025/2025-09_conversations.json");
    EXPECT_EQ(said(file), (Lines{"user: What shall we call it?", "assistant: Second Wind."}));
    EXPECT_EQ(times(file),
              (Lines{"exact 2025-09-15T10:00:01.500Z", "exact 2025-09-15T10:00:04.250Z"}));
    EXPECT_EQ(only_session(file).title, "Naming the boat");
    EXPECT_EQ(only_session(file).external_id, "chatgpt:f1eca08cfe964e8a");
    EXPECT_FALSE(only_session(file).turns.at(0).metadata["chatgpt"].contains("current"));
}

TEST(TranscriptSamples, ChatGptKeepsBothBranchesAndMarksOne) {
    const auto file = parse_sample("instances/zen-001/chatgpt/2025/2025-10_conversations.json");
    EXPECT_EQ(said(file), (Lines{"user: Which one?", "assistant: The first branch.",
                                 "user: Which one, really?", "assistant: The current branch."}));
    const auto &turns = only_session(file).turns;
    EXPECT_EQ(turns.at(0).metadata["chatgpt"]["current"], false);
    EXPECT_EQ(turns.at(1).metadata["chatgpt"]["current"], false);
    EXPECT_EQ(turns.at(2).metadata["chatgpt"]["current"], true);
    EXPECT_EQ(turns.at(3).metadata["chatgpt"]["current"], true);
    EXPECT_EQ(turns.at(3).metadata["chatgpt"]["parent"], "b2");
}

TEST(TranscriptSamples, NothingElseInTheVaultIsATranscript) {
    for (const auto *path : {"account/profile.json", "instances/nova-001/identity/nova-001.capsule",
                             "instances/nova-001/memories/vvault_continuity_ledger.json",
                             "instances/zen-001/identity/prompt.txt", "library/documents/empty.md",
                             "library/documents/photo.bin", ".DS_Store"}) {
        const auto file = parse_sample(path);
        EXPECT_TRUE(file.sessions.empty()) << path;
        EXPECT_TRUE(file.formats.empty()) << path;
    }
}

// The path in front of the user's folder makes no difference.
TEST(TranscriptSamples, TheWholePathGivesTheSameSession) {
    const auto path = "instances/katana-001/chatty/chat_with_katana-001.md";
    const auto file =
        parse("/vvault_files/users/shard_0042/ada_1/" + std::string(path), sample(path));
    EXPECT_EQ(only_session(file).external_id, "katana-001_chat_with_katana-001");
}

// Only the profile's full name is known: the first name is hers too.
TEST(TranscriptSamples, TheOwnersFullNameIsEnough) {
    for (const auto *owner : {"Ada Example", "ada@example.com", "ada_example_1762969514958"}) {
        const auto file = parse_transcript(zen_chat, sample(zen_chat), {{owner}});
        EXPECT_EQ(said(file), said(parse_sample(zen_chat))) << owner;
        EXPECT_TRUE(file.unknown_speakers.empty()) << owner;
    }
    const auto file = parse_transcript(zen_chat, sample(zen_chat), {});  // createdBy says it
    EXPECT_TRUE(file.unknown_speakers.empty());
}

}  // namespace
}  // namespace vvault::test
