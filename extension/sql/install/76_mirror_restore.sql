-- A vault made again from a mirror. It is made as a dump is restored: the tables, then the rows,
-- and only then, by vvault.install(), their triggers, guards and policies. So nothing here gets
-- past a guard, and nothing here works on a vault that has them. All of it is one transaction of
-- tools/vvault_restore.py; no role but a superuser may call it.

CREATE FUNCTION vvault.mirror_restore_begin() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
        RAISE EXCEPTION 'only a superuser restores a vault'
            USING ERRCODE = '42501', DETAIL = 'Tables are handed to the role vvault_owner.',
                  HINT = 'Run it as the role that ran CREATE EXTENSION.';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('vvault.install', 0));
    IF to_regclass('vvault.installation') IS NOT NULL THEN
        RAISE EXCEPTION 'this database has a vault already'
            USING ERRCODE = '55000', DETAIL = 'Table vvault.installation exists.',
                  HINT = 'Restore into a database that has the extension and nothing else: CREATE DATABASE.';
    END IF;
    SET LOCAL client_min_messages = warning;
    EXECUTE vvault._schema_tables();
END
$$;
COMMENT ON FUNCTION vvault.mirror_restore_begin()
    IS 'make the tables without anything that watches over them, where there are none';

CREATE FUNCTION vvault._mirror_restoring() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- Tables of a vault that is in use were made by another transaction, and have their guards.
    IF NOT EXISTS (SELECT FROM pg_class c
                    WHERE c.oid = to_regclass('vvault.installation')
                      AND c.xmin = pg_current_xact_id()::xid)
       OR EXISTS (SELECT FROM pg_trigger t
                   WHERE t.tgrelid = to_regclass('vvault.ledger_entries') AND NOT t.tgisinternal) THEN
        RAISE EXCEPTION 'rows of a mirror go into a vault that is just being restored'
            USING ERRCODE = '55000', DETAIL = 'Its tables were not made by mirror_restore_begin() in this transaction.',
                  HINT = 'Use tools/vvault_restore.py.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._mirror_restoring()
    IS '55000 unless this very transaction made the tables, and nothing watches over them yet';

-- Later objects know better: a row that is there already becomes what this one says.
CREATE FUNCTION vvault._mirror_put(name text, rows json) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    keys text;
    changes text;
    same text;
    number bigint;
