-- Messages: numbered without a gap in each conversation, sealed, never twice.

CREATE FUNCTION vvault._refuse_message(argument text, what text, state text, hint text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION '%', what
        USING ERRCODE = state, DETAIL = format('Argument "%s".', argument), HINT = hint;
END
$$;
COMMENT ON FUNCTION vvault._refuse_message(text, text, text, text) IS 'raise the error that names the argument';

CREATE FUNCTION vvault._check_message(role text, content text, client_id text, seat text,
                                      model text, metadata jsonb, "timestamp" text)
    RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF role IS NULL OR role NOT IN ('user', 'assistant', 'system') THEN
        PERFORM vvault._refuse_message('role', 'unknown role', '22023',
                                       'Use user, assistant or system.');
    END IF;
    IF coalesce(content, '') = ''
       AND coalesce(jsonb_array_length(CASE WHEN jsonb_typeof(metadata -> 'attachments') = 'array'
                                            THEN metadata -> 'attachments' END), 0) = 0
       AND coalesce(jsonb_array_length(CASE WHEN jsonb_typeof(metadata -> 'files') = 'array'
                                            THEN metadata -> 'files' END), 0) = 0 THEN
        PERFORM vvault._refuse_message('content', 'the message is empty', '22023',
                                       'Give a text, or attachments in the metadata.');
    END IF;
    IF octet_length(content) > 16777216 THEN
        PERFORM vvault._refuse_message('content', 'the message is larger than 16 MiB', '54000',
                                       'Store it as a file with vvault.put_file() and refer to it.');
    END IF;
    IF metadata IS NOT NULL AND jsonb_typeof(metadata) <> 'object' THEN
        PERFORM vvault._refuse_message('metadata', 'metadata is a JSON object', '22023',
                                       'Wrap it in an object.');
    END IF;
    IF pg_column_size(metadata) > 4194304 THEN
        PERFORM vvault._refuse_message('metadata', 'the metadata is larger than 4 MiB', '54000',
                                       'Store large parts as files and refer to them.');
    END IF;
    IF char_length(client_id) > 200 OR client_id = '' THEN
        PERFORM vvault._refuse_message('client_id', 'a client_id has 1 to 200 characters', '22023',
                                       'Use a UUID.');
    END IF;
    IF starts_with(client_id, 'vv:') THEN
        PERFORM vvault._refuse_message('client_id', 'a client_id does not begin with "vv:"', '22023',
                                       'That prefix is kept for messages that bring no client_id.');
    END IF;
    IF char_length(seat) > 100 THEN
        PERFORM vvault._refuse_message('seat', 'a seat has at most 100 characters', '22023',
                                       'Use conversation, coding or creative.');
    END IF;
    IF char_length(model) > 200 THEN
        PERFORM vvault._refuse_message('model', 'a model has at most 200 characters', '22023',
                                       'Use the model''s name.');
    END IF;
    IF char_length("timestamp") > 100 THEN
        PERFORM vvault._refuse_message('timestamp', 'a timestamp has at most 100 characters', '22023',
                                       'Use YYYY-MM-DDTHH:MM:SS.mmmZ.');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_message(text, text, text, text, text, jsonb, text)
    IS 'refuse what cannot be a message, naming the argument';

-- A message that names itself by no client_id is known by its time and text. Nobody
-- without the person's key can test a guess against what is stored of it.
CREATE FUNCTION vvault._message_key(target vvault._session_key, role text, "timestamp" text,
                                    content text, nth bigint DEFAULT 1) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    digests text[];
    found_key text;
BEGIN
    IF "timestamp" IS NULL THEN
        RETURN NULL;
    END IF;
    IF nth > 1 THEN
        digests := vvault._fingerprints(target.user_id, target.construct_id, role, "timestamp",
                                        content, nth::text);
    ELSE
        digests := vvault._fingerprints(target.user_id, target.construct_id, role, "timestamp",
                                        content);
    END IF;
    -- While a lookup key is rotated, a message may still be known by the key before.
    IF cardinality(digests) > 1 THEN
        SELECT m.client_id INTO found_key FROM vvault.messages m, unnest(digests[2:]) AS older
         WHERE m.user_id = target.user_id AND m.session_id = target.id
           AND m.client_id = 'vv:' || older
         LIMIT 1;
    END IF;
    RETURN coalesce(found_key, 'vv:' || digests[1]);
END
$$;
COMMENT ON FUNCTION vvault._message_key(vvault._session_key, text, text, text, bigint)
    IS 'the client_id of a message that brought none, null without a time; nth tells repeats within one transcript apart';

CREATE FUNCTION vvault._shown_client_id(client_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN CASE WHEN NOT starts_with(client_id, 'vv:') THEN client_id END;
COMMENT ON FUNCTION vvault._shown_client_id(text)
    IS 'the client_id that a client gave, null for one made by vvault';

CREATE FUNCTION vvault._advance(target vvault._session_key) RETURNS vvault._session_key
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    UPDATE vvault.sessions s SET last_seq = s.last_seq + 1, updated_at = now()
     WHERE s.user_id = target.user_id AND s.id = target.id
    RETURNING s.last_seq, s.ended_at INTO target.last_seq, target.ended_at;
    RETURN target;
END
$$;
COMMENT ON FUNCTION vvault._advance(vvault._session_key)
    IS 'take a conversation''s next number, and with it the lock that orders its messages';

-- The caller has advanced the conversation: its row lock orders the messages, so that
-- numbers have no gap and a repeat sees what it repeats.
--
-- The time as the sender wrote it wins over created_at, which wins over the clock. The
-- text is kept only where the time alone would not give it back byte for byte.
CREATE FUNCTION vvault._store(target vvault._session_key, role text, content text,
                              client_id text, seat text, model text, created_at timestamptz,
                              metadata jsonb, "timestamp" text)
    RETURNS vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    made vvault.message;
    new_id uuid := vvault.uuidv7();
    at timestamptz := coalesce(vvault._parse_timestamp("timestamp"), _store.created_at,
                               date_trunc('milliseconds', clock_timestamp()));
    at_text text := vvault._format_timestamp(at);
    key text := coalesce(client_id, vvault._message_key(target, role, "timestamp", content));
    sealed record;
BEGIN
    -- Also behind the end of a conversation a repeat is told what became of it.
    IF target.ended_at IS NOT NULL
       AND NOT EXISTS (SELECT FROM vvault.messages m
                        WHERE m.user_id = target.user_id AND m.session_id = target.id
                          AND m.client_id = key) THEN
        RAISE EXCEPTION 'the conversation has ended'
            USING ERRCODE = '55000', DETAIL = 'Argument "session" names a closed conversation.',
                  HINT = 'Begin a new one with vvault.start_session().';
    END IF;
    sealed := vvault._seal_message(target.user_id, new_id, coalesce(content, ''), metadata::text,
                                   target.construct_id);
    IF NOT vvault._insert_message(target.user_id, target.id, target.last_seq, new_id,
                                  target.construct_id, role, seat, model, key,
                                  sealed.content_sealed, sealed.metadata_sealed,
                                  sealed.commitment, at, nullif("timestamp", at_text)) THEN
        -- Who takes numbers for many messages at once has not told the row of this one yet.
        UPDATE vvault.sessions s SET last_seq = s.last_seq - 1
         WHERE s.user_id = target.user_id AND s.id = target.id AND s.last_seq = target.last_seq;
        RETURN vvault._replayed(target, key, role, content, client_id IS NOT NULL);
    END IF;
    IF role = 'system' AND content ~ '^(CONVERSATION_DELETED|USER_DATA_CLEARED):' THEN
        UPDATE vvault.sessions s
           SET flags = s.flags || jsonb_build_object(lower(split_part(_store.content, ':', 1)), at_text)
         WHERE s.user_id = target.user_id AND s.id = target.id;
    END IF;
    made := (new_id, target.user_id, target.id, target.external_id, target.last_seq, role,
             coalesce(content, ''), seat, model, client_id, metadata, at,
             coalesce("timestamp", at_text), false);
    RETURN made;
END
$$;
COMMENT ON FUNCTION vvault._store(vvault._session_key, text, text, text, text, text, timestamptz, jsonb, text)
    IS 'store one checked message under the number just taken, or give back the one it repeats';

-- The one place where rows become messages. Of the two branches the one that is not asked
-- for is not run; rows are cut to the limit before any of them is opened.
CREATE FUNCTION vvault._messages(target vvault._session_key, after_seq bigint, before_seq bigint,
                                 "limit" integer, descending boolean)
    RETURNS SETOF vvault.message
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    least bigint := coalesce(after_seq, 0);
    greatest bigint := coalesce(before_seq, 9223372036854775807);
BEGIN
    RETURN QUERY
        SELECT m.id, m.user_id, m.session_id, target.external_id, m.seq, m.role,
               vvault._open_message(m.user_id, m.id, m.content), m.seat, m.model,
               vvault._shown_client_id(m.client_id),
               vvault._open_metadata(m.user_id, m.id, m.metadata)::jsonb, m.created_at,
               coalesce(m.timestamp_text, vvault._format_timestamp(m.created_at)), false
          FROM ((SELECT * FROM vvault.messages r
                  WHERE r.user_id = target.user_id AND r.session_id = target.id
                    AND r.seq > least AND r.seq < greatest AND NOT descending
                  ORDER BY r.seq LIMIT "limit")
                UNION ALL
                (SELECT * FROM vvault.messages r
                  WHERE r.user_id = target.user_id AND r.session_id = target.id
                    AND r.seq > least AND r.seq < greatest AND descending
                  ORDER BY r.seq DESC LIMIT "limit")) m
         ORDER BY CASE WHEN descending THEN -m.seq ELSE m.seq END;
END
$$;
COMMENT ON FUNCTION vvault._messages(vvault._session_key, bigint, bigint, integer, boolean)
    IS 'a conversation''s messages, opened, in the order asked for';

CREATE FUNCTION vvault._replayed(target vvault._session_key, key text, role text, content text,
                                 given boolean)
    RETURNS vvault.message
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    number bigint;
    hit vvault.message;
BEGIN
    SELECT m.seq INTO STRICT number FROM vvault.messages m
     WHERE m.user_id = target.user_id AND m.session_id = target.id AND m.client_id = key;
    hit := (SELECT m FROM vvault._messages(target, number - 1, number + 1, 1, false) AS m);
    IF given AND (hit.role, hit.content)
                 IS DISTINCT FROM (_replayed.role, coalesce(_replayed.content, '')) THEN
        RAISE EXCEPTION 'this client_id stands for another message'
            USING ERRCODE = 'VV008',
                  DETAIL = 'Argument "client_id" was used in this conversation with other content.',
                  HINT = 'Use a new client_id for new content.';
    END IF;
    hit.replayed := true;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._replayed(vvault._session_key, text, text, text, boolean)
    IS 'the message of that client_id; VV008 if its role or content is another';

CREATE FUNCTION vvault.append_message(session text, role text, content text,
                                      client_id text DEFAULT NULL, seat text DEFAULT NULL,
                                      model text DEFAULT NULL,
                                      created_at timestamptz DEFAULT NULL,
                                      metadata jsonb DEFAULT NULL,
                                      "timestamp" text DEFAULT NULL)
    RETURNS vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    -- The usual case. Expressions only: a statement costs more than what it would do here.
    made vvault.message := vvault._append_own(session, role, content, client_id, seat, model,
                                              created_at, metadata, "timestamp");
    target vvault._session_key;
BEGIN
    IF made.id IS NOT NULL THEN
        RETURN made;
    END IF;
    PERFORM vvault._check_message(role, content, client_id, seat, model, metadata, "timestamp");
    target := vvault._advance(vvault._find_session(session, 2));
    RETURN vvault._store(target, role, content, client_id, seat, model, created_at, metadata,
                         "timestamp");
END
$$;
COMMENT ON FUNCTION vvault.append_message(text, text, text, text, text, text, timestamptz, jsonb, text)
    IS 'add a message to a conversation; the same client_id again gives the same message (replayed), or VV008 with other content; timestamp is kept byte for byte';

CREATE FUNCTION vvault.append_messages(session text, messages jsonb) RETURNS SETOF vvault.message
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
    made vvault.message;
    one record;
BEGIN
    PERFORM vvault._require('messages:write');
    IF messages IS NULL OR jsonb_typeof(messages) <> 'array' THEN
        PERFORM vvault._refuse_message('messages', 'messages is a JSON array', '22023',
                                       'Give [{"role": …, "content": …}, …].');
    END IF;
    IF jsonb_array_length(messages) > 1000 THEN
        PERFORM vvault._refuse_message('messages', 'at most 1000 messages at once', '54000',
                                       'Send them in several calls.');
    END IF;
    target := vvault._find_session(session, 2);
    FOR one IN
        SELECT item ->> 'role' AS role, item ->> 'content' AS content,
               item ->> 'client_id' AS client_id, item ->> 'seat' AS seat,
               item ->> 'model' AS model, item ->> 'created_at' AS created_at,
               nullif(item -> 'metadata', 'null') AS metadata, item ->> 'timestamp' AS "timestamp",
               nullif(item -> 'latency_ms', 'null') AS latency_ms, nullif(item -> 'tried', 'null') AS tried
          FROM jsonb_array_elements(messages) WITH ORDINALITY AS list(item, position)
         ORDER BY position
    LOOP
        PERFORM vvault._check_message(one.role, one.content, one.client_id, one.seat, one.model,
                                      one.metadata, one."timestamp");
        IF vvault._parse_timestamp(one.created_at) IS NULL AND one.created_at IS NOT NULL THEN
            PERFORM vvault._refuse_message('messages', 'created_at is no ISO 8601 time', '22023',
                                           'Write it as YYYY-MM-DDTHH:MM:SS.mmmZ.');
        END IF;
        target := vvault._advance(target);
        IF one.latency_ms IS NULL AND one.tried IS NULL THEN
            RETURN NEXT vvault._store(target, one.role, one.content, one.client_id, one.seat,
                                      one.model, vvault._parse_timestamp(one.created_at),
                                      one.metadata, one."timestamp");
            CONTINUE;
        END IF;
        made := vvault._store(target, one.role, one.content, one.client_id, one.seat, one.model,
                              vvault._parse_timestamp(one.created_at),
                              vvault._with_attempts(one.metadata, one.latency_ms, one.tried),
                              one."timestamp");
        PERFORM vvault._note_answer(target, made, one.latency_ms, one.tried);
        RETURN NEXT made;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault.append_messages(text, jsonb)
    IS 'add several messages in one transaction: all or none, each by the rules of append_message()';

CREATE FUNCTION vvault.list_messages(session text, after_seq bigint DEFAULT NULL,
                                     before_seq bigint DEFAULT NULL,
                                     "limit" integer DEFAULT NULL,
                                     descending boolean DEFAULT false)
    RETURNS SETOF vvault.message
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('messages:read');
    target vvault._session_key;
BEGIN
    IF "limit" < 0 THEN
        PERFORM vvault._refuse_message('limit', 'a limit is not negative', '22023',
                                       'Leave it out for all messages.');
    END IF;
    target := vvault._find_session(session, 1);
    RETURN QUERY SELECT * FROM vvault._messages(target, after_seq, before_seq, "limit",
                                                coalesce(descending, false));
END
$$;
COMMENT ON FUNCTION vvault.list_messages(text, bigint, bigint, integer, boolean)
    IS 'a conversation''s messages, opened, after and before the given numbers, oldest or newest first';

-- One construct that was destroyed must not take the others along: its conversations have
-- ended, all their messages are under keys that are gone, and they are passed over.
CREATE FUNCTION vvault.list_all_messages("last" integer DEFAULT NULL)
    RETURNS SETOF vvault.message
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('messages:read');
    destroyed bigint[] := ARRAY(SELECT k.id FROM vvault.data_keys k
                                 WHERE k.user_id = me AND k.state = 'shredded');
BEGIN
    IF "last" < 0 THEN
        PERFORM vvault._refuse_message('last', 'a limit is not negative', '22023',
                                       'Leave it out for all messages.');
    END IF;
    RETURN QUERY
        SELECT m.*
          FROM vvault.sessions s,
               LATERAL vvault._messages((s.user_id, s.id, s.construct_id, s.external_id, s.ended_at,
                                         s.last_seq), NULL, NULL, "last",
                                        "last" IS NOT NULL) AS m
         WHERE s.user_id = me
           AND (destroyed = '{}'
                OR NOT EXISTS (SELECT FROM vvault.messages r
                                WHERE r.user_id = s.user_id AND r.session_id = s.id
                                  AND r.seq = s.last_seq
                                  AND vvault._sealed_key(r.content) = ANY (destroyed)))
         ORDER BY s.id, m.seq;
END
$$;
COMMENT ON FUNCTION vvault.list_all_messages(integer)
    IS 'every message of the current user, conversation by conversation, or the last so many of each; what was destroyed with its key is passed over';
