-- Identity and tokens. An identity holds for one transaction; nothing but a token makes one.

CREATE FUNCTION vvault.authenticate(token text) RETURNS uuid
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    -- Definer: reads the token's hash, which no session may read.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_authenticate';
COMMENT ON FUNCTION vvault.authenticate(text)
    IS 'verify a token and act as its user until the transaction ends; 28000 for a bad token';

CREATE FUNCTION vvault.current_user_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_current_user_id';
COMMENT ON FUNCTION vvault.current_user_id()
    IS 'the user that authenticate() verified in this transaction, else null';

CREATE FUNCTION vvault.current_owner_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_current_owner_id';
COMMENT ON FUNCTION vvault.current_owner_id()
    IS 'the current user where the token reaches all of that user''s vault; null for a token of a runtime environment';

CREATE FUNCTION vvault.current_token_id() RETURNS uuid
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_current_token_id';
COMMENT ON FUNCTION vvault.current_token_id() IS 'the token that authenticate() verified, else null';

CREATE FUNCTION vvault.access_level(owner_id uuid, construct_id uuid) RETURNS integer
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_access';
COMMENT ON FUNCTION vvault.access_level(uuid, uuid)
    IS 'what the current user may do with an owner''s construct: 0 nothing, 1 read, 2 write, 3 manage, 4 own';

CREATE FUNCTION vvault.may_use_keys(owner_id uuid) RETURNS boolean
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_may_use_keys';
COMMENT ON FUNCTION vvault.may_use_keys(uuid)
    IS 'whether the current user is that owner or was granted one of the owner''s constructs';

CREATE FUNCTION vvault.uuidv7() RETURNS uuid
    LANGUAGE c VOLATILE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_uuidv7';
COMMENT ON FUNCTION vvault.uuidv7() IS 'a new UUID version 7 (RFC 9562): later ones sort later';

CREATE FUNCTION vvault.shard_of(user_id uuid) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_shard_of';
COMMENT ON FUNCTION vvault.shard_of(uuid)
    IS 'shard 0 to 9999: MD5 of the id''s lower-case text as a big-endian number, modulo 10000';

CREATE FUNCTION vvault.shard_name(shard integer) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_shard_name';
COMMENT ON FUNCTION vvault.shard_name(integer) IS 'shard_0000 to shard_9999';

CREATE FUNCTION vvault.whoami() RETURNS jsonb
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault.current_user_id();
    answer jsonb;
BEGIN
    IF me IS NULL THEN
        RAISE EXCEPTION 'no identity in this transaction'
            USING ERRCODE = '28000',
                  HINT = 'Call vvault.authenticate(token) first, in the same transaction.';
    END IF;
    SELECT jsonb_build_object(
               'user_id', u.id, 'email', u.email, 'display_name', u.display_name,
               'shard_id', u.shard_id, 'token_id', t.id, 'token_name', t.name,
               'kind', t.kind, 'scopes', t.scopes, 'runtime', t.runtime,
               'expires_at', t.expires_at)
      INTO answer
      FROM vvault.users u
      JOIN vvault.tokens t ON t.user_id = u.id AND t.id = vvault.current_token_id()
     WHERE u.id = me;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION vvault.whoami() IS 'the current user and token, without the secret';

CREATE FUNCTION vvault.create_token(name text, scopes text[] DEFAULT '{*}',
                                    expires_at timestamptz DEFAULT NULL,
                                    runtime text DEFAULT NULL) RETURNS text
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (vvault.create_api_key(name, scopes, expires_at, runtime)).token;
END
$$;
COMMENT ON FUNCTION vvault.create_token(text, text[], timestamptz, text)
    IS 'a new token of the current user, shown this once; scopes such as messages:read, files:*, or * for all but admin';

CREATE FUNCTION vvault._check_token_arguments(name text, scopes text[], expires_at timestamptz)
    RETURNS void
    LANGUAGE plpgsql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_text('name', name, 200);
    IF scopes IS NULL OR cardinality(scopes) = 0 OR array_position(scopes, NULL) IS NOT NULL THEN
        RAISE EXCEPTION 'a token needs at least one scope'
            USING ERRCODE = '22023', DETAIL = 'Argument "scopes" is empty or holds a null.',
                  HINT = 'Use ''{*}'' for everything but administration.';
    END IF;
    PERFORM vvault._check_scope(one) FROM unnest(scopes) AS one;
    IF expires_at <= now() THEN
        RAISE EXCEPTION 'the token would be expired already'
            USING ERRCODE = '22023', DETAIL = 'Argument "expires_at" lies in the past.',
                  HINT = 'Give a later time, or null for a token without end.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_token_arguments(text, text[], timestamptz)
    IS 'refuse what no token can be made of';

