-- What a slice of the ledger tells of: the entries from one position up to another, and the rows
-- of conversations and files that they made or changed, as they are now. Keys (mirror_keys) and
-- all that is small (mirror_people) are copied whole instead.

-- Entries that nobody has sealed yet are as much committed as the others; a mirror that has the
-- rows they changed needs them as well.
CREATE FUNCTION vvault._mirror_entries("from" bigint, "to" bigint, unsealed boolean, whole boolean)
    RETURNS TABLE ("position" bigint, user_id uuid, id uuid, stream_id uuid, event_type text,
                   payload json, body json)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_seqscan = off SET jit = off SET plan_cache_mode = force_custom_plan
    SET enable_hashjoin = on SET enable_nestloop = off
    AS $$
DECLARE
    ids uuid[];
    lowest uuid;
    highest uuid;
    state record;
BEGIN
    FOR tile IN "from" / 256 .. ("to" - 1) / 256 LOOP
        ids := coalesce((SELECT vvault._uuids_of(substr(t.content, 8193)) FROM vvault.ledger_tiles t
                          WHERE t.level = 0 AND t.index = tile),
                        (SELECT array_agg(t.entry_id ORDER BY t.index) FROM vvault.ledger_tail t
                          WHERE t.level = 0 AND t.index BETWEEN tile * 256 AND tile * 256 + 255));
        SELECT i.id INTO lowest FROM unnest(ids) AS i(id) ORDER BY i.id LIMIT 1;
        SELECT i.id INTO highest FROM unnest(ids) AS i(id) ORDER BY i.id DESC LIMIT 1;
        RETURN QUERY
            SELECT tile * 256 + i.n - 1, e.user_id, i.id, e.stream_id, e.event_type, e.payload,
                   CASE WHEN whole THEN row_to_json(e) END
              FROM unnest(ids) WITH ORDINALITY AS i(id, n)
              LEFT JOIN (SELECT * FROM vvault.ledger_entries l
                          WHERE l.id >= lowest AND l.id <= highest
                            AND l.month BETWEEN vvault._ledger_month(lowest)
                                            AND vvault._ledger_month(highest)) AS e ON e.id = i.id
             WHERE tile * 256 + i.n - 1 >= "from" AND tile * 256 + i.n - 1 < "to";
    END LOOP;
    IF NOT unsealed THEN
        RETURN;
    END IF;
    SELECT pg_snapshot_xmax(s.snapshot)::text::bigint AS next, s.floor_id,
           ARRAY(SELECT x::text::bigint FROM pg_snapshot_xip(s.snapshot) AS x) AS open
      INTO state FROM vvault.ledger_state s;
    RETURN QUERY
        SELECT NULL::bigint, e.user_id, e.id, e.stream_id, e.event_type, e.payload,
               CASE WHEN whole THEN row_to_json(e) END
          FROM vvault.ledger_entries e
         WHERE e.xid >= state.next AND coalesce(e.id > state.floor_id, true)
        UNION ALL
        SELECT NULL::bigint, e.user_id, e.id, e.stream_id, e.event_type, e.payload,
               CASE WHEN whole THEN row_to_json(e) END
          FROM vvault.ledger_entries e WHERE e.xid = ANY (state.open);
END
$$;
COMMENT ON FUNCTION vvault._mirror_entries(bigint, bigint, boolean, boolean)
    IS 'the entries of these positions, all null but position and id where the row is gone, and those without a position yet if they are wanted; as JSON, too, if whole';

