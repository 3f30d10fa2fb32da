// One format at a time, those without a sample above all.
#include "transcript_support.hpp"

namespace vvault::test {
namespace {

TEST(TranscriptFormats, ImportHeaderOfKeyAndValueLines) {
    const auto file = parse("instances/zen-001/chatgpt/a.md",
                            "<!-- IMPORT_METADATA\n"
                            "conversationId: c-17\n"
                            "conversationTitle: Knots\n"
                            "createdAt: 2025-11-09T12:00:00Z\n"
                            "-->\n\n"
                            "# Knots\n\n"
                            "**Platform**: Chatty\n**User**: Ada (ID: 7)\n\n---\n\n"
                            "You said:\nHi\n\nZen said:\nHello\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello"}));
    EXPECT_EQ(only_session(file).external_id, "c-17");
    EXPECT_EQ(only_session(file).title, "Knots");
    EXPECT_EQ(times(file).front(), "derived 2025-11-09T12:00:00.000Z");
}

TEST(TranscriptFormats, HeaderFieldsNameSessionAndConstruct) {
    const auto file =
        parse("old.md",
              "# Evening\n\n**Created**: 2025-11-09\n**Session ID**: zen_1762969514958  \n"
              "**Construct**: Synth (zen-001)\n\n---\n\n"
              "**User**: Hi\n\n**Synth**: Hello\n\n**Zen**: Again\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello", "assistant: Again"}));
    EXPECT_EQ(only_session(file).external_id, "zen_1762969514958");
    EXPECT_EQ(only_session(file).construct, "zen-001");
    EXPECT_EQ(only_session(file).title, "Evening");
    EXPECT_EQ(file.formats, (Lines{"A", "D"}));
}

TEST(TranscriptFormats, FrontMatterIsAHeader) {
    const auto file =
        parse("instances/zen-001/claude/a.md",
              "---\nsessionId: s9\ntitle: Ropes\n---\n\n**User**: Hi\n\n**Zen**: Yo\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Yo"}));
    EXPECT_EQ(only_session(file).external_id, "s9");
}

TEST(TranscriptFormats, BAfterAPreambleAndWithATimeInTheText) {
    const auto file = parse("instances/zen-001/chatgpt/b.md",
                            "Skip to content\nPreview\nModel\n4o\n\n"
                            "You said:\n(05:12:00 EST, 2025-10-25) Are you up?\n\n"
                            "ChatGPT said:\nI am. (05:12:30 EST, 2025-10-25)\n\n"
                            "#### You said:\nGood.\n");
    EXPECT_EQ(file.formats, (Lines{"B"}));
    EXPECT_EQ(said(file), (Lines{"user: (05:12:00 EST, 2025-10-25) Are you up?",
                                 "assistant: I am. (05:12:30 EST, 2025-10-25)", "user: Good."}));
    EXPECT_EQ(times(file),
              (Lines{"label 2025-10-25T10:12:00.000Z", "label 2025-10-25T10:12:30.000Z",
                     "derived 2025-10-25T10:12:31.000Z"}));
    EXPECT_EQ(only_session(file).turns.at(0).timestamp, "");
    EXPECT_EQ(only_session(file).turns.at(0).metadata["label"], "05:12:00 EST, 2025-10-25");
}

TEST(TranscriptFormats, CTrustsTheIsoTimeAndKeepsTheLabel) {
    const auto file =
        parse(zen_chat,
              "# Zen-001\n\n-=-=-=-\n\n## December 18, 2025\n\n"
              "**5:22:35 AM PST - Ada** [2025-12-18T10:22:35.249Z]: One digit.\n\n"
              "## December 18, 2025\n\n"
              "5:22:36 AM EST - Zen [2025-12-18T10:22:36Z]:\n\nBelow the line.\n\nMore.\n");
    EXPECT_EQ(file.formats, (Lines{"C", "C2"}));
    EXPECT_EQ(said(file), (Lines{"user: One digit.", "assistant: Below the line.\n\nMore."}));
    EXPECT_EQ(times(file),
              (Lines{"exact 2025-12-18T10:22:35.249Z", "exact 2025-12-18T10:22:36.000Z"}));
    EXPECT_EQ(only_session(file).turns.at(0).metadata["label"], "5:22:35 AM PST");
    EXPECT_EQ(only_session(file).turns.at(1).timestamp, "2025-12-18T10:22:36Z");
}

