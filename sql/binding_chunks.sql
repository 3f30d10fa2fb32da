-- Binding of a file's parts: chunks and pages swapped, missing, cut or changed, and versions that
-- lack what they continue or what took them over, do not open. (What else is sealed: binding.sql.)
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.parts@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.parts@example.com', 'Bob') \gset
SELECT $$(SELECT convert_to(string_agg('heron ' || md5(n::text), E'\n' ORDER BY n), 'UTF8') FROM generate_series(1, 40000) n)$$ AS large \gset
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.put_file('a.txt', :large);
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.put_file('a.txt', :large), vvault.put_file('a.txt', overlay(:large PLACING 'a newer line' FROM 200000));
SELECT vvault.put_file('notes.txt', 'one'), vvault.put_file('notes.txt', 'one two'), vvault.put_file('notes.txt', 'one two three');
SELECT vvault.put_file('more.txt', 'on'), vvault.put_file('more.txt', 'on and'), vvault.put_file('more.txt', 'on and on');
-- Of this one the old versions are where the newest put them; their own places are written over.
SELECT vvault.put_file('taken.txt', 'one'), vvault.put_file('taken.txt', 'one two'), vvault.put_file('taken.txt', 'one two three'), vvault.put_file('taken.txt', 'none');
DELETE FROM vvault.vault_file_tails t USING vvault.vault_files f WHERE f.user_id = t.user_id AND f.id = t.file_id AND f.user_id = :'ada' AND f.path = 'taken.txt';
-- Each person's chunks are others, though the content is the same.
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE EXISTS (
           SELECT FROM vvault.vault_chunks b WHERE b.user_id = :'bob' AND b.id = c.id)) AS known_to_bob
  FROM vvault.vault_chunks c WHERE c.user_id = :'ada';

-- An edit leaves most chunks as they were; what only an old version uses ends with it.
CREATE TEMPORARY VIEW used AS
    SELECT u.chunk_id AS id, u.first_version, u.until_version
      FROM vvault.vault_chunk_uses u JOIN vvault.vault_files f ON f.user_id = u.user_id AND f.id = u.file_id
     WHERE u.user_id = vvault.current_user_id() AND f.path = 'a.txt';
SELECT count(*) FILTER (WHERE until_version IS NULL AND first_version = 1) > 20 AS shared,
       count(*) FILTER (WHERE first_version = 2) BETWEEN 1 AND 8 AS new,
       count(*) FILTER (WHERE until_version = 2) BETWEEN 1 AND 8 AS ended FROM used;
-- Chunks that only one of the two versions uses, by size. Which of them are pages depends on where
-- the person's cuts fall, so the answers leave it open.
CREATE TEMPORARY VIEW mine AS
    SELECT c.id, c.content, u.first_version, u.until_version,
           row_number() OVER (PARTITION BY u.first_version, u.until_version ORDER BY length(c.content) DESC) AS nth
      FROM vvault.vault_chunks c JOIN used u ON u.id = c.id WHERE c.user_id = vvault.current_user_id();

CREATE FUNCTION public.attempt(change text, path text) RETURNS text LANGUAGE plpgsql AS $$
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
            DETAIL = length(vvault.get_file(path, CASE path WHEN 'taken.txt' THEN 3 END))::text;
    EXCEPTION WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
        shown := SQLSTATE || ': ' || SQLERRM;
    END;
    RETURN shown || '. ' || regexp_replace(detail, '[0-9a-f]{8}-[0-9a-f-]{27}', '…', 'g');
