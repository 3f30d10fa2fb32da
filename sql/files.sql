-- Files: bytes in, the same bytes out, every version kept.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.files@example.com', 'Ada') \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;

SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'You are Zen.');
-- The same again stores nothing: a retry makes no second copy.
SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'You are Zen.');
SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'You are Zen: calm.', metadata => '{"by": "ada"}');
SELECT vvault.put_file('library/empty.md', '');
SELECT vvault.put_file('library/zeros.bin', decode(repeat('00', 3000), 'hex'), media_type => 'application/x-zeros');
-- Larger than a chunk, and exactly one chunk and two.
SELECT vvault.put_file('library/large.bin', convert_to(repeat('0123456789abcdef', 200000), 'UTF8'));
SELECT vvault.put_file('library/one.bin', convert_to(repeat('x', 1048576), 'UTF8')),
       vvault.put_file('library/two.bin', convert_to(repeat('y', 2097152), 'UTF8'));

SELECT path, filename, version, size, media_type, left(sha256, 8) AS sha, encrypted,
       construct_id IS NOT NULL AS of_construct
  FROM vvault.list_files();
SELECT path FROM vvault.list_files('library/');
-- Page by page, and only one's own.
SELECT path FROM vvault.list_files(shared => false, "limit" => 2);
SELECT path FROM vvault.list_files(shared => false, after => (SELECT max(path) FROM vvault.list_files(shared => false, "limit" => 2)));
SELECT path FROM vvault.list_files('library/', shared => true, after => '', "limit" => 1);
SELECT path FROM vvault.list_files('%');
-- A file below instances/ belongs to its construct, which is made if need be.
SELECT name FROM vvault.list_constructs();

SELECT convert_from(vvault.get_file('instances/zen-001/identity/prompt.txt'), 'UTF8');
SELECT convert_from(vvault.get_file('instances/zen-001/identity/prompt.txt', 1), 'UTF8');
SELECT length(vvault.get_file('library/empty.md')) AS empty;
SELECT vvault.get_file('library/large.bin') = convert_to(repeat('0123456789abcdef', 200000), 'UTF8') AS same;
SELECT vvault.get_file('library/two.bin') = convert_to(repeat('y', 2097152), 'UTF8') AS same;
SELECT version, kind, media_type, size, sha256 = encode(sha256('You are Zen: calm.'), 'hex') AS hash,
       metadata, convert_from(content, 'UTF8') AS content
  FROM vvault.read_file('instances/zen-001/identity/prompt.txt');

-- Only on top of what was read.
SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'Third', 2);
SAVEPOINT s;
SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'Fourth', 2);
ROLLBACK TO s;
-- Somebody who repeats a put that had succeeded hears that it had.
SELECT vvault.put_file('instances/zen-001/identity/prompt.txt', 'Third', 2);
SELECT vvault.put_file('library/new.txt', 'new', 0);
SAVEPOINT s;
SELECT vvault.put_file('library/new.txt', 'newer', 0);
ROLLBACK TO s;

-- An old version comes back as a new one; a deletion is a version too.
SELECT vvault.restore_file('instances/zen-001/identity/prompt.txt', 1);
SELECT convert_from(vvault.get_file('instances/zen-001/identity/prompt.txt'), 'UTF8');
SELECT vvault.delete_file('instances/zen-001/identity/prompt.txt');
SELECT vvault.delete_file('instances/zen-001/identity/prompt.txt') AS again;
SELECT count(*) FROM vvault.list_files('instances/');
SELECT path, deleted_at IS NOT NULL AS deleted FROM vvault.list_files('instances/', include_deleted => true);
SAVEPOINT s;
SELECT vvault.get_file('instances/zen-001/identity/prompt.txt');
ROLLBACK TO s;
SELECT convert_from(vvault.get_file('instances/zen-001/identity/prompt.txt', 2), 'UTF8');
SAVEPOINT s;
SELECT vvault.restore_file('instances/zen-001/identity/prompt.txt', 5);
ROLLBACK TO s;
SELECT vvault.restore_file('instances/zen-001/identity/prompt.txt', 2);
SELECT version, kind, size, left(sha256, 8) AS sha, restored_from
  FROM vvault.file_history('instances/zen-001/identity/prompt.txt');
COMMIT;

-- As it stood at a time.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('library/diary.md', 'Monday');
COMMIT;
SELECT clock_timestamp() AS monday, pg_sleep(0.01) \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('library/diary.md', 'Tuesday');
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT convert_from(vvault.get_file('library/diary.md', as_of => :'monday'), 'UTF8');
SELECT convert_from(vvault.get_file('library/diary.md', as_of => now()), 'UTF8');
SAVEPOINT s;
SELECT vvault.get_file('library/diary.md', as_of => '2001-01-01');
ROLLBACK TO s;
SELECT vvault.get_file('library/diary.md', 1, now());
ROLLBACK;

-- Nothing of it is readable in the rows.
RESET SESSION AUTHORIZATION;
SELECT count(*) AS readable FROM vvault.vault_chunks c
 WHERE position('You are Zen'::bytea IN c.content) > 0 OR position('Monday'::bytea IN c.content) > 0;
-- Versions are never updated, by nobody.
UPDATE vvault.vault_file_versions SET size = 0;
TRUNCATE vvault.vault_file_versions CASCADE;
