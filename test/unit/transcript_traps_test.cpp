// What looks like a turn and is none, and what is one though it hardly looks it.
#include "transcript_support.hpp"

namespace vvault::test {
namespace {

TEST(TranscriptTraps, AFenceHidesEverything) {
    EXPECT_EQ(
        said(zen_chat,
             "**User**: a\n\n**Zen**: b\n\n````md\n```\n**User**: no\n```\n**Zen**: no\n````\n\n"
             "~~~\n**User**: no\n~~~\n\n**User**: c\n"),
        (Lines{
            "user: a",
            "assistant: b\n\n````md\n```\n**User**: no\n```\n**Zen**: no\n````\n\n~~~\n**User**: "
            "no\n~~~",
            "user: c"}));
}

TEST(TranscriptTraps, AFenceMayBeginOnTheSpeakersLine) {
    EXPECT_EQ(said(zen_chat, "**User**: ```\n**Zen**: no\n```\n\n**Zen**: yes\n"),
              (Lines{"user: ```\n**Zen**: no\n```", "assistant: yes"}));
}

TEST(TranscriptTraps, AFenceLeftOpenHidesNothing) {
    EXPECT_EQ(said(zen_chat, "**User**: a\n\n**Zen**: b\n\n```cpp\nint x\n\n**User**: c\n"),
              (Lines{"user: a", "assistant: b\n\n```cpp\nint x", "user: c"}));
    // Cut off in its code, with sound code in later answers.
    EXPECT_EQ(said(zen_chat,
                   "**User**: a\n\n**Zen**: b\n\n```cpp\nint x\n\n**User**: c\n\n**Zen**: d\n\n"
                   "```\ny\n```\n\n**User**: e\n"),
              (Lines{"user: a", "assistant: b\n\n```cpp\nint x", "user: c",
                     "assistant: d\n\n```\ny\n```", "user: e"}));
}

TEST(TranscriptTraps, FencesNestAsModelsWriteThem) {
    EXPECT_EQ(said(zen_chat,
                   "**User**: a\n\n**Zen**: b\n\n```md\nx\n```cpp\ny\n```\n**User**: "
                   "no\n```\n\n**User**: c\n"),
              (Lines{"user: a", "assistant: b\n\n```md\nx\n```cpp\ny\n```\n**User**: no\n```",
                     "user: c"}));
}

TEST(TranscriptTraps, RulesStayInATurn) {
    EXPECT_EQ(said(zen_chat, "**User**: a\n\n---\n\nb\n\n---\n\n**Zen**: c\n\n**User**: d\n"),
              (Lines{"user: a\n\n---\n\nb\n\n---", "assistant: c", "user: d"}));
}

TEST(TranscriptTraps, RulesThatSeparateAllTurnsAreNoText) {
    EXPECT_EQ(said(zen_chat, "**User**: a\n\n---\n\n**Zen**: b\n\n---\n\n**User**: c\n"),
              (Lines{"user: a", "assistant: b", "user: c"}));
}

TEST(TranscriptTraps, ALineOfAnotherFormatIsText) {
    // D and C within B.
    EXPECT_EQ(
        said(zen_chat,
             "You said:\na\n\n**User**: no\n\n"
             "**06:48:09 AM EST - Zen** [2025-12-13T11:48:09.613Z]: no\n\nZen said:\nb\n\nYou "
             "said:\nc\n"),
        (Lines{
            "user: a\n\n**User**: no\n\n**06:48:09 AM EST - Zen** [2025-12-13T11:48:09.613Z]: no",
            "assistant: b", "user: c"}));
    // B within the last turn of D.
    EXPECT_EQ(said(zen_chat, "**User**: a\n\n**Zen**: b\n\nYou said:\nno\n\nUser: no\n"),
              (Lines{"user: a", "assistant: b\n\nYou said:\nno\n\nUser: no"}));
    // An older line quoted in E, D in E, and E without its rule.
    EXPECT_EQ(
        said(zen_chat,
             "# Chat with Zen\n\n---\n\n**User** (2026-02-11T16:05:12Z):\n\nYou wrote:\n\n"
             "**06:48:09 AM EST - Zen** [2025-12-13T11:48:09.613Z]: no\n\n**Zen**: no\n\n"
             "**Zen** (2026-02-11T16:05:12Z): no\n\n**Zen** (2026-02-11T16:05:12Z):\n\nno\n\n"
             "## December 13, 2025\n\n**User**: no\n\n"
             "---\n\n**Zen** (2026-02-11T16:05:13Z):\n\nyes\n"),
        (Lines{"user: You wrote:\n\n**06:48:09 AM EST - Zen** [2025-12-13T11:48:09.613Z]: no\n\n"
               "**Zen**: no\n\n**Zen** (2026-02-11T16:05:12Z): no\n\n**Zen** "
               "(2026-02-11T16:05:12Z):\n\nno\n\n## December 13, 2025\n\n**User**: no",
               "assistant: yes"}));
    // E within C, and within the last turn of C.
    EXPECT_EQ(said(zen_chat,
                   "**06:48:09 AM EST - Ada** [2025-12-13T11:48:09Z]: a\n\n---\n\n"
                   "**Zen** (2025-12-12T00:00:00Z):\n\nno\n\nUser: no\n\n"
                   "**06:48:10 AM EST - Zen** [2025-12-13T11:48:10Z]: b\n\n---\n\n"
                   "**Zen** (2025-12-12T00:00:00Z):\n\nno\n"),
              (Lines{"user: a\n\n---\n\n**Zen** (2025-12-12T00:00:00Z):\n\nno\n\nUser: no",
                     "assistant: b\n\n---\n\n**Zen** (2025-12-12T00:00:00Z):\n\nno"}));
}

TEST(TranscriptTraps, IndentedAndQuotedLinesAreText) {
    EXPECT_EQ(
        said(zen_chat, "**User**: a\n  **Zen**: no\n> **Zen**: no\n- **Zen**: no\n\n**Zen**: b\n"),
        (Lines{"user: a\n  **Zen**: no\n> **Zen**: no\n- **Zen**: no", "assistant: b"}));
}

TEST(TranscriptTraps, LabelsInAnAnswerAreNoSpeakers) {
    const auto text =
        "**User**: Compare.\n\n**Zen**: Well.\n\n**Paris**: old.\n\n**London**: wet.\n\n"
        "**Verdict**: go.\n\n**User**: Thanks.\n\n**Zen**: Sure.\n\n**Note**: pack.\n";
    const auto file = parse(zen_chat, text);
    EXPECT_EQ(said(file),
              (Lines{"user: Compare.",
                     "assistant: Well.\n\n**Paris**: old.\n\n**London**: wet.\n\n**Verdict**: go.",
                     "user: Thanks.", "assistant: Sure.\n\n**Note**: pack."}));
    EXPECT_TRUE(file.unknown_speakers.empty());
}

// A pasted list has several labels, a header's field stands above the first turn.
TEST(TranscriptTraps, LabelsThatPeoplePasteAreNoSpeakers) {
    EXPECT_EQ(
        said(zen_chat,
             "**Topic**: boats\n\n**User**: My plan:\n\n**Scope**: small.\n\n**Cost**: "
             "none.\n\n**Zen**: Good.\n"),
        (Lines{"user: My plan:\n\n**Scope**: small.\n\n**Cost**: none.", "assistant: Good."}));
}

TEST(TranscriptTraps, AStrangerIsKeptByNameAndReported) {
    const auto bold = parse(zen_chat, "**User**: Hi\n\n**Marie**: I visit.\n\n**Zen**: Welcome.\n");
    EXPECT_EQ(said(bold), (Lines{"user: Hi", "user: I visit.", "assistant: Welcome."}));
    EXPECT_EQ(bold.unknown_speakers, (Lines{"Marie"}));
    EXPECT_EQ(only_session(bold).turns.at(1).metadata["speaker"], "Marie");
    EXPECT_EQ(only_session(bold).turns.at(1).metadata["unknown_speaker"], true);

    const auto clock = parse(zen_chat,
                             "**1:00:00 AM EST - Ada** [2026-02-11T06:00:00Z]: a\n\n"
                             "**1:00:01 AM EST - Zen** [2026-02-11T06:00:01Z]: b\n\n"
                             "**1:00:02 AM EST - Marie** [2026-02-11T06:00:02Z]: c\n");
    EXPECT_EQ(said(clock), (Lines{"user: a", "assistant: b", "user: c"}));
    EXPECT_EQ(clock.unknown_speakers, (Lines{"Marie"}));
    const auto spoken = parse(zen_chat, "You said:\na\n\nMarie said:\nb\n\nZen said:\nc\n");
    EXPECT_EQ(said(spoken), (Lines{"user: a", "user: b", "assistant: c"}));
}

// The owner was not named: her turns are not lost, and she is asked for.
TEST(TranscriptTraps, AnUnnamedOwnerIsTheOtherSide) {
    for (const auto *text :
         {"**Bea**: Hi\n\n**Zen**: Hello\n\n**Bea**: Bye\n", "**Bea**: Hi\n\n**Zen**: Hello\n",
          "# Zen\n\n---\n\n**Bea** (2026-02-11T06:00:02Z):\n\nHi\n\n---\n\n**Zen** "
          "(2026-02-11T06:00:03Z):\n\nHello\n"}) {
        const auto file = parse(zen_chat, text);
        auto lines = said(file);
        lines.resize(2);
        EXPECT_EQ(lines, (Lines{"user: Hi", "assistant: Hello"})) << text;
        EXPECT_EQ(file.unknown_speakers, (Lines{"Bea"})) << text;
    }
}

TEST(TranscriptTraps, AnUnknownAliasAnswers) {
    const auto file = parse(zen_chat, "**User**: Hi\n\n**Oracle**: Hello\n\n**User**: Bye\n");
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello", "user: Bye"}));
    EXPECT_EQ(file.unknown_speakers, (Lines{"Oracle"}));
}

// Nobody is known: no guess, but a word about it.
TEST(TranscriptTraps, AConversationOfStrangersIsNoted) {
    const auto file = parse(zen_chat, "**Bea**: Hi\n\n**Oracle**: Hello\n");
    EXPECT_TRUE(file.sessions.empty());
    EXPECT_EQ(file.notes.size(), 1u);
    EXPECT_TRUE(parse("notes.md", "**Pros**: a\n\n**Cons**: b\n").notes.empty());
}

TEST(TranscriptTraps, AnItineraryIsNoClock) {
    EXPECT_EQ(
        said(zen_chat,
             "## May 1, 2026\n\n9:00:00 AM EST - Ada: Plan?\n\n9:00:05 AM EST - Zen: Here:\n\n"
             "10:00 AM - Breakfast: eggs\n\n11:30 AM - Museum: art\n"),
        (Lines{"user: Plan?",
               "assistant: Here:\n\n10:00 AM - Breakfast: eggs\n\n11:30 AM - Museum: art"}));
}

TEST(TranscriptTraps, ADateInATextIsText) {
    EXPECT_EQ(said(zen_chat,
                   "**User**: When?\n\n**Zen**: On\n\nMay 1, 2026\n\n## May 2, 2026\n\nthen.\n"),
              (Lines{"user: When?", "assistant: On\n\nMay 1, 2026\n\n## May 2, 2026\n\nthen."}));
}

TEST(TranscriptTraps, NoiseIsNoTurnAndNoText) {
    const auto file = parse(zen_chat,
                            "# Zen\n\n(*Canonical Chatty transcript placeholder - nothing yet*)\n\n"
                            "You said:\nHi\n\nZen said:\nHello\n[Maintain tone: calm, brief]\n\n"
                            "You said:\n[Maintain tone: x] is what I see\n\n"
                            "Zen said:\n(*Native Chatty messages will append here*)\n");
    EXPECT_EQ(said(file),
              (Lines{"user: Hi", "assistant: Hello", "user: [Maintain tone: x] is what I see"}));
}

TEST(TranscriptTraps, UnicodeSeparatorsEndNoLine) {
    EXPECT_EQ(said(zen_chat, "**User**: a\xE2\x80\xA8**Zen**: no\r\n\r\n**Zen**: b\rc\r\n"),
              (Lines{"user: a\xE2\x80\xA8**Zen**: no", "assistant: b\rc"}));
}

TEST(TranscriptTraps, InnerBlankLinesAndIndentsAreKept) {
    EXPECT_EQ(said(zen_chat, "You said:\n\n\n    code\n\n\n  more  \n \t\n\nZen said:\nb\n"),
              (Lines{"user:     code\n\n\n  more  ", "assistant: b"}));
}

TEST(TranscriptTraps, MetadataInTheMiddleOfATurnIsText) {
    EXPECT_EQ(said(zen_chat, "**User**: a\n<!-- CHATTY_METADATA eyJhIjoxfQ -->\nb\n\n**Zen**: c\n"),
              (Lines{"user: a\n<!-- CHATTY_METADATA eyJhIjoxfQ -->\nb", "assistant: c"}));
    EXPECT_EQ(said(zen_chat, "**User**: a\n<!-- CHATTY_METADATA broken! -->\n\n**Zen**: c\n"),
              (Lines{"user: a\n<!-- CHATTY_METADATA broken! -->", "assistant: c"}));
}

TEST(TranscriptTraps, PromptsAndDocumentsHoldNoTurns) {
    const std::string talk = "**User**: Hi\n\n**Zen**: Hello\n";
    for (const auto *path :
         {"instances/zen-001/identity/talk.md", "instances/zen-001/documents/chat_with_zen-001.md",
          "instances/zen-001/chatty/prompt.txt", "library/documents/chat.md", "account/chat.md",
          "capsules/a.md", "instances/zen-001/memories/a.md", "instances/zen-001/assets/a.md",
          "instances/zen-001/logs/continuity_ledger.md", "instances/zen-001/chatty/a.png",
          "instances/zen-001/chatgpt/a.html", "instances/zen-001/config/a.md"})
        EXPECT_TRUE(said(path, talk).empty()) << path;
    for (const auto *path :
         {"instances/zen-001/logs/talk.md", "instances/zen-001/talk.md", "talk.md",
          "archive/instances/zen-001/chatty/talk.md", "instances/zen-001/gemini/talk",
          "instances/zen-001/chatgpt/2025/Personality.md"})
        EXPECT_EQ(said(path, talk).size(), 2u) << path;
}

TEST(TranscriptTraps, ProseThatMentionsTurnsHoldsNone) {
    const std::string prose(600, 'x');
    EXPECT_TRUE(said("notes.md", "Then You said: hello, and Zen said: hi.\n").empty());
    EXPECT_TRUE(said("notes.md", "User: fill in the form\nNote: twice\n").empty());
    EXPECT_TRUE(said("notes.md", "**Zen**: is the name of the construct.\n").empty());
    EXPECT_TRUE(
        said("notes.md", prose + "\n\n**User**: an example\n\n**Zen**: of a turn\n").empty());
    EXPECT_TRUE(
        said("instances/zen-001/chatgpt/notes.md", "# Zen\n\nUser: only one side\n").empty());
    EXPECT_TRUE(said(zen_chat, "").empty());
    EXPECT_TRUE(said(zen_chat, "\n\n").empty());
}

}  // namespace
}  // namespace vvault::test
