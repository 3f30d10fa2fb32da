-- Sealing anew what retired keys have sealed: batch by batch, each a transaction of its own,
-- and nothing to remember in between, because every sealed value names its key.

CREATE FUNCTION vvault._sealed_key(sealed bytea) RETURNS bigint
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_sealed_key';
COMMENT ON FUNCTION vvault._sealed_key(bytea) IS 'the id of the data key that a value was sealed with';

CREATE FUNCTION vvault._reseal(kind integer, user_id uuid, object_id uuid, version bigint,
                               part integer, is_last boolean, scope_id uuid, sealed bytea)
    RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_reseal';
COMMENT ON FUNCTION vvault._reseal(integer, uuid, uuid, bigint, integer, boolean, uuid, bytea)
    IS 'the same content at the same place (doc/format.md) under the scope''s active key';

CREATE FUNCTION vvault._rekey_client_id(user_id uuid, construct_id uuid, message_id uuid,
                                        client_id text, role text, "timestamp" text,
                                        sealed bytea) RETURNS text
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_rekey_client_id';
COMMENT ON FUNCTION vvault._rekey_client_id(uuid, uuid, uuid, text, text, text, bytea)
    IS 'a client_id that vvault made, made with the active lookup key; any other as it is';

CREATE FUNCTION vvault._nobody_sees(before xid8) RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_nobody_sees';
COMMENT ON FUNCTION vvault._nobody_sees(xid8)
    IS 'whether every snapshot in use is newer than that transaction';

CREATE FUNCTION vvault._begin_resealing(user_id uuid, file_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_begin_resealing';
COMMENT ON FUNCTION vvault._begin_resealing(uuid, uuid)
    IS 'let the sealed bytes of that file''s versions be replaced, until _end_resealing()';

CREATE FUNCTION vvault._end_resealing() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_end_resealing';
COMMENT ON FUNCTION vvault._end_resealing() IS 'let no version be changed any more';

CREATE FUNCTION vvault._reencrypt_file(owner uuid, key bigint, file_id uuid) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._begin_resealing(owner, file_id);
    UPDATE vvault.vault_file_versions v
       SET info = vvault._reseal(4, v.user_id, v.file_id, v.version, 0, true, v.file_id, v.info)
     WHERE v.user_id = owner AND v.file_id = _reencrypt_file.file_id
       AND vvault._sealed_key(v.info) = key;
    PERFORM vvault._end_resealing();
    UPDATE vvault.vault_file_tails t
       SET info = vvault._reseal(4, t.user_id, t.file_id, t.version, 0, true, t.file_id, t.info)
     WHERE t.user_id = owner AND t.file_id = _reencrypt_file.file_id
       AND vvault._sealed_key(t.info) = key;
END
$$;
COMMENT ON FUNCTION vvault._reencrypt_file(uuid, bigint, uuid)
    IS 'seal every version of a file that a key has sealed anew, under its active key';

-- The conversation's row is locked because it orders the ledger's entries about it. One that
-- somebody else writes to is left for the next batch.
CREATE FUNCTION vvault._reencrypt_messages(owner uuid, key bigint, construct uuid, most bigint)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    session uuid;
    last bigint;
    changed bigint;
    total bigint := 0;
BEGIN
    FOR session IN SELECT s.id FROM vvault.sessions s
                    WHERE s.user_id = owner AND s.construct_id = construct ORDER BY s.id LOOP
        EXIT WHEN total >= most;
        PERFORM FROM vvault.sessions s
          WHERE s.user_id = owner AND s.id = session
            AND (vvault._sealed_key(s.title) = key
                 OR EXISTS (SELECT FROM vvault.messages m
                             WHERE m.user_id = owner AND m.session_id = session
                               AND vvault._sealed_key(m.content) = key))
            FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        UPDATE vvault.sessions s
           SET title = vvault._reseal(5, owner, s.id, 0, 0, true, construct, s.title)
         WHERE s.user_id = owner AND s.id = session AND vvault._sealed_key(s.title) = key;
        -- By a range and not by a join, which without statistics may become a loop in a loop.
        SELECT max(r.seq) INTO last
          FROM (SELECT m.seq FROM vvault.messages m
                 WHERE m.user_id = owner AND m.session_id = session
                   AND vvault._sealed_key(m.content) = key
                 ORDER BY m.seq LIMIT most - total) r;
        UPDATE vvault.messages m
           SET content = vvault._reseal(1, owner, m.id, 0, 0, true, construct, m.content),
               metadata = vvault._reseal(2, owner, m.id, 0, 0, true, construct, m.metadata),
               client_id = vvault._rekey_client_id(
                   owner, construct, m.id, m.client_id, m.role,
                   coalesce(m.timestamp_text, vvault._format_timestamp(m.created_at)), m.content)
         WHERE m.user_id = owner AND m.session_id = session AND m.seq <= last
           AND vvault._sealed_key(m.content) = key;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault._reencrypt_messages(uuid, bigint, uuid, bigint)
    IS 'seal a construct''s messages and titles anew, so many at most; returns how many messages';

-- An upload that is being appended to is left for the next batch.
CREATE FUNCTION vvault._reencrypt_uploads(owner uuid, key bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    one record;
BEGIN
    FOR one IN SELECT u.id, u.scope_id FROM vvault.vault_uploads u
                WHERE u.user_id = owner AND vvault._uploads_under(owner, key) > 0
                  FOR UPDATE SKIP LOCKED LOOP
        UPDATE vvault.vault_uploads u
           SET state = vvault._reseal_upload(owner, u.id, u.scope_id, 0, u.state)
         WHERE u.user_id = owner AND u.id = one.id AND vvault._sealed_key(u.state) = key;
        UPDATE vvault.vault_upload_parts p
           SET refs = vvault._reseal_upload(owner, p.upload_id, one.scope_id, p.number, p.refs)
         WHERE p.user_id = owner AND p.upload_id = one.id AND vvault._sealed_key(p.refs) = key;
    END LOOP;
END
$$;
COMMENT ON FUNCTION vvault._reencrypt_uploads(uuid, bigint)
    IS 'seal anew what is kept of a person''s uploads under a key';

CREATE FUNCTION vvault._uploads_under(owner uuid, key bigint) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT count(*) FROM vvault.vault_uploads u
             WHERE u.user_id = owner AND vvault._sealed_key(u.state) = key)
         + (SELECT count(*) FROM vvault.vault_upload_parts p
             WHERE p.user_id = owner AND vvault._sealed_key(p.refs) = key);
END
$$;
COMMENT ON FUNCTION vvault._uploads_under(uuid, bigint)
    IS 'how much of what is kept of a person''s uploads a key has sealed';

CREATE FUNCTION vvault._rows_under(owner uuid, key bigint, scope uuid) RETURNS bigint
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT count(*) FROM vvault.sessions s
              JOIN vvault.messages m ON m.user_id = s.user_id AND m.session_id = s.id
             WHERE s.user_id = owner AND s.construct_id = scope
               AND vvault._sealed_key(m.content) = key)
         + (SELECT count(*) FROM vvault.sessions s
             WHERE s.user_id = owner AND s.construct_id = scope
               AND vvault._sealed_key(s.title) = key)
         + (SELECT count(*) FROM vvault.vault_file_versions v
             WHERE v.user_id = owner AND v.file_id = scope AND vvault._sealed_key(v.info) = key)
         + (SELECT count(*) FROM vvault.vault_file_tails t
             WHERE t.user_id = owner AND t.file_id = scope AND vvault._sealed_key(t.info) = key)
         + vvault._uploads_under(owner, key);
