-- Who is believed about who somebody is, by which keys, and what becomes of tokens. Whole
-- sign-ins, which need a fresh ID token, are in test/gateway.
\set SHOW_CONTEXT never
\getenv directory PG_ABS_SRCDIR
\set file :directory /test/vectors/id_tokens.json
\set vectors `cat :'file'`
CREATE TABLE public.vectors AS
    SELECT v ->> 'issuer' AS issuer, ARRAY(SELECT jsonb_array_elements_text(v -> 'client_ids')) AS client_ids,
           v ->> 'jwks' AS jwks, one ->> 'name' AS name, one ->> 'token' AS token,
           one ->> 'nonce' AS nonce, to_timestamp((one ->> 'now')::bigint) AS at,
           one ->> 'refused' AS refused, one ? 'no_key' AS no_key, one -> 'accepted' AS accepted
      FROM (SELECT :'vectors'::jsonb AS v) AS file, jsonb_array_elements(v -> 'cases') AS one;

-- Each token meets its fate inside the server as in the unit tests.
CREATE FUNCTION public.fate(v public.vectors) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    claims vvault._id_claims;
    code text;
    detail text;
BEGIN
    claims := vvault._verify_id_token(v.token, v.jwks, v.issuer, v.client_ids, v.nonce, v.at);
    IF claims.digest IS NULL THEN
        RETURN CASE WHEN v.no_key THEN 'no key' ELSE 'unexpected: no key' END;
    END IF;
    RETURN CASE WHEN v.accepted ->> 'subject' = claims.subject
                 AND v.accepted ->> 'email' IS NOT DISTINCT FROM claims.email
                 AND (v.accepted ->> 'email_verified')::boolean = claims.email_verified
                 AND v.accepted ->> 'name' IS NOT DISTINCT FROM claims.display_name
                 AND v.accepted ->> 'hosted_domain' IS NOT DISTINCT FROM claims.hosted_domain
                 AND length(claims.digest) = 32 THEN 'accepted' ELSE 'unexpected: accepted' END;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS code = RETURNED_SQLSTATE, detail = PG_EXCEPTION_DETAIL;
    RETURN CASE WHEN v.refused = detail THEN 'refused ' || code ELSE 'unexpected: ' || detail END;
END
$$;
SELECT public.fate(v) AS fate, count(*) FROM public.vectors v GROUP BY 1 ORDER BY 1;
SELECT vvault._claimed_issuer(token), vvault._claimed_issuer('nonsense') FROM public.vectors WHERE name = 'RS256';

-- An issuer is asked over https, or on this machine; rules are in lower case.
SELECT vvault.add_issuer('http://issuer.example', '{a}');
SELECT vvault.add_issuer('http://localhost.evil.example', '{a}');
SELECT vvault.add_issuer('https://user@issuer.example', '{a}');
SELECT vvault.add_issuer('https://issuer.example', '{}');
SELECT vvault.add_issuer('https://issuer.example', '{a}', 'http://issuer.example/jwks');
SELECT vvault.add_issuer('https://issuer.example', '{a}', allowed_emails => '{Ada@example.com}');
SELECT vvault.add_issuer('https://issuer.example', '{a}', allowed_domains => '{@example.com}');
SELECT vvault.add_issuer('https://issuer.example', '{a}', linked_domains => '{*.example.com}');
SELECT vvault.add_issuer('https://issuer.example', '{a}', session_life => '1 second');
SELECT vvault.add_issuer('https://issuer.example', '{a}', session_life => '2 days', longest_session => '1 day');
SELECT vvault.add_issuer('http://127.0.0.1:8080/realm', '{a}', 'http://[::1]:8080/jwks') IS NOT NULL AS on_this_machine;
SELECT vvault.add_issuer('https://issuer.example', '{chatty.apps.example}', allowed_domains => '{example.com}') AS id \gset
-- Twice is a change of rules.
SELECT vvault.add_issuer('https://issuer.example', '{chatty.apps.example,second.apps.example}', linked_domains => '{*}') = :'id' AS same;
SELECT issuer, client_ids, jwks_url, allowed_domains, linked_domains, usable_keys, fetched_at FROM vvault.list_issuers();
SELECT * FROM vvault.issuers_due();

