-- A stored transcript becomes messages, once; the file stays as it is.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.import@example.com', 'Ada Example') \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('instances/nova-001/chatty/chat_with_nova-001.md',
                       E'# Nova\n\n**User**: Do you remember?\n\n**Nova**: Yes.\n\n**User**: Yes.\n');
SELECT report -> 'formats' AS formats, s ->> 'session' AS session, s ->> 'appended' AS appended,
       s ->> 'known' AS known, s -> 'roles' AS roles
  FROM vvault.import_turns('instances/nova-001/chatty/chat_with_nova-001.md', dry_run => true) AS report,
       jsonb_array_elements(report -> 'sessions') AS s;
SELECT count(*) AS nothing_yet FROM vvault.list_all_messages();
SELECT s ->> 'appended' AS appended, s ->> 'known' AS known
  FROM vvault.import_turns('instances/nova-001/chatty/chat_with_nova-001.md') AS report,
       jsonb_array_elements(report -> 'sessions') AS s;
SELECT seq, role, content, metadata - 'importedFrom' AS metadata
  FROM vvault.list_messages('nova-001_chat_with_nova-001');
-- Again: all known.
SELECT s ->> 'appended' AS appended, s ->> 'known' AS known
  FROM vvault.import_turns('instances/nova-001/chatty/chat_with_nova-001.md') AS report,
       jsonb_array_elements(report -> 'sessions') AS s;
-- Grown by two turns, one of which repeats an earlier text.
SELECT vvault.put_file('instances/nova-001/chatty/chat_with_nova-001.md',
                       E'# Nova\n\n**User**: Do you remember?\n\n**Nova**: Yes.\n\n**User**: Yes.\n\n**Nova**: Yes.\n\n**User**: Good.\n');
SELECT s ->> 'appended' AS appended, s ->> 'known' AS known
  FROM vvault.import_turns('instances/nova-001/chatty/chat_with_nova-001.md') AS report,
       jsonb_array_elements(report -> 'sessions') AS s;
SELECT seq, role, content FROM vvault.list_messages('nova-001_chat_with_nova-001');

-- A conversation that is live and whose rendering is stored again: nothing new in it.
SELECT seq FROM vvault.append_message('nova-001_chat_with_nova-001', 'assistant', 'Live.', 'live-1');
SELECT vvault.put_file('instances/nova-001/chatty/chat_with_nova-001.md',
                       convert_to(vvault.render_transcript('nova-001_chat_with_nova-001'), 'UTF8'));
SELECT s ->> 'turns' AS turns, s ->> 'appended' AS appended
  FROM vvault.import_turns('instances/nova-001/chatty/chat_with_nova-001.md') AS report,
       jsonb_array_elements(report -> 'sessions') AS s;

-- A file that is no transcript gives no turns and stays a file.
SELECT vvault.put_file('instances/nova-001/identity/prompt.txt', 'You said: be brief.');
SELECT report -> 'sessions' AS sessions FROM vvault.import_turns('instances/nova-001/identity/prompt.txt') AS report;

-- Bytes that are no file: counted first, then made messages, and known the second time.
SELECT s ->> 'session' AS session, s ->> 'appended' AS appended, s ->> 'known' AS known
  FROM (VALUES (true), (false), (false)) AS run(dry),
       vvault.import_content('instances/nova-001/logs/part.md',
                             E'**User**: A part?\n\n**Nova**: Of a whole.\n', NULL, run.dry) AS report,
       jsonb_array_elements(report -> 'sessions') AS s;
SELECT role, content FROM vvault.list_messages('file:instances/nova-001/logs/part.md');
SELECT count(*) AS no_file FROM vvault.list_files('instances/nova-001/logs/');
SAVEPOINT s;
SELECT vvault.import_content('instances/nova-001/logs/part.md', NULL);
ROLLBACK TO s;
SELECT vvault.import_turns('no/such/file.md');
ROLLBACK TO s;
COMMIT;
