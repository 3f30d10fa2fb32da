-- The guard of the ledger's tables lives in the library (extension/pg/ledger_guard); what can be
-- asked of it.

CREATE FUNCTION vvault.ledger_guard_status() RETURNS text
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_guard_status';
COMMENT ON FUNCTION vvault.ledger_guard_status()
    IS 'on, off by vvault.ledger_guard, or not preloaded: vvault is not in shared_preload_libraries';

CREATE FUNCTION vvault._record_server_start() RETURNS boolean
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_record_server_start';
COMMENT ON FUNCTION vvault._record_server_start()
    IS 'write the ledger entry that tells how the server was started, once for each start';

CREATE FUNCTION vvault._run_schema_rules() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_run_schema_rules';
COMMENT ON FUNCTION vvault._run_schema_rules()
    IS 'set triggers, policies and privileges anew, on the guarded tables too; changes no row and no column';
