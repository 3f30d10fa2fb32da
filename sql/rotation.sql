-- Rotation: new keys for what comes, old ones until all is sealed anew, nothing lost or twice.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.rotation@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.rotation@example.com', 'Bob') \gset
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT title FROM vvault.start_session('zen', 'z', 'Our title', create_construct => true);
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'one', "timestamp" => '2025-01-01T10:00:00.000Z', metadata => '{"n": 1}');
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'two', client_id => 'my-two');
SELECT seq, replayed FROM vvault.append_message('z', 'user', NULL, "timestamp" => 'noon', metadata => '{"files": ["a.txt"]}');
SELECT vvault.put_file('a.txt', 'A1'), vvault.put_file('a.txt', 'A2'), vvault.put_file('t.md', $$---
---
**You said:**
again

**You said:**
again
$$);
COMMIT;
CREATE FUNCTION public.state_of(who uuid) RETURNS TABLE (purpose text, state text, keys bigint)
    LANGUAGE sql AS 'SELECT purpose, state, count(*) FROM vvault.data_keys WHERE user_id = who GROUP BY 1, 2 ORDER BY 1, 2';
CREATE FUNCTION public.bytes_of(who uuid) RETURNS TABLE (what text, sealed bytea) LANGUAGE sql AS $$
    SELECT 'message ' || seq, content FROM vvault.messages WHERE user_id = who
    UNION ALL SELECT 'title', title FROM vvault.sessions WHERE user_id = who
    UNION ALL SELECT 'version ' || v.version || ' of ' || f.path, info FROM vvault.vault_file_versions v JOIN vvault.vault_files f ON f.user_id = v.user_id AND f.id = v.file_id WHERE v.user_id = who $$;
CREATE TEMP TABLE before AS SELECT * FROM public.bytes_of(:'ada');
CREATE TEMP TABLE commitments AS
    SELECT seq, commitment FROM vvault.messages WHERE user_id = :'ada';
SELECT * FROM public.state_of(:'ada');

-- Who may: an administrator, and the person with a token for everything.
SET SESSION AUTHORIZATION regress_person;
SELECT vvault.rotate_data_key('ada.rotation@example.com');
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SAVEPOINT s;
SELECT vvault.rotate_data_key('ada.rotation@example.com');
ROLLBACK TO s;
SELECT vvault.rotate_data_key('nobody@example.com');
ROLLBACK TO s;
SELECT vvault.rotate_data_key(:'ada'::uuid);
ROLLBACK TO s;
SELECT vvault.reencrypt();
ROLLBACK TO s;
SELECT vvault.rotate_root_key();
ROLLBACK TO s;
SELECT * FROM vvault.reencryption_progress;
ROLLBACK TO s;
SELECT vvault.rotate_data_key(:'bob'::uuid) AS bob_has_none;
ROLLBACK;
RESET SESSION AUTHORIZATION;
SELECT vvault.rotate_data_key('nobody@example.com');
SELECT vvault.rotate_data_key(NULL::text);
SELECT vvault.reencrypt(0);
SELECT vvault.reencrypt(NULL);
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT vvault.rotate_data_key(:'ada'::uuid);
ROLLBACK;
BEGIN ISOLATION LEVEL SERIALIZABLE;
SELECT vvault.rotate_root_key();
ROLLBACK;

SELECT vvault.rotate_data_key('Ada.Rotation@example.com') > 0 AS rotated;
SELECT * FROM public.state_of(:'ada');
-- Old and new are readable meanwhile, and a repeat is known by its old digest.
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'one', "timestamp" => '2025-01-01T10:00:00.000Z');
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'after', "timestamp" => 'later');
SELECT seq, content, metadata, client_id FROM vvault.list_messages('z');
SELECT title FROM vvault.get_session('z');
SELECT convert_from(vvault.get_file('a.txt', 1), 'UTF8'), convert_from(vvault.get_file('a.txt'), 'UTF8');
COMMIT;
SELECT scope, purpose, messages, titles, file_versions, waits_for_readers
  FROM vvault.reencryption_progress WHERE user_id = :'ada' ORDER BY 1, 2, 3, 4, 5;

