-- vvault.list_events(): the events of one conversation, or of all that a person may see.

-- A snapshot that was cut may end before another that has seen less: neither need be the later.
CREATE FUNCTION vvault._joined(one pg_snapshot, other pg_snapshot) RETURNS pg_snapshot
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('%s:%s:%s', coalesce(min(open.xid), ends.last), ends.last,
                  string_agg(open.xid::text, ',' ORDER BY open.xid))::pg_snapshot
      FROM (SELECT greatest(pg_snapshot_xmax(one)::text::bigint,
                            pg_snapshot_xmax(other)::text::bigint)) AS ends (last)
      LEFT JOIN (SELECT x::text::bigint AS xid
                   FROM (SELECT pg_snapshot_xip(one) UNION SELECT pg_snapshot_xip(other)) AS either (x)
                  WHERE NOT pg_visible_in_snapshot(x, one)
                    AND NOT pg_visible_in_snapshot(x, other)) AS open ON true
     GROUP BY ends.last
$$;
COMMENT ON FUNCTION vvault._joined(pg_snapshot, pg_snapshot)
    IS 'a snapshot that sees what either of two of one server sees';

-- Of transactions that were rolled back a crash may leave no trace, and give their numbers to
-- others. Numbers below that of a commit that somebody saw are safe from that.
CREATE FUNCTION vvault._cut(snapshot pg_snapshot, next_xid bigint) RETURNS pg_snapshot
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('%s:%s:%s', coalesce(min(open.xid), next_xid), next_xid,
                  string_agg(open.xid::text, ',' ORDER BY open.xid))::pg_snapshot
      FROM (SELECT x::text::bigint AS xid FROM pg_snapshot_xip(snapshot) AS x) AS open
     WHERE open.xid < next_xid
$$;
COMMENT ON FUNCTION vvault._cut(pg_snapshot, bigint)
    IS 'the snapshot without what it says of this transaction and later ones';

-- Its own changes a transaction sees, and may add to: they are told when it is over.
CREATE FUNCTION vvault._seen() RETURNS pg_snapshot
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT CASE WHEN own.xid < pg_snapshot_xmax(pg_current_snapshot())
                THEN vvault._cut(pg_current_snapshot(), own.xid::text::bigint)
                ELSE pg_current_snapshot() END
      FROM (SELECT pg_current_xact_id_if_assigned()) AS own (xid)
$$;
COMMENT ON FUNCTION vvault._seen()
    IS 'the current snapshot, without what this transaction has changed itself';

-- Null for what is no such place, or one of another life of this database.
CREATE FUNCTION vvault._place_of(since text) RETURNS vvault._place
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part text[] := string_to_array(since, '.');
    place vvault._place;
BEGIN
    IF part[1] IS DISTINCT FROM 'e1' OR part[2] IS DISTINCT FROM vvault._incarnation()
       OR cardinality(part) NOT IN (3, 6) THEN
        RETURN NULL;
    END IF;
    place.since := part[3]::pg_snapshot;
    IF cardinality(part) = 6 THEN
        place.until := part[4]::pg_snapshot;
        place.after_key := part[5]::uuid::text;
        place.after_seq := part[6]::bigint;
    END IF;
    IF pg_snapshot_xmax(coalesce(place.until, place.since))
       > pg_snapshot_xmax(pg_current_snapshot()) THEN
        RETURN NULL;
    END IF;
    RETURN place;
EXCEPTION WHEN data_exception THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vvault._place_of(text) IS 'a cursor over all that a person may see, taken apart';

-- What the reader's stream is about, for whoever is to wake it, and until when that holds.
CREATE FUNCTION vvault._reader() RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
BEGIN
    RETURN jsonb_build_object(
        'user_id', me, 'token_id', vvault.current_token_id(), 'owners', vvault._visible_owners(),
        'valid_seconds', extract(epoch FROM least(
            (SELECT t.expires_at FROM vvault.tokens t
              WHERE t.user_id = me AND t.id = vvault.current_token_id()),
            (SELECT min(g.until) FROM vvault.construct_grants g
              WHERE g.grantee_id = me AND g.until > now()),
            (SELECT min(least(m.until, g.until)) FROM vvault.group_members m
               JOIN vvault.group_grants g ON g.user_id = m.user_id AND g.group_id = m.group_id
              WHERE m.member_id = me AND least(m.until, g.until) > now())) - now())::bigint);
END
$$;
COMMENT ON FUNCTION vvault._reader()
    IS 'the current user, token and whose vaults that user sees, and the seconds until one of these ends';