-- Slices are cut by what they hold, and by number where they hold little.
CREATE FUNCTION vvault.mirror_end_of_slice("from" bigint) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
    AS $$
    SELECT coalesce(max(c."position") + 1, least("from" + 1, max(c.size)))
      FROM (SELECT e."position", s.size,
                   sum(1000 + coalesce(octet_length(m.content), 0) + coalesce(octet_length(m.metadata), 0)
                       + coalesce(octet_length(v.info), 0)) OVER (ORDER BY e."position") AS bytes
              FROM vvault.ledger_state s
             CROSS JOIN vvault._mirror_entries("from", least("from" + 2048, s.size), false, false) e
              LEFT JOIN vvault.messages m
                     ON e.event_type LIKE 'message.%' AND m.user_id = e.user_id
                    AND m.session_id = e.stream_id AND m.seq = (e.payload ->> 'seq')::bigint
              LEFT JOIN vvault.vault_file_versions v
                     ON e.event_type LIKE 'file\_version.%' AND v.user_id = e.user_id
                    AND v.file_id = e.stream_id AND v.version = (e.payload ->> 'version')::bigint) AS c
     WHERE c.bytes <= 4194304 OR c."position" = "from"
$$;
COMMENT ON FUNCTION vvault.mirror_end_of_slice(bigint)
    IS 'up to which position a slice from there goes, so that it is neither large nor long';

