-- Mirrors: what is copied out of the vault leaves it sealed (doc/mirror.md). These functions
-- belong to vvault_copier, which reads every row as it is stored; whoever calls them as
-- vvault_mirror gets sealed bytes, and numbers of entries.

CREATE FUNCTION vvault._mirror_new_key(vault uuid, mirror uuid, root integer, check_value bytea)
    RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_mirror_new_key';
COMMENT ON FUNCTION vvault._mirror_new_key(uuid, uuid, integer, bytea)
    IS 'a new key for a mirror, wrapped by a root key';

CREATE FUNCTION vvault._mirror_seal_with(kind integer, vault uuid, mirror uuid, generation bigint,
                                         part integer, root integer, check_value bytea,
                                         wrapped bytea, body bytea) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_mirror_seal_with';
COMMENT ON FUNCTION vvault._mirror_seal_with(integer, uuid, uuid, bigint, integer, integer, bytea, bytea, bytea)
    IS 'seal one of a mirror''s objects to its place (doc/format.md)';

CREATE FUNCTION vvault._mirror_open_with(kind integer, vault uuid, mirror uuid, generation bigint,
                                         part integer, root integer, check_value bytea,
                                         wrapped bytea, sealed bytea) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_mirror_open_with';
COMMENT ON FUNCTION vvault._mirror_open_with(integer, uuid, uuid, bigint, integer, integer, bytea, bytea, bytea)
    IS 'open one of a mirror''s objects at its place; VV001 where it does not belong there';

CREATE FUNCTION vvault.create_mirror(name text, contents text[] DEFAULT '{*}') RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may write the table; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    vault uuid := (SELECT i.id FROM vvault.installation i);
    mirror uuid := vvault.uuidv7();
    root record;
BEGIN
    PERFORM vvault._check_text('name', name, 100);
    IF coalesce(cardinality(contents), 0) NOT BETWEEN 1 AND 1000 OR EXISTS (
           SELECT FROM unnest(contents) AS c(pattern)
            WHERE c.pattern IS NULL OR c.pattern !~ '^[^\x01-\x1f\\]+$' OR length(c.pattern) > 1000) THEN
        RAISE EXCEPTION 'these are no patterns of paths'
            USING ERRCODE = '22023',
                  DETAIL = 'Argument "contents" holds one text or more, each a path in which * and ? may stand for anything.',
                  HINT = '{*} has all files mirrored, {*.md,*.json} those that end so.';
    END IF;
    IF EXISTS (SELECT FROM vvault.mirrors m WHERE m.name = create_mirror.name) THEN
        RAISE EXCEPTION 'there is a mirror of that name'
            USING ERRCODE = '23505', DETAIL = format('Argument "name": %s.', name),
                  HINT = 'See vvault.mirror_status().';
    END IF;
    PERFORM vvault._hold_root_keys();
    SELECT r.id, r.check_value INTO root FROM vvault.root_keys r
     WHERE r.retired_at IS NULL ORDER BY r.id DESC LIMIT 1;
    IF NOT FOUND THEN
        SELECT n.id, n.check_value INTO root FROM vvault._newest_root_key() n;
        INSERT INTO vvault.root_keys (id, check_value) VALUES (root.id, root.check_value);
    END IF;
    INSERT INTO vvault.mirrors (user_id, id, name, contents, root_key_id, wrapped)
    VALUES (vault, mirror, create_mirror.name, create_mirror.contents, root.id,
            vvault._mirror_new_key(vault, mirror, root.id, root.check_value));
    RETURN mirror;
END
$$;
COMMENT ON FUNCTION vvault.create_mirror(text, text[])
    IS 'prepare a mirror with a key of its own; contents are patterns (* and ?) of the paths whose bytes it gets, all unless told; returns its id';

CREATE FUNCTION vvault._mirror_seal(kind integer, mirror uuid, generation bigint, part integer,
                                    body bytea) RETURNS bytea
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    sealed bytea;
BEGIN
    SELECT vvault._mirror_seal_with(kind, m.user_id, m.id, _mirror_seal.generation, part, r.id, r.check_value,
                                    m.wrapped, body)
      INTO sealed
      FROM vvault.mirrors m JOIN vvault.root_keys r ON r.id = m.root_key_id WHERE m.id = mirror;
    IF sealed IS NULL THEN
        RAISE EXCEPTION 'there is no such mirror'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "mirror" is no mirror''s id.',
                  HINT = 'See vvault.create_mirror().';
    END IF;
    RETURN sealed;
END
$$;
COMMENT ON FUNCTION vvault._mirror_seal(integer, uuid, bigint, integer, bytea)
    IS 'seal one of a mirror''s objects with the mirror''s key';