END
$$;
ALTER TABLE vvault.vault_file_versions DISABLE TRIGGER USER;
ALTER TABLE vvault.vault_chunk_uses DISABLE TRIGGER ALL;
ALTER TABLE vvault.vault_chunks DISABLE TRIGGER ALL;
SELECT what, replace(public.attempt(change, path), 'page of chunks', 'chunk') AS answer
  FROM (VALUES
    (1, 'nothing', 'a.txt', 'UPDATE vvault.users SET status = status'),
    (2, 'a chunk for another', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = o.content FROM mine o, mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 1 AND t.until_version IS NULL AND t.nth = 1
          AND o.first_version = 1 AND o.until_version IS NULL AND o.nth = 2$$),
    (3, 'a chunk of the version before', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = o.content FROM mine o, mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 2 AND t.nth = 1
          AND o.until_version = 2 AND o.nth = 1$$),
    (4, 'the page of the version before', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = o.content FROM mine o, mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id
          AND t.first_version = 2 AND t.nth = (SELECT max(nth) FROM mine WHERE first_version = 2)
          AND o.until_version = 2 AND o.nth = (SELECT max(nth) FROM mine WHERE until_version = 2)$$),
    (5, 'a chunk of another person', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = o.content
        FROM mine t, (SELECT content FROM vvault.vault_chunks WHERE user_id <> vvault.current_user_id() ORDER BY length(content) DESC LIMIT 1) o
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 1 AND t.until_version IS NULL AND t.nth = 1$$),
    (6, 'a chunk gone', 'a.txt', $$DELETE FROM vvault.vault_chunks c USING mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 1 AND t.until_version IS NULL AND t.nth = 3$$),
    (7, 'all gone', 'a.txt', 'DELETE FROM vvault.vault_chunks WHERE user_id = vvault.current_user_id()'),
    (8, 'a byte less', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = substr(c.content, 1, length(c.content) - 1) FROM mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 2 AND t.nth = 1$$),
    (9, 'a bit changed', 'a.txt', $$UPDATE vvault.vault_chunks c SET content = set_bit(c.content, 900, 1 - get_bit(c.content, 900)) FROM mine t
        WHERE c.user_id = vvault.current_user_id() AND c.id = t.id AND t.first_version = 2 AND t.nth = 1$$),
    (10, 'a tail gone', 'notes.txt', 'DELETE FROM vvault.vault_file_tails WHERE user_id = vvault.current_user_id() AND version = 2'),
    (11, 'the newest tail gone', 'notes.txt', 'DELETE FROM vvault.vault_file_tails WHERE user_id = vvault.current_user_id() AND version = 3'),
    (12, 'a tail for another version''s', 'notes.txt', 'UPDATE vvault.vault_file_tails t SET info = o.info FROM vvault.vault_file_tails o
        WHERE t.user_id = vvault.current_user_id() AND t.version = 3 AND o.user_id = t.user_id AND o.file_id = t.file_id AND o.version = 2'),
    (13, 'a tail as another version''s', 'notes.txt', 'UPDATE vvault.vault_file_tails t SET version = 5 - version WHERE t.user_id = vvault.current_user_id()'),
    (14, 'a tail as the row''s own info', 'notes.txt', 'UPDATE vvault.vault_file_versions v SET info = t.info FROM vvault.vault_file_tails t
        WHERE v.user_id = vvault.current_user_id() AND t.user_id = v.user_id AND t.file_id = v.file_id AND t.version = v.version AND v.version = 3'),
    (15, 'the tail of another file', 'notes.txt', 'UPDATE vvault.vault_file_tails t SET info = o.info FROM vvault.vault_file_tails o
        WHERE t.user_id = vvault.current_user_id() AND o.user_id = t.user_id AND o.file_id <> t.file_id AND o.version = t.version'),
    (16, 'the version that it continues gone', 'notes.txt', 'DELETE FROM vvault.vault_file_versions v USING vvault.vault_file_tails t
        WHERE v.user_id = vvault.current_user_id() AND v.version = 1 AND t.user_id = v.user_id AND t.file_id = v.file_id AND t.version = 3'),
    (17, 'the newest version gone', 'notes.txt', 'DELETE FROM vvault.vault_file_versions v USING vvault.vault_file_tails t
        WHERE v.user_id = vvault.current_user_id() AND v.version = 3 AND t.user_id = v.user_id AND t.file_id = v.file_id AND t.version = 3'),
    (18, 'what it continues left empty', 'notes.txt', 'UPDATE vvault.vault_file_versions v SET info = NULL WHERE v.user_id = vvault.current_user_id() AND v.version = 1'),
    (19, 'what took it over gone', 'taken.txt', 'DELETE FROM vvault.vault_file_versions v WHERE v.user_id = vvault.current_user_id() AND v.version = 4'),
    (20, 'what took it over left empty', 'taken.txt', 'UPDATE vvault.vault_file_versions v SET info = NULL WHERE v.user_id = vvault.current_user_id() AND v.version = 4'),
    (21, 'another version''s in its place', 'taken.txt', 'UPDATE vvault.vault_file_versions v SET info = o.info FROM vvault.vault_file_versions o
        WHERE v.user_id = vvault.current_user_id() AND v.version = 4 AND o.user_id = v.user_id AND o.file_id = v.file_id AND o.version = 1'),
    (22, 'nothing, of what was taken over', 'taken.txt', 'UPDATE vvault.users SET status = status')
  ) AS tried(number, what, path, change) ORDER BY number;
ROLLBACK;