CREATE FUNCTION vvault._check_text(argument text, value text, size_limit integer) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF value IS NULL OR value !~ '\S' THEN
        RAISE EXCEPTION 'a value is missing'
            USING ERRCODE = '22023', DETAIL = format('Argument "%s" is empty.', argument),
                  HINT = 'Give a text that is not only white space.';
    END IF;
    IF octet_length(value) > size_limit THEN
        RAISE EXCEPTION 'a value is too long'
            USING ERRCODE = '22023',
                  DETAIL = format('Argument "%s" has %s bytes; %s is the limit.',
                                  argument, octet_length(value), size_limit),
                  HINT = 'Shorten it.';
    END IF;
    IF value ~ '[\u0001-\u001f\u007f]' THEN
        RAISE EXCEPTION 'a value holds a control character'
            USING ERRCODE = '22023', DETAIL = format('Argument "%s" is one line of text.', argument),
                  HINT = 'Remove tabs, line ends and other control characters.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_text(text, text, integer)
    IS 'refuse an empty, overlong or multi-line text with error 22023';

CREATE FUNCTION vvault.list_tokens()
    RETURNS TABLE (id uuid, name text, prefix text, scopes text[], runtime text,
                   created_at timestamptz, expires_at timestamptz, revoked_at timestamptz,
                   kind text, last_used_at timestamptz, replaces uuid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
BEGIN
    RETURN QUERY
        SELECT t.id, t.name, t.prefix, t.scopes, t.runtime, t.created_at, t.expires_at,
               t.revoked_at, t.kind, u.last_used_at, t.replaces
          FROM vvault.tokens t
          LEFT JOIN vvault.token_uses u ON u.user_id = t.user_id AND u.token_id = t.id
         WHERE t.user_id = me ORDER BY t.id;
END
$$;
COMMENT ON FUNCTION vvault.list_tokens()
    IS 'the current user''s API keys and sign-ins, without the secrets';

CREATE FUNCTION vvault.revoke_token(id uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    me uuid := vvault._require('tokens:write');
BEGIN
    UPDATE vvault.tokens t SET revoked_at = now()
     WHERE t.user_id = me AND t.id = revoke_token.id AND t.revoked_at IS NULL;
    IF FOUND THEN
        RETURN true;
    END IF;
    IF NOT EXISTS (SELECT FROM vvault.tokens t WHERE t.user_id = me AND t.id = revoke_token.id) THEN
        RAISE EXCEPTION 'token not found'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "id" names none of your tokens.',
                  HINT = 'See vvault.list_tokens().';
    END IF;
    RETURN false;
END
$$;
COMMENT ON FUNCTION vvault.revoke_token(uuid)
    IS 'end a token at once; false where it was revoked before';

CREATE FUNCTION vvault.health() RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM FROM vvault.users LIMIT 1;
    RETURN true;
END
$$;
COMMENT ON FUNCTION vvault.health() IS 'true where the vault is installed and answers; needs no identity';

-- Some work is done for a person who did not ask: a new person's rows belong to that person like
-- all others, keys are rotated by an administrator. It is done under an identity made for just
-- that, and whoever asked goes on with the one from before. The ledger names the database role.
CREATE FUNCTION vvault._ticket() RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$ SELECT coalesce(current_setting('vvault.ticket', true), '') $$;
COMMENT ON FUNCTION vvault._ticket()
    IS 'the identity of this transaction as it is signed, empty where there is none';

CREATE FUNCTION vvault._act_as(user_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_act_as';
COMMENT ON FUNCTION vvault._act_as(uuid)
    IS 'be that user, without any scope, until the ticket is set back';

CREATE FUNCTION vvault._work_for(user_id uuid) RETURNS void
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_work_for';
COMMENT ON FUNCTION vvault._work_for(uuid)
    IS 'as _act_as(), for what the vault does by itself: the ledger names "vvault" as who did it';

-- Not by SET LOCAL: that would be a statement with the ticket in its text, for statistics to keep.
CREATE FUNCTION vvault._act_again(ticket text) RETURNS void
    LANGUAGE plpgsql VOLATILE STRICT PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM set_config('vvault.ticket', ticket, true);
END
$$;
COMMENT ON FUNCTION vvault._act_again(text) IS 'be again whom a ticket kept from before names';
