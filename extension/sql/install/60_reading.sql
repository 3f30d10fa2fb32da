-- Vault files read: a file found by its path, a version by number or time; all of it, a range of
-- it, and what versions there are.

CREATE FUNCTION vvault._find_file(path text, level integer) RETURNS vvault._file_key
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
    hit vvault._file_key;
    matches integer;
BEGIN
    PERFORM vvault._check_path(path);
    -- One's own comes first, and is found by the shortest way.
    SELECT f.user_id, f.id, f.construct_id, f.path, f.version, f.deleted_at, f.media_type,
           f.encrypted INTO hit
      FROM vvault.vault_files f
     WHERE f.user_id = me AND f.path = _find_file.path;
    IF FOUND AND vvault.current_owner_id() = me THEN
        RETURN hit;
    END IF;
    SELECT f.user_id, f.id, f.construct_id, f.path, f.version, f.deleted_at, f.media_type,
           f.encrypted, count(*) OVER ()
      INTO hit.user_id, hit.id, hit.construct_id, hit.path, hit.version, hit.deleted_at,
           hit.media_type, hit.encrypted, matches
      FROM vvault.vault_files f
     WHERE f.user_id = ANY (vvault._visible_owners()) AND f.path = _find_file.path
     LIMIT 1;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'file not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "path" names no file that you may see.',
                  HINT = 'See vvault.list_files(prefix).';
    END IF;
    IF matches > 1 THEN
        RAISE EXCEPTION 'several files have this path'
            USING ERRCODE = 'VV009', DETAIL = 'More than one person granted you a file of this path.',
                  HINT = 'Ask one of them to move it.';
    END IF;
    IF vvault.access_level(hit.user_id, hit.construct_id) < level THEN
        RAISE EXCEPTION 'not permitted on this file'
            USING ERRCODE = '42501', DETAIL = 'Your role on its construct does not allow it.',
                  HINT = 'Ask the construct''s owner for a stronger role.';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._find_file(text, integer)
    IS 'the file of that path, live or deleted; P0002, or 42501 below the access level';

CREATE FUNCTION vvault._find_version(target vvault._file_key, version bigint, as_of timestamptz)
    RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit bigint;
BEGIN
    IF version IS NOT NULL AND as_of IS NOT NULL THEN
        PERFORM vvault._refuse_message('as_of', 'give a version or a time, not both', '22023',
                                       'Leave one of them out.');
    END IF;
    SELECT v.version INTO hit
      FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id
       AND (_find_version.version IS NULL OR v.version = _find_version.version)
       AND (as_of IS NULL OR v.created_at <= as_of)
     ORDER BY v.version DESC
     LIMIT 1;
    IF NOT FOUND THEN
        PERFORM vvault._refuse_purged(target, version, as_of);
        RAISE EXCEPTION 'version not found'
            USING ERRCODE = 'P0002',
                  DETAIL = CASE WHEN as_of IS NULL THEN 'Argument "version" names no version of this file.'
                                ELSE 'Argument "as_of" lies before the file''s first version.' END,
                  HINT = 'See vvault.file_history(path).';
    END IF;
    -- The newest row that is left is no answer where the row of the newest version is gone.
    IF version IS NULL AND as_of IS NULL AND hit <> target.version THEN
        RAISE EXCEPTION 'sealed value does not open'
            USING ERRCODE = 'VV001',
                  DETAIL = format('The info of version %s of file %s is missing.', target.version,
                                  target.id),
                  HINT = 'Restore this version''s rows from a backup.';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._find_version(vvault._file_key, bigint, timestamptz)
    IS 'the number of the version asked for; P0002, or VV011 where it was purged';

CREATE FUNCTION vvault._version_kind(is_deletion boolean, restored_from bigint) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT CASE WHEN is_deletion THEN 'delete' WHEN restored_from IS NOT NULL THEN 'restore' ELSE 'put' END
$$;
COMMENT ON FUNCTION vvault._version_kind(boolean, bigint) IS 'put, restore or delete: how a version came to be';

