-- Every change is an entry, whoever makes it; no entry ever changes.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.ledger@example.com', 'Ada') \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.create_construct('zen');
SELECT count(*) FROM vvault.start_session('zen', 'ledger', 'Title');
SELECT seq FROM vvault.append_message('ledger', 'user', 'one', 'a');
SELECT seq FROM vvault.append_message('ledger', 'user', 'one', 'a');
SELECT seq FROM vvault.append_messages('ledger', '[{"role": "user", "content": "two"}, {"role": "user", "content": "three"}]');
SELECT title FROM vvault.rename_session('ledger', 'Other');
SELECT vvault.put_file('a.txt', 'a'), vvault.put_file('a.txt', 'b'), vvault.delete_file('a.txt');
SELECT vvault.create_token('second') LIKE 'vv%' AS made;
SELECT vvault.revoke_token(id) FROM vvault.list_tokens() WHERE name = 'second';
COMMIT;
-- The owner of the database, without any identity.
INSERT INTO vvault.constructs (owner_id, name) VALUES (:'ada', 'direct-001');
UPDATE vvault.constructs SET title = 'By hand' WHERE owner_id = :'ada' AND name = 'direct-001';
DELETE FROM vvault.constructs WHERE owner_id = :'ada' AND name = 'direct-001';
UPDATE vvault.sessions SET last_seq = 99 WHERE user_id = :'ada';
UPDATE vvault.sessions SET last_seq = 3 WHERE user_id = :'ada';
DELETE FROM vvault.messages WHERE user_id = :'ada' AND seq = 3;
UPDATE vvault.messages SET role = 'assistant' WHERE user_id = :'ada' AND seq = 2;

SELECT event_type, stream_seq, CASE actor WHEN :'ada' THEN 'ada' ELSE regexp_replace(actor, '^role:.*', 'role') END AS actor,
       file_id IS NOT NULL AS of_file
  FROM vvault.ledger_leaves WHERE user_id = :'ada' ORDER BY id;

-- Each leaf can be recomputed from the columns, and continues its stream without a gap.
SELECT bool_and(coalesce(vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq,
                                           previous_leaf, xid, payload_commitment, content_commitment) = leaf_hash, false)) AS leaves
  FROM vvault.ledger_leaves;
SELECT bool_and(stream_seq = nth) AS streams
  FROM (SELECT stream_seq, row_number() OVER (PARTITION BY user_id, stream_id ORDER BY stream_seq) AS nth
          FROM vvault.ledger_entries) AS s;
-- What a row's last entry says of it can be said again from the row.
SELECT bool_and(e.payload::text = vvault._ledger_payload('vvault.sessions', s, e.salt, e."timestamp")) AS sessions
  FROM vvault.sessions s
  JOIN vvault.ledger_entries e ON e.user_id = s.user_id AND e.stream_id = s.id AND e.event_type = 'session.updated'
 WHERE s.user_id = :'ada';
SELECT bool_and(e.payload::text = vvault._ledger_payload('vvault.users', u, e.salt, e."timestamp")) AS users
  FROM vvault.users u JOIN vvault.ledger_entries e ON e.user_id = u.id AND e.event_type = 'user.created'
 WHERE u.id = :'ada';
SELECT vvault._ledger_payload('vvault.installation', i, 'x', now()) FROM vvault.installation i;
-- Nothing of it tells a name, a title, a text or a secret.
SELECT count(*) AS telling FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND payload::text ~ 'Ada|ada\.ledger|Title|By hand|three|second';
-- The commitment of what was said is in the leaf, as the row has it.
SELECT count(*) AS committed FROM vvault.messages m
  JOIN vvault.ledger_entries e ON e.user_id = m.user_id AND e.stream_id = m.session_id AND e.payload->>'id' = m.id::text
   AND e.event_type = 'message.created' AND e.content_commitment = m.commitment
 WHERE m.user_id = :'ada';