-- All that a run of the mirror's process begins with. The wrapped key goes into the mirror's
-- head: with the root key, and only with it, a restore opens what is there.
CREATE FUNCTION vvault.mirror_begin(name text, known_size bigint) RETURNS json
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    answer json;
BEGIN
    SELECT json_build_object(
               'vault', m.user_id, 'mirror', m.id, 'contents', m.contents,
               'root_key', m.root_key_id, 'check_value', encode(r.check_value, 'hex'),
               'wrapped', encode(m.wrapped, 'hex'), 'generation', m.generation,
               'head_digest', m.head_digest,
               'schema_version', (SELECT i.schema_version FROM vvault.installation i),
               'size', s.size, 'stopped', s.stopped, 'checkpoint', c.note,
               'archives', EXISTS (SELECT FROM vvault.ledger_archives),
               'root', encode(c.root, 'hex'), 'unsealed', (vvault.ledger_status()).unsealed,
               'known_root', CASE WHEN known_size BETWEEN 1 AND s.size
                                  THEN encode(vvault._ledger_root(known_size), 'hex') END)
      INTO answer
      FROM vvault.mirrors m JOIN vvault.root_keys r ON r.id = m.root_key_id
     CROSS JOIN vvault.ledger_state s LEFT JOIN vvault.ledger_checkpoints c ON c.size = s.size
     WHERE m.name = mirror_begin.name;
    IF answer IS NULL THEN
        RAISE EXCEPTION 'there is no mirror of that name'
            USING ERRCODE = 'P0002', DETAIL = format('Argument "name": %s.', name),
                  HINT = 'An administrator prepares one with vvault.create_mirror().';
    END IF;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION vvault.mirror_begin(text, bigint)
    IS 'what a mirror is, what this transaction sees of the ledger, the root of its tree at a size that the mirror knows, and what was reported last';

-- A head lists a mirror's objects in the clear; its seal is over its SHA-256.
CREATE FUNCTION vvault.mirror_seal_head(mirror uuid, generation bigint, head text) RETURNS bytea
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT vvault._mirror_seal(11, mirror, generation, 0, sha256(convert_to(head, 'UTF8')))
$$;
COMMENT ON FUNCTION vvault.mirror_seal_head(uuid, bigint, text)
    IS 'what proves that a head was made with this vault, for this mirror and generation';

CREATE FUNCTION vvault.mirror_head_is_genuine(mirror uuid, generation bigint, head text, seal bytea)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    opened bytea;
BEGIN
    SELECT vvault._mirror_open_with(11, m.user_id, m.id, mirror_head_is_genuine.generation, 0, r.id, r.check_value,
                                    m.wrapped, seal)
      INTO opened
      FROM vvault.mirrors m JOIN vvault.root_keys r ON r.id = m.root_key_id
     WHERE m.id = mirror_head_is_genuine.mirror;
    RETURN coalesce(opened = sha256(convert_to(head, 'UTF8')), false);
EXCEPTION WHEN SQLSTATE 'VV001' OR SQLSTATE 'VV006' THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION vvault.mirror_head_is_genuine(uuid, bigint, text, bytea)
    IS 'whether that is the seal of that head';

CREATE FUNCTION vvault.mirror_report(mirror uuid, generation bigint, size bigint, checkpoint text,
                                     head_digest text, error text) RETURNS void
    LANGUAGE sql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    UPDATE vvault.mirrors m
       SET generation = coalesce(mirror_report.generation, m.generation),
           head_digest = coalesce(mirror_report.head_digest, m.head_digest),
           size = coalesce(mirror_report.size, m.size),
           checkpoint = coalesce(mirror_report.checkpoint, m.checkpoint),
           mirrored_at = CASE WHEN mirror_report.size IS NULL THEN m.mirrored_at
                              ELSE clock_timestamp() END,
           reported_at = clock_timestamp(), error = left(mirror_report.error, 1000)
     WHERE m.id = mirror
$$;
COMMENT ON FUNCTION vvault.mirror_report(uuid, bigint, bigint, text, text, text)
    IS 'note how far a mirror is (nulls: as before), and what keeps it if anything does';

CREATE FUNCTION vvault.mirror_status()
    RETURNS TABLE (name text, size bigint, behind bigint, checkpoint text, generation bigint,
                   mirrored_at timestamptz, reported_at timestamptz, error text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT m.name, m.size, s.size - m.size, m.checkpoint, m.generation, m.mirrored_at,
           m.reported_at, m.error
      FROM vvault.mirrors m CROSS JOIN vvault.ledger_state s ORDER BY m.name
$$;
COMMENT ON FUNCTION vvault.mirror_status()
    IS 'up to which sealed entry and checkpoint each mirror is, how many entries behind, and why if it does not get on';