CREATE FUNCTION vvault._refuse_deletion(target vvault._file_key, version bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF EXISTS (SELECT FROM vvault.vault_file_versions v
                WHERE v.user_id = target.user_id AND v.file_id = target.id
                  AND v.version = _refuse_deletion.version AND v.is_deletion) THEN
        RAISE EXCEPTION 'the file was deleted'
            USING ERRCODE = 'P0002', DETAIL = format('Version %s is its deletion.', version),
                  HINT = 'Read an earlier version, or bring one back with vvault.restore_file().';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._refuse_deletion(vvault._file_key, bigint)
    IS 'P0002 for a version that only says that the file was deleted';

CREATE FUNCTION vvault.read_file(path text, version bigint DEFAULT NULL,
                                 as_of timestamptz DEFAULT NULL)
    RETURNS SETOF vvault.file_content
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._file_key;
    wanted bigint;
    row record;
BEGIN
    PERFORM vvault._require('files:read');
    target := vvault._find_file(read_file.path, 1);
    wanted := vvault._find_version(target, read_file.version, read_file.as_of);
    PERFORM vvault._refuse_deletion(target, wanted);
    SELECT v.restored_from, v.media_type, v.size, v.encrypted, v.created_at, v.info INTO row
      FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id AND v.version = wanted;
    RETURN QUERY
        SELECT wanted, vvault._version_kind(NULL, row.restored_from), coalesce(row.media_type, vvault._media_type(target.path)), row.size,
               info.sha256, info.metadata::jsonb, coalesce(row.encrypted, 'server'), row.created_at,
               vvault._read_version(target.user_id, target.id, wanted)
          FROM vvault._open_file_info(target.user_id, target.id, wanted, row.info) AS info;
END
$$;
COMMENT ON FUNCTION vvault.read_file(text, bigint, timestamptz)
    IS 'one version of a file with all that is known of it: the newest, or by number, or as it stood at a time';

CREATE FUNCTION vvault.get_file(path text, version bigint DEFAULT NULL,
                                as_of timestamptz DEFAULT NULL) RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT r.content FROM vvault.read_file(path, version, as_of) AS r);
END
$$;
COMMENT ON FUNCTION vvault.get_file(text, bigint, timestamptz)
    IS 'the bytes of a file: the newest version, or by number, or as it stood at a time';

CREATE FUNCTION vvault.read_range(path text, "offset" bigint, length integer,
                                  version bigint DEFAULT NULL, as_of timestamptz DEFAULT NULL)
    RETURNS bytea
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('files:read');
    target vvault._file_key;
    wanted bigint;
BEGIN
    IF "offset" IS NULL OR "offset" < 0 THEN
        PERFORM vvault._refuse_message('offset', 'an offset is not negative', '22023',
                                       'Count the bytes from 0.');
    END IF;
    IF length IS NULL OR length < 0 THEN
        PERFORM vvault._refuse_message('length', 'a length is not negative', '22023',
                                       'Say how many bytes to read.');
    END IF;
    target := vvault._find_file(path, 1);
    IF version IS NULL AND as_of IS NULL AND target.deleted_at IS NULL THEN
        wanted := target.version;
    ELSE
        wanted := vvault._find_version(target, version, as_of);
        PERFORM vvault._refuse_deletion(target, wanted);
    END IF;
    RETURN vvault._read_version_range(target.user_id, target.id, wanted, "offset", length);
END
$$;
COMMENT ON FUNCTION vvault.read_range(text, bigint, integer, bigint, timestamptz)
    IS 'so many bytes of a file from an offset on, fewer at its end; opens only the chunks that hold them';

CREATE FUNCTION vvault.file_history(path text)
    RETURNS TABLE (version bigint, kind text, size bigint, media_type text, sha256 text,
                   restored_from bigint, created_at timestamptz, metadata jsonb)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    target vvault._file_key;
    open boolean := vvault._ring_is_there();
BEGIN
    PERFORM vvault._require('files:read');
    target := vvault._find_file(file_history.path, 1);
    RETURN QUERY
        SELECT v.version, vvault._version_kind(v.is_deletion, v.restored_from), v.size,
               coalesce(v.media_type, vvault._media_type(target.path)),
               opened.sha256, v.restored_from, v.created_at, opened.metadata::jsonb
          FROM vvault.vault_file_versions v
          -- OFFSET 0: the condition is looked at first, as what a deletion has does not open.
          LEFT JOIN LATERAL (SELECT i.sha256, i.metadata
                               FROM vvault._open_file_info(v.user_id, v.file_id, v.version, v.info) AS i
                              WHERE open AND v.is_deletion IS NULL
                             OFFSET 0) AS opened ON true
         WHERE v.user_id = target.user_id AND v.file_id = target.id
         ORDER BY v.version;
END
$$;
COMMENT ON FUNCTION vvault.file_history(text) IS 'every version of a file, oldest first';

CREATE FUNCTION vvault._ring_is_there() RETURNS boolean
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ring_is_there';
COMMENT ON FUNCTION vvault._ring_is_there()
    IS 'whether root keys can be read; what is sealed shows as null in lists while they cannot';
