-- Binding of a file's parts: moved, swapped, missing, repeated, cut or of another version, a file
-- does not open. (What else is sealed: binding.sql.)
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.parts@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.parts@example.com', 'Bob') \gset
-- Three parts, the same bytes in each and in each file: only the place tells them apart.
SELECT 'convert_to(repeat(''heron at dawn, '', 200000), ''UTF8'')' AS large \gset
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.put_file('a.txt', :large);
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.put_file('a.txt', :large), vvault.put_file('b.txt', :large),
       vvault.put_file('a.txt', :large || 'newer');

CREATE VIEW public.part AS
    SELECT c.user_id, f.path, c.version, c.part, c.file_id, c.content
      FROM vvault.vault_chunks c JOIN vvault.vault_files f ON f.user_id = c.user_id AND f.id = c.file_id;
SELECT path, version, count(*) AS parts FROM public.part WHERE user_id = :'ada' GROUP BY 1, 2 ORDER BY 1, 2;
CREATE FUNCTION public.attempt(change text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    detail text;
    shown text;
BEGIN
    BEGIN
        EXECUTE change;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed = 0 THEN
            RAISE EXCEPTION 'no row changed';
        END IF;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = 'IT OPENED',
            DETAIL = length(vvault.get_file('a.txt'))::text;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        shown := SQLSTATE || ': ' || SQLERRM;
    END;
    SELECT replace(detail, p.file_id::text, p.path) INTO detail
      FROM public.part p WHERE p.user_id = vvault.current_user_id() AND p.path = 'a.txt' LIMIT 1;
    RETURN shown || '. ' || detail;
END
$$;
-- Part %2$s of a.txt, newest version, gets what %1$s finds.
CREATE FUNCTION pg_temp.put(source text, target integer) RETURNS text LANGUAGE sql AS $$
    SELECT format('UPDATE vvault.vault_chunks c SET content = x.content FROM public.part o, public.part x
                    WHERE o.user_id = vvault.current_user_id() AND o.path = ''a.txt'' AND o.version = 2
                      AND o.part = %2$s AND (%1$s) AND c.user_id = o.user_id AND c.file_id = o.file_id
                      AND c.version = o.version AND c.part = o.part', source, target)
$$;
SELECT what, public.attempt(change) AS answer
  FROM (VALUES
    (1, 'nothing', 'UPDATE vvault.users SET status = status'),
    (2, 'part 1 for part 0', pg_temp.put('x.user_id = o.user_id AND x.file_id = o.file_id AND x.version = 2 AND x.part = 1', 0)),
    (3, 'the first for the last', pg_temp.put('x.user_id = o.user_id AND x.file_id = o.file_id AND x.version = 2 AND x.part = 0', 2)),
    (4, 'the last for the first', pg_temp.put('x.user_id = o.user_id AND x.file_id = o.file_id AND x.version = 2 AND x.part = 2', 0)),
    (5, 'the same of the version before', pg_temp.put('x.user_id = o.user_id AND x.file_id = o.file_id AND x.version = 1 AND x.part = 1', 1)),
    (6, 'the same of another file', pg_temp.put('x.user_id = o.user_id AND x.path = ''b.txt'' AND x.part = 1', 1)),
    (7, 'the same of another person', pg_temp.put('x.user_id <> o.user_id AND x.path = ''a.txt'' AND x.part = 1', 1)),
    (8, 'two swapped', format('UPDATE vvault.vault_chunks c SET content = o.content FROM vvault.vault_chunks o
      WHERE c.user_id = %L AND o.user_id = c.user_id AND o.file_id = c.file_id AND c.version = 2
        AND o.version = 2 AND c.part < 2 AND o.part = 1 - c.part', :'ada')),
    (9, 'all in another order', format('UPDATE vvault.vault_chunks c SET content = o.content FROM vvault.vault_chunks o
      WHERE c.user_id = %L AND o.user_id = c.user_id AND o.file_id = c.file_id AND c.version = 2
        AND o.version = 2 AND o.part = (c.part + 1) %% 3', :'ada')),
    (10, 'the first gone', format('DELETE FROM vvault.vault_chunks WHERE user_id = %L AND version = 2 AND part = 0', :'ada')),
    (11, 'one between gone', format('DELETE FROM vvault.vault_chunks WHERE user_id = %L AND version = 2 AND part = 1', :'ada')),
    (12, 'the last gone', format('DELETE FROM vvault.vault_chunks WHERE user_id = %L AND version = 2 AND part = 2', :'ada')),
    (13, 'all gone', format('DELETE FROM vvault.vault_chunks WHERE user_id = %L AND version = 2', :'ada')),
    (14, 'the last once more', format('INSERT INTO vvault.vault_chunks (user_id, file_id, version, part, construct_id, content)
      SELECT user_id, file_id, version, 3, construct_id, content FROM vvault.vault_chunks WHERE user_id = %L AND version = 2 AND part = 2', :'ada')),
    (15, 'a byte less', format('UPDATE vvault.vault_chunks SET content = substr(content, 1, length(content) - 1) WHERE user_id = %L AND version = 2 AND part = 1', :'ada')),
    (16, 'a bit changed', format('UPDATE vvault.vault_chunks SET content = set_bit(content, 900, 1 - get_bit(content, 900)) WHERE user_id = %L AND version = 2 AND part = 1', :'ada'))
  ) AS tried(number, what, change) ORDER BY number;
ROLLBACK;
