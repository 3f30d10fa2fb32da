-- A token bound to a runtime environment reaches the constructs in it, own or granted, and
-- nothing else: by functions, by tables, by the ledger and by events.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.rt@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.rt@example.com', 'Bob') \gset
SELECT id AS cyd, api_key AS cyd_key FROM vvault.create_user('cyd.rt@example.com', 'Cyd') \gset
BEGIN;  -- What Bob grants to Ada: nova to write, orb to read.
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count(*) FROM vvault.start_session('nova', 'nova-thread', 'Nova', true);
SELECT count(*) FROM vvault.start_session('orb', 'orb-thread', 'Orb', true);
SELECT count(*) FROM vvault.start_session('rho', 'rho-thread', 'Rho', true);
SELECT seq FROM vvault.append_message('nova-thread', 'user', 'of nova', 'a');
SELECT seq FROM vvault.append_message('orb-thread', 'user', 'of orb', 'a');
SELECT vvault.put_file('instances/nova-001/notes.md', 'nova notes');
SELECT vvault.grant_construct('nova', 'ada.rt@example.com', 'writer'),
       vvault.grant_construct('orb', 'ada.rt@example.com', 'manager'),
       vvault.grant_construct('rho', 'ada.rt@example.com', 'writer');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'zen-thread', 'Zen', true);
SELECT count(*) FROM vvault.start_session('lin', 'lin-thread', 'Lin', true);
SELECT count(*) FROM vvault.start_session('tau', 'tau-thread', 'Tau', true);
SELECT seq FROM vvault.append_message('zen-thread', 'user', 'of zen', 'a');
SELECT seq FROM vvault.append_message('lin-thread', 'user', 'of lin', 'a');
SELECT seq FROM vvault.append_message('tau-thread', 'user', 'of tau', 'a');
SELECT vvault.put_file('instances/zen-001/notes.md', 'zen notes'),
       vvault.put_file('instances/lin-001/notes.md', 'lin notes'),
       vvault.put_file('instances/tau-001/notes.md', 'tau notes'),
       vvault.put_file('library/own.md', 'of no construct');
-- zen to write, tau to read, and what Bob granted; orb only to read.
SELECT vvault.create_runtime('worker', '{zen,nova}') IS NOT NULL AS made;
SELECT vvault.add_to_runtime('worker', 'tau', 'reader'), vvault.add_to_runtime('worker', 'orb', 'reader');
SELECT vvault.create_runtime('empty') IS NOT NULL AS made;
SELECT vvault.create_token('worker key', runtime => 'worker') AS worker_key,
       vvault.create_token('narrow key', '{messages:read}', runtime => 'worker') AS narrow_key,
       vvault.create_token('empty key', runtime => 'empty') AS empty_key \gset
SELECT id AS worker_id FROM vvault.list_tokens() WHERE name = 'worker key' \gset
SELECT id AS lin_session FROM vvault.get_session('lin-thread') \gset
SELECT id AS lin_construct FROM vvault.list_constructs() WHERE name = 'lin-001' \gset
COMMIT;
SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT id AS lin_entry FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type = 'message.created' AND stream_id = :'lin_session' \gset
SELECT id AS key_entry FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type = 'token.created' LIMIT 1 \gset

