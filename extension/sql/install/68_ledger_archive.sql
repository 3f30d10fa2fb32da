-- Months that are kept in files. The tree stays in the database, so what is in a file can be
-- proven as ever: its leaf from its line, the path to the root from the tiles, by its position.
-- The owner of the tables or a superuser takes a month away, since it is a table that goes.

CREATE FUNCTION vvault._ledger_partition(month integer) RETURNS regclass
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT p.inhrelid::regclass FROM pg_inherits p
     WHERE p.inhparent = 'vvault.ledger_entries'::regclass
       AND p.inhrelid = to_regclass(format('vvault.ledger_entries_%s_%s', month / 100,
                                           lpad((month % 100)::text, 2, '0')))
$$;
COMMENT ON FUNCTION vvault._ledger_partition(integer)
    IS 'the partition of a month such as 202611; null where there is none';

-- A tile is unpacked whole: a part of one is a read of its own. Ids nearly follow the tree, so
-- whatever tiles the month is in are all that has to be looked at, but which they are nobody says.
CREATE FUNCTION vvault._sealed_of_month(month integer)
    RETURNS TABLE ("position" bigint, id uuid, leaf bytea)
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT s."position", s.id, s.leaf
      FROM (SELECT t."index" * 256 + i AS "position",
                   encode(substr(t.content, 8193 + i * 16, 16), 'hex')::uuid AS id,
                   substr(t.content, i * 32 + 1, 32) AS leaf
              FROM (SELECT l."index", l.content || ''::bytea AS content
                      FROM vvault.ledger_tiles l WHERE l.level = 0 OFFSET 0) AS t,
                   generate_series(0, 255) AS i
            UNION ALL
            SELECT l."index", l.entry_id, l.hash FROM vvault.ledger_tail l WHERE l.level = 0) AS s
     WHERE to_char(to_timestamp(('x' || substr(replace(s.id::text, '-', ''), 1, 12))::bit(48)::bigint
                                / 1000.0) AT TIME ZONE 'UTC', 'YYYYMM')::integer = month
$$;
COMMENT ON FUNCTION vvault._sealed_of_month(integer)
    IS 'the leaves whose entries'' ids are of a month, with their positions in the tree';

CREATE FUNCTION vvault.ledger_archive(month integer) RETURNS SETOF text
    LANGUAGE sql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT format('{"position":%s,"id":"%s","user_id":"%s","stream_id":"%s","stream_seq":%s,'
                  '"previous_leaf":"%s","event_type":%s,"timestamp_us":%s,"actor":%s,"xid":"%s",'
                  '"payload_commitment":"%s","content_commitment":"%s","leaf_hash":"%s"%s}',
                  s."position", l.id, l.user_id, l.stream_id, l.stream_seq,
                  encode(l.previous_leaf, 'hex'), to_json(l.event_type),
                  (extract(epoch FROM l."timestamp") * 1000000)::bigint, to_json(l.actor), l.xid,
                  encode(l.payload_commitment, 'hex'), encode(l.content_commitment, 'hex'),
                  encode(l.leaf_hash, 'hex'),
                  coalesce(format(',"salt":"%s","payload":%s', encode(e.salt, 'hex'),
                                  to_json(e.payload::text)), ''))
      FROM vvault._sealed_of_month(month) AS s
      JOIN vvault.ledger_entries e ON e.id = s.id AND e.month = ledger_archive.month
      JOIN vvault.ledger_leaves l ON l.user_id = e.user_id AND l.stream_id = e.stream_id
                                 AND l.stream_seq = e.stream_seq AND l.id = e.id
     ORDER BY s."position"
$$;
COMMENT ON FUNCTION vvault.ledger_archive(integer)
    IS 'the sealed entries of a month such as 202611 as lines of JSON, in the order of the tree, as ledger_export() has them';

-- Adds what stays of a month that goes. As the sealer, whom the guard lets add.
CREATE FUNCTION vvault._keep_of_month(month integer, digest bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    number bigint;
    wrong record;
BEGIN
    SELECT e.id, s.id IS NULL AS unsealed INTO wrong
      FROM vvault.ledger_entries e
      LEFT JOIN vvault._sealed_of_month(_keep_of_month.month) AS s ON s.id = e.id
     WHERE e.month = _keep_of_month.month AND (s.id IS NULL OR s.leaf <> e.leaf_hash)
     LIMIT 1;
    IF FOUND AND wrong.unsealed THEN
        RAISE EXCEPTION 'the month has entries that are not sealed yet'
            USING ERRCODE = 'VV014', DETAIL = format('Entry %s is not in the tree.', wrong.id),
                  HINT = 'Call vvault.ledger_seal() and archive the month again.';
    ELSIF FOUND THEN
        RAISE EXCEPTION 'the month has an entry that was altered'
            USING ERRCODE = 'VV016', DETAIL = format('Entry %s is not as it was sealed.', wrong.id),
                  HINT = 'See vvault.ledger_verify().';
    END IF;
    INSERT INTO vvault.ledger_stream_heads (user_id, stream_id, stream_seq, leaf_hash)
    SELECT DISTINCT ON (e.user_id, e.stream_id) e.user_id, e.stream_id, e.stream_seq, e.leaf_hash
      FROM vvault.ledger_entries e WHERE e.month = _keep_of_month.month
     ORDER BY e.user_id, e.stream_id, e.stream_seq DESC;
    SELECT count(*) INTO number FROM vvault.ledger_entries e WHERE e.month = _keep_of_month.month;
    INSERT INTO vvault.ledger_archives (month, entries, digest, size, archived_at)
    SELECT _keep_of_month.month, number, _keep_of_month.digest, s.size, clock_timestamp()
      FROM vvault.ledger_state s;
    RETURN number;
END
$$;
COMMENT ON FUNCTION vvault._keep_of_month(integer, bytea)
    IS 'keep the ends of a month''s streams, and what its archive is, once every entry of it is proven to be in the tree';

CREATE FUNCTION vvault.ledger_drop_archived(month integer, digest bytea) RETURNS bigint
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp SET jit = off
    AS 'MODULE_PATHNAME', 'vvault_ledger_drop_archived';
COMMENT ON FUNCTION vvault.ledger_drop_archived(integer, bytea)
    IS 'take a month''s entries out of the database, given the SHA-256 of the file that has them; their leaves stay in the tree, and their streams go on';
