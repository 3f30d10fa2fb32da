-- Sealing the ledger: entries become leaves of a tree whose roots are signed. These functions
-- belong to vvault_sealer, which may read no more of an entry than the tree needs.

CREATE FUNCTION vvault.ledger_seal() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
    AS 'MODULE_PATHNAME', 'vvault_ledger_seal';
COMMENT ON FUNCTION vvault.ledger_seal()
    IS 'take every committed entry into the tree and sign its root, as the background worker does; gives the tree''s size. Entries of the calling transaction are the next call''s';

CREATE FUNCTION vvault._ledger_seal_if_free() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off
    SET plan_cache_mode = force_custom_plan
    AS 'MODULE_PATHNAME', 'vvault_ledger_seal_if_free';
COMMENT ON FUNCTION vvault._ledger_seal_if_free()
    IS 'ledger_seal() for the background worker: null, and nothing done, while another sealer is at work';

CREATE FUNCTION vvault._ledger_signing_problem() RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_signing_problem';
COMMENT ON FUNCTION vvault._ledger_signing_problem()
    IS 'why checkpoints are not signed; null where they are';
