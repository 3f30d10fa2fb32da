#include "routes.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "handlers.hpp"

namespace gateway {

namespace {

constexpr auto chatty = Dialect::chatty;
constexpr auto open = Access::open;

constexpr std::array table = {
    Route{"GET", "/healthz", get_healthz, Dialect::standard, open},
    Route{"GET", "/readyz", get_readyz, Dialect::standard, open},
    Route{"GET", "/metrics", get_metrics, Dialect::standard, open},
    Route{"GET", "/openapi.json", get_openapi, Dialect::standard, open},
    Route{"GET", "/demo", get_demo, Dialect::standard, open},
    Route{"GET", "/demo/", get_demo_page, Dialect::standard, open},
    Route{"GET", "/demo/*path", get_demo_file, Dialect::standard, open},
    Route{"GET", "/whoami", get_whoami},

    Route{"POST", "/auth/google", post_sign_in_google, Dialect::standard, open},
    Route{"POST", "/auth/oidc", post_sign_in, Dialect::standard, open},
    Route{"POST", "/auth/logout", post_sign_out, Dialect::standard, open},
    Route{"GET", "/auth/me", get_whoami},
    Route{"POST", "/auth/shred", shred_account},
    Route{"GET", "/auth/identities", list_identities},
    Route{"POST", "/auth/identities", post_identity},
    Route{"DELETE", "/auth/identities/:id", delete_identity},
    Route{"GET", "/tokens", list_tokens},
    Route{"POST", "/tokens", post_token},
    Route{"POST", "/tokens/:id/rotate", rotate_token},
    Route{"DELETE", "/tokens/:id", delete_token},
    Route{"GET", "/runtimes", list_runtimes},
    Route{"POST", "/runtimes", post_runtime},
    Route{"DELETE", "/runtimes/:name", delete_runtime},
    Route{"PUT", "/runtimes/:name/constructs/:construct", put_runtime_construct},
    Route{"DELETE", "/runtimes/:name/constructs/:construct", delete_runtime_construct},

    Route{"GET", "/messages", list_messages_of_query},
    Route{"POST", "/messages", post_message_by_body},
    Route{"GET", "/messages/search", search_messages},
    Route{"GET", "/conversations", list_conversations},
    Route{"POST", "/conversations", post_conversation},
    Route{"GET", "/conversations/:id", get_conversation},
    Route{"PATCH", "/conversations/:id", patch_conversation},
    Route{"GET", "/conversations/:id/messages", list_messages},
    Route{"POST", "/conversations/:id/messages", post_message},
    Route{"GET", "/conversations/:id/transcript.md", get_transcript},

    Route{"GET", "/seats/report", get_seat_report},

    Route{"GET", "/conversations/:id/events", get_conversation_events},
    Route{"GET", "/events", get_events},

    Route{"GET", "/files", list_files},
    Route{"GET", "/files/*path", get_file},
    Route{"PUT", "/files/*path", put_file},
    Route{"DELETE", "/files/*path", delete_file},
    Route{"POST", "/files/*path", change_file},
    Route{"POST", "/files", post_files},
    Route{"GET", "/diffs/*path", get_diff},
    Route{"GET", "/holds", list_holds},
    Route{"POST", "/imports", post_import},

    Route{"GET", "/constructs", list_constructs},
    Route{"POST", "/constructs", post_construct},
    Route{"POST", "/constructs/:name/shred", shred_construct},
    Route{"GET", "/constructs/:name/grants", list_grants},
    Route{"PUT", "/constructs/:name/grants/:email", put_grant},
    Route{"DELETE", "/constructs/:name/grants/:email", delete_grant},

    Route{"GET", "/groups", list_groups},
    Route{"POST", "/groups", post_group},
    Route{"DELETE", "/groups/:name", delete_group},
    Route{"PUT", "/groups/:name/members/:email", put_member},
    Route{"DELETE", "/groups/:name/members/:email", delete_member},
    Route{"PUT", "/groups/:name/constructs/:construct", put_group_construct},
    Route{"DELETE", "/groups/:name/constructs/:construct", delete_group_construct},

    Route{"GET", "/ledger/checkpoint", get_ledger_checkpoint},
    Route{"GET", "/ledger/key", get_ledger_key},
    Route{"GET", "/ledger/entries", list_ledger_entries},
    Route{"GET", "/ledger/proof/inclusion", get_inclusion_proof},
    Route{"GET", "/ledger/opening", get_ledger_opening},
    Route{"GET", "/ledger/proof/consistency", get_consistency_proof},
    Route{"GET", "/ledger/tile/*path", get_ledger_tile},

    Route{"GET", "/health", chatty_health, chatty, open},
    Route{"GET", "/api/health", chatty_health, chatty, open},
    Route{"GET", "/api/me", chatty_me, chatty},
    Route{"GET", "/api/vvault/conversations", chatty_hydrate, chatty},
    Route{"POST", "/api/vvault/conversations", chatty_begin, chatty},
    Route{"POST", "/api/vvault/conversations/:id/messages", chatty_save_message, chatty},
    Route{"GET", "/api/vvault/conversations/index", chatty_index, chatty},
    Route{"GET", "/api/vvault/conversations/:id/summary", chatty_summary, chatty},
    Route{"GET", "/api/vvault/conversations/:id/export", chatty_export, chatty},
    Route{"POST", "/api/vvault/create-canonical", chatty_create_canonical, chatty},
    Route{"GET", "/api/vvault/identity/query", chatty_memories, chatty},
    Route{"GET", "/api/vvault/chat/:id", chatty_chat, chatty},
    Route{"GET", "/api/conversations", chatty_list_conversations, chatty},
    Route{"POST", "/api/conversations", chatty_post_conversation, chatty},
    Route{"GET", "/api/conversations/:id/messages", chatty_list_messages, chatty},
    Route{"POST", "/api/conversations/:id/messages", chatty_post_message, chatty},
    Route{"POST", "/api/chatty/message", chatty_ask_model, chatty},
    Route{"GET", "/api/chatty/constructs", chatty_list_constructs, chatty},
    Route{"GET", "/api/chatty/transcript/:construct", chatty_get_transcript, chatty},
    Route{"POST", "/api/chatty/transcript/:construct", chatty_put_transcript, chatty},
    Route{"POST", "/api/chatty/transcript/:construct/message", chatty_transcript_message, chatty},
    Route{"POST", "/api/transcripts/save", chatty_save_transcripts, chatty},
    Route{"GET", "/api/transcripts/list/:callsign", chatty_list_transcripts, chatty},
};

std::optional<std::vector<std::string>> fit(std::string_view pattern,
                                            const std::vector<std::string> &segments) {
    std::vector<std::string> arguments;
    std::size_t at = 0;
    pattern.remove_prefix(1);
    for (;;) {
        const auto slash = pattern.find('/');
        const auto part = pattern.substr(0, slash);
        if (at == segments.size()) return std::nullopt;
        if (part.starts_with('*')) {
            // An empty first segment is an absolute path: the database is to see it as one.
            std::string rest = segments[at++];
            for (; at < segments.size(); ++at) rest += "/" + segments[at];
            if (rest.empty()) return std::nullopt;
            arguments.push_back(std::move(rest));
        } else if (part.starts_with(':')) {
            if (segments[at].empty()) return std::nullopt;
            arguments.push_back(segments[at++]);
        } else if (segments[at++] != part) {
            return std::nullopt;
        }
        if (slash == std::string_view::npos) break;
        pattern.remove_prefix(slash + 1);
    }
    if (at != segments.size()) return std::nullopt;
    return arguments;
}

}  // namespace

std::span<const Route> all_routes() {
    return table;
}

Match match_route(std::string_view method, const std::vector<std::string> &segments) {
    const auto wanted = method == "HEAD" ? "GET" : method;
    Match match;
    for (const auto &route : table) {
        auto arguments = fit(route.pattern, segments);
        if (!arguments) continue;
        if (!match.methods.empty()) match.methods += ", ";
        match.methods += route.method;
        if (route.method == "GET") match.methods += ", HEAD";
        if (route.method == wanted && !match.route) {
            match.route = &route;
            match.arguments = std::move(*arguments);
        }
    }
    return match;
}

}  // namespace gateway
