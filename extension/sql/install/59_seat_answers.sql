-- Questions that the gateway has answered by a model: each is answered by one at a time, and once,
-- however often it is asked and whoever of those that answer it is killed. The answer is known by a
-- client_id that no client can give.

CREATE FUNCTION vvault._hold_session(target vvault._session_key) RETURNS vvault._session_key
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    SELECT s.last_seq, s.ended_at INTO target.last_seq, target.ended_at
      FROM vvault.sessions s WHERE s.user_id = target.user_id AND s.id = target.id
       FOR NO KEY UPDATE;
    RETURN target;
END
$$;
COMMENT ON FUNCTION vvault._hold_session(vvault._session_key)
    IS 'take the lock that orders a conversation''s messages, without a number';

CREATE FUNCTION vvault._reply_seq(target vvault._session_key, question bigint, kind text)
    RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT r.seq FROM vvault.messages q
              JOIN vvault.messages r ON r.user_id = q.user_id AND r.session_id = q.session_id
                                    AND r.client_id = 'vv:' || kind || ':' || q.id
             WHERE q.user_id = target.user_id AND q.session_id = target.id AND q.seq = question);
END
$$;
COMMENT ON FUNCTION vvault._reply_seq(vvault._session_key, bigint, text)
    IS 'the number of the answer, or of the failure, that a question has got';

CREATE FUNCTION vvault._store_reply(target vvault._session_key, question bigint, kind text,
                                    role text, content text, seat text, model text,
                                    metadata jsonb)
    RETURNS vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    asked uuid;
    made vvault.message;
BEGIN
    SELECT q.id INTO STRICT asked FROM vvault.messages q
     WHERE q.user_id = target.user_id AND q.session_id = target.id AND q.seq = question;
    made := vvault._store(vvault._advance(target), role, content, 'vv:' || kind || ':' || asked,
                          seat, model, NULL, metadata, NULL);
    made.client_id := NULL;
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault._store_reply(vvault._session_key, bigint, text, text, text, text, text, jsonb)
    IS 'store what a question has got, which is not there yet; the caller holds the conversation';

