-- The way out, as far as it can be seen without opening the message (test/export does that).
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.export@example.com', 'Ada') \gset
CREATE FUNCTION public.complaint(query text)
    RETURNS TABLE (state text, message text, detail text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    message := 'no error';
    RETURN NEXT;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL;
    RETURN NEXT;
END
$$;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'plain', 'Plain', true);
SELECT count(*) FROM vvault.start_session('zen', '../../etc/passwd', 'Climbs', true);
SELECT count(*) FROM vvault.start_session('zen', 'taken', 'Taken', true);
SELECT count(*) FROM vvault.start_session('lin', repeat('ü', 150), 'Long', true);
SELECT seq FROM vvault.append_message(repeat('ü', 150), 'user', 'hello');
SELECT seq FROM vvault.append_message('plain', 'user', 'hello');
SELECT vvault.put_file('instances/zen-001/a.md', 'aaa'), vvault.put_file('library/b.md', 'b'),
       vvault.put_file('conversations/taken.md', 'a file of that name'),
       vvault.put_file('library/gone.md', 'gone'), vvault.delete_file('library/gone.md');
SELECT vvault.create_token('files', '{files:read}') AS files_key,
       vvault.create_token('messages', '{messages:read}') AS messages_key \gset
COMMIT;

-- A key that cannot be used: told so, and nothing else.
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_person;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT c.*, query FROM (VALUES
    ($$SELECT vvault.export_pgp('', 'no key')$$),
    ($$SELECT vvault.export_pgp('', '')$$),
    ($$SELECT vvault.export_pgp('', NULL)$$),
    ($$SELECT vvault.export_pgp(NULL, 'no key')$$),
    ($$SELECT vvault.export_pgp('', public.armor('no key'))$$)) AS q(query), public.complaint(query) AS c;
ROLLBACK;
BEGIN;
SET LOCAL SESSION AUTHORIZATION regress_person;
SELECT vvault.authenticate(:'files_key') IS NOT NULL AS files;
SELECT * FROM public.complaint($$SELECT vvault.export_pgp('', 'no key')$$);
SELECT vvault.authenticate(:'messages_key') IS NOT NULL AS messages;
SELECT * FROM public.complaint($$SELECT vvault.export_pgp('', 'no key')$$);
ROLLBACK;

-- What is in the archive: names end in no other folder, and no two are the same.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT replace(vvault._export_name(s), s.id::text, '<its id>') AS name
  FROM vvault.list_sessions(shared => false) AS s ORDER BY s.started_at, s.id;
SELECT octet_length(vvault._archive('')) % 512 AS whole_blocks, vvault._archive('nowhere') = decode(repeat('00', 1024), 'hex') AS empty;
-- Files and conversations below the prefix, and no others.
CREATE FUNCTION public.names(archive bytea) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
    at bigint := 1;
    size bigint;
BEGIN
    WHILE get_byte(archive, (at - 1)::integer) <> 0 LOOP
        SELECT sum((get_byte(archive, (at + 123 + i)::integer) - 48) * 8 ^ (10 - i)) INTO size FROM generate_series(0, 10) AS i;
        RETURN NEXT convert_from(rtrim(substring(archive FROM at::integer FOR 100), '\x00'), 'UTF8');
        at := at + 512 + (size + 511) / 512 * 512;
    END LOOP;
END
$$;
SELECT name FROM public.names(vvault._archive('')) AS name WHERE name NOT LIKE 'conversations/%-%';
SELECT name FROM public.names(vvault._archive('library/')) AS name;
SELECT count(*) AS of_lin FROM public.names(vvault._archive('instances/lin-001/')) AS name;
SELECT count(*) AS of_zen FROM public.names(vvault._archive('instances/zen')) AS name;
-- What was shredded is gone, and does not keep the rest in.
SELECT vvault.shred_file('library/b.md') > 0 AS file, vvault.shred_construct('lin') > 0 AS construct;
SELECT name FROM public.names(vvault._archive('library/')) AS name;
SELECT count(*) AS of_lin FROM public.names(vvault._archive('instances/lin-001/')) AS name;
SELECT count(*) AS of_zen FROM public.names(vvault._archive('instances/zen')) AS name;
ROLLBACK;
SELECT size, c.* FROM unnest('{0,1000000000,1000000001}'::bigint[]) AS size, public.complaint(format('SELECT vvault._check_archive_size(%s)', size)) AS c;
SELECT * FROM public.complaint($$SELECT vvault.export_pgp('', 'no key')$$);
DROP FUNCTION public.complaint(text);