-- That of a file's version is in no column of the vault: the leaf has it, and the one of no other.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('library/committed.md', 'one');
SELECT vvault.put_file('library/committed.md', 'one and two');
SAVEPOINT here;
SELECT vvault.put_file('library/committed.md', 'never');
ROLLBACK TO SAVEPOINT here;
SELECT vvault.restore_file('library/committed.md', 1);
SELECT vvault.delete_file('library/committed.md');
SELECT l.event_type, l.payload->>'version' AS version, l.payload->>'restored_from' AS restored, l.payload->>'is_deletion' AS deletion,
       l.content_commitment <> decode(repeat('00', 32), 'hex') AS commits,
       count(*) OVER (PARTITION BY l.content_commitment) AS alike
  FROM vvault.ledger_leaves l JOIN vvault.vault_files f ON f.user_id = l.user_id AND f.id = l.file_id
 WHERE f.path = 'library/committed.md' ORDER BY l.stream_seq;
ROLLBACK;

-- The same text gives another commitment each time.
SELECT count(DISTINCT content_commitment) AS different
  FROM vvault.ledger_entries WHERE user_id = :'ada' AND event_type = 'message.created';

-- Append-only, for a superuser too.
UPDATE vvault.ledger_entries SET event_type = 'x';
DELETE FROM vvault.ledger_entries;
TRUNCATE vvault.ledger_entries;
SET session_replication_role = replica;
DELETE FROM vvault.ledger_entries;
TRUNCATE vvault.ledger_entries_default;
RESET session_replication_role;
SELECT format('TRUNCATE vvault.ledger_entries_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) AS this_month \gset
:this_month;
\set VERBOSITY sqlstate
INSERT INTO vvault.ledger_entries SELECT * FROM vvault.ledger_entries LIMIT 1;
\set VERBOSITY default
TRUNCATE vvault.messages;
TRUNCATE vvault.users CASCADE;

-- Months: an entry goes where the time in its id says, and a stream goes on from wherever its
-- last entry is: a later month, an earlier one, or one that was archived.
SELECT count(*) AS months, bool_and(relrowsecurity) AS secured
  FROM pg_class WHERE relname ~ '^ledger_entries_2\d{3}_\d\d$' AND relnamespace = 'vvault'::regnamespace;
SELECT vvault._make_ledger_partitions(1);
SELECT count(*) AS misplaced FROM vvault.ledger_entries e
 WHERE e.tableoid <> ('vvault.ledger_entries_' || to_char(e."timestamp" AT TIME ZONE 'UTC', 'YYYY_MM'))::regclass
    OR e.month <> to_char(e."timestamp" AT TIME ZONE 'UTC', 'YYYYMM')::integer;
BEGIN;
INSERT INTO vvault.constructs (owner_id, name) VALUES (:'ada', 'old-001') RETURNING id AS old \gset
SELECT format('ALTER TABLE vvault.ledger_entries DETACH PARTITION vvault.ledger_entries_%s', to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM')) AS detach \gset
:detach;
UPDATE vvault.constructs SET title = 'Begun anew' WHERE id = :'old';
SELECT tableoid::regclass, stream_seq FROM vvault.ledger_entries WHERE stream_id = :'old';
INSERT INTO vvault.ledger_stream_heads VALUES (:'ada', '01900000-0000-7000-8000-000000000001', 6, sha256('')), (:'ada', '01900000-0000-7000-8000-000000000001', 7, sha256('a'));
INSERT INTO vvault.constructs (owner_id, name, id) VALUES (:'ada', 'oldest-001', '01900000-0000-7000-8000-000000000001');
SELECT stream_seq, previous_leaf = sha256('a') AS from_the_head FROM vvault.ledger_leaves
 WHERE stream_id = '01900000-0000-7000-8000-000000000001';
UPDATE vvault.ledger_stream_heads SET stream_seq = 1;
ROLLBACK;

-- The vault's own events are entries too: how the server was started, once.
SELECT vvault.ledger_guard_status();
SELECT vvault._record_server_start() IS NOT NULL AS told, vvault._record_server_start() AS again;
SELECT e.event_type, e.payload->>'guard' AS guard, e.stream_id = i.id AS of_the_vault
  FROM vvault.ledger_entries e JOIN vvault.installation i ON e.user_id = i.id
 WHERE e.event_type = 'guard.started';
SELECT bool_and(coalesce(vvault._leaf_hash(l.user_id, l.id, event_type, "timestamp", actor, stream_id, stream_seq,
                                           previous_leaf, xid, payload_commitment, content_commitment) = leaf_hash, false)) AS leaves
  FROM vvault.ledger_leaves l JOIN vvault.installation i ON l.user_id = i.id;