BEGIN
    SELECT string_agg(format('%I', a.attname), ', '), string_agg(format('t.%I = r.%1$I', a.attname), ' AND ')
      INTO keys, same
      FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = format('vvault.%I', name)::regclass AND i.indisprimary;
    SELECT string_agg(format('%I = excluded.%1$I', a.attname), ', ') INTO changes
      FROM pg_attribute a
     WHERE a.attrelid = format('vvault.%I', name)::regclass AND a.attnum > 0 AND NOT a.attisdropped;
    IF name = 'ledger_entries' THEN
        -- Of months that were archived the database has no entries, and its partitions' keys are their own.
        EXECUTE 'INSERT INTO vvault.ledger_entries
                 SELECT r.* FROM json_populate_recordset(NULL::vvault.ledger_entries, $1) AS r
                  WHERE r.month NOT IN (SELECT a.month FROM vvault.ledger_archives a)
                 ON CONFLICT DO NOTHING' USING rows;
    ELSE
        IF name = ANY ('{sessions,messages,vault_files,vault_file_versions}') THEN
            EXECUTE format('DELETE FROM vvault.%1$I t USING json_populate_recordset(NULL::vvault.%1$I,
                              (SELECT json_agg(g) FROM json_array_elements($1) g WHERE g ->> ''gone'' = ''true'')) AS r
                            WHERE %2$s', name, same) USING rows;
        END IF;
        EXECUTE format('INSERT INTO vvault.%1$I
                        SELECT r.* FROM json_populate_recordset(NULL::vvault.%1$I,
                          (SELECT json_agg(g) FROM json_array_elements($1) g WHERE g ->> ''gone'' IS NULL)) AS r
                        ON CONFLICT (%2$s) DO UPDATE SET %3$s', name, keys, changes) USING rows;
    END IF;
    GET DIAGNOSTICS number = ROW_COUNT;
    RETURN number;
END
$$;
COMMENT ON FUNCTION vvault._mirror_put(text, json)
    IS 'rows of a table as an object has them; those that it says are gone go';

CREATE FUNCTION vvault._mirror_put_chunks(body bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    place integer := 2;
    size integer;
    number bigint := 0;
BEGIN
    WHILE place <= octet_length(body) LOOP
        size := ('x' || encode(substr(body, place + 32, 4), 'hex'))::bit(32)::integer;
        INSERT INTO vvault.vault_chunks (user_id, id, content)
        VALUES (encode(substr(body, place, 16), 'hex')::uuid,
                encode(substr(body, place + 16, 16), 'hex')::uuid, substr(body, place + 36, size))
        ON CONFLICT (user_id, id) DO UPDATE SET content = excluded.content;
        place := place + 36 + size;
        number := number + 1;
    END LOOP;
    RETURN number;
END
$$;
COMMENT ON FUNCTION vvault._mirror_put_chunks(bytea) IS 'the chunks of an object';

CREATE FUNCTION vvault.mirror_restore_object(kind integer, vault uuid, mirror uuid, generation bigint,
                                             part integer, root integer, check_value bytea,
                                             wrapped bytea, sealed bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    body bytea;
    member record;
    month integer;
    number bigint := 0;
BEGIN
    PERFORM vvault._mirror_restoring();
    body := vvault._mirror_open_with(kind, vault, mirror, generation, part, root, check_value,
                                     wrapped, sealed);
    IF get_byte(body, 0) = 0 THEN
        RETURN vvault._mirror_put_chunks(body);
    END IF;
    FOR member IN SELECT j.key, j.value FROM json_each(convert_from(body, 'UTF8')::json) AS j
                   WHERE j.value::text <> 'null'
                   -- What was sealed anew or purged is emptied before it is filled.
                   ORDER BY j.key <> 'anew' LOOP
        IF member.key = 'anew' THEN
            DELETE FROM vvault.vault_chunk_uses u USING json_array_elements(member.value) a
             WHERE u.user_id = (a ->> 'user_id')::uuid AND u.file_id = (a ->> 'stream_id')::uuid;
            DELETE FROM vvault.vault_file_tails t USING json_array_elements(member.value) a
             WHERE t.user_id = (a ->> 'user_id')::uuid AND t.file_id = (a ->> 'stream_id')::uuid;
        ELSIF to_regclass(format('vvault.%I', member.key)) IS NULL THEN
            RAISE EXCEPTION 'the mirror has rows of a table that is not there'
                USING ERRCODE = 'VV006', DETAIL = format('Table %s.', member.key),
                      HINT = 'Restore with the version of vvault that the mirror was made with.';
        ELSE
            IF member.key = 'ledger_entries' THEN
                FOR month IN SELECT DISTINCT (e ->> 'month')::integer FROM json_array_elements(member.value) e
                             EXCEPT SELECT a.month FROM vvault.ledger_archives a LOOP
                    PERFORM vvault._make_ledger_partition(month);
                END LOOP;
            END IF;
            number := number + vvault._mirror_put(member.key, member.value);
        END IF;
    END LOOP;
    RETURN number;
END
$$;
COMMENT ON FUNCTION vvault.mirror_restore_object(integer, uuid, uuid, bigint, integer, integer, bytea, bytea, bytea)
    IS 'open an object of a mirror at its place and put its rows into the tables that mirror_restore_begin() made; for superusers';

CREATE FUNCTION vvault.mirror_restore_end(missing_contents boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    reference record;
    broken boolean;
BEGIN
    PERFORM vvault._mirror_restoring();
    DELETE FROM vvault.vault_chunks c
     WHERE NOT EXISTS (SELECT FROM vvault.vault_chunk_uses u
                        WHERE u.user_id = c.user_id AND u.chunk_id = c.id);
    IF missing_contents THEN
        -- What was never sent stays known as used; it does not open.
        INSERT INTO vvault.vault_chunks (user_id, id, content)
        SELECT DISTINCT u.user_id, u.chunk_id, ''::bytea FROM vvault.vault_chunk_uses u
        ON CONFLICT DO NOTHING;
    END IF;
    -- No trigger of a foreign key has looked.
    FOR reference IN
        SELECT k.conname, k.conrelid::regclass AS child, k.confrelid::regclass AS parent,
               string_agg(format('p.%I = c.%I', pa.attname, ca.attname), ' AND ') AS same,
               string_agg(format('c.%I IS NOT NULL', ca.attname), ' AND ') AS filled
          FROM pg_constraint k
         CROSS JOIN LATERAL unnest(k.conkey, k.confkey) AS n(child, parent)
          JOIN pg_attribute ca ON ca.attrelid = k.conrelid AND ca.attnum = n.child
          JOIN pg_attribute pa ON pa.attrelid = k.confrelid AND pa.attnum = n.parent
         WHERE k.contype = 'f' AND k.connamespace = 'vvault'::regnamespace
         GROUP BY k.oid, k.conname, k.conrelid, k.confrelid LOOP
        EXECUTE format('SELECT EXISTS (SELECT FROM %s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s))',
                       reference.child, reference.filled, reference.parent, reference.same) INTO broken;
        IF broken THEN
            RAISE EXCEPTION 'the mirror is not whole'
                USING ERRCODE = 'VV016',
                      DETAIL = format('Rows of %s lack theirs of %s.', reference.child, reference.parent),
                      HINT = 'Have vvault_mirror.py scrub it, while its vault lives.';
        END IF;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault.mirror_restore_end(boolean)
    IS 'prove that the rows fit each other, before install() sets what watches over them; files whose bytes the mirror never had stay listed if that is said';
