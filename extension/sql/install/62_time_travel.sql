-- Back to how it was: a deleted file, or a whole folder; and what has changed since.

CREATE FUNCTION vvault.undelete_file(path text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._file_key;
    wanted bigint;
BEGIN
    PERFORM vvault._require('files:write');
    target := vvault._find_file(undelete_file.path, 2);
    target := vvault._lock_file(target.user_id, target.path);
    -- A retry finds the file there, and that is the answer.
    IF target.deleted_at IS NULL THEN
        RETURN target.version;
    END IF;
    SELECT v.version INTO wanted FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id AND v.is_deletion IS NULL
     ORDER BY v.version DESC LIMIT 1;
    IF NOT FOUND THEN
        PERFORM vvault._refuse_purged(target, target.version - 1, NULL);
    END IF;
    RETURN vvault.restore_file(target.path, wanted);
END
$$;
COMMENT ON FUNCTION vvault.undelete_file(text)
    IS 'bring a deleted file back as it was before, as a new version; VV011 where all of it was purged';

-- Metadata is part of what a version is, and the listing does not show it.
CREATE FUNCTION vvault._same_version(owner uuid, path text, a bigint, b bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN a = b OR 1 = (
        SELECT count(DISTINCT (v.media_type, v.encrypted, info.sha256, info.metadata::jsonb))
          FROM vvault.vault_files f
          JOIN vvault.vault_file_versions v ON v.user_id = f.user_id AND v.file_id = f.id,
               vvault._open_file_info(v.user_id, v.file_id, v.version, v.info) AS info
         WHERE f.user_id = owner AND f.path = _same_version.path AND v.version IN (a, b));
END
$$;
COMMENT ON FUNCTION vvault._same_version(uuid, text, bigint, bigint)
    IS 'whether two versions with content differ in nothing but their number and time';

CREATE FUNCTION vvault.restore_tree(prefix text, as_of timestamptz)
    RETURNS TABLE (path text, version bigint, action text)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('files:write');
    target vvault._file_key;
    old record;
BEGIN
    IF prefix IS NULL OR as_of IS NULL THEN
        PERFORM vvault._refuse_message(CASE WHEN prefix IS NULL THEN 'prefix' ELSE 'as_of' END,
                                       'say what to restore, and to when', '22023',
                                       'An empty prefix means every file.');
    END IF;
    -- Always in the order of paths, so that two of these wait for each other and no more.
    FOR target.path IN
        SELECT f.path FROM vvault.vault_files f
         WHERE f.user_id = me AND starts_with(f.path, prefix) ORDER BY f.path COLLATE "C"
    LOOP
        target := vvault._lock_file(me, target.path);
        SELECT v.version, v.is_deletion INTO old FROM vvault.vault_file_versions v
         WHERE v.user_id = me AND v.file_id = target.id AND v.created_at <= as_of
         ORDER BY v.version DESC LIMIT 1;
        path := target.path;
        IF NOT FOUND THEN
            -- Was it not there, or is it only not known any more?
            PERFORM vvault._refuse_purged(target, NULL, as_of);
        END IF;
        IF old.version IS NULL OR old.is_deletion THEN
            CONTINUE WHEN target.deleted_at IS NOT NULL;
            version := vvault.delete_file(target.path);
            action := 'deleted';
        ELSE
            CONTINUE WHEN target.deleted_at IS NULL
                      AND vvault._same_version(me, target.path, old.version, target.version);
            version := vvault.restore_file(target.path, old.version);
            action := 'restored';
        END IF;
        RETURN NEXT;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault.restore_tree(text, timestamptz)
    IS 'make the current user''s own files below a prefix what they were at a time, by new versions, all or nothing; tells what it changed';

CREATE FUNCTION vvault._diff(a bytea, b bytea, label_a text, label_b text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_diff';
COMMENT ON FUNCTION vvault._diff(bytea, bytea, text, text)
    IS 'two texts as a unified diff, empty where they are the same';

CREATE FUNCTION vvault.diff_file(path text, a bigint, b bigint DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    old vvault.file_content;
    new vvault.file_content;
BEGIN
    IF a IS NULL THEN
        PERFORM vvault._refuse_message('a', 'say which version to compare', '22023',
                                       'See vvault.file_history(path).');
    END IF;
    old := (SELECT r FROM vvault.read_file(path, a) AS r);
    new := (SELECT r FROM vvault.read_file(path, b) AS r);
    IF 'client' IN (old.encrypted, new.encrypted) THEN
        PERFORM vvault._refuse_message('path', 'what a client sealed cannot be compared', '22023',
                                       'Open both versions where the key is.');
    END IF;
    RETURN vvault._diff(old.content, new.content, format('%s@v%s', path, old.version),
                        format('%s@v%s', path, new.version));
END
$$;
COMMENT ON FUNCTION vvault.diff_file(text, bigint, bigint)
    IS 'what changed between two versions of a text (b: the current one) as a unified diff; empty where nothing did';
