#include "transcript_text.hpp"

#include <algorithm>

#include "timestamp.hpp"
#include "transcript_clock.hpp"
#include "transcript_header.hpp"
#include "transcript_json_text.hpp"
#include "transcript_message_file.hpp"
#include "transcript_tidy.hpp"
#include "transcript_walk.hpp"
#include "transcript_words.hpp"

namespace vvault {

namespace {

// Where a path promises nothing, this much prose above the first turn means that
// a document quotes one.
constexpr std::size_t longest_preamble = 400;

class TextParser {
public:
    TextParser(const PathFacts &facts, std::string_view content, const ParseOptions &options,
               ParsedFile &file)
        : facts_(facts), content_(content), options_(options), file_(file) {}

    void run() {
        header_ = read_header(content_);
        for (const auto &format : header_.formats) add_format(file_, format);
        name_construct();
        name_speakers();
        scan_ = scan_transcript(content_, header_.end, speakers_);
        if (scan_.too_many) {
            file_.notes.emplace_back("more lines look like turns than any transcript has");
            return;
        }
        walk_ = walk_marks(scan_, content_.size());
        if (walk_.drafts.empty()) return note_strangers();
        if (!is_transcript()) return;
        for (const auto &format : walk_.formats) add_format(file_, format);
        read_turns();
        finish_session();
    }

private:
    void name_construct() {
        session_.construct = facts_.construct;
        if (session_.construct.empty()) session_.construct = header_.construct;
        if (session_.construct.empty())
            session_.construct = construct_of_session(header_.session_id);
    }

    void name_speakers() {
        speakers_.add_construct(session_.construct);
        for (const auto &name : header_.names) speakers_.add_construct(name);
        for (const auto &name : header_.headings) speakers_.add_heading(name);
        for (const auto &name : options_.owner_names) speakers_.add_owner(name);
        if (options_.owner_names.empty()) speakers_.add_owner(header_.created_by);
    }

    // A conversation of which no speaker is known must not vanish without a word.
    void note_strangers() {
        const auto strangers = std::count_if(
            scan_.marks.begin(), scan_.marks.end(),
            [](const Mark &mark) { return mark.kind == Mark::Kind::turn && mark.blank_before; });
        if (facts_.kind == PathKind::expected && strangers > 1)
            file_.notes.emplace_back(
                "lines look like turns, but no speaker is known: name the owner");
    }

    bool is_transcript() const {
        if (facts_.kind == PathKind::expected) return true;
        bool user = false, assistant = false;
        for (const auto &draft : walk_.drafts) {
            user = user || draft.role == "user";
            assistant = assistant || draft.role == "assistant";
        }
        if (!walk_.dated && !(user && assistant)) return false;
        const auto first = walk_.drafts.front().mark->begin;
        return first < header_.end ||
               trim(content_.substr(header_.end, first - header_.end)).size() <= longest_preamble;
    }

    void read_turns() {
        drop_rules_ = rules_separate_turns();
        for (const auto &draft : walk_.drafts) {
            if (draft.mark->kind == Mark::Kind::counted)
                read_counted(scan_.counted[draft.mark->counted], draft);
            else
                read_turn(draft);
        }
        derive_times(slots_, header_.started_us);
        for (std::size_t index = 0; index < slots_.size(); ++index) {
            auto &turn = session_.turns[index];
            if (turn.at_us || !slots_[index].at_us) continue;
            turn.at_us = slots_[index].at_us;
            turn.timestamp_source = "derived";
        }
    }

    std::string_view raw_text(const Draft &draft) const {
        const auto begin = std::min(draft.mark->text, draft.end);
        return content_.substr(begin, draft.end - begin);
    }

    // A rule at the end of a turn is text, unless every turn has one.
    bool rules_separate_turns() const {
        const auto &drafts = walk_.drafts;
        return drafts.size() > 1 && std::all_of(drafts.begin(), drafts.end() - 1, [&](auto &draft) {
                   return draft.mark->kind == Mark::Kind::turn &&
                          draft.mark->line.family != Family::ruled && ends_in_rule(raw_text(draft));
               });
    }

    void read_counted(const CountedTurn &from, const Draft &draft) {
        Turn turn;
        turn.counted = true;
        turn.role = from.role;
        turn.speaker = from.speaker;
        turn.content = from.content;
        turn.timestamp = from.at;
        turn.id = from.id;
        turn.at_us = parse_timestamp(turn.timestamp);
        turn.timestamp_source = turn.at_us ? "exact" : "unknown";
        if (auto metadata = read_metadata_comment(from.metadata_line))
            turn.metadata = std::move(*metadata);
        if (!turn.id.empty() && !turn.metadata.contains("id")) turn.metadata["id"] = turn.id;
        push(std::move(turn), draft);
    }

