-- ledger_verify(): all the checks, and the one that a database cannot do for itself, against a
-- checkpoint that somebody else kept.

CREATE FUNCTION vvault._ledger_note_keys() RETURNS text[]
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT coalesce(array_agg(vvault._note_key(k.name, k.public_key)), '{}')
      FROM vvault.ledger_signing_keys k WHERE octet_length(k.public_key) = 32
$$;
COMMENT ON FUNCTION vvault._ledger_note_keys() IS 'every key that has signed checkpoints';

CREATE FUNCTION vvault._ledger_verify_tree("from" bigint) RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT 'tree', false, NULL::uuid, f."position", f.detail
      FROM json_to_recordset(vvault._ledger_check_tree("from")::json) AS f("position" bigint, detail text)
    UNION ALL
    SELECT 'tree', false, NULL::uuid, s.size,
           format('the sealer''s state is at %s, the newest checkpoint at %s', s.size, vvault._ledger_size())
      FROM vvault.ledger_state s WHERE s.size <> vvault._ledger_size()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_tree(bigint)
    IS 'what is wrong between leaves, tiles and the roots of checkpoints';

CREATE FUNCTION vvault._ledger_verify_signatures("from" bigint) RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT 'signatures', false, NULL::uuid, c.size,
           format('checkpoint %s: %s', c.size, coalesce(r.problem, 'the note says something else than the row'))
      FROM (SELECT c.* FROM vvault.ledger_checkpoints c
             WHERE c.size > "from" AND c.note IS NOT NULL) AS c,
           (SELECT vvault._ledger_note_keys() AS keys OFFSET 0) AS k,
           LATERAL vvault._read_checkpoint(c.note, k.keys) AS r
     WHERE r.problem IS NOT NULL OR r.size <> c.size OR r.root <> c.root
     ORDER BY c.size LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_signatures(bigint)
    IS 'checkpoints that no key of the ledger has signed, or with other numbers';

CREATE FUNCTION vvault._ledger_verify_against(note text) RETURNS SETOF vvault.ledger_finding
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    kept record;
    newest bigint := vvault._ledger_size();
    problem text;
BEGIN
    SELECT * INTO kept FROM vvault._read_checkpoint(note, vvault._ledger_note_keys());
    IF kept.root IS NULL THEN
        problem := 'this is no checkpoint: ' || kept.problem;
    ELSIF kept.size > newest THEN
        problem := format('the ledger has %s sealed entries and had %s: it was restored to before, or cut off',
                          newest, kept.size);
    ELSIF vvault._ledger_root(kept.size) <> kept.root THEN
        problem := format('the first %s entries are not those of the checkpoint: they were rewritten, or an older ledger went on',
                          kept.size);
    ELSIF kept.problem IS NOT NULL THEN
        problem := 'the checkpoint is that of these entries, but ' || kept.problem;
    END IF;
    IF problem IS NOT NULL THEN
        RETURN NEXT ('against', false, NULL, kept.size, problem)::vvault.ledger_finding;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._ledger_verify_against(text)
    IS 'whether the ledger still begins with what a checkpoint has signed';

CREATE FUNCTION vvault._verdict("check" text, wrong vvault.ledger_finding[])
    RETURNS SETOF vvault.ledger_finding
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF cardinality(wrong) = 0 THEN
        RETURN NEXT ("check", true, NULL, NULL, NULL)::vvault.ledger_finding;
    ELSE
        RETURN QUERY SELECT * FROM unnest(wrong);
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._verdict(text, vvault.ledger_finding[])
    IS 'the findings of a check, or that there are none';

-- Definer: vvault_verifier reads every row that the ledger tells of, and writes nothing.
CREATE FUNCTION vvault.ledger_verify(against text DEFAULT NULL, "from" bigint DEFAULT 0)
    RETURNS SETOF vvault.ledger_finding
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    since pg_snapshot := vvault._ledger_snapshot_at("from");
    first_position bigint := CASE WHEN since IS NULL THEN 0 ELSE
        (SELECT c.size FROM vvault.ledger_checkpoints c WHERE c.size <= "from"
          ORDER BY c.size DESC LIMIT 1) END;
    one record;
BEGIN
    RETURN QUERY SELECT * FROM vvault._verdict('entries', ARRAY(SELECT f FROM vvault._ledger_verify_entries(since) AS f));
    RETURN QUERY SELECT * FROM vvault._verdict('leaves', ARRAY(SELECT f FROM vvault._ledger_verify_leaves(first_position, since) AS f));
    RETURN QUERY SELECT * FROM vvault._verdict('tree', ARRAY(SELECT f FROM vvault._ledger_verify_tree(first_position) AS f));
    RETURN QUERY SELECT * FROM vvault._verdict('signatures', ARRAY(SELECT f FROM vvault._ledger_verify_signatures(first_position) AS f));
    RETURN QUERY SELECT * FROM vvault._verdict('triggers', ARRAY(SELECT f FROM vvault._ledger_verify_triggers() AS f));
    IF since IS NULL THEN
        FOR one IN SELECT * FROM vvault._ledgered_tables() LOOP
            RETURN QUERY SELECT * FROM vvault._verdict(
                'rows of ' || (SELECT c.relname FROM pg_class c WHERE c.oid = one.name),
                ARRAY(SELECT f FROM vvault._ledger_verify_table(one.name, one.entity, one.owner_column,
                          one.stream_column, one.counted, one.commits) AS f));
        END LOOP;
        RETURN QUERY SELECT * FROM vvault._verdict('counters', ARRAY(SELECT f FROM vvault._ledger_verify_counters() AS f));
        RETURN QUERY SELECT * FROM vvault._verdict('references', ARRAY(SELECT f FROM vvault._ledger_verify_references() AS f));
    END IF;
    IF against IS NOT NULL THEN
        RETURN QUERY SELECT * FROM vvault._verdict('against', ARRAY(SELECT f FROM vvault._ledger_verify_against(against) AS f));
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.ledger_verify(text, bigint)
    IS 'check the ledger, the tree over it and the rows it tells of, and a checkpoint that was kept elsewhere; from a size on only the ledger since; for auditors and administrators';
