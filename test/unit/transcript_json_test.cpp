// Exports, rows and backups; and JSON that is none of them.
#include "transcript_support.hpp"

namespace vvault::test {
namespace {

using nlohmann::json;

const std::string export_path = "instances/zen-001/chatgpt/conversations.json";

json node(const char *role, const std::string &text, json time, json parent = nullptr) {
    json message = {{"author", {{"role", role}}},
                    {"create_time", std::move(time)},
                    {"content", {{"content_type", "text"}, {"parts", {text}}}}};
    return {{"message", std::move(message)}, {"parent", std::move(parent)}};
}

TEST(TranscriptJson, AConversationIdNamesTheSession) {
    const json conversation = {{"id", "x"},
                               {"conversation_id", "c-1"},
                               {"title", "T"},
                               {"mapping", {{"a", node("user", "Hi", 1757930401.5)}}}};
    const auto file = parse(export_path, json::array({conversation}).dump());
    EXPECT_EQ(only_session(file).external_id, "chatgpt:c-1");
    EXPECT_EQ(only_session(file).construct, "zen-001");
    EXPECT_EQ(said(parse(export_path, conversation.dump())), (Lines{"user: Hi"}));
}

// Without an id: the same conversation in two exports is one session.
TEST(TranscriptJson, ADigestNamesWhatHasNoId) {
    json one = {{"title", "T"}, {"create_time", 1.5}, {"mapping", {{"a", node("user", "Hi", 2)}}}};
    json two = one;
    two["create_time"] = 1.25;
    const auto file = parse(export_path, json::array({one, one, two}).dump());
    ASSERT_EQ(file.sessions.size(), 3u);
    EXPECT_EQ(file.sessions[0].external_id, file.sessions[1].external_id);
    EXPECT_NE(file.sessions[0].external_id, file.sessions[2].external_id);
    EXPECT_EQ(file.sessions[0].external_id.size(), std::string("chatgpt:").size() + 16);
}

TEST(TranscriptJson, ChildrenAloneMakeATree) {
    json mapping;
    mapping["z"] = {{"message", nullptr}, {"children", {"a"}}};
    mapping["a"] = node("assistant", "second", nullptr);
    mapping["m"] = node("user", "first", nullptr);
    mapping["m"].erase("parent");
    mapping["z"]["children"] = {"m"};
    mapping["m"]["children"] = {"a"};
    mapping["a"].erase("parent");
    EXPECT_EQ(said(export_path, json{{"mapping", mapping}}.dump()),
              (Lines{"user: first", "assistant: second"}));
}

TEST(TranscriptJson, ACircleAndAMissingParentEndNowhere) {
    json mapping;
    mapping["a"] = node("user", "one", 1, "b");
    mapping["b"] = node("assistant", "two", 2, "a");
    mapping["c"] = node("user", "three", 3, "nowhere");
    mapping["d"] = node("user", "four", 4, "d");
    const auto file = parse(export_path, json{{"mapping", mapping}, {"current_node", "a"}}.dump());
    EXPECT_EQ(said(file), (Lines{"user: one", "assistant: two", "user: three", "user: four"}));
    EXPECT_EQ(only_session(file).turns.at(2).metadata["chatgpt"]["current"], false);
}

TEST(TranscriptJson, AnAnswerNeverStandsBeforeItsQuestion) {
    json mapping;
    mapping["q"] = node("user", "question", 100);
    mapping["a"] = node("assistant", "answer", 50, "q");
    EXPECT_EQ(said(export_path, json{{"mapping", mapping}}.dump()),
              (Lines{"user: question", "assistant: answer"}));
}

// Tools and hidden instructions are kept, as neither side's words.
TEST(TranscriptJson, ToolsSpeakAsSystem) {
    json mapping;
    mapping["a"] = node("user", "", 1);
    mapping["b"] = node("system", "You are brief.", 2);
    mapping["c"] = node("tool", "42", 3);
    mapping["d"] = node("assistant", "search('x')", 4);
    mapping["d"]["message"]["recipient"] = "browser";
    mapping["e"] = node("user", "", 5);
    mapping["e"]["message"]["content"] = {
        {"content_type", "multimodal_text"},
        {"parts",
         {{{"content_type", "image_asset_pointer"}, {"asset_pointer", "file-1"}}, "Look"}}};
    mapping["f"] = node("assistant", "Seen", 6);
    mapping["f"]["message"]["metadata"] = {{"model_slug", "m-1"}};
    mapping["f"]["message"]["id"] = "msg-f";
    mapping["g"] = {{"message", {{"author", "odd"}, {"content", 7}}}};
    mapping["h"] = 12;
    const auto file = parse(export_path, json{{"mapping", mapping}}.dump());
    EXPECT_EQ(said(file), (Lines{"system: You are brief.", "system: 42", "system: search('x')",
                                 "user: Look", "assistant: Seen"}));
    const auto &turns = only_session(file).turns;
    EXPECT_EQ(turns.at(1).metadata["chatgpt"]["author"]["role"], "tool");
    EXPECT_EQ(turns.at(3).metadata["attachments"][0]["asset_pointer"], "file-1");
    EXPECT_EQ(turns.at(4).metadata["model"], "m-1");
    EXPECT_EQ(turns.at(4).id, "msg-f");
}

const json conversation = {
    {"sessionId", "session_1_x"},
    {"title", "Katana"},
    {"constructId", "katana"},
    {"constructName", "Katana"},
    {"messages",
     {{{"role", "user"}, {"content", "February 1, 2026"}, {"isDateHeader", true}},
      {{"role", "assistant"}, {"content", "CONVERSATION_CREATED:Katana"}},
      {{"role", "user"},
       {"content", "Hi"},
       {"timestamp", "2026-02-08T00:34:56.208Z"},
       {"id", "m1"}},
      {{"role", "assistant"}, {"content", "Edge."}, {"metadata", {{"seat", "coding"}}}},
      {{"role", "user"}, {"content", ""}, {"attachments", {{{"name", "a.png"}}}}},
      {{"role", "nobody"}, {"content", "?"}},
      {{"content", "no role"}},
      "no message"}}};

TEST(TranscriptJson, ARowOfTheOldDatabaseIsAConversation) {
    for (const json &row :
         {json{{"metadata", conversation}, {"content", "# x"}},
          json{{"metadata", conversation.dump()}, {"content", "# x"}}, conversation}) {
        const auto file = parse("export/rows.json", json::array({row}).dump());
        const auto &session = only_session(file);
        EXPECT_EQ(session.external_id, "session_1_x");
        EXPECT_EQ(session.construct, "katana-001");
        EXPECT_EQ(session.title, "Katana");
        EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Edge.", "user: "}));
        EXPECT_EQ(session.turns.at(0).timestamp, "2026-02-08T00:34:56.208Z");
        EXPECT_EQ(session.turns.at(0).id, "m1");
        EXPECT_EQ(session.turns.at(1).metadata["seat"], "coding");
        EXPECT_EQ(session.turns.at(1).timestamp_source, "derived");
        EXPECT_EQ(session.turns.at(2).metadata["attachments"][0]["name"], "a.png");
    }
}

TEST(TranscriptJson, ARowWithoutMessagesIsTheFileItHolds) {
    const json row = {{"id", "1"},
                      {"filename", "chat_with_zen-001.md"},
                      {"file_type", "transcript"},
                      {"metadata", "not json"},
                      {"content", "**User**: Hi\n\n**Zen**: Hello\n"}};
    const auto file = parse("rows.json", json::array({row}).dump());
    EXPECT_EQ(said(file), (Lines{"user: Hi", "assistant: Hello"}));
    EXPECT_EQ(only_session(file).external_id, "zen-001_chat_with_zen-001");
}

TEST(TranscriptJson, ABackupOfAnExportHoldsSeveralSessions) {
    const json exported = {{{"id", "1"}, {"mapping", {{"a", node("user", "Hi", 1)}}}},
                           {{"id", "2"}, {"mapping", {{"a", node("user", "Ho", 1)}}}}};
    const json backup = {{"filename", export_path}, {"content", exported.dump()}, {"file_id", "f"}};
    const auto file = parse("instances/zen-001/logs/b.json", backup.dump());
    ASSERT_EQ(file.sessions.size(), 2u);
    EXPECT_EQ(file.sessions[0].external_id, "file:instances/zen-001/logs/b.json#chatgpt:1");
    EXPECT_EQ(file.sessions[1].metadata["wraps"]["session"], "chatgpt:2");
    // What is wrapped is judged by its own path.
    json prompt = backup;
    prompt["filename"] = "instances/zen-001/identity/prompt.json";
    EXPECT_TRUE(parse("b.json", prompt.dump()).sessions.empty());
}

TEST(TranscriptJson, OtherJsonHoldsNothing) {
    for (const auto *text :
         {"{}", "[]", "null", "17", "\"You said:\\nHi\"",
          R"({"messages":[{"role":"user","content":"x"}]})", R"({"mapping":[]})",
          R"({"mapping":{}})", R"({"content":"You said:\nHi"})",
          R"({"filename":"a.md","content":"You said:\nHi\n\nZen said:\nHo"})",
          R"({"sessionId":"s","messages":[]})", R"({"sessionId":"s","messages":{"role":"user"}})",
          R"({"filename":"a.md","content":7,"file_id":1})", R"({"conversations":7})",
          R"([[[{}]],1,null])"}) {
        const auto file = parse(export_path, text);
        EXPECT_TRUE(file.sessions.empty()) << text;
        EXPECT_TRUE(file.notes.empty()) << text;
    }
}

TEST(TranscriptJson, BrokenJsonIsANote) {
    for (const auto *text :
         {"", "{", "[{\"mapping\":{}", "{\"a\":1}x", "{'a':1}", "nul", "\xEF\xBB\xBF"}) {
        const auto file = parse(export_path, text);
        EXPECT_TRUE(file.sessions.empty()) << text;
        EXPECT_EQ(file.notes.size(), 1u) << text;
    }
}

TEST(TranscriptJson, HalfAnEmojiAndANulAreReplaced) {
    const std::string text =
        R"({"sessionId":"s\u0000","messages":[{"role":"user","content":"a\ud83d b\u0000 \ud83c\udf0a \\ud83d",)"
        R"("metadata":{"k\u0000":["\u0000"]}}]})";
    const auto file = parse("a.json", text);
    EXPECT_EQ(said(file), (Lines{"user: a\xEF\xBF\xBD b\xEF\xBF\xBD 🌊 \\ud83d"}));
    EXPECT_EQ(only_session(file).external_id, "s\xEF\xBF\xBD");
    EXPECT_EQ(only_session(file).turns.at(0).metadata["k\xEF\xBF\xBD"][0], "\xEF\xBF\xBD");
}

TEST(TranscriptJson, TimesOfEveryKind) {
    const auto at = [](const json &time) {
        const json value = {
            {"sessionId", "s"},
            {"messages", {{{"role", "user"}, {"content", "x"}, {"timestamp", time}}}}};
        return times(parse("a.json", value.dump())).at(0);
    };
    EXPECT_EQ(at(1757930401.5), "exact 2025-09-15T10:00:01.500Z");
    EXPECT_EQ(at("1757930401.5"), "exact 2025-09-15T10:00:01.500Z");
    EXPECT_EQ(at(1757930401500), "exact 2025-09-15T10:00:01.500Z");
    EXPECT_EQ(at("2025-09-15T10:00:01.500Z"), "exact 2025-09-15T10:00:01.500Z");
    for (const json &none :
         {json(nullptr), json("soon"), json(-1), json(1e300), json(json::object())})
        EXPECT_EQ(at(none), "unknown none") << none;
}

}  // namespace
}  // namespace vvault::test