-- What was archived with its month has no entries any more, but the end of each stream in it, and its
-- rows. They are gone through by their keys: conversations and files (part 1), messages (2), versions
-- (3). A place in that is a text: part, user, stream and number.
CREATE FUNCTION vvault._mirror_archived(after text, upto text)
    RETURNS TABLE (user_id uuid, stream_id uuid, event_type text, payload json, place text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
    AS $$
DECLARE
    start text[] := string_to_array(after, ' ');
    stop text[] := string_to_array(coalesce(upto, '9'), ' ');
    zero CONSTANT uuid := '00000000-0000-0000-0000-000000000000';
    part integer := start[1];
    most bigint := CASE WHEN upto IS NULL THEN 1000 ELSE 9223372036854775807 END;
    u uuid := coalesce(start[2], zero::text);
    s uuid := coalesce(start[3], zero::text);
    n bigint := coalesce(start[4], '0');
    last_u uuid := CASE WHEN part::text = stop[1] THEN stop[2]::uuid END;
    last_s uuid := CASE WHEN part::text = stop[1] THEN stop[3]::uuid END;
    last_n bigint := CASE WHEN part::text = stop[1] THEN stop[4]::bigint END;
BEGIN
    IF part = 1 THEN
        RETURN QUERY
            SELECT h.user_id, h.stream_id,
                   -- A version 0, which no file has, stands for those that were purged.
                   CASE WHEN f.id IS NULL THEN 'session.updated' ELSE 'file_version.updated' END,
                   '{"version":0}'::json, format('1 %s %s 0', h.user_id, h.stream_id)
              FROM (SELECT DISTINCT l.user_id, l.stream_id FROM vvault.ledger_stream_heads l
                     WHERE (l.user_id, l.stream_id) > (u, s)
                       AND (last_u IS NULL OR (l.user_id, l.stream_id) <= (last_u, last_s))) AS h
              LEFT JOIN vvault.vault_files f ON f.user_id = h.user_id AND f.id = h.stream_id
              LEFT JOIN vvault.sessions c ON c.user_id = h.user_id AND c.id = h.stream_id
             WHERE f.id IS NOT NULL OR c.id IS NOT NULL
             ORDER BY h.user_id, h.stream_id LIMIT most / 10;
    ELSIF part = 2 THEN
        RETURN QUERY
            SELECT p.user_id, p.session_id, 'message.updated', json_build_object('seq', p.seq),
                   format('2 %s %s %s', p.user_id, p.session_id, p.seq)
              FROM (SELECT m.user_id, m.session_id, m.seq, octet_length(m.content) AS size,
                           sum(octet_length(m.content)) OVER (ORDER BY m.user_id, m.session_id, m.seq) AS bytes
                      FROM (SELECT * FROM vvault.messages k
                             WHERE (k.user_id, k.session_id, k.seq) > (u, s, n)
                               AND (last_u IS NULL
                                    OR (k.user_id, k.session_id, k.seq) <= (last_u, last_s, last_n))
                               AND EXISTS (SELECT FROM vvault.ledger_stream_heads h
                                            WHERE h.user_id = k.user_id AND h.stream_id = k.session_id)
                             ORDER BY k.user_id, k.session_id, k.seq LIMIT most) AS m) AS p
             WHERE last_u IS NOT NULL OR p.bytes - p.size <= 4194304;
    ELSIF part = 3 THEN
        RETURN QUERY
            SELECT v.user_id, v.file_id, 'file_version.created', json_build_object('version', v.version),
                   format('3 %s %s %s', v.user_id, v.file_id, v.version)
              FROM vvault.vault_file_versions v
             WHERE (v.user_id, v.file_id, v.version) > (u, s, n)
               AND (last_u IS NULL OR (v.user_id, v.file_id, v.version) <= (last_u, last_s, last_n))
               AND EXISTS (SELECT FROM vvault.ledger_stream_heads h
                            WHERE h.user_id = v.user_id AND h.stream_id = v.file_id)
             ORDER BY v.user_id, v.file_id, v.version LIMIT most;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._mirror_archived(text, text)
    IS 'what entries would tell of that were archived with their month: the next behind a place, or all up to another';

CREATE FUNCTION vvault._mirror_told("from" bigint, "to" bigint, unsealed boolean, whole boolean,
                                    after text, upto text)
    RETURNS TABLE (user_id uuid, stream_id uuid, event_type text, payload json, body json, place text)
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF after IS NULL THEN
        RETURN QUERY SELECT e.user_id, e.stream_id, e.event_type, e.payload, e.body, NULL::text
                       FROM vvault._mirror_entries("from", "to", unsealed, whole) e
                      WHERE e.user_id IS NOT NULL;
    ELSE
        RETURN QUERY SELECT a.user_id, a.stream_id, a.event_type, a.payload, NULL::json, a.place
                       FROM vvault._mirror_archived(after, upto) a;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._mirror_told(bigint, bigint, boolean, boolean, text, text)
    IS 'what a slice is about: entries, or what was archived';

CREATE FUNCTION vvault._mirror_body("from" bigint, "to" bigint, unsealed boolean, after text, upto text)
    RETURNS json
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
    SET bytea_output = hex
    AS $$
    WITH e AS MATERIALIZED (
        SELECT * FROM vvault._mirror_told("from", "to", unsealed, true, after, upto)
    ), session AS (
        SELECT DISTINCT e.user_id, e.stream_id FROM e WHERE e.event_type ~ '^(session|message)\.'
    ), message AS (
        SELECT DISTINCT e.user_id, e.stream_id, (e.payload ->> 'seq')::bigint AS seq
          FROM e WHERE e.event_type LIKE 'message.%'
    ), file AS (
        SELECT DISTINCT e.user_id, e.stream_id FROM e WHERE e.event_type ~ '^file(_version)?\.'
    ), version AS (
        SELECT DISTINCT e.user_id, e.stream_id, (e.payload ->> 'version')::bigint AS number
          FROM e WHERE e.event_type LIKE 'file\_version.%'
    ), anew AS (
        -- Sealed anew or purged: which chunks are used and what is in tails may be all different.
        SELECT DISTINCT e.user_id, e.stream_id
          FROM e WHERE e.event_type IN ('file_version.updated', 'file_version.deleted')
    )
    SELECT json_build_object(
        'ledger_entries', (SELECT json_agg(e.body) FROM e WHERE e.body IS NOT NULL),
        'ledger_tiles',
        (SELECT json_agg(row_to_json(t))
           FROM generate_series(0, 4) AS l(level), LATERAL (SELECT 256::bigint ^ (l.level + 1) AS of) AS w,
                LATERAL (SELECT * FROM vvault.ledger_tiles t
                          WHERE t.level = l.level AND t.index >= div("from"::numeric, w.of::numeric)::bigint
                            AND t.index < div("to"::numeric, w.of::numeric)::bigint) AS t),
        'ledger_checkpoints',
        (SELECT json_agg(row_to_json(c)) FROM vvault.ledger_checkpoints c
          WHERE c.size > "from" AND c.size <= "to"),
        'sessions',
        (SELECT json_agg(coalesce(row_to_json(s), json_build_object('gone', true, 'user_id', k.user_id,
                                                                    'id', k.stream_id)))
           FROM session k LEFT JOIN vvault.sessions s ON s.user_id = k.user_id AND s.id = k.stream_id),
        'messages',
        (SELECT json_agg(coalesce(row_to_json(m), json_build_object('gone', true, 'user_id', k.user_id,
                                                   'session_id', k.stream_id, 'seq', k.seq)))
           FROM message k LEFT JOIN vvault.messages m
                ON m.user_id = k.user_id AND m.session_id = k.stream_id AND m.seq = k.seq),
        -- No entry tells of an attempt. It comes with the message that it is about, or with the next.
        'seat_attempts',
        (SELECT json_agg(row_to_json(a)) FROM (
            SELECT m.user_id, m.stream_id, min(m.seq) AS first FROM message m GROUP BY 1, 2) AS k
           JOIN vvault.seat_attempts a
                ON a.user_id = k.user_id AND a.session_id = k.stream_id AND a.seq >= k.first - 1),
        -- Up to where a conversation's transcript file is follows from its messages, and from versions
        -- of files of its construct.
        'kept_transcripts',
        (SELECT json_agg(row_to_json(t)) FROM vvault.kept_transcripts t
          WHERE t.user_id IN (SELECT e.user_id FROM e)
            AND ((t.user_id, t.session_id) IN (SELECT k.user_id, k.stream_id FROM session k)
                 OR EXISTS (SELECT FROM vvault.sessions s
                             WHERE s.user_id = t.user_id AND s.id = t.session_id
                               AND s.construct_id IN (
                                   SELECT f.construct_id FROM file k JOIN vvault.vault_files f
                                          ON f.user_id = k.user_id AND f.id = k.stream_id)))),
        'vault_files',
        (SELECT json_agg(coalesce(row_to_json(f), json_build_object('gone', true, 'user_id', k.user_id,
                                                                    'id', k.stream_id)))
           FROM file k LEFT JOIN vvault.vault_files f ON f.user_id = k.user_id AND f.id = k.stream_id),
        'vault_file_versions',
        (SELECT json_agg(coalesce(row_to_json(v), json_build_object('gone', true, 'user_id', k.user_id,
                                                   'file_id', k.stream_id, 'version', k.number)))
           FROM version k LEFT JOIN vvault.vault_file_versions v
                ON v.user_id = k.user_id AND v.file_id = k.stream_id AND v.version = k.number),
        'anew', (SELECT json_agg(row_to_json(a)) FROM anew a),
        'vault_chunk_uses',
        (SELECT json_agg(row_to_json(u)) FROM (
            SELECT u.* FROM file k JOIN vvault.vault_chunk_uses u
                   ON u.user_id = k.user_id AND u.file_id = k.stream_id
             WHERE EXISTS (SELECT FROM anew a WHERE a.user_id = k.user_id AND a.stream_id = k.stream_id)
                OR EXISTS (SELECT FROM version v WHERE v.user_id = k.user_id AND v.stream_id = k.stream_id
                              AND v.number IN (u.first_version, u.until_version))) AS u),
        'vault_file_tails',
        (SELECT json_agg(row_to_json(t)) FROM (
            SELECT t.* FROM file k JOIN vvault.vault_file_tails t
                   ON t.user_id = k.user_id AND t.file_id = k.stream_id
             WHERE EXISTS (SELECT FROM anew a WHERE a.user_id = k.user_id AND a.stream_id = k.stream_id)
                OR EXISTS (SELECT FROM version v WHERE v.user_id = k.user_id
                              AND v.stream_id = k.stream_id AND v.number = t.version)) AS t))
$$;
COMMENT ON FUNCTION vvault._mirror_body(bigint, bigint, boolean, text, text)
    IS 'entries, and the rows that they tell of as they are now; of a row that is gone, its key';
