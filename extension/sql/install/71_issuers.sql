-- Whom the vault believes. Whoever names an issuer decides who people are, so add_issuer() is
-- for superusers; the keys come from whoever holds the role vvault_key_fetcher and from nobody else.

CREATE FUNCTION vvault._usable_keys(jwks text) RETURNS integer
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_usable_keys';
COMMENT ON FUNCTION vvault._usable_keys(text)
    IS 'how many keys of a JWK Set can be used; 22023 for what is none';

-- Encrypted on its way, or it stays on this machine.
CREATE FUNCTION vvault._check_url(argument text, value text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._check_text(argument, value, 1000);
    IF value !~ '^https://[^\s/?#@\\]+(/[^\s?#\\]*)?$'
       AND value !~ '^http://(localhost|127\.0\.0\.1|\[::1\])(:[0-9]+)?(/[^\s?#\\]*)?$' THEN
        RAISE EXCEPTION 'this is no URL for an issuer'
            USING ERRCODE = '22023', DETAIL = format('Argument "%s" begins with https://.', argument),
                  HINT = 'Only an issuer on the machine itself is asked without encryption.';
    END IF;
END
$$;
COMMENT ON FUNCTION vvault._check_url(text, text) IS '22023 for what is no https URL, nor http on loopback';

CREATE FUNCTION vvault._check_list(argument text, list text[], pattern text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF list IS NULL OR cardinality(list) > 1000 OR array_position(list, NULL) IS NOT NULL
       OR EXISTS (SELECT FROM unnest(list) AS one WHERE length(one) > 320 OR one !~ pattern) THEN
        RAISE EXCEPTION 'a list holds what does not belong there'
            USING ERRCODE = '22023', DETAIL = format('Argument "%s" holds texts that match %s.', argument, pattern),
                  HINT = 'Addresses and domains are compared in lower case.';
    END IF;
    RETURN list;
END
$$;
COMMENT ON FUNCTION vvault._check_list(text, text[], text)
    IS 'the list itself, if every text in it fits the pattern, else 22023';

CREATE FUNCTION vvault.add_issuer(issuer text, client_ids text[], jwks_url text DEFAULT NULL,
                                  allowed_emails text[] DEFAULT '{}',
                                  allowed_domains text[] DEFAULT '{}',
                                  linked_domains text[] DEFAULT '{}',
                                  needs_nonce boolean DEFAULT false,
                                  session_life interval DEFAULT '7 days',
                                  longest_session interval DEFAULT '90 days') RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may write the table; EXECUTE is nobody's, so only a superuser gets in.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    vault uuid := (SELECT i.id FROM vvault.installation i);
    answer uuid;
BEGIN
    PERFORM vvault._check_url('issuer', issuer);
    IF jwks_url IS NOT NULL THEN
        PERFORM vvault._check_url('jwks_url', jwks_url);
    END IF;
    PERFORM vvault._check_list('client_ids', nullif(client_ids, '{}'), '^[\x21-\x7e]+$');
    IF NOT coalesce(session_life >= interval '1 minute' AND longest_session >= session_life
                    AND longest_session <= interval '400 days', false) THEN
        RAISE EXCEPTION 'a sign-in cannot last like this'
            USING ERRCODE = '22023',
                  DETAIL = 'Argument "session_life" is from a minute to "longest_session", which is at most 400 days.',
                  HINT = 'A sign-in ends when it was not used for session_life, or is as old as longest_session.';
    END IF;
    INSERT INTO vvault.issuers AS i (issuer, user_id, id, client_ids, jwks_url, allowed_emails,
        allowed_domains, linked_domains, needs_nonce, needs_hosted_domain, session_seconds,
        longest_session_seconds)
    VALUES (add_issuer.issuer, vault, vvault.uuidv7(), add_issuer.client_ids, add_issuer.jwks_url,
        vvault._check_list('allowed_emails', allowed_emails, '^[^A-Z@\s]+@[^A-Z@\s]+$'),
        vvault._check_list('allowed_domains', allowed_domains, '^(\*|[^A-Z@\s*]+)$'),
        vvault._check_list('linked_domains', linked_domains, '^(\*|[^A-Z@\s*]+)$'),
        coalesce(add_issuer.needs_nonce, false), add_issuer.issuer = 'https://accounts.google.com',
        extract(epoch FROM session_life), extract(epoch FROM longest_session))
    ON CONFLICT ON CONSTRAINT issuers_pkey DO UPDATE
       SET client_ids = excluded.client_ids, jwks_url = excluded.jwks_url,
           allowed_emails = excluded.allowed_emails, allowed_domains = excluded.allowed_domains,
           linked_domains = excluded.linked_domains, needs_nonce = excluded.needs_nonce,
           session_seconds = excluded.session_seconds,
           longest_session_seconds = excluded.longest_session_seconds
    RETURNING i.id INTO answer;
    RETURN answer;
END
$$;
COMMENT ON FUNCTION vvault.add_issuer(text, text[], text, text[], text[], text[], boolean, interval, interval)
    IS 'let people sign in with an OpenID Connect issuer, or change how; for superusers only, as it says who people are';

CREATE FUNCTION vvault.remove_issuer(issuer text) RETURNS integer
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may write the tables; EXECUTE is vvault_admin's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
    one record;
    ended integer := 0;
BEGIN
    DELETE FROM vvault.issuers i WHERE i.issuer = remove_issuer.issuer;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such issuer'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "issuer" is believed about nobody.',
                  HINT = 'See vvault.list_issuers().';
    END IF;
    DELETE FROM vvault.issuer_keys k WHERE k.issuer = remove_issuer.issuer;
    DELETE FROM vvault.issuer_fetches f WHERE f.issuer = remove_issuer.issuer;
    FOR one IN SELECT s.user_id, s.identity_id FROM vvault.identity_subjects s
                WHERE s.issuer = remove_issuer.issuer LOOP
        PERFORM vvault._act_as(one.user_id);
        PERFORM vvault._drop_identity(one.user_id, one.identity_id);
        ended := ended + 1;
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN ended;
END
$$;
COMMENT ON FUNCTION vvault.remove_issuer(text)
    IS 'believe an issuer no more: its accounts are unlinked and the sign-ins made by them end; returns how many';

CREATE FUNCTION vvault.list_issuers()
    RETURNS TABLE (issuer text, client_ids text[], jwks_url text, allowed_emails text[],
                   allowed_domains text[], linked_domains text[], needs_nonce boolean,
                   usable_keys integer, fetched_at timestamptz, expires_at timestamptz)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT i.issuer, i.client_ids, i.jwks_url, i.allowed_emails, i.allowed_domains,
               i.linked_domains, i.needs_nonce, coalesce(vvault._usable_keys(k.jwks), 0),
               f.fetched_at, f.expires_at
          FROM vvault.issuers i
          LEFT JOIN vvault.issuer_keys k ON k.issuer = i.issuer
          LEFT JOIN vvault.issuer_fetches f ON f.issuer = i.issuer
         ORDER BY i.issuer;
END
$$;
COMMENT ON FUNCTION vvault.list_issuers()
    IS 'the issuers that people may sign in with, their rules, and how fresh their keys are';

CREATE FUNCTION vvault.issuers_due(early boolean DEFAULT false)
    RETURNS TABLE (issuer text, jwks_url text, etag text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN QUERY
        SELECT i.issuer, i.jwks_url, f.etag
          FROM vvault.issuers i LEFT JOIN vvault.issuer_fetches f ON f.issuer = i.issuer
         WHERE f.issuer IS NULL
            OR f.fetched_at + (f.expires_at - f.fetched_at) * 0.8 <= now()
            OR early AND f.fetched_at < now() - interval '30 seconds'
         ORDER BY i.issuer;
END
$$;
COMMENT ON FUNCTION vvault.issuers_due(boolean)
    IS 'whose keys are to be fetched: past four fifths of their life, or early and not fetched for half a minute';

CREATE FUNCTION vvault.set_issuer_keys(issuer text, jwks text, etag text DEFAULT NULL,
                                       max_age integer DEFAULT NULL) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: nobody else may write the tables; EXECUTE is vvault_key_fetcher's.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    vault uuid;
    changed boolean := false;
BEGIN
    SELECT i.user_id INTO vault FROM vvault.issuers i WHERE i.issuer = set_issuer_keys.issuer FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no such issuer'
            USING ERRCODE = 'P0002', DETAIL = 'Argument "issuer" is believed about nobody.',
                  HINT = 'See vvault.issuers_due().';
    END IF;
    IF jwks IS NOT NULL AND vvault._usable_keys(jwks) = 0 THEN
        RAISE EXCEPTION 'no key of the set can be used'
            USING ERRCODE = '22023', DETAIL = 'Argument "jwks" holds no RSA key of 2048 bits or more, P-256 or Ed25519 key for signatures.',
                  HINT = 'What was there before stays.';
    END IF;
    IF jwks IS NOT NULL THEN
        INSERT INTO vvault.issuer_keys AS k (issuer, user_id, id, jwks)
        VALUES (set_issuer_keys.issuer, vault, vvault.uuidv7(), set_issuer_keys.jwks)
        ON CONFLICT ON CONSTRAINT issuer_keys_pkey DO UPDATE SET jwks = excluded.jwks
         WHERE k.jwks <> excluded.jwks;
        changed := FOUND;
    END IF;
    INSERT INTO vvault.issuer_fetches (issuer, etag, fetched_at, expires_at)
    SELECT k.issuer, set_issuer_keys.etag, now(),
           now() + make_interval(secs => least(greatest(coalesce(max_age, 3600), 300), 86400))
      FROM vvault.issuer_keys k WHERE k.issuer = set_issuer_keys.issuer
    ON CONFLICT ON CONSTRAINT issuer_fetches_pkey DO UPDATE
       SET etag = excluded.etag, fetched_at = excluded.fetched_at, expires_at = excluded.expires_at;
    RETURN changed;
END
$$;
COMMENT ON FUNCTION vvault.set_issuer_keys(text, text, text, integer)
    IS 'keep what was read at an issuer''s jwks_uri, for max_age seconds but 5 minutes to a day; null keys are those that are there; true where they changed';
