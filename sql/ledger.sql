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
       file_id IS NOT NULL AS of_file, actor_id = :'ada' AS by_ada
  FROM vvault.ledger_entries WHERE user_id = :'ada' ORDER BY id;

-- Each leaf can be recomputed from the columns, and continues its stream without a gap.
SELECT bool_and(vvault._payload_commitment(salt, payload) = payload_commitment) AS payloads,
       bool_and(vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq,
                                  previous_leaf, xid, payload_commitment, content_commitment) = leaf_hash) AS leaves
  FROM vvault.ledger_entries;
SELECT bool_and(stream_seq = nth AND previous_leaf = coalesce(before, decode(repeat('00', 32), 'hex'))) AS streams
  FROM (SELECT stream_seq, previous_leaf, row_number() OVER w AS nth, lag(leaf_hash) OVER w AS before
          FROM vvault.ledger_entries WINDOW w AS (PARTITION BY user_id, stream_id ORDER BY stream_seq)) AS s;
-- Nothing of it tells a name, a title, a text or a secret.
SELECT count(*) AS telling FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND payload::text ~ 'Ada|ada\.ledger|Title|By hand|three|second';
-- The commitment of what was said is in the leaf, as the row has it.
SELECT count(*) AS committed FROM vvault.messages m
  JOIN vvault.ledger_entries e ON e.user_id = m.user_id AND e.subject_id = m.id
   AND e.event_type = 'message.created' AND e.content_commitment = m.commitment
 WHERE m.user_id = :'ada';

-- The same text gives another commitment each time.
SELECT count(DISTINCT content_commitment) AS different
  FROM vvault.ledger_entries WHERE user_id = :'ada' AND event_type = 'message.created';

-- Append-only, for a superuser too.
UPDATE vvault.ledger_entries SET event_type = 'x';
DELETE FROM vvault.ledger_entries;
TRUNCATE vvault.ledger_entries;
SET session_replication_role = replica;
DELETE FROM vvault.ledger_entries;
RESET session_replication_role;
\set VERBOSITY sqlstate
INSERT INTO vvault.ledger_entries SELECT * FROM vvault.ledger_entries LIMIT 1;
\set VERBOSITY default
TRUNCATE vvault.messages;
TRUNCATE vvault.users CASCADE;
