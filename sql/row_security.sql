-- Who sees what: persons × functions, and persons × tables.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.rows@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.rows@example.com', 'Bob') \gset
SELECT id AS cyd, api_key AS cyd_key FROM vvault.create_user('cyd.rows@example.com', 'Cyd') \gset
INSERT INTO vvault.identities (user_id, id, issuer, subject)
VALUES (:'ada', '01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e', 'https://rows.example', 'ada');
INSERT INTO vvault.tokens (user_id, id, name, prefix, scopes, hash_digest)
VALUES (:'ada', '01949e2c-8a52-7c31-8d11-0f4b6a7c8d9e', 'to rotate', 'vv_live_xxxx', '{*}', 'none');
INSERT INTO vvault.token_uses (user_id, token_id, last_used_at)
VALUES (:'ada', '01949e2c-8a52-7c31-8d11-0f4b6a7c8d9e', now());
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'shared', 'Shared', true);
SELECT count(*) FROM vvault.start_session('lin', 'private', 'Private', true);
SELECT seq FROM vvault.append_message('shared', 'user', 'for my readers', 'a');
SELECT seq FROM vvault.append_message('private', 'user', 'for me alone', 'a');
SELECT vvault.put_file('instances/zen-001/notes.md', 'shared notes'),
       vvault.put_file('instances/lin-001/notes.md', 'private notes'),
       vvault.put_file('library/own.md', 'no construct');
SELECT id AS shared_id FROM vvault.get_session('shared') \gset
SELECT vvault.grant_construct('zen', 'bob.rows@example.com', 'reader');
COMMIT;
SELECT vvault.place_hold(:'ada', 'library/', 'rows') IS NOT NULL AS held;
BEGIN;  -- Bob has a conversation and a construct of the very same names.
SELECT vvault.authenticate(:'cyd_key') IS NOT NULL AS cyd;
SELECT count(*) FROM vvault.start_session('zen', 'shared', 'Mine', true);
SELECT seq FROM vvault.append_message('shared', 'user', 'Cyds own', 'a');
COMMIT;

