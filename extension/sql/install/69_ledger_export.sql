-- The ledger as text and bytes to take along: what the offline verifier reads. An auditor gets
-- everybody's entries, a person that person's own, each with its proof.

CREATE FUNCTION vvault._ledger_json(e vvault.ledger_entry, with_payload boolean) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    fields text := format(
        '{"position":%s,"id":"%s","user_id":"%s","stream_id":"%s","stream_seq":%s,'
        '"previous_leaf":"%s","event_type":%s,"timestamp_us":%s,"actor":%s,"xid":"%s",'
        '"payload_commitment":"%s","content_commitment":"%s","leaf_hash":"%s"',
        coalesce(e."position"::text, 'null'), e.id, e.user_id, e.stream_id, e.stream_seq,
        encode(e.previous_leaf, 'hex'), to_json(e.event_type),
        (extract(epoch FROM e."timestamp") * 1000000)::bigint, to_json(e.actor), e.xid,
        encode(e.payload_commitment, 'hex'), encode(e.content_commitment, 'hex'),
        encode(e.leaf_hash, 'hex'));
BEGIN
    IF with_payload AND e.salt IS NOT NULL AND e.payload IS NOT NULL THEN
        fields := fields || format(',"salt":"%s","payload":%s', encode(e.salt, 'hex'),
                                   to_json(e.payload::text));
    END IF;
    RETURN fields;
END
$$;
COMMENT ON FUNCTION vvault._ledger_json(vvault.ledger_entry, boolean)
    IS 'an entry as a JSON object that is not closed yet';

CREATE FUNCTION vvault._hex_list(hashes bytea[]) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT '[' || coalesce(string_agg('"' || encode(h.hash, 'hex') || '"', ',' ORDER BY h.n), '') || ']'
      FROM unnest(hashes) WITH ORDINALITY AS h(hash, n)
$$;
COMMENT ON FUNCTION vvault._hex_list(bytea[]) IS 'hashes as a JSON array of hexadecimal texts';

