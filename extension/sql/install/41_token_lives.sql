-- What becomes of a token after it was made: it is used, renewed, replaced and put away.

CREATE FUNCTION vvault.create_api_key(name text, scopes text[] DEFAULT '{*}',
                                      expires_at timestamptz DEFAULT NULL,
                                      runtime text DEFAULT NULL) RETURNS vvault.new_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
BEGIN
    PERFORM vvault._check_token_arguments(name, scopes, expires_at);
    IF runtime IS NOT NULL THEN
        PERFORM vvault._need_runtime(runtime);
    END IF;
    PERFORM vvault._require_scopes(scopes);
    RETURN vvault._add_key(me, name, scopes, runtime, expires_at, NULL);
END
$$;
COMMENT ON FUNCTION vvault.create_api_key(text, text[], timestamptz, text)
    IS 'as create_token(), and tells the token''s id too';

-- A token never gives more than the token that made it.
CREATE FUNCTION vvault._require_scopes(scopes text[]) RETURNS void
    LANGUAGE plpgsql STABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require(asked) FROM unnest(scopes) AS asked;
END
$$;
COMMENT ON FUNCTION vvault._require_scopes(text[])
    IS '42501 where the current token lacks one of the scopes';

CREATE FUNCTION vvault._add_key(user_id uuid, name text, scopes text[], runtime text,
                                expires_at timestamptz, replaces uuid) RETURNS vvault.new_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    made record;
    new_id uuid := vvault.uuidv7();
BEGIN
    SELECT * INTO made FROM vvault._new_token();
    INSERT INTO vvault.tokens (user_id, id, name, prefix, scopes, runtime, expires_at, replaces,
                               hash_digest)
    VALUES (_add_key.user_id, new_id, _add_key.name, made.prefix, _add_key.scopes,
            _add_key.runtime, _add_key.expires_at, _add_key.replaces, sha256(made.hash));
    INSERT INTO vvault.token_hashes (hash, user_id, token_id)
    VALUES (made.hash, _add_key.user_id, new_id);
    RETURN (new_id, made.token, _add_key.name, made.prefix, _add_key.scopes, _add_key.runtime,
            _add_key.expires_at);
END
$$;
COMMENT ON FUNCTION vvault._add_key(uuid, text, text[], text, timestamptz, uuid)
    IS 'a token of the user that is acted for; the arguments have been checked';

CREATE FUNCTION vvault.rotate_token(id uuid, overlap interval DEFAULT '1 hour')
    RETURNS vvault.new_token
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    old record;
BEGIN
    IF overlap IS NULL OR overlap < interval '0' OR overlap > interval '30 days' THEN
        RAISE EXCEPTION 'this is no overlap'
            USING ERRCODE = '22023', DETAIL = 'Argument "overlap" is from 0 to 30 days.',
                  HINT = 'Say how long the old token is to work beside the new one.';
    END IF;
    SELECT t.name, t.scopes, t.runtime, t.created_at, t.expires_at, t.revoked_at, t.kind INTO old
      FROM vvault.tokens t WHERE t.user_id = me AND t.id = rotate_token.id FOR UPDATE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'token not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "id" names none of your tokens.',
                  HINT = 'See vvault.list_tokens().';
    END IF;
    IF old.kind <> 'key' OR old.revoked_at IS NOT NULL OR old.expires_at <= now() THEN
        RAISE EXCEPTION 'only an API key that still works is rotated'
            USING ERRCODE = '22023', DETAIL = 'The token is a sign-in, revoked or expired.',
                  HINT = 'Make a new one with vvault.create_token().';
    END IF;
    PERFORM vvault._require_scopes(old.scopes);
    UPDATE vvault.tokens t SET expires_at = least(t.expires_at, now() + overlap)
     WHERE t.user_id = me AND t.id = rotate_token.id;
    RETURN vvault._add_key(me, old.name, old.scopes, old.runtime,
                           now() + (old.expires_at - old.created_at), rotate_token.id);
END
$$;
COMMENT ON FUNCTION vvault.rotate_token(uuid, interval)
    IS 'a new API key like this one and good for as long; the old one works for the overlap';

CREATE FUNCTION vvault.note_token_use() RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._need_identity();
    token uuid := vvault.current_token_id();
    renewal integer;
BEGIN
    INSERT INTO vvault.token_uses AS u (user_id, token_id, last_used_at) VALUES (me, token, now())
    ON CONFLICT ON CONSTRAINT token_uses_pkey DO UPDATE SET last_used_at = excluded.last_used_at
     WHERE u.last_used_at < excluded.last_used_at - interval '1 hour';
    -- Past half of its life, so that a sign-in that is used all day is written once in days.
    UPDATE vvault.tokens t
       SET expires_at = least(now() + make_interval(secs => t.renewal_seconds), t.ends_at)
     WHERE t.user_id = me AND t.id = token AND t.revoked_at IS NULL AND t.expires_at < t.ends_at
       AND t.expires_at < now() + make_interval(secs => t.renewal_seconds / 2.0);
    SELECT t.renewal_seconds INTO renewal FROM vvault.tokens t WHERE t.user_id = me AND t.id = token;
    RETURN least(3600, renewal / 4);
END
$$;
COMMENT ON FUNCTION vvault.note_token_use()
    IS 'keep when the current token was used, at most once an hour, and renew a sign-in that is past half of its life; gives the seconds until it is worth calling again';

CREATE FUNCTION vvault._need_identity() RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF vvault.current_user_id() IS NULL THEN
        RAISE EXCEPTION 'no identity in this transaction'
            USING ERRCODE = '28000',
                  HINT = 'Call vvault.authenticate(token) first, in the same transaction.';
    END IF;
    RETURN vvault.current_user_id();
END
$$;
COMMENT ON FUNCTION vvault._need_identity() IS 'the current user, or 28000; asks for no scope';

CREATE FUNCTION vvault.sign_out() RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._need_identity();
BEGIN
    UPDATE vvault.tokens t SET revoked_at = now()
     WHERE t.user_id = me AND t.id = vvault.current_token_id() AND t.kind = 'session'
       AND t.revoked_at IS NULL;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault.sign_out()
    IS 'end the sign-in that the current token is; false, and nothing done, for an API key';

CREATE FUNCTION vvault.sign_out_everywhere() RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
    ended integer;
BEGIN
    UPDATE vvault.tokens t SET revoked_at = now()
     WHERE t.user_id = me AND t.kind = 'session' AND t.revoked_at IS NULL AND t.expires_at > now();
    GET DIAGNOSTICS ended = ROW_COUNT;
    RETURN ended;
END
$$;
COMMENT ON FUNCTION vvault.sign_out_everywhere()
    IS 'end all sign-ins of the current user at once, on all devices; API keys stay; returns how many';