CREATE FUNCTION public.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN coalesce(result, 'nothing');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
CREATE TABLE public.questions (number serial, query text);
INSERT INTO public.questions (query) VALUES
    ($$SELECT string_agg(name || ' ' || role, ', ' ORDER BY name) FROM vvault.list_constructs()$$),
    ($$SELECT string_agg(external_id, ', ' ORDER BY external_id) FROM vvault.list_sessions()$$),
    ($$SELECT string_agg(external_id, ', ' ORDER BY external_id) FROM vvault.list_sessions(shared => false)$$),
    ($$SELECT string_agg(content, ', ' ORDER BY content) FROM vvault.list_all_messages()$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_messages('zen-thread')$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_messages('lin-thread')$$),
    (format($$SELECT string_agg(content, ', ') FROM vvault.list_messages(%L)$$, :'lin_session')),
    ($$SELECT seq FROM vvault.append_message('zen-thread', 'user', 'x', 'new')$$),
    ($$SELECT seq FROM vvault.append_message('lin-thread', 'user', 'x', 'new')$$),
    (format($$SELECT seq FROM vvault.append_message(%L, 'user', 'x', 'new')$$, :'lin_session')),
    ($$SELECT seq FROM vvault.append_message('tau-thread', 'user', 'x', 'new')$$),
    ($$SELECT seq FROM vvault.append_message('nova-thread', 'user', 'x', 'new')$$),
    ($$SELECT seq FROM vvault.append_message('orb-thread', 'user', 'x', 'new')$$),
    ($$SELECT seq FROM vvault.append_message('rho-thread', 'user', 'x', 'new')$$),
    ($$SELECT count(*) FROM vvault.append_messages('lin-thread', '[{"role": "user", "content": "y"}]')$$),
    ($$SELECT title FROM vvault.rename_session('zen-thread', 'Renamed')$$),
    ($$SELECT title FROM vvault.rename_session('lin-thread', 'Renamed')$$),
    ($$SELECT external_id FROM vvault.end_session('tau-thread')$$),
    ($$SELECT created FROM vvault.start_session('zen', 'second')$$),
    ($$SELECT created FROM vvault.start_session('zen', 'lin-thread')$$),
    ($$SELECT created FROM vvault.start_session('lin', 'second')$$),
    ($$SELECT created FROM vvault.start_session('lin', 'second', NULL, true)$$),
    ($$SELECT created FROM vvault.start_session('new', 'second', NULL, true)$$),
    ($$SELECT name FROM vvault.create_construct('new')$$),
    ($$SELECT length(vvault.render_transcript('zen-thread')) > 100$$),
    ($$SELECT length(vvault.render_transcript('lin-thread')) > 100$$),
    ($$SELECT string_agg(path, ', ' ORDER BY path) FROM vvault.list_files()$$),
    ($$SELECT string_agg(path, ', ' ORDER BY path) FROM vvault.list_files(as_of => 'infinity')$$),
    ($$SELECT convert_from(vvault.get_file('instances/zen-001/notes.md'), 'UTF8')$$),
    ($$SELECT convert_from(vvault.get_file('instances/lin-001/notes.md'), 'UTF8')$$),
    ($$SELECT convert_from(vvault.get_file('instances/nova-001/notes.md'), 'UTF8')$$),
    ($$SELECT convert_from(vvault.get_file('library/own.md'), 'UTF8')$$),
    ($$SELECT length(vvault.read_range('instances/lin-001/notes.md', 0, 3))$$),
    ($$SELECT count(*) FROM vvault.file_history('instances/lin-001/notes.md')$$),
    ($$SELECT vvault.diff_file('instances/lin-001/notes.md', 1) = ''$$),
    ($$SELECT vvault.put_file('instances/zen-001/notes.md', 'overwritten')$$),
    ($$SELECT vvault.put_file('instances/lin-001/notes.md', 'overwritten')$$),
    ($$SELECT vvault.put_file('instances/lin-001/other.md', 'new')$$),
    ($$SELECT vvault.put_file('instances/new-001/other.md', 'new')$$),
    ($$SELECT vvault.put_file('instances/tau-001/notes.md', 'overwritten')$$),
    ($$SELECT vvault.put_file('instances/tau-001/other.md', 'new')$$),
    ($$SELECT vvault.put_file('instances/nova-001/other.md', 'new')$$),
    ($$SELECT vvault.put_file('instances/orb-001/other.md', 'new')$$),
    ($$SELECT vvault.put_file('library/own.md', 'overwritten')$$),
    ($$SELECT vvault.put_file('library/other.md', 'new')$$),
    ($$SELECT vvault.delete_file('instances/zen-001/notes.md')$$),
    ($$SELECT vvault.delete_file('instances/lin-001/notes.md')$$),
    ($$SELECT vvault.undelete_file('instances/lin-001/notes.md')$$),
    ($$SELECT vvault.restore_file('instances/tau-001/notes.md', 1)$$),
    ($$SELECT string_agg(path || ' ' || action, ', ') FROM vvault.restore_tree('instances/zen-001/', '2001-01-01')$$),
    ($$SELECT vvault.purge_file('instances/zen-001/notes.md', 1)$$),
    ($$SELECT vvault.shred_file('instances/zen-001/notes.md')$$),
    ($$SELECT vvault.shred_construct('zen')$$),
    ($$SELECT vvault.shred_user(vvault.current_user_id())$$),
    ($$SELECT vvault.rotate_data_key(vvault.current_user_id())$$),
    ($$SELECT vvault.import_turns('library/own.md')$$),
    ($$SELECT octet_length(vvault._archive('')) > 0$$),
    ($$SELECT vvault.export_pgp('', 'no key')$$),
    ($$SELECT vvault.grant_construct('zen', 'cyd.rt@example.com')$$),
    ($$SELECT vvault.grant_construct('orb', 'cyd.rt@example.com')$$),
    ($$SELECT vvault.revoke_construct('zen', 'cyd.rt@example.com')$$),
    ($$SELECT count(*) FROM vvault.list_grants('zen')$$),
    ($$SELECT count(*) FROM vvault.list_tokens()$$),
    ($$SELECT length(vvault.create_token('wider'))$$),
    ($$SELECT length(vvault.create_token('same', '{messages:read}', NULL, 'worker'))$$),
    (format($$SELECT name FROM vvault.rotate_token(%L)$$, :'worker_id')),
    (format($$SELECT vvault.revoke_token(%L)$$, :'worker_id')),
    ($$SELECT vvault.create_runtime('wider', '{lin}')$$),
    ($$SELECT vvault.add_to_runtime('worker', 'lin')$$),
    ($$SELECT vvault.remove_from_runtime('worker', 'zen')$$),
    ($$SELECT vvault.end_runtime('worker')$$),
    ($$SELECT count(*) FROM vvault.list_runtimes()$$),
    ($$SELECT vvault.link_identity('x')$$),
    ($$SELECT count(*) FROM vvault.list_identities()$$),
    ($$SELECT vvault.sign_out_everywhere()$$),
    ($$SELECT vvault.sign_out()$$),
    ($$SELECT vvault.whoami() ->> 'runtime'$$),
    ($$SELECT vvault.note_token_use()$$),
    ($$SELECT count(*) FROM vvault.users$$),
    ($$SELECT string_agg(name, ', ' ORDER BY name) FROM vvault.tokens$$),
    ($$SELECT count(*) FROM vvault.token_uses$$),
    ($$SELECT count(*) FROM vvault.runtimes$$),
    ($$SELECT count(*) FROM vvault.runtime_constructs$$),
    ($$SELECT string_agg(name, ', ' ORDER BY name) FROM vvault.constructs$$),
    ($$SELECT count(*) FROM vvault.construct_grants$$),
    ($$SELECT string_agg(external_id, ', ' ORDER BY external_id) FROM vvault.sessions$$),
    ($$SELECT count(*) FROM vvault.messages$$),
    ($$SELECT string_agg(path, ', ' ORDER BY path) FROM vvault.vault_files$$),
    ($$SELECT count(*) FROM vvault.vault_file_versions$$),
    ($$SELECT count(*) > 0 FROM vvault.ledger_entries$$),
    ($$SELECT count(*) > 0 FROM vvault.ledger_leaves$$),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(session => 'zen-thread')$$),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(session => 'lin-thread')$$),
    (format($$SELECT count(*) FROM vvault.ledger_entries_for(session => %L)$$, :'lin_session')),
    (format($$SELECT count(*) FROM vvault.ledger_entries_for(construct => %L)$$, :'lin_construct')),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(file => 'library/own.md')$$),
    (format($$SELECT (vvault.ledger_inclusion_proof(%L)).size > 0$$, :'lin_entry')),
    (format($$SELECT length(vvault.ledger_proof_json(%L)) > 0$$, :'key_entry')),
    (format($$SELECT vvault.ledger_position(%L) >= 0$$, :'lin_entry')),
    ($$SELECT string_agg(DISTINCT e ->> 'event_type', ', ') FROM vvault.ledger_export_mine() l, LATERAL (SELECT l::jsonb) AS j(e) WHERE e ? 'event_type'$$),
    ($$SELECT count(DISTINCT e ->> 'stream_id') FROM vvault.ledger_export_mine() l, LATERAL (SELECT l::jsonb) AS j(e) WHERE e ? 'event_type'$$),
    ($$SELECT string_agg(DISTINCT event || coalesce(' ' || (message).session, ' ' || (conversation).external_id, ' ' || (data ->> 'path'), ''), ', ') FROM vvault.list_events(session => 'zen-thread', since => 'x')$$),
    ($$SELECT count(*) FROM vvault.list_events(session => 'lin-thread')$$),
    ($$SELECT vvault.begin_upload('instances/zen-001/large.bin') IS NOT NULL$$),
    ($$SELECT vvault.begin_upload('instances/tau-001/large.bin') IS NOT NULL$$),
    ($$SELECT vvault.begin_upload('instances/lin-001/large.bin') IS NOT NULL$$),
    ($$SELECT vvault.begin_upload('library/large.bin') IS NOT NULL$$),
    ($$SELECT version_read FROM vvault.read_part('instances/lin-001/notes.md', 0, 3)$$);