TEST(TranscriptFormats, C3TakesTheDayFromAboveAndTheZoneFromTheLabel) {
    const auto file = parse(zen_chat,
                            "## November 14, 2025\n\n"
                            "**01:07:38 PM EST - Synth**: CONVERSATION_CREATED:Synth\n\n"
                            "**01:08:00 PM EST - Ada**: Hello.\n\n"
                            "**11:59:59 PM EDT - Zen**: Late.\n\n"
                            "## November 15, 2025\n\n"
                            "9:00:00 AM CST - Ada: Morning: bright.\n\n"
                            "**10:00:00 AM - Zen**: No zone.\n");
    EXPECT_EQ(file.formats, (Lines{"C3"}));
    EXPECT_EQ(said(file), (Lines{"user: Hello.", "assistant: Late.", "user: Morning: bright.",
                                 "assistant: No zone."}));
    EXPECT_EQ(times(file),
              (Lines{"label 2025-11-14T18:08:00.000Z", "label 2025-11-15T03:59:59.000Z",
                     "label 2025-11-15T15:00:00.000Z", "derived 2025-11-15T10:00:00.000Z"}));
    EXPECT_EQ(only_session(file).title, "Synth");
    EXPECT_EQ(only_session(file).turns.at(0).timestamp, "");
}

TEST(TranscriptFormats, DWithTimesInBrackets) {
    const auto file = parse(zen_chat,
                            "# Conversation\n\n[2026-01-20T15:26:07.457Z] **User**: Hi\n\n"
                            "[2026-01-20T15:26:09.000Z] **Zen**: Hello\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello"}));
    EXPECT_EQ(times(file).at(1), "exact 2026-01-20T15:26:09.000Z");
}

TEST(TranscriptFormats, EWithoutAZoneWithSystemAndWithMetadataBelowABlankLine) {
    const auto file =
        parse("instances/katana-001/chatty/chat_with_katana-001.md",
              "# Chat with Katana\n\n---\n\n**User** (2026-01-20T12:33:50.563179):\n\n\n"
              "  indented\n\n\n---\n\n**Katana** (2026-01-20T12:33:51Z):\n\nYes.\n\n"
              "<!-- CHATTY_METADATA eyJhIjoxfQ -->\n\n"
              "---\n\n**System** (2026-01-20T12:33:52Z):\n\nUSER_DATA_CLEARED:all\n");
    EXPECT_EQ(said(file),
              (Lines{"user:   indented", "assistant: Yes.", "system: USER_DATA_CLEARED:all"}));
    EXPECT_EQ(only_session(file).turns.at(0).timestamp, "2026-01-20T12:33:50.563179");
    EXPECT_EQ(only_session(file).turns.at(1).metadata["a"], 1);
}

TEST(TranscriptFormats, EWithAttachmentsOnly) {
    const auto file =
        parse("chat_with_sera-001.md",
              "---\n\n**User** (2026-01-20T12:33:50Z):\n\n\xF0\x9F\x93\x8E attachments:\n"
              "- a b.pdf (application/pdf)\n  - sha256: 00\n  - storagePath: x/y\n- plain\n");
    const auto &session = only_session(file);
    EXPECT_EQ(session.external_id, "sera-001_chat_with_sera-001");
    ASSERT_EQ(session.turns.size(), 1u);
    EXPECT_EQ(session.turns.at(0).content, "");
    EXPECT_EQ(
        session.turns.at(0).metadata["attachments"],
        nlohmann::json::parse(R"([{"filename":"a b.pdf","mime":"application/pdf","sha256":"00",
                                         "storagePath":"x/y"},{"filename":"plain"}])"));
}