-- Without keys nobody signs in; keys come from one role.
SELECT token AS good FROM public.vectors WHERE name = 'RS256' \gset
SELECT token AS unknown_key FROM public.vectors WHERE name = 'a key that is nowhere' \gset
SELECT jwks AS jwks FROM public.vectors LIMIT 1 \gset
SELECT user_id, token_id FROM vvault.sign_in(:'good');
SELECT vvault.set_issuer_keys('https://nobody.example', :'jwks');
SELECT vvault.set_issuer_keys('https://issuer.example', '{"keys":[]}');
SELECT vvault.set_issuer_keys('https://issuer.example', '[]');
SELECT vvault.set_issuer_keys('https://issuer.example', NULL) AS nothing_yet;
SELECT vvault.set_issuer_keys('https://issuer.example', :'jwks', '"v1"', 1) AS changed;
SELECT vvault.set_issuer_keys('https://issuer.example', :'jwks', '"v2"', 1000000) AS changed;
SELECT etag, expires_at - fetched_at AS life FROM vvault.issuer_fetches;
SELECT vvault.set_issuer_keys('https://issuer.example', NULL, '"v2"', 1) AS changed;
SELECT i.issuer, i.usable_keys, i.expires_at - i.fetched_at AS life FROM vvault.list_issuers() i WHERE usable_keys > 0;
SELECT issuer, etag FROM vvault.issuers_due(true);
UPDATE vvault.issuer_fetches SET fetched_at = fetched_at - interval '1 minute';
SELECT issuer, etag FROM vvault.issuers_due(false) ORDER BY 1;
SELECT issuer, etag FROM vvault.issuers_due(true) ORDER BY 1;

-- A new key may have been made since: that is worth a second try, once the keys are not fresh.
SELECT user_id FROM vvault.sign_in(:'unknown_key');
UPDATE vvault.issuer_fetches SET fetched_at = now();
SELECT user_id FROM vvault.sign_in(:'unknown_key');
SELECT user_id FROM vvault.sign_in(:'good');
SELECT user_id FROM vvault.sign_in(:'good', issuer => 'https://accounts.google.com');
SELECT user_id FROM vvault.sign_in('nonsense');
SELECT user_id FROM vvault.sign_in(:'good', device => E'two\nlines');
UPDATE vvault.issuer_fetches SET expires_at = now() - interval '25 hours';
SELECT user_id FROM vvault.sign_in(:'good');
SELECT vvault.add_issuer('https://issuer.example', '{chatty.apps.example}', needs_nonce => true) = :'id' AS same;
SELECT user_id FROM vvault.sign_in(:'good');

-- For whom an issuer vouches.
SELECT name, vvault._vouched(email, verified, hosted, needs_hosted, domains) AS vouched
  FROM (VALUES ('of the domain', 'ada@example.com', true, NULL, false, '{example.com}'::text[]),
               ('not verified', 'ada@example.com', false, NULL, false, '{example.com}'),
               ('a domain below', 'ada@a.example.com', true, NULL, false, '{example.com}'),
               ('a domain that ends so', 'ada@notexample.com', true, NULL, false, '{example.com}'),
               ('any', 'ada@example.com', true, NULL, false, '{*}'),
               ('none', 'ada@example.com', true, NULL, false, '{}'),
               ('two at signs', 'ada@evil.com@example.com', true, NULL, false, '{*}'),
               ('no address', NULL, true, NULL, false, '{*}'),
               ('Google, hosted', 'ada@example.com', true, 'example.com', true, '{example.com}'),
               ('Google, hosted elsewhere', 'ada@example.com', true, 'evil.com', true, '{example.com}'),
               ('Google, a private account', 'ada@example.com', true, NULL, true, '{example.com}'),
               ('Google, its own address', 'ada@gmail.com', true, NULL, true, '{gmail.com}'))
       AS c (name, email, verified, hosted, needs_hosted, domains);

