-- The vault's rows against the ledger: each row is what its last entry says, and each entry
-- that made a row still has it. Which tables, and what of them is told, is what their triggers
-- are set to; that they have one at all is a check of its own.

CREATE FUNCTION vvault._ledgered_tables()
    RETURNS TABLE (name regclass, entity text, owner_column name, stream_column name,
                   counted text[], commits boolean)
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT t.tgrelid::regclass, a.parts[1], a.parts[2]::name, a.parts[3]::name,
           -- An update of these alone is told by the row that made it.
           CASE WHEN t.tgattr::text = '' THEN '{}'::text[] ELSE
               ARRAY(SELECT c.attname::text FROM pg_attribute c
                      WHERE c.attrelid = t.tgrelid AND c.attnum > 0 AND NOT c.attisdropped
                        AND c.attnum <> ALL (t.tgattr::int2[]) ORDER BY c.attnum) END,
           EXISTS (SELECT FROM pg_attribute c WHERE c.attrelid = t.tgrelid
                      AND c.attname = 'commitment' AND NOT c.attisdropped)
      FROM pg_trigger t,
           LATERAL (SELECT string_to_array(encode(t.tgargs, 'escape'), '\000')) AS a(parts)
     WHERE t.tgfoid = 'vvault._record_change()'::regprocedure
     ORDER BY 1
$$;
COMMENT ON FUNCTION vvault._ledgered_tables()
    IS 'tables whose changes become ledger entries, by the arguments of their triggers';

CREATE FUNCTION vvault._ledger_verify_triggers() RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT 'triggers', false, NULL::uuid, NULL::bigint,
           format('changes of vvault.%s are not recorded', e.name)
      FROM unnest('{users,tokens,data_keys,constructs,construct_grants,sessions,messages,'
                  'vault_files,vault_file_versions,legal_holds,runtimes,runtime_constructs,'
                  'groups,group_members,group_grants}'::text[]) AS e(name)
     WHERE NOT EXISTS (SELECT FROM vvault._ledgered_tables() t
                        WHERE t.name = to_regclass('vvault.' || e.name))
    UNION ALL
    SELECT 'triggers', false, NULL::uuid, NULL::bigint,
           format('trigger %s of %s is switched off', t.tgname, t.tgrelid::regclass)
      FROM pg_trigger t
      JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'vvault'::regnamespace
     WHERE t.tgenabled = 'D' OR (t.tgname ~ '_guard' AND NOT t.tgisinternal AND t.tgenabled <> 'A'
                                 AND c.relname ~ '^(ledger_|legal_holds)')
     LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_triggers()
    IS 'triggers of the vault that are missing or switched off';

-- A row is known by its stream, or, where several rows share one, by its id or number in it.
-- Rows whose entries were archived with their month are left out.
CREATE FUNCTION vvault._ledger_verify_table(name regclass, entity text, owner_column name,
                                     stream_column name, counted text[], commits boolean)
    RETURNS SETOF vvault.ledger_finding
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    alone boolean := stream_column = ANY ('{id,stream_id}');
    has_id boolean := EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = name AND a.attname = 'id');
    own_column name := CASE WHEN alone THEN stream_column WHEN has_id THEN 'id' ELSE
        (SELECT a.attname FROM pg_index i
           JOIN pg_attribute a ON a.attrelid = name AND a.attnum = i.indkey[i.indnkeyatts - 1]
          WHERE i.indrelid = name AND i.indisprimary) END;
    key text := CASE WHEN alone THEN 'e.stream_id::text'
                     WHEN has_id THEN 'e.payload ->> ''id'''
                     ELSE format('e.stream_id::text || '' '' || (e.payload ->> %L)', own_column) END;
    row_key text := CASE WHEN alone OR has_id THEN format('t.%I::text', own_column)
                         ELSE format('t.%I::text || '' '' || t.%I', stream_column, own_column) END;
    payloads text := CASE WHEN counted = '{}'
        THEN 'l.payload::text IS DISTINCT FROM vvault._ledger_payload($1, t, l.salt, l."timestamp")'
        ELSE '(l.payload::jsonb - $2) IS DISTINCT FROM (vvault._ledger_payload($1, t, l.salt, l."timestamp")::jsonb - $2)'
        END;
