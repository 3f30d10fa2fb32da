-- The objects of a mirror, packed and sealed: slices of the ledger with their rows, chunks of
-- files, people and what belongs to them, keys, and the tree's edge.

CREATE FUNCTION vvault.mirror_rows(mirror uuid, generation bigint, part integer, "from" bigint,
                                   "to" bigint, unsealed boolean, after text, upto text,
                                   OUT sealed bytea, OUT entries bigint, OUT people boolean,
                                   OUT buckets integer[], OUT files boolean, OUT archived bigint,
                                   OUT place text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    waiting bigint := CASE WHEN unsealed THEN (vvault.ledger_status()).unsealed END;
    gone uuid;
BEGIN
    IF waiting > 20000 THEN
        RAISE EXCEPTION 'the ledger is not sealed: % entries wait', waiting
            USING ERRCODE = '55000', DETAIL = 'A mirror follows sealed entries.',
                  HINT = 'See vvault.ledger_status().';
    END IF;
    IF after IS NOT NULL THEN
        SELECT (array_agg(t.place ORDER BY t.user_id DESC, t.stream_id DESC,
                                           (t.payload ->> 'seq')::bigint DESC,
                                           (t.payload ->> 'version')::bigint DESC))[1], count(*)
          INTO place, archived FROM vvault._mirror_told(0, 0, false, false, after, upto) t;
        -- The next part, until there is none.
        IF place IS NULL AND upto IS NULL AND after NOT LIKE '3%' THEN
            place := format('%s 00000000-0000-0000-0000-000000000000 00000000-0000-0000-0000-000000000000 0',
                            left(after, 1)::integer + 1);
        END IF;
        entries := 0;
        people := false;
        files := true;
        buckets := '{}';
        sealed := vvault._mirror_seal(9, mirror, generation, part,
                      convert_to(vvault._mirror_body(0, 0, false, after, upto)::text, 'UTF8'));
        RETURN;
    END IF;
    -- A key is in the bucket that its number falls into. An entry that is gone was archived, or lost.
    WITH e AS MATERIALIZED (
        SELECT * FROM vvault._mirror_entries("from", "to", unsealed, false)
    )
    SELECT count(*), coalesce(bool_or(e.event_type LIKE 'file\_version.%'), false),
           coalesce(bool_or(e.event_type !~ '^(session|message|file|file_version|data_key)\.'), false),
           ARRAY(SELECT DISTINCT (k.id & 63)::integer
                   FROM e JOIN vvault.data_keys k ON k.user_id = e.user_id AND k.stream_id = e.stream_id
                  WHERE e.event_type LIKE 'data\_key.%'),
           count(*) FILTER (WHERE e.user_id IS NULL),
           (array_agg(e.id) FILTER (WHERE e.user_id IS NULL AND NOT EXISTS (
               SELECT FROM vvault.ledger_archives a WHERE a.month = vvault._ledger_month(e.id))))[1]
      INTO entries, files, people, buckets, archived, gone
      FROM e;
    IF gone IS NOT NULL THEN
        RAISE EXCEPTION 'a sealed entry is gone'
            USING ERRCODE = 'VV016', DETAIL = format('Entry %s is not in vvault.ledger_entries.', gone),
                  HINT = 'See vvault.ledger_verify().';
    END IF;
    sealed := vvault._mirror_seal(9, mirror, generation, part,
                                  convert_to(vvault._mirror_body("from", "to", unsealed, NULL, NULL)::text, 'UTF8'));
END
$$;
COMMENT ON FUNCTION vvault.mirror_rows(uuid, bigint, integer, bigint, bigint, boolean, text, text)
    IS 'a slice of the ledger with the rows that it tells of; whether it tells of people, of keys in which buckets, of versions of files, and how many of its entries were archived; or, behind a place, rows of what was archived, up to which place';

-- A pattern as LIKE has it.
CREATE FUNCTION vvault._mirror_wants(path text, contents text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT EXISTS (SELECT FROM unnest(contents) AS c(pattern)
                    WHERE path LIKE translate(replace(replace(replace(c.pattern, '\', '\\'), '%', '\%'),
                                                      '_', '\_'), '*?', '%_'))
$$;
COMMENT ON FUNCTION vvault._mirror_wants(text, text[])
    IS 'whether a path fits one of these patterns of * and ?';

-- Each chunk is behind its owner, its id and its length. A zero byte in front tells it from JSON.
CREATE FUNCTION vvault.mirror_chunks(mirror uuid, generation bigint, part integer, "from" bigint,
                                     "to" bigint, unsealed boolean, after text, upto text,
                                     after_user uuid, after_id uuid, OUT sealed bytea, OUT last_user uuid, OUT last_id uuid)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    SET enable_hashjoin = off SET enable_mergejoin = off SET jit = off
    AS $$
DECLARE
    patterns text[] := (SELECT m.contents FROM vvault.mirrors m WHERE m.id = mirror);
    body bytea;
BEGIN
    WITH version AS MATERIALIZED (
        SELECT DISTINCT e.user_id, e.stream_id, (e.payload ->> 'version')::bigint AS number
          FROM vvault._mirror_told("from", "to", unsealed, false, after, upto) e
         WHERE e.event_type LIKE 'file\_version.%'
    ), wanted AS (
        SELECT v.* FROM version v
          JOIN vvault.vault_files f ON f.user_id = v.user_id AND f.id = v.stream_id
         WHERE patterns = '{*}' OR vvault._mirror_wants(f.path, patterns)
    ), next AS (
        SELECT DISTINCT u.user_id, u.chunk_id
          FROM wanted w
          JOIN vvault.vault_chunk_uses u ON u.user_id = w.user_id AND u.file_id = w.stream_id
                                        AND (u.first_version = w.number
                                             OR (w.number = 0 AND NOT EXISTS (
                                                 SELECT FROM vvault.vault_file_versions v
                                                  WHERE v.user_id = u.user_id AND v.file_id = u.file_id
                                                    AND v.version = u.first_version)))
         WHERE after_user IS NULL OR (u.user_id, u.chunk_id) > (after_user, after_id)
         ORDER BY 1, 2 LIMIT 2048
    ), fitting AS (
        SELECT c.user_id, c.id, c.content,
               sum(octet_length(c.content)) OVER (ORDER BY c.user_id, c.id) AS bytes
          FROM next n JOIN vvault.vault_chunks c ON c.user_id = n.user_id AND c.id = n.chunk_id
    )
    SELECT string_agg(uuid_send(f.user_id) || uuid_send(f.id) || int4send(octet_length(f.content))
                      || f.content, ''::bytea ORDER BY f.user_id, f.id),
           (array_agg(f.user_id ORDER BY f.user_id DESC, f.id DESC))[1],
           (array_agg(f.id ORDER BY f.user_id DESC, f.id DESC))[1]
      INTO body, last_user, last_id
      FROM fitting f WHERE f.bytes <= 8388608;
    IF body IS NOT NULL THEN
        sealed := vvault._mirror_seal(9, mirror, generation, part, '\x00'::bytea || body);
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.mirror_chunks(uuid, bigint, integer, bigint, bigint, boolean, text, text, uuid, uuid)
    IS 'chunks that versions of a slice were the first to use, behind the one that was last; null at the end';

CREATE FUNCTION vvault._mirror_table(name text) RETURNS json
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    SET bytea_output = hex
    AS $$
DECLARE
    rows json;
BEGIN
    EXECUTE format('SELECT json_agg(row_to_json(t)) FROM vvault.%I t', name) INTO rows;
    RETURN rows;
END
$$;
COMMENT ON FUNCTION vvault._mirror_table(text) IS 'every row of a table';

-- Whatever table there is and no other object has. These are small, and copied whole: so a
-- person's name that was changed or removed is in no object that is kept.
CREATE FUNCTION vvault.mirror_people(mirror uuid, generation bigint, part integer) RETURNS bytea
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT vvault._mirror_seal(9, mirror, generation, part,
               convert_to(json_object_agg(c.relname, vvault._mirror_table(c.relname::text))::text, 'UTF8'))
      FROM pg_class c
     WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = ANY ('{r,p}')
       AND NOT c.relispartition
       AND c.relname <> ALL ('{sessions,messages,vault_files,vault_file_versions,vault_file_tails,
                               vault_chunks,vault_chunk_uses,vault_uploads,vault_upload_parts,
                               seat_attempts,seat_leases,kept_transcripts,transcript_keeper,
                               data_keys,ledger_entries,ledger_tiles,ledger_tail,ledger_state,
                               ledger_checkpoints,ledger_signing_keys,ledger_archives,
                               ledger_witnesses}')
$$;
COMMENT ON FUNCTION vvault.mirror_people(uuid, bigint, integer)
    IS 'people with their tokens, grants, groups, constructs and holds, and the vault''s own settings, all as they are now';

CREATE FUNCTION vvault.mirror_keys(mirror uuid, generation bigint, part integer, bucket integer)
    RETURNS bytea
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET bytea_output = hex
    AS $$
DECLARE
    rows json := (SELECT json_agg(row_to_json(k)) FROM vvault.data_keys k WHERE k.id & 63 = bucket);
BEGIN
    IF rows IS NULL THEN
        RETURN NULL;
    END IF;
    RETURN vvault._mirror_seal(10, mirror, generation, part,
                               convert_to(json_build_object('data_keys', rows)::text, 'UTF8'));
END
$$;
COMMENT ON FUNCTION vvault.mirror_keys(uuid, bigint, integer, integer)
    IS 'one of 64 parts of the table of wrapped data keys; null where it is empty';

CREATE FUNCTION vvault.mirror_tree(mirror uuid, generation bigint, part integer) RETURNS bytea
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET bytea_output = hex
    AS $$
    SELECT vvault._mirror_seal(9, mirror, generation, part, convert_to(json_build_object(
        'ledger_state', vvault._mirror_table('ledger_state'),
        'ledger_tail', vvault._mirror_table('ledger_tail'),
        'ledger_signing_keys', vvault._mirror_table('ledger_signing_keys'),
        'ledger_archives', vvault._mirror_table('ledger_archives'),
        'ledger_checkpoints', (SELECT json_agg(row_to_json(c)) FROM vvault.ledger_checkpoints c
                                WHERE c.size = (SELECT s.size FROM vvault.ledger_state s)))::text,
        'UTF8'))
$$;
COMMENT ON FUNCTION vvault.mirror_tree(uuid, bigint, integer)
    IS 'the tree''s edge, its newest checkpoint and the keys that signed it';
