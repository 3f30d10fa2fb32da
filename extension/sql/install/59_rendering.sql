-- A conversation as markdown, straight from its messages.

CREATE FUNCTION vvault._render_head(target vvault._session_key) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    shown vvault.session := vvault._session(target.user_id, target.id, false);
BEGIN
    RETURN vvault._render_header(shown.construct, shown.construct_title, shown.external_id,
                                 coalesce(shown.title, ''),
                                 vvault._format_timestamp(shown.started_at));
END
$$;
COMMENT ON FUNCTION vvault._render_head(vvault._session_key)
    IS 'the head of a conversation''s transcript in the house format';

-- Up to the number that the caller has read, whatever was said since.
CREATE FUNCTION vvault._render_turns(target vvault._session_key, after_seq bigint DEFAULT NULL,
                                     wanted bigint[] DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    person text := (SELECT u.display_name FROM vvault.users u WHERE u.id = target.user_id);
    construct text := (SELECT c.title FROM vvault.constructs c
                        WHERE c.owner_id = target.user_id AND c.id = target.construct_id);
    turns text;
BEGIN
    SELECT string_agg(
               vvault._render_turn(
                   coalesce(m.metadata ->> 'speaker',
                            CASE m.role WHEN 'user' THEN coalesce(person, 'User')
                                        WHEN 'assistant' THEN construct
                                        ELSE 'System' END),
                   m.role, m."timestamp", m.id::text, m.content, coalesce(m.metadata::text, '')),
               '' ORDER BY m.seq)
      INTO turns
      FROM vvault._messages(target, after_seq, target.last_seq + 1, NULL, false) AS m
     WHERE wanted IS NULL OR m.seq IN (SELECT unnest(wanted));
    RETURN coalesce(turns, '');
END
$$;
COMMENT ON FUNCTION vvault._render_turns(vvault._session_key, bigint, bigint[])
    IS 'a conversation''s turns in the house format: all, those after a number, and of these perhaps only some';

CREATE FUNCTION vvault.render_transcript(session text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
BEGIN
    PERFORM vvault._require('messages:read');
    target := vvault._find_session(session, 1);
    RETURN vvault._render_head(target) || vvault._render_turns(target);
END
$$;
COMMENT ON FUNCTION vvault.render_transcript(text)
    IS 'a conversation as markdown in the house format, straight from its messages';
