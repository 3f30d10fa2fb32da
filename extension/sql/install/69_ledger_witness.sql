-- For the program vvault-witness, which hands checkpoints on and reports how that went.

CREATE FUNCTION vvault.ledger_report_witness(name text, size bigint, error text DEFAULT NULL)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_text('name', name, 200);
    INSERT INTO vvault.ledger_witnesses AS w (name, size, at, error)
    VALUES (ledger_report_witness.name, ledger_report_witness.size, clock_timestamp(),
            left(ledger_report_witness.error, 1000))
    ON CONFLICT ON CONSTRAINT ledger_witnesses_pkey DO UPDATE
       SET size = coalesce(excluded.size, w.size), at = excluded.at, error = excluded.error;
END
$$;
COMMENT ON FUNCTION vvault.ledger_report_witness(text, bigint, text)
    IS 'note which checkpoint a witness has taken (null: no newer one), and what was wrong if anything';

CREATE FUNCTION vvault.ledger_witness_status()
    RETURNS TABLE (name text, size bigint, behind bigint, at timestamptz, error text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._ledger_public();
    RETURN QUERY SELECT w.name, w.size, vvault._ledger_size() - coalesce(w.size, 0), w.at, w.error
                   FROM vvault.ledger_witnesses w ORDER BY w.name;
END
$$;
COMMENT ON FUNCTION vvault.ledger_witness_status()
    IS 'how far each witness is, and how many sealed entries behind';
