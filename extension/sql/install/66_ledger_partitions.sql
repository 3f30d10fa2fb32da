-- The ledger's months. Whoever calls these must own the tables or be a superuser: install(),
-- migrate(), and the sealer before a month begins.

-- Samples of sealed bytes, of hashes and salts help no plan, and would outlive their rows.
CREATE FUNCTION vvault._keep_no_samples(relation regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    bytes name;
BEGIN
    FOR bytes IN SELECT a.attname FROM pg_attribute a
                  WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped
                    AND a.atttypid = 'bytea'::regtype AND a.attstattarget IS DISTINCT FROM 0 LOOP
        EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', relation, bytes);
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault._keep_no_samples(regclass)
    IS 'have ANALYZE take no samples of a table''s columns of bytes';

CREATE FUNCTION vvault._guard_ledger_partition(partition regclass) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = partition
                      AND t.tgname = 'ledger_entries_guard_truncate') THEN
        EXECUTE format('CREATE TRIGGER ledger_entries_guard_truncate BEFORE TRUNCATE ON %s
                        FOR EACH STATEMENT EXECUTE FUNCTION vvault._refuse_change(''ledger_entries'')',
                       partition);
    END IF;
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER ledger_entries_guard_truncate', partition);
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', partition);
    PERFORM vvault._keep_no_samples(partition);
END
$$;
COMMENT ON FUNCTION vvault._guard_ledger_partition(regclass)
    IS 'give a partition of the ledger what it does not have from its table';

-- A month that has entries already, because nobody made it in time, stays where it is.
CREATE FUNCTION vvault._make_ledger_partition(month integer) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name text := format('ledger_entries_%s_%s', month / 100, lpad((month % 100)::text, 2, '0'));
BEGIN
    IF to_regclass('vvault.' || name) IS NOT NULL
       OR EXISTS (SELECT FROM vvault.ledger_entries_default e
                   WHERE e.month = _make_ledger_partition.month) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE vvault.%I PARTITION OF vvault.ledger_entries
                    (PRIMARY KEY (user_id, stream_id, stream_seq))
                    FOR VALUES IN (%s)', name, month);
    EXECUTE format('COMMENT ON TABLE vvault.%I IS %L', name,
                   format('ledger entries of %s-%s', month / 100, lpad((month % 100)::text, 2, '0')));
    EXECUTE format('ALTER TABLE vvault.%I OWNER TO vvault_owner', name);
    PERFORM vvault._guard_ledger_partition(('vvault.' || name)::regclass);
END
$$;
COMMENT ON FUNCTION vvault._make_ledger_partition(integer)
    IS 'make the ledger''s partition of a month such as 202611, where there is none';

CREATE FUNCTION vvault._make_ledger_partitions(months_ahead integer DEFAULT 3) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    first_day timestamp := date_trunc('month', clock_timestamp() AT TIME ZONE 'UTC');
BEGIN
    FOR ahead IN 0..months_ahead LOOP
        PERFORM vvault._make_ledger_partition(
            to_char(first_day + make_interval(months => ahead), 'YYYYMM')::integer);
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault._make_ledger_partitions(integer)
    IS 'make the ledger''s partitions of this month and the months ahead that are not there';
