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
           + (SELECT coalesce(sum(pg_column_size(v.info)), 0) FROM vvault.vault_file_versions v WHERE v.user_id = u.id) AS bytes
      FROM vvault.users u WHERE u.id = vvault.current_user_id();

-- A transcript that is saved whole after each of 600 turns of 300 bytes.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
CREATE TEMP TABLE turn AS
    SELECT n, rpad(n || ' ' || md5(n::text) || repeat(' ' || (n % 89), 40) || md5((n * 3)::text), 299, '.') || E'\n' AS text
      FROM generate_series(1, 600) n;
SELECT count(vvault.put_file('grows.md', convert_to(whole, 'UTF8')))
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves;
SELECT count(*) AS versions, max(continues) > 20 AS continued, count(*) FILTER (WHERE continues = 0) < 40 AS mostly
  FROM vvault.vault_file_versions v WHERE v.user_id = :'ada';
-- Every one reads as it was saved.
SELECT count(*) AS same
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves
 WHERE vvault.get_file('grows.md', n) = convert_to(whole, 'UTF8');
-- A save costs about its turn, early and late.
SELECT max(cost) FILTER (WHERE version BETWEEN 2 AND 100) < 420 AS early, max(cost) FILTER (WHERE version > 500) < 420 AS late
  FROM (SELECT version, pg_column_size(info) AS cost FROM vvault.vault_file_versions v
         WHERE v.user_id = :'ada' AND continues > 0) AS saved;
SELECT (SELECT bytes FROM public.cost) < 2.0 * 600 * 300 AS small;
-- The oldest versions go, and what the others continued of them stays readable.
SELECT vvault.purge_file('grows.md', 300) AS purged;
SELECT count(*) AS same
  FROM (SELECT string_agg(text, '') OVER (ORDER BY n) AS whole, n FROM turn) AS saves
 WHERE n >= 300 AND vvault.get_file('grows.md', n) = convert_to(whole, 'UTF8');
SELECT min(version - continues) AS begins FROM vvault.vault_file_versions WHERE user_id = :'ada';
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
