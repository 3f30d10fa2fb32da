-- Words in sealed messages: who finds what, in which order, and how a search goes on.
\set SHOW_CONTEXT never
SELECT api_key AS ada_key FROM vvault.create_user('ada.search@example.com', 'Ada') \gset
SELECT api_key AS bob_key FROM vvault.create_user('bob.search@example.com', 'Bob') \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'first', 'First', true);
SELECT count(*) FROM vvault.start_session('lin', 'second', 'Second', true);
SELECT count(*) FROM vvault.start_session('tau', 'third', 'Third', true);
SELECT count(*) FROM vvault.append_messages('first', (
    SELECT jsonb_agg(jsonb_build_object('role', 'user', 'content', format('Line %s of the heron %s', n, repeat('x', 20000)))
                     ORDER BY n) FROM generate_series(1, 200) AS n));
SELECT seq FROM vvault.append_message('second', 'user', 'The HERON stands at the boathouse; 100% _sure_');
SELECT seq FROM vvault.append_message('second', 'assistant', 'Ein Reiher, ÄHNLICH dem Kranich');
SELECT seq FROM vvault.append_message('third', 'user', 'a heron that will be destroyed');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
\echo All words, in any order and case; nothing is a pattern
SELECT (message).session, (message).seq, (message).content FROM vvault.search_messages('heron boathouse') WHERE (message).id IS NOT NULL;
SELECT (message).session, (message).seq FROM vvault.search_messages('  100% _SURE_ ') WHERE (message).id IS NOT NULL;
SELECT count((message).id) FROM vvault.search_messages('1_0%');
SELECT (message).content FROM vvault.search_messages('ähnlich') WHERE (message).id IS NOT NULL;
\echo Newest conversation first, newest message first, of one construct or all
SELECT (message).session, (message).seq, searched FROM vvault.search_messages('heron', "limit" => 4);
SELECT (message).session, (message).seq FROM vvault.search_messages('heron', 'zen-001', 2);
\echo All of it in pieces, each once
CREATE TEMP TABLE pieces AS
    WITH RECURSIVE piece AS (
        SELECT array_agg((f.message).id) FILTER (WHERE (f.message).id IS NOT NULL) AS ids,
               (array_agg(f.cursor ORDER BY f.searched DESC, (f.message).id IS NULL DESC))[1] AS cursor
          FROM vvault.search_messages('heron', "limit" => 33) AS f
        UNION ALL
        SELECT n.ids, n.cursor FROM piece p, LATERAL (
            SELECT array_agg((f.message).id) FILTER (WHERE (f.message).id IS NOT NULL) AS ids,
                   (array_agg(f.cursor ORDER BY f.searched DESC, (f.message).id IS NULL DESC))[1] AS cursor
              FROM vvault.search_messages('heron', "limit" => 33, cursor => p.cursor) AS f) AS n
         WHERE p.cursor IS NOT NULL)
    SELECT unnest(ids) AS id FROM piece;
SELECT count(*), count(DISTINCT id) FROM pieces;
DROP TABLE pieces;
\echo A search whose time is up says where to go on
SELECT id AS first_id FROM vvault.get_session('first') \gset
SELECT (message).id IS NULL AS nothing_yet, cursor = :'first_id' || '.86' AS goes_on, searched
  FROM vvault.search_messages('nowhere', 'zen', cursor => :'first_id' || '.150', milliseconds => 1);
SELECT (message).id IS NULL AS nothing, cursor IS NULL AS all_of_it, searched
  FROM vvault.search_messages('nowhere', 'zen', cursor => :'first_id' || '.86', milliseconds => 10000);
\echo What cannot be searched for
SAVEPOINT s;
SELECT vvault.search_messages(' ');
ROLLBACK TO s;
SELECT vvault.search_messages(NULL);
ROLLBACK TO s;
SELECT vvault.search_messages('x', 'nobody');
ROLLBACK TO s;
SELECT vvault.search_messages('x', cursor => 'nonsense');
ROLLBACK TO s;
SELECT vvault.search_messages('x', "limit" => 0);
ROLLBACK TO s;
SELECT vvault.search_messages('x', milliseconds => 10001);
ROLLBACK;
\echo Somebody else finds what was granted, and nothing more
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count((message).id), max(searched) AS opened FROM vvault.search_messages('heron');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.grant_construct('lin', 'bob.search@example.com', 'reader');
SELECT vvault.create_runtime('finder', '{zen}', 'reader') IS NOT NULL AS made;
SELECT vvault.create_token('finder', '{messages:read}', NULL, 'finder') AS finder_key,
       vvault.create_token('no reader', '{messages:write}') AS other_key \gset
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count((message).id), max(searched) AS opened FROM vvault.search_messages('heron');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'finder_key') IS NOT NULL AS finder;
SELECT count((message).id), max(searched) AS opened, count(DISTINCT (message).session) AS sessions
  FROM vvault.search_messages('heron', "limit" => 1000);
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'other_key') IS NOT NULL AS other;
SELECT vvault.search_messages('heron');
ROLLBACK;
SELECT vvault.search_messages('heron');
\echo What was destroyed is passed over
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.shred_construct('tau') > 0 AS destroyed;
SELECT (message).session, (message).seq FROM vvault.search_messages('heron', "limit" => 1);
COMMIT;
RESET SESSION AUTHORIZATION;
