-- Messages: in order, sealed, never twice, as they came.
\set SHOW_CONTEXT never
SELECT api_key AS key FROM vvault.create_user('ada.conversations@example.com', 'Ada') \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;

SELECT name, title, role FROM vvault.create_construct('Zen');
SELECT name, title FROM vvault.create_construct('lin_002', 'Lin the second');
SELECT name FROM vvault.list_constructs();

SELECT construct, external_id, title, last_seq, created
  FROM vvault.start_session('zen', 'zen-001_chat_with_zen-001', 'Chat with Zen');
-- Again, and under another title: the same conversation, nothing changed.
SELECT title, created FROM vvault.start_session('zen-001', 'zen-001_chat_with_zen-001', 'Other');
-- Without an external id it is the conversation's own id.
SELECT external_id = id::text AS own_id FROM vvault.start_session('zen');
-- A missing construct is made only when asked for.
SELECT construct, created FROM vvault.start_session('sera', 'sera-1', create_construct => true);

-- The numbers have no gap, the text and the time come back byte for byte.
SELECT seq, role, content, "timestamp", replayed
  FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', E'Good morning.\n\n  🌊 <b>',
                             'c-1', "timestamp" => '2026-02-08T00:34:56.208Z');
SELECT seq, content, seat, model, metadata, "timestamp"
  FROM vvault.append_message('zen-001_chat_with_zen-001', 'assistant', 'Morning.',
                             seat => 'conversation', model => 'm-1',
                             metadata => '{"thinkingLog": ["…"], "n": 1.50}',
                             "timestamp" => '2026-02-08T00:34:57+00:00');
SELECT seq, "timestamp", created_at = timestamptz '2025-01-02 03:04:05.678Z' AS given
  FROM vvault.append_message('zen-001_chat_with_zen-001', 'system', 'note',
                             created_at => '2025-01-02 03:04:05.678Z');
-- A time that nobody can read is kept as text all the same.
SELECT seq, "timestamp" FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', 'when?',
                                                   "timestamp" => '06:48 in the morning');
-- Without any time the server's clock, in the form that clients expect.
SELECT seq, "timestamp" ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$' AS form
  FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', 'now');
-- A message without a client_id shows none, whatever it is known by.
SELECT seq, client_id FROM vvault.list_messages('zen-001_chat_with_zen-001');
-- Attachments make up for a text.
SELECT seq, content FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', '',
                                               metadata => '{"attachments": [{"id": "a"}]}');

-- A repeat writes nothing, whether it names itself or is known by time and text.
SELECT seq, replayed FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', E'Good morning.\n\n  🌊 <b>', 'c-1');
SELECT seq, replayed FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', 'when?',
                                                "timestamp" => '06:48 in the morning');
-- Equal text at another time is another message; so is equal text without a time.
SELECT seq, replayed FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', 'when?',
                                                "timestamp" => '06:49 in the morning');
SELECT seq, replayed FROM vvault.append_message('zen-001_chat_with_zen-001', 'user', 'now');

-- A batch is one act, with the same rules for each member.
SELECT seq, role, content, replayed, "timestamp"
  FROM vvault.append_messages('zen-001_chat_with_zen-001', '[
      {"role": "user", "content": "offline 1", "client_id": "o-1", "timestamp": "2026-03-01T10:00:00.000Z"},
      {"role": "user", "content": "offline 2", "client_id": "o-2", "created_at": "2026-03-01T10:00:01Z"},
      {"role": "user", "content": "offline 1", "client_id": "o-1"}]');
SELECT last_seq FROM vvault.get_session('zen-001_chat_with_zen-001');

-- Reading: all, a page after, a page before, newest first.
SELECT seq, role, content FROM vvault.list_messages('zen-001_chat_with_zen-001');
SELECT array_agg(seq) FROM vvault.list_messages('zen-001_chat_with_zen-001', after_seq => 3, "limit" => 2);
SELECT array_agg(seq) FROM vvault.list_messages('zen-001_chat_with_zen-001', before_seq => 4);
SELECT array_agg(seq) FROM vvault.list_messages('zen-001_chat_with_zen-001', before_seq => 9, "limit" => 3, descending => true);
SELECT count(*) FROM vvault.list_messages('zen-001_chat_with_zen-001', "limit" => 0);
SELECT count(*) FROM vvault.list_messages((SELECT id::text FROM vvault.get_session('zen-001_chat_with_zen-001')));
SELECT count(*) FROM vvault.list_all_messages();
-- The last two of each conversation, in their order.
SELECT session, array_agg(seq) AS numbers, bool_and(seq > s.last_seq - 2) AS are_last
  FROM (SELECT session, seq, session_id FROM vvault.list_all_messages(2)) AS m
  JOIN vvault.sessions s ON s.id = m.session_id GROUP BY session ORDER BY session COLLATE "C";
