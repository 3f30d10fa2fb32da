-- Words in sealed messages. There is no index over them, because one would tell what was said:
-- a search opens messages one after the other, the newest conversations first, and stops at a
-- limit or after a time, with a cursor from which it goes on.

CREATE TYPE vvault.found AS (
    message vvault.message,
    cursor text,
    searched bigint
);
COMMENT ON TYPE vvault.found
    IS 'a message that was found, the place behind it from which to search on, and how many were opened so far; the last one is no message where the time was up, with a null cursor where all was searched';

CREATE FUNCTION vvault._words(query text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF query IS NULL OR query !~ '\S' OR octet_length(query) > 1000 THEN
        PERFORM vvault._refuse_message('query', 'say what to search for, in at most 1000 bytes',
                                       '22023', 'Give one word or several.');
    END IF;
    RETURN ARRAY(SELECT DISTINCT lower(word) FROM regexp_split_to_table(query, '\s+') AS word
                  WHERE word <> '');
END
$$;
COMMENT ON FUNCTION vvault._words(text) IS 'the words to search for, in lower case, or error 22023';

-- Where a search goes on: behind that message of that conversation.
CREATE FUNCTION vvault._search_place(cursor text, OUT session_id uuid, OUT before_seq bigint)
    LANGUAGE plpgsql IMMUTABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    session_id := split_part(cursor, '.', 1)::uuid;
    before_seq := split_part(cursor, '.', 2)::bigint;
EXCEPTION WHEN data_exception THEN
    PERFORM vvault._refuse_message('cursor', 'this is no place of a search', '22023',
                                   'Give a cursor that a search gave, or none.');
END
$$;
COMMENT ON FUNCTION vvault._search_place(text) IS 'a cursor taken apart, or error 22023';

-- What is not found is nowhere kept; what was destroyed with its key is passed over.
CREATE FUNCTION vvault.search_messages(query text, construct text DEFAULT NULL,
                                       "limit" integer DEFAULT 20, cursor text DEFAULT NULL,
                                       milliseconds integer DEFAULT 250)
    RETURNS SETOF vvault.found
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_variable
DECLARE
    me uuid := vvault._require('messages:read');
    words text[] := vvault._words(query);
    of uuid := CASE WHEN construct IS NOT NULL THEN (vvault._need_construct(construct, 1)).id END;
    place record := vvault._search_place(cursor);
    until timestamptz;
    destroyed bigint[];
    target vvault._session_key;
    top bigint;
    number bigint;
    before_this bigint := 0;
    hit vvault.found;
BEGIN
    IF "limit" IS NULL OR "limit" NOT BETWEEN 1 AND 1000
       OR milliseconds IS NULL OR milliseconds NOT BETWEEN 1 AND 10000 THEN
        PERFORM vvault._refuse_message(CASE WHEN "limit" BETWEEN 1 AND 1000 THEN 'milliseconds'
                                            ELSE 'limit' END,
                                       'a search has a limit of 1 to 1000 messages and 1 to 10000 ms',
                                       '22023', 'Go on from the cursor of the last one.');
    END IF;
    until := clock_timestamp() + milliseconds * interval '1 ms';
    destroyed := ARRAY(SELECT k.id FROM vvault.data_keys k
                        WHERE k.user_id = ANY (vvault._visible_owners()) AND k.state = 'shredded');
    hit.searched := 0;
    FOR target IN
        SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq
          FROM vvault.sessions s
         WHERE s.user_id = ANY (vvault._visible_owners()) AND (of IS NULL OR s.construct_id = of)
           AND (place.session_id IS NULL OR s.id <= place.session_id)
         ORDER BY s.id DESC
    LOOP
        top := CASE WHEN target.id = place.session_id
                    THEN least(place.before_seq - 1, target.last_seq) ELSE target.last_seq END;
        -- Numbers have no gap: a piece of a conversation is found by them, and counted.
        WHILE top > 0 LOOP
            FOR number IN
                SELECT opened.seq
                  FROM (SELECT m.seq, CASE WHEN vvault._sealed_key(m.content) = ANY (destroyed) THEN ''
                                           ELSE lower(vvault._open_message(m.user_id, m.id, m.content))
                                      END AS said
                          FROM vvault.messages m
                         WHERE m.user_id = target.user_id AND m.session_id = target.id
                           AND m.seq <= top AND m.seq > top - 64
                        OFFSET 0) AS opened
                 WHERE NOT EXISTS (SELECT FROM unnest(words) AS word WHERE strpos(opened.said, word) = 0)
                 ORDER BY opened.seq DESC
            LOOP
                hit.searched := before_this + top - number + 1;
                hit.message := (SELECT m FROM vvault._messages(target, number - 1, number + 1, 1,
                                                               false) AS m);
                hit.cursor := format('%s.%s', target.id, number);
                RETURN NEXT hit;
                "limit" := "limit" - 1;
                IF "limit" = 0 THEN
                    RETURN;
                END IF;
            END LOOP;
            before_this := before_this + least(top, 64);
            hit.searched := before_this;
            top := top - 64;
            IF clock_timestamp() > until THEN
                hit.message := NULL;
                hit.cursor := format('%s.%s', target.id, greatest(top, 0) + 1);
                RETURN NEXT hit;
                RETURN;
            END IF;
        END LOOP;
    END LOOP;
    hit.message := NULL;
    hit.cursor := NULL;
    hit.searched := before_this;
    RETURN NEXT hit;
END
$$;
COMMENT ON FUNCTION vvault.search_messages(text, text, integer, text, integer)
    IS 'messages that hold all the words, in whatever case, of the conversations that one may see, the newest first; opens each to look, so it costs time by what there is, and stops at the limit or when the milliseconds are up: go on from the last row''s cursor until that is null';