-- An entry is read as its caller may see it, and its proof beside it: what a browser needs to
-- check one message.
CREATE FUNCTION vvault.ledger_proof_json(entry uuid, size bigint DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    e vvault.ledger_entry := vvault._ledger_entry_of(entry);
    proof vvault.ledger_proof := vvault._ledger_proof_of(e, size);
BEGIN
    RETURN vvault._ledger_json(e, true) || format(',"size":%s,"proof":%s,"checkpoint":%s}',
               proof.size, vvault._hex_list(proof.hashes), to_json(proof.checkpoint));
END
$$;
COMMENT ON FUNCTION vvault.ledger_proof_json(uuid, bigint)
    IS 'an entry with its proof and the checkpoint, as JSON: all that a verifier needs but the public key';

CREATE FUNCTION vvault._ledger_header(checkpoint text, "from" bigint) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    parts record;
BEGIN
    SELECT * INTO parts FROM vvault._read_checkpoint(checkpoint, '{}');
    RETURN format('{"format":"vvault-ledger-export/1","origin":%s,"from":%s,"size":%s,"checkpoint":%s}',
                  to_json(parts.origin), "from", parts.size, to_json(checkpoint));
END
$$;
COMMENT ON FUNCTION vvault._ledger_header(text, bigint) IS 'the first line of an export';

CREATE FUNCTION vvault._auditors_only() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault._ledger_reader() IS NOT NULL THEN
        RAISE EXCEPTION 'the entries of everybody are for auditors'
            USING ERRCODE = '42501', DETAIL = 'An identity reads its own entries.',
                  HINT = 'See vvault.ledger_export_mine().';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._auditors_only() IS 'error 42501 for a person, 28000 for nobody';

-- The entries of a tile of leaves, in the order of the tree. Their ids lie close together, so
-- the months' summaries find them.
CREATE FUNCTION vvault._ledger_entries_of_tile(tile bigint, size bigint)
    RETURNS SETOF vvault.ledger_entry
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ids uuid[];
    first_id uuid;
    last_id uuid;
BEGIN
    ids := coalesce((SELECT vvault._uuids_of(substr(t.content, 8193)) FROM vvault.ledger_tiles t
                      WHERE t.level = 0 AND t.index = tile),
                    (SELECT array_agg(t.entry_id ORDER BY t.index) FROM vvault.ledger_tail t
                      WHERE t.level = 0 AND t.index BETWEEN tile * 256 AND tile * 256 + 255));
    SELECT i.id INTO first_id FROM unnest(ids) AS i(id) ORDER BY i.id LIMIT 1;
    SELECT i.id INTO last_id FROM unnest(ids) AS i(id) ORDER BY i.id DESC LIMIT 1;
    RETURN QUERY
        SELECT tile * 256 + i.n - 1, i.id, l.user_id, l.stream_id, l.stream_seq, l.previous_leaf,
               l.event_type, l."timestamp", l.actor, l.xid, l.payload_commitment,
               l.content_commitment, l.leaf_hash, l.salt, l.payload
          FROM unnest(ids) WITH ORDINALITY AS i(id, n)
          LEFT JOIN (SELECT * FROM vvault.ledger_leaves a
                      WHERE a.id >= first_id AND a.id <= last_id
                        AND a.month BETWEEN vvault._ledger_month(first_id)
                                        AND vvault._ledger_month(last_id)) AS l ON l.id = i.id
         WHERE tile * 256 + i.n - 1 < size
         ORDER BY i.n;
END
$$;
COMMENT ON FUNCTION vvault._ledger_entries_of_tile(bigint, bigint)
    IS 'the sealed entries whose leaves are in a tile; nulls but for position and id where the row is gone';

CREATE FUNCTION vvault.ledger_export("from" bigint DEFAULT 0, "limit" bigint DEFAULT NULL,
                                     with_payload boolean DEFAULT false)
    RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    first_position bigint := greatest(coalesce("from", 0), 0);
    checkpoint text;
    size bigint;
    e vvault.ledger_entry;
BEGIN
    PERFORM vvault._auditors_only();
    checkpoint := vvault.ledger_checkpoint();
    size := (vvault._read_checkpoint(checkpoint, '{}')).size;
    RETURN NEXT vvault._ledger_header(checkpoint, first_position);
    IF "limit" IS NOT NULL THEN
        size := least(size, first_position + "limit");
    END IF;
    FOR tile IN first_position / 256 .. (size - 1) / 256 LOOP
        FOR e IN SELECT * FROM vvault._ledger_entries_of_tile(tile, size) LOOP
            CONTINUE WHEN e."position" < first_position;
            IF e.leaf_hash IS NULL THEN
                RAISE EXCEPTION 'a sealed entry is gone'
                    USING ERRCODE = 'VV016',
                          DETAIL = format('Entry %s at position %s is not in vvault.ledger_entries.',
                                          e.id, e."position"),
                          HINT = 'See vvault.ledger_verify().';
            END IF;
            RETURN NEXT vvault._ledger_json(e, with_payload) || '}';
        END LOOP;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault.ledger_export(bigint, bigint, boolean)
    IS 'the sealed entries of everybody as lines of JSON for the offline verifier; for auditors';

CREATE FUNCTION vvault.ledger_export_mine(with_payload boolean DEFAULT true) RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('ledger:read');
    unbound boolean := vvault.current_owner_id() IS NOT NULL;
    checkpoint text := vvault.ledger_checkpoint();
    size bigint := (vvault._read_checkpoint(checkpoint, '{}')).size;
    e vvault.ledger_entry;
BEGIN
    RETURN NEXT vvault._ledger_header(checkpoint, 0);
    FOR e IN SELECT p."position", l.id, l.user_id, l.stream_id, l.stream_seq, l.previous_leaf,
                    l.event_type, l."timestamp", l.actor, l.xid, l.payload_commitment,
                    l.content_commitment, l.leaf_hash, l.salt, l.payload
               FROM vvault.ledger_leaves l,
                    LATERAL (SELECT vvault._ledger_position(l.id, l.xid)) AS p("position")
              WHERE l.user_id = me AND (unbound OR vvault._ledger_reaches(l.user_id, l.stream_id))
                AND p."position" < size
              ORDER BY p."position" LOOP
        RETURN NEXT vvault._ledger_json(e, with_payload)
            || format(',"proof":%s}', vvault._hex_list(vvault._ledger_inclusion(e."position", size)));
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault.ledger_export_mine(boolean)
    IS 'the sealed entries of one''s own, each with its proof, as lines of JSON for the offline verifier';

CREATE FUNCTION vvault.ledger_entry_bundle(index bigint, width integer DEFAULT 256) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    size bigint;
    bundle bytea;
BEGIN
    PERFORM vvault._auditors_only();
    size := vvault._ledger_size();
    IF width NOT BETWEEN 1 AND 256 OR index NOT BETWEEN 0 AND (1::bigint << 55) THEN
        RAISE EXCEPTION 'there is no such bundle'
            USING ERRCODE = '22023', DETAIL = 'A width is 1 to 256.',
                  HINT = 'See c2sp.org/tlog-tiles.';
    END IF;
    IF index * 256 + width > size THEN
        PERFORM vvault._not_sealed('The bundle is not that wide yet.');
    END IF;
    SELECT string_agg(substr(int4send(octet_length(i.input)), 3) || i.input, '' ORDER BY i."position")
      INTO bundle
      FROM (SELECT l."position",
                   vvault._leaf_input(l.user_id, l.id, l.event_type, l."timestamp", l.actor,
                                      l.stream_id, l.stream_seq, l.previous_leaf, l.xid,
                                      l.payload_commitment, l.content_commitment) AS input
              FROM vvault._ledger_entries_of_tile(index, index * 256 + width) AS l) AS i;
    RETURN bundle;
END
$$;
COMMENT ON FUNCTION vvault.ledger_entry_bundle(bigint, integer)
    IS 'the leaf inputs of a tile''s entries, each behind its length, as c2sp.org/tlog-tiles bundles them; for auditors';

CREATE FUNCTION vvault.ledger_tile(path text) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    tile record;
BEGIN
    SELECT * INTO tile FROM vvault._ledger_tile_path(path);
    IF tile.index IS NULL THEN
        RAISE EXCEPTION 'there is no such tile'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "path" is no path of a tile.',
                  HINT = 'Such as 0/x001/234 or 1/000.p/17; see c2sp.org/tlog-tiles.';
    END IF;
    IF tile.level IS NULL THEN
        RETURN vvault.ledger_entry_bundle(tile.index, tile.width);
    END IF;
    RETURN vvault.ledger_tile(tile.level, tile.index, tile.width);
END
$$;
COMMENT ON FUNCTION vvault.ledger_tile(text)
    IS 'a tile or, for auditors, a bundle of entries by the path that c2sp.org/tlog-tiles gives it';
