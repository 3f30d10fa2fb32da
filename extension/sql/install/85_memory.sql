-- Content stays in memory. Above work_mem Postgres writes what a function returns, sorts or
-- takes apart to a temporary file, in the clear: what handles content gets more than anybody's
-- default: 1 GB, without a unit because that is read faster at every call. (A person's
-- conversations together may still have more, as may a file read whole.) A second setting costs
-- a call 0.2 µs, beside the first.

DO $memory$
DECLARE
    one record;
BEGIN
    FOR one IN
        SELECT p.oid::regprocedure::text AS name
          FROM pg_catalog.pg_proc p
         WHERE p.pronamespace = 'vvault'::regnamespace AND p.prosecdef
           AND p.proname IN ('append_answer', 'append_messages', 'append_upload', 'diff_file', 'export_pgp',
                             'finish_answer', 'get_file', 'import_content', 'import_turns',
                             'keep_transcripts',
                             'list_all_messages', 'list_events', 'list_messages', 'parse_transcript',
                             'put_file', 'read_file', 'read_part', 'read_range',
                             'render_transcript', 'restore_file', 'restore_tree',
                             'search_messages')
    LOOP
        EXECUTE pg_catalog.format('ALTER FUNCTION %s SET work_mem = 1048576', one.name);
    END LOOP;
END
$memory$;
