-- Events: what became of the vault behind a place, under row security, each once.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set QUIET 1
SELECT api_key AS eve FROM vvault.create_user('eve-events@example.com', 'Eve') \gset
SELECT api_key AS max FROM vvault.create_user('max-events@example.com', 'Max') \gset

-- A place with its ids and times left out.
CREATE FUNCTION pg_temp.told(since text, session text DEFAULT NULL, most integer DEFAULT 100)
    RETURNS TABLE (event text, what text)
    LANGUAGE sql AS $$
    SELECT e.event, coalesce((e.message).seq || ' ' || (e.message).content,
                             (e.conversation).external_id, e.data ->> 'path', e.data ->> 'construct',
                             e.data ->> 'name', e.data ->> 'more')
      FROM vvault.list_events(since, session, most) AS e
$$;
\set QUIET 0

BEGIN;
SELECT vvault.authenticate(:'eve') IS NOT NULL AS eve;
SELECT event, data ->> 'more' AS more FROM vvault.list_events();
SELECT cursor AS start FROM vvault.list_events() WHERE event = 'position' \gset
SELECT (vvault.start_session('seer-001', 'talk', 'Talk', true)).created;
SELECT (vvault.append_message('talk', 'user', 'one')).seq;
COMMIT;
-- What a transaction changes itself is told when it is over.
BEGIN;
SELECT vvault.authenticate(:'eve') IS NOT NULL AS eve;
SELECT cursor AS before FROM vvault.list_events(session => 'talk') WHERE event = 'position' \gset
SELECT (vvault.append_message('talk', 'assistant', 'two')).seq;
SAVEPOINT here;
SELECT (vvault.append_message('talk', 'user', 'never')).seq;
ROLLBACK TO SAVEPOINT here;
SELECT vvault.put_file('notes.md', 'some notes');
SELECT (vvault.end_session('talk')).ended_at IS NOT NULL AS ended;
SELECT * FROM pg_temp.told(:'start');
COMMIT;

BEGIN;
SELECT vvault.authenticate(:'eve') IS NOT NULL AS eve;
SELECT * FROM pg_temp.told(:'start');
SELECT * FROM pg_temp.told(:'before', 'talk');
-- In small steps nothing is left out and nothing comes twice.
SELECT cursor AS a FROM vvault.list_events(:'start', "limit" => 2) WHERE event = 'position' \gset
SELECT * FROM pg_temp.told(:'start', NULL, 2);
SELECT cursor AS b FROM vvault.list_events(:'a', "limit" => 2) WHERE event = 'position' \gset
SELECT * FROM pg_temp.told(:'a', NULL, 2);
SELECT * FROM pg_temp.told(:'b', NULL, 100);
-- What was announced is looked up, and only as far as it was seen.
SELECT e.event, (e.message).content FROM vvault.list_events(
           :'start', known => (SELECT jsonb_agg(jsonb_build_array(a.user_id, a.stream_id, a.stream_seq))
                                 FROM vvault._announce(split_part(:'start', '.', 3)::pg_snapshot) a
                                WHERE a.event_type = 'message.created'),
           seen => pg_current_snapshot()) AS e;
-- A place of another life, or of no life at all.
SELECT * FROM pg_temp.told('e1.000000000000.3:3:');
SELECT * FROM pg_temp.told('no place');
SELECT * FROM pg_temp.told('c1.2.000000000000', 'talk');
SELECT * FROM vvault.list_events("limit" => 0);
ROLLBACK;

-- A stranger hears nothing; with a grant what comes behind it; without it its end.
BEGIN;
SELECT vvault.authenticate(:'max') IS NOT NULL AS max;
SELECT * FROM pg_temp.told(:'start');
SELECT * FROM vvault.list_events(session => 'talk');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'eve') IS NOT NULL AS eve;
SELECT cursor AS granted FROM vvault.list_events() WHERE event = 'position' \gset
SELECT vvault.grant_construct('seer-001', 'max-events@example.com');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'max') IS NOT NULL AS max;
SELECT * FROM pg_temp.told(:'granted');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'eve') IS NOT NULL AS eve;
SELECT vvault.revoke_construct('seer-001', 'max-events@example.com');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'max') IS NOT NULL AS max;
SELECT * FROM pg_temp.told(:'granted');
SELECT count(*) FROM vvault.list_events(:'granted') e WHERE e.event = 'message';
ROLLBACK;

-- The gateway is told ids and kinds; a person may not ask.
SELECT until IS NOT NULL AS until, incarnation IS NOT NULL AS incarnation, event_type FROM vvault._announce();
SELECT event_type, count(*), count(grantee_id) AS grantees
  FROM vvault._announce(split_part(:'granted', '.', 3)::pg_snapshot)
 WHERE event_type LIKE 'grant.%' GROUP BY event_type ORDER BY event_type;
SET ROLE vvault_user;
SELECT * FROM vvault._announce();
RESET ROLE;
-- A snapshot is cut where a number may be used again.
SELECT vvault._cut('10:20:10,12,18', 15), vvault._cut('10:20:18', 15), vvault._cut('20:20:', 20);
SELECT vvault._joined('10:20:', '10:20:12'), vvault._joined('10:20:12', '10:21:12,13'),
       vvault._joined('90:100:90', '91:91:'), vvault._joined('5:9:5,7', '5:8:5');
SELECT * FROM vvault.list_events();
