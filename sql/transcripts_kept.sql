-- A construct's transcript file follows its conversation, and leaves in it what a person wrote.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.kept@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bobs FROM vvault.create_user('bob.kept@example.com', 'Bob') \gset
SELECT set_config('test.ada', :'ada', false) = :'ada' AS ada, set_config('test.key', :'key', false) <> '' AS key;
CREATE FUNCTION public.as_ada() RETURNS void LANGUAGE plpgsql AS $$
BEGIN PERFORM vvault.authenticate(current_setting('test.key')); END $$;
-- Messages of the test are told apart by their number, and all of one time.
CREATE FUNCTION public.say(session text, VARIADIC texts text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE last bigint;
BEGIN
    PERFORM public.as_ada();
    FOR i IN 1 .. cardinality(texts) LOOP
        last := (vvault.append_message(session, CASE WHEN i % 2 = 1 THEN 'user' ELSE 'assistant' END, texts[i],
                                       "timestamp" => '2026-02-12T09:00:00.000Z')).seq;
    END LOOP;
    RETURN last;
END $$;
CREATE FUNCTION public.place(construct text) RETURNS text LANGUAGE sql AS $$ SELECT format('instances/%1$s/chatty/chat_with_%1$s.md', construct) $$;
CREATE FUNCTION public.file(construct text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.as_ada();
    RETURN convert_from(vvault.get_file(public.place(construct)), 'UTF8');
EXCEPTION WHEN no_data_found THEN RETURN SQLERRM; END $$;
CREATE FUNCTION public.save(construct text, content text) RETURNS bigint LANGUAGE plpgsql AS $$
BEGIN PERFORM public.as_ada(); RETURN vvault.put_file(public.place(construct), convert_to(content, 'UTF8')); END $$;
CREATE FUNCTION public.import(construct text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM public.as_ada();
    RETURN (SELECT string_agg(format('%s of %s appended to %s', s ->> 'appended', s ->> 'turns', s ->> 'session'), ', ')
              FROM jsonb_array_elements(vvault.import_turns(public.place(construct)) -> 'sessions') s);
END $$;
CREATE FUNCTION public.turns(construct text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT string_agg(t.content, ' | ' ORDER BY t.ordinal)
              FROM vvault.parse_transcript(public.place(construct), convert_to(public.file(construct), 'UTF8'), '{Ada}') t);
END $$;
CREATE FUNCTION public.in_step(construct text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN RETURN public.file(construct) = vvault.render_transcript(construct || '_chat_with_' || construct); END $$;
CREATE VIEW public.state AS
    SELECT s.external_id, k.seq, k.version, k.whole, k.unread, k.due_at IS NOT NULL AS due, k.problem
      FROM vvault.kept_transcripts k JOIN vvault.sessions s ON s.user_id = k.user_id AND s.id = k.session_id
     WHERE k.user_id::text = current_setting('test.ada');
CREATE FUNCTION public.keep() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE done bigint; total bigint := 0;
BEGIN
    LOOP
        done := vvault.keep_transcripts(at_once => true);
        EXIT WHEN done = 0;
        total := total + done;
    END LOOP;
    RETURN total;
END $$;
BEGIN; SELECT keep() >= 0 AS whoever_was_here_before; COMMIT;

-- What is said is in the file, once it is quiet; not before.
BEGIN;
SELECT as_ada(); SELECT (vvault.start_session('zen-001', 'zen-001_chat_with_zen-001', 'Zen', true)).external_id;
COMMIT;
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Sharpen it.', 'Done.'); COMMIT;
SELECT vvault.keep_transcripts() AS still_talking;
SELECT waiting, oldest_waiting < '1 min' AS recent, not_written, keeper_is_running, problem FROM vvault.transcript_status();
SELECT file('zen-001');
SELECT keep(), keep() AS again;
SELECT in_step('zen-001'), turns('zen-001');
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Again.'); COMMIT;
SELECT vvault.keep_transcripts() AS noted;
UPDATE vvault.kept_transcripts SET due_at = now() WHERE user_id = :'ada' AND due_at IS NOT NULL;
SELECT vvault.keep_transcripts() AS quiet;
SELECT in_step('zen-001'), turns('zen-001');
SELECT seq, version, whole, due, problem FROM state WHERE external_id = 'zen-001_chat_with_zen-001';
BEGIN;
SELECT as_ada(); SELECT version, kind, media_type, metadata FROM vvault.read_file(place('zen-001'));
COMMIT;
SELECT e.event_type, e.actor, count(*) FROM vvault.ledger_entries e JOIN vvault.vault_files f ON f.user_id = e.user_id AND f.id = e.stream_id
 WHERE f.path = place('zen-001') AND e.user_id = :'ada' GROUP BY 1, 2 ORDER BY 1;

-- A title in the head, while all of the file is the vault's.
BEGIN; SELECT as_ada(); SELECT (vvault.rename_session('zen-001_chat_with_zen-001', 'Zen at work')).title; COMMIT;
SELECT keep(), in_step('zen-001'), file('zen-001') LIKE '%# Zen at work%' AS renamed;

-- A person's edits stay, are no new messages, and what is said later stands behind them.
SELECT save('zen-001', replace(file('zen-001'), 'Sharpen it.', 'Sharpen it, please.') || 'A note of mine.') AS version;
SELECT import('zen-001');
SELECT keep() AS looked_after, max(version) AS version FROM vvault.vault_files WHERE user_id = :'ada' AND path = place('zen-001');
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Fourth.', 'Fifth.'); COMMIT;
SELECT keep(), turns('zen-001');
SELECT seq, version, whole, unread FROM state WHERE external_id = 'zen-001_chat_with_zen-001';
SELECT import('zen-001');
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Sixth.'); COMMIT;
SELECT keep(), turns('zen-001'), import('zen-001');
-- A turn that was cut out stays out; what an older copy did not have yet comes back.
SELECT save('zen-001', regexp_replace(file('zen-001'), '<!-- chatty-message:v1 [^>]*-->\s+---\s+\*\*Zen\*\* [^:]*:[^:]*:[^:]*:\s+Done\.\s+', '')) AS version;
SELECT turns('zen-001') AS cut;
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Seventh.'); COMMIT;
SELECT keep(), turns('zen-001');
BEGIN; SELECT as_ada(); SELECT vvault.restore_file(place('zen-001'), 2); COMMIT;
BEGIN; SELECT say('zen-001_chat_with_zen-001', 'Eighth.'); COMMIT;
SELECT keep(), turns('zen-001'), import('zen-001');

-- An older copy that is saved and read in is completed without another word.
SELECT save('zen-001', left(file('zen-001'), position('<!-- chatty-message:v1 {"at":"2026-02-12T09:00:00.000Z","bytes":7' IN file('zen-001')) - 1)) AS version;
SELECT import('zen-001');
SELECT keep(), turns('zen-001');

-- Turns that a person uploads become messages once, and come back into no file a second time.
SELECT save('nova-001', E'# Nova\n\n**User**: Do you remember?\n\n**Nova**: Yes.\n') AS version;
BEGIN; SELECT import('nova-001'); COMMIT;
SELECT keep(), file('nova-001');
BEGIN; SELECT say('nova-001_chat_with_nova-001', 'Good.'); COMMIT;
SELECT keep(), turns('nova-001'), starts_with(file('nova-001'), E'# Nova\n\n**User**: Do you remember?\n\n**Nova**: Yes.\n\n<!--') AS as_it_was, import('nova-001');
-- Written with turns that nobody imported: they stay, and are still to be imported.
SELECT save('nova-001', E'**User**: Older.\n\n**Nova**: Much older.\n') AS version;
BEGIN; SELECT say('nova-001_chat_with_nova-001', 'Better.'); COMMIT;
SELECT keep(), turns('nova-001');
SELECT seq, unread, whole FROM state WHERE external_id = 'nova-001_chat_with_nova-001';
BEGIN; SELECT import('nova-001'); COMMIT;
SELECT keep(), turns('nova-001'), import('nova-001');
SELECT seq, unread, whole FROM state WHERE external_id = 'nova-001_chat_with_nova-001';

-- Line ends of another system, no line end, an open fence, an empty file, a stub.
SELECT save('nova-001', replace(file('nova-001'), E'\n', E'\r\n')) AS version;
BEGIN; SELECT say('nova-001_chat_with_nova-001', 'With CR.'); COMMIT;
SELECT keep(), turns('nova-001'), import('nova-001');
SELECT save('sera-001', E'# Chat with Sera\n\nTranscript started 2026-02-11T16:05:12.387903') AS version;
BEGIN; SELECT as_ada(); SELECT (vvault.start_session('sera-001', 'sera-001_chat_with_sera-001')).last_seq; SELECT say('sera-001_chat_with_sera-001', 'Hello.', '```'); COMMIT;
SELECT keep(), turns('sera-001'), file('sera-001') LIKE '# Chat with Sera%' AS kept;
SELECT save('sera-001', E'**User**: Hello.\n\n**Sera**:\n```\nopen') AS version;
SELECT import('sera-001');
BEGIN; SELECT say('sera-001_chat_with_sera-001', 'Behind the fence.'); COMMIT;
SELECT keep(), turns('sera-001');
-- A file of which all is one message, and one that is no text at all.
SELECT save('sera-001', E'# Timestamp: 2026-02-12T09:00:00.000Z\n# Role: user\n# Session: sera-001_chat_with_sera-001\n# ---\n\nHello.') AS version;
BEGIN; SELECT say('sera-001_chat_with_sera-001', 'Not in that message.'); COMMIT;
SELECT keep(), turns('sera-001'), in_step('sera-001');
SELECT problem, unread, whole FROM state WHERE external_id = 'sera-001_chat_with_sera-001';
BEGIN; SELECT as_ada(); SELECT vvault.put_file(place('sera-001'), '\xff00fe2a2a557365722a2a3a20') AS version; SELECT say('sera-001_chat_with_sera-001', 'Not in there.'); COMMIT;
SELECT keep();
SELECT problem, unread FROM state WHERE external_id = 'sera-001_chat_with_sera-001';
SELECT save('sera-001', '') AS version;
BEGIN; SELECT say('sera-001_chat_with_sera-001', 'Not empty.'); COMMIT;
SELECT keep(), in_step('sera-001');

-- A deletion holds until something is said again.
BEGIN; SELECT as_ada(); SELECT vvault.delete_file(place('sera-001')) > 0 AS deleted; COMMIT;
UPDATE vvault.kept_transcripts SET due_at = now(), waiting_since = now() WHERE user_id = :'ada';
SELECT keep(), file('sera-001');
SELECT pg_sleep(0.01);
BEGIN; SELECT say('sera-001_chat_with_sera-001', 'I am back.'); COMMIT;
SELECT keep(), in_step('sera-001'), turns('sera-001');

-- What must stay as it is: another conversation's turns, what the client sealed.
SELECT save('kai-001', E'**Session ID**: session_1\n\n**User**: Elsewhere.\n\n**Kai**: Yes.\n') AS version;
BEGIN; SELECT as_ada(); SELECT (vvault.start_session('kai-001', 'kai-001_chat_with_kai-001')).last_seq; SELECT say('kai-001_chat_with_kai-001', 'Here.'); COMMIT;
SELECT keep(), turns('kai-001');
BEGIN; SELECT as_ada(); SELECT vvault.put_file(place('kai-001'), '\x56565345414c310a' || sha512('a') || sha512('b'), encrypted => 'client'); COMMIT;
BEGIN; SELECT say('kai-001_chat_with_kai-001', 'Sealed.'); COMMIT;
SELECT problem, due FROM state WHERE external_id = 'kai-001_chat_with_kai-001';
SELECT keep();
SELECT problem, due, seq FROM state WHERE external_id = 'kai-001_chat_with_kai-001';
SELECT waiting, not_written FROM vvault.transcript_status();

-- Conversations that are no construct's own have no file. A writer with a grant writes the owner's.
BEGIN;
SELECT as_ada(); SELECT (vvault.start_session('zen-001', 'session_2')).last_seq; SELECT say('session_2', 'Aside.');
SELECT vvault.grant_construct('zen-001', 'bob.kept@example.com', 'writer') IS NOT NULL AS granted;
COMMIT;
SELECT keep();
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT (vvault.append_message('zen-001_chat_with_zen-001', 'user', 'From Bob.')).seq;
COMMIT;
SELECT keep(), turns('zen-001') LIKE '%| From Bob.' AS in_hers, count(*) FILTER (WHERE user_id = :'bob') AS in_his FROM vvault.vault_files WHERE path = place('zen-001');

-- A destroyed key ends one file and no other; a place in the ledger that means nothing is found out.
BEGIN; SELECT say('sera-001_chat_with_sera-001', 'Last words.'); SELECT say('zen-001_chat_with_zen-001', 'Ninth.'); COMMIT;
BEGIN; SELECT as_ada(); SELECT vvault.shred_construct('sera-001') IS NOT NULL AS shredded; COMMIT;
UPDATE vvault.transcript_keeper SET incarnation = 'another';
SELECT keep(), turns('zen-001') LIKE '%| Ninth.' AS others_go_on;
SELECT problem, due FROM state WHERE external_id = 'sera-001_chat_with_sera-001';
SELECT keep() AS nothing_left;

-- Two that keep at once do not write twice; who has no business there is refused.
SELECT vvault.keep_transcripts(0);
BEGIN ISOLATION LEVEL REPEATABLE READ; SELECT vvault.keep_transcripts(); ROLLBACK;
BEGIN READ ONLY; SELECT vvault.keep_transcripts() AS read_only; COMMIT;
SET SESSION AUTHORIZATION regress_person;
SELECT vvault.keep_transcripts();
SELECT vvault.transcript_status();
SET SESSION AUTHORIZATION regress_gateway;
SELECT vvault.keep_transcripts(at_once => true) AS gateway;
RESET SESSION AUTHORIZATION;
SELECT count(*) AS findings FROM vvault.ledger_verify() v WHERE to_jsonb(v)::text LIKE '%' || :'ada' || '%';
DROP VIEW public.state;
DROP FUNCTION public.as_ada(), public.say(text, text[]), public.place(text), public.file(text), public.save(text, text), public.import(text), public.turns(text), public.in_step(text), public.keep();
