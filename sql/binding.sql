-- Binding: the owner of the database, with every trigger off, moves, swaps, cuts, repeats and
-- changes ciphertexts. None opens anywhere but at its own place, and each refusal names the thing.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.binding@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.binding@example.com', 'Bob') \gset

-- The same for both, of the same lengths, so that nothing but the place tells them apart.
CREATE FUNCTION public.fill(key text, name text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM vvault.authenticate(key);
    PERFORM vvault.create_construct('zen'), vvault.create_construct('lin');
    PERFORM vvault.start_session('zen-001', 'z', name || ' on zen'),
            vvault.start_session('zen-001', 'y', name || ' on yen'),
            vvault.start_session('lin-001', 'l', name || ' on lin');
    PERFORM vvault.append_message('z', 'user', name || ' says one', metadata => '{"n": 1}');
    PERFORM vvault.append_message('z', 'user', name || ' says two', metadata => '{"n": 2}');
    PERFORM vvault.append_message('y', 'user', name || ' says six', metadata => '{"n": 6}');
    PERFORM vvault.append_message('l', 'user', name || ' says ten', metadata => '{"n": 9}');
    PERFORM vvault.put_file('a.txt', 'first of a', metadata => '{"n": 1}');
    PERFORM vvault.put_file('a.txt', 'newer of a', metadata => '{"n": 2}');
    PERFORM vvault.put_file('b.txt', 'first of b', metadata => '{"n": 1}');
END
$$;
BEGIN;
SELECT public.fill(:'ada_key', 'Ada');
COMMIT;
BEGIN;
SELECT public.fill(:'bob_key', 'Bob');
COMMIT;

-- Makes the change, reads, and takes the change back; the answer with ids as names.
CREATE FUNCTION public.attempt(change text, reading text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    changed bigint;
    shown text;
    state text;
    detail text;
    one record;
BEGIN
    BEGIN
        EXECUTE change;
        GET DIAGNOSTICS changed = ROW_COUNT;
        IF changed = 0 THEN
            RAISE EXCEPTION 'no row changed';
        END IF;
        EXECUTE reading INTO shown;
        RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = 'IT OPENED', DETAIL = shown;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        state := SQLSTATE;
        shown := SQLERRM;
    END;
    FOR one IN SELECT * FROM public.names LOOP
        detail := replace(detail, one.id::text, one.name);
    END LOOP;
    RETURN format('%s: %s. %s', state, shown, detail);
END
$$;
CREATE TABLE public.names AS
    SELECT m.id, CASE m.user_id WHEN :'bob' THEN 'of Bob, ' ELSE '' END || s.external_id || '/' || m.seq AS name
      FROM vvault.messages m JOIN vvault.sessions s ON s.user_id = m.user_id AND s.id = m.session_id
     WHERE m.user_id = ANY (ARRAY[:'ada', :'bob']::uuid[])
     UNION ALL SELECT s.id, s.external_id FROM vvault.sessions s WHERE s.user_id = :'ada'
     UNION ALL SELECT f.id, f.path FROM vvault.vault_files f WHERE f.user_id = :'ada';

-- Messages and titles by person, conversation and number, and versions by path.
CREATE VIEW public.said AS
    SELECT m.ctid AS row, m.user_id, s.external_id AS session, m.seq, m.id, m.content, m.metadata, s.title
      FROM vvault.messages m JOIN vvault.sessions s ON s.user_id = m.user_id AND s.id = m.session_id;
CREATE VIEW public.stored AS
    SELECT v.user_id, f.path, v.version, v.file_id, v.info
      FROM vvault.vault_file_versions v
      JOIN vvault.vault_files f ON f.user_id = v.user_id AND f.id = v.file_id;

BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
ALTER TABLE vvault.messages DISABLE TRIGGER ALL;
ALTER TABLE vvault.sessions DISABLE TRIGGER ALL;
ALTER TABLE vvault.vault_files DISABLE TRIGGER ALL;
ALTER TABLE vvault.vault_file_versions DISABLE TRIGGER ALL;
SELECT 'SELECT string_agg(content || (metadata ->> ''n''), '','' ORDER BY seq) FROM vvault.list_messages(''z'')' AS read_z \gset
SELECT 'SELECT title FROM vvault.get_session(''z'')' AS read_title \gset
SELECT 'SELECT convert_from(content, ''UTF8'') || (metadata ->> ''n'') FROM vvault.read_file(''a.txt'')' AS read_a \gset
-- With nothing changed all of it opens, so a refusal below is due to the change.
SELECT public.attempt('UPDATE vvault.users SET status = status', :'read_z');
SELECT public.attempt('UPDATE vvault.users SET status = status', :'read_title');
SELECT public.attempt('UPDATE vvault.users SET status = status', :'read_a');

-- What is put where z/1 has its content, its metadata, z its title.
CREATE FUNCTION pg_temp.put(place text, source text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN format(CASE place
        WHEN 'title' THEN 'UPDATE vvault.sessions t SET title = (%s) FROM public.said o
                            WHERE o.user_id = vvault.current_user_id() AND t.user_id = o.user_id
                              AND t.external_id = ''z'' AND o.session = ''z'' AND o.seq = 1'
        WHEN 'info' THEN 'UPDATE vvault.vault_file_versions t SET info = (%s) FROM public.stored o
                            WHERE o.user_id = vvault.current_user_id() AND o.path = ''a.txt'' AND o.version = 2
                              AND t.user_id = o.user_id AND t.file_id = o.file_id AND t.version = o.version'
        ELSE 'UPDATE vvault.messages t SET ' || place || ' = (%s) FROM public.said o
               WHERE o.user_id = vvault.current_user_id() AND o.session = ''z'' AND o.seq = 1 AND t.id = o.id'
        END, source);
END
$$;
CREATE FUNCTION pg_temp.of(what text, person uuid, session text, seq bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT x.%I FROM public.said x WHERE x.user_id = %L AND x.session = %L AND x.seq = %s',
                  what, person, session, seq)
$$;
CREATE FUNCTION pg_temp.info(person uuid, path text, version bigint) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT x.info FROM public.stored x WHERE x.user_id = %L AND x.path = %L AND x.version = %s',
                  person, path, version)
$$;

SELECT what, public.attempt(pg_temp.put(place, source),
                            CASE place WHEN 'title' THEN :'read_title' WHEN 'info' THEN :'read_a' ELSE :'read_z' END)
       AS answer
  FROM (VALUES
    (1, 'another message of the conversation', 'content', pg_temp.of('content', :'ada', 'z', 2)),
    (2, 'of another conversation of the construct', 'content', pg_temp.of('content', :'ada', 'y', 1)),
    (3, 'of another construct', 'content', pg_temp.of('content', :'ada', 'l', 1)),
    (4, 'of another person', 'content', pg_temp.of('content', :'bob', 'z', 1)),
    (5, 'its metadata as its content', 'content', pg_temp.of('metadata', :'ada', 'z', 1)),
    (6, 'the title as its content', 'content', pg_temp.of('title', :'ada', 'z', 1)),
    (7, 'the info of a file', 'content', pg_temp.info(:'ada', 'a.txt', 2)),
    (8, 'a byte less', 'content', 'substr(o.content, 1, length(o.content) - 1)'),
    (9, 'a byte more', 'content', 'o.content || ''\x00'''),
    (10, 'the header alone', 'content', 'substr(o.content, 1, 72)'),
    (11, 'nothing', 'content', '''''::bytea'),
    (12, 'twice', 'content', 'o.content || o.content'),
    (13, 'the header of another message', 'content',
     'substr((' || pg_temp.of('content', :'ada', 'z', 2) || '), 1, 72) || substr(o.content, 73)'),
    (20, 'the metadata of another message', 'metadata', pg_temp.of('metadata', :'ada', 'z', 2)),
    (21, 'of another person', 'metadata', pg_temp.of('metadata', :'bob', 'z', 1)),
    (22, 'its content as its metadata', 'metadata', pg_temp.of('content', :'ada', 'z', 1)),
    (30, 'the title of another conversation', 'title', pg_temp.of('title', :'ada', 'y', 1)),
    (31, 'of another person', 'title', pg_temp.of('title', :'bob', 'z', 1)),
    (32, 'a message as the title', 'title', pg_temp.of('content', :'ada', 'z', 1)),
    (40, 'the info of an older version', 'info', pg_temp.info(:'ada', 'a.txt', 1)),
    (41, 'of another file', 'info', pg_temp.info(:'ada', 'b.txt', 1)),
    (42, 'of another person', 'info', pg_temp.info(:'bob', 'a.txt', 2)),
    (43, 'a message as the info', 'info', pg_temp.of('content', :'ada', 'z', 1)),
    (44, 'a byte less', 'info', 'substr(o.info, 1, length(o.info) - 1)'),
    (45, 'a byte more', 'info', 'o.info || ''\x00''')
  ) AS tried(number, what, place, source) ORDER BY number;

-- Whole rows under another name.
SELECT what, public.attempt(change, CASE WHEN what LIKE '%version%' THEN :'read_a' ELSE :'read_z' END) AS answer
  FROM (VALUES
    (1, 'two messages swapped', format(
     'UPDATE vvault.messages m SET content = o.content, metadata = o.metadata FROM vvault.messages o
       WHERE m.user_id = %1$L AND o.user_id = %1$L AND o.session_id = m.session_id AND o.seq = 3 - m.seq', :'ada')),
    (2, 'the metadata of two messages swapped', format(
     'UPDATE vvault.messages m SET metadata = o.metadata FROM vvault.messages o
       WHERE m.user_id = %1$L AND o.user_id = %1$L AND o.session_id = m.session_id AND o.seq = 3 - m.seq', :'ada')),
    (3, 'a message under another id', format(
     'UPDATE vvault.messages m SET id = %L FROM public.said o WHERE o.id = m.id AND o.user_id = %L
         AND o.session = ''z'' AND o.seq = 1', '01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e', :'ada')),
    (4, 'another person''s message added', format(
     'INSERT INTO vvault.messages SELECT (jsonb_populate_record(m, jsonb_build_object(''user_id'', mine.user_id,
             ''session_id'', mine.session_id, ''construct_id'', mine.construct_id, ''seq'', 3))).*
        FROM vvault.messages m JOIN public.said o ON o.id = m.id AND o.user_id = %L AND o.session = ''z'' AND o.seq = 1,
             vvault.messages mine JOIN public.said x ON x.id = mine.id AND x.user_id = %L AND x.session = ''z'' AND x.seq = 2',
     :'bob', :'ada')),
    (5, 'the info of two versions swapped', format(
     'UPDATE vvault.vault_file_versions v SET info = o.info FROM vvault.vault_file_versions o
       WHERE v.user_id = %1$L AND o.user_id = %1$L AND o.file_id = v.file_id AND o.version = 3 - v.version', :'ada')),
    (6, 'a version under another number', format(
     'UPDATE vvault.vault_file_versions v SET version = v.version + 1 WHERE v.user_id = %L AND v.version = 2
         AND v.file_id = (SELECT id FROM public.names WHERE name = ''a.txt'')', :'ada'))
  ) AS tried(number, what, change) ORDER BY number;
SAVEPOINT s;

-- Every single bit, field by field: what no version knows is VV006, the rest one answer.
CREATE TEMP TABLE field AS SELECT * FROM (VALUES
    ('magic', 0, 2), ('version', 2, 1), ('suite', 3, 1), ('flags', 4, 1), ('rule', 5, 1),
    ('segment size', 6, 1), ('dictionary', 7, 1), ('key id', 8, 8), ('salt', 16, 24),
    ('commitment', 40, 32), ('body and tag', 72, NULL)) AS f(name, first_byte, bytes);
CREATE FUNCTION pg_temp.flips(place text, sealed bytea, reading text)
    RETURNS TABLE (field text, tried bigint, answers text) LANGUAGE sql AS $$
    SELECT f.name, count(*), string_agg(DISTINCT substr(a.answer, 1, 5), ' ')
           || CASE WHEN bool_and(a.answer LIKE '%%What does not open: %%') THEN ', named' ELSE '' END
      FROM field f,
           generate_series(8 * f.first_byte,
                           8 * (f.first_byte + coalesce(f.bytes, length(sealed) - f.first_byte)) - 1) AS bit,
           LATERAL (SELECT public.attempt(pg_temp.put(place, format('%L::bytea',
                               set_bit(sealed, bit, 1 - get_bit(sealed, bit)))), reading) AS answer) AS a
     GROUP BY f.name, f.first_byte ORDER BY f.first_byte
$$;
SELECT f.* FROM public.said o, pg_temp.flips('content', o.content, :'read_z') AS f
 WHERE o.user_id = :'ada' AND o.session = 'z' AND o.seq = 1;
SELECT f.* FROM public.stored o, pg_temp.flips('info', o.info, :'read_a') AS f
 WHERE o.user_id = :'ada' AND o.path = 'a.txt' AND o.version = 2;
ROLLBACK;
DROP FUNCTION public.fill, public.attempt;
DROP TABLE public.names;
DROP VIEW public.said, public.stored;
