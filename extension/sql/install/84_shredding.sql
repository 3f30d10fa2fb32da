-- Destroying content by destroying its key. The rows stay, and so does the ledger; what they
-- hold opens for nobody any more.

CREATE FUNCTION vvault._shred_keys(owner uuid, scopes uuid[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    total bigint;
BEGIN
    UPDATE vvault.data_keys k SET state = 'shredded', wrapped = NULL
     WHERE k.user_id = owner AND k.state <> 'shredded'
       AND (scopes IS NULL OR k.scope_id = ANY (scopes));
    GET DIAGNOSTICS total = ROW_COUNT;
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault._shred_keys(uuid, uuid[])
    IS 'destroy a person''s keys for these constructs and files, or all; the caller holds them';

CREATE FUNCTION vvault.shred_file(path text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._file_key;
BEGIN
    PERFORM vvault._require('files:write');
    PERFORM vvault._require_fresh_snapshots();
    target := vvault._find_file(coalesce(path, ''), 4);
    PERFORM vvault._refuse_if_held(vvault._is_held(target.user_id, target.path));
    PERFORM vvault._hold_keys(target.user_id);
    RETURN vvault._shred_keys(target.user_id, ARRAY[target.id]);
END
$$;
COMMENT ON FUNCTION vvault.shred_file(text)
    IS 'destroy every version of a file of one''s own for good, in backups without the key table too; the path can be written again; returns how many keys were destroyed';

CREATE FUNCTION vvault.shred_construct(name text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault.construct;
BEGIN
    PERFORM vvault._require('messages:write');
    PERFORM vvault._require('files:write');
    PERFORM vvault._require_fresh_snapshots();
    target := vvault._need_construct(name, 4);
    PERFORM vvault._refuse_if_held(
        vvault._is_held_below(target.owner_id, 'instances/' || target.name || '/'), true);
    -- What can no longer be read is not written to either; a new conversation has a new key.
    -- Before the keys are held: whoever has such a row's lock may still be about to seal.
    UPDATE vvault.sessions s SET ended_at = now(), updated_at = now()
     WHERE s.user_id = target.owner_id AND s.construct_id = target.id AND s.ended_at IS NULL;
    PERFORM vvault._hold_keys(target.owner_id);
    RETURN vvault._shred_keys(
        target.owner_id,
        target.id || ARRAY(SELECT f.id FROM vvault.vault_files f
                            WHERE f.user_id = target.owner_id AND f.construct_id = target.id));
END
$$;
COMMENT ON FUNCTION vvault.shred_construct(text)
    IS 'destroy all conversations and files of a construct of one''s own for good; its conversations end, new ones can begin; returns how many keys were destroyed';

CREATE FUNCTION vvault.shred_user(owner uuid) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text;
    total bigint;
BEGIN
    PERFORM vvault._kept_person(owner::text);
    PERFORM vvault._require_fresh_snapshots();
    ticket := vvault._act_for(owner);
    PERFORM vvault._refuse_if_held(vvault._is_held_below(owner, ''), true);
    PERFORM vvault._hold_keys(owner);
    UPDATE vvault.tokens t SET revoked_at = now() WHERE t.user_id = owner AND t.revoked_at IS NULL;
    DELETE FROM vvault.construct_grants g WHERE g.owner_id = owner OR g.grantee_id = owner;
    DELETE FROM vvault.runtime_constructs r WHERE r.user_id = owner;
    DELETE FROM vvault.group_grants g WHERE g.user_id = owner;
    DELETE FROM vvault.group_members m WHERE m.user_id = owner OR m.member_id = owner;
    DELETE FROM vvault.groups g WHERE g.user_id = owner;
    PERFORM vvault._drop_identity(owner, i.id) FROM vvault.identities i WHERE i.user_id = owner;
    DELETE FROM vvault.user_emails e WHERE e.user_id = owner;
    UPDATE vvault.users u
       SET status = 'shredded', email = u.id || '@shredded.invalid', display_name = NULL
     WHERE u.id = owner;
    total := vvault._shred_keys(owner, NULL);
    PERFORM vvault._act_again(ticket);
    RETURN total;
END
$$;
COMMENT ON FUNCTION vvault.shred_user(uuid)
    IS 'destroy everything a person wrote for good: keys, tokens, grants, accounts to sign in with, name and e-mail address; the rows stay as ciphertext nobody can open; returns how many keys were destroyed';

CREATE FUNCTION vvault.shred_user(owner text) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault.shred_user(vvault._kept_person(owner));
END
$$;
COMMENT ON FUNCTION vvault.shred_user(text) IS 'the same for the person of an e-mail address or id';