SELECT vvault.ledger_seal() > 0 AS sealed;

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
    ($$SELECT string_agg(name || ' ' || role, ', ') FROM vvault.list_constructs()$$),
    ($$SELECT string_agg(external_id || ' (' || coalesce(title, '') || ')', ', ') FROM vvault.list_sessions()$$),
    ($$SELECT string_agg(external_id, ', ') FROM vvault.list_sessions(shared => false)$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_messages('shared')$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_messages('private')$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_all_messages()$$),
    ($$SELECT title FROM vvault.get_session('shared')$$),
    ($$SELECT title FROM vvault.get_session('private')$$),
    ($$SELECT seq FROM vvault.append_message('shared', 'user', 'x', 'new')$$),
    ($$SELECT seq FROM vvault.append_message('private', 'user', 'x', 'new')$$),
    ($$SELECT count(*) FROM vvault.append_messages('shared', '[{"role": "user", "content": "y"}]')$$),
    ($$SELECT title FROM vvault.rename_session('shared', 'Renamed')$$),
    ($$SELECT external_id FROM vvault.end_session('shared')$$),
    ($$SELECT length(vvault.render_transcript('shared')) > 100$$),
    ($$SELECT length(vvault.render_transcript('private')) > 100$$),
    ($$SELECT string_agg(path, ', ') FROM vvault.list_files()$$),
    ($$SELECT string_agg(path, ', ') FROM vvault.list_files(shared => false)$$),
    ($$SELECT convert_from(vvault.get_file('instances/zen-001/notes.md'), 'UTF8')$$),
    ($$SELECT convert_from(vvault.get_file('instances/lin-001/notes.md'), 'UTF8')$$),
    ($$SELECT convert_from(vvault.get_file('library/own.md'), 'UTF8')$$),
    ($$SELECT count(*) FROM vvault.file_history('instances/zen-001/notes.md')$$),
    ($$SELECT count(*) FROM vvault.file_history('library/own.md')$$),
    ($$SELECT vvault.put_file('instances/zen-001/notes.md', 'overwritten')$$),
    ($$SELECT vvault.restore_file('instances/zen-001/notes.md', 1)$$),
    ($$SELECT vvault.delete_file('instances/zen-001/notes.md')$$),
    ($$SELECT vvault.delete_file('library/own.md')$$),
    ($$SELECT s ->> 'turns' FROM vvault.import_turns('library/own.md') r, jsonb_array_elements(r -> 'sessions') s$$),
    ($$SELECT vvault.grant_construct('zen', 'cyd.rows@example.com', 'reader')$$),
    ($$SELECT vvault.revoke_construct('zen', 'bob.rows@example.com')$$),
    ($$SELECT count(*) FROM vvault.list_grants('zen')$$),
    ($$SELECT count(*) FROM vvault.list_tokens()$$),
    ($$SELECT count(*) FROM vvault.users$$),
    ($$SELECT count(*) FROM vvault.tokens$$),
    ($$SELECT count(*) FROM vvault.constructs$$),
    ($$SELECT count(*) FROM vvault.construct_grants$$),
    ($$SELECT count(*) FROM vvault.sessions$$),
    ($$SELECT count(*) FROM vvault.messages$$),
    ($$SELECT count(*) FROM vvault.vault_files$$),
    ($$SELECT count(*) FROM vvault.vault_file_versions$$),
    ($$SELECT count(*) > 0 FROM vvault.ledger_entries$$),
    ($$SELECT count(*) FROM vvault.vault_chunks$$),
    ($$SELECT count(*) FROM vvault.data_keys$$),
    ($$SELECT count(*) FROM vvault.user_emails$$),
    ($$SELECT count(*) FROM vvault.token_hashes$$),
    ($$SELECT count(*) FROM vvault.legal_holds$$),
    ($$SELECT string_agg(prefix, ', ') FROM vvault.list_holds()$$),
    ($$SELECT string_agg(path, ', ') FROM vvault.list_files(as_of => 'infinity')$$),
    ($$SELECT string_agg(path, ', ') FROM vvault.restore_tree('', '2001-01-01')$$),
    ($$SELECT vvault.undelete_file('instances/zen-001/notes.md')$$),
    ($$SELECT vvault.undelete_file('library/own.md')$$),
    ($$SELECT vvault.purge_file('instances/zen-001/notes.md', 1)$$),
    ($$SELECT vvault.purge_file('library/own.md', 1)$$),
    ($$SELECT vvault.diff_file('instances/zen-001/notes.md', 1) = ''$$),
    ($$SELECT vvault.diff_file('library/own.md', 1) = ''$$),
    ($$SELECT octet_length(vvault._archive('')) > 0$$),
    ($$SELECT vvault.export_pgp('', 'no key')$$),
    ($$SELECT vvault.place_hold(vvault.current_user_id(), '', 'x')$$),
    ($$SELECT count(*) FROM vvault.identities$$),
    ($$SELECT count(*) FROM vvault.token_uses$$),
    ($$SELECT count(*) FROM vvault.identity_subjects$$),
    ($$SELECT count(*) FROM vvault.issuers$$),
    ($$SELECT string_agg(issuer, ', ') FROM vvault.list_identities()$$),
    ($$SELECT vvault.unlink_identity('01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e')$$),
    ($$SELECT name FROM vvault.rotate_token('01949e2c-8a52-7c31-8d11-0f4b6a7c8d9e')$$),
    ($$SELECT vvault.note_token_use()$$),
    ($$SELECT vvault.sign_out()$$),
    ($$SELECT vvault.sign_out_everywhere()$$),
    ($$SELECT user_id FROM vvault.sign_in('nonsense')$$),
    ($$SELECT vvault.set_issuer_keys('https://rows.example', NULL)$$),
    ($$SELECT vvault.ledger_checkpoint() IS NOT NULL$$),
    ($$SELECT octet_length(vvault.ledger_tile(0, 0, 1))$$),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(session => 'shared')$$),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(file => 'library/own.md')$$),
    ($$SELECT count(*) FROM vvault.ledger_entries_for(construct => 'zen')$$),
    ($$SELECT count(*) > 1 FROM vvault.ledger_export_mine()$$),
    ($$SELECT count(*) FROM vvault.ledger_export()$$),
    ($$SELECT count(*) FROM vvault.ledger_verify()$$);
GRANT SELECT ON public.questions TO PUBLIC;
-- Each question is asked alone: what it changed is undone.
CREATE FUNCTION public.ask(key text) RETURNS TABLE (number integer, question text, answer text)
    LANGUAGE plpgsql AS $$
DECLARE
    q record;
BEGIN
    FOR q IN SELECT * FROM public.questions ORDER BY 1 LOOP
        number := q.number;
        question := regexp_replace(q.query, '^SELECT .*vvault\.(\w+).*$', '\1');
        BEGIN
            IF key IS NOT NULL THEN
                PERFORM vvault.authenticate(key);
            END IF;
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
\echo Nobody
SELECT * FROM public.ask(NULL);
\echo Ada, the owner
SELECT * FROM public.ask(:'ada_key');
\echo Bob, a reader of zen
SELECT * FROM public.ask(:'bob_key');
\echo Cyd, a stranger with a construct and a conversation of the same names
SELECT * FROM public.ask(:'cyd_key');

