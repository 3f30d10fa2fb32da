// The parts by themselves: callsigns, paths, clocks, names, encodings.
#include "core/text_repair.hpp"
#include "core/transcript_clock.hpp"
#include "core/transcript_names.hpp"
#include "core/transcript_path.hpp"
#include "transcript_support.hpp"

namespace vvault::test {
namespace {

TEST(TranscriptParts, Callsigns) {
    EXPECT_EQ(callsign("Katana"), "katana-001");
    EXPECT_EQ(callsign("Katana_002"), "katana-002");
    EXPECT_EQ(callsign(" zen-001 "), "zen-001");
    EXPECT_EQ(callsign("Blue Moon"), "blue-moon-001");
    EXPECT_EQ(callsign("gpt4"), "gpt4-001");
    EXPECT_EQ(callsign("-001"), "-001-001");
    EXPECT_EQ(callsign(""), "");
}

TEST(TranscriptParts, PathsBeginBehindTheUsersFolder) {
    const std::string chat = "instances/zen-001/chatty/chat_with_zen-001.md";
    for (const auto *front :
         {"", "/", "./", "users/shard_0042/ada_1/", "vvault/users/shard_0000/ada_1/",
          "/vvault_files/users/shard_0000/ada_1/", "users/ada/", "instances/zen-001/"})
        EXPECT_EQ(normalise_vault_path(front + chat), chat) << front;
    EXPECT_EQ(normalise_vault_path("chat_with_Sera.md"),
              "instances/sera-001/chatty/chat_with_Sera.md");
    EXPECT_EQ(normalise_vault_path("a\\b//c/./d.md"), "a/b/c/d.md");
    EXPECT_EQ(normalise_vault_path("users/shard_0042/ada"), "users/shard_0042/ada");
    EXPECT_EQ(normalise_vault_path(""), "");
}

TEST(TranscriptParts, CanonicalSessionsComeFromThePath) {
    EXPECT_EQ(read_path("instances/zen-001/chatty/chat_with_zen-001.md").canonical_session,
              "zen-001_chat_with_zen-001");
    EXPECT_EQ(read_path("instances/katana/chatty/chat_with_katana-001.md").canonical_session,
              "katana-001_chat_with_katana-001");
    for (const auto *path : {"instances/zen-001/chatty/chat_with_lin-001.md",
                             "instances/zen-001/logs/chat_with_zen-001.md",
                             "instances/zen-001/chatty/chat_with_zen-001_old.md",
                             "archive/instances/zen-001/chatty/chat_with_zen-001.md"})
        EXPECT_EQ(read_path(path).canonical_session, "") << path;
    EXPECT_EQ(read_path("archive/chat_with_zen-001_old.md").construct, "zen-001");
}

TEST(TranscriptParts, SessionsNameTheirConstruct) {
    EXPECT_EQ(construct_of_session("zen-001_chat_with_zen-001"), "zen-001");
    EXPECT_EQ(construct_of_session("zen_1762969514958"), "zen-001");
    EXPECT_EQ(construct_of_session("gpt-katana-001"), "katana-001");
    for (const auto *id : {"", "session_1762969514958_ab", "session_1762969514958",
                           "test_conversation_456", "0198-uuid"})
        EXPECT_EQ(construct_of_session(id), "") << id;
}

std::string moment(std::string_view text) {
    const auto clock = read_clock(text);
    if (!clock) return "no clock";
    const auto at = clock->moment(std::nullopt);
    if (at) return format_timestamp_ms(*at);
    return clock->date_us ? "date " + format_timestamp_ms(*clock->date_us).substr(0, 10)
                          : "time only";
}

TEST(TranscriptParts, Clocks) {
    EXPECT_EQ(moment("06:48:09 AM EST"), "time only");
    EXPECT_EQ(moment("05:12:00 EST, 2025-10-25"), "2025-10-25T10:12:00.000Z");
    EXPECT_EQ(moment("November 14, 2025 at 12:00 am"), "2025-11-14T00:00:00.000Z");
    EXPECT_EQ(moment("Friday, Nov. 14th 2025 12:30PM PST"), "2025-11-14T20:30:00.000Z");
    EXPECT_EQ(moment("14 November 2025"), "date 2025-11-14");
    EXPECT_EQ(moment("2/28/2026, 1:05:06 PM"), "2026-02-28T13:05:06.000Z");
    EXPECT_EQ(moment("2026-02-28 23:05 NZDT"), "2026-02-28T10:05:00.000Z");
    for (const auto *text : {"",
                             " ",
                             "soon",
                             "the 14 November 2025",
                             "November 31, 2025",
                             "November 2025",
                             "13:00:00 PM",
                             "25:00",
                             "10:60",
                             "10:42:22 AM PM",
                             "AM",
                             "EST",
                             "2025-11-14 EST",
                             "2025-13-01",
                             "1 2 3",
                             "2025-11-14 2025-11-14",
                             "10:42 10:43",
                             "a:b",
                             "1/2",
                             "99/99/2025",
                             ":",
                             "1:2:3:4:5 x"})
        EXPECT_EQ(moment(text), "no clock") << text;
}

TEST(TranscriptParts, TimesAreDerivedInOrder) {
    constexpr std::int64_t second = 1'000'000;
    const auto derived = [](std::vector<TimeSlot> slots, std::optional<std::int64_t> start) {
        derive_times(slots, start);
        std::vector<std::int64_t> seconds;
        for (const auto &slot : slots)
            seconds.push_back(slot.at_us ? *slot.at_us * 10 / second : -1);  // in tenths
        return seconds;
    };
    using Tenths = std::vector<std::int64_t>;
    const TimeSlot none{};
    const TimeSlot at100{100 * second, {}};
    const TimeSlot day200{{}, 200 * second};
    EXPECT_EQ(derived({none, none}, {}), (Tenths{-1, -1}));
    EXPECT_EQ(derived({none, none}, 50 * second), (Tenths{500, 510}));
    EXPECT_EQ(derived({none, none, at100}, {}), (Tenths{980, 990, 1000}));
    EXPECT_EQ(derived({at100, none, none}, {}), (Tenths{1000, 1010, 1020}));
    EXPECT_EQ(derived({day200, day200, none}, {}), (Tenths{2000, 2010, 2020}));
    EXPECT_EQ(derived({at100, day200, at100}, {}), (Tenths{1000, 2000, 1000}));
    EXPECT_EQ(derived({at100, none, {101 * second, {}}}, {}), (Tenths{1000, 1005, 1010}));
}

TEST(TranscriptParts, NamesAndRoles) {
    Speakers speakers;
    speakers.add_construct("zen-001");
    speakers.add_owner("Ada Example");
    speakers.add_owner("bea.smith@example.com");
    speakers.add_owner("Cleo");
    speakers.add_heading("Ada");  // a heading never makes the owner a construct
    const auto role = [&](std::string_view name) {
        return std::string(speakers.role_of(name).value_or("unknown"));
    };
    for (const auto *name : {"You", "user", "Human", "Ada", "ADA EXAMPLE", "Bea Smith", "bea",
                             "Cleo", "Cleo Something"})
        EXPECT_EQ(role(name), "user") << name;
    for (const auto *name :
         {"Zen", "zen-001", "Zen 001", "Synth", "Assistant", "ChatGPT", "The GPT"})
        EXPECT_EQ(role(name), "assistant") << name;
    EXPECT_EQ(role("System"), "system");
    for (const auto *name : {"", "Marie", "Ada Other", "Zenith", "Example"})
        EXPECT_EQ(role(name), "unknown") << name;
}

std::string twice(std::string_view text) {
    return decode_twice(text).text;
}

TEST(TranscriptParts, DoubleEncodingIsUndone) {
    EXPECT_EQ(twice("Itâ€™s late â€“ cafÃ©"), "It’s late – café");
    EXPECT_EQ(twice("ðŸŒŠ"), "🌊");
    EXPECT_EQ(twice("â€œxâ€"), "“x”");  // the last byte was dropped on the way
    EXPECT_EQ(twice("plain"), "plain");
    EXPECT_EQ(twice("NÃO"), "NÃO");
    EXPECT_TRUE(decode_twice("café").genuine);
    EXPECT_TRUE(decode_twice("🌊").genuine);
}

TEST(TranscriptParts, OnlyWhatIsPlainlyDoubleEncodedIsRepaired) {
    EXPECT_TRUE(are_double_encoded({"plain", "Itâ€™s"}));
    EXPECT_TRUE(are_double_encoded({"cafÃ©, thÃ©"}));
    EXPECT_FALSE(are_double_encoded({"Why is there an Ã© here?"}));
    EXPECT_FALSE(are_double_encoded({"Why â€™ and not ’?", "Because of â€™."}));
    EXPECT_FALSE(are_double_encoded({"Itâ€™s", "It’s"}));
    EXPECT_FALSE(are_double_encoded({"NÃO", "é"}));
    EXPECT_FALSE(are_double_encoded({}));
}

TEST(TranscriptParts, Utf8IsCheckedStrictly) {
    EXPECT_FALSE(replace_invalid_utf8("").has_value());
    EXPECT_FALSE(replace_invalid_utf8("aé\xE2\x80\xA8🌊\xF4\x8F\xBF\xBF").has_value());
    for (const auto *text : {"\xFF", "\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xED\xA0\x80",
                             "\xF0\x80\x80\x80", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "a\xC3"})
        EXPECT_TRUE(replace_invalid_utf8(text).has_value()) << text;
    EXPECT_EQ(replace_invalid_utf8("a\xC3"
                                   "b")
                  .value(),
              "a\xEF\xBF\xBD"
              "b");
    EXPECT_EQ(first_characters("a🌊b", 2), "a🌊");
    EXPECT_EQ(count_characters("a🌊b"), 3u);
}

}  // namespace
}  // namespace vvault::test