-- No person, gateway or administrator alters keys or says whom to believe.
CREATE FUNCTION public.try(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'done';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE;
END
$$;
CREATE ROLE regress_keys LOGIN IN ROLE vvault_key_fetcher;
SELECT api_key AS ada_key FROM vvault.create_user('ada.signs@example.com', 'Ada') \gset
CREATE TABLE public.attempts (number serial, query text);
INSERT INTO public.attempts (query) VALUES
    ($$SELECT vvault.set_issuer_keys('https://issuer.example', NULL)$$),
    ($$SELECT * FROM vvault.issuers_due()$$),
    ($$SELECT vvault.add_issuer('https://evil.example', '{a}')$$),
    ($$SELECT vvault.list_issuers()$$),
    ($$DO 'BEGIN PERFORM vvault.remove_issuer(''https://nobody.example''); END'$$),
    ($$UPDATE vvault.issuer_keys SET jwks = '{}'$$),
    ($$UPDATE vvault.issuers SET linked_domains = '{*}'$$),
    ($$SELECT * FROM vvault.issuers$$),
    ($$SELECT * FROM vvault.identity_subjects$$),
    ($$SELECT subject FROM vvault.identities$$),
    ($$INSERT INTO vvault.identities (user_id, issuer, subject) SELECT id, 'x', 'x' FROM vvault.users$$),
    ($$DELETE FROM vvault.used_id_tokens$$),
    ($$SELECT vvault._admit(NULL)$$),
    ($$SELECT vvault._accept_id_token('', '', '')$$);
GRANT SELECT ON public.attempts TO PUBLIC;
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT query, public.try(query) AS person FROM public.attempts ORDER BY number;
COMMIT;
SET SESSION AUTHORIZATION regress_gateway;
SELECT number, public.try(query) AS gateway FROM public.attempts ORDER BY number;
SET SESSION AUTHORIZATION regress_admin;
SELECT number, public.try(query) AS admin FROM public.attempts ORDER BY number;
SET SESSION AUTHORIZATION regress_keys;
SELECT number, public.try(query) AS keys FROM public.attempts ORDER BY number;
SELECT public.try($$SELECT vvault.authenticate('x')$$) AS authenticate,
       public.try($$SELECT * FROM vvault.users$$) AS users,
       public.try($$SELECT vvault.sign_in('x')$$) AS signs_in;
RESET SESSION AUTHORIZATION;

-- An API key is rotated: both work for the overlap. A narrow one cannot make a wider one.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.create_runtime('builder') IS NOT NULL AS runtime_made;
SELECT id AS old_id, token AS old, scopes, runtime, expires_at - now() AS life
  FROM vvault.create_api_key('ci', '{files:*,tokens:write}', now() + interval '10 days', 'builder') \gset
SELECT :'life' AS life, :'runtime' AS runtime;
SELECT id AS new_id, token AS new, name, scopes, runtime, expires_at - now() AS life
  FROM vvault.rotate_token(:'old_id', '1 minute') \gset
SELECT :'name' AS name, :'scopes' AS scopes, :'runtime' AS runtime, :'life' AS life;
SELECT name, kind, expires_at - now() AS left, replaces = :'old_id' AS replaces, last_used_at
  FROM vvault.list_tokens() ORDER BY id;
SAVEPOINT s;
SELECT vvault.rotate_token(:'new_id', '-1 minute');
ROLLBACK TO s;
SELECT vvault.rotate_token(:'new_id', '31 days');
ROLLBACK TO s;
SELECT vvault.rotate_token('00000000-0000-7000-8000-000000000000');
ROLLBACK TO s;
SELECT vvault.revoke_token(:'new_id');
SELECT vvault.rotate_token(:'new_id');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT token AS narrow FROM vvault.create_api_key('slim', '{tokens:write}') \gset
SELECT id AS wide_id FROM vvault.create_api_key('wide', '{*}') \gset
SELECT token AS short, id AS short_id FROM vvault.create_api_key('short', '{tokens:write}') \gset
SELECT length(token) AS again FROM vvault.rotate_token(:'short_id', '0') \gset
COMMIT;
SELECT vvault.authenticate(:'short');
BEGIN;
SELECT vvault.authenticate(:'narrow') IS NOT NULL AS narrow;
SELECT vvault.rotate_token(:'wide_id');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'narrow') IS NOT NULL AS narrow;
SELECT vvault.link_identity(:'good');
ROLLBACK;

-- Use is kept to the hour, in a row of its own: the token itself does not change for it.
BEGIN;
SELECT vvault.authenticate(:'narrow') IS NOT NULL AS narrow;
SELECT vvault.note_token_use() AS seconds;
SELECT name, last_used_at = now() AS used_now FROM vvault.list_tokens() WHERE name = 'slim';
SELECT vvault.sign_out() AS ends_no_key, vvault.sign_out_everywhere() AS nor_many;
COMMIT;
SELECT vvault.note_token_use();
SELECT vvault.sign_out();
RESET SESSION AUTHORIZATION;
UPDATE vvault.token_uses u SET last_used_at = now() - interval '59 minutes'
  FROM vvault.tokens t WHERE t.id = u.token_id AND t.name = 'slim' RETURNING last_used_at AS before \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'narrow') IS NOT NULL AS narrow, vvault.note_token_use() AS seconds;
SELECT last_used_at = :'before' AS not_yet FROM vvault.list_tokens() WHERE name = 'slim';
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT count(*) AS entries_of_the_key FROM vvault.ledger_entries e JOIN vvault.tokens t ON e.stream_id = t.id
 WHERE t.name = 'slim';

-- The ledger has it all, under the vault's own id, and neither addresses nor keys.
SELECT e.event_type, e.user_id = i.id AS of_the_vault, count(*)
  FROM vvault.ledger_entries e, vvault.installation i
 WHERE e.event_type LIKE 'issuer%' GROUP BY 1, 2 ORDER BY 1;
SELECT count(*) AS told FROM vvault.ledger_entries WHERE payload::text ~ 'f83OJ3D2|"kty"|@';
SELECT vvault.remove_issuer('https://issuer.example') AS ended;
SELECT vvault.remove_issuer('http://127.0.0.1:8080/realm') AS ended;
SELECT vvault.remove_issuer('https://issuer.example');
SELECT count(*) AS keys_left FROM vvault.issuer_keys;
DROP TABLE public.attempts, public.vectors CASCADE;
DROP FUNCTION public.try(text);
DROP ROLE regress_keys;
