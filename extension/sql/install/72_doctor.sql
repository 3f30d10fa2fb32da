-- The doctor: whether this server is set to keep what people say to their vault to itself.

CREATE FUNCTION vvault._server_facts(OUT preloaded boolean, OUT dumps_core boolean,
                                     OUT locks_memory boolean)
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_server_facts';
COMMENT ON FUNCTION vvault._server_facts()
    IS 'what SQL cannot ask: the library preloaded, core dumps possible, memory locked';

-- The settings that count are those of the session that asks: SET, ALTER ROLE and
-- ALTER DATABASE can make them others elsewhere.
CREATE FUNCTION vvault.doctor()
    RETURNS TABLE ("check" text, ok boolean, detail text, hint text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    facts record;
    logs_statements boolean;
    spilled bigint;
BEGIN
    SELECT * INTO facts FROM vvault._server_facts();
    logs_statements := current_setting('log_statement') NOT IN ('none', 'ddl')
        OR current_setting('log_min_duration_statement') <> '-1'
        OR current_setting('log_min_duration_sample') <> '-1'
        OR current_setting('log_transaction_sample_rate')::float8 > 0;
    SELECT coalesce(d.temp_files, 0) INTO spilled
      FROM pg_stat_database d WHERE d.datname = current_database();
    RETURN QUERY SELECT c.name, c.fine,
                        CASE WHEN c.fine THEN c.good ELSE c.bad END,
                        CASE WHEN c.fine THEN NULL ELSE c.advice END
      FROM (VALUES
        ('root key', vvault._ring_is_there(), 'There is one.', 'There is none: the vault is locked.',
         'Set vvault.root_key_file or vvault.root_key_command.'),
        ('log guard', facts.preloaded, 'Every session has it from its first statement.',
         'A session has it only after its first call into the vault.',
         'Set session_preload_libraries = ''vvault''.'),
        ('statements in the log', facts.preloaded OR NOT logs_statements, 'Content is left out.',
         'Statements are logged, with the content and tokens that stand in their text.',
         'Preload vvault, or set log_statement = none and log_min_duration_statement = -1.'),
        ('parameters in the log',
         facts.preloaded OR NOT logs_statements OR current_setting('log_parameter_max_length') = '0',
         'Parameters are left out.', 'Statements are logged with their parameters.',
         'Set log_parameter_max_length = 0.'),
        ('statements of errors',
         facts.preloaded OR current_setting('log_min_error_statement') IN ('fatal', 'panic'),
         'Content is left out.', 'A statement that fails is logged, with the content in its text.',
         'Preload vvault, or set log_min_error_statement = panic.'),
        ('parameters of errors',
         facts.preloaded OR current_setting('log_parameter_max_length_on_error') = '0',
         'Parameters are left out.', 'A statement that fails is logged with its parameters.',
         'Set log_parameter_max_length_on_error = 0.'),
        ('auto_explain',
         facts.preloaded OR coalesce(current_setting('auto_explain.log_min_duration', true), '-1') = '-1',
         'Content is left out.', 'Plans are logged, and those of nested statements show values.',
         'Preload vvault, or set auto_explain.log_min_duration = -1.'),
        ('pgaudit',
         facts.preloaded OR coalesce(current_setting('pgaudit.log_parameter', true), 'off') = 'off',
         'Parameters are left out.', 'Parameters are written to the audit log.',
         'Set pgaudit.log_parameter = off.'),
        ('pg_stat_statements',
         coalesce(current_setting('pg_stat_statements.track_utility', true), 'off') = 'off',
         'No statement is kept with a value in it.',
         'Utility statements (DO, CALL) are kept with the values in their text.',
         'Set pg_stat_statements.track_utility = off, or send content as parameters.'),
        ('core dumps', NOT facts.dumps_core, 'The server''s processes leave none.',
         'A dump holds no key, but the content of the statements just run.',
         'Set the server''s core limit to 0, and no program in kernel.core_pattern.'),
        ('locked memory', facts.locks_memory, 'Keys are never written to swap.',
         'Memory cannot be locked, so keys may be written to swap.',
         'Raise the server''s memlock limit, or switch swap off.'),
        ('temporary files', spilled = 0, 'This database has written none.',
         format('This database has written %s; they can hold content in the clear.', spilled),
         'Raise work_mem, or put temp_tablespaces on an encrypted volume.'),
        ('connections',
         current_setting('ssl') = 'on'
         OR current_setting('listen_addresses') IN ('', 'localhost', '127.0.0.1', '::1'),
         'They are encrypted, or stay on this machine.',
         'Tokens and content can cross the network in the clear.', 'Set ssl = on.')
      ) AS c(name, fine, good, bad, advice);
END
$$;
COMMENT ON FUNCTION vvault.doctor()
    IS 'settings of this server that would let content, tokens or keys out, as the asking session has them';