GRANT SELECT ON public.questions TO PUBLIC;
CREATE FUNCTION public.ask(key text) RETURNS TABLE (number integer, question text, answer text)
    LANGUAGE plpgsql AS $$
DECLARE
    q record;
BEGIN
    FOR q IN SELECT * FROM public.questions ORDER BY 1 LOOP
        number := q.number;
        question := regexp_replace(q.query, '[0-9a-f]{8}-[0-9a-f-]{27}', '(id)');
        BEGIN
            PERFORM vvault.authenticate(key);
            answer := public.answer(q.query);
            RAISE SQLSTATE '00999';
        EXCEPTION WHEN SQLSTATE '00999' THEN
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
SET SESSION AUTHORIZATION regress_person;
\pset format unaligned
\pset fieldsep ' | '
\echo A token of worker: zen and nova to write, tau and orb to read
SELECT * FROM public.ask(:'worker_key');
\echo A token of an empty runtime environment
SELECT * FROM public.ask(:'empty_key') WHERE number IN (1, 2, 4, 5, 8, 9, 19, 27, 29, 36, 45, 77, 79, 80, 84, 86, 87, 90, 92, 100);
\echo A token of worker with one scope
SELECT * FROM public.ask(:'narrow_key') WHERE number IN (1, 2, 5, 6, 8, 29, 36, 63, 92);
\echo Ada herself
SELECT * FROM public.ask(:'ada_key') WHERE number IN (1, 2, 6, 9, 27, 30, 37, 45, 72, 80, 82, 83, 95, 97, 98);

