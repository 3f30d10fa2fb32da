-- Keys: one per purpose and construct or file, wrapped, and worth nothing in another place.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.keys@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.keys@example.com', 'Bob') \gset
SELECT count(*) AS none_yet FROM vvault.data_keys WHERE user_id = :'ada';

-- A key made in a transaction that fails is forgotten, also by this very session.
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.put_file('a.txt', 'rolled back');
SELECT purpose, state FROM vvault.data_keys WHERE user_id = :'ada';
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SAVEPOINT s;
SELECT vvault.put_file('a.txt', 'rolled back too');
ROLLBACK TO s;
SELECT vvault.put_file('a.txt', 'Ada wrote this.');
COMMIT;
SELECT convert_from(vvault.get_file('a.txt'), 'UTF8')
  FROM vvault.authenticate(:'ada_key');
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT convert_from(vvault.get_file('a.txt'), 'UTF8');
SELECT seq FROM vvault.append_message((SELECT external_id FROM vvault.start_session('zen', 'z', create_construct => true)),
                                      'user', 'first', "timestamp" => 'now');
SELECT seq FROM vvault.append_message('z', 'user', 'second');
SELECT vvault.put_file('b.txt', 'B1'), vvault.put_file('b.txt', 'B2');
COMMIT;
SELECT k.purpose, coalesce(c.name, f.path) AS scope, k.state, k.root_key_id,
       length(k.wrapped) AS wrapped_bytes
  FROM vvault.data_keys k
  LEFT JOIN vvault.constructs c ON c.owner_id = k.user_id AND c.id = k.scope_id
  LEFT JOIN vvault.vault_files f ON f.user_id = k.user_id AND f.id = k.scope_id
 WHERE k.user_id = :'ada' ORDER BY k.purpose, 2;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.put_file('a.txt', 'Bob wrote this.');
COMMIT;
SELECT count(DISTINCT id) AS keys, count(DISTINCT wrapped) AS wrappings
  FROM vvault.data_keys WHERE user_id = ANY (ARRAY[:'ada', :'bob']::uuid[]);
-- The check value proves the root key; the key itself is not here.
SELECT id, length(check_value) AS check_bytes, retired_at FROM vvault.root_keys;

-- What the owner of the database moves does not open in its new place.
CREATE FUNCTION public.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
\set open_a 'SELECT convert_from(vvault.get_file(''a.txt''), ''UTF8'')'
\set open_b 'SELECT convert_from(vvault.get_file(''b.txt''), ''UTF8'')'
\set open_z 'SELECT string_agg(content, '','' ORDER BY seq) FROM vvault.list_messages(''z'')'

BEGIN;  -- two messages swapped
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer(:'open_z');
UPDATE vvault.messages m SET content = o.content FROM vvault.messages o
 WHERE m.user_id = :'ada' AND o.user_id = :'ada' AND o.seq = 3 - m.seq;
SELECT public.answer(:'open_z');
ROLLBACK;
BEGIN;  -- a title as a message
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT title FROM vvault.rename_session('z', 'Title');
UPDATE vvault.messages m SET content = s.title FROM vvault.sessions s
 WHERE m.user_id = :'ada' AND s.user_id = :'ada';
SELECT public.answer(:'open_z');
ROLLBACK;
BEGIN;  -- each bit of a short message: none opens, none crashes
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
CREATE TEMP TABLE tried (answer text);
DO $$
DECLARE
    kept bytea;
    whose uuid := vvault.current_user_id();
BEGIN
    SELECT content INTO kept FROM vvault.messages WHERE user_id = whose AND seq = 1;
    FOR i IN 0 .. 8 * length(kept) - 1 LOOP
        UPDATE vvault.messages SET content = set_bit(kept, i, 1 - get_bit(kept, i))
         WHERE user_id = whose AND seq = 1;
        INSERT INTO tried SELECT split_part(public.answer(
            'SELECT content FROM vvault.list_messages(''z'', "limit" => 1)'), ':', 1);
    END LOOP;
    FOR i IN 0 .. length(kept) - 1 LOOP
        UPDATE vvault.messages SET content = substr(kept, 1, i) WHERE user_id = whose AND seq = 1;
        INSERT INTO tried SELECT split_part(public.answer(
            'SELECT content FROM vvault.list_messages(''z'', "limit" => 1)'), ':', 1);
    END LOOP;
END
$$;
SELECT answer FROM tried GROUP BY answer ORDER BY answer;
ROLLBACK;
BEGIN;  -- another wrapped key in this key's row
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
UPDATE vvault.data_keys k SET wrapped = o.wrapped FROM vvault.data_keys o
 WHERE k.user_id = :'ada' AND o.user_id = :'bob' AND o.purpose = 'content';
SELECT public.answer(:'open_a');
ROLLBACK;
-- A key with another scope or purpose in its row is none: nobody makes a shredding miss it, or
-- hit another. (Without triggers nobody is told, so a new session has to look.)
SELECT k.id AS key_of_a, k.scope_id AS a FROM vvault.data_keys k JOIN vvault.vault_files f ON f.user_id = k.user_id AND f.id = k.scope_id
 WHERE k.user_id = :'ada' AND f.path = 'a.txt' \gset
ALTER TABLE vvault.data_keys DISABLE TRIGGER ALL;
UPDATE vvault.data_keys SET scope_id = vvault.uuidv7() WHERE user_id = :'ada' AND id = :'key_of_a';
\c -
SELECT public.answer(:'open_a') FROM vvault.authenticate(:'ada_key');
UPDATE vvault.data_keys SET scope_id = NULL WHERE user_id = :'ada' AND id = :'key_of_a';
\c -
SELECT public.answer(:'open_a') FROM vvault.authenticate(:'ada_key');
UPDATE vvault.data_keys SET scope_id = :'a', purpose = 'lookup' WHERE user_id = :'ada' AND id = :'key_of_a';
\c -
SELECT public.answer(:'open_a') FROM vvault.authenticate(:'ada_key');
UPDATE vvault.data_keys SET purpose = 'content' WHERE user_id = :'ada' AND id = :'key_of_a';
ALTER TABLE vvault.data_keys ENABLE TRIGGER ALL;
\c -
SELECT public.answer(:'open_a') FROM vvault.authenticate(:'ada_key');
BEGIN;  -- the key gone: no content any more, in this session too
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer(:'open_a');
UPDATE vvault.data_keys SET state = 'shredded', wrapped = NULL WHERE user_id = :'ada';
SELECT public.answer(:'open_a');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer(:'open_a') AS back_again;
ROLLBACK;

-- The functions that seal and open are nobody's.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault._open_message(:'ada', :'ada', 'x');
ROLLBACK;
RESET SESSION AUTHORIZATION;
-- Nor do they help a superuser without the person's token.
SELECT vvault._open_message(user_id, id, content) FROM vvault.messages WHERE user_id = :'ada';
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault._open_message(user_id, id, content) FROM vvault.messages WHERE user_id = :'ada';
ROLLBACK;
DROP FUNCTION public.answer(text);