// The comment knows the role, whoever signs.
TEST(TranscriptFormats, E3RolesComeFromTheComment) {
    const auto file = parse_transcript(
        "instances/katana-001/chatty/chat_with_katana-001.md",
        "# Chat with Katana\n\n"
        "<!-- chatty-message:v1 {\"id\":\"1\",\"role\":\"user\"} -->\n\n---\n\n"
        "**Marie** (2026-02-12T09:00:00Z):\n\nHi\n\n"
        "<!-- chatty-message:v1 {\"id\":\"2\",\"role\":\"assistant\"} -->\n\n---\n\n"
        "**Marie** (2026-02-12T09:00:01Z):\n\nHo\n\n<!-- chatty-session:v1 {\"event\":\"ended\"} "
        "-->\n",
        {});
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Ho"}));
    EXPECT_TRUE(file.unknown_speakers.empty());
}

TEST(TranscriptFormats, GHasTheTimeInTheBoldName) {
    const auto file = parse(zen_chat,
                            "# Zen\n\n**User (2026-02-01T10:00:00Z):** Hi there\n\n"
                            "**Zen (10:05 AM):** Hello\nagain\n\n**User:** Bye\n");
    EXPECT_EQ(file.formats, (Lines{"G"}));
    EXPECT_EQ(said(file), (Lines{"user: Hi there", "assistant: Hello\nagain", "user: Bye"}));
    EXPECT_EQ(only_session(file).turns.at(0).timestamp, "2026-02-01T10:00:00Z");
    EXPECT_EQ(only_session(file).turns.at(1).metadata["label"], "10:05 AM");
    EXPECT_EQ(times(file).at(1), "derived 2026-02-01T10:00:01.000Z");
}

TEST(TranscriptFormats, GWithADayAboveAndWithADateInside) {
    const auto file = parse(zen_chat,
                            "## February 1, 2026\n\n**User (10:04 AM EST):** a\n\n"
                            "**Zen (Feb 2, 2026, 9:30 PM EST):** b\n");
    EXPECT_EQ(times(file),
              (Lines{"label 2026-02-01T15:04:00.000Z", "label 2026-02-03T02:30:00.000Z"}));
}

TEST(TranscriptFormats, HUnifiesSessionsByDay) {
    const auto file =
        parse("instances/katana-001/chatty/chat_with_katana-001.md",
              "chat_with_katana-001.md\n\xC3\x97\n# Katana-001 Unified Transcript\n\n"
              "## Session: February 1, 2026\n\n**User**: Hello\n\n"
              "**Assistant**: Sharp.\n\n---\n\n### **1. Drift**\n- **What:** x\n\nEnd.\n\n"
              "---\n\n## Session: February 2, 2026\n\n**User**: Again\n\n**Assistant**: Yes.\n");
    EXPECT_EQ(file.formats, (Lines{"D", "H"}));
    EXPECT_EQ(
        said(file),
        (Lines{"user: Hello", "assistant: Sharp.\n\n---\n\n### **1. Drift**\n- **What:** x\n\nEnd.",
               "user: Again", "assistant: Yes."}));
    EXPECT_EQ(times(file),
              (Lines{"derived 2026-02-01T00:00:00.000Z", "derived 2026-02-01T00:00:01.000Z",
                     "derived 2026-02-02T00:00:00.000Z", "derived 2026-02-02T00:00:01.000Z"}));
    EXPECT_EQ(only_session(file).external_id, "katana-001_chat_with_katana-001");
}

TEST(TranscriptFormats, IHoldsAnythingBelowItsHead) {
    const auto file =
        parse("transcripts/zen_1762969514958/x_user.txt",
              "# Timestamp: 2025-01-27T10:30:00Z\n# Role: user\n# User: u\n# Mood: calm\n# ---\n\n"
              "# Role: assistant\n**Zen**: no turn\n---\n\nend\n");
    EXPECT_EQ(said(file), (Lines{"user: # Role: assistant\n**Zen**: no turn\n---\n\nend"}));
    EXPECT_EQ(only_session(file).external_id, "zen_1762969514958");
    EXPECT_EQ(only_session(file).construct, "zen-001");
    EXPECT_EQ(only_session(file).turns.at(0).metadata["mood"], "calm");
}

