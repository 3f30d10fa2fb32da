-- Content that the client sealed: stored, versioned and ledgered, never opened or parsed.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.sealed@example.com', 'Ada') \gset
SELECT '\x56565345414c310a'::bytea || decode(repeat('5a', 121), 'hex') AS sealed \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('library/diary.md', 'Monday, in the clear.');
SELECT vvault.put_file('library/diary.md', :'sealed', encrypted => 'client');
-- The same again stores nothing; the same bytes under the other name are news.
SELECT vvault.put_file('library/diary.md', :'sealed', encrypted => 'client');
SELECT vvault.put_file('library/diary.md', :'sealed', encrypted => 'server');
SELECT vvault.put_file('library/diary.md', :'sealed', encrypted => 'client', media_type => 'text/x');
SELECT path, version, size, media_type, encrypted FROM vvault.list_files('library/diary');
SELECT v AS version, f.encrypted, f.media_type, f.content = :'sealed' AS same
  FROM generate_series(1, 4) AS v, vvault.read_file('library/diary.md', v) AS f;
SELECT vvault.restore_file('library/diary.md', 1);
SELECT encrypted FROM vvault.list_files('library/diary');
SELECT vvault.restore_file('library/diary.md', 2);
SELECT encrypted FROM vvault.list_files('library/diary');

-- The server does not read it, and says so instead of finding no turns.
SAVEPOINT s;
SELECT vvault.import_turns('library/diary.md');
ROLLBACK TO s;
-- What does not begin and measure like it is not taken for sealed.
SELECT vvault.put_file('library/clear.md', 'VVSEAL1', encrypted => 'client');
ROLLBACK TO s;
SELECT vvault.put_file('library/clear.md', convert_to(repeat('In the clear. ', 20), 'UTF8'), encrypted => 'client');
ROLLBACK TO s;
SELECT vvault.put_file('library/clear.md', substring(:'sealed'::bytea FOR 128), encrypted => 'client');
ROLLBACK TO s;
SELECT vvault.put_file('library/clear.md', :'sealed', encrypted => 'nobody');
ROLLBACK TO s;
SELECT vvault.put_file('library/clear.md', :'sealed', encrypted => NULL);
ROLLBACK TO s;
SELECT count(*) FROM vvault.list_files('library/clear');
COMMIT;

RESET SESSION AUTHORIZATION;
SELECT version, is_deletion, encrypted, restored_from FROM vvault.vault_file_versions v
  JOIN vvault.users u ON u.id = v.user_id AND u.email = 'ada.sealed@example.com' ORDER BY version;
-- Who seals it is an event of the file.
SELECT e.event_type, count(*) FROM vvault.ledger_entries e
  JOIN vvault.users u ON u.id = e.user_id AND u.email = 'ada.sealed@example.com'
 WHERE e.event_type LIKE 'file%' GROUP BY 1 ORDER BY 1;
