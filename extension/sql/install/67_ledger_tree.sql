-- What the ledger's functions below are made of: the tree in C++, and who is asking.

CREATE FUNCTION vvault._ledger_root(size bigint) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_root';
COMMENT ON FUNCTION vvault._ledger_root(bigint)
    IS 'the root over the first leaves of the ledger, from the nodes that are stored';

CREATE FUNCTION vvault._ledger_inclusion("position" bigint, size bigint) RETURNS bytea[]
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_inclusion';
COMMENT ON FUNCTION vvault._ledger_inclusion(bigint, bigint)
    IS 'the hashes that prove a leaf to be in the tree of a size (RFC 6962)';

CREATE FUNCTION vvault._ledger_consistency(old_size bigint, new_size bigint) RETURNS bytea[]
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_consistency';
COMMENT ON FUNCTION vvault._ledger_consistency(bigint, bigint)
    IS 'the hashes that prove a tree to begin with a smaller one (RFC 6962)';

CREATE FUNCTION vvault._ledger_find(entry uuid, "from" bigint, "to" bigint) RETURNS bigint
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_find';
COMMENT ON FUNCTION vvault._ledger_find(uuid, bigint, bigint)
    IS 'the position of an entry that is searched for between two positions, else null';

CREATE FUNCTION vvault._ledger_tile(level integer, index bigint, width integer) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_tile';
COMMENT ON FUNCTION vvault._ledger_tile(integer, bigint, integer)
    IS 'the first hashes of a tile, full or not';

CREATE FUNCTION vvault._ledger_tile_width(level integer, index bigint, size bigint) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_tile_width';
COMMENT ON FUNCTION vvault._ledger_tile_width(integer, bigint, bigint)
    IS 'how many hashes a tile has in a tree of a size';

CREATE FUNCTION vvault._ledger_tile_path(path text, OUT level integer, OUT index bigint,
                                         OUT width integer)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_tile_path';
COMMENT ON FUNCTION vvault._ledger_tile_path(text)
    IS 'what a path of tlog-tiles names, without its "tile/"; nulls for no such path, level null for a bundle of entries';

CREATE FUNCTION vvault._ledger_check_tree("from" bigint) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_check_tree';
COMMENT ON FUNCTION vvault._ledger_check_tree(bigint)
    IS 'what is wrong between the leaves, the tiles above them and the roots of checkpoints, as JSON';

CREATE FUNCTION vvault._ledger_month(entry uuid) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_month';
COMMENT ON FUNCTION vvault._ledger_month(uuid)
    IS 'the month of the time in an entry''s id, such as 202611, which is the partition it is in';

