-- What answered: told with a message, or by who asks models; counted, and never twice.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.seats@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.seats@example.com', 'Bob') \gset
SELECT api_key AS cyd_key FROM vvault.create_user('cyd.seats@example.com', 'Cyd') \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'talk', create_construct => true);
SELECT count(*) FROM vvault.grant_construct('zen', 'bob.seats@example.com', 'reader');

-- An answer with its chain: it comes back with the message, and is counted.
SELECT seq, role, seat, model, metadata, replayed
  FROM vvault.append_answer('talk', 'Forty-two.', 'a-1', 'conversation', 'large', 900,
                            '[{"backend": "one", "model": "small", "error_class": "timeout", "latency_ms": 500},
                              {"backend": "two", "model": "large", "error_class": null, "latency_ms": 400}]',
                            metadata => '{"mine": true}');
-- Again: the same message, and nothing is counted twice.
SELECT seq, replayed FROM vvault.append_answer('talk', 'Forty-two.', 'a-1', 'conversation', 'large', 900, '[{"backend": "one"}]');
-- A latency alone is one attempt; several at once bring theirs; a seat alone is a use.
SELECT seq, metadata FROM vvault.append_answer('talk', 'Yes.', seat => 'coding', model => 'm-2', latency_ms => 120);
SELECT seq, metadata FROM vvault.append_messages('talk', '[
    {"role": "user", "content": "And?"},
    {"role": "assistant", "content": "No.", "seat": "coding", "model": "m-2", "latency_ms": 240},
    {"role": "assistant", "content": "Perhaps.", "seat": "creative", "tried": [{"backend": "three", "model": "m-3", "latency_ms": 7}]}]');
SELECT seq FROM vvault.append_message('talk', 'assistant', 'Told of a seat.', seat => 'creative', model => 'm-4');
SELECT seat, backend, model, uses, answers, failures, fallbacks, median_ms, p95_ms, error_classes FROM vvault.seat_report();
SELECT count(*) AS of_the_future FROM vvault.seat_report(now() + interval '1 hour');
SELECT seq, number, rank, seat, backend, error_class FROM vvault.seat_attempts ORDER BY seq, number;
COMMIT;

-- What cannot be an attempt is refused, and changes nothing.
CREATE FUNCTION pg_temp.refused(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'accepted';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT tried, pg_temp.refused(format('SELECT vvault.append_answer(%L, %L, tried => %L)', 'talk', 'x', tried))
  FROM unnest('{"{}","[]","[1]","[{\"latency_ms\": -1}]","[{\"latency_ms\": 1.5}]","[{\"latency_ms\": \"1\"}]","[{\"error_class\": \"it said: no\"}]"}'::text[]) AS tried;
SELECT pg_temp.refused($$SELECT vvault.append_answer('talk', 'x', latency_ms => -1)$$);
SELECT pg_temp.refused($$SELECT vvault.append_answer('talk', 'x', latency_ms => 1, metadata => '[]')$$);
SELECT pg_temp.refused($$SELECT vvault.append_messages('talk', '[{"role": "assistant", "content": "x", "latency_ms": "soon"}]')$$);
SELECT count(*) AS messages FROM vvault.list_messages('talk');
COMMIT;

-- A question is claimed by one, and a second one waits until that one is done or gone.
\set first '00000000-0000-7000-8000-000000000001'
\set second '00000000-0000-7000-8000-000000000002'
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT seq FROM vvault.append_message('talk', 'user', 'Why?', 'q-1');
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'first');
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'second');
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'first');
SELECT vvault.keep_answer('talk', 7, :'first') AS first, vvault.keep_answer('talk', 7, :'second') AS second;
SELECT vvault.keep_answer('talk', 7, :'first', interval '0') AS over;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'second');
-- It fails: said once, counted each time, and it can be asked again.
SELECT vvault.fail_answer('talk', 7, :'second', 'coding', 'timeout', '[{"backend": "one", "model": "small", "error_class": "timeout", "latency_ms": 5}]');
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'first');
SELECT vvault.fail_answer('talk', 7, :'first', 'coding', 'refused', '[{"backend": "one", "model": "small", "error_class": "refused", "latency_ms": 1}]');
SELECT vvault.fail_answer('talk', 7, :'first', 'coding', 'told-again', '[{"backend": "one"}]');
SELECT seq, role, content, seat, client_id, metadata FROM vvault.list_messages('talk', 6);
-- Two have answered after all: the first one's answer stays.
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'first');
SELECT seq, content, model, client_id, metadata, replayed
  FROM vvault.finish_answer('talk', 7, 'Because.', 'coding', 'large', 30, '[{"backend": "two", "model": "large", "latency_ms": 30}]', '{"partial": true}');
SELECT seq, content, replayed FROM vvault.finish_answer('talk', 7, 'It is so.', 'coding', 'large', 31, '[{"backend": "two", "model": "large", "latency_ms": 31}]');
SELECT * FROM vvault.begin_answer('talk', 'q-1', :'second');
SELECT number, rank, backend, error_class FROM vvault.seat_attempts WHERE seq = 7 ORDER BY number;
SELECT seat, backend, model, uses, answers, failures, fallbacks, median_ms, p95_ms, error_classes
  FROM vvault.seat_report() WHERE seat = 'coding';
SELECT pg_temp.refused(format('SELECT vvault.begin_answer(%L, %L, %L)', 'talk', 'a-1', :'first'));
SELECT pg_temp.refused(format('SELECT vvault.begin_answer(%L, %L, %L)', 'talk', 'no such', :'first'));
SELECT pg_temp.refused(format('SELECT vvault.fail_answer(%L, 7, %L, %L, %L)', 'talk', :'first', 'coding', 'it said: no'));
SELECT pg_temp.refused($$SELECT vvault.append_message('talk', 'assistant', 'forged', 'vv:answer:x')$$);
COMMIT;

-- A reader sees what answered and may not claim; a stranger sees nothing; reports are of one's own.
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count(*) AS attempts FROM vvault.seat_attempts;
SELECT pg_temp.refused(format('SELECT vvault.begin_answer(%L, %L, %L)', 'talk', 'q-1', :'first'));
SELECT pg_temp.refused(format('SELECT vvault.finish_answer(%L, 7, %L, NULL, NULL, 1, NULL)', 'talk', 'x'));
SELECT pg_temp.refused(format('SELECT vvault.fail_answer(%L, 7, %L, NULL, %L)', 'talk', :'first', 'x'));
SELECT pg_temp.refused($$SELECT vvault.append_answer('talk', 'x', latency_ms => 1)$$);
SELECT count(*) AS report FROM vvault.seat_report();
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'cyd_key') IS NOT NULL AS cyd;
SELECT count(*) AS attempts FROM vvault.seat_attempts;
SELECT pg_temp.refused(format('SELECT vvault.begin_answer(%L, %L, %L)', 'talk', 'q-1', :'first'));
COMMIT;
SELECT pg_temp.refused('SELECT * FROM vvault.seat_report()');
SELECT pg_temp.refused('SELECT count(*) FROM vvault.seat_leases');

-- Nothing is left of a claim, and no attempt changes.
RESET SESSION AUTHORIZATION;
SELECT count(*) AS leases FROM vvault.seat_leases WHERE user_id = :'ada';
SET SESSION AUTHORIZATION regress_auditor;
SELECT count(*) AS audited FROM vvault.seat_attempts WHERE user_id = :'ada';
SELECT pg_temp.refused('UPDATE vvault.seat_attempts SET latency_ms = 0');
RESET SESSION AUTHORIZATION;
