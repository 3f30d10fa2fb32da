-- Transcripts become messages: the file stays byte for byte, its turns are added once.

CREATE FUNCTION vvault._transcript(path text, content bytea, owner_names text[]) RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    names text[] := owner_names;
BEGIN
    -- Without a name from the caller the vault knows its owner's own.
    IF names IS NULL THEN
        SELECT ARRAY[u.display_name, split_part(u.display_name, ' ', 1), u.email]
          INTO names
          FROM vvault.users u WHERE u.id = vvault.current_user_id();
    END IF;
    RETURN vvault._parse_transcript(path, content, array_remove(coalesce(names, '{}'), NULL))::jsonb;
END
$$;
COMMENT ON FUNCTION vvault._transcript(text, bytea, text[])
    IS 'a transcript parsed, with the owner''s names from the caller or the user''s display name';

CREATE FUNCTION vvault.parse_transcript(path text, content bytea, owner_names text[] DEFAULT NULL)
    RETURNS SETOF vvault.turn
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('files:read');
    RETURN QUERY
        SELECT parsed.session ->> 'session', parsed.session ->> 'construct', turn.position::integer,
               turn.item ->> 'role', turn.item ->> 'speaker', turn.item ->> 'content',
               turn.item ->> 'timestamp', vvault._turn_time(turn.item), turn.item -> 'metadata'
          FROM jsonb_array_elements(
                   vvault._transcript(parse_transcript.path, parse_transcript.content,
                                      parse_transcript.owner_names) -> 'sessions') AS parsed(session),
               jsonb_array_elements(parsed.session -> 'turns') WITH ORDINALITY AS turn(item, position);
END
$$;
COMMENT ON FUNCTION vvault.parse_transcript(text, bytea, text[])
    IS 'the turns in a transcript of any known format; stores nothing';

-- A conversation has a construct; one that names none belongs to this one, which says so.
CREATE FUNCTION vvault._construct_of(parsed jsonb) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN coalesce(nullif(parsed ->> 'construct', ''), 'unknown-001');
END
$$;
COMMENT ON FUNCTION vvault._construct_of(jsonb)
    IS 'the callsign that a parsed conversation names, else unknown-001';

