-- The ledger as its readers have it: a person sees the entries of that person's own vault, an
-- auditor all; hashes and checkpoints are anybody's who is signed in. An entry of somebody else
-- and one that does not exist get one and the same answer. A grant of a construct opens its
-- content and not the history of its owner's vault: entries are the owner's alone.

CREATE TYPE vvault.ledger_entry AS (
    "position" bigint,
    id uuid,
    user_id uuid,
    stream_id uuid,
    stream_seq bigint,
    previous_leaf bytea,
    event_type text,
    "timestamp" timestamptz,
    actor text,
    xid bigint,
    payload_commitment bytea,
    content_commitment bytea,
    leaf_hash bytea,
    salt bytea,
    payload json
);
COMMENT ON TYPE vvault.ledger_entry
    IS 'one entry with the fields of its leaf, and the payload with the salt that commits to it; position is null until it is sealed';

CREATE TYPE vvault.ledger_proof AS (
    entry uuid,
    "position" bigint,
    size bigint,
    leaf_input bytea,
    leaf_hash bytea,
    hashes bytea[],
    checkpoint text
);
COMMENT ON TYPE vvault.ledger_proof
    IS 'that an entry is in the tree of a signed checkpoint (RFC 6962, audit path)';

CREATE FUNCTION vvault._ledger_entry_of(entry uuid) RETURNS vvault.ledger_entry
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    -- Before a month's first ANALYZE its plan looks dear, and would be compiled at each call.
    SET jit = off
    AS $$
DECLARE
    reader uuid := vvault._ledger_reader();
    found_entry vvault.ledger_entry;
BEGIN
    SELECT NULL::bigint, l.id, l.user_id, l.stream_id, l.stream_seq, l.previous_leaf, l.event_type,
           l."timestamp", l.actor, l.xid, l.payload_commitment, l.content_commitment, l.leaf_hash,
           l.salt, l.payload
      INTO found_entry
      FROM vvault.ledger_leaves l
     WHERE l.id = _ledger_entry_of.entry AND l.month = vvault._ledger_month(_ledger_entry_of.entry)
       AND (reader IS NULL OR l.user_id = reader);
    IF NOT FOUND OR NOT vvault._ledger_reaches(found_entry.user_id, found_entry.stream_id) THEN
        RAISE EXCEPTION 'ledger entry not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "entry" names none of your entries.',
                  HINT = 'See vvault.ledger_entries_for().';
    END IF;
    found_entry."position" := vvault._ledger_position(found_entry.id, found_entry.xid);
    RETURN found_entry;
END
$$;
COMMENT ON FUNCTION vvault._ledger_entry_of(uuid)
    IS 'an entry that the caller may see, else error P0002';

CREATE FUNCTION vvault._not_sealed(detail text) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION 'the ledger is not sealed that far yet'
        USING ERRCODE = 'VV014', DETAIL = detail, HINT = 'Ask again in a moment.';
END
$$;
COMMENT ON FUNCTION vvault._not_sealed(text) IS 'raise VV014';

