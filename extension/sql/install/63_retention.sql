-- What may be removed for good, and what must stay: legal holds, purging, retention.

-- A hold must bind whoever removes something at the same moment. Both take this lock, shared
-- by those who remove, and the look at the holds must be newer than the lock: a transaction
-- that reads an old snapshot would not see a hold placed since, so it may remove nothing.
CREATE FUNCTION vvault._lock_holds(owner uuid, exclusive boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF exclusive THEN
        PERFORM pg_advisory_xact_lock(hashtextextended('vvault.hold.' || owner, 0));
        RETURN;
    END IF;
    IF current_setting('transaction_isolation') <> 'read committed' THEN
        RAISE EXCEPTION 'nothing is removed for good from an old snapshot'
            USING ERRCODE = '25001',
                  DETAIL = 'A legal hold placed since this transaction began would not be seen.',
                  HINT = 'Use a transaction of isolation level READ COMMITTED.';
    END IF;
    PERFORM pg_advisory_xact_lock_shared(hashtextextended('vvault.hold.' || owner, 0));
END
$$;
COMMENT ON FUNCTION vvault._lock_holds(uuid, boolean)
    IS 'keep a person''s holds as they are until this transaction ends; the one who places waits for those who remove';

CREATE FUNCTION vvault._is_held(owner uuid, path text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._lock_holds(owner, false);
    RETURN EXISTS (SELECT FROM vvault.legal_holds h
                    WHERE h.user_id = owner AND h.lifted_at IS NULL AND starts_with(path, h.prefix));
END
$$;
COMMENT ON FUNCTION vvault._is_held(uuid, text)
    IS 'whether a legal hold is on the path; stays true or false until the transaction ends';

CREATE FUNCTION vvault._is_held_below(owner uuid, prefix text) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._lock_holds(owner, false);
    RETURN EXISTS (SELECT FROM vvault.legal_holds h
                    WHERE h.user_id = owner AND h.lifted_at IS NULL
                      AND (starts_with(_is_held_below.prefix, h.prefix)
                           OR starts_with(h.prefix, _is_held_below.prefix)));
END
$$;
COMMENT ON FUNCTION vvault._is_held_below(uuid, text)
    IS 'whether a legal hold is on any path that begins so, for what takes a whole folder or person';

CREATE FUNCTION vvault._refuse_if_held(held boolean, has_parts boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF held THEN
        RAISE EXCEPTION '% on legal hold', CASE WHEN has_parts THEN 'something of it is'
                                                ELSE 'the file is' END
            USING ERRCODE = 'VV010',
                  DETAIL = CASE WHEN has_parts THEN 'A hold is on a path that would be destroyed.'
                                ELSE 'Argument "path" lies below a held prefix.' END,
                  HINT = 'An administrator lifts holds with vvault.lift_hold(id, reason).';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._refuse_if_held(boolean, boolean)
    IS 'VV010 for what is on legal hold: a file, or something with parts, one of which is';

-- The last line: whoever deletes a version, and be it the owner of the table by hand, meets the
-- hold. Somebody without an identity is not shown the file, so any hold of its owner counts.
CREATE FUNCTION vvault._guard_held() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    path text := (SELECT f.path FROM vvault.vault_files f
                   WHERE f.user_id = OLD.user_id AND f.id = OLD.file_id);
BEGIN
    PERFORM vvault._refuse_if_held(CASE WHEN path IS NULL THEN vvault._is_held_below(OLD.user_id, '')
                                        ELSE vvault._is_held(OLD.user_id, path) END);
    RETURN OLD;
END
$$;
COMMENT ON FUNCTION vvault._guard_held() IS 'refuse to delete a version that is on legal hold (VV010)';

CREATE FUNCTION vvault.place_hold(owner uuid, prefix text, reason text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may add rows; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    new_id uuid := vvault.uuidv7();
BEGIN
    PERFORM vvault._check_text('reason', reason, 4000);
    IF prefix IS NULL OR octet_length(prefix) > 1024 OR starts_with(prefix, '/') THEN
        PERFORM vvault._refuse_message('prefix', 'this is the beginning of no path', '22023',
                                       'Write it as instances/zen-001/, or empty for everything.');
    END IF;
    PERFORM vvault._kept_person(owner::text);
    PERFORM vvault._lock_holds(owner, true);
    INSERT INTO vvault.legal_holds (user_id, id, prefix, reason, placed_by)
    VALUES (owner, new_id, place_hold.prefix, place_hold.reason, session_user);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION vvault.place_hold(uuid, text, text)
    IS 'let nothing of a person''s paths that begin so be purged, expired or shredded; for administrators';

CREATE FUNCTION vvault.place_hold(owner text, prefix text, reason text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault.place_hold(vvault._kept_person(owner), prefix, reason);
END
$$;
COMMENT ON FUNCTION vvault.place_hold(text, text, text)
    IS 'the same for a person named by e-mail address or id';

CREATE FUNCTION vvault.lift_hold(id uuid, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_text('reason', reason, 4000);
    UPDATE vvault.legal_holds h
       SET lifted_by = session_user, lifted_at = now(), lift_reason = lift_hold.reason
     WHERE h.id = lift_hold.id AND h.lifted_at IS NULL;
    IF NOT FOUND THEN
        PERFORM vvault._refuse_message('id', 'no such hold in force', 'P0002', 'See vvault.list_holds().');
    END IF;
END
$$;
COMMENT ON FUNCTION vvault.lift_hold(uuid, text)
    IS 'end a legal hold; its row stays and the ledger tells who lifted it; for administrators';

-- Invoker: row security shows a person the own holds, an administrator or auditor all.
CREATE FUNCTION vvault.list_holds()
    RETURNS TABLE (id uuid, user_id uuid, prefix text, reason text, placed_by text,
                   placed_at timestamptz, lifted_by text, lifted_at timestamptz, lift_reason text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault.current_user_id() IS NULL AND NOT pg_has_role('vvault_admin', 'USAGE')
       AND NOT pg_has_role('vvault_auditor', 'USAGE') THEN
        RAISE EXCEPTION 'no identity in this transaction'
            USING ERRCODE = '28000',
                  HINT = 'Call vvault.authenticate(token) first, in the same transaction.';
    END IF;
    RETURN QUERY
        SELECT h.id, h.user_id, h.prefix, h.reason, h.placed_by, h.placed_at, h.lifted_by,
               h.lifted_at, h.lift_reason
          FROM vvault.legal_holds h ORDER BY h.placed_at, h.id;
END
$$;
COMMENT ON FUNCTION vvault.list_holds() IS 'legal holds, in force and lifted, that the reader may see';

-- What is being uploaded may have met a chunk that was there, and goes by its being there. By
-- sets and not by a join, which without statistics may become a loop in a loop.
CREATE FUNCTION vvault._not_uploading(owner uuid, chunks uuid[]) RETURNS uuid[]
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN ARRAY(SELECT unnest(chunks)
                 EXCEPT SELECT unnest(p.chunk_ids) FROM vvault.vault_upload_parts p
                         WHERE p.user_id = owner);
END
$$;
COMMENT ON FUNCTION vvault._not_uploading(uuid, uuid[])
    IS 'those of the chunks that no upload needs';

CREATE FUNCTION vvault._drop_versions(owner uuid, file_id uuid, versions bigint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    freed uuid[];
BEGIN
    -- Nobody stores a version meanwhile, and relies on a chunk that is about to go.
    PERFORM vvault._hold_keys(owner);
    DELETE FROM vvault.vault_file_versions v
     WHERE v.user_id = owner AND v.file_id = _drop_versions.file_id AND v.version = ANY (versions);
    DELETE FROM vvault.vault_file_tails t
     WHERE t.user_id = owner AND t.file_id = _drop_versions.file_id AND t.version = ANY (versions);
    WITH unused AS (
        DELETE FROM vvault.vault_chunk_uses u
         WHERE u.user_id = owner AND u.file_id = _drop_versions.file_id
           AND NOT EXISTS (SELECT FROM vvault.vault_file_versions v
                            WHERE v.user_id = u.user_id AND v.file_id = u.file_id
                              AND v.is_deletion IS NULL AND v.version >= u.first_version
                              AND (u.until_version IS NULL OR v.version < u.until_version))
        RETURNING u.chunk_id)
    SELECT array_agg(DISTINCT chunk_id) INTO freed FROM unused;
    freed := vvault._not_uploading(owner, freed);
    DELETE FROM vvault.vault_chunks c
     WHERE c.user_id = owner AND c.id = ANY (freed)
       AND NOT EXISTS (SELECT FROM vvault.vault_chunk_uses u
                        WHERE u.user_id = c.user_id AND u.chunk_id = c.id);
END
$$;
COMMENT ON FUNCTION vvault._drop_versions(uuid, uuid, bigint[])
    IS 'remove versions of a locked file and all that only they use; the caller has asked for holds';

-- The oldest version that is to stay may continue those that go, and then takes their bytes
-- over; or it has taken them over, and gives them up.
CREATE FUNCTION vvault._detach_version(target vvault._file_key, lowest bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    alone bytea := vvault._standalone_info(target.user_id, target.id, lowest);
BEGIN
    IF alone IS NULL THEN
        RETURN;
    END IF;
    PERFORM vvault._begin_resealing(target.user_id, target.id);
    UPDATE vvault.vault_file_versions v SET info = alone
     WHERE v.user_id = target.user_id AND v.file_id = target.id AND v.version = lowest;
    PERFORM vvault._end_resealing();
    DELETE FROM vvault.vault_file_tails t
     WHERE t.user_id = target.user_id AND t.file_id = target.id AND t.version = lowest;
END
$$;
COMMENT ON FUNCTION vvault._detach_version(vvault._file_key, bigint)
    IS 'let no version of a locked file from that one on need or hold anything of one before it';

-- The version that is current stays, also where it only says that the file was deleted: it
-- holds no content, and what the file is now is always told by a row.
CREATE FUNCTION vvault._drop_versions_before(target vvault._file_key, before_version bigint)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    lowest bigint := least(before_version, target.version);
    doomed bigint[] := ARRAY(SELECT v.version FROM vvault.vault_file_versions v
                              WHERE v.user_id = target.user_id AND v.file_id = target.id
                                AND v.version < lowest
                              ORDER BY v.version);
BEGIN
    IF cardinality(doomed) > 0 THEN
        PERFORM vvault._detach_version(target, lowest);
        PERFORM vvault._drop_versions(target.user_id, target.id, doomed);
    END IF;
    RETURN cardinality(doomed);
END
$$;
COMMENT ON FUNCTION vvault._drop_versions_before(vvault._file_key, bigint)
    IS 'remove what is older than that version and than the current one; returns how many';

CREATE FUNCTION vvault.purge_file(path text, before_version bigint DEFAULT NULL) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner_level CONSTANT integer := 4;
    target vvault._file_key;
BEGIN
    PERFORM vvault._require('files:write');
    target := vvault._find_file(purge_file.path, owner_level);
    target := vvault._lock_file(target.user_id, target.path);
    IF before_version IS NULL AND target.deleted_at IS NULL THEN
        PERFORM vvault._refuse_message('before_version', 'the file is not deleted', '22023',
                                       'Delete it first, or say which versions to purge.');
    END IF;
    IF before_version NOT BETWEEN 1 AND target.version THEN
        PERFORM vvault._refuse_message('before_version', 'the file has no such version', '22023',
                                       'See vvault.file_history(path).');
    END IF;
    PERFORM vvault._refuse_if_held(vvault._is_held(target.user_id, target.path));
    RETURN vvault._drop_versions_before(target, coalesce(before_version, target.version));
END
$$;
COMMENT ON FUNCTION vvault.purge_file(text, bigint)
    IS 'remove for good all content of a deleted file, or the versions before one; returns how many; VV010 on legal hold';

CREATE FUNCTION vvault._expire_versions(owner uuid, keep bigint) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    path text;
    target vvault._file_key;
    removed bigint := 0;
BEGIN
    FOR path IN
        SELECT f.path FROM vvault.vault_files f
         WHERE f.user_id = owner AND f.version > keep
           AND EXISTS (SELECT FROM vvault.vault_file_versions v
                        WHERE v.user_id = f.user_id AND v.file_id = f.id
                          AND v.version <= f.version - keep)
         ORDER BY f.path COLLATE "C"
    LOOP
        CONTINUE WHEN vvault._is_held(owner, path);
        target := vvault._lock_file(owner, path);
        removed := removed + vvault._drop_versions_before(target, target.version - keep + 1);
    END LOOP;
    RETURN removed;
END
$$;
COMMENT ON FUNCTION vvault._expire_versions(uuid, bigint)
    IS 'remove a person''s versions beyond the newest so many of each file, except held ones';

CREATE FUNCTION vvault.apply_retention() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: acts for each person in turn, without any scope; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    -- Asked first, because it loads the library that knows the settings.
    nobody uuid := vvault.current_user_id();
    keep bigint := current_setting('vvault.keep_versions')::bigint;
    ticket text := vvault._ticket();
    owner uuid;
    removed bigint := 0;
BEGIN
    IF keep = 0 THEN
        RETURN 0;
    END IF;
    FOR owner IN SELECT e.user_id FROM vvault.user_emails e ORDER BY e.user_id LOOP
        PERFORM vvault._act_as(owner);
        removed := removed + vvault._expire_versions(owner, keep);
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN removed;
END
$$;
COMMENT ON FUNCTION vvault.apply_retention()
    IS 'remove for good the versions that vvault.keep_versions leaves no room for; returns how many; never the current or a held one';