-- Events of everything a worker may see, and nothing of what lies outside.
BEGIN;
SELECT vvault.authenticate(:'worker_key') IS NOT NULL AS worker;
SELECT cursor AS here FROM vvault.list_events() LIMIT 1 \gset
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT seq FROM vvault.append_message('zen-thread', 'user', 'heard', 'b');
SELECT seq FROM vvault.append_message('lin-thread', 'user', 'not heard', 'b');
SELECT vvault.put_file('library/own.md', 'not heard either'),
       vvault.put_file('instances/tau-001/notes.md', 'heard too');
SELECT vvault.grant_construct('zen', 'cyd.rt@example.com');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'worker_key') IS NOT NULL AS worker;
SELECT event, (message).content, data ->> 'path' AS path
  FROM vvault.list_events(:'here') WHERE event <> 'cursor' ORDER BY 1, 2, 3;
COMMIT;

-- Of uploads of the same person it ends those that go where it may write, and no other.
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('library/up.bin') AS outside_id,
       vvault.begin_upload('instances/zen-001/up.bin') AS inside_id \gset
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'worker_key') IS NOT NULL AS worker;
SELECT public.answer(format($$SELECT vvault.append_upload(%L, 0, 'x')$$, :'outside_id')) AS outside,
       public.answer(format($$SELECT vvault.append_upload(%L, 0, 'x')$$, :'inside_id')) AS inside;
