-- Files that come in parts, each in a transaction of its own: a slow client holds no connection,
-- and nobody holds a large file in memory. A part's chunks are stored as it comes, where nothing
-- names them; a version, and its entry in the ledger, is made at the end alone, of all or nothing.

-- The same at each step, since grants end and tokens are bound.
CREATE FUNCTION vvault._home_of_upload(path text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    home uuid := vvault._home_of(path);
    construct uuid := (SELECT c.id FROM vvault.constructs c
                        WHERE c.owner_id = home
                          AND c.name = vvault.callsign(substring(path FROM '^instances/([^/]+)/.')));
BEGIN
    IF vvault.access_level(home, construct) < 2 THEN
        PERFORM vvault._refuse_outside('path');
        RAISE EXCEPTION 'not permitted on this file'
            USING ERRCODE = '42501', DETAIL = 'You may not write a file of this path.',
                  HINT = 'Use another path, or ask the construct''s owner for a stronger role.';
    END IF;
    RETURN home;
END
$$;
COMMENT ON FUNCTION vvault._home_of_upload(text)
    IS 'in whose vault a file of that path belongs, or 42501 for who may not write it';

CREATE FUNCTION vvault.begin_upload(path text, expected_version bigint DEFAULT NULL,
                                    media_type text DEFAULT NULL, encrypted text DEFAULT 'server',
                                    keep_for interval DEFAULT '1 day') RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    at_once CONSTANT integer := 64;
    me uuid := vvault._require('files:write');
    home uuid;
    folder text := substring(begin_upload.path FROM '^instances/([^/]+)/.');
    target vvault._file_key;
    new_id uuid := vvault.uuidv7();
BEGIN
    PERFORM vvault._check_path(coalesce(begin_upload.path, ''));
    PERFORM vvault._check_media_type(begin_upload.media_type);
    IF begin_upload.encrypted IS NULL OR begin_upload.encrypted NOT IN ('server', 'client') THEN
        PERFORM vvault._refuse_message('encrypted', 'content is sealed by the server or the client',
                                       '22023', 'Write server or client.');
    END IF;
    IF begin_upload.keep_for IS NULL OR begin_upload.keep_for <= interval '0'
       OR begin_upload.keep_for > interval '7 days' THEN
        PERFORM vvault._refuse_message('keep_for', 'an upload is kept for seven days at most', '22023',
                                       'Leave it out for one day after each part.');
    END IF;
    home := vvault._home_of_upload(begin_upload.path);
    SELECT f.user_id, f.id, f.construct_id, f.path, f.version, f.deleted_at, f.media_type,
           f.encrypted INTO target
      FROM vvault.vault_files f WHERE f.user_id = home AND f.path = begin_upload.path;
    IF target.id IS NULL AND folder IS NOT NULL THEN
        PERFORM vvault._check_callsign(folder);
        target.construct_id := (SELECT c.id FROM vvault.constructs c
                                 WHERE c.owner_id = home AND c.name = vvault.callsign(folder));
    END IF;
    -- What cannot be right at the end either, not even as a repetition.
    IF begin_upload.expected_version <> coalesce(target.version, 0) - 1
       OR target.version IS NULL OR target.deleted_at IS NOT NULL THEN
        target.version := coalesce(target.version, 0);
        PERFORM vvault._check_expected(target, begin_upload.expected_version);
    END IF;
    IF (SELECT count(*) FROM vvault.vault_uploads u
         WHERE u.user_id = home AND u.uploader_id = me AND u.version IS NULL
           AND u.expires_at > now()) >= at_once THEN
        RAISE EXCEPTION 'too many uploads have not ended'
            USING ERRCODE = '53400', DETAIL = format('There are %s of yours in this vault.', at_once),
                  HINT = 'Finish or abandon some.';
    END IF;
    INSERT INTO vvault.vault_uploads (user_id, id, uploader_id, scope_id, path, media_type,
                                      encrypted, expected_version, keep_for, expires_at)
    VALUES (home, new_id, me, coalesce(target.id, target.construct_id), begin_upload.path,
            begin_upload.media_type, begin_upload.encrypted, begin_upload.expected_version,
            begin_upload.keep_for, now() + begin_upload.keep_for);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION vvault.begin_upload(text, bigint, text, text, interval)
    IS 'begin to send a file in parts and return what names them; the other arguments are those of put_file(); forgotten when no part came for so long';

-- Whoever may no longer write where it goes has no upload any more.
CREATE FUNCTION vvault._lock_upload(upload uuid) RETURNS vvault._upload
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    locked vvault._upload;
BEGIN
    SELECT u.user_id, u.id, u.scope_id, u.path, u.media_type, u.encrypted, u.expected_version,
           u.received, u.parts, u.state, u.version INTO locked
      FROM vvault.vault_uploads u
     WHERE u.user_id = ANY (vvault._visible_owners()) AND u.id = upload
       AND u.uploader_id = vvault.current_user_id() AND u.expires_at > now()
       FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'upload not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "id" names no upload of yours, or one that has expired.',
                  HINT = 'Begin again with vvault.begin_upload(path).';
    END IF;
    IF vvault._home_of_upload(locked.path) <> locked.user_id THEN
        RAISE EXCEPTION 'not permitted on this file'
            USING ERRCODE = '42501', DETAIL = 'Its path no longer leads where the upload was begun.',
                  HINT = 'Begin again with vvault.begin_upload(path).';
    END IF;
    RETURN locked;
END
$$;
COMMENT ON FUNCTION vvault._lock_upload(uuid)
    IS 'the caller''s upload, locked until the transaction ends; P0002, or 42501 where its path is out of reach now';

CREATE FUNCTION vvault.append_upload(id uuid, "offset" bigint, data bytea) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    part_size CONSTANT integer := 16777216;
    file_size CONSTANT bigint := 17179869184;
    target vvault._upload;
    earlier record;
    part record;
BEGIN
    PERFORM vvault._require('files:write');
    IF coalesce(octet_length(data), 0) NOT BETWEEN 1 AND part_size THEN
        PERFORM vvault._refuse_message('data', 'a part has from 1 byte to 16 MiB',
                                       CASE WHEN octet_length(data) > part_size THEN '54000' ELSE '22023' END,
                                       'Send more parts, or fewer.');
    END IF;
    target := vvault._lock_upload(append_upload.id);
    IF target.version IS NULL AND "offset" = target.received THEN
        IF target.received + octet_length(data) > file_size THEN
            PERFORM vvault._refuse_message('data', 'the file is larger than 16 GiB', '54000',
                                           'Split it into several files.');
        END IF;
        IF target.parts = 0 THEN
            PERFORM vvault._check_encrypted(target.encrypted, data);
        END IF;
        part := vvault._append_part(target.user_id, target.id, target.scope_id, target.parts + 1,
                                    target.state, data);
        INSERT INTO vvault.vault_upload_parts (user_id, upload_id, number, size, first_byte,
                                               chunk_ids, refs)
        VALUES (target.user_id, target.id, target.parts + 1, octet_length(data), "offset",
                part.chunk_ids, part.refs);
        UPDATE vvault.vault_uploads u
           SET received = target.received + octet_length(data), parts = target.parts + 1,
               state = part.state, expires_at = now() + u.keep_for
         WHERE u.user_id = target.user_id AND u.id = target.id;
        RETURN target.received + octet_length(data);
    END IF;
    -- Sent again, because nobody heard that it had come: the same part changes nothing.
    SELECT p.number, p.refs INTO earlier
      FROM vvault.vault_upload_parts p
     WHERE p.user_id = target.user_id AND p.upload_id = target.id AND p.first_byte = "offset"
       AND p.size = octet_length(data);
    IF FOUND AND vvault._is_part(target.user_id, target.id, target.scope_id, earlier.number,
                                 earlier.refs, data) THEN
        RETURN target.received;
    END IF;
    RAISE EXCEPTION 'the part does not continue the upload'
        USING ERRCODE = 'VV019',
              DETAIL = format('Argument "offset" is %s, and %s bytes have come.', "offset", target.received),
              HINT = 'Go on behind what has come; what is sent again must be the same part.';
END
$$;
COMMENT ON FUNCTION vvault.append_upload(uuid, bigint, bytea)
    IS 'the next part of an upload, from that byte on; returns how many bytes have come; the same part again changes nothing; VV019 for any other that does not begin there';

CREATE FUNCTION vvault.finish_upload(id uuid, sha256 text DEFAULT NULL, metadata jsonb DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
DECLARE
    target vvault._upload;
    added bigint;
BEGIN
    PERFORM vvault._require('files:write');
    PERFORM vvault._check_file_metadata(metadata);
    target := vvault._lock_upload(finish_upload.id);
    IF target.version IS NOT NULL THEN
        RETURN target.version;
    END IF;
    IF sha256 <> encode(vvault._upload_digest(target.user_id, target.id, target.scope_id,
                                              target.state), 'hex') THEN
        RAISE EXCEPTION 'the content is not what was announced'
            USING ERRCODE = 'VV020', DETAIL = 'Argument "sha256" is not that of the bytes that came.',
                  HINT = 'Send it again with vvault.begin_upload(path).';
    END IF;
    IF target.parts = 0 THEN
        PERFORM vvault._check_encrypted(target.encrypted, '');
    END IF;
    added := vvault._put_content(vvault._lock_file(target.user_id, target.path), NULL, target.id,
                                 target.expected_version, target.media_type, metadata,
                                 target.encrypted);
    DELETE FROM vvault.vault_upload_parts p
     WHERE p.user_id = target.user_id AND p.upload_id = target.id;
    -- The row stays a while, for whoever asks again because the answer was lost.
    UPDATE vvault.vault_uploads u
       SET version = added, state = NULL, parts = 0, expires_at = now() + interval '1 hour'
     WHERE u.user_id = target.user_id AND u.id = target.id;
    RETURN added;
END
$$;
COMMENT ON FUNCTION vvault.finish_upload(uuid, text, jsonb)
    IS 'make what came the next version of its file, as put_file() would, and return its number; a second time the same; VV020 unless its SHA-256 is that one, VV007 unless the expected version is the current one';

CREATE FUNCTION vvault.abandon_upload(id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM vvault._require('files:write');
    UPDATE vvault.vault_uploads u SET expires_at = now()
     WHERE u.user_id = ANY (vvault._visible_owners()) AND u.id = abandon_upload.id
       AND u.uploader_id = vvault.current_user_id() AND u.version IS NULL AND u.expires_at > now()
       -- What goes elsewhere is out of reach of a token of a runtime environment.
       AND (vvault.current_owner_id() IS NOT NULL
            OR EXISTS (SELECT FROM vvault.constructs c
                        WHERE c.owner_id = u.user_id AND vvault.access_level(c.owner_id, c.id) >= 2
                          AND c.name = vvault.callsign(substring(u.path FROM '^instances/([^/]+)/.'))));
END
$$;
COMMENT ON FUNCTION vvault.abandon_upload(uuid)
    IS 'let an upload expire now, as if it had never been begun; no error where there is none';

-- Chunks that an upload alone has used go with its parts; nobody stores a version meanwhile and
-- relies on one that is about to go.
CREATE FUNCTION vvault._drop_parts(owner uuid, upload uuid, most bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    freed uuid[];
    dropped bigint;
BEGIN
    PERFORM vvault._hold_keys(owner);
    WITH gone AS (
        DELETE FROM vvault.vault_upload_parts p
         WHERE p.user_id = owner AND p.upload_id = upload
           AND p.number IN (SELECT n.number FROM vvault.vault_upload_parts n
                             WHERE n.user_id = owner AND n.upload_id = upload
                             ORDER BY n.number LIMIT most)
        RETURNING p.number, p.chunk_ids)
    SELECT count(DISTINCT gone.number), array_agg(DISTINCT chunk)
      INTO dropped, freed
      FROM gone LEFT JOIN LATERAL unnest(gone.chunk_ids) AS chunk ON true;
    freed := vvault._not_uploading(owner, freed);
    DELETE FROM vvault.vault_chunks c
     WHERE c.user_id = owner AND c.id = ANY (freed)
       AND NOT EXISTS (SELECT FROM vvault.vault_chunk_uses u
                        WHERE u.user_id = c.user_id AND u.chunk_id = c.id);
    RETURN dropped;
END
$$;
COMMENT ON FUNCTION vvault._drop_parts(uuid, uuid, bigint)
    IS 'remove so many parts of a locked upload and what only they use; returns how many there were';

CREATE FUNCTION vvault.sweep_uploads(most integer DEFAULT 64) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: acts for each person in turn, without any scope; EXECUTE is not for people.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
    owner uuid;
    one record;
    dropped bigint;
    removed bigint := 0;
BEGIN
    IF most IS NULL OR most < 1 THEN
        PERFORM vvault._refuse_message('most', 'a batch has at least one part', '22023',
                                       'Leave it out for 64.');
    END IF;
    -- What was seen in an old snapshot may be in use by now.
    PERFORM vvault._require_fresh_snapshots();
    FOR one IN SELECT u.user_id, u.id FROM vvault.vault_uploads u
                WHERE u.expires_at <= now() ORDER BY u.expires_at LOOP
        -- One person a call: whoever waits for the keys of several may wait in a circle.
        CONTINUE WHEN one.user_id <> owner;
        EXIT WHEN removed >= most;
        PERFORM vvault._act_as(one.user_id);
        PERFORM FROM vvault.vault_uploads u
          WHERE u.user_id = one.user_id AND u.id = one.id AND u.expires_at <= now()
            FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        owner := one.user_id;
        removed := removed + vvault._drop_parts(one.user_id, one.id, most - removed);
        DELETE FROM vvault.vault_uploads u
         WHERE u.user_id = one.user_id AND u.id = one.id
           AND NOT EXISTS (SELECT FROM vvault.vault_upload_parts p
                            WHERE p.user_id = u.user_id AND p.upload_id = u.id);
        GET DIAGNOSTICS dropped = ROW_COUNT;
        removed := removed + dropped;
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN removed;
END
$$;
COMMENT ON FUNCTION vvault.sweep_uploads(integer)
    IS 'remove what came of uploads that were abandoned or have expired, so many parts at most; returns how many uploads and parts were removed: call it until 0';
