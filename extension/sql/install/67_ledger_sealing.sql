-- Sealing the ledger: entries become leaves of a tree whose roots are signed. These functions
-- belong to vvault_sealer, which may read no more of an entry than the tree needs. New entries
-- are found by the summary index, however large the planner believes their number to be.

CREATE FUNCTION vvault.ledger_seal() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
    AS 'MODULE_PATHNAME', 'vvault_ledger_seal';
COMMENT ON FUNCTION vvault.ledger_seal()
    IS 'take every committed entry into the tree and sign its root, as the background worker does; gives the tree''s size. Entries of the calling transaction are the next call''s';

CREATE FUNCTION vvault._ledger_seal_if_free() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
    AS 'MODULE_PATHNAME', 'vvault_ledger_seal_if_free';
COMMENT ON FUNCTION vvault._ledger_seal_if_free()
    IS 'ledger_seal() for the background worker: null, and nothing done, while another sealer is at work';

CREATE FUNCTION vvault.ledger_adopt(note text DEFAULT NULL) RETURNS boolean
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET jit = off
    AS 'MODULE_PATHNAME', 'vvault_ledger_adopt';
COMMENT ON FUNCTION vvault.ledger_adopt(text)
    IS 'go on with a ledger that does not extend the one of the note, or was stopped, under a name of its own; an entry tells of it. False where there is nothing to adopt';

-- As a superuser: partitions and their summaries are the owner's affair. A month is made long
-- before it begins, so rather later than have writers wait behind this for a transaction that
-- stays open.
CREATE FUNCTION vvault._ledger_upkeep() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '200ms'
    AS $$
DECLARE
    summary regclass;
    month regclass;
BEGIN
    PERFORM vvault._record_server_start();
    PERFORM vvault._make_ledger_partitions();
    FOR summary IN SELECT i.indexrelid
                     FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
                     JOIN pg_am a ON a.oid = c.relam AND a.amname = 'brin'
                     JOIN pg_inherits p ON p.inhrelid = i.indrelid
                    WHERE p.inhparent = 'vvault.ledger_entries'::regclass LOOP
        PERFORM brin_summarize_new_values(summary);
    END LOOP;
    -- A month that grew by much since anybody counted it is planned for as if it were small, and
    -- read whole for a single entry. Autovacuum comes too, but not that soon.
    FOR month IN SELECT c.oid
                   FROM pg_inherits p JOIN pg_class c ON c.oid = p.inhrelid
                  WHERE p.inhparent = 'vvault.ledger_entries'::regclass
                    AND pg_relation_size(c.oid) / 8192 > 4 * greatest(c.relpages, 100) LOOP
        EXECUTE format('ANALYZE %s', month);
    END LOOP;
EXCEPTION WHEN lock_not_available THEN
    NULL;
END
$$;
COMMENT ON FUNCTION vvault._ledger_upkeep()
    IS 'what the background worker does now and then: months ahead, and summaries and statistics of new entries';

-- A restore makes triggers when the rows are there, and what a subscription brings is sealed
-- where it comes from.
CREATE FUNCTION vvault._ledger_is_whole() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT NOT EXISTS (SELECT FROM pg_subscription_rel r
                        WHERE r.srrelid = 'vvault.ledger_state'::regclass)
       AND NOT EXISTS (
        SELECT FROM pg_class c
         WHERE (c.oid IN (SELECT p.inhrelid FROM pg_inherits p
                           WHERE p.inhparent = 'vvault.ledger_entries'::regclass)
                OR (c.relnamespace = 'vvault'::regnamespace
                    AND c.relname IN ('ledger_entries', 'ledger_state', 'ledger_tail', 'ledger_tiles',
                                      'ledger_checkpoints', 'ledger_signing_keys')))
           AND NOT EXISTS (SELECT FROM pg_trigger t
                            WHERE t.tgrelid = c.oid AND t.tgname LIKE '%\_guard\_truncate'))
$$;
COMMENT ON FUNCTION vvault._ledger_is_whole()
    IS 'whether every table of the ledger has its guard, not so in the middle of a restore, and none comes by a subscription';

CREATE FUNCTION vvault._sealer_is_running() RETURNS boolean
    LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT EXISTS (SELECT FROM pg_locks l
                    WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 0
                      AND l.objsubid = x'7679'::integer AND l.granted
                      AND l.database = (SELECT d.oid FROM pg_database d
                                         WHERE d.datname = current_database()))
$$;
COMMENT ON FUNCTION vvault._sealer_is_running()
    IS 'whether a background worker seals this database''s ledger';

-- Entries are counted up to 100,000: whoever has more than that unsealed has no use for more
-- exact a number, and metrics are asked for often.
CREATE FUNCTION vvault.ledger_status(
        OUT size bigint, OUT unsealed bigint, OUT oldest_unsealed interval,
        OUT checkpoint_at timestamptz, OUT checkpoint_is_signed boolean, OUT signing_problem text,
        OUT sealer_is_running boolean, OUT guard text, OUT incarnation integer, OUT stopped text)
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    AS $$
    WITH waiting AS (
        SELECT count(*) AS number, min(w."timestamp") AS oldest
          FROM (SELECT e."timestamp" FROM vvault.ledger_entries e
                 WHERE e.xid >= (SELECT pg_snapshot_xmax(s.snapshot)::text::bigint
                                   FROM vvault.ledger_state s)
                   AND coalesce(e.id > (SELECT s.floor_id FROM vvault.ledger_state s), true)
                UNION ALL
                SELECT e."timestamp"
                  FROM vvault.ledger_state s, pg_snapshot_xip(s.snapshot) AS open (xid)
                  JOIN vvault.ledger_entries e ON e.xid = open.xid::text::bigint
                 LIMIT 100000) AS w)
    SELECT s.size, w.number, clock_timestamp() - w.oldest, c.sealed_at, c.note IS NOT NULL,
           vvault._ledger_signing_problem(), vvault._sealer_is_running(),
           vvault.ledger_guard_status(), s.incarnation, s.stopped
      FROM vvault.ledger_state s CROSS JOIN waiting w
      LEFT JOIN vvault.ledger_checkpoints c ON c.size = s.size
$$;
COMMENT ON FUNCTION vvault.ledger_status()
    IS 'how far the ledger is sealed and signed, how many entries wait (counted up to 100,000) and since when, and who seals and guards it';

CREATE FUNCTION vvault._ledger_signing_problem() RETURNS text
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_signing_problem';
COMMENT ON FUNCTION vvault._ledger_signing_problem()
    IS 'why checkpoints are not signed; null where they are';
