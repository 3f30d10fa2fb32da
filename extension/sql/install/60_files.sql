-- Vault files: put never overwrites, it adds a version. A version is one row; its content is
-- in chunks that versions and files share, and only the row's sealed info can open them.

-- A file of a construct lives with that construct: in the caller's own vault, unless the
-- caller has no construct of that name and was granted one, as with conversations.
CREATE FUNCTION vvault._home_of(path text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
    folder text := substring(path FROM '^instances/([^/]+)/.');
    construct vvault.construct;
BEGIN
    IF folder IS NOT NULL AND vvault._visible_owners() <> ARRAY[me] THEN
        construct := vvault._find_construct(folder, 2);
    END IF;
    RETURN coalesce(construct.owner_id, me);
END
$$;
COMMENT ON FUNCTION vvault._home_of(text) IS 'in whose vault a new file of that path belongs';

CREATE FUNCTION vvault._media_type(path text) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN CASE lower(substring(path FROM '\.([^./]+)$'))
               WHEN 'md' THEN 'text/markdown'
               WHEN 'txt' THEN 'text/plain'
               WHEN 'log' THEN 'text/plain'
               WHEN 'csv' THEN 'text/csv'
               WHEN 'json' THEN 'application/json'
               WHEN 'capsule' THEN 'application/json'
               WHEN 'png' THEN 'image/png'
               WHEN 'jpg' THEN 'image/jpeg'
               WHEN 'jpeg' THEN 'image/jpeg'
               WHEN 'pdf' THEN 'application/pdf'
               ELSE 'application/octet-stream'
           END;
END
$$;
COMMENT ON FUNCTION vvault._media_type(text) IS 'the media type that a file name suggests';

-- The row of the caller's own file at that path, locked until the transaction ends, and
-- made (with version 0) where it is missing. The lock orders the versions of one path.
CREATE FUNCTION vvault._lock_file(me uuid, path text) RETURNS vvault._file_key
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    locked vvault._file_key;
    folder text := substring(path FROM '^instances/([^/]+)/.');
    construct uuid;
BEGIN
    -- One look, one insert, one look at what either made; a row that stays unseen is hidden.
    FOR look IN 1 .. 3 LOOP
        SELECT f.user_id, f.id, f.construct_id, f.path, f.version, f.deleted_at, f.media_type,
               f.encrypted INTO locked
          FROM vvault.vault_files f
         WHERE f.user_id = me AND f.path = _lock_file.path
           FOR UPDATE;
        IF FOUND THEN
            RETURN locked;
        END IF;
        IF folder IS NOT NULL THEN
            construct := vvault._ensure_construct(me, folder);
        END IF;
        IF vvault.access_level(me, construct) < 2 THEN
            PERFORM vvault._refuse_outside('path');
            EXIT;
        END IF;
        INSERT INTO vvault.vault_files (user_id, construct_id, filename, path, media_type)
        VALUES (me, construct, regexp_replace(path, '^.*/', ''), path, vvault._media_type(path))
        ON CONFLICT DO NOTHING;
    END LOOP;
    RAISE EXCEPTION 'not permitted on this file'
        USING ERRCODE = '42501', DETAIL = 'You may not write a file of this path.',
              HINT = 'Use another path, or ask the construct''s owner for a stronger role.';
END
$$;
COMMENT ON FUNCTION vvault._lock_file(uuid, text)
    IS 'the user''s file at that path, locked; made with version 0 where it is missing';

CREATE FUNCTION vvault._check_expected(target vvault._file_key, expected_version bigint) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    current bigint := CASE WHEN target.deleted_at IS NULL THEN target.version ELSE 0 END;
BEGIN
    IF expected_version <> current THEN
        RAISE EXCEPTION 'the file has changed'
            USING ERRCODE = 'VV007',
                  DETAIL = format('Argument "expected_version" is %s, the current version is %s.',
                                  expected_version, current),
                  HINT = 'Read the current version and try again.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_expected(vvault._file_key, bigint)
    IS 'VV007 unless the live version is the expected one; 0 means that there is none';

-- The content is that of a version to restore, or of an upload, or else the one given. Null,
-- and nothing is stored, where only what differs from the current version is to be and it does
-- not.
CREATE FUNCTION vvault._add_version(target vvault._file_key, content bytea,
                                    media_type text, metadata jsonb, encrypted text,
                                    restored_from bigint, only_if_it_differs boolean DEFAULT false,
                                    upload uuid DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    new_version bigint := target.version + 1;
    new_size bigint := octet_length(content);
    before bigint := target.version;
    stored record;
    given record;
BEGIN
    IF before = 0 OR target.deleted_at IS NOT NULL THEN
        before := (SELECT max(v.version) FROM vvault.vault_file_versions v
                    WHERE v.user_id = target.user_id AND v.file_id = target.id
                      AND v.is_deletion IS NULL);
    END IF;
    IF upload IS NOT NULL THEN
        SELECT u.scope_id, u.state, u.received INTO given
          FROM vvault.vault_uploads u WHERE u.user_id = target.user_id AND u.id = upload;
        new_size := given.received;
        stored := vvault._store_upload(target.user_id, upload, given.scope_id, given.state,
                                       target.id, new_version, metadata::text, before,
                                       only_if_it_differs);
    ELSIF restored_from IS NULL THEN
        stored := vvault._store_version(target.user_id, target.id, new_version, content,
                                        metadata::text, before, only_if_it_differs);
    ELSE
        stored := vvault._repeat_version(target.user_id, target.id, new_version, restored_from,
                                         before);
        new_size := (SELECT v.size FROM vvault.vault_file_versions v
                      WHERE v.user_id = target.user_id AND v.file_id = target.id
                        AND v.version = _add_version.restored_from);
    END IF;
    IF NOT stored.is_stored THEN
        RETURN NULL;
    END IF;
    INSERT INTO vvault.vault_file_versions (user_id, file_id, version, construct_id, size,
                                            encrypted, media_type, info, restored_from)
    VALUES (target.user_id, target.id, new_version, target.construct_id,
            new_size, nullif(_add_version.encrypted, 'server'),
            nullif(_add_version.media_type, vvault._media_type(target.path)), stored.info,
            _add_version.restored_from);
    UPDATE vvault.vault_files f
       SET version = new_version, size = new_size, media_type = _add_version.media_type,
           updated_at = now()
     WHERE f.user_id = target.user_id AND f.id = target.id;
    -- Apart, because coming back, or being sealed by somebody else from now on, is news for
    -- the ledger and a new version is not.
    IF target.encrypted <> _add_version.encrypted THEN
        UPDATE vvault.vault_files f SET encrypted = _add_version.encrypted
         WHERE f.user_id = target.user_id AND f.id = target.id;
    END IF;
    IF target.deleted_at IS NOT NULL THEN
        UPDATE vvault.vault_files f SET deleted_at = NULL
         WHERE f.user_id = target.user_id AND f.id = target.id;
    END IF;
    RETURN new_version;
END
$$;
COMMENT ON FUNCTION vvault._add_version(vvault._file_key, bytea, text, jsonb, text, bigint, boolean, uuid)
    IS 'store content as the next version of a locked file; null where only what differs is wanted and nothing does';

-- What a client sealed is stored like any other content and never looked into. Its first bytes
-- are checked, so that nobody takes for sealed what was sent in the clear by mistake.
CREATE FUNCTION vvault._check_encrypted(encrypted text, content bytea) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF encrypted = 'server' THEN
        RETURN;
    END IF;
    IF encrypted IS DISTINCT FROM 'client' THEN
        PERFORM vvault._refuse_message('encrypted', 'content is sealed by the server or the client',
                                       '22023', 'Write server or client.');
    END IF;
    -- Magic, sealed key, stream header and one empty message: less is no sealed file.
    IF octet_length(content) < 129 OR substring(content FROM 1 FOR 8) <> '\x56565345414c310a' THEN
        PERFORM vvault._refuse_message('content', 'the content is not sealed by a client', '22023',
                                       'Seal it first, or leave "encrypted" out.');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_encrypted(text, bytea)
    IS 'refuse content that is to be sealed by the client and does not look so';

CREATE FUNCTION vvault._check_media_type(media_type text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF media_type !~ '^[!-~]+/[ -~]+$' THEN
        PERFORM vvault._refuse_message('media_type', 'this is no media type', '22023',
                                       'Write it as type/subtype, as in text/markdown.');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_media_type(text) IS '22023 for what is no media type';

CREATE FUNCTION vvault._check_file_metadata(metadata jsonb) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF jsonb_typeof(metadata) <> 'object' THEN
        PERFORM vvault._refuse_message('metadata', 'metadata is a JSON object', '22023',
                                       'Wrap it in an object.');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_file_metadata(jsonb) IS '22023 for metadata that is no object';

-- A retry must not make a second copy: what is already there is the answer, also for somebody
-- who expected the version before it.
CREATE FUNCTION vvault._put_content(target vvault._file_key, content bytea, upload uuid,
                                    expected_version bigint, media_type text, metadata jsonb,
                                    encrypted text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    may_be_same boolean :=
        target.version > 0 AND target.deleted_at IS NULL
        AND target.encrypted = _put_content.encrypted
        AND target.media_type = coalesce(_put_content.media_type, target.media_type)
        AND (expected_version IS NULL OR expected_version IN (target.version, target.version - 1));
    added bigint;
BEGIN
    IF NOT may_be_same THEN
        PERFORM vvault._check_expected(target, expected_version);
    END IF;
    added := vvault._add_version(target, content,
                                 coalesce(_put_content.media_type,
                                          CASE _put_content.encrypted
                                              WHEN 'client' THEN 'application/octet-stream'
                                              ELSE vvault._media_type(target.path)
                                          END),
                                 _put_content.metadata, _put_content.encrypted, NULL, may_be_same,
                                 upload);
    IF added IS NULL THEN
        RETURN target.version;
    END IF;
    -- It was another content after all: the error undoes what was added.
    PERFORM vvault._check_expected(target, expected_version);
    RETURN added;
END
$$;
COMMENT ON FUNCTION vvault._put_content(vvault._file_key, bytea, uuid, bigint, text, jsonb, text)
    IS 'content or an upload as the next version of a locked file, unless it is the current one; VV007 unless the expected version is the current one';

CREATE FUNCTION vvault.put_file(path text, content bytea, expected_version bigint DEFAULT NULL,
                                media_type text DEFAULT NULL, metadata jsonb DEFAULT NULL,
                                encrypted text DEFAULT 'server') RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require('files:write');
    PERFORM vvault._check_path(coalesce(path, ''));
    IF content IS NULL THEN
        PERFORM vvault._refuse_message('content', 'a file needs content', '22023',
                                       'Give an empty bytea for an empty file.');
    END IF;
    IF octet_length(content) > 268435456 THEN
        PERFORM vvault._refuse_message('content', 'the content is larger than 256 MiB', '54000',
                                       'Send it in parts; see vvault.begin_upload(path).');
    END IF;
    PERFORM vvault._check_media_type(media_type);
    PERFORM vvault._check_file_metadata(metadata);
    PERFORM vvault._check_encrypted(encrypted, content);
    RETURN vvault._put_content(vvault._lock_file(vvault._home_of(path), path), content, NULL,
                               expected_version, media_type, metadata, encrypted);
END
$$;
COMMENT ON FUNCTION vvault.put_file(text, bytea, bigint, text, jsonb, text)
    IS 'store content as the next version of a file and return its number; the same content again stores nothing; VV007 unless expected_version (0: no file) is the current one; encrypted is client for content that the client sealed and the server never opens';

CREATE FUNCTION vvault.restore_file(path text, version bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._file_key;
    old record;
BEGIN
    PERFORM vvault._require('files:write');
    target := vvault._find_file(restore_file.path, 2);
    IF restore_file.version IS NULL THEN
        PERFORM vvault._refuse_message('version', 'say which version to restore', '22023',
                                       'See vvault.file_history(path).');
    END IF;
    target := vvault._lock_file(target.user_id, target.path);
    PERFORM vvault._find_version(target, restore_file.version, NULL);
    SELECT v.is_deletion, coalesce(v.media_type, vvault._media_type(target.path)) AS media_type,
           coalesce(v.encrypted, 'server') AS encrypted
      INTO old
      FROM vvault.vault_file_versions v
     WHERE v.user_id = target.user_id AND v.file_id = target.id
       AND v.version = restore_file.version;
    IF old.is_deletion THEN
        RAISE EXCEPTION 'a deletion cannot be restored'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "version" names the file''s deletion.',
                  HINT = 'Restore a version before it, or call vvault.delete_file(path).';
    END IF;
    RETURN vvault._add_version(target, NULL, old.media_type, NULL, old.encrypted,
                               restore_file.version);
END
$$;
COMMENT ON FUNCTION vvault.restore_file(text, bigint)
    IS 'make an old version the newest one again, as a new version; also brings back a deleted file';

CREATE FUNCTION vvault.delete_file(path text, expected_version bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._file_key;
    new_version bigint;
BEGIN
    PERFORM vvault._require('files:write');
    target := vvault._find_file(path, 2);
    target := vvault._lock_file(target.user_id, target.path);
    -- What a retry meets: the file that it deleted when it had the expected version.
    IF target.deleted_at IS NOT NULL
       AND coalesce(expected_version, target.version - 1) = target.version - 1 THEN
        RETURN target.version;
    END IF;
    PERFORM vvault._check_expected(target, expected_version);
    new_version := target.version + 1;
    INSERT INTO vvault.vault_file_versions (user_id, file_id, version, construct_id, is_deletion, size)
    VALUES (target.user_id, target.id, new_version, target.construct_id, true, 0);
    UPDATE vvault.vault_files f SET version = new_version, size = 0, updated_at = now(), deleted_at = now()
     WHERE f.user_id = target.user_id AND f.id = target.id;
    RETURN new_version;
END
$$;
COMMENT ON FUNCTION vvault.delete_file(text, bigint)
    IS 'delete a file by a version that says so; its history stays and can be restored; VV007 unless expected_version is the current one';
