-- What answered: attempts at models that messages bring along, and the report of them.

CREATE FUNCTION vvault._check_attempts(latency_ms jsonb, tried jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    one jsonb;
BEGIN
    IF NOT vvault._is_latency(latency_ms) THEN
        PERFORM vvault._refuse_message('latency_ms', 'a latency is a whole number of milliseconds',
                                       '22023', 'Give 0 to 2147483647.');
    END IF;
    IF tried IS NULL THEN
        RETURN;
    END IF;
    IF jsonb_typeof(tried) <> 'array' OR jsonb_array_length(tried) NOT BETWEEN 1 AND 50 THEN
        PERFORM vvault._refuse_message('tried', 'tried is a list of 1 to 50 attempts', '22023',
                                       'Give [{"backend": …, "model": …, "error_class": …, "latency_ms": …}, …].');
    END IF;
    FOR one IN SELECT item FROM jsonb_array_elements(tried) AS list(item) LOOP
        -- These stand in the clear: a class is a word, never what a backend said.
        IF jsonb_typeof(one) <> 'object' OR NOT vvault._is_latency(nullif(one -> 'latency_ms', 'null'))
           OR char_length(one ->> 'backend') > 100 OR char_length(one ->> 'model') > 200
           OR one ->> 'error_class' !~ '^[A-Za-z0-9_.:-]{1,100}$' THEN
            PERFORM vvault._refuse_message('tried', 'an attempt is not one', '22023',
                                           'backend has at most 100 characters, model 200, error_class is a word such as timeout, latency_ms a whole number.');
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault._check_attempts(jsonb, jsonb)
    IS 'refuse what cannot be a latency and a chain of attempts';

CREATE FUNCTION vvault._is_latency(value jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN value IS NULL THEN true WHEN jsonb_typeof(value) <> 'number' THEN false
                ELSE value::numeric BETWEEN 0 AND 2147483647
                     AND value::numeric = trunc(value::numeric) END;
COMMENT ON FUNCTION vvault._is_latency(jsonb) IS 'true for a whole number of milliseconds, and for null';

CREATE FUNCTION vvault._with_attempts(metadata jsonb, latency_ms jsonb, tried jsonb) RETURNS jsonb
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_attempts(latency_ms, tried);
    RETURN coalesce(metadata, '{}')
           || CASE WHEN latency_ms IS NULL THEN '{}' ELSE jsonb_build_object('latency_ms', latency_ms) END
           || CASE WHEN tried IS NULL THEN '{}' ELSE jsonb_build_object('tried', tried) END;
END
$$;
COMMENT ON FUNCTION vvault._with_attempts(jsonb, jsonb, jsonb)
    IS 'a message''s metadata with what answered, which is sealed and committed to with it';

-- The caller holds the conversation's row, so that numbers are taken one after the other.
CREATE FUNCTION vvault._note_attempts(target vvault._session_key, about bigint, at timestamptz,
                                      seat text, tried jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    before integer := (SELECT coalesce(max(a.number), 0) FROM vvault.seat_attempts a
                        WHERE a.user_id = target.user_id AND a.session_id = target.id
                          AND a.seq = about);
BEGIN
    INSERT INTO vvault.seat_attempts (user_id, session_id, seq, number, rank, latency_ms,
                                      construct_id, made_at, seat, backend, model, error_class)
    SELECT target.user_id, target.id, about, before + position, position,
           (item ->> 'latency_ms')::numeric::integer, target.construct_id, at, seat,
           item ->> 'backend', item ->> 'model', item ->> 'error_class'
      FROM jsonb_array_elements(tried) WITH ORDINALITY AS list(item, position);
END
$$;
COMMENT ON FUNCTION vvault._note_attempts(vvault._session_key, bigint, timestamptz, text, jsonb)
    IS 'add attempts about a message, in their order';

CREATE FUNCTION vvault._note_answer(target vvault._session_key, answer vvault.message,
                                    latency_ms jsonb, tried jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT answer.replayed THEN
        -- Who tells no chain has tried one: what answered.
        PERFORM vvault._note_attempts(target, answer.seq, answer.created_at, answer.seat,
            coalesce(tried, jsonb_build_array(jsonb_build_object('model', answer.model,
                                                                 'latency_ms', latency_ms))));
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._note_answer(vvault._session_key, vvault.message, jsonb, jsonb)
    IS 'add the attempts that a new message has brought along';

CREATE FUNCTION vvault.append_answer(session text, content text, client_id text DEFAULT NULL,
                                     seat text DEFAULT NULL, model text DEFAULT NULL,
                                     latency_ms integer DEFAULT NULL, tried jsonb DEFAULT NULL,
                                     created_at timestamptz DEFAULT NULL,
                                     metadata jsonb DEFAULT NULL, "timestamp" text DEFAULT NULL,
                                     role text DEFAULT 'assistant')
    RETURNS vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    made vvault.message;
BEGIN
    PERFORM vvault._require('messages:write');
    IF metadata IS NOT NULL AND jsonb_typeof(metadata) <> 'object' THEN
        PERFORM vvault._refuse_message('metadata', 'metadata is a JSON object', '22023',
                                       'Wrap it in an object.');
    END IF;
    made := vvault.append_message(session, role, content, client_id, seat, model, created_at,
                                  vvault._with_attempts(metadata, to_jsonb(latency_ms), tried),
                                  "timestamp");
    -- The message's conversation is locked by now.
    PERFORM vvault._note_answer(vvault._find_session(session, 2), made, to_jsonb(latency_ms), tried);
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault.append_answer(text, text, text, text, text, integer, jsonb, timestamptz, jsonb, text, text)
    IS 'append_message() for an answer that tells what it took: latency_ms, and tried, a list of {backend, model, error_class, latency_ms}, in the order of trying; both are kept in the message''s metadata and counted by seat_report()';

CREATE FUNCTION vvault.seat_report(since timestamptz DEFAULT NULL)
    RETURNS TABLE (seat text, backend text, model text, uses bigint, answers bigint,
                   failures bigint, fallbacks bigint, median_ms integer, p95_ms integer,
                   error_classes jsonb, last_used timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    me uuid := vvault._require('messages:read');
    start timestamptz := coalesce(since, now() - interval '30 days');
BEGIN
    RETURN QUERY
        WITH attempts AS MATERIALIZED (
            SELECT a.seat, a.backend, a.model, a.error_class, a.rank, a.latency_ms, a.made_at
              FROM vvault.seat_attempts a WHERE a.user_id = me AND a.made_at >= start
            UNION ALL
            -- Answers whose client told the seat and nothing more.
            SELECT m.seat, NULL, m.model, NULL, 1, NULL, m.created_at
              FROM vvault.sessions s
              JOIN vvault.messages m ON m.user_id = s.user_id AND m.session_id = s.id
             WHERE s.user_id = me AND s.updated_at >= start AND m.created_at >= start
               AND m.role = 'assistant' AND m.seat IS NOT NULL
               AND NOT coalesce(starts_with(m.client_id, 'vv:answer:'), false)
               AND NOT EXISTS (SELECT FROM vvault.seat_attempts a
                                WHERE a.user_id = m.user_id AND a.session_id = m.session_id
                                  AND a.seq = m.seq)
        ), failed AS (
            SELECT f.seat, f.backend, f.model, jsonb_object_agg(f.error_class, f.total) AS classes
              FROM (SELECT a.seat, a.backend, a.model, a.error_class, count(*) AS total
                      FROM attempts a WHERE a.error_class IS NOT NULL GROUP BY 1, 2, 3, 4) AS f
             GROUP BY 1, 2, 3
        )
        SELECT a.seat, a.backend, a.model, count(*), count(*) FILTER (WHERE a.error_class IS NULL),
               count(*) FILTER (WHERE a.error_class IS NOT NULL),
               count(*) FILTER (WHERE a.error_class IS NULL AND a.rank > 1),
               percentile_disc(0.5) WITHIN GROUP (ORDER BY a.latency_ms)
                   FILTER (WHERE a.error_class IS NULL),
               percentile_disc(0.95) WITHIN GROUP (ORDER BY a.latency_ms)
                   FILTER (WHERE a.error_class IS NULL),
               coalesce((SELECT f.classes FROM failed f
                          WHERE (f.seat, f.backend, f.model) IS NOT DISTINCT FROM (a.seat, a.backend, a.model)),
                        '{}'),
               max(a.made_at)
          FROM attempts a
         GROUP BY a.seat, a.backend, a.model
         ORDER BY a.seat NULLS LAST, count(*) DESC, a.backend, a.model;
END
$$;
COMMENT ON FUNCTION vvault.seat_report(timestamptz)
    IS 'what answered in one''s own vault since a time (30 days ago): by seat, backend and model the attempts, answers, failures by class, answers as a fallback, and of answers the median and 95th percentile of milliseconds';