CREATE FUNCTION vvault._uuids_of(bytes bytea) RETURNS uuid[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_uuids_of';
COMMENT ON FUNCTION vvault._uuids_of(bytea) IS 'ids that stand one after the other, taken apart';

CREATE FUNCTION vvault._digests_of(bytes bytea) RETURNS bytea[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_digests_of';
COMMENT ON FUNCTION vvault._digests_of(bytea) IS 'hashes that stand one after the other, taken apart';

CREATE FUNCTION vvault._note_key(name text, public_key bytea) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_note_key';
COMMENT ON FUNCTION vvault._note_key(text, bytea)
    IS 'a public key of checkpoints as verifiers take it (C2SP signed-note)';

CREATE FUNCTION vvault._read_checkpoint(note text, keys text[], OUT origin text, OUT size bigint,
                                        OUT root bytea, OUT problem text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_read_checkpoint';
COMMENT ON FUNCTION vvault._read_checkpoint(text, text[])
    IS 'a signed checkpoint taken apart, and why it is not to be believed where it is not';

CREATE FUNCTION vvault._leaf_input(user_id uuid, id uuid, event_type text, "timestamp" timestamptz,
                                   actor text, stream_id uuid, stream_seq bigint,
                                   previous_leaf bytea, xid bigint, payload_commitment bytea,
                                   content_commitment bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_leaf_input';
COMMENT ON FUNCTION vvault._leaf_input(uuid, uuid, text, timestamptz, text, uuid, bigint, bytea,
                                       bigint, bytea, bytea)
    IS 'what an entry''s leaf hash is the hash of (doc/ledger-leaf.md)';

-- A function that runs as its owner still knows who called: the role that was set, else the
-- session's.
CREATE FUNCTION vvault._caller() RETURNS name
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN CASE current_setting('role') WHEN 'none' THEN session_user
                ELSE current_setting('role')::name END;
END
$$;
COMMENT ON FUNCTION vvault._caller() IS 'the database role that asks, whoever owns the functions in between';

-- An identity comes first, so that a person never reads as more than that person.
CREATE FUNCTION vvault._ledger_reader() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault.current_user_id() IS NULL AND pg_has_role(vvault._caller(), 'vvault_auditor', 'USAGE') THEN
        RETURN NULL;
    END IF;
    RETURN vvault._require('ledger:read');
END
$$;
COMMENT ON FUNCTION vvault._ledger_reader()
    IS 'whose entries the caller may see: one person''s, or for an auditor null, which is everybody''s; else error 28000';

-- An entry belongs to the stream of a conversation, a file or a construct, and row security says
-- whether these are in reach; of whatever else there are entries a runtime environment is not told.
CREATE FUNCTION vvault._ledger_reaches(owner uuid, stream_id uuid) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault.current_user_id() IS NULL OR vvault.current_owner_id() IS NOT NULL
        OR EXISTS (SELECT FROM vvault.sessions s
                    WHERE s.user_id = owner AND s.id = _ledger_reaches.stream_id)
        OR EXISTS (SELECT FROM vvault.vault_files f
                    WHERE f.user_id = owner AND f.id = _ledger_reaches.stream_id)
        OR EXISTS (SELECT FROM vvault.constructs c
                    WHERE c.owner_id = owner AND c.id = _ledger_reaches.stream_id);
END
$$;
COMMENT ON FUNCTION vvault._ledger_reaches(uuid, uuid)
    IS 'whether a reader of that person''s entries is told of a stream: a token of a runtime environment only of what is in it';

CREATE FUNCTION vvault._ledger_public() RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault.current_user_id() IS NOT NULL
       OR NOT EXISTS (SELECT FROM unnest('{vvault_auditor,vvault_admin,vvault_witness}'::name[]) AS r(name)
                       WHERE pg_has_role(vvault._caller(), r.name, 'USAGE')) THEN
        PERFORM vvault._require('ledger:read');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._ledger_public()
    IS 'nothing for whoever may see hashes and checkpoints: persons, auditors, administrators, witnesses; else error 28000';

CREATE FUNCTION vvault._ledger_size() RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN coalesce((SELECT c.size FROM vvault.ledger_checkpoints c ORDER BY c.size DESC LIMIT 1), 0);
END
$$;
COMMENT ON FUNCTION vvault._ledger_size() IS 'the size of the newest checkpoint';

-- Numbers of transactions mean something within one era (one cluster) only; entries up to
-- floor_id may be of an earlier one, and are searched for in the whole tree.
CREATE FUNCTION vvault._ledger_position(entry uuid, xid bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    floor uuid := (SELECT s.floor_id FROM vvault.ledger_state s);
    number xid8 := xid::text::xid8;
    newest record;
    probe record;
    low bigint;
    high bigint;
    middle bigint;
BEGIN
    SELECT c.size, c.snapshot, c.era INTO newest
      FROM vvault.ledger_checkpoints c ORDER BY c.size DESC LIMIT 1;
    IF NOT FOUND THEN
        RETURN NULL;
    END IF;
    IF entry <= floor THEN
        RETURN vvault._ledger_find(entry, 0, newest.size);
    END IF;
    IF NOT pg_visible_in_snapshot(number, newest.snapshot) THEN
        RETURN NULL;
    END IF;
    low := coalesce((SELECT c.size FROM vvault.ledger_checkpoints c WHERE c.era < newest.era
                      ORDER BY c.size DESC LIMIT 1), 0);
    high := newest.size;
    LOOP
        middle := low + (high - low) / 2;
        SELECT c.size, c.snapshot INTO probe FROM vvault.ledger_checkpoints c
         WHERE c.size > low AND c.size <= middle ORDER BY c.size DESC LIMIT 1;
        IF NOT FOUND THEN
            SELECT c.size, c.snapshot INTO probe FROM vvault.ledger_checkpoints c
             WHERE c.size > middle AND c.size < high ORDER BY c.size LIMIT 1;
        END IF;
        EXIT WHEN NOT FOUND;
        IF pg_visible_in_snapshot(number, probe.snapshot) THEN
            high := probe.size;
        ELSE
            low := probe.size;
        END IF;
    END LOOP;
    RETURN vvault._ledger_find(entry, low, high);
END
$$;
COMMENT ON FUNCTION vvault._ledger_position(uuid, bigint)
    IS 'where in the tree an entry of a transaction is, or null: its batch by the checkpoints'' snapshots, its place in it by the id';
