-- What versions cost: of a file that grows or is edited, what is new; of equal content, nothing.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.storage@example.com', 'Ada') \gset
-- The end is blank: where the last cut falls is the person's own, and what is behind it may
-- cost nothing.
CREATE FUNCTION public.lines(first integer, last integer) RETURNS bytea LANGUAGE sql AS $$
    SELECT convert_to(coalesce(string_agg(n || ' ' || md5(n::text) || ' ' || md5((n * 7)::text), E'\n' ORDER BY n), '')
                      || repeat(' ', CASE last WHEN 70000 THEN 70000 ELSE 0 END), 'UTF8')
      FROM generate_series(first, last) n
$$;
CREATE VIEW public.cost AS
    SELECT (SELECT count(*) FROM vvault.vault_chunks c WHERE c.user_id = u.id) AS chunks,
           (SELECT coalesce(sum(pg_column_size(c.content)), 0) FROM vvault.vault_chunks c WHERE c.user_id = u.id)
           + (SELECT coalesce(sum(pg_column_size(v.*)), 0) FROM vvault.vault_file_versions v WHERE v.user_id = u.id)
           + (SELECT coalesce(sum(pg_column_size(t.*)), 0) FROM vvault.vault_file_tails t WHERE t.user_id = u.id) AS bytes
      FROM vvault.users u WHERE u.id = vvault.current_user_id();

-- A transcript that is saved whole after each of 600 turns of 300 bytes.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
CREATE TEMP TABLE turn AS
    SELECT n, rpad(n || ' ' || md5(n::text) || repeat(' ' || (n % 89), 40) || md5((n * 3)::text), 299, '.') || E'\n' AS text
      FROM generate_series(1, 600) n;
SELECT count(vvault.put_file('grows.md', convert_to(whole, 'UTF8')))
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves;
SELECT count(*) AS versions, count(info) < 40 AS few_stand_alone FROM vvault.vault_file_versions v WHERE v.user_id = :'ada';
-- The others have rows of their own only until the next that stands alone has taken them over.
SELECT count(*) BETWEEN 1 AND 128 AS tails, max(version) >= 599 AS newest FROM vvault.vault_file_tails t WHERE t.user_id = :'ada';
-- Every one reads as it was saved.
SELECT count(*) AS same
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves
 WHERE vvault.get_file('grows.md', n) = convert_to(whole, 'UTF8');
-- A save costs about its turn, early and late.
SELECT max(pg_column_size(v.*)) FILTER (WHERE version BETWEEN 2 AND 100) < 170 AS early, max(pg_column_size(v.*)) FILTER (WHERE version > 500) < 170 AS late
  FROM vvault.vault_file_versions v WHERE v.user_id = :'ada' AND info IS NULL;
