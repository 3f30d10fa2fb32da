-- fence: functions that fail, and what to look at them with.
\echo Use "CREATE EXTENSION fence" to load this file. \quit

SET LOCAL search_path = pg_catalog, pg_temp;

CREATE FUNCTION fence.raise_core(code integer, message text, detail text DEFAULT NULL,
                                 hint text DEFAULT NULL) RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_core';
CREATE FUNCTION fence.raise_bad_alloc() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_bad_alloc';
CREATE FUNCTION fence.raise_length_error() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_length_error';
CREATE FUNCTION fence.raise_standard(message text) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_standard';
CREATE FUNCTION fence.raise_number() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_number';
CREATE FUNCTION fence.raise_backend(depth integer) RETURNS integer
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_backend';
CREATE FUNCTION fence.raise_unguarded() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_raise_unguarded';

CREATE FUNCTION fence.run(query text) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_run';
CREATE FUNCTION fence.run_each(queries text[]) RETURNS integer
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_run_each';
CREATE FUNCTION fence.run_then_throw(query text) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_run_then_throw';

CREATE FUNCTION fence.live_objects() RETURNS integer
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_live_objects';
CREATE FUNCTION fence.forget_live_objects() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_forget_live_objects';
CREATE FUNCTION fence.resident_bytes() RETURNS bigint
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_resident_bytes';
CREATE FUNCTION fence.spin() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_spin';
CREATE FUNCTION fence.calls_across(number integer) RETURNS integer
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'fence_calls_across';

-- Every field of the error that a query ends in, and how many C++ objects it left alive.
CREATE FUNCTION fence.caught(query text)
    RETURNS TABLE (state text, message text, detail text, hint text, "constraint" text,
                   "column" text, "table" text, context text, alive integer)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    AS $$
BEGIN
    EXECUTE query;
    state := 'none';
    alive := fence.live_objects();
    RETURN NEXT;
EXCEPTION WHEN query_canceled OR OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE, message = MESSAGE_TEXT,
        detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
        "constraint" = CONSTRAINT_NAME, "column" = COLUMN_NAME, "table" = TABLE_NAME,
        context = PG_EXCEPTION_CONTEXT;
    alive := fence.live_objects();
    RETURN NEXT;
END
$$;

-- By how much this backend grows while the query fails so many times. What it needs once,
-- the first failures make it take.
CREATE FUNCTION fence.growth(query text, times integer) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    AS $$
DECLARE
    before bigint;
BEGIN
    FOR i IN 1 .. times + 1000 LOOP
        IF i = 1001 THEN
            before := fence.resident_bytes();
        END IF;
        BEGIN
            EXECUTE query;
            RAISE ASSERT_FAILURE USING MESSAGE = 'the query did not fail';
        EXCEPTION WHEN OTHERS THEN
        END;
    END LOOP;
    RETURN fence.resident_bytes() - before;
END
$$;