SELECT count(*) FROM vvault.list_all_messages(0);
SAVEPOINT asked;
SELECT * FROM vvault.list_all_messages(-1);
ROLLBACK TO asked;

-- What was said is nowhere in the rows.
SELECT count(*) AS readable FROM vvault.messages m
 WHERE position('Good morning'::bytea IN m.content) > 0 OR m::text LIKE '%thinkingLog%';
SELECT count(*) AS readable FROM vvault.sessions s WHERE position('Chat with'::bytea IN s.title) > 0;

-- The deletion that the old client sends flags the conversation and erases nothing.
SELECT seq FROM vvault.append_message('sera-1', 'system', 'CONVERSATION_DELETED:Chat', "timestamp" => '2026-01-01T00:00:00.000Z');
SELECT flags FROM vvault.get_session('sera-1');

SELECT title FROM vvault.rename_session('sera-1', 'Sera');
SELECT ended_at IS NOT NULL AS ended FROM vvault.end_session('sera-1');
SELECT vvault.end_session('sera-1') IS NOT NULL AS again;
SELECT external_id, title, last_seq FROM vvault.list_sessions('sera');
COMMIT;

BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
-- A repeat of what was said before the end is told so; anything new is refused.
SELECT seq, replayed FROM vvault.append_message('sera-1', 'system', 'CONVERSATION_DELETED:Chat', "timestamp" => '2026-01-01T00:00:00.000Z');
SELECT last_seq FROM vvault.get_session('sera-1');
SELECT vvault.append_message('sera-1', 'user', 'too late');
ROLLBACK;

-- A transcript is a view of the messages, and reads back as the same messages.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) AS turns,
       count(*) FILTER (WHERE m.role = t.role AND m.content = t.content AND m."timestamp" = t."timestamp") AS same
  FROM vvault.list_messages('zen-001_chat_with_zen-001') m
  JOIN vvault.parse_transcript('instances/zen-001/chatty/chat_with_zen-001.md',
                               convert_to(vvault.render_transcript('zen-001_chat_with_zen-001'), 'UTF8')) t
    ON t.ordinal = m.seq AND t.session = 'zen-001_chat_with_zen-001';
COMMIT;

-- A transaction that may not write does not.
BEGIN READ ONLY;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.append_message('zen-001_chat_with_zen-001', 'user', 'not now', 'read-only');
ROLLBACK;

-- The short way and the long way give the same message: an ordinary one that says little, and
-- the same in a batch.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen-001', 'two-ways');
CREATE TEMPORARY TABLE way AS
    SELECT 'short' AS way, m.* FROM vvault.append_message('two-ways', 'user', 'Same', 'a', 'coding', 'm-1',
        '2026-03-01 10:00:00.123456+00', '{"b": [1, null]}', '2026-03-01T10:00:00Z') m
    UNION ALL
    SELECT 'long', m.* FROM vvault.append_messages('two-ways', '[{"role": "user", "content": "Same",
        "client_id": "b", "seat": "coding", "model": "m-1", "created_at": "2026-03-01T10:00:00.123456Z",
        "metadata": {"b": [1, null]}, "timestamp": "2026-03-01T10:00:00Z"}]') m;
SELECT way, session, seq, role, content, seat, model, client_id, metadata, created_at AT TIME ZONE 'UTC' AS created_at,
       "timestamp", replayed FROM way ORDER BY seq;
SELECT count(*) AS as_returned FROM way JOIN vvault.list_messages('two-ways') m
    ON (way.id, way.seq, way.content, way.metadata, way.created_at, way."timestamp")
     = (m.id, m.seq, m.content, m.metadata, m.created_at, m."timestamp");
ROLLBACK;
