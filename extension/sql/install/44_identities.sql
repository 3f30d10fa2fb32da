-- As whom one is known elsewhere: a person links and unlinks accounts of issuers.

CREATE FUNCTION vvault.link_identity(id_token text, nonce text DEFAULT NULL) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    claims vvault._id_claims;
    owner uuid;
    identity uuid;
BEGIN
    -- A sign-in may do all but administration; a narrow token makes no wider way in.
    PERFORM vvault._require('*');
    claims := vvault._accept_id_token(id_token, nonce, NULL);
    PERFORM pg_advisory_xact_lock(hashtextextended('vvault.subject ' || claims.subject, 0));
    SELECT s.user_id, s.identity_id INTO owner, identity FROM vvault.identity_subjects s
     WHERE s.issuer = claims.issuer AND s.subject = claims.subject;
    IF owner = me THEN
        RETURN identity;
    ELSIF owner IS NOT NULL THEN
        RAISE EXCEPTION 'this account is linked to another person'
            USING ERRCODE = '23505', DETAIL = 'Argument "id_token" is somebody''s who signs in here.',
                  HINT = 'That person unlinks it with vvault.unlink_identity(id).';
    END IF;
    RETURN vvault._add_identity(me, claims.issuer, claims.subject);
END
$$;
COMMENT ON FUNCTION vvault.link_identity(text, text)
    IS 'from now on the current user signs in with this account too; returns its id here';

CREATE FUNCTION vvault.list_identities()
    RETURNS TABLE (id uuid, issuer text, created_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
BEGIN
    RETURN QUERY SELECT i.id, i.issuer, i.created_at FROM vvault.identities i
                  WHERE i.user_id = me ORDER BY i.id;
END
$$;
COMMENT ON FUNCTION vvault.list_identities() IS 'the accounts that the current user signs in with';

CREATE FUNCTION vvault._drop_identity(person uuid, identity uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    DELETE FROM vvault.identities i WHERE i.user_id = person AND i.id = identity;
    IF NOT FOUND THEN
        RETURN false;
    END IF;
    DELETE FROM vvault.identity_subjects s WHERE s.user_id = person AND s.identity_id = identity;
    UPDATE vvault.tokens t SET revoked_at = now()
     WHERE t.user_id = person AND t.identity_id = identity AND t.revoked_at IS NULL;
    RETURN true;
END
$$;
COMMENT ON FUNCTION vvault._drop_identity(uuid, uuid)
    IS 'forget an account of the person who is acted for, and end the sign-ins made by it';

CREATE FUNCTION vvault.unlink_identity(id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN vvault._drop_identity(vvault._require('tokens:write'), unlink_identity.id);
END
$$;
COMMENT ON FUNCTION vvault.unlink_identity(uuid)
    IS 'sign in with this account no more, and end the sign-ins made by it; false where it is none of yours';