CREATE FUNCTION vvault.begin_answer(session text, client_id text, claim uuid,
                                    keep_for interval DEFAULT '15 seconds',
                                    OUT state text, OUT question bigint, OUT answer bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
    asker text;
BEGIN
    PERFORM vvault._require('messages:write');
    PERFORM vvault._require('messages:read');
    target := vvault._find_session(session, 2);
    SELECT m.seq, m.role INTO question, asker FROM vvault.messages m
     WHERE m.user_id = target.user_id AND m.session_id = target.id
       AND m.client_id = begin_answer.client_id;
    IF asker IS DISTINCT FROM 'user' THEN
        PERFORM vvault._refuse_message('client_id', 'there is no such question', 'P0002',
                                       'Append the question with this client_id first.');
    END IF;
    IF claim IS NULL OR keep_for IS NULL OR keep_for NOT BETWEEN '1 second' AND '10 minutes' THEN
        PERFORM vvault._refuse_message('keep_for', 'a claim is a uuid for 1 second to 10 minutes',
                                       '22023', 'Renew it with vvault.keep_answer().');
    END IF;
    -- First the lease, then the look: who had it before us has stored the answer by now.
    INSERT INTO vvault.seat_leases AS l (user_id, session_id, seq, construct_id, claim, expires_at)
    VALUES (target.user_id, target.id, question, target.construct_id, begin_answer.claim,
            clock_timestamp() + keep_for)
    ON CONFLICT (user_id, session_id, seq) DO UPDATE
       SET claim = excluded.claim, expires_at = excluded.expires_at
     WHERE l.expires_at <= clock_timestamp() OR l.claim = excluded.claim;
    state := CASE WHEN FOUND THEN 'claimed' ELSE 'busy' END;
    answer := vvault._reply_seq(target, question, 'answer');
    IF answer IS NOT NULL THEN
        state := 'answered';
        DELETE FROM vvault.seat_leases l
         WHERE l.user_id = target.user_id AND l.session_id = target.id AND l.seq = question
           AND l.claim = begin_answer.claim;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.begin_answer(text, text, uuid, interval)
    IS 'claim the question of that client_id to answer it: claimed, busy while another claim holds, or answered with the answer''s number';

CREATE FUNCTION vvault.keep_answer(session text, question bigint, claim uuid,
                                   keep_for interval DEFAULT '15 seconds') RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
BEGIN
    PERFORM vvault._require('messages:write');
    target := vvault._find_session(session, 2);
    UPDATE vvault.seat_leases l
       SET expires_at = clock_timestamp() + least(keep_for, interval '10 minutes')
     WHERE l.user_id = target.user_id AND l.session_id = target.id AND l.seq = question
       AND l.claim = keep_answer.claim;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.keep_answer(text, bigint, uuid, interval)
    IS 'hold on to a question that is still being answered; false where the claim is lost';

CREATE FUNCTION vvault.finish_answer(session text, question bigint, content text, seat text,
                                     model text, latency_ms integer, tried jsonb,
                                     metadata jsonb DEFAULT NULL)
    RETURNS vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
    number bigint;
    whole jsonb;
    made vvault.message;
BEGIN
    PERFORM vvault._require('messages:write');
    target := vvault._find_session(session, 2);
    whole := vvault._with_attempts(metadata, to_jsonb(latency_ms), tried);
    PERFORM vvault._check_message('assistant', content, NULL, seat, model, whole, NULL);
    target := vvault._hold_session(target);
    number := vvault._reply_seq(target, question, 'answer');
    -- Two may have answered it, if one was thought to be gone: the first stays.
    IF number IS NOT NULL THEN
        made := (SELECT m FROM vvault._messages(target, number - 1, number + 1, 1, false) AS m);
        made.replayed := true;
    ELSE
        made := vvault._store_reply(target, question, 'answer', 'assistant', content, seat, model,
                                    whole);
        PERFORM vvault._note_attempts(target, question, now(), seat, coalesce(tried, '[]'));
    END IF;
    DELETE FROM vvault.seat_leases l
     WHERE l.user_id = target.user_id AND l.session_id = target.id
       AND (l.seq = question OR l.expires_at < now() - interval '1 hour');
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault.finish_answer(text, bigint, text, text, text, integer, jsonb, jsonb)
    IS 'store the answer to the question of that number, with what it took; a second answer is not stored, the first is given back (replayed)';

CREATE FUNCTION vvault.fail_answer(session text, question bigint, claim uuid, seat text,
                                   error_class text, tried jsonb DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
    whole jsonb;
BEGIN
    PERFORM vvault._require('messages:write');
    target := vvault._find_session(session, 2);
    IF error_class IS NULL OR error_class !~ '^[A-Za-z0-9_.:-]{1,100}$' THEN
        PERFORM vvault._refuse_message('error_class', 'an error class is a word', '22023',
                                       'Use a word such as timeout.');
    END IF;
    whole := vvault._with_attempts(jsonb_build_object('error_class', error_class), NULL, tried);
    PERFORM vvault._check_message('system', error_class, NULL, seat, NULL, whole, NULL);
    target := vvault._hold_session(target);
    -- Whose claim it is no more has told it already, or somebody else answers by now.
    DELETE FROM vvault.seat_leases l
     WHERE l.user_id = target.user_id AND l.session_id = target.id AND l.seq = question
       AND l.claim = fail_answer.claim;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    PERFORM vvault._note_attempts(target, question, now(), seat, coalesce(tried, '[]'));
    -- Said once in the conversation; how often it was tried again is in the attempts.
    IF target.ended_at IS NULL AND vvault._reply_seq(target, question, 'answer') IS NULL
       AND vvault._reply_seq(target, question, 'failure') IS NULL THEN
        PERFORM vvault._store_reply(target, question, 'failure', 'system',
                                    'No model has answered (' || error_class || ').', seat, NULL,
                                    whole);
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.fail_answer(text, bigint, uuid, text, text, jsonb)
    IS 'store that nothing has answered the question of that number: attempts, and once a system message with the error class; the question can be asked again';
