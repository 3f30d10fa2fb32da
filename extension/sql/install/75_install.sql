-- The tables are ordinary objects: made here, by whoever installs the vault, and never
-- members of the extension. The two functions in front of these hold the text of
-- extension/sql/schema, put there by the build.

CREATE FUNCTION vvault._apply_schema() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'only a superuser installs or migrates a vault'
            USING ERRCODE = '42501', DETAIL = 'Tables are handed to the role vvault_owner.',
                  HINT = 'Run it as the role that ran CREATE EXTENSION.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('vvault.install', 0));
    -- A second run meets what is there already, and need not say so for each object.
    SET LOCAL client_min_messages = warning;
    IF to_regclass('vvault.installation') IS NULL THEN
        EXECUTE vvault._schema_tables();
    END IF;
    PERFORM vvault._make_ledger_partitions();
    PERFORM vvault._run_schema_rules();
    INSERT INTO vvault.installation (schema_version)
    SELECT e.extversion FROM pg_extension e WHERE e.extname = 'vvault'
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION vvault._apply_schema()
    IS 'make missing tables, and set every trigger, policy and privilege anew';

CREATE FUNCTION vvault.install() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._apply_schema();
END
$$;
COMMENT ON FUNCTION vvault.install()
    IS 'make the vault''s tables after CREATE EXTENSION vvault; a second time it changes nothing';

CREATE FUNCTION vvault.migrate() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF to_regclass('vvault.installation') IS NULL THEN
        RAISE EXCEPTION 'there is no vault to migrate'
            USING ERRCODE = '55000', DETAIL = 'Table vvault.installation does not exist.',
                  HINT = 'Call vvault.install().';
    END IF;
    PERFORM vvault._apply_schema();
END
$$;
COMMENT ON FUNCTION vvault.migrate()
    IS 'bring the tables to the version of the extension after ALTER EXTENSION vvault UPDATE';