TEST(TranscriptFormats, JIsNameColonText) {
    const auto file =
        parse("instances/zen-001/claude/talk.txt",
              "User: Hi\nZen: Hello.\nNote: this is Zen's too\n\nHuman: Bye\nAda: Really.\n");
    EXPECT_EQ(file.formats, (Lines{"J"}));
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello.\nNote: this is Zen's too",
                                 "user: Bye", "user: Really."}));
}

TEST(TranscriptFormats, KIsAHeadingWithATime) {
    const auto file =
        parse(zen_chat,
              "# Zen\n\n## User (2026-02-01 10:00:00)\n\nHi\n\n## Plan (draft)\n\n- x\n\n"
              "## Zen (10:05 AM)\n\nHello\n");
    EXPECT_EQ(file.formats, (Lines{"K"}));
    EXPECT_EQ(said(file), (Lines{"user: Hi\n\n## Plan (draft)\n\n- x", "assistant: Hello"}));
    EXPECT_EQ(only_session(file).turns.at(0).timestamp, "2026-02-01 10:00:00");
}

TEST(TranscriptFormats, OneFormatAfterAnother) {
    const auto file = parse(zen_chat,
                            "You said:\na\n\nZen said:\nb\n\n"
                            "January 20, 2026\n\n**User**: c\n\n**Zen**: d\n\n---\n\n"
                            "**User** (2026-02-11T16:05:12.387Z):\n\ne\n\n---\n\n"
                            "**Zen** (2026-02-11T16:05:13Z):\n\nf\n\n"
                            "**11:05:14 AM EST - Ada** [2026-02-11T16:05:14.000Z]: g\n\n"
                            "---\n\n**Zen** (2026-02-11T16:05:15Z):\n\nh\n");
    EXPECT_EQ(file.formats, (Lines{"B", "C", "D", "E"}));
    EXPECT_EQ(said(file), (Lines{"user: a", "assistant: b", "user: c", "assistant: d", "user: e",
                                 "assistant: f", "user: g", "assistant: h"}));
}

TEST(TranscriptFormats, DeletedConversationsLeaveASystemTurn) {
    const auto file = parse(zen_chat,
                            "**User**: Hi\n\n**Zen**: CONVERSATION_DELETED:s1\n\n**User**: "
                            "CONVERSATION_CREATED: is what the log says,\nisn't it?\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "system: CONVERSATION_DELETED:s1",
                                 "user: CONVERSATION_CREATED: is what the log says,\nisn't it?"}));
}

// Two writers of one turn: kept, and said. Equal texts at other times are no repeat.
TEST(TranscriptFormats, ARepeatedTurnIsKeptAndFlagged) {
    const auto file = parse(zen_chat, "**User**: Hi\n\n**User**: Hi\n\n**Zen**: Hi\n");
    const auto &turns = only_session(file).turns;
    ASSERT_EQ(turns.size(), 3u);
    EXPECT_FALSE(turns.at(0).metadata.contains("repeated"));
    EXPECT_EQ(turns.at(1).metadata["repeated"], true);
    EXPECT_FALSE(turns.at(2).metadata.contains("repeated"));
    const auto dated = parse(zen_chat,
                             "**1:00:00 AM EST - Ada** [2026-02-11T16:05:14Z]: Hi\n\n"
                             "**1:00:00 AM EST - Ada** [2026-02-11T16:05:15Z]: Hi\n");
    EXPECT_FALSE(only_session(dated).turns.at(1).metadata.contains("repeated"));
}

// The turns of a file that only grew are the turns it had, and new ones.
TEST(TranscriptFormats, AGrowingFileKeepsItsTurns) {
    const auto before = parse_sample(zen_chat);
    const auto after = parse(
        zen_chat, sample(zen_chat) + "\n10:42:25 AM EST - Ada [2025-12-18T15:42:25.000Z]: New.\n");
    const auto &old_turns = only_session(before).turns;
    const auto &new_turns = only_session(after).turns;
    ASSERT_EQ(new_turns.size(), old_turns.size() + 1);
    for (std::size_t index = 0; index < old_turns.size(); ++index) {
        EXPECT_EQ(new_turns.at(index).content, old_turns.at(index).content);
        EXPECT_EQ(new_turns.at(index).at_us, old_turns.at(index).at_us);
    }
}

}  // namespace
}  // namespace vvault::test
