// Every SQL text the gateway sends: a call of one vvault function each, columns
// named, so that what the database offers may grow without breaking us. The
// order of columns is known to shapes.hpp and to the handler that reads it.
#pragma once

#include "database.hpp"

namespace gateway::statements {

// The columns of vvault.message, vvault.session and vvault.construct.
inline const std::string message_columns =
    "m.id, m.seq, m.session, m.session_id, m.role, m.content, m.seat, m.model, m.client_id, "
    "m.metadata, m.created_at, m.\"timestamp\", m.replayed, m.user_id";
inline const std::string session_columns =
    "s.id, s.external_id, s.construct, s.construct_title, s.title, s.started_at, s.ended_at, "
    "s.last_seq, s.updated_at, s.last_message_at, s.flags, s.created, s.user_id";
inline const std::string construct_columns =
    "c.id, c.name, c.title, c.role, c.owner_id, c.created_at, c.retired_at";

inline const Statement authenticate{"authenticate", "SELECT vvault.authenticate($1)"};
// Until the end of the transaction, which is the request's.
inline const Statement name_session{"name_session",
                                    "SELECT pg_catalog.set_config('application_name', $1, true)"};
inline const Statement health{"health", "SELECT vvault.health()"};
// Name, help and value of each figure that the metrics show.
inline const Statement ledger_figures{
    "ledger_figures",
    "SELECT f.name, f.help, f.value::text FROM vvault.ledger_status() AS s,"
    " vvault.transcript_status() AS t, LATERAL (VALUES"
    " ('ledger_sealed_entries', 'Ledger entries in the sealed tree.', s.size::numeric),"
    " ('ledger_unsealed_entries', 'Ledger entries that wait to be sealed, counted up to 100,000.',"
    " s.unsealed::numeric),"
    " ('ledger_seal_lag_seconds', 'Age of the oldest entry that waits to be sealed.',"
    " coalesce(extract(epoch FROM s.oldest_unsealed), 0)),"
    " ('ledger_sealer_running', '1 while a background worker seals.', "
    "s.sealer_is_running::int::numeric),"
    " ('ledger_checkpoint_signed', '1 if the newest checkpoint is signed.',"
    " coalesce(s.checkpoint_is_signed, false)::int::numeric),"
    " ('ledger_sealing_stopped', '1 if nothing is sealed until an administrator decides.',"
    " (s.stopped IS NOT NULL)::int::numeric),"
    " ('transcript_files_waiting', 'Transcript files that are behind their conversations.',"
    " t.waiting::numeric),"
    " ('transcript_lag_seconds', 'How long the first of them has been behind.',"
    " coalesce(extract(epoch FROM t.oldest_waiting), 0)),"
    " ('transcript_files_not_written', 'Transcript files that could not be written.',"
    " t.not_written::numeric),"
    " ('transcript_keeper_running', '1 while a background worker keeps transcript files.',"
    " t.keeper_is_running::int::numeric)) AS f (name, help, value)"
    " WHERE f.value IS NOT NULL"};
inline const Statement whoami{"whoami", "SELECT vvault.whoami()"};

inline const Statement sign_in{
    "sign_in",
    "SELECT s.token, s.token_id, s.user_id, s.email, s.display_name, s.expires_at, s.ends_at,"
    " s.created, ceil(extract(epoch FROM s.ends_at - now()))::bigint"
    " FROM vvault.sign_in(id_token => $1, nonce => $2, device => $3, issuer => $4) AS s"};
inline const Statement sign_out{"sign_out", "SELECT vvault.sign_out()"};
inline const Statement sign_out_everywhere{"sign_out_everywhere",
                                           "SELECT vvault.sign_out_everywhere()"};
inline const Statement note_token_use{"note_token_use", "SELECT vvault.note_token_use()"};

inline const std::string token_columns =
    "t.id, t.name, t.prefix, to_json(t.scopes), t.runtime, t.expires_at";
inline const Statement list_tokens{
    "list_tokens", "SELECT " + token_columns +
                       ", t.kind, t.created_at, t.last_used_at, t.revoked_at, t.replaces,"
                       " t.id = vvault.current_token_id() FROM vvault.list_tokens() AS t"};
inline const Statement create_api_key{
    "create_api_key",
    "SELECT " + token_columns +
        ", t.token FROM vvault.create_api_key(name => $1,"
        " scopes => ARRAY(SELECT jsonb_array_elements_text($2::jsonb)), expires_at => $3,"
        " runtime => $4) AS t"};
inline const Statement rotate_token{
    "rotate_token",
    "SELECT " + token_columns +
        ", t.token FROM vvault.rotate_token(id => $1, overlap => make_interval(secs => $2)) AS t"};
inline const Statement revoke_token{"revoke_token", "SELECT vvault.revoke_token(id => $1)"};

inline const Statement list_runtimes{
    "list_runtimes",
    "SELECT r.id, r.name, r.created_at, r.tokens, r.constructs FROM vvault.list_runtimes() AS r"};
inline const Statement create_runtime{
    "create_runtime",
    "SELECT vvault.create_runtime(name => $1,"
    " constructs => ARRAY(SELECT jsonb_array_elements_text($2::jsonb)), role => $3)"};
inline const Statement end_runtime{"end_runtime", "SELECT vvault.end_runtime(name => $1)"};
inline const Statement add_to_runtime{
    "add_to_runtime", "SELECT vvault.add_to_runtime(runtime => $1, construct => $2, role => $3)"};
inline const Statement remove_from_runtime{
    "remove_from_runtime", "SELECT vvault.remove_from_runtime(runtime => $1, construct => $2)"};

inline const Statement list_identities{
    "list_identities", "SELECT i.id, i.issuer, i.created_at FROM vvault.list_identities() AS i"};
inline const Statement link_identity{"link_identity",
                                     "SELECT vvault.link_identity(id_token => $1, nonce => $2)"};
inline const Statement unlink_identity{"unlink_identity",
                                       "SELECT vvault.unlink_identity(id => $1)"};

// As the database user that brings keys.
inline const Statement issuers_due{
    "issuers_due", "SELECT d.issuer, d.jwks_url, d.etag FROM vvault.issuers_due(early => $1) AS d"};
inline const Statement set_issuer_keys{
    "set_issuer_keys",
    "SELECT vvault.set_issuer_keys(issuer => $1, jwks => $2, etag => $3, max_age => $4)"};

// A call behind authenticate() in the same statement: its first argument waits for the answer.
inline std::string behind_token(const std::string &columns, const std::string &call, int token) {
    return "SELECT " + columns + " FROM (SELECT vvault.authenticate($" + std::to_string(token) +
           ") AS id) AS caller, LATERAL vvault." + call + " AS m";
}
inline const std::string awaited_session =
    "session => CASE WHEN caller.id IS NOT NULL THEN $1 END, ";

inline const std::string append_arguments =
    "role => $2, content => $3, client_id => $4, seat => $5, model => $6, created_at => $7,"
    " metadata => $8, \"timestamp\" => $9)";
inline const Statement append_message_alone{
    "append_message_alone",
    behind_token(message_columns, "append_message(" + awaited_session + append_arguments, 10)};
inline const Statement append_message{"append_message",
                                      "SELECT " + message_columns +
                                          " FROM vvault.append_message(session => $1, " +
                                          append_arguments + " AS m",
                                      false, &append_message_alone};
inline const Statement append_answer{
    "append_answer",
    "SELECT " + message_columns +
        " FROM vvault.append_answer(session => $1, role => $2, content => $3,"
        " client_id => $4, seat => $5, model => $6, created_at => $7,"
        " metadata => $8, \"timestamp\" => $9, latency_ms => $10, tried => $11) AS m"};
inline const Statement append_messages{
    "append_messages", "SELECT " + message_columns +
                           " FROM vvault.append_messages(session => $1, messages => $2) AS m"};
inline const std::string list_arguments =
    "after_seq => $2, before_seq => $3, \"limit\" => $4, descending => $5)";
inline const Statement list_messages_alone{
    "list_messages_alone",
    behind_token(message_columns, "list_messages(" + awaited_session + list_arguments, 6)};
inline const Statement list_messages{"list_messages",
                                     "SELECT " + message_columns +
                                         " FROM vvault.list_messages(session => $1, " +
                                         list_arguments + " AS m",
                                     false, &list_messages_alone};
inline const Statement list_all_messages{
    "list_all_messages",
    "SELECT " + message_columns + " FROM vvault.list_all_messages(\"last\" => $1) AS m"};

inline const Statement begin_answer{
    "begin_answer",
    "SELECT b.state, b.question, b.answer FROM vvault.begin_answer(session => $1,"
    " client_id => $2, claim => $3) AS b"};
inline const Statement keep_answer{
    "keep_answer", "SELECT vvault.keep_answer(session => $1, question => $2, claim => $3)"};
inline const Statement finish_answer{
    "finish_answer", "SELECT " + message_columns +
                         " FROM vvault.finish_answer(session => $1, question => $2, content => $3,"
                         " seat => $4, model => $5, latency_ms => $6, tried => $7,"
                         " metadata => $8) AS m"};
inline const Statement fail_answer{
    "fail_answer",
    "SELECT vvault.fail_answer(session => $1, question => $2, claim => $3, seat => $4,"
    " error_class => $5, tried => $6)"};
inline const Statement seat_report{
    "seat_report",
    "SELECT r.seat, r.backend, r.model, r.uses, r.answers, r.failures, r.fallbacks, r.median_ms,"
    " r.p95_ms, r.error_classes, r.last_used FROM vvault.seat_report(since => $1) AS r"};

inline const Statement search_messages{
    "search_messages",
    "SELECT " + message_columns +
        ", f.cursor, f.searched FROM vvault.search_messages(query => $1, construct => $2,"
        " \"limit\" => $3, cursor => $4) AS f, LATERAL (SELECT (f.message).*) AS m"};

inline const Statement start_session{
    "start_session",
    "SELECT " + session_columns +
        " FROM vvault.start_session(construct => $1, external_id => $2, title => $3,"
        " create_construct => $4) AS s"};
inline const Statement get_session{
    "get_session", "SELECT " + session_columns + " FROM vvault.get_session(session => $1) AS s"};
inline const Statement end_session{
    "end_session", "SELECT " + session_columns + " FROM vvault.end_session(session => $1) AS s"};
inline const Statement rename_session{
    "rename_session",
    "SELECT " + session_columns + " FROM vvault.rename_session(session => $1, title => $2) AS s"};
inline const Statement list_sessions{
    "list_sessions",
    "SELECT " + session_columns + " FROM vvault.list_sessions(construct => $1, shared => $2) AS s"};
inline const Statement render_transcript{"render_transcript",
                                         "SELECT vvault.render_transcript(session => $1)"};
inline const Statement transcript_length{"transcript_length",
                                         "SELECT length(vvault.render_transcript(session => $1))"};

inline const Statement list_events{
    "list_events", "SELECT " + message_columns + ", " + session_columns +
                       ", e.cursor, e.event, e.data"
                       " FROM vvault.list_events(since => $1, session => $2, \"limit\" => $3,"
                       " known => $4, seen => $5) AS e,"
                       " LATERAL (SELECT (e.message).*) AS m,"
                       " LATERAL (SELECT (e.conversation).*) AS s"};
inline const Statement announce{
    "announce",
    "SELECT a.until, a.incarnation, a.user_id, a.stream_id, a.stream_seq, a.event_type,"
    " a.grantee_id FROM vvault._announce(since => $1) AS a"};

inline const Statement create_construct{
    "create_construct",
    "SELECT " + construct_columns + " FROM vvault.create_construct(name => $1, title => $2) AS c"};
inline const Statement list_constructs{
    "list_constructs", "SELECT " + construct_columns + " FROM vvault.list_constructs() AS c"};
inline const Statement grant_construct{
    "grant_construct",
    "SELECT vvault.grant_construct(name => $1, email => $2, role => $3, until => $4)"};
inline const Statement revoke_construct{"revoke_construct",
                                        "SELECT vvault.revoke_construct(name => $1, email => $2)"};
inline const Statement list_grants{
    "list_grants",
    "SELECT g.email, g.role, g.until, g.granted_at FROM vvault.list_grants(name => $1) AS g"};

inline const Statement list_groups{
    "list_groups",
    "SELECT g.id, g.name, g.created_at, g.members, g.constructs FROM vvault.list_groups() AS g"};
inline const Statement create_group{"create_group", "SELECT vvault.create_group(name => $1)"};
inline const Statement drop_group{"drop_group", "SELECT vvault.drop_group(name => $1)"};
inline const Statement add_member{
    "add_member", "SELECT vvault.add_member(\"group\" => $1, email => $2, until => $3)"};
inline const Statement remove_member{"remove_member",
                                     "SELECT vvault.remove_member(\"group\" => $1, email => $2)"};
inline const Statement grant_group{
    "grant_group",
    "SELECT vvault.grant_group(construct => $1, \"group\" => $2, role => $3, until => $4)"};
inline const Statement revoke_group{"revoke_group",
                                    "SELECT vvault.revoke_group(construct => $1, \"group\" => $2)"};

inline const Statement put_file{
    "put_file",
    "SELECT vvault.put_file(path => $1, content => $2, expected_version => $3,"
    " media_type => $4, encrypted => $5, metadata => $6)"};
inline const Statement begin_upload{
    "begin_upload",
    "SELECT vvault.begin_upload(path => $1, expected_version => $2, media_type => $3,"
    " encrypted => $4, keep_for => '10 minutes')"};
inline const Statement append_upload{
    "append_upload", R"(SELECT vvault.append_upload(id => $1, "offset" => $2, data => $3))"};
inline const Statement finish_upload{"finish_upload",
                                     "SELECT vvault.finish_upload(id => $1, sha256 => $2,"
                                     " metadata => $3)"};
inline const Statement abandon_upload{"abandon_upload", "SELECT vvault.abandon_upload(id => $1)"};
inline const Statement sweep_uploads{"sweep_uploads", "SELECT vvault.sweep_uploads()"};
inline const Statement read_file{
    "read_file",
    "SELECT f.version::text, f.media_type, f.sha256, f.created_at::text, f.content, f.encrypted"
    " FROM vvault.read_file(path => $1, version => $2, as_of => $3) AS f",
    true};
inline const Statement read_part{
    "read_part",
    "SELECT p.version_read::text, p.media_type, p.size::text, p.encrypted, p.first_byte::text,"
    " p.content, p.last_byte::text, p.sha256, p.file_id::text"
    " FROM vvault.read_part(path => $1, first => $2, last => $3, version => $4, as_of => $5,"
    " most => $6) AS p",
    true};
inline const Statement list_files{
    "list_files",
    "SELECT f.path, f.filename, f.version, f.size, f.media_type, f.sha256, f.encrypted,"
    " f.updated_at, f.deleted_at"
    " FROM vvault.list_files(prefix => $1, include_deleted => $2, shared => $3, as_of => $4,"
    " after => $5, \"limit\" => $6) AS f"};
inline const Statement file_history{
    "file_history",
    "SELECT h.version, h.kind, h.size, h.media_type, h.sha256, h.restored_from, h.created_at,"
    " h.metadata"
    " FROM vvault.file_history(path => $1) AS h"};
inline const Statement restore_file{"restore_file",
                                    "SELECT vvault.restore_file(path => $1, version => $2)"};
inline const Statement delete_file{"delete_file",
                                   "SELECT vvault.delete_file(path => $1, expected_version => $2)"};
inline const Statement undelete_file{"undelete_file", "SELECT vvault.undelete_file(path => $1)"};
inline const Statement restore_tree{
    "restore_tree",
    "SELECT r.path, r.version, r.action FROM vvault.restore_tree(prefix => $1, as_of => $2) AS r"};
inline const Statement diff_file{"diff_file",
                                 "SELECT vvault.diff_file(path => $1, a => $2, b => $3)"};
inline const Statement purge_file{"purge_file",
                                  "SELECT vvault.purge_file(path => $1, before_version => $2)"};
inline const Statement shred_file{"shred_file", "SELECT vvault.shred_file(path => $1)"};
inline const Statement shred_construct{"shred_construct",
                                       "SELECT vvault.shred_construct(name => $1)"};
inline const Statement shred_user{"shred_user", "SELECT vvault.shred_user(owner => $1::text)"};
inline const Statement list_holds{
    "list_holds",
    "SELECT h.id, h.prefix, h.reason, h.placed_at, h.lifted_at, h.lift_reason"
    " FROM vvault.list_holds() AS h"};
inline const Statement import_turns{
    "import_turns", "SELECT vvault.import_turns(path => $1, owner_names => $2, dry_run => $3)"};
inline const Statement import_content{
    "import_content",
    "SELECT vvault.import_content(path => $1, content => decode($4, 'base64'),"
    " owner_names => $2, dry_run => $3)"};

inline const Statement ledger_checkpoint{"ledger_checkpoint",
                                         "SELECT vvault.ledger_checkpoint(size => $1)"};
inline const Statement ledger_keys{"ledger_keys", "SELECT k FROM vvault.ledger_keys() AS k"};
inline const Statement ledger_entries_for{
    "ledger_entries_for",
    "SELECT e.\"position\", e.id, e.user_id, e.stream_id, e.stream_seq,"
    " encode(e.previous_leaf, 'hex'), e.event_type,"
    " (extract(epoch FROM e.\"timestamp\") * 1000000)::bigint, e.actor, e.xid,"
    " encode(e.payload_commitment, 'hex'), encode(e.content_commitment, 'hex'),"
    " encode(e.leaf_hash, 'hex'), encode(e.salt, 'hex'), e.payload::text"
    " FROM vvault.ledger_entries_for(file => $1, session => $2, construct => $3,"
    " after_seq => $4, \"limit\" => $5) AS e"};
inline const Statement ledger_proof_json{
    "ledger_proof_json", "SELECT vvault.ledger_proof_json(entry => $1, size => $2)"};
inline const Statement ledger_opening{
    "ledger_opening",
    "SELECT o.entry, encode(o.blind, 'hex'), encode(o.content_sha256, 'hex'), o.metadata"
    " FROM vvault.ledger_opening(entry => $1) AS o"};
inline const Statement ledger_consistency_proof{
    "ledger_consistency_proof",
    "SELECT encode(h, 'hex') FROM unnest(vvault.ledger_consistency_proof("
    "old_size => $1, new_size => $2)) AS h"};
inline const Statement ledger_tile{"ledger_tile", "SELECT vvault.ledger_tile(path => $1)", true};

}  // namespace gateway::statements
