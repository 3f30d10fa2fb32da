-- The tree as it stood at a time, and back to it.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.travel@example.com', 'Ada') \gset
SELECT api_key AS bob_key FROM vvault.create_user('bob.travel@example.com', 'Bob') \gset
CREATE FUNCTION public.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN coalesce(result, 'nothing');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('instances/zen-001/same.md', 'same'), vvault.put_file('instances/zen-001/changed.md', 'one'),
       vvault.put_file('instances/zen-001/gone.md', 'soon gone', metadata => '{"by": "ada"}'),
       vvault.put_file('instances/zen-001/deleted.md', 'deleted before'),
       vvault.delete_file('instances/zen-001/deleted.md'),
       vvault.put_file('instances/zen-001/marked.md', 'x', metadata => '{"n": 1}'),
       vvault.put_file('instances/zen-001/touched.md', 'there and back'),
       vvault.put_file('library/other.md', 'outside');
COMMIT;
SELECT clock_timestamp() AS monday, pg_sleep(0.01) \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('instances/zen-001/changed.md', 'two, longer'), vvault.delete_file('instances/zen-001/gone.md'),
       vvault.put_file('instances/zen-001/deleted.md', 'here again'),
       vvault.put_file('instances/zen-001/new.md', 'made later'),
       vvault.put_file('instances/zen-001/marked.md', 'x', metadata => '{"n": 2}'),
       vvault.put_file('instances/zen-001/touched.md', 'touched'), vvault.restore_file('instances/zen-001/touched.md', 1),
       vvault.put_file('library/other.md', 'outside, changed');
COMMIT;
SELECT clock_timestamp() AS tuesday, pg_sleep(0.01) \gset

-- The listing of a time has that time's versions, and not what came later or was deleted then.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT path, version, size, sha256 = encode(sha256(vvault.get_file(path, as_of => :'monday')), 'hex') AS hash
  FROM vvault.list_files('instances/', as_of => :'monday');
SELECT path, version, deleted_at IS NOT NULL AS deleted, updated_at <= :'monday' AS in_time
  FROM vvault.list_files('instances/', include_deleted => true, as_of => :'monday');
SELECT count(*) AS before_all FROM vvault.list_files('', true, true, '2001-01-01');
WITH today AS (SELECT path, version, size, media_type, sha256, encrypted, construct_id FROM vvault.list_files('')),
     tuesday AS (SELECT path, version, size, media_type, sha256, encrypted, construct_id FROM vvault.list_files('', as_of => :'tuesday'))
SELECT (SELECT count(*) FROM today) AS files,
       (SELECT count(*) FROM (TABLE today EXCEPT TABLE tuesday) AS d) AS missing,
       (SELECT count(*) FROM (TABLE tuesday EXCEPT TABLE today) AS d) AS added;

-- Back to Monday: what is as it was stays untouched, and a second run has nothing to do.
SELECT * FROM vvault.restore_tree('instances/zen-001/', :'monday');
SELECT path, version, convert_from(vvault.get_file(path), 'UTF8') AS content FROM vvault.list_files('');
SELECT metadata FROM vvault.read_file('instances/zen-001/gone.md');
SELECT metadata FROM vvault.read_file('instances/zen-001/marked.md');
SELECT count(*) AS again FROM vvault.restore_tree('instances/zen-001/', :'monday');
SELECT version, kind, restored_from FROM vvault.file_history('instances/zen-001/changed.md');
-- Forward to Tuesday again: a restore loses nothing.
SELECT * FROM vvault.restore_tree('', :'tuesday');
SELECT count(*) AS future FROM vvault.restore_tree('', 'infinity');
-- Before everything: all files go, and all of them can come back.
SELECT count(*), count(*) FILTER (WHERE action = 'deleted') AS deleted FROM vvault.restore_tree('', '2001-01-01');
SELECT count(*) AS live FROM vvault.list_files('');

-- Undelete brings back what was there before; where nothing is deleted it changes nothing.
SELECT vvault.undelete_file('library/other.md') AS other, vvault.undelete_file('library/other.md') AS again;
SELECT convert_from(vvault.get_file('library/other.md'), 'UTF8') AS content;
SELECT public.answer($$SELECT vvault.undelete_file('library/never.md')$$) AS unknown;
ROLLBACK;

-- All or nothing: a file that cannot be brought back to its time stops the rest.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.purge_file('instances/zen-001/touched.md', 3) AS purged;
SELECT public.answer(format($$SELECT count(*) FROM vvault.restore_tree('instances/', %L)$$, :'monday')) AS refused,
       public.answer($$SELECT count(*) FROM vvault.restore_tree(NULL, now())$$) AS no_prefix,
       public.answer($$SELECT count(*) FROM vvault.restore_tree('', NULL)$$) AS no_time;
SELECT path, version FROM vvault.list_files('instances/') WHERE version > 1;
ROLLBACK;

-- Nobody restores, or sees in the past, what is not theirs.
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count(*) FROM vvault.list_files('', true, true, :'monday');
SELECT count(*) FROM vvault.restore_tree('', :'monday');
SELECT public.answer($$SELECT vvault.undelete_file('instances/zen-001/gone.md')$$) AS undelete;
ROLLBACK;
SELECT public.answer($$SELECT count(*) FROM vvault.restore_tree('', now())$$) AS nobody;
RESET SESSION AUTHORIZATION;
DROP FUNCTION public.answer(text);