BEGIN
    RETURN QUERY EXECUTE format($query$
        WITH last AS (
            SELECT DISTINCT ON (e.user_id, %1$s) e.user_id, %1$s AS key, e.stream_id, e.id,
                   e.event_type, e."timestamp", e.payload, e.salt,
                   e.content_commitment
              FROM vvault.ledger_entries e
             WHERE e.event_type = ANY (ARRAY[%2$L || '.created', %2$L || '.updated', %2$L || '.deleted'])
             ORDER BY e.user_id, %1$s, e.stream_seq DESC
        ), compared AS (
            SELECT coalesce(l.key, %3$s) AS key, l.id AS entry,
                   CASE WHEN l.id IS NULL THEN 'has no entry: it was planted, or its entry is gone'
                        WHEN t.%4$I IS NULL AND l.event_type <> %2$L || '.deleted'
                        THEN 'is gone, and no entry says so'
                        WHEN t.%4$I IS NULL THEN NULL
                        WHEN l.event_type = %2$L || '.deleted' THEN 'is back after it was deleted'
                        WHEN t.%5$I <> l.stream_id THEN 'belongs elsewhere than its entry says'
                        WHEN %6$s THEN 'has another commitment than its last entry'
                        WHEN octet_length(l.salt) <> 16 OR %7$s
                        THEN 'is not what its last entry says' END AS detail,
                   t.%4$I AS owner, t.%5$I AS stream
              FROM last l
              FULL JOIN %8$s t ON t.%4$I = l.user_id AND %3$s = l.key
        )
        SELECT %9$L, false, c.entry, NULL::bigint, format('row %%s of %8$s %%s', c.key, c.detail)
          FROM compared c
         WHERE c.detail IS NOT NULL
           AND NOT (c.entry IS NULL AND EXISTS (SELECT FROM vvault.ledger_stream_heads h
                                                 WHERE h.user_id = c.owner AND h.stream_id = c.stream))
         LIMIT vvault._findings_limit()
        $query$, key, entity, row_key, owner_column,
        stream_column,
        CASE WHEN commits THEN 't.commitment IS DISTINCT FROM l.content_commitment' ELSE 'false' END,
        payloads, name, 'rows of ' || (SELECT c.relname FROM pg_class c WHERE c.oid = name))
    USING name, counted;
END
$$;
COMMENT ON FUNCTION vvault._ledger_verify_table(regclass, text, name, name, text[], boolean)
    IS 'rows of a table that were changed, removed or planted without a ledger entry';

-- What counts is told by what was counted.
CREATE FUNCTION vvault._ledger_verify_counters() RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT 'counters', false, NULL::uuid, NULL::bigint,
           format('row %s of vvault.sessions counts to %s, its messages to %s', s.id, s.last_seq,
                  coalesce(m.last_seq, 0))
      FROM vvault.sessions s
      LEFT JOIN (SELECT m.user_id, m.session_id, max(m.seq) AS last_seq
                   FROM vvault.messages m GROUP BY 1, 2) AS m
             ON m.user_id = s.user_id AND m.session_id = s.id
     WHERE s.last_seq <> coalesce(m.last_seq, 0)
       AND NOT EXISTS (SELECT FROM vvault.ledger_entries e
                        WHERE e.user_id = s.user_id AND e.stream_id = s.id
                          AND e.event_type = 'message.deleted')
    UNION ALL
    SELECT 'counters', false, NULL::uuid, NULL::bigint,
           format('row %s of vvault.vault_files says version %s, its newest is %s', f.id, f.version,
                  coalesce(v.version, 0))
      FROM vvault.vault_files f
      LEFT JOIN LATERAL (SELECT v.version, v.size, v.media_type FROM vvault.vault_file_versions v
                          WHERE v.user_id = f.user_id AND v.file_id = f.id
                          ORDER BY v.version DESC LIMIT 1) AS v ON true
     WHERE (f.version, f.size, f.media_type)
           IS DISTINCT FROM (coalesce(v.version, 0), coalesce(v.size, 0),
                             CASE WHEN v.version IS NULL THEN f.media_type
                                  ELSE coalesce(v.media_type, vvault._media_type(f.path)) END)
     LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_counters()
    IS 'counters of conversations and files that are not what was counted';

-- Rows that no trigger tells of hang on rows that have one.
CREATE FUNCTION vvault._ledger_verify_references() RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT * FROM (
        SELECT 'references', false, NULL::uuid, NULL::bigint,
               CASE WHEN t.id IS NULL THEN format('a hash of vvault.token_hashes is of no token, %s', h.token_id)
                    WHEN h.hashes = 1 THEN format('row %s of vvault.tokens is opened by another secret than it was made with', t.id)
                    ELSE format('row %s of vvault.tokens has %s hashes', t.id, coalesce(h.hashes, 0)) END
          FROM vvault.tokens t
          FULL JOIN (SELECT h.user_id, h.token_id, count(*) AS hashes,
                            min(encode(sha256(h.hash), 'hex')) AS digest
                       FROM vvault.token_hashes h GROUP BY 1, 2) AS h
                 ON h.user_id = t.user_id AND h.token_id = t.id
         WHERE t.id IS NULL OR h.hashes IS DISTINCT FROM 1
            OR h.digest <> encode(t.hash_digest, 'hex')
        UNION ALL
        SELECT 'references', false, NULL::uuid, NULL::bigint,
               format('row %s of vvault.users and vvault.user_emails do not fit', coalesce(u.id, m.user_id))
          FROM (SELECT u.id, u.email FROM vvault.users u WHERE u.status <> 'shredded') AS u
          FULL JOIN vvault.user_emails m ON m.user_id = u.id AND m.email = u.email
         WHERE u.id IS NULL OR m.user_id IS NULL
        UNION ALL
        SELECT 'references', false, NULL::uuid, NULL::bigint,
               format('chunk %s of vvault.vault_chunks is gone, file %s uses it', u.chunk_id, u.file_id)
          FROM vvault.vault_chunk_uses u
         WHERE NOT EXISTS (SELECT FROM vvault.vault_chunks c
                            WHERE c.user_id = u.user_id AND c.id = u.chunk_id)
    ) AS f LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_references()
    IS 'hashes of tokens, addresses and chunks that do not fit the rows they belong to';