-- Which message each turn of a parsed conversation is. A turn is known if a message of the same
-- role and text has its time; or, where one of the two has no time of its own, if there are at
-- least as many such messages as such turns up to it. A turn that the house format marks with a
-- message's own id is that message with its text edited, once.
CREATE FUNCTION vvault._match_turns(target vvault._session_key, parsed jsonb,
                                    through bigint DEFAULT NULL)
    RETURNS TABLE ("position" bigint, item jsonb, role text, content text, nth_of_its_time bigint,
                   seq bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    -- Nobody knows how many turns there are when this is planned; thousands are usual.
    SET search_path = pg_catalog, pg_temp SET enable_nestloop = off
    AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
        WITH turn AS (
            SELECT t.position, t.item, t.item ->> 'role' AS role, t.item ->> 'content' AS content,
                   CASE WHEN t.item ->> 'timestamp_source' IN ('exact', 'label')
                        THEN vvault._turn_time(t.item) END AS at
              FROM jsonb_array_elements(parsed -> 'turns') WITH ORDINALITY AS t(item, position)
        ), message AS (
            SELECT m.seq, m.id::text AS id, m.role,
                   vvault._open_message(m.user_id, m.id, m.content) AS content,
                   CASE WHEN vvault._open_metadata(m.user_id, m.id, m.metadata)::jsonb
                                 ->> 'timestampSource' IN ('derived', 'unknown')
                        THEN NULL ELSE m.created_at END AS at
              FROM vvault.messages m
             WHERE m.user_id = target.user_id AND m.session_id = target.id
               AND (through IS NULL OR m.seq <= through)
        ), timed_turn AS (
            SELECT turn.*, row_number() OVER (PARTITION BY role, content, at ORDER BY position) AS nth
              FROM turn
        ), timed_message AS (
            SELECT message.*, row_number() OVER (PARTITION BY role, content, at ORDER BY seq) AS nth
              FROM message
        ), matched AS (
            SELECT t.position, m.seq
              FROM timed_turn t
              JOIN timed_message m USING (role, content, at, nth)
        ), edited AS (
            SELECT t.position, m.seq
              FROM message m
              JOIN (SELECT min(turn.position) AS position, turn.item ->> 'id' AS id
                      FROM turn
                     WHERE NOT EXISTS (SELECT FROM matched WHERE matched.position = turn.position)
                     GROUP BY 2) t USING (id)
             WHERE NOT EXISTS (SELECT FROM matched WHERE matched.seq = m.seq)
        ), known AS (
            SELECT * FROM matched UNION ALL SELECT * FROM edited
        ), loose_turn AS (
            SELECT turn.*,
                   row_number() OVER (PARTITION BY turn.role, turn.content ORDER BY turn.position) AS nth
              FROM turn
             WHERE NOT EXISTS (SELECT FROM known WHERE known.position = turn.position)
        ), loose_message AS (
            SELECT message.*, row_number() OVER (PARTITION BY role, content ORDER BY seq) AS nth
              FROM message
             WHERE NOT EXISTS (SELECT FROM known WHERE known.seq = message.seq)
        )
        SELECT t.position, t.item, t.role, t.content, t.nth, coalesce(k.seq, m.seq)
          FROM timed_turn t
          LEFT JOIN known k USING (position)
          LEFT JOIN loose_turn l USING (position)
          LEFT JOIN loose_message m ON m.role = l.role AND m.content = l.content AND m.nth = l.nth
                                   AND (l.at IS NULL OR m.at IS NULL)
         ORDER BY t.position;
END
$$;
COMMENT ON FUNCTION vvault._match_turns(vvault._session_key, jsonb, bigint)
    IS 'the turns of a parsed conversation in their order, with the number of the message that each is, null where it is none yet; of messages up to a number, or all';

-- Adds the turns of one parsed conversation that are not messages yet.
CREATE FUNCTION vvault._import_session(parsed jsonb, path text, dry_run boolean) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
    target vvault._session_key;
    new_turns integer := 0;
    known_turns integer := 0;
    roles jsonb;
    made vvault.message;
    one record;
BEGIN
    IF NOT dry_run THEN
        PERFORM vvault.start_session(vvault._construct_of(parsed), parsed ->> 'session',
                                     nullif(left(regexp_replace(parsed ->> 'title', '[\x01-\x1f\x7f]+', ' ', 'g'), 1000), ''),
                                     true);
    END IF;
    SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq INTO target
      FROM vvault.sessions s
     WHERE s.user_id = me AND s.external_id = parsed ->> 'session';
    IF NOT dry_run THEN
        -- Two imports of one conversation wait for each other, so that neither adds what
        -- the other has just added.
        SELECT s.ended_at, s.last_seq INTO target.ended_at, target.last_seq
          FROM vvault.sessions s WHERE s.user_id = me AND s.id = target.id FOR UPDATE;
    END IF;
    FOR one IN
        SELECT t.item, t.role, t.content, vvault._turn_time(t.item) AS at, t.nth_of_its_time
          FROM vvault._match_turns(target, parsed) AS t
         WHERE t.seq IS NULL
         ORDER BY t.position
    LOOP
        new_turns := new_turns + 1;
        CONTINUE WHEN dry_run;
        target.last_seq := target.last_seq + 1;
        made := vvault._store(
            target, one.role, one.content,
            vvault._message_key(target, one.role, nullif(one.item ->> 'timestamp', ''), one.content,
                                one.nth_of_its_time),
            NULL, one.item -> 'metadata' ->> 'model', one.at,
            jsonb_strip_nulls(jsonb_build_object(
                'importedFrom', path,
                'speaker', nullif(one.item ->> 'speaker', ''),
                'timestampSource', nullif(one.item ->> 'timestamp_source', 'exact')))
            || coalesce(one.item -> 'metadata', '{}'),
            nullif(one.item ->> 'timestamp', ''));
        IF made.replayed THEN
            target.last_seq := target.last_seq - 1;
            new_turns := new_turns - 1;
        END IF;
    END LOOP;
    -- Once for all: each version of the row would be looked through for the next.
    IF new_turns > 0 AND NOT dry_run THEN
        UPDATE vvault.sessions s SET last_seq = target.last_seq, updated_at = now()
         WHERE s.user_id = me AND s.id = target.id;
    END IF;
    SELECT count(*) - new_turns INTO known_turns FROM jsonb_array_elements(parsed -> 'turns');
    SELECT jsonb_object_agg(name, amount) INTO roles
      FROM (SELECT name, count(item) AS amount
              FROM unnest(ARRAY['user', 'assistant', 'system']) AS name
              LEFT JOIN jsonb_array_elements(parsed -> 'turns') AS item ON item ->> 'role' = name
             GROUP BY name) AS counted;
    RETURN jsonb_build_object(
        'session', parsed -> 'session', 'construct', vvault._construct_of(parsed),
        'title', parsed -> 'title', 'turns', jsonb_array_length(parsed -> 'turns'),
        'appended', new_turns, 'known', known_turns, 'roles', roles);
END
$$;
COMMENT ON FUNCTION vvault._import_session(jsonb, text, boolean)
    IS 'add the unknown turns of one parsed conversation, or only count them';

CREATE FUNCTION vvault._turn_time(turn jsonb) RETURNS timestamptz
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN timestamptz 'epoch' + (turn ->> 'at_us')::bigint * interval '1 microsecond';
END
$$;
COMMENT ON FUNCTION vvault._turn_time(jsonb) IS 'when a parsed turn was said, null if nothing tells';

CREATE FUNCTION vvault._import_parsed(path text, content bytea, owner_names text[],
                                     dry_run boolean) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    parsed jsonb := vvault._transcript(path, content, owner_names);
    sessions jsonb := '[]';
    one jsonb;
BEGIN
    FOR one IN SELECT item FROM jsonb_array_elements(parsed -> 'sessions') AS item LOOP
        sessions := sessions || vvault._import_session(one, path, coalesce(dry_run, false));
    END LOOP;
    RETURN jsonb_build_object(
        'path', path, 'formats', parsed -> 'formats', 'sessions', sessions,
        'unknown_speakers', parsed -> 'unknown_speakers', 'notes', parsed -> 'notes');
END
$$;
COMMENT ON FUNCTION vvault._import_parsed(text, bytea, text[], boolean)
    IS 'parse a transcript and add the turns that are no messages yet, or only count them';

CREATE FUNCTION vvault.import_turns(path text, owner_names text[] DEFAULT NULL,
                                    dry_run boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    file vvault.file_content;
BEGIN
    PERFORM vvault._require('files:read');
    PERFORM vvault._require('messages:write');
    SELECT r.* INTO file FROM vvault.read_file(import_turns.path) AS r;
    IF file.encrypted = 'client' THEN
        PERFORM vvault._refuse_message('path', 'the file is sealed by the client', '22023',
                                       'The server cannot read it; import it before it is sealed.');
    END IF;
    RETURN vvault._import_parsed(import_turns.path, file.content, owner_names, dry_run);
END
$$;
COMMENT ON FUNCTION vvault.import_turns(text, text[], boolean)
    IS 'parse a stored transcript and add the turns that are no messages yet; says what it found';

CREATE FUNCTION vvault.import_content(path text, content bytea, owner_names text[] DEFAULT NULL,
                                      dry_run boolean DEFAULT false) RETURNS jsonb
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('files:read');
    PERFORM vvault._require('messages:write');
    PERFORM vvault._check_path(coalesce(path, ''));
    IF content IS NULL THEN
        PERFORM vvault._refuse_message('content', 'there is nothing to read', '22023',
                                       'Give the bytes of a transcript, or import_turns(path).');
    END IF;
    RETURN vvault._import_parsed(path, content, owner_names, dry_run);
END
$$;
COMMENT ON FUNCTION vvault.import_content(text, bytea, text[], boolean)
    IS 'the same of bytes that are no file: what is not stored yet, or one part of an export that is too large to be read whole; the path says where they are from';
