-- The way out: everything a person has, in one message that any OpenPGP program opens.

CREATE FUNCTION vvault._tar_entry(path text, modified timestamptz, content bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_tar_entry';
COMMENT ON FUNCTION vvault._tar_entry(text, timestamptz, bytea)
    IS 'a file as an entry of a tar archive; null without content';

CREATE FUNCTION vvault._tar_end() RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_tar_end';
COMMENT ON FUNCTION vvault._tar_end() IS 'what ends a tar archive';

-- pgcrypto lives where whoever installed it wanted. Somebody else who may create functions
-- there cannot step in: the arguments have exactly the types of pgcrypto's own, and no
-- second function of that name and those types can be.
CREATE FUNCTION vvault._pgp_encrypt(content bytea, public_key text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    home text := (SELECT quote_ident(n.nspname) FROM pg_extension e
                    JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pgcrypto');
    message bytea;
BEGIN
    PERFORM vvault._check_archive_size(octet_length(content));
    EXECUTE format('SELECT %1$s.pgp_pub_encrypt_bytea($1, %1$s.dearmor($2), $3)', home)
        INTO message USING content, public_key, 'cipher-algo=aes256, compress-algo=2'::text;
    RETURN message;
EXCEPTION WHEN external_routine_invocation_exception THEN
    -- What pgcrypto says is one of its fixed texts.
    RAISE EXCEPTION 'this is no OpenPGP key to encrypt to'
        USING ERRCODE = '22023',
              DETAIL = format('Argument "public_key": %s.', lower(SQLERRM)),
              HINT = 'Give an armored public key that encrypts by RSA or ElGamal, as gpg --armor --export writes it.';
END
$$;
COMMENT ON FUNCTION vvault._pgp_encrypt(bytea, text)
    IS 'encrypt for an armored public key with pgcrypto; 22023 for a key that cannot be used';

CREATE FUNCTION vvault._check_archive_size(size bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    -- A bytea ends at 1 GiB, and what does not compress grows a little by being encrypted.
    IF size > 1000000000 THEN
        PERFORM vvault._refuse_message('prefix', 'the archive is larger than 1 GB', '54000',
                                       'Export one folder after the other.');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_archive_size(bigint) IS 'refuse an archive that one value cannot hold';

-- Content whose key was destroyed is gone for its owner too, and must not keep the rest in.
CREATE FUNCTION vvault._export_file(path text, version bigint) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault.get_file(path, version);
EXCEPTION WHEN SQLSTATE 'VV012' THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vvault._export_file(text, bigint) IS 'a version''s content, null where it was shredded';

CREATE FUNCTION vvault._export_session(id uuid) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN convert_to(vvault.render_transcript(id::text), 'UTF8');
EXCEPTION WHEN SQLSTATE 'VV012' THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vvault._export_session(uuid)
    IS 'a conversation as markdown, null where it was shredded';

-- An external id is anything; a file's name has no slash and an end.
CREATE FUNCTION vvault._export_name(session vvault.session) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    name text := replace(replace(replace(session.external_id, '%', '%25'), '/', '%2F'), '\', '%5C');
    place text := format('conversations/%s.md',
                         CASE WHEN octet_length(name) > 200 THEN session.id::text ELSE name END);
BEGIN
    IF EXISTS (SELECT FROM vvault.vault_files f
                WHERE f.user_id = session.user_id
                  AND (f.path = place OR starts_with(f.path, place || '/'))) THEN
        place := format('conversations/%s.md', session.id);
    END IF;
    RETURN place;
END
$$;
COMMENT ON FUNCTION vvault._export_name(vvault.session)
    IS 'where a conversation stands in an archive, beside all files of its owner';

-- In the vault a path may go on where another one ends; in a folder nothing is both a file and
-- a folder. Asked only for such a file, because it looks at every file of its owner.
CREATE FUNCTION vvault._export_path(owner uuid, path text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    place text := path || '.file';
BEGIN
    WHILE EXISTS (SELECT FROM vvault.vault_files f
                   WHERE f.user_id = owner
                     AND (f.path = place OR starts_with(f.path, place || '/'))) LOOP
        place := place || '.file';
    END LOOP;
    RETURN place;
END
$$;
COMMENT ON FUNCTION vvault._export_path(uuid, text)
    IS 'where a file stands in an archive whose path is also a folder of others';

-- One statement, so that all of it is of one moment. Listed as of a time, a file's time is that
-- of its version.
CREATE FUNCTION vvault._archive(prefix text) RETURNS bytea
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH files AS (SELECT f.user_id, f.path, f.version, f.updated_at
                     FROM vvault.list_files(prefix, false, false, 'infinity') AS f),
         folders AS (SELECT array_to_string(parts[1:depth], '/') AS path
                       FROM files, string_to_array(files.path, '/') AS parts,
                            generate_series(1, cardinality(parts) - 1) AS depth
                      UNION SELECT 'conversations')
    SELECT string_agg(e.entry, ''::bytea)
      FROM (SELECT vvault._tar_entry(CASE WHEN f.path IN (SELECT d.path FROM folders AS d)
                                          THEN vvault._export_path(f.user_id, f.path) ELSE f.path END,
                                     f.updated_at, vvault._export_file(f.path, f.version))
              FROM files AS f
            UNION ALL
            SELECT vvault._tar_entry(vvault._export_name(s), s.updated_at, vvault._export_session(s.id))
              FROM vvault.list_sessions(NULL, false) AS s
             WHERE starts_with(format('instances/%s/', s.construct), prefix)
            UNION ALL
            SELECT vvault._tar_end()) AS e(entry)
$$;
COMMENT ON FUNCTION vvault._archive(text)
    IS 'the current user''s own live files below a prefix and conversations of constructs below it, as a tar archive';

CREATE FUNCTION vvault.export_pgp(prefix text, public_key text) RETURNS bytea
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('files:read');
    PERFORM vvault._require('messages:read');
    IF prefix IS NULL OR public_key IS NULL THEN
        PERFORM vvault._refuse_message(CASE WHEN prefix IS NULL THEN 'prefix' ELSE 'public_key' END,
                                       'say what to export, and for whom', '22023',
                                       'An empty prefix means everything.');
    END IF;
    -- A key that cannot be used is told of before anything is opened.
    PERFORM vvault._pgp_encrypt('', public_key);
    PERFORM vvault._check_archive_size(
        (SELECT coalesce(sum(f.size + 2048), 0)::bigint FROM vvault.list_files(prefix, false, false) AS f));
    -- No variable holds the archive, because each would be one more copy of it.
    RETURN vvault._pgp_encrypt(vvault._archive(prefix), public_key);
END
$$;
COMMENT ON FUNCTION vvault.export_pgp(text, text)
    IS 'the current user''s own files below a prefix, and their constructs'' conversations as markdown, as a tar archive encrypted for an OpenPGP public key; all of it passes through memory, 54000 above 1 GB';
