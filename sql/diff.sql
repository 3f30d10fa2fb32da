-- What changed between two versions of a text.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.diff@example.com', 'Ada') \gset
SELECT api_key AS bob_key FROM vvault.create_user('bob.diff@example.com', 'Bob') \gset
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
\set path 'instances/zen-001/a note.md'
SELECT vvault.put_file(:'path', E'# Note\n\none\ntwo\nthree\nfour\nfive\nsix\n'),
       vvault.put_file(:'path', E'# Note\n\none\ntwo\nthree, changed\nfour\nfive\nsix\nseven'),
       vvault.put_file(:'path', E'# Note\r\n\none\ntwo\nthree, changed\nfour\nfive\nsix\nseven\n'),
       vvault.restore_file(:'path', 1);
\pset format unaligned
\pset tuples_only on
SELECT vvault.diff_file(:'path', 1, 2);
SELECT replace(vvault.diff_file(:'path', 2, 3), E'\r', '<CR>');
-- The second version is the current one where none is named; the same content gives nothing.
SELECT vvault.diff_file(:'path', 2) = vvault.diff_file(:'path', 2, 4) AS current_one,
       vvault.diff_file(:'path', 1) = '' AS same;
SELECT vvault.put_file('empty.md', ''), vvault.put_file('empty.md', E'first\n');
SELECT vvault.diff_file('empty.md', 1, 2);
SELECT vvault.diff_file('empty.md', 2, 1);

SELECT vvault.put_file('bytes.bin', '\x610062'), vvault.put_file('bytes.bin', '\x61'), vvault.put_file('bytes.bin', '\xc3'),
       vvault.put_file('sealed.md', '\x56565345414c310a'::bytea || decode(repeat('61', 200), 'hex'), encrypted => 'client'),
       vvault.put_file('purged.md', '1'), vvault.put_file('purged.md', '2'), vvault.purge_file('purged.md', 2),
       vvault.put_file('deleted.md', '1'), vvault.delete_file('deleted.md');
SELECT query, public.answer(query) FROM (VALUES
    ($$SELECT vvault.diff_file('bytes.bin', 1, 2)$$),
    ($$SELECT vvault.diff_file('bytes.bin', 2, 3)$$),
    ($$SELECT vvault.diff_file('sealed.md', 1)$$),
    ($$SELECT vvault.diff_file('purged.md', 1)$$),
    ($$SELECT vvault.diff_file('deleted.md', 1)$$),
    ($$SELECT vvault.diff_file('empty.md', 1, 9)$$),
    ($$SELECT vvault.diff_file('empty.md', NULL)$$),
    ($$SELECT vvault.diff_file('never.md', 1)$$)) AS q(query);
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT public.answer($$SELECT vvault.diff_file('instances/zen-001/a note.md', 1)$$);
ROLLBACK;
SELECT public.answer($$SELECT vvault.diff_file('empty.md', 1)$$);
RESET SESSION AUTHORIZATION;

-- A comparison that takes long can be cancelled.
CREATE TABLE public.garbage AS
SELECT convert_to(string_agg((hashint8(n) & 15) || E'\n', '' ORDER BY n), 'UTF8') AS a,
       convert_to(string_agg((hashint8(-n) & 15) || E'\n', '' ORDER BY n), 'UTF8') AS b
  FROM generate_series(1, 1000000) AS n;
SET statement_timeout = '50ms';
SELECT length(vvault._diff(a, b, 'a', 'b')) FROM public.garbage;
RESET statement_timeout;
DROP TABLE public.garbage;
DROP FUNCTION public.answer(text);
