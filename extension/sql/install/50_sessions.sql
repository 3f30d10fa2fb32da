-- Conversations: one thread between a person and a construct.

CREATE FUNCTION vvault._check_session_argument(session text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_text('session', session, 800);
    IF char_length(session) > 200 THEN
        RAISE EXCEPTION 'a conversation''s id is too long'
            USING ERRCODE = '22023', DETAIL = 'Argument "session" has more than 200 characters.',
                  HINT = 'Use a shorter id.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_session_argument(text) IS 'refuse what cannot name a conversation';

-- The caller's own conversation of that external id comes first, so that nobody's grant
-- ever takes over a thread; then the one granted conversation of that id; a uuid also
-- means the conversation with that id.
CREATE FUNCTION vvault._find_session(session text, level integer) RETURNS vvault._session_key
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
    hit vvault._session_key;
    as_uuid uuid;
    matches integer;
BEGIN
    SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq INTO hit
      FROM vvault.sessions s WHERE s.user_id = me AND s.external_id = session;
    IF NOT FOUND THEN
        IF session ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' THEN
            as_uuid := session::uuid;
        END IF;
        SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq,
               count(*) OVER ()
          INTO hit.user_id, hit.id, hit.construct_id, hit.external_id, hit.ended_at,
               hit.last_seq, matches
          FROM vvault.sessions s
         WHERE s.user_id = ANY (vvault._visible_owners())
           AND (s.id = as_uuid OR s.external_id = session)
         LIMIT 1;
        IF NOT FOUND THEN
            PERFORM vvault._check_session_argument(session);
            RAISE EXCEPTION 'conversation not found'
                USING ERRCODE = 'P0002', DETAIL = 'Argument "session" names none that you may see.',
                      HINT = 'See vvault.list_sessions(), or begin it with vvault.start_session().';
        END IF;
        IF matches > 1 THEN
            RAISE EXCEPTION 'several conversations have this id'
                USING ERRCODE = 'VV009', DETAIL = 'More than one person granted you a conversation of this id.',
                      HINT = 'Name it by its uuid; see vvault.list_sessions().';
        END IF;
    END IF;
    IF vvault.access_level(hit.user_id, hit.construct_id) < level THEN
        RAISE EXCEPTION 'not permitted on this conversation'
            USING ERRCODE = '42501', DETAIL = 'Your role on its construct does not allow it.',
                  HINT = 'Ask the construct''s owner for a stronger role.';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._find_session(text, integer)
    IS 'the conversation of that uuid or external id; P0002, or 42501 below the access level';

-- The one place where rows become conversations as the API shows them.
CREATE FUNCTION vvault._sessions(owners uuid[], wanted uuid, callsign text)
    RETURNS SETOF vvault.session
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    open boolean := vvault._ring_is_there();
BEGIN
    RETURN QUERY
        SELECT s.id, s.user_id, s.construct_id, c.name, c.title, s.external_id,
               CASE WHEN open THEN vvault._open_title(s.user_id, s.id, s.title) END, s.started_at,
               s.ended_at, s.last_seq, s.updated_at,
               (SELECT m.created_at FROM vvault.messages m
                 WHERE m.user_id = s.user_id AND m.session_id = s.id
                 ORDER BY m.seq DESC LIMIT 1),
               s.flags, false
          FROM vvault.sessions s
          JOIN vvault.constructs c ON c.owner_id = s.user_id AND c.id = s.construct_id
         WHERE s.user_id = ANY (owners) AND (wanted IS NULL OR s.id = wanted)
           AND (callsign IS NULL OR c.name = callsign);
END
$$;
COMMENT ON FUNCTION vvault._sessions(uuid[], uuid, text)
    IS 'conversations of these owners: one of them, or those with a construct, or all';

CREATE FUNCTION vvault._session(owner uuid, wanted uuid, created boolean) RETURNS vvault.session
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    answer vvault.session := (SELECT s FROM vvault._sessions(ARRAY[owner], wanted, NULL) AS s);
BEGIN
    answer.created := _session.created;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION vvault._session(uuid, uuid, boolean) IS 'one conversation as the API shows it';

CREATE FUNCTION vvault.start_session(construct text, external_id text DEFAULT NULL,
                                     title text DEFAULT NULL,
                                     create_construct boolean DEFAULT false)
    RETURNS vvault.session
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('messages:write');
    target vvault.construct;
    new_id uuid := vvault.uuidv7();
    name text := coalesce(external_id, new_id::text);
    found_id uuid;
BEGIN
    PERFORM vvault._check_session_argument(name);
    IF title IS NOT NULL THEN
        PERFORM vvault._check_text('title', title, 4000);
    END IF;
    IF construct IS NULL THEN
        RAISE EXCEPTION 'a conversation needs a construct'
            USING ERRCODE = '22023', DETAIL = 'Argument "construct" is null.',
                  HINT = 'Name the construct, as in zen-001.';
    END IF;
    target := vvault._find_construct(construct, 2);
    IF target.id IS NULL THEN
        IF NOT create_construct THEN
            target := vvault._need_construct(construct, 2);
        END IF;
        target.owner_id := me;
        target.id := vvault._ensure_construct(me, construct);
    END IF;
    -- Two looks are enough: what the insert met and no look finds is hidden by row security.
    FOR look IN 1 .. 2 LOOP
        SELECT s.id INTO found_id FROM vvault.sessions s
         WHERE s.user_id = target.owner_id AND s.external_id = name
           AND vvault.access_level(s.user_id, s.construct_id) >= 2;
        IF FOUND THEN
            RETURN vvault._session(target.owner_id, found_id, false);
        END IF;
        INSERT INTO vvault.sessions (user_id, id, construct_id, external_id, title)
        VALUES (target.owner_id, new_id, target.id, name,
                vvault._seal_title(target.owner_id, new_id, start_session.title, target.id))
        ON CONFLICT DO NOTHING;
        IF FOUND THEN
            RETURN vvault._session(target.owner_id, new_id, true);
        END IF;
    END LOOP;
    RAISE EXCEPTION 'not permitted on this conversation'
        USING ERRCODE = '42501',
              DETAIL = 'Argument "external_id" is that of one that is not granted to you.',
              HINT = 'Use another external id.';
END
$$;
COMMENT ON FUNCTION vvault.start_session(text, text, text, boolean)
    IS 'begin a conversation; one of the same external id is given back as it is (created false)';

CREATE FUNCTION vvault.get_session(session text) RETURNS vvault.session
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit vvault._session_key;
BEGIN
    PERFORM vvault._require('messages:read');
    hit := vvault._find_session(session, 1);
    RETURN vvault._session(hit.user_id, hit.id, false);
END
$$;
COMMENT ON FUNCTION vvault.get_session(text) IS 'one conversation by its uuid or external id';

CREATE FUNCTION vvault.list_sessions(construct text DEFAULT NULL, shared boolean DEFAULT true)
    RETURNS SETOF vvault.session
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('messages:read');
BEGIN
    RETURN QUERY
        SELECT s.*
          FROM vvault._sessions(CASE WHEN shared THEN vvault._visible_owners() ELSE ARRAY[me] END,
                                NULL, vvault.callsign(list_sessions.construct)) AS s
         ORDER BY s.user_id <> me, s.started_at, s.id;
END
$$;
COMMENT ON FUNCTION vvault.list_sessions(text, boolean)
    IS 'the current user''s conversations, then (shared) those of granted constructs';

CREATE FUNCTION vvault.rename_session(session text, title text) RETURNS vvault.session
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit vvault._session_key;
BEGIN
    PERFORM vvault._require('messages:write');
    PERFORM vvault._check_text('title', title, 4000);
    hit := vvault._find_session(session, 2);
    UPDATE vvault.sessions s
       SET title = vvault._seal_title(hit.user_id, hit.id, rename_session.title, hit.construct_id),
           updated_at = now()
     WHERE s.user_id = hit.user_id AND s.id = hit.id;
    RETURN vvault._session(hit.user_id, hit.id, false);
END
$$;
COMMENT ON FUNCTION vvault.rename_session(text, text) IS 'give a conversation another title';

CREATE FUNCTION vvault.end_session(session text) RETURNS vvault.session
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit vvault._session_key;
BEGIN
    PERFORM vvault._require('messages:write');
    hit := vvault._find_session(session, 2);
    UPDATE vvault.sessions s SET ended_at = now(), updated_at = now()
     WHERE s.user_id = hit.user_id AND s.id = hit.id AND s.ended_at IS NULL;
    RETURN vvault._session(hit.user_id, hit.id, false);
END
$$;
COMMENT ON FUNCTION vvault.end_session(text)
    IS 'close a conversation to new messages; a second time changes nothing';
