-- The owner of an entry opens its commitment to content, and nobody else does.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.openings@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.openings@example.com', 'Bob') \gset
-- The formula of doc/ledger-leaf.md.
CREATE FUNCTION pg_temp.commitment(o vvault.ledger_opening) RETURNS bytea LANGUAGE sql AS $$
    SELECT sha256(convert_to(E'vvault/content/v1\n', 'UTF8') || o.blind || o.content_sha256
                  || sha256(convert_to(coalesce(o.metadata, ''), 'UTF8')))
$$;
CREATE FUNCTION pg_temp.lines(last integer) RETURNS bytea LANGUAGE sql AS $$
    SELECT convert_to(string_agg('line ' || n || ' ' || md5(n::text), E'\n' ORDER BY n), 'UTF8') FROM generate_series(1, last) AS n
$$;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'opened', 'Opened', true);
SELECT seq FROM vvault.append_message('opened', 'user', 'one', metadata => '{"mood": "glad"}');
SELECT seq FROM vvault.append_message('opened', 'assistant', 'two');
-- Versions that stand alone, that continue, that a later one takes over; a restored one; a deletion.
SELECT count(vvault.put_file('library/opened.md', pg_temp.lines(n * 10), metadata => CASE n WHEN 3 THEN '{"n": 3}'::jsonb END)) AS saves FROM generate_series(1, 200) AS n;
SELECT vvault.restore_file('library/opened.md', 3) AS restored;
SELECT vvault.delete_file('library/opened.md') AS deleted;
COMMIT;

BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT e.payload ->> 'seq' AS seq, o.metadata, pg_temp.commitment(o) = e.content_commitment AS opens, o.content_sha256 = sha256(convert_to(m.content, 'UTF8')) AS this_text
  FROM vvault.ledger_entries_for(session => 'opened') AS e
  JOIN vvault.list_messages('opened') AS m ON m.seq = (e.payload ->> 'seq')::bigint, vvault.ledger_opening(e.id) AS o
 WHERE e.event_type = 'message.created' ORDER BY e.stream_seq;
SELECT count(*), bool_and(pg_temp.commitment(o) = e.content_commitment) AS open, count(DISTINCT o.blind) AS blinds,
       bool_and(o.content_sha256 = sha256(vvault.get_file('library/opened.md', (e.payload ->> 'version')::bigint))) AS these_bytes,
       string_agg(DISTINCT o.metadata, ',') AS metadata
  FROM vvault.ledger_entries_for(file => 'library/opened.md', "limit" => 1000) AS e, vvault.ledger_opening(e.id) AS o
 WHERE e.event_type = 'file_version.created' AND e.payload ->> 'is_deletion' IS NULL;
SELECT id AS message FROM vvault.ledger_entries_for(session => 'opened') WHERE event_type = 'message.created' LIMIT 1 \gset
SELECT id AS version FROM vvault.ledger_entries_for(file => 'library/opened.md', "limit" => 1000) WHERE payload ->> 'version' = '7' \gset
SELECT id AS deletion FROM vvault.ledger_entries_for(file => 'library/opened.md', "limit" => 1000) WHERE payload ->> 'is_deletion' = 'true' \gset
SELECT id AS started FROM vvault.ledger_entries_for(session => 'opened') WHERE event_type = 'session.created' \gset
SAVEPOINT here;
SELECT vvault.ledger_opening(:'deletion');
ROLLBACK TO here;
SELECT vvault.ledger_opening(:'started');
ROLLBACK TO here;
SELECT vvault.ledger_opening('00000000-0000-7000-8000-000000000000');
ROLLBACK TO here;
SELECT vvault.create_token('messages', '{messages:read,ledger:read}') AS narrow, vvault.create_token('no ledger', '{messages:read}') AS narrower \gset
COMMIT;
-- With a grant too: the ledger is its owner's.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.grant_construct('zen', 'bob.openings@example.com', 'manager');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT vvault.ledger_opening(:'message');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'narrow') = :'ada' AS ada;
SELECT pg_temp.commitment(vvault.ledger_opening(:'message')) IS NOT NULL AS opens;
SELECT vvault.ledger_opening(:'version');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'narrower') = :'ada' AS ada;
SELECT vvault.ledger_opening(:'message');
ROLLBACK;
SELECT vvault.ledger_opening(:'message');
SET ROLE vvault_auditor;
SELECT vvault.ledger_opening(:'message');
RESET ROLE;
-- Nothing opens what was destroyed with its key.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.shred_file('library/opened.md');
SELECT vvault.ledger_opening(:'version');
ROLLBACK;