-- In batches, as an administrator without anybody's token, until nothing is left.
SET SESSION AUTHORIZATION regress_admin;
SELECT vvault.reencrypt(1) > 0 AS more;
DO $$
BEGIN
    FOR i IN 1 .. 20 LOOP
        PERFORM vvault.reencrypt(1);
    END LOOP;
END
$$;
SELECT count(*) FILTER (WHERE purpose = 'content' AND NOT waits_for_readers) AS unfinished
  FROM vvault.reencryption_progress WHERE user_id = :'ada';
RESET SESSION AUTHORIZATION;
-- The keys go in a transaction that began when nobody could need them any more.
DO $$
BEGIN
    FOR i IN 1 .. 600 LOOP
        EXIT WHEN vvault.reencrypt() = 0;
        PERFORM pg_sleep(0.1);
        COMMIT;
    END LOOP;
END
$$;
SELECT vvault.reencrypt() AS remaining;
SELECT count(*) AS left_to_do FROM vvault.reencryption_progress WHERE user_id = :'ada';
SELECT DISTINCT state FROM public.state_of(:'ada') ORDER BY 1;
SELECT count(*) AS the_same_bytes FROM before JOIN public.bytes_of(:'ada') AS now USING (what, sealed);
SELECT count(*) AS other_commitments FROM commitments c
  JOIN vvault.messages m ON m.user_id = :'ada' AND m.seq = c.seq WHERE m.commitment <> c.commitment;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT seq, content, metadata, client_id FROM vvault.list_messages('z');
SELECT title FROM vvault.get_session('z');
SELECT convert_from(vvault.get_file('a.txt', 1), 'UTF8'), convert_from(vvault.get_file('a.txt'), 'UTF8');
-- Repeats are known still.
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'one', "timestamp" => '2025-01-01T10:00:00.000Z');
SELECT seq, replayed FROM vvault.append_message('z', 'user', NULL, "timestamp" => 'noon', metadata => '{"files": ["a.txt"]}');
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'two', client_id => 'my-two');
SELECT seq, replayed FROM vvault.append_message('z', 'user', 'after', "timestamp" => 'later');
COMMIT;
-- The ledger tells of it, and its leaves fit.
SELECT event_type, count(*) > 0 AS told FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type IN ('data_key.updated', 'message.updated', 'session.updated', 'file_version.updated')
 GROUP BY 1 ORDER BY 1;
SELECT count(*) AS wrong_leaves FROM vvault.ledger_leaves e
 WHERE user_id = :'ada'
   AND leaf_hash IS DISTINCT FROM vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq,
                                      previous_leaf, xid, payload_commitment, content_commitment);

-- A version is changed by nobody else, whoever it is.
UPDATE vvault.vault_file_versions SET info = info WHERE user_id = :'ada';
BEGIN;
SELECT vvault._begin_resealing(user_id, id) FROM vvault.vault_files WHERE user_id = :'ada' AND path = 'a.txt';
SAVEPOINT s;
UPDATE vvault.vault_file_versions SET size = size + 1 WHERE user_id = :'ada';
ROLLBACK TO s;
UPDATE vvault.vault_file_versions SET created_at = now() WHERE user_id = :'ada';
ROLLBACK TO s;
UPDATE vvault.vault_file_versions v SET info = info FROM vvault.vault_files f
 WHERE f.user_id = v.user_id AND f.id = v.file_id AND v.user_id = :'ada' AND f.path = 't.md';
ROLLBACK;
UPDATE vvault.vault_file_versions SET info = info WHERE user_id = :'ada';

-- The root key: this ring has one, so there is nothing to do.
SELECT vvault.rotate_root_key();
SET SESSION AUTHORIZATION regress_admin;
SELECT vvault.rotate_root_key();
SELECT id, length(check_value) AS digits, in_ring, data_keys > 0 AS in_use, retired_at FROM vvault.root_key_status();
RESET SESSION AUTHORIZATION;
DROP FUNCTION public.state_of(uuid), public.bytes_of(uuid);
