-- Signing in with an ID token of OpenID Connect. It is verified here, by the keys of an issuer
-- that an administrator of the server named: nothing that a gateway says about a person counts.

CREATE FUNCTION vvault._claimed_issuer(id_token text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_claimed_issuer';
COMMENT ON FUNCTION vvault._claimed_issuer(text)
    IS 'whom an ID token says it is from, not verified; null for what is no such token';

CREATE FUNCTION vvault._verify_id_token(id_token text, keys text, issuer text, client_ids text[],
                                        nonce text, at timestamptz) RETURNS vvault._id_claims
    LANGUAGE c IMMUTABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_verify_id_token';
COMMENT ON FUNCTION vvault._verify_id_token(text, text, text, text[], text, timestamptz)
    IS 'what an ID token proves; nulls where none of the keys could have signed it, else 28P01';

CREATE FUNCTION vvault._refuse_id_token(detail text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION 'the ID token is not accepted'
        USING ERRCODE = '28P01', DETAIL = detail, HINT = 'Sign in again to get a new one.';
END
$$;
COMMENT ON FUNCTION vvault._refuse_id_token(text) IS '28P01, with the words of _verify_id_token()';

-- Of an issuer that nobody knows no more is said than of a bad signature. Where a look at the
-- issuer's keys could help, VV018 says so: they are not there, or older than half a minute.
CREATE FUNCTION vvault._accept_id_token(id_token text, nonce text, only_issuer text)
    RETURNS vvault._id_claims
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    known record;
    claims vvault._id_claims;
BEGIN
    SELECT i.issuer, i.client_ids, i.needs_nonce, k.jwks, f.fetched_at, f.expires_at INTO known
      FROM vvault.issuers i
      LEFT JOIN vvault.issuer_keys k ON k.issuer = i.issuer
      LEFT JOIN vvault.issuer_fetches f ON f.issuer = i.issuer
     WHERE i.issuer = vvault._claimed_issuer(id_token)
       AND i.issuer = coalesce(only_issuer, i.issuer);
    IF NOT FOUND THEN
        PERFORM vvault._refuse_id_token('It is no ID token that a known issuer has signed.');
    END IF;
    IF known.needs_nonce AND coalesce(nonce, '') = '' THEN
        PERFORM vvault._refuse_id_token('Its issuer''s tokens count only with a nonce.');
    END IF;
    IF known.jwks IS NULL OR known.expires_at + interval '1 day' < now() THEN
        PERFORM vvault._miss_keys();
    END IF;
    claims := vvault._verify_id_token(id_token, known.jwks, known.issuer, known.client_ids,
                                      nonce, now());
    IF claims.digest IS NULL AND known.fetched_at < now() - interval '30 seconds' THEN
        PERFORM vvault._miss_keys();
    ELSIF claims.digest IS NULL THEN
        PERFORM vvault._refuse_id_token('It is no ID token that a known issuer has signed.');
    END IF;
    -- Each is good once. Whoever comes second waits here for the first to commit.
    DELETE FROM vvault.used_id_tokens u
     WHERE u.digest = ANY (ARRAY(SELECT o.digest FROM vvault.used_id_tokens o
                                  WHERE o.expires_at < now() - interval '1 hour'
                                  LIMIT 100 FOR UPDATE SKIP LOCKED));
    INSERT INTO vvault.used_id_tokens (digest, expires_at)
    VALUES (claims.digest, claims.expires_at) ON CONFLICT DO NOTHING;
    IF NOT FOUND THEN
        PERFORM vvault._refuse_id_token('It was used before.');
    END IF;
    RETURN claims;
END
$$;
COMMENT ON FUNCTION vvault._accept_id_token(text, text, text)
    IS 'verify an ID token and use it up; 28P01 for one that does not count, VV018 without the issuer''s keys';

CREATE FUNCTION vvault._miss_keys() RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION 'the issuer''s keys are not at hand'
        USING ERRCODE = 'VV018', DETAIL = 'The keys to check this ID token by are missing or too old.',
              HINT = 'Try again in a moment. If it stays so, see vvault.list_issuers().';
END
$$;
COMMENT ON FUNCTION vvault._miss_keys() IS 'VV018';

CREATE FUNCTION vvault._vouched(email text, verified boolean, hosted_domain text,
                                needs_hosted_domain boolean, domains text[]) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    domain text := substring(email FROM '^[^@\s]+@([^@\s]+)$');
BEGIN
    RETURN coalesce(domain IS NOT NULL AND verified
                    AND ('*' = ANY (domains) OR domain = ANY (domains))
                    AND (NOT needs_hosted_domain OR domain = 'gmail.com'
                         OR domain IS NOT DISTINCT FROM hosted_domain), false);
END
$$;
COMMENT ON FUNCTION vvault._vouched(text, boolean, text, boolean, text[])
    IS 'whether an issuer vouches for an address that is in one of the domains';

-- One answer for everybody who may not come in: not allowed, disabled, or somebody whose
-- address is here already and whom this issuer is not believed about.
CREATE FUNCTION vvault._turn_away() RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RAISE EXCEPTION 'this person may not sign in here'
        USING ERRCODE = '42501',
              DETAIL = 'The ID token is genuine, but no rule of this vault lets its owner in.',
              HINT = 'An administrator adds people, and says whom an issuer is believed about.';
END
$$;
COMMENT ON FUNCTION vvault._turn_away() IS '42501 for a person without a way in';

CREATE FUNCTION vvault._add_identity(person uuid, issuer text, subject text) RETURNS uuid
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    new_id uuid := vvault.uuidv7();
BEGIN
    INSERT INTO vvault.identities (user_id, id, issuer, subject)
    VALUES (person, new_id, _add_identity.issuer, _add_identity.subject);
    INSERT INTO vvault.identity_subjects (issuer, subject, user_id, identity_id)
    VALUES (_add_identity.issuer, _add_identity.subject, person, new_id);
    RETURN new_id;
END
$$;
COMMENT ON FUNCTION vvault._add_identity(uuid, text, text)
    IS 'from now on the issuer''s subject is this person, who is acted for';

-- Leaves the transaction acting for the person.
CREATE FUNCTION vvault._admit(claims vvault._id_claims, OUT person uuid, OUT identity uuid,
                              OUT created boolean)
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    rule record;
BEGIN
    created := false;
    -- Two first sign-ins of one person at once are one first and one second.
    PERFORM pg_advisory_xact_lock(hashtextextended('vvault.subject ' || claims.subject, 0));
    SELECT s.user_id, s.identity_id INTO person, identity FROM vvault.identity_subjects s
     WHERE s.issuer = claims.issuer AND s.subject = claims.subject;
    IF FOUND THEN
        PERFORM vvault._act_as(person);
        RETURN;
    END IF;
    SELECT i.allowed_emails, i.allowed_domains, i.linked_domains, i.needs_hosted_domain INTO rule
      FROM vvault.issuers i WHERE i.issuer = claims.issuer;
    SELECT e.user_id INTO person FROM vvault.user_emails e WHERE e.email = claims.email;
    IF FOUND AND vvault._vouched(claims.email, claims.email_verified, claims.hosted_domain,
                                 rule.needs_hosted_domain, rule.linked_domains) THEN
        PERFORM vvault._act_as(person);
    ELSIF person IS NULL AND claims.email_verified
          AND (claims.email = ANY (rule.allowed_emails)
               OR vvault._vouched(claims.email, claims.email_verified, claims.hosted_domain,
                                  rule.needs_hosted_domain, rule.allowed_domains)) THEN
        person := vvault._add_person(claims.email, claims.display_name);
        created := true;
    ELSE
        PERFORM vvault._turn_away();
    END IF;
    identity := vvault._add_identity(person, claims.issuer, claims.subject);
END
$$;
COMMENT ON FUNCTION vvault._admit(vvault._id_claims)
    IS 'who somebody is here: known, known by address, or new; 42501 for everybody else';

CREATE FUNCTION vvault.sign_in(id_token text, nonce text DEFAULT NULL,
                               device text DEFAULT 'unnamed device', issuer text DEFAULT NULL)
    RETURNS vvault.signed_in
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
    claims vvault._id_claims;
    who record;
    made record;
    answer vvault.signed_in;
BEGIN
    PERFORM vvault._check_text('device', device, 200);
    claims := vvault._accept_id_token(id_token, nonce, sign_in.issuer);
    who := vvault._admit(claims);
    SELECT u.id, u.email, u.display_name INTO answer.user_id, answer.email, answer.display_name
      FROM vvault.users u WHERE u.id = who.person AND u.status = 'active';
    IF NOT FOUND THEN
        PERFORM vvault._turn_away();
    END IF;
    SELECT * INTO made FROM vvault._new_token();
    answer.token := made.token;
    answer.token_id := vvault.uuidv7();
    answer.created := who.created;
    INSERT INTO vvault.tokens AS t (user_id, id, name, prefix, scopes, kind, identity_id,
                                    renewal_seconds, expires_at, ends_at, hash_digest)
    SELECT who.person, answer.token_id, device, made.prefix, '{*}', 'session', who.identity,
           i.session_seconds, now() + make_interval(secs => i.session_seconds),
           now() + make_interval(secs => i.longest_session_seconds), sha256(made.hash)
      FROM vvault.issuers i WHERE i.issuer = claims.issuer
    RETURNING t.expires_at, t.ends_at INTO answer.expires_at, answer.ends_at;
    INSERT INTO vvault.token_hashes (hash, user_id, token_id)
    VALUES (made.hash, who.person, answer.token_id);
    PERFORM vvault._act_again(ticket);
    RETURN answer;
END
$$;
COMMENT ON FUNCTION vvault.sign_in(text, text, text, text)
    IS 'exchange an ID token for a session token, shown this once; 28P01 for a bad one, 42501 for somebody without a way in, VV018 while the issuer''s keys are missing';