-- Known entries are looked up by their key; without them the index over transactions is asked.
CREATE FUNCTION vvault._entries_for(place vvault._place, known jsonb, owners uuid[])
    RETURNS SETOF vvault._entry
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me text := vvault.current_user_id()::text;
BEGIN
    IF known IS NULL THEN
        RETURN QUERY
            SELECT e.* FROM vvault._entries_since(place.since, place.until) AS e
             WHERE vvault._tells(e.event_type)
               AND (e.user_id = ANY (owners)
                    OR starts_with(e.event_type, 'grant.') AND e.payload ->> 'grantee_id' = me);
    ELSE
        RETURN QUERY
            SELECT e.user_id, e.id, e.stream_id, e.stream_seq, e.xid, e.event_type, e.payload
              FROM jsonb_array_elements(known) AS k
              JOIN vvault.ledger_entries e
                ON e.user_id = (k ->> 0)::uuid AND e.stream_id = (k ->> 1)::uuid
               AND e.stream_seq = (k ->> 2)::bigint
             WHERE vvault._tells(e.event_type)
               AND NOT pg_visible_in_snapshot(e.xid::text::xid8, place.since)
               AND pg_visible_in_snapshot(e.xid::text::xid8, place.until)
               AND (e.user_id = ANY (owners)
                    OR starts_with(e.event_type, 'grant.') AND e.payload ->> 'grantee_id' = me);
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._entries_for(vvault._place, jsonb, uuid[])
    IS 'the entries behind a place that concern these owners or a grant to the current user';

-- The entries between two snapshots are a set that never changes, so an order of it is a place
-- as well: by the time in the ids, except that each stream keeps its own order where a clock
-- was set back.
CREATE FUNCTION vvault._vault_events(since text, "limit" integer, known jsonb, seen pg_snapshot)
    RETURNS SETOF vvault.event
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owners uuid[] := vvault._visible_owners();
    present pg_snapshot := vvault._seen();
    prefix text := 'e1.' || vvault._incarnation() || '.';
    place vvault._place := vvault._place_of(since);
    fresh boolean;
    told vvault.event;
    candidate record;
    count integer := 0;
    bytes bigint := 0;
    more boolean := false;
BEGIN
    IF since IS NULL OR place.since IS NULL THEN
        IF since IS NOT NULL THEN
            told := (prefix || present::text, 'reset', NULL, NULL,
                     jsonb_build_object('reason', 'the place is not one of this vault''s present life'));
            RETURN NEXT told;
        END IF;
        told := (prefix || present::text, 'position', NULL, NULL,
                 vvault._reader() || jsonb_build_object('more', false));
        RETURN NEXT told;
        RETURN;
    END IF;
    seen := coalesce(seen, present);
    -- Behind a set that was begun there may be another, unless it is known that there is none.
    more := place.until IS NOT NULL AND known IS NULL;
    fresh := place.until IS NULL;
    place.until := coalesce(place.until, seen);
    FOR candidate IN
        SELECT e AS entry, e.stream_seq, max(e.xid) OVER () AS last_xid,
               max(e.id::text COLLATE "C") OVER (PARTITION BY e.user_id, e.stream_id
                                                 ORDER BY e.stream_seq) AS key
          FROM vvault._entries_for(place, known, owners) AS e
         ORDER BY key, e.stream_seq
    LOOP
        IF fresh THEN
            place.until := vvault._cut(place.until, candidate.last_xid + 1);
            fresh := false;
        END IF;
        CONTINUE WHEN (candidate.key, candidate.stream_seq)
                      <= (place.after_key COLLATE "C", place.after_seq);
        IF count >= "limit" OR bytes > 4194304 THEN
            told := (format('%s%s.%s.%s.%s', prefix, place.since, place.until, place.after_key,
                            place.after_seq), 'position', NULL, NULL,
                     vvault._reader() || jsonb_build_object('more', true));
            RETURN NEXT told;
            RETURN;
        END IF;
        place.after_key := candidate.key;
        place.after_seq := candidate.stream_seq;
        told := vvault._event_of(candidate.entry);
        IF told.event IS NOT NULL THEN
            told.cursor := format('%s%s.%s.%s.%s', prefix, place.since, place.until,
                                  place.after_key, place.after_seq);
            count := count + 1;
            bytes := bytes + coalesce(octet_length((told.message).content), 0);
            RETURN NEXT told;
        END IF;
    END LOOP;
    place.since := vvault._joined(place.since, CASE WHEN more THEN place.until ELSE seen END);
    told := (prefix || place.since::text, 'position', NULL, NULL,
             vvault._reader() || jsonb_build_object('more', more));
    RETURN NEXT told;