CREATE FUNCTION vvault.ledger_checkpoint(size bigint DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    checkpoint record;
BEGIN
    PERFORM vvault._ledger_public();
    SELECT c.size, c.note INTO checkpoint FROM vvault.ledger_checkpoints c
     WHERE ledger_checkpoint.size IS NULL OR c.size = ledger_checkpoint.size
     ORDER BY c.size DESC LIMIT 1;
    IF NOT FOUND THEN
        IF ledger_checkpoint.size IS NULL OR ledger_checkpoint.size > vvault._ledger_size() THEN
            PERFORM vvault._not_sealed('There is no checkpoint yet.');
        END IF;
        RAISE EXCEPTION 'checkpoint not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "size" is the size of no checkpoint.',
                  HINT = 'Leave it out for the newest.';
    END IF;
    IF checkpoint.note IS NULL THEN
        RAISE EXCEPTION 'the checkpoint is not signed'
            USING ERRCODE = 'VV015', DETAIL = 'There was no signing key when it was made.',
                  HINT = 'Set vvault.ledger_key_file.';
    END IF;
    RETURN checkpoint.note;
END
$$;
COMMENT ON FUNCTION vvault.ledger_checkpoint(bigint)
    IS 'the ledger''s size and root as a signed note (C2SP tlog-checkpoint): the newest, or that of a size';

CREATE FUNCTION vvault.ledger_keys() RETURNS SETOF text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._ledger_public();
    RETURN QUERY SELECT vvault._note_key(k.name, k.public_key) FROM vvault.ledger_signing_keys k
                  ORDER BY k.from_size DESC, k.name, k.public_key;
END
$$;
COMMENT ON FUNCTION vvault.ledger_keys()
    IS 'the public keys that sign checkpoints, the newest first, as verifiers take them';

CREATE FUNCTION vvault.ledger_position(entry uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (vvault._ledger_entry_of(entry))."position";
END
$$;
COMMENT ON FUNCTION vvault.ledger_position(uuid)
    IS 'where in the tree an entry is, counted from 0; null until it is sealed';

CREATE FUNCTION vvault._ledger_proof_of(e vvault.ledger_entry, size bigint)
    RETURNS vvault.ledger_proof
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    checkpoint text := vvault.ledger_checkpoint(size);
    tree_size bigint := coalesce(size, (vvault._read_checkpoint(checkpoint, '{}')).size);
BEGIN
    IF e."position" IS NULL OR e."position" >= tree_size THEN
        PERFORM vvault._not_sealed(format('The entry is not in the tree of size %s.', tree_size));
    END IF;
    RETURN (e.id, e."position", tree_size,
            vvault._leaf_input(e.user_id, e.id, e.event_type, e."timestamp", e.actor, e.stream_id,
                               e.stream_seq, e.previous_leaf, e.xid, e.payload_commitment,
                               e.content_commitment),
            e.leaf_hash, vvault._ledger_inclusion(e."position", tree_size), checkpoint);
END
$$;
COMMENT ON FUNCTION vvault._ledger_proof_of(vvault.ledger_entry, bigint)
    IS 'the proof of an entry that the caller may see';

CREATE FUNCTION vvault.ledger_inclusion_proof(entry uuid, size bigint DEFAULT NULL)
    RETURNS vvault.ledger_proof
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault._ledger_proof_of(vvault._ledger_entry_of(entry), size);
END
$$;
COMMENT ON FUNCTION vvault.ledger_inclusion_proof(uuid, bigint)
    IS 'that an entry is in the ledger as a checkpoint has signed it; VV014 until it is sealed';

CREATE FUNCTION vvault.ledger_consistency_proof(old_size bigint, new_size bigint DEFAULT NULL)
    RETURNS bytea[]
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    newest bigint;
    wanted bigint;
BEGIN
    PERFORM vvault._ledger_public();
    newest := vvault._ledger_size();
    wanted := coalesce(new_size, newest);
    IF greatest(old_size, wanted) > newest THEN
        PERFORM vvault._not_sealed(format('The ledger has %s sealed entries.', newest));
    END IF;
    IF old_size < 0 OR old_size > wanted THEN
        RAISE EXCEPTION 'these sizes do not follow each other'
            USING ERRCODE = '22023', DETAIL = 'Argument "old_size" is negative or above "new_size".',
                  HINT = 'Give the smaller size first.';
    END IF;
    RETURN vvault._ledger_consistency(old_size, wanted);
END
$$;
COMMENT ON FUNCTION vvault.ledger_consistency_proof(bigint, bigint)
    IS 'that the ledger of a size begins with the ledger of a smaller size: nothing was rewritten in between';

CREATE FUNCTION vvault._ledger_stream(reader uuid, file text, session text, construct text,
                                      OUT stream_id uuid, OUT events text[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    named text := coalesce(file, session, construct);
BEGIN
    IF num_nonnulls(file, session, construct) <> 1 THEN
        RAISE EXCEPTION 'say whose entries: of a file, a session or a construct'
            USING ERRCODE = '22023',
                  DETAIL = 'Exactly one of the arguments "file", "session" and "construct" is needed.',
                  HINT = 'Name it as the other functions do, or by its id.';
    END IF;
    events := CASE WHEN file IS NOT NULL THEN '{file,file_version}'
                   WHEN session IS NOT NULL THEN '{session,message}'
                   ELSE '{construct}' END;
    stream_id := CASE
        WHEN file IS NOT NULL THEN
            (SELECT f.id FROM vvault.vault_files f WHERE f.user_id = reader AND f.path = file)
        WHEN session IS NOT NULL THEN
            (SELECT s.id FROM vvault.sessions s
              WHERE s.user_id = reader AND s.external_id = session)
        ELSE (SELECT c.id FROM vvault.constructs c
               WHERE c.owner_id = reader AND c.name = vvault.callsign(construct)) END;
    -- By its id also what is no more, and for an auditor, to whom names are many persons'.
    IF stream_id IS NULL
       AND named ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' THEN
        stream_id := named::uuid;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._ledger_stream(uuid, text, text, text)
    IS 'which stream a name of the reader''s, or an id, means, and what its entries tell of';

CREATE FUNCTION vvault.ledger_entries_for(file text DEFAULT NULL, session text DEFAULT NULL,
                                          construct text DEFAULT NULL,
                                          after_seq bigint DEFAULT 0, "limit" integer DEFAULT 100)
    RETURNS SETOF vvault.ledger_entry
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    reader uuid := vvault._ledger_reader();
    stream record;
    rows_wanted integer := least(greatest(coalesce("limit", 100), 0), 1000);
BEGIN
    SELECT * INTO stream FROM vvault._ledger_stream(reader, file, session, construct);
    IF NOT vvault._ledger_reaches(reader, stream.stream_id) THEN
        stream.stream_id := NULL;
    END IF;
    RETURN QUERY
        SELECT vvault._ledger_position(l.id, l.xid), l.id, l.user_id, l.stream_id, l.stream_seq,
               l.previous_leaf, l.event_type, l."timestamp", l.actor, l.xid, l.payload_commitment,
               l.content_commitment, l.leaf_hash, l.salt, l.payload
          FROM (SELECT a.* FROM vvault.ledger_leaves a
                 WHERE a.stream_id = stream.stream_id AND (reader IS NULL OR a.user_id = reader)
                   AND split_part(a.event_type, '.', 1) = ANY (stream.events)
                   AND a.stream_seq > coalesce(after_seq, 0)
                 ORDER BY a.user_id, a.stream_seq LIMIT rows_wanted) AS l;
    IF NOT FOUND AND coalesce(after_seq, 0) <= 0 AND rows_wanted > 0 THEN
        RAISE EXCEPTION 'no ledger entries found'
            USING ERRCODE = 'P0002', DETAIL = 'The argument names nothing of yours.',
                  HINT = 'See vvault.list_files(), list_sessions() and list_constructs().';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.ledger_entries_for(text, text, text, bigint, integer)
    IS 'the entries of one file, session or construct of one''s own, by name or id, in order and without a gap, 1000 at most';

CREATE FUNCTION vvault.ledger_tile(level integer, index bigint, width integer DEFAULT 256)
    RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._ledger_public();
    IF width NOT BETWEEN 1 AND 256 OR level NOT BETWEEN 0 AND 7
       OR index NOT BETWEEN 0 AND (1::bigint << 55) THEN
        RAISE EXCEPTION 'there is no such tile'
            USING ERRCODE = '22023', DETAIL = 'A level is 0 to 7, a width 1 to 256.',
                  HINT = 'See c2sp.org/tlog-tiles.';
    END IF;
    IF width > vvault._ledger_tile_width(level, index, vvault._ledger_size()) THEN
        PERFORM vvault._not_sealed('The tile is not that wide yet.');
    END IF;
    RETURN vvault._ledger_tile(level, index, width);
END
$$;
COMMENT ON FUNCTION vvault.ledger_tile(integer, bigint, integer)
    IS 'hashes of the tree, 32 bytes each, as c2sp.org/tlog-tiles cuts them; hashes of entries, not entries';
