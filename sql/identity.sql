-- An identity comes from a token and from nothing else, and ends with its transaction.
\set SHOW_CONTEXT never
\set VERBOSITY terse
\set owner :USER
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.identity@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.identity@example.com', 'Bob') \gset
SET SESSION AUTHORIZATION regress_person;

SELECT vvault.current_user_id() IS NULL AS nobody;
SELECT vvault.whoami();
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada, vvault.current_user_id() = :'ada' AS current;
SELECT vvault.whoami() - 'user_id' - 'token_id' - 'shard_id';
-- Another token in the same transaction takes over, and a rolled back savepoint gives back.
SAVEPOINT s;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT vvault.current_user_id() = :'bob' AS bob_now;
ROLLBACK TO s;
SELECT vvault.current_user_id() = :'ada' AS ada_again;
SELECT current_setting('vvault.ticket') AS ticket \gset
COMMIT;
SELECT vvault.current_user_id() IS NULL AS gone_after_commit;

-- What no session can do: forge, replay, keep or borrow a ticket.
SET vvault.ticket = 'forged';
SELECT vvault.current_user_id() IS NULL AS set_gives_nothing;
SET vvault.ticket = :'ticket';
SELECT vvault.current_user_id() IS NULL AS replay_gives_nothing;
SELECT count(*) FROM vvault.users;
BEGIN;
SET LOCAL vvault.ticket = :'ticket';
SELECT vvault.current_user_id() IS NULL AS replay_in_a_transaction_gives_nothing;
COMMIT;
SELECT set_config('vvault.ticket', :'ticket', false) = :'ticket' AS set_config_is_allowed,
       vvault.current_user_id() IS NULL AS and_gives_nothing;
BEGIN;
SELECT set_config('vvault.ticket', :'ticket', true) = :'ticket' AS t,
       vvault.current_user_id() IS NULL AS local_gives_nothing;
COMMIT;
-- A ticket kept for the whole session is worthless in the next transaction.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT set_config('vvault.ticket', current_setting('vvault.ticket'), false) IS NOT NULL AS kept;
COMMIT;
SELECT vvault.current_user_id() IS NULL AS worthless_now;
RESET vvault.ticket;
SELECT vvault.current_user_id() IS NULL AS reset_gives_nothing;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION public.with_clause() RETURNS uuid LANGUAGE sql
    SET vvault.ticket = 'forged' AS 'SELECT vvault.current_user_id()';
SELECT public.with_clause() IS NULL AS function_clause_gives_nothing;
DROP FUNCTION public.with_clause();
ALTER ROLE regress_person SET vvault.ticket = 'forged';
\c - regress_person
SELECT vvault.current_user_id() IS NULL AS role_setting_gives_nothing;
\c - :owner
ALTER ROLE regress_person RESET vvault.ticket;

-- A changed ticket is none: each single character counts.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
DO $$
DECLARE
    good text := current_setting('vvault.ticket');
    accepted integer := 0;
BEGIN
    FOR i IN 1 .. length(good) LOOP
        PERFORM set_config('vvault.ticket',
                           overlay(good PLACING CASE substr(good, i, 1) WHEN 'A' THEN 'B' ELSE 'A' END
                                   FROM i FOR 1), true);
        IF vvault.current_user_id() IS NOT NULL THEN
            accepted := accepted + 1;
        END IF;
    END LOOP;
    PERFORM set_config('vvault.ticket', good, true);
    RAISE NOTICE 'accepted: %, the good one: %', accepted, vvault.current_user_id() IS NOT NULL;
END
$$;
COMMIT;

-- It reaches parallel workers.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL parallel_leader_participation = off;
CREATE TABLE public.many AS SELECT generate_series(1, 20000) AS n;
ANALYZE public.many;
EXPLAIN (COSTS OFF) SELECT count(*) FROM public.many WHERE vvault.current_user_id() IS NOT NULL;
SELECT count(*) AS rows, count(*) FILTER (WHERE vvault.current_user_id() = :'ada') AS as_ada
  FROM public.many;
ROLLBACK;

-- Tokens: bad, expired, revoked, narrow.
SET SESSION AUTHORIZATION regress_person;
SELECT vvault.authenticate('');
SELECT vvault.authenticate('vv_live_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
SELECT vvault.authenticate(:'ada_key' || 'A');
SELECT vvault.authenticate(NULL) IS NULL AS null_is_nobody;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.create_token('narrow', '{messages:read}') AS narrow \gset
SELECT vvault.create_token('soon over', '{*}', now() + interval '50 milliseconds') AS short \gset
SELECT vvault.create_token('bad', '{}');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.create_token('narrow', '{messages:read,tokens:write}') AS narrow \gset
SELECT vvault.create_token('soon over', '{*}', now() + interval '50 milliseconds') AS short \gset
COMMIT;
SELECT pg_sleep(0.1);
SELECT vvault.authenticate(:'short');
BEGIN;
SELECT vvault.authenticate(:'narrow') = :'ada' AS ada;
SELECT vvault.create_construct('zen');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'narrow') = :'ada' AS ada;
-- A token makes no token that may do more.
SELECT vvault.create_token('wider', '{*}');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'narrow') = :'ada' AS ada;
SELECT vvault.create_token('no admin', '{admin}');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.create_token('x', '{nonsense}');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT name, prefix LIKE 'vv\_live\_%' AS prefix, scopes, expires_at IS NULL AS forever FROM vvault.list_tokens();
SELECT vvault.revoke_token(id) AS revoked, vvault.revoke_token(id) AS again
  FROM vvault.list_tokens() WHERE name = 'narrow';
SELECT vvault.revoke_token('00000000-0000-7000-8000-000000000000');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT vvault.revoke_token(id) AS revoked FROM vvault.list_tokens() WHERE name = 'narrow';
COMMIT;
SELECT vvault.authenticate(:'narrow');

-- A disabled person is nobody.
RESET SESSION AUTHORIZATION;
UPDATE vvault.users SET status = 'disabled' WHERE id = :'bob';
SELECT vvault.authenticate(:'bob_key');

-- No secret is stored: neither the token nor any part behind the prefix.
SELECT count(*) AS stored FROM vvault.tokens t, vvault.token_hashes h
 WHERE t::text LIKE '%' || substr(:'ada_key', 13) || '%'
    OR position(convert_to(substr(:'ada_key', 13), 'UTF8') IN h.hash) > 0;

-- The shard follows from the id, by a rule that anybody can compute.
SELECT vvault.shard_of('00000000-0000-0000-0000-000000000000') AS zero,
       vvault.shard_of('ffffffff-ffff-ffff-ffff-ffffffffffff') AS ones,
       vvault.shard_of('01890a5d-ac96-774b-bcce-b302099a8057') AS some,
       vvault.shard_name(vvault.shard_of('01890a5d-ac96-774b-bcce-b302099a8057')) AS name;
UPDATE vvault.users SET shard_id = 1 WHERE id = :'ada';
SELECT shard_id = vvault.shard_of(id) AS derived FROM vvault.users WHERE id = :'ada';

-- Ids sort by the time they were made.
SELECT bool_and(a < b) AS ascending, bool_and(substr(a::text, 15, 1) = '7') AS version_7
  FROM (SELECT vvault.uuidv7() AS a, vvault.uuidv7() AS b FROM generate_series(1, 1000)) AS pairs;