\echo Bob, a writer of zen until tomorrow
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.grant_construct('zen', 'bob.rows@example.com', 'writer', now() + interval '1 day');
COMMIT;
SELECT * FROM public.ask(:'bob_key') WHERE number BETWEEN 1 AND 30;
-- An external id that belongs to a conversation out of Bob's reach is refused, not waited for.
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT public.answer($$SELECT created FROM vvault.start_session('zen', 'private')$$);
SELECT public.answer($$SELECT created FROM vvault.start_session('zen', 'shared')$$);
ROLLBACK;
\echo Bob, a manager
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.grant_construct('zen', 'bob.rows@example.com', 'manager');
COMMIT;
SELECT * FROM public.ask(:'bob_key') WHERE number BETWEEN 28 AND 30;
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT vvault.grant_construct('zen', 'cyd.rows@example.com', 'manager');
ROLLBACK;
\echo Bob, whose grant has run out
RESET SESSION AUTHORIZATION;
UPDATE vvault.construct_grants SET until = now() - interval '1 second' WHERE grantee_id = :'bob';
SET SESSION AUTHORIZATION regress_person;
SELECT * FROM public.ask(:'bob_key') WHERE number IN (1, 2, 4, 18, 36, 37);
\echo Bob, whose grant is revoked, with the id of the conversation
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.revoke_construct('zen', 'bob.rows@example.com') AS revoked,
       vvault.revoke_construct('zen', 'bob.rows@example.com') AS again;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT public.answer(format($$SELECT count(*) FROM vvault.list_messages(%L)$$, :'shared_id'));
COMMIT;
RESET SESSION AUTHORIZATION;

-- Rows cannot be written behind the functions, nor for somebody else.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT public.answer($$INSERT INTO vvault.constructs (owner_id, name) SELECT id, 'x' FROM vvault.users$$);
SELECT public.answer($$UPDATE vvault.users SET email = 'x'$$);
SELECT public.answer($$DELETE FROM vvault.messages$$);
SELECT public.answer($$INSERT INTO vvault.ledger_entries SELECT * FROM vvault.ledger_entries$$);
SELECT public.answer($$SELECT vvault._act_as('00000000-0000-0000-0000-000000000000')$$);
SELECT public.answer($$SELECT vvault.issue_token('ada.rows@example.com')$$);
SELECT public.answer($$SELECT vvault.create_user('eve@example.com')$$);
COMMIT;
RESET SESSION AUTHORIZATION;

-- An auditor reads the ledger and metadata, no content; an administrator neither.
SET SESSION AUTHORIZATION regress_auditor;
SELECT public.answer($$SELECT count(*) > 0 FROM vvault.ledger_entries$$) AS ledger,
       public.answer($$SELECT count(*) > 0 FROM (SELECT user_id, seq, role, created_at FROM vvault.messages) m$$) AS metadata,
       public.answer($$SELECT content FROM vvault.messages$$) AS content,
       public.answer($$SELECT content FROM vvault.vault_chunks$$) AS chunks,
       public.answer($$SELECT wrapped FROM vvault.data_keys$$) AS keys,
       public.answer($$SELECT hash FROM vvault.token_hashes$$) AS hashes;
SET SESSION AUTHORIZATION regress_admin;
SELECT public.answer($$SELECT email FROM vvault.create_user('new.rows@example.com')$$) AS adds,
       public.answer($$UPDATE vvault.users SET status = 'disabled' WHERE email = 'new.rows@example.com'$$) AS disables,
       public.answer($$SELECT count(*) FROM vvault.messages$$) AS messages,
       public.answer($$INSERT INTO vvault.token_hashes VALUES ('x', gen_random_uuid(), gen_random_uuid())$$) AS forges,
       public.answer($$UPDATE vvault.tokens SET revoked_at = NULL$$) AS revives,
       public.answer($$SELECT vvault.issue_token('ada.rows@example.com')$$) AS issues;
SET SESSION AUTHORIZATION regress_gateway;
SELECT public.answer($$SELECT count(*) FROM vvault.messages$$) AS tables,
       public.answer($$SELECT vvault.whoami()$$) AS unknown,
       public.answer($$SELECT vvault.health()$$) AS health;
RESET SESSION AUTHORIZATION;
DROP FUNCTION public.ask(text);
DROP FUNCTION public.answer(text);
DROP TABLE public.questions;
