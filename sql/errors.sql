-- Bad input gets a clear error with a stable SQLSTATE, says what to do, and changes nothing.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.errors@example.com', 'Ada') \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'e', 'Title', true);
SELECT seq FROM vvault.append_message('e', 'user', 'first', 'used');
SELECT vvault.put_file('e.txt', 'first');
SELECT vvault.put_file('held.txt', '1'), vvault.put_file('held.txt', '2'), vvault.put_file('purged.txt', '1'),
       vvault.put_file('purged.txt', '2'), vvault.purge_file('purged.txt', 2), vvault.put_file('nul.bin', '\x00');
SELECT vvault.place_hold(vvault.current_user_id(), 'held', 'errors') IS NOT NULL AS held;
COMMIT;
CREATE TABLE public.before AS
SELECT (SELECT count(*) FROM vvault.messages) AS messages, (SELECT count(*) FROM vvault.sessions) AS sessions,
       (SELECT count(*) FROM vvault.vault_file_versions) AS versions, (SELECT count(*) FROM vvault.constructs) AS constructs,
       (SELECT count(*) FROM vvault.tokens) AS tokens, (SELECT count(*) FROM vvault.ledger_entries) AS entries;

CREATE FUNCTION public.complaint(query text)
    RETURNS TABLE (state text, message text, detail text, hint text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    message := 'no error';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
                            detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    RETURN NEXT;
END
$$;
\x on
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT c.*, query FROM (VALUES
    (1, $$SELECT vvault.authenticate('nonsense')$$),
    (2, $$SELECT vvault.append_message('e', 'robot', 'x')$$),
    (3, $$SELECT vvault.append_message('e', NULL, 'x')$$),
    (4, $$SELECT vvault.append_message('e', 'user', '')$$),
    (5, $$SELECT vvault.append_message('e', 'user', NULL)$$),
    (6, $$SELECT vvault.append_message('e', 'user', '', metadata => '{"attachments": []}')$$),
    (7, $$SELECT vvault.append_message('e', 'user', repeat('x', 16777217))$$),
    (8, $$SELECT vvault.append_message('e', 'user', repeat('x', 104857600))$$),
    (9, $$SELECT vvault.append_message('nowhere', 'user', 'x')$$),
    (10, $$SELECT vvault.append_message('', 'user', 'x')$$),
    (11, $$SELECT vvault.append_message(NULL, 'user', 'x')$$),
    (12, $$SELECT vvault.append_message(repeat('x', 201), 'user', 'x')$$),
    (13, $$SELECT vvault.append_message('e', 'user', 'other', 'used')$$),
    (14, $$SELECT vvault.append_message('e', 'assistant', 'first', 'used')$$),
    (15, $$SELECT vvault.append_message('e', 'user', 'x', repeat('c', 201))$$),
    (69, $$SELECT vvault.append_message('e', 'user', 'x', 'vv:1')$$),
    (16, $$SELECT vvault.append_message('e', 'user', 'x', metadata => '[1]')$$),
    (17, $$SELECT vvault.append_message('e', 'user', 'x', "timestamp" => repeat('1', 101))$$),
    (18, $$SELECT vvault.append_message('e', 'user', 'x', created_at => 'infinity')$$),
    (19, $$SELECT vvault.append_messages('e', '{}')$$),
    (20, $$SELECT vvault.append_messages('e', NULL)$$),
    (21, $$SELECT vvault.append_messages('e', '[{"role": "user", "content": "fine"}, {"role": "robot", "content": "x"}]')$$),
    (22, $$SELECT vvault.append_messages('e', '[{"role": "user", "content": "x", "created_at": "soon"}]')$$),
    (23, $$SELECT vvault.append_messages('e', (SELECT jsonb_agg('{"role": "user", "content": "x"}'::jsonb) FROM generate_series(1, 1001)))$$),
    (24, $$SELECT vvault.append_messages('e', '[{"role": "user", "content": "nul \u0000"}]')$$),
    (25, $$SELECT vvault.list_messages('e', "limit" => -1)$$),
    (26, $$SELECT vvault.list_messages('nowhere')$$),
    (27, $$SELECT vvault.start_session('nobody-001', 'x')$$),
    (28, $$SELECT vvault.start_session(NULL, 'x')$$),
    (29, $$SELECT vvault.start_session('zen', E'line\nend')$$),
    (30, $$SELECT vvault.start_session('zen', 'x', repeat('t', 4001))$$),
    (31, $$SELECT vvault.create_construct('')$$),
    (32, $$SELECT vvault.create_construct('zen')$$),
    (33, $$SELECT vvault.create_construct('a/b')$$),
    (34, $$SELECT vvault.grant_construct('zen', 'nobody@example.com')$$),
    (35, $$SELECT vvault.grant_construct('zen', 'ada.errors@example.com')$$),
    (36, $$SELECT vvault.grant_construct('zen', 'ada.errors@example.com', 'god')$$),
    (37, $$SELECT vvault.grant_construct('zen', 'ada.errors@example.com', 'reader', '2001-01-01')$$),
    (38, $$SELECT vvault.put_file('../etc/passwd', 'x')$$),
    (39, $$SELECT vvault.put_file('a/../b', 'x')$$),
    (40, $$SELECT vvault.put_file('/etc/passwd', 'x')$$),
    (41, $$SELECT vvault.put_file(E'a\tb', 'x')$$),
    (42, $$SELECT vvault.put_file('a//b', 'x')$$),
    (43, $$SELECT vvault.put_file('a/', 'x')$$),
    (44, $$SELECT vvault.put_file('', 'x')$$),
    (45, $$SELECT vvault.put_file(NULL, 'x')$$),
    (46, $$SELECT vvault.put_file(repeat('a', 1025), 'x')$$),
    (47, $$SELECT vvault.put_file('x', NULL)$$),
    (48, $$SELECT vvault.put_file('x', 'x', media_type => 'nonsense')$$),
    (49, $$SELECT vvault.put_file('x', 'x', metadata => '1')$$),
    (50, $$SELECT vvault.put_file('e.txt', 'x', 7)$$),
    (51, $$SELECT vvault.put_file('fresh.txt', 'x', 1)$$),
    (52, $$SELECT vvault.get_file('nowhere.txt')$$),
    (53, $$SELECT vvault.get_file('e.txt', 2)$$),
    (54, $$SELECT vvault.get_file('e.txt', 1, now())$$),
    (55, $$SELECT vvault.get_file('../e.txt')$$),
    (56, $$SELECT vvault.file_history('nowhere.txt')$$),
    (57, $$SELECT vvault.restore_file('e.txt', 9)$$),
    (58, $$SELECT vvault.restore_file('e.txt', NULL)$$),
    (59, $$SELECT vvault.delete_file('nowhere.txt')$$),
    (60, $$SELECT vvault.import_turns('nowhere.md')$$),
    (61, $$SELECT vvault.create_token('')$$),
    (62, $$SELECT vvault.create_token('x', '{nonsense}')$$),
    (63, $$SELECT vvault.create_token('x', '{*}', '2001-01-01')$$),
    (64, $$SELECT vvault.revoke_token('00000000-0000-7000-8000-000000000000')$$),
    (65, $$SELECT vvault.create_user('not an address')$$),
    (66, $$SELECT vvault.create_user('ada.errors@example.com')$$),
    (67, $$SELECT vvault.shard_name(10000)$$),
    (68, $$SELECT convert_from('\xff', 'UTF8')$$),
    (80, $$SELECT vvault.purge_file('held.txt', 2)$$),
    (81, $$SELECT vvault.purge_file('e.txt')$$),
    (82, $$SELECT vvault.purge_file('e.txt', 2)$$),
    (83, $$SELECT vvault.get_file('purged.txt', 1)$$),
    (84, $$SELECT vvault.get_file('purged.txt', as_of => now() - interval '1 day')$$),
    (85, $$SELECT vvault.restore_file('purged.txt', 1)$$),
    (86, $$SELECT vvault.diff_file('purged.txt', 1)$$),
    (87, $$SELECT vvault.diff_file('nul.bin', 1)$$),
    (88, $$SELECT vvault.diff_file('e.txt', NULL)$$),
    (89, $$SELECT vvault.restore_tree('', NULL)$$),
    (90, $$SELECT vvault.place_hold('00000000-0000-7000-8000-000000000000', '', 'x')$$),
    (91, $$SELECT vvault.place_hold(vvault.current_user_id(), NULL, 'x')$$),
    (92, $$SELECT vvault.lift_hold('00000000-0000-7000-8000-000000000000', 'x')$$),
    (93, $$SELECT vvault.export_pgp('', 'no key')$$),
    (94, $$SELECT vvault._check_archive_size(1000000001)$$)
    ) AS list(number, query), public.complaint(query) AS c ORDER BY number;
ROLLBACK;
\x off
-- Without identity there is one answer to everything.
SELECT DISTINCT state, message, hint FROM (VALUES
    ($$SELECT vvault.whoami()$$), ($$SELECT vvault.list_constructs()$$), ($$SELECT vvault.list_sessions()$$),
    ($$SELECT vvault.list_messages('e')$$), ($$SELECT vvault.append_message('e', 'user', 'x')$$),
    ($$SELECT vvault.append_messages('e', '[]')$$), ($$SELECT vvault.render_transcript('e')$$),
    ($$SELECT vvault.put_file('e.txt', 'x')$$), ($$SELECT vvault.get_file('e.txt')$$),
    ($$SELECT vvault.list_files()$$), ($$SELECT vvault.file_history('e.txt')$$),
    ($$SELECT vvault.restore_file('e.txt', 1)$$), ($$SELECT vvault.delete_file('e.txt')$$),
    ($$SELECT vvault.undelete_file('e.txt')$$), ($$SELECT vvault.diff_file('e.txt', 1)$$), ($$SELECT vvault.purge_file('e.txt')$$), ($$SELECT vvault.export_pgp('', 'key')$$),
    ($$SELECT count(*) FROM vvault.restore_tree('', now())$$),
    ($$SELECT vvault.start_session('zen')$$), ($$SELECT vvault.end_session('e')$$),
    ($$SELECT vvault.rename_session('e', 'x')$$), ($$SELECT vvault.get_session('e')$$),
    ($$SELECT vvault.create_construct('x')$$), ($$SELECT vvault.grant_construct('zen', 'x@y.z')$$),
    ($$SELECT vvault.revoke_construct('zen', 'x@y.z')$$), ($$SELECT vvault.list_grants('zen')$$),
    ($$SELECT vvault.create_token('x')$$), ($$SELECT vvault.list_tokens()$$),
    ($$SELECT vvault.revoke_token('00000000-0000-7000-8000-000000000000')$$),
    ($$SELECT vvault.list_all_messages()$$), ($$SELECT vvault.import_turns('e.txt')$$),
    ($$SELECT vvault.parse_transcript('e.md', 'x')$$)) AS list(query), public.complaint(query) AS c;

SELECT (SELECT count(*) FROM vvault.messages) = messages AS messages, (SELECT count(*) FROM vvault.sessions) = sessions AS sessions,
       (SELECT count(*) FROM vvault.vault_file_versions) = versions AS versions, (SELECT count(*) FROM vvault.constructs) = constructs AS constructs,
       (SELECT count(*) FROM vvault.tokens) = tokens AS tokens, (SELECT count(*) FROM vvault.ledger_entries) = entries AS entries
  FROM public.before;
DROP TABLE public.before;
DROP FUNCTION public.complaint(text);