SELECT (SELECT bytes FROM public.cost) < 1.3 * 600 * 300 AS small;
-- All that is told of a version is told of every one.
SELECT count(*) FILTER (WHERE h.sha256 = encode(sha256(convert_to(whole, 'UTF8')), 'hex')) AS same_hash
  FROM vvault.file_history('grows.md') h JOIN (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves ON saves.n = h.version;
SELECT count(*) FILTER (WHERE vvault.read_range('grows.md', 300 * n - 350, 400, version => n) = convert_to(substr(whole, 300 * n - 349, 400), 'UTF8')) AS same_range
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves WHERE n BETWEEN 2 AND 600 AND n % 10 IN (0, 3);
-- The oldest versions go, and what the others continued of them stays readable.
SELECT vvault.purge_file('grows.md', 300) AS purged;
SELECT count(*) AS same
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves
 WHERE n >= 300 AND vvault.get_file('grows.md', n) = convert_to(whole, 'UTF8');
SELECT count(*) AS older_tails FROM vvault.vault_file_tails WHERE user_id = :'ada' AND version < 300;
-- Also where only the newest few stay, which continue one that goes.
SELECT vvault.purge_file('grows.md', 599) AS purged;
SELECT info IS NOT NULL AS stands_alone FROM vvault.vault_file_versions WHERE user_id = :'ada' AND version = 599;
SELECT count(*) AS same
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves
 WHERE n >= 599 AND vvault.get_file('grows.md', n) = convert_to(whole, 'UTF8');
ROLLBACK;

-- Whatever a row of saves ends with takes over the versions in it: growing past a cut, an edit,
-- a restored version, or a save after a deletion.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
CREATE TEMP TABLE saved (version bigint, content bytea, metadata jsonb);
CREATE FUNCTION public.save(content text, metadata jsonb DEFAULT NULL) RETURNS bigint LANGUAGE sql AS $$
    INSERT INTO saved SELECT vvault.put_file('steps.md', convert_to(content, 'UTF8'), metadata => save.metadata), convert_to(content, 'UTF8'), save.metadata
    RETURNING version
$$;
CREATE FUNCTION public.wrong(since bigint DEFAULT 1) RETURNS TABLE (wrong bigint) LANGUAGE sql AS $$
    SELECT s.version FROM (SELECT * FROM saved WHERE version >= since OFFSET 0) s, vvault.read_file('steps.md', s.version) r
     WHERE (r.content, r.sha256, r.metadata) IS DISTINCT FROM (s.content, encode(sha256(s.content), 'hex'), s.metadata)
$$;
SELECT public.save('one'), public.save('one two'), public.save('one two', '{"n": 2}'), public.save('one two three'), public.save('ONE two three'), public.save('ONE two three.');
SELECT count(public.save('ONE two three.' || repeat(' and on', n * n * 20), CASE WHEN n % 2 = 0 THEN jsonb_build_object('n', n) END)) AS saves FROM generate_series(1, 25) n;
SELECT count(*) AS wrong FROM public.wrong();
WITH restored AS (SELECT vvault.restore_file('steps.md', 3) AS version)
INSERT INTO saved SELECT restored.version, content, metadata FROM saved, restored WHERE saved.version = 3 RETURNING version;
SELECT public.save('one two, once more');
SELECT public.save('one two, once more, and more');
WITH restored AS (SELECT vvault.restore_file('steps.md', 20) AS version)
INSERT INTO saved SELECT restored.version, content, metadata FROM saved, restored WHERE saved.version = 20 RETURNING version;
SELECT public.save(convert_from(content, 'UTF8') || ' more'), public.save(convert_from(content, 'UTF8') || ' more and more') FROM saved WHERE version = 20;
SELECT vvault.delete_file('steps.md') AS deleted;
SELECT count(*) AS wrong FROM public.wrong();
SELECT public.save('after'), public.save('after it'), public.save('after it all');
SELECT count(*) AS wrong FROM public.wrong();
SELECT version, info IS NOT NULL AS stands_alone FROM vvault.vault_file_versions WHERE user_id = :'ada' AND version BETWEEN 32 AND 41 AND version NOT IN (36, 37) ORDER BY version;
-- Purging from any of them on leaves the rest what it was, and nothing of what went.
SELECT at, vvault.purge_file('steps.md', at) AS purged, (SELECT count(*) FROM public.wrong(at)) AS wrong
  FROM unnest('{2,3,4,5,6,12,20,31,32,33,34,36,38,40,41}'::bigint[]) at;
SELECT version FROM vvault.vault_file_versions WHERE user_id = :'ada' UNION ALL SELECT version FROM vvault.vault_file_tails WHERE user_id = :'ada';
ROLLBACK;

-- A tail that was taken over and is still in its place is no reason to need the version that it
-- goes back to. (As if the place of version 2 had been written over already.)
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('stale.md', 'a'), vvault.put_file('stale.md', 'ab'), vvault.put_file('stale.md', 'abc'), vvault.put_file('stale.md', 'X');
DELETE FROM vvault.vault_file_tails WHERE user_id = :'ada' AND version = 2;
SELECT vvault.purge_file('stale.md', 2) AS purged;
SELECT convert_from(vvault.get_file('stale.md', n), 'UTF8') AS content FROM generate_series(2, 4) n;
ROLLBACK;

-- What was destroyed with its key stays that, also when its places are written over.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('shred.md', 'a'), vvault.put_file('shred.md', 'ab'), vvault.put_file('shred.md', 'abc'), vvault.shred_file('shred.md') AS keys;
SELECT vvault.put_file('shred.md', 'new'), vvault.put_file('shred.md', 'new and more') AS fifth;
UPDATE vvault.vault_file_tails SET version = version + 128 WHERE user_id = :'ada' AND version = 2;
SELECT version, kind, sha256 IS NOT NULL AS opens FROM vvault.file_history('shred.md');
SAVEPOINT s;
SELECT vvault.get_file('shred.md', 2);
ROLLBACK TO s;
SELECT vvault.get_file('shred.md', 3);
ROLLBACK TO s;
SELECT vvault.get_file('shred.md', 5), vvault.purge_file('shred.md', 3) AS purged;
SELECT vvault.purge_file('shred.md', 5) AS purged, vvault.get_file('shred.md');
-- Also where it is all that is left, and the path can still be written.
SELECT vvault.put_file('shred.md', 'new and more still'), vvault.shred_file('shred.md') AS keys;
SELECT vvault.purge_file('shred.md', 6) AS purged;
SAVEPOINT s;
SELECT vvault.get_file('shred.md');
ROLLBACK TO s;
SELECT vvault.put_file('shred.md', 'again');
SELECT vvault.get_file('shred.md');
ROLLBACK;

-- An edit in the middle of 5 MB costs about the edit, and the same content elsewhere nothing.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('large.txt', public.lines(1, 70000));
SELECT bytes AS before, chunks AS chunks_before FROM public.cost \gset
SELECT vvault.put_file('large.txt', public.lines(1, 35000) || 'An edit.'::bytea || public.lines(35001, 70000));
SELECT bytes - :before < 150000 AS small, chunks - :chunks_before BETWEEN 1 AND 12 AS few FROM public.cost;
SELECT bytes AS before, chunks AS chunks_before FROM public.cost \gset
SELECT vvault.put_file('copy.txt', public.lines(1, 70000));
SELECT vvault.restore_file('large.txt', 1);
SELECT bytes - :before < 2000 AS nothing, chunks - :chunks_before AS new FROM public.cost;
SELECT vvault.get_file('large.txt') = public.lines(1, 70000) AS restored, vvault.get_file('copy.txt') = public.lines(1, 70000) AS copied,
       vvault.get_file('large.txt', 2) = public.lines(1, 35000) || 'An edit.'::bytea || public.lines(35001, 70000) AS edited;

-- Any range of it, also across chunks and at its end.
SELECT count(*) AS ranges, bool_and(vvault.read_range('large.txt', at, size) = substring(whole FROM at + 1 FOR size)) AS same
  FROM (SELECT public.lines(1, 70000) AS whole OFFSET 0) w,
       (SELECT (n * 104729) % 5200000 AS at, (n * 7919) % 100000 AS size FROM generate_series(1, 60) n) r;
SELECT length(vvault.read_range('large.txt', length(vvault.get_file('large.txt')) - 3, 100)) AS at_the_end,
       length(vvault.read_range('large.txt', 999999999, 100)) AS behind_it,
       vvault.read_range('large.txt', 0, 5, version => 1) AS old;
SAVEPOINT s;
SELECT vvault.read_range('large.txt', -1, 5);
ROLLBACK TO s;
SELECT vvault.read_range('large.txt', 0, NULL);
ROLLBACK TO s;
SELECT vvault.read_range('nowhere.txt', 0, 5);
ROLLBACK TO s;
-- What one of two files with the same chunks gives up, the other keeps.
SELECT vvault.delete_file('large.txt'), vvault.purge_file('large.txt') AS purged;
SELECT vvault.get_file('copy.txt') = public.lines(1, 70000) AS kept;
SELECT vvault.delete_file('copy.txt'), vvault.purge_file('copy.txt') AS purged;
SELECT chunks AS left_over FROM public.cost;
ROLLBACK;
DROP VIEW public.cost;
DROP FUNCTION public.lines(integer, integer);