    void read_turn(const Draft &draft) {
        const auto &line = draft.mark->line;
        auto raw = raw_text(draft);
        if (drop_rules_ && ends_in_rule(raw)) raw = without_last_rule(raw);
        auto tidy = tidy_text(raw);
        if (tidy.had_metadata) add_format(file_, "E2");

        Turn turn;
        turn.role = draft.role;
        turn.speaker = line.speaker;
        turn.content = std::move(tidy.content);
        turn.metadata = std::move(tidy.metadata);
        const bool marked = read_comments(draft, turn);
        set_time(turn, draft);
        if (is_creation(turn, created_title_)) return;
        const bool nothing = turn.content.empty() && turn.metadata.empty();
        if (nothing && (tidy.had_noise || turn.timestamp.empty())) return;

        if (!is_role_word(line.speaker)) turn.metadata["speaker"] = line.speaker;
        if (draft.stranger && !marked) {
            turn.metadata["unknown_speaker"] = true;
            add_unknown_speaker(file_, line.speaker);
        }
        if (!draft.session_name.empty()) turn.metadata["session_label"] = draft.session_name;
        push(std::move(turn), draft);
    }

    // The comments above a rule know the role and the id, whatever the name says.
    static bool read_comments(const Draft &draft, Turn &turn) {
        const auto comments = draft.mark->comments;
        bool marked = false;
        for (std::size_t at = 0; at < comments.size();) {
            const auto line = line_at(comments, at);
            at = line.next;
            auto comment = read_comment(line.text);
            if (!comment || comment->kind != "message") continue;
            const auto role = text_member(comment->payload, "role");
            if (role == "user" || role == "assistant" || role == "system") {
                turn.role = role;
                marked = true;
            }
            turn.id = text_member(comment->payload, "id");
            if (!turn.id.empty() && !turn.metadata.contains("id")) turn.metadata["id"] = turn.id;
            turn.metadata["marker"] = std::move(comment->payload);
        }
        return marked;
    }

    static void set_time(Turn &turn, const Draft &draft) {
        const auto &line = draft.mark->line;
        turn.timestamp_source = "unknown";
        if (line.at_us) {
            turn.timestamp = line.iso;
            turn.at_us = line.at_us;
            turn.timestamp_source = "exact";
            if (line.time != line.iso) turn.metadata["label"] = line.time;
            return;
        }
        std::string_view label = line.time;
        bool zoned = false;
        if (const auto clock = read_clock(label)) {
            turn.at_us = clock->moment(draft.day_us);
            zoned = clock->zone_us.has_value();
        } else if (const auto inner =
                       line.family == Family::said ? find_inner_time(turn.content) : std::nullopt) {
            label = inner->label;
            turn.at_us = inner->at_us;
            zoned = inner->zoned;
        }
        if (!label.empty()) turn.metadata["label"] = label;
        if (turn.at_us) turn.timestamp_source = zoned ? "label" : "derived";
    }

    void push(Turn turn, const Draft &draft) {
        slots_.push_back({turn.at_us, draft.day_us});
        session_.turns.push_back(std::move(turn));
    }

    void finish_session() {
        session_.external_id = header_.session_id;
        if (session_.external_id.empty()) session_.external_id = facts_.canonical_session;
        if (session_.external_id.empty()) session_.external_id = "file:" + facts_.path;
        session_.title = header_.title;
        if (session_.title.empty()) session_.title = created_title_;
        if (session_.title.empty()) session_.title = header_.heading;
        auto &metadata = session_.metadata;
        metadata["sourcePath"] = facts_.path;
        if (!header_.import_metadata.empty()) metadata["importMetadata"] = header_.import_metadata;
        if (!header_.construct_title.empty()) metadata["constructName"] = header_.construct_title;
        if (!header_.started_at.empty()) metadata["startedAt"] = header_.started_at;
        add_session(file_, std::move(session_));
    }

    const PathFacts &facts_;
    std::string_view content_;
    const ParseOptions &options_;
    ParsedFile &file_;
    Header header_;
    Speakers speakers_;
    Scan scan_;
    Walk walk_;
    ParsedSession session_;
    std::vector<TimeSlot> slots_;
    std::string created_title_;
    bool drop_rules_ = false;
};

}  // namespace

void parse_text(const PathFacts &facts, std::string_view content, const ParseOptions &options,
                ParsedFile &file) {
    if (parse_message_file(facts, content, file)) return;
    TextParser(facts, content, options, file).run();
}

}  // namespace vvault