END
$$;
COMMENT ON FUNCTION vvault._rows_under(uuid, bigint, uuid)
    IS 'how many messages, titles, file versions and parts of uploads a key of that construct or file has sealed';

-- One retired content key, and how much is left of it. It is destroyed only when no snapshot
-- shows the rows that it had sealed: a reader who began before is not left without it.
CREATE FUNCTION vvault._reencrypt_key(owner uuid, key bigint, scope uuid, unused_since xid8,
                                      INOUT most bigint, OUT remaining bigint)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF unused_since IS NOT NULL THEN
        remaining := CASE WHEN vvault._nobody_sees(unused_since) THEN 0 ELSE 1 END;
        IF remaining = 0 THEN
            UPDATE vvault.data_keys k SET state = 'shredded', wrapped = NULL
             WHERE k.user_id = owner AND k.id = key AND k.state = 'retired';
        END IF;
        RETURN;
    END IF;
    IF most > 0 THEN
        most := most - vvault._reencrypt_messages(owner, key, scope, most);
        PERFORM FROM vvault.vault_files f WHERE f.user_id = owner AND f.id = scope
            FOR UPDATE SKIP LOCKED;
        IF FOUND THEN
            most := most - vvault._rows_under(owner, key, scope);
            PERFORM vvault._reencrypt_file(owner, key, scope);
        END IF;
        PERFORM vvault._reencrypt_uploads(owner, key);
    END IF;
    remaining := vvault._rows_under(owner, key, scope);
    IF remaining = 0 THEN
        UPDATE vvault.data_keys k SET unused_since = pg_current_xact_id()
         WHERE k.user_id = owner AND k.id = key;
        remaining := 1;
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._reencrypt_key(uuid, bigint, uuid, xid8, bigint)
    IS 'seal anew what one retired key has sealed, so many rows at most; destroys it where nobody needs it any more';

CREATE FUNCTION vvault.reencrypt(batch integer DEFAULT 1000) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: reads what an administrator may not, and shows nothing of it.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
    most bigint := batch;
    total bigint := 0;
    one record;
    step record;
BEGIN
    IF batch IS NULL OR batch < 1 THEN
        PERFORM vvault._refuse_message('batch', 'a batch has at least one row', '22023',
                                       'Leave it out for 1000.');
    END IF;
    PERFORM vvault._require_fresh_snapshots();
    FOR one IN SELECT k.user_id, k.id, k.scope_id, k.unused_since FROM vvault.data_keys k
                WHERE k.state = 'retired' AND k.purpose = 'content'
                ORDER BY k.user_id, k.id LOOP
        PERFORM vvault._share_keys(one.user_id);
        PERFORM vvault._act_as(one.user_id);
        SELECT * INTO step
          FROM vvault._reencrypt_key(one.user_id, one.id, one.scope_id, one.unused_since, most);
        most := step.most;
        total := total + step.remaining;
    END LOOP;
    -- Digests are made anew together with the messages they are of.
    FOR one IN SELECT l.user_id, l.id FROM vvault.data_keys l
                WHERE l.state = 'retired' AND l.purpose = 'lookup'
                  AND NOT EXISTS (SELECT FROM vvault.data_keys k
                                   WHERE k.user_id = l.user_id AND k.state = 'retired'
                                     AND k.purpose = 'content'
                                     AND (l.scope_id IS NULL OR k.scope_id = l.scope_id)) LOOP
        PERFORM vvault._act_as(one.user_id);
        UPDATE vvault.data_keys k SET state = 'shredded', wrapped = NULL
         WHERE k.user_id = one.user_id AND k.id = one.id AND k.state = 'retired';
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault.reencrypt(integer)
    IS 'seal anew a batch of what retired keys have sealed; returns what is left, and 0 once every retired key is destroyed: call it until then';
