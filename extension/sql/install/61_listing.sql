-- The tree of files: as it stands, or as it stood at a time.

-- Removed versions are always the oldest: whatever is below the lowest row that is left was
-- there once.
CREATE FUNCTION vvault._refuse_purged(target vvault._file_key, version bigint, as_of timestamptz)
    RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    lowest bigint;
    began timestamptz;
BEGIN
    SELECT min(v.version) INTO lowest FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id;
    SELECT f.created_at INTO began FROM vvault.vault_files f
     WHERE f.user_id = target.user_id AND f.id = target.id;
    IF lowest > 1 AND (_refuse_purged.version BETWEEN 1 AND lowest - 1 OR as_of >= began) THEN
        RAISE EXCEPTION 'the version was purged'
            USING ERRCODE = 'VV011',
                  DETAIL = format('Argument "%s": version %s is the oldest that is left of this file.',
                                  CASE WHEN as_of IS NULL THEN 'version' ELSE 'as_of' END, lowest),
                  HINT = 'See vvault.file_history(path).';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._refuse_purged(vvault._file_key, bigint, timestamptz)
    IS 'VV011 where that version, or that of the time, was there and has been removed';

CREATE FUNCTION vvault.list_files(prefix text DEFAULT '', include_deleted boolean DEFAULT false,
                                  shared boolean DEFAULT true, as_of timestamptz DEFAULT NULL,
                                  after text DEFAULT NULL, "limit" integer DEFAULT NULL)
    RETURNS TABLE (path text, filename text, version bigint, size bigint, media_type text,
                   sha256 text, encrypted text, construct_id uuid, user_id uuid,
                   updated_at timestamptz, deleted_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    me uuid := vvault._require('files:read');
    owners uuid[] := CASE WHEN shared THEN vvault._visible_owners() ELSE ARRAY[me] END;
    open boolean := vvault._ring_is_there();
BEGIN
    IF "limit" < 1 THEN
        PERFORM vvault._refuse_message('limit', 'a page has at least one file', '22023',
                                       'Leave it out for all files.');
    END IF;
    -- A page of one's own files is read from the index, and no more of it than is shown.
    IF as_of IS NULL AND owners = ARRAY[me] THEN
        RETURN QUERY
            SELECT f.path, f.filename, f.version, f.size, f.media_type,
                   CASE WHEN open AND v.is_deletion IS NULL
                        THEN (vvault._open_file_info(v.user_id, v.file_id, v.version, v.info)).sha256 END,
                   f.encrypted, f.construct_id, f.user_id, f.updated_at, f.deleted_at
              FROM (SELECT h.* FROM vvault.vault_files h
                     WHERE h.user_id = me
                       AND h.path COLLATE "C" > coalesce(after, '')
                       AND h.path COLLATE "C" >= coalesce(prefix, '')
                       AND starts_with(h.path, coalesce(prefix, ''))
                       AND (include_deleted OR h.deleted_at IS NULL) AND h.version > 0
                     ORDER BY h.path COLLATE "C" LIMIT "limit") AS f
              JOIN vvault.vault_file_versions v
                ON v.user_id = f.user_id AND v.file_id = f.id AND v.version = f.version
             ORDER BY f.path COLLATE "C";
        RETURN;
    END IF;
    -- Two queries, so that the common one joins by the whole key.
    IF as_of IS NULL THEN
        RETURN QUERY
            SELECT f.path, f.filename, f.version, f.size, f.media_type,
                   CASE WHEN open AND v.is_deletion IS NULL
                        THEN (vvault._open_file_info(v.user_id, v.file_id, v.version, v.info)).sha256 END,
                   f.encrypted, f.construct_id, f.user_id, f.updated_at, f.deleted_at
              FROM vvault.vault_files f
              JOIN vvault.vault_file_versions v
                ON v.user_id = f.user_id AND v.file_id = f.id AND v.version = f.version
             WHERE f.user_id = ANY (owners)
               AND (after IS NULL OR f.path COLLATE "C" > after)
               AND starts_with(f.path, coalesce(prefix, ''))
               AND (include_deleted OR f.deleted_at IS NULL)
             ORDER BY f.path COLLATE "C", f.user_id <> me
             LIMIT "limit";
        RETURN;
    END IF;
    RETURN QUERY
        SELECT f.path, f.filename, v.version, v.size,
               coalesce(v.media_type, vvault._media_type(f.path)),
               CASE WHEN open AND v.is_deletion IS NULL
                    THEN (vvault._open_file_info(v.user_id, v.file_id, v.version, v.info)).sha256 END,
               coalesce(v.encrypted, 'server'), f.construct_id, f.user_id, v.created_at,
               CASE WHEN v.is_deletion THEN v.created_at END
          FROM vvault.vault_files f
         CROSS JOIN LATERAL (SELECT h.* FROM vvault.vault_file_versions h
                              WHERE h.user_id = f.user_id AND h.file_id = f.id AND h.created_at <= as_of
                              ORDER BY h.version DESC LIMIT 1) AS v
         WHERE f.user_id = ANY (owners)
           AND (after IS NULL OR f.path COLLATE "C" > after)
           AND starts_with(f.path, coalesce(prefix, ''))
           AND (include_deleted OR v.is_deletion IS NULL)
         ORDER BY f.path COLLATE "C", f.user_id <> me
         LIMIT "limit";
END
$$;
COMMENT ON FUNCTION vvault.list_files(text, boolean, boolean, timestamptz, text, integer)
    IS 'the files whose path begins so, in the order of their paths'' bytes, as they are or as they were at a time (what was purged since is left out), those behind a path and so many at most; sha256 is null while the vault is locked';
