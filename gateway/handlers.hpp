// Every handler, by noun. The table in routes.cpp says which request each answers.
#pragma once

#include "exchange.hpp"

namespace gateway {

// health.cpp
Reply get_healthz(Exchange &exchange);
Reply get_readyz(Exchange &exchange);
Reply get_whoami(Exchange &exchange);

// metrics_report.cpp
Reply get_metrics(Exchange &exchange);

// openapi.cpp
Reply get_openapi(Exchange &exchange);

// demo.cpp
Reply get_demo(Exchange &exchange);
Reply get_demo_page(Exchange &exchange);
Reply get_demo_file(Exchange &exchange);

// sign_in.cpp
Reply post_sign_in(Exchange &exchange);
Reply post_sign_in_google(Exchange &exchange);
Reply post_sign_out(Exchange &exchange);
Reply list_identities(Exchange &exchange);
Reply post_identity(Exchange &exchange);
Reply delete_identity(Exchange &exchange);

// tokens.cpp
Reply list_tokens(Exchange &exchange);
Reply post_token(Exchange &exchange);
Reply rotate_token(Exchange &exchange);
Reply delete_token(Exchange &exchange);

// groups.cpp
Reply list_groups(Exchange &exchange);
Reply post_group(Exchange &exchange);
Reply delete_group(Exchange &exchange);
Reply put_member(Exchange &exchange);
Reply delete_member(Exchange &exchange);
Reply put_group_construct(Exchange &exchange);
Reply delete_group_construct(Exchange &exchange);

// runtimes.cpp
Reply list_runtimes(Exchange &exchange);
Reply post_runtime(Exchange &exchange);
Reply delete_runtime(Exchange &exchange);
Reply put_runtime_construct(Exchange &exchange);
Reply delete_runtime_construct(Exchange &exchange);

// messages.cpp
Reply list_messages(Exchange &exchange);
Reply list_messages_of_query(Exchange &exchange);
Reply post_message(Exchange &exchange);
Reply post_message_by_body(Exchange &exchange);

// search.cpp
Reply search_messages(Exchange &exchange);

// seats.cpp
Reply get_seat_report(Exchange &exchange);

// conversations.cpp
Reply list_conversations(Exchange &exchange);
Reply post_conversation(Exchange &exchange);
Reply get_conversation(Exchange &exchange);
Reply patch_conversation(Exchange &exchange);
Reply get_transcript(Exchange &exchange);

// events.cpp
Reply get_events(Exchange &exchange);
Reply get_conversation_events(Exchange &exchange);

// files.cpp
Reply list_files(Exchange &exchange);
Reply get_file(Exchange &exchange);
Reply put_file(Exchange &exchange);
Reply delete_file(Exchange &exchange);
Reply restore_file(Exchange &exchange);
Reply post_import(Exchange &exchange);

// file_changes.cpp
Reply change_file(Exchange &exchange);
Reply get_diff(Exchange &exchange);
Reply post_files(Exchange &exchange);

// holds.cpp
Reply list_holds(Exchange &exchange);
Reply shred_construct(Exchange &exchange);
Reply shred_account(Exchange &exchange);

// constructs.cpp
Reply list_constructs(Exchange &exchange);
Reply post_construct(Exchange &exchange);
Reply list_grants(Exchange &exchange);
Reply put_grant(Exchange &exchange);
Reply delete_grant(Exchange &exchange);

// ledger.cpp
Reply get_ledger_checkpoint(Exchange &exchange);
Reply get_ledger_key(Exchange &exchange);
Reply list_ledger_entries(Exchange &exchange);
Reply get_inclusion_proof(Exchange &exchange);
Reply get_ledger_opening(Exchange &exchange);
Reply get_consistency_proof(Exchange &exchange);
Reply get_ledger_tile(Exchange &exchange);

// chatty_conversations.cpp
Reply chatty_health(Exchange &exchange);
Reply chatty_me(Exchange &exchange);
Reply chatty_hydrate(Exchange &exchange);
Reply chatty_begin(Exchange &exchange);
Reply chatty_create_canonical(Exchange &exchange);
Reply chatty_chat(Exchange &exchange);
Reply chatty_list_conversations(Exchange &exchange);
Reply chatty_post_conversation(Exchange &exchange);

// chatty_index.cpp
Reply chatty_index(Exchange &exchange);
Reply chatty_summary(Exchange &exchange);
Reply chatty_export(Exchange &exchange);

// chatty_memories.cpp
Reply chatty_memories(Exchange &exchange);

// chatty_saved.cpp
Reply chatty_save_transcripts(Exchange &exchange);
Reply chatty_list_transcripts(Exchange &exchange);

// chatty_messages.cpp
Reply chatty_save_message(Exchange &exchange);
Reply chatty_list_messages(Exchange &exchange);
Reply chatty_post_message(Exchange &exchange);

// chatty_answers.cpp
Reply chatty_ask_model(Exchange &exchange);

// chatty_transcripts.cpp
Reply chatty_get_transcript(Exchange &exchange);
Reply chatty_put_transcript(Exchange &exchange);
Reply chatty_transcript_message(Exchange &exchange);
Reply chatty_list_constructs(Exchange &exchange);

}  // namespace gateway
