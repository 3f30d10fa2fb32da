-- Rotation. A key is never replaced in place: a new one is made, the old one opens what it
-- sealed until all of that is sealed anew, and is then destroyed.

CREATE FUNCTION vvault._hold_keys(user_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_hold_keys';
COMMENT ON FUNCTION vvault._hold_keys(uuid)
    IS 'wait for whoever seals for that user, and let nobody begin until the transaction ends';

CREATE FUNCTION vvault._share_keys(user_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_share_keys';
COMMENT ON FUNCTION vvault._share_keys(uuid)
    IS 'let nobody rotate or destroy that user''s keys until the transaction ends';

CREATE FUNCTION vvault._hold_root_keys() RETURNS void
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_hold_root_keys';
COMMENT ON FUNCTION vvault._hold_root_keys()
    IS 'wait for whoever wraps a new data key, and let nobody begin until the transaction ends';

CREATE FUNCTION vvault._make_key(user_id uuid, purpose text, scope_id uuid) RETURNS void
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_make_key';
COMMENT ON FUNCTION vvault._make_key(uuid, text, uuid) IS 'make the active key where there is none';

CREATE FUNCTION vvault._newest_root_key(OUT id integer, OUT check_value bytea)
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_newest_root_key';
COMMENT ON FUNCTION vvault._newest_root_key() IS 'the highest number of the ring, and what proves its key';

CREATE FUNCTION vvault._root_key_in_ring(id integer, check_value bytea) RETURNS boolean
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_root_key_in_ring';
COMMENT ON FUNCTION vvault._root_key_in_ring(integer, bytea)
    IS 'whether the ring holds this very key';

CREATE FUNCTION vvault._rewrap_key(user_id uuid, id bigint, wrapped bytea, old_root integer,
                                   old_check bytea, new_root integer, new_check bytea,
                                   purpose text, scope_id uuid) RETURNS bytea
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_rewrap_key';
COMMENT ON FUNCTION vvault._rewrap_key(uuid, bigint, bytea, integer, bytea, integer, bytea, text, uuid)
    IS 'a data key under another root key';

-- Old snapshots would miss a key that somebody has just made, and it would be left behind.
CREATE FUNCTION vvault._require_fresh_snapshots() RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF current_setting('transaction_isolation') NOT IN ('read committed', 'read uncommitted') THEN
        RAISE EXCEPTION 'keys are not changed from an old snapshot'
            USING ERRCODE = '25001',
                  DETAIL = 'A key made since this transaction began would not be seen.',
                  HINT = 'Use a transaction of isolation level READ COMMITTED.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._require_fresh_snapshots() IS '25001 above READ COMMITTED';

-- Session user, because inside of these functions the current one is always their owner. Who
-- is no administrator learns nothing of other people's addresses here.
CREATE FUNCTION vvault._kept_person(owner text) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    hit uuid;
    keeper boolean := pg_has_role(session_user, 'vvault_admin', 'MEMBER');
    me uuid := CASE WHEN NOT keeper THEN vvault._require('*') END;
BEGIN
    SELECT e.user_id INTO hit FROM vvault.user_emails e
     WHERE (e.email = lower(owner) OR e.user_id::text = lower(owner))
       AND (keeper OR e.user_id = me);
    IF hit IS NULL AND keeper THEN
        RAISE EXCEPTION 'no such person in this vault'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "owner" is nobody''s e-mail address or id.',
                  HINT = 'A person whose vault was destroyed is gone from here too.';
    ELSIF hit IS NULL THEN
        RAISE EXCEPTION 'not permitted on another person''s keys'
            USING ERRCODE = '42501', DETAIL = 'Argument "owner" is not the current user.',
                  HINT = 'Ask an administrator.';
    END IF;
    RETURN hit;
END
$$;
COMMENT ON FUNCTION vvault._kept_person(text)
    IS 'the person of that e-mail address or id, for an administrator''s session (else P0002) or that person with a token for everything (else 42501)';

-- Whoever is that person already stays so, and the ledger names the person.
CREATE FUNCTION vvault._act_for(owner uuid) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
BEGIN
    IF vvault.current_user_id() IS DISTINCT FROM owner THEN
        PERFORM vvault._act_as(owner);
    END IF;
    RETURN ticket;
END
$$;
COMMENT ON FUNCTION vvault._act_for(uuid)
    IS 'be that user, without any scope; gives the ticket to set back';

CREATE FUNCTION vvault.rotate_root_key() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else changes keys; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    newest record;
    missing integer;
    owner uuid;
    ticket text := vvault._ticket();
    changed bigint;
    total bigint := 0;
BEGIN
    PERFORM vvault._require_fresh_snapshots();
    PERFORM vvault._hold_root_keys();
    SELECT * INTO newest FROM vvault._newest_root_key();
    SELECT max(r.id) INTO missing FROM vvault.root_keys r WHERE r.id > newest.id;
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'root key % is missing', missing
            USING ERRCODE = 'VV003', DETAIL = 'It is in use, and the ring ends before it.',
                  HINT = 'Put it back into the ring; a new key needs a higher number.';
    END IF;
    INSERT INTO vvault.root_keys (id, check_value) VALUES (newest.id, newest.check_value)
    ON CONFLICT DO NOTHING;
    IF NOT EXISTS (SELECT FROM vvault.root_keys r
                    WHERE r.id = newest.id AND r.check_value = newest.check_value) THEN
        RAISE EXCEPTION 'root key % is not the one this vault was sealed with', newest.id
            USING ERRCODE = 'VV004', DETAIL = 'Its number was used for another key.',
                  HINT = 'Give a new key a number of its own.';
    END IF;
    FOR owner IN SELECT e.user_id FROM vvault.user_emails e LOOP
        PERFORM vvault._act_as(owner);
        UPDATE vvault.data_keys k
           SET root_key_id = newest.id,
               wrapped = vvault._rewrap_key(k.user_id, k.id, k.wrapped, r.id, r.check_value,
                                            newest.id, newest.check_value, k.purpose, k.scope_id)
          FROM vvault.root_keys r
         WHERE k.user_id = owner AND k.root_key_id <> newest.id AND k.state <> 'shredded'
           AND r.id = k.root_key_id;
        GET DIAGNOSTICS changed = ROW_COUNT;
        total := total + changed;
    END LOOP;
    PERFORM vvault._act_again(ticket);
    UPDATE vvault.mirrors m
       SET root_key_id = newest.id,
           wrapped = vvault._rewrap_key(m.id, 1, m.wrapped, r.id, r.check_value, newest.id,
                                        newest.check_value, 'mirror', m.user_id)
      FROM vvault.root_keys r
     WHERE m.root_key_id <> newest.id AND r.id = m.root_key_id;
    UPDATE vvault.root_keys r SET retired_at = now() WHERE r.id < newest.id AND r.retired_at IS NULL;
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault.rotate_root_key()
    IS 'wrap every data key with the newest root key of the ring, all or none; returns how many, 0 where none was left to do';

-- Invoker: row security shows an administrator all keys without their bytes.
CREATE FUNCTION vvault.root_key_status()
    RETURNS TABLE (id integer, check_value text, in_ring boolean, data_keys bigint,
                   retired_at timestamptz, created_at timestamptz)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    open boolean := vvault._ring_is_there();
BEGIN
    RETURN QUERY
        SELECT r.id, encode(substring(r.check_value FROM 1 FOR 4), 'hex'),
               CASE WHEN open THEN vvault._root_key_in_ring(r.id, r.check_value) END,
               (SELECT count(*) FROM vvault.data_keys k
                 WHERE k.root_key_id = r.id AND k.state <> 'shredded')
               + (SELECT count(*) FROM vvault.mirrors m WHERE m.root_key_id = r.id),
               r.retired_at, r.created_at
          FROM vvault.root_keys r ORDER BY r.id;
END
$$;
COMMENT ON FUNCTION vvault.root_key_status()
    IS 'the root keys that this vault has met, whether the ring holds each (null while it cannot be read), and how many data keys and keys of mirrors still need it';

CREATE FUNCTION vvault.rotate_data_key(owner uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text;
    one record;
    total bigint := 0;
BEGIN
    PERFORM vvault._kept_person(owner::text);
    PERFORM vvault._require_fresh_snapshots();
    PERFORM vvault._hold_keys(owner);
    ticket := vvault._act_for(owner);
    FOR one IN UPDATE vvault.data_keys k SET state = 'retired'
                WHERE k.user_id = owner AND k.state = 'active'
               RETURNING k.purpose, k.scope_id LOOP
        PERFORM vvault._make_key(owner, one.purpose, one.scope_id);
        total := total + 1;
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault.rotate_data_key(uuid)
    IS 'new keys for all that a person writes from now on; the old ones open what they sealed until reencrypt() is through; returns how many';

CREATE FUNCTION vvault.rotate_data_key(owner text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault.rotate_data_key(vvault._kept_person(owner));
END
$$;
COMMENT ON FUNCTION vvault.rotate_data_key(text)
    IS 'the same for the person of an e-mail address or id';
