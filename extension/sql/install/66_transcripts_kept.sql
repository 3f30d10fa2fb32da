-- Transcript files written from messages: new versions, in the name of the vault itself, that
-- never take away what a person wrote into the file (doc/transcripts.md).

-- Larger ones are left alone: each version passes through memory several times.
CREATE FUNCTION vvault._longest_transcript() RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 67108864::bigint;
COMMENT ON FUNCTION vvault._longest_transcript() IS 'how many bytes a transcript file has that is kept in step';

CREATE FUNCTION vvault._transcript_look(target vvault._session_key) RETURNS text[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault._fingerprints(
        target.user_id, target.construct_id, 'transcript', vvault._render_head(target),
        coalesce((SELECT u.display_name FROM vvault.users u WHERE u.id = target.user_id), ''),
        coalesce((SELECT c.title FROM vvault.constructs c
                   WHERE c.owner_id = target.user_id AND c.id = target.construct_id), ''));
END
$$;
COMMENT ON FUNCTION vvault._transcript_look(vvault._session_key)
    IS 'keyed digests, under each lookup key in use, of what all of a transcript depends on besides its messages';

CREATE FUNCTION vvault._render_whole(target vvault._session_key) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- What is sealed is hardly ever longer than what it opens to by less than half.
    IF (SELECT sum(octet_length(m.content) + coalesce(octet_length(m.metadata), 0))
          FROM vvault.messages m WHERE m.user_id = target.user_id AND m.session_id = target.id)
       > vvault._longest_transcript() THEN
        RETURN NULL;
    END IF;
    RETURN convert_to(vvault._render_head(target) || vvault._render_turns(target), 'UTF8');
END
$$;
COMMENT ON FUNCTION vvault._render_whole(vvault._session_key)
    IS 'a conversation''s transcript as a file, null where it is too long';

CREATE FUNCTION vvault._with_turns(content bytea, turns text) RETURNS bytea
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN content || CASE WHEN octet_length(content) < 2 THEN ''::bytea
                           WHEN substring(content FROM octet_length(content) - 1) = '\x0a0a' THEN ''::bytea
                           WHEN substring(content FROM octet_length(content)) = '\x0a' THEN '\x0a'::bytea
                           ELSE '\x0a0a'::bytea END || convert_to(turns, 'UTF8');
COMMENT ON FUNCTION vvault._with_turns(bytea, text) IS 'a transcript with more turns behind a blank line';

-- What a person's own text of the file lacks. What is missing between turns that it shows was cut
-- by the person; what is missing behind them was never seen.
CREATE FUNCTION vvault._unshown(target vvault._session_key, parsed jsonb, kept_seq bigint,
                                OUT seqs bigint[], OUT unread integer)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    shown bigint[];
BEGIN
    SELECT coalesce(array_agg(t.seq) FILTER (WHERE t.seq IS NOT NULL), '{}'),
           count(*) FILTER (WHERE t.seq IS NULL)
      INTO shown, unread
      FROM vvault._match_turns(target, parsed, target.last_seq) AS t;
    SELECT coalesce(array_agg(missing.seq ORDER BY missing.seq), '{}') INTO seqs
      FROM (SELECT m.seq FROM vvault.messages m
             WHERE m.user_id = target.user_id AND m.session_id = target.id
               AND m.seq <= target.last_seq
               AND m.seq > coalesce((SELECT max(s.seq) FROM unnest(shown) AS s(seq)
                                      WHERE s.seq <= kept_seq), 0)
            EXCEPT SELECT s.seq FROM unnest(shown) AS s(seq)) AS missing;
END
$$;
COMMENT ON FUNCTION vvault._unshown(vvault._session_key, jsonb, bigint)
    IS 'which messages a person''s text of the file does not show, and how many of its turns are no messages';

-- Somebody else's bytes may end in what swallows all that follows: an open fence, half a comment.
CREATE FUNCTION vvault._shows(path text, content bytea, session text, turns integer, added integer)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    parsed jsonb := vvault._transcript(path, content, NULL) -> 'sessions';
BEGIN
    RETURN jsonb_array_length(parsed) = 1 AND parsed -> 0 ->> 'session' = session
       AND jsonb_array_length(parsed -> 0 -> 'turns') = turns + added
       AND (SELECT bool_and((t.item ->> 'counted')::boolean)
              FROM jsonb_array_elements(parsed -> 0 -> 'turns') WITH ORDINALITY AS t(item, position)
             WHERE t.position > turns);
END
$$;
COMMENT ON FUNCTION vvault._shows(text, bytea, text, integer, integer)
    IS 'whether a file reads as so many turns of one conversation and behind them so many in the house format';

-- The file as a person left it, with what was said since. Null with a word where it must stay as
-- it is.
CREATE FUNCTION vvault._transcript_on_text(target vvault._session_key, path text, content bytea,
                                           INOUT kept vvault._kept_transcript,
                                           OUT result bytea, OUT problem text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    sessions jsonb := vvault._transcript(path, content, NULL) -> 'sessions';
    turns integer := coalesce(jsonb_array_length(sessions -> 0 -> 'turns'), 0);
    missing record;
BEGIN
    IF turns = 0 AND get_byte(content || '\x00', 0) IN (ascii('{'), ascii('[')) THEN
        -- JSON has no end behind which anything could be written.
        problem := 'unreadable';
        RETURN;
    END IF;
    IF jsonb_array_length(sessions) > 1 OR sessions -> 0 ->> 'session' <> target.external_id THEN
        problem := 'other_conversation';
        RETURN;
    END IF;
    missing := vvault._unshown(target, coalesce(sessions -> 0, '{"turns": []}'), kept.seq);
    kept.whole := false;
    kept.unread := missing.unread;
    kept.size := octet_length(content);
    IF cardinality(missing.seqs) = 0 THEN
        RETURN;
    END IF;
    result := vvault._with_turns(content, vvault._render_turns(target, missing.seqs[1] - 1, missing.seqs));
    IF NOT vvault._shows(path, result, target.external_id, turns, cardinality(missing.seqs)) THEN
        -- All that stands in it is in the messages too, or else it stays.
        IF turns = 0 OR missing.unread > 0 THEN
            result := NULL;
            problem := 'unreadable';
            RETURN;
        END IF;
        result := vvault._render_whole(target);
        kept.whole := true;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._transcript_on_text(vvault._session_key, text, bytea, vvault._kept_transcript)
    IS 'somebody''s text of a transcript file with the turns that it lacks, or why it must stay as it is';

-- What is to become of the locked file: its next content, or null with a word where it stays.
CREATE FUNCTION vvault._next_transcript(target vvault._session_key, file vvault._file_key,
                                        INOUT kept vvault._kept_transcript,
                                        OUT result bytea, OUT problem text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    looks text[] := vvault._transcript_look(target);
    is_own boolean := file.version = kept.version AND kept.version > 0;
    size bigint := (SELECT f.size FROM vvault.vault_files f
                     WHERE f.user_id = file.user_id AND f.id = file.id);
    last_message uuid;
    on_text record;
BEGIN
    IF file.version = 0 OR file.deleted_at IS NOT NULL THEN
        last_message := (SELECT m.id FROM vvault.messages m
                          WHERE m.user_id = target.user_id AND m.session_id = target.id
                            AND m.seq = target.last_seq);
        -- Who deleted it had seen all there is.
        IF last_message > vvault._id_at(file.deleted_at) IS NOT FALSE THEN
            result := vvault._render_whole(target);
            problem := CASE WHEN result IS NULL THEN 'too_large' END;
            kept.whole := true;
            kept.unread := 0;
        END IF;
    ELSIF file.encrypted <> 'server' THEN
        problem := 'sealed_by_client';
    ELSIF size > vvault._longest_transcript() THEN
        problem := 'too_large';
    ELSIF size = 0 OR is_own AND kept.whole AND kept.look <> ALL (looks) THEN
        result := vvault._render_whole(target);
        problem := CASE WHEN result IS NULL THEN 'too_large' END;
        kept.whole := true;
        kept.unread := 0;
    ELSIF is_own AND kept.unread = 0 THEN
        IF kept.seq < target.last_seq THEN
            result := vvault._with_turns(vvault._read_version(file.user_id, file.id, file.version),
                                     vvault._render_turns(target, kept.seq));
        END IF;
    ELSE
        on_text := vvault._transcript_on_text(
            target, file.path, vvault._read_version(file.user_id, file.id, file.version), kept);
        kept := on_text.kept;
        result := on_text.result;
        problem := on_text.problem;
    END IF;
    kept.look := looks[1];
END
$$;
COMMENT ON FUNCTION vvault._next_transcript(vvault._session_key, vvault._file_key, vvault._kept_transcript)
    IS 'the next content of a conversation''s transcript file, null where nothing is to be written or, with a word, must not be';
