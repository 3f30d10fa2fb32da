-- Shredding: content goes with its key; rows, lists and the ledger stay.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.shredding@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.shredding@example.com', 'Bob') \gset
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT title FROM vvault.start_session('zen', 'z', 'Zen and I', create_construct => true);
SELECT title FROM vvault.start_session('nova', 'n', 'Nova and I', create_construct => true);
SELECT seq FROM vvault.append_message('z', 'user', 'to zen');
SELECT seq FROM vvault.append_message('n', 'user', 'to nova');
SELECT vvault.put_file('a.txt', 'A1'), vvault.put_file('b.txt', 'B1'), vvault.put_file('instances/zen-001/c.txt', 'C1');
SELECT vvault.grant_construct('zen', 'bob.shredding@example.com', 'manager');
SELECT vvault.create_token('reads', '{files:read,messages:read}') AS reader_key \gset
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.put_file('a.txt', 'of Bob');
COMMIT;

-- A file.
BEGIN;
SELECT vvault.authenticate(:'reader_key') IS NOT NULL AS reader;
SELECT vvault.shred_file('a.txt');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.shred_file('instances/zen-001/c.txt');
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.shred_file('a.txt');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SAVEPOINT s;
SELECT vvault.shred_file('no-such.txt');
ROLLBACK TO s;
SELECT vvault.shred_file(NULL);
ROLLBACK TO s;
SELECT vvault.shred_file('a.txt') AS keys;
SELECT vvault.shred_file('a.txt') AS again;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT path, version, sha256 IS NULL AS no_hash FROM vvault.list_files();
SELECT version, sha256 IS NULL AS no_hash FROM vvault.file_history('a.txt');
SAVEPOINT s;
SELECT vvault.get_file('a.txt');
ROLLBACK TO s;
SELECT vvault.restore_file('a.txt', 1);
ROLLBACK TO s;
SELECT convert_from(vvault.get_file('b.txt'), 'UTF8');
-- A new life under a new key, which does not bring back the old one.
SELECT vvault.put_file('a.txt', 'A1') AS version;
SELECT convert_from(vvault.get_file('a.txt'), 'UTF8');
SELECT vvault.get_file('a.txt', 1);
ROLLBACK TO s;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT convert_from(vvault.get_file('a.txt'), 'UTF8');
COMMIT;

-- A construct, with its conversations and its files.
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.shred_construct('zen');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SAVEPOINT s;
SELECT vvault.shred_construct('no-such-001');
ROLLBACK TO s;
SELECT vvault.shred_construct('zen') > 0 AS shredded;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT external_id, title, ended_at IS NOT NULL AS ended FROM vvault.list_sessions() ORDER BY 1;
SAVEPOINT s;
SELECT * FROM vvault.list_messages('z');
ROLLBACK TO s;
SELECT vvault.append_message('z', 'user', 'more');
ROLLBACK TO s;
SELECT vvault.get_file('instances/zen-001/c.txt');
ROLLBACK TO s;
-- What is left can be listed, and what was destroyed does not take it along.
SELECT session, count(*), min(content) FROM vvault.list_all_messages() GROUP BY 1;
SELECT content FROM vvault.list_messages('n');
SELECT convert_from(vvault.get_file('b.txt'), 'UTF8');
SELECT external_id, title FROM vvault.start_session('zen', 'z2', 'A new start');
SELECT seq, content FROM vvault.append_message('z2', 'user', 'hello again');
SELECT content FROM vvault.list_messages('z2');
COMMIT;

-- What is on legal hold stays, whoever asks.
SELECT vvault.place_hold(:'ada', 'b.txt', 'a case') AS hold \gset
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SAVEPOINT s;
SELECT vvault.shred_file('b.txt');
ROLLBACK TO s;
SELECT vvault.shred_construct('nova') > 0 AS not_below_the_hold;
ROLLBACK;
SELECT vvault.shred_user('ada.shredding@example.com');
SELECT vvault.lift_hold(:'hold', 'closed');

-- A person.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.shred_user('ada.shredding@example.com');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'reader_key') IS NOT NULL AS reader;
SELECT vvault.shred_user(:'ada'::uuid);
ROLLBACK;
RESET SESSION AUTHORIZATION;
SET SESSION AUTHORIZATION regress_admin;
SELECT vvault.shred_user('ada.shredding@example.com') > 0 AS shredded;
SELECT vvault.shred_user(:'ada'::uuid);
UPDATE vvault.users SET status = 'active' WHERE id = :'ada';
SELECT status, email = id || '@shredded.invalid' AS renamed, display_name FROM vvault.users WHERE id = :'ada';
RESET SESSION AUTHORIZATION;
SELECT vvault.authenticate(:'ada_key');
SELECT vvault.authenticate(:'reader_key');
SELECT vvault.issue_token('ada.shredding@example.com');
SELECT state, count(wrapped) AS keys_left FROM vvault.data_keys WHERE user_id = :'ada' GROUP BY state;
-- Even a token that somebody forges into the tables opens nothing and writes nothing.
BEGIN;
SELECT vvault._act_as(:'ada');
SAVEPOINT s;
SELECT vvault._open_message(user_id, id, content) FROM vvault.messages WHERE user_id = :'ada';
ROLLBACK TO s;
SELECT vvault._make_key(:'ada', 'content', NULL);
ROLLBACK;
-- The address is free again, and nobody else lost anything.
SELECT email FROM vvault.create_user('ada.shredding@example.com');
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT convert_from(vvault.get_file('a.txt'), 'UTF8');
SELECT count(*) AS shared_with_bob FROM vvault.list_constructs() WHERE owner_id <> :'bob';
COMMIT;
-- A person may do it alone.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.shred_user(:'bob'::uuid) AS keys;
COMMIT;
SELECT vvault.authenticate(:'bob_key');
RESET SESSION AUTHORIZATION;
-- The ledger tells of it, without a name, and its leaves fit.
SELECT event_type, actor = 'role:regress_admin' AS by_admin, count(*) > 0 AS told FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type IN ('user.updated', 'token.updated', 'grant.deleted') GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS wrong_leaves FROM vvault.ledger_leaves e
 WHERE user_id IN (:'ada', :'bob')
   AND leaf_hash IS DISTINCT FROM vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq,
                                      previous_leaf, xid, payload_commitment, content_commitment);