SELECT vvault.abandon_upload(:'outside_id'), vvault.abandon_upload(:'inside_id');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer(format($$SELECT vvault.append_upload(%L, 0, 'x')$$, :'outside_id')) AS outside,
       public.answer(format($$SELECT vvault.append_upload(%L, 1, 'x')$$, :'inside_id')) AS inside;
SELECT vvault.abandon_upload(:'outside_id');
COMMIT;
RESET SESSION AUTHORIZATION;
DO $$ BEGIN WHILE vvault.sweep_uploads() > 0 LOOP END LOOP; END $$;
SET SESSION AUTHORIZATION regress_person;
-- A runtime environment is narrowed and widened while its tokens are at work; a grant that is
-- lowered or ends takes what it gave out of it.
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.remove_from_runtime('worker', 'zen') AS removed,
       vvault.remove_from_runtime('worker', 'zen') AS again;
SELECT vvault.add_to_runtime('worker', 'lin', 'reader');
COMMIT;
SELECT * FROM public.ask(:'worker_key') WHERE number IN (1, 5, 6, 8, 9);
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.grant_construct('nova', 'ada.rt@example.com', 'reader'),
       vvault.revoke_construct('orb', 'ada.rt@example.com');
COMMIT;
SELECT * FROM public.ask(:'worker_key') WHERE number IN (1, 2, 12, 13, 31, 42);
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT name, tokens, (SELECT string_agg(coalesce(c ->> 'name', 'gone') || ' ' || (c ->> 'role'), ', ')
                        FROM jsonb_array_elements(constructs) AS c) AS constructs
  FROM vvault.list_runtimes();
SELECT (SELECT c ->> 'id' FROM jsonb_array_elements(constructs) AS c WHERE c ->> 'name' IS NULL) AS orb
  FROM vvault.list_runtimes() WHERE name = 'worker' \gset
SELECT vvault.remove_from_runtime('worker', :'orb') AS taken_out_by_id;
-- What is wrong is told.
SELECT public.answer($$SELECT vvault.create_runtime('worker')$$);
SELECT public.answer($$SELECT vvault.create_runtime('')$$);
SELECT public.answer($$SELECT vvault.create_runtime('other', '{nobody}')$$);
SELECT public.answer($$SELECT vvault.add_to_runtime('nowhere', 'zen')$$);
SELECT public.answer($$SELECT vvault.add_to_runtime('worker', 'zen', 'manager')$$);
SELECT public.answer($$SELECT vvault.add_to_runtime('worker', 'zen', NULL)$$);
SELECT public.answer($$SELECT vvault.remove_from_runtime('nowhere', 'zen')$$);
SELECT public.answer($$SELECT vvault.end_runtime('nowhere')$$);
SELECT public.answer($$SELECT vvault.create_token('x', '{*}', NULL, 'nowhere')$$);
COMMIT;
BEGIN;  -- Runtime environments are their owner's alone, also by name.
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count(*) FROM vvault.list_runtimes();
SELECT public.answer($$SELECT vvault.add_to_runtime('worker', 'nova')$$);
SELECT public.answer($$SELECT vvault.create_token('x', '{*}', NULL, 'worker')$$);
SELECT vvault.create_runtime('worker') IS NOT NULL AS own_of_that_name;
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.end_runtime('worker') AS revoked, vvault.end_runtime('worker') AS again;
COMMIT;
SELECT public.answer(format($$SELECT vvault.authenticate(%L)$$, :'worker_key')) AS worker,
       public.answer(format($$SELECT vvault.authenticate(%L) IS NOT NULL$$, :'empty_key')) AS other;
RESET SESSION AUTHORIZATION;
-- What runtime environments are is part of the ledger, and its rows are held against it.
SELECT string_agg(DISTINCT event_type, ', ') AS events FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type ~ '^runtime';
SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT "check", detail FROM vvault.ledger_verify() WHERE NOT ok AND "check" ~ '^rows of';
DROP FUNCTION public.ask(text);
DROP FUNCTION public.answer(text);
DROP TABLE public.questions;