END
$$;
COMMENT ON FUNCTION vvault._vault_events(text, integer, jsonb, pg_snapshot)
    IS 'what the current user may see of what was committed behind a place, then the place reached';

-- In one conversation its ledger stream is the order: without a gap, and each entry committed
-- before the next was made. The leaf in the cursor tells whether it is still the same history.
CREATE FUNCTION vvault._conversation_events(since text, target vvault._session_key, "limit" integer)
    RETURNS SETOF vvault.event
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    part text[] := string_to_array(since, '.');
    last_seq bigint;
    last_cursor text;
    place bigint;
    told vvault.event;
    entry record;
    count integer := 0;
    bytes bigint := 0;
    more boolean := false;
BEGIN
    SELECT e.stream_seq, format('c1.%s.%s', e.stream_seq, left(encode(e.leaf_hash, 'hex'), 12))
      INTO last_seq, last_cursor
      FROM vvault.ledger_entries e
     WHERE e.user_id = target.user_id AND e.stream_id = target.id
     ORDER BY e.stream_seq DESC LIMIT 1;
    last_cursor := coalesce(last_cursor, 'c1.0.');
    IF since ~ '^c1\.[0-9]{1,18}\.[0-9a-f]{0,12}$'
       AND (since = 'c1.0.'
            OR EXISTS (SELECT FROM vvault.ledger_entries e
                        WHERE e.user_id = target.user_id AND e.stream_id = target.id
                          AND e.stream_seq = part[2]::bigint
                          AND left(encode(e.leaf_hash, 'hex'), 12) = part[3])) THEN
        place := part[2]::bigint;
    ELSIF since IS NOT NULL THEN
        told := (last_cursor, 'reset', NULL, NULL,
                 jsonb_build_object('reason', 'the place is not one of this conversation''s history'));
        RETURN NEXT told;
    END IF;
    IF place < last_seq THEN
        last_cursor := since;
        FOR entry IN
            SELECT e.user_id, e.id, e.stream_id, e.stream_seq, e.xid, e.event_type, e.payload,
                   e.leaf_hash
              FROM vvault.ledger_entries e
             WHERE e.user_id = target.user_id AND e.stream_id = target.id AND e.stream_seq > place
             ORDER BY e.stream_seq
        LOOP
            IF count >= "limit" OR bytes > 4194304 THEN
                more := true;
                EXIT;
            END IF;
            last_cursor := format('c1.%s.%s', entry.stream_seq,
                                  left(encode(entry.leaf_hash, 'hex'), 12));
            CONTINUE WHEN NOT vvault._tells(entry.event_type);
            told := vvault._event_of((entry.user_id, entry.id, entry.stream_id, entry.stream_seq,
                                      entry.xid, entry.event_type, entry.payload)::vvault._entry);
            IF told.event IS NOT NULL THEN
                told.cursor := last_cursor;
                count := count + 1;
                bytes := bytes + coalesce(octet_length((told.message).content), 0);
                RETURN NEXT told;
            END IF;
        END LOOP;
    END IF;
    told := (last_cursor, 'position', NULL, NULL,
             vvault._reader() || jsonb_build_object('more', more, 'owner_id', target.user_id,
                                                    'session_id', target.id));
    RETURN NEXT told;
END
$$;
COMMENT ON FUNCTION vvault._conversation_events(text, vvault._session_key, integer)
    IS 'what became of one conversation behind a place, then the place reached';

CREATE FUNCTION vvault.list_events(since text DEFAULT NULL, session text DEFAULT NULL,
                                   "limit" integer DEFAULT 100, known jsonb DEFAULT NULL,
                                   seen pg_snapshot DEFAULT NULL)
    RETURNS SETOF vvault.event
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('messages:read');
    IF "limit" IS NULL OR "limit" < 1 THEN
        RAISE EXCEPTION 'nothing was asked for'
            USING ERRCODE = '22023', DETAIL = 'Argument "limit" is not positive.',
                  HINT = 'Ask for some events at a time, such as 100.';
    END IF;
    IF session IS NOT NULL THEN
        RETURN QUERY SELECT * FROM vvault._conversation_events(since, vvault._find_session(session, 1),
                                                               "limit");
    ELSE
        RETURN QUERY SELECT * FROM vvault._vault_events(
            since, "limit", CASE WHEN seen IS NOT NULL THEN known END, seen);
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.list_events(text, text, integer, jsonb, pg_snapshot)
    IS 'what became of a conversation, or of all one may see, behind a place; the last row is "position" and says where that is now; known and seen are what _announce() told';
