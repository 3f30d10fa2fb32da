-- A grant to a group is a grant to each of its members while a member, and no more.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.gr@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.gr@example.com', 'Bob') \gset
SELECT id AS cyd, api_key AS cyd_key FROM vvault.create_user('cyd.gr@example.com', 'Cyd') \gset
CREATE FUNCTION public.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN coalesce(result, 'nothing');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END
$$;
CREATE TABLE public.questions (number serial, query text);
INSERT INTO public.questions (query) VALUES
    ($$SELECT string_agg(name || ' ' || role, ', ' ORDER BY name) FROM vvault.list_constructs()$$),
    ($$SELECT string_agg(content, ', ') FROM vvault.list_messages('thread')$$),
    ($$SELECT seq FROM vvault.append_message('thread', 'user', 'x', 'new')$$),
    ($$SELECT vvault.grant_construct('zen', 'cyd.gr@example.com')$$),
    ($$SELECT count(*) FROM vvault.list_groups()$$),
    ($$SELECT count(*) FROM vvault.groups$$),
    ($$SELECT count(*) FROM vvault.group_members$$),
    ($$SELECT count(*) FROM vvault.group_grants$$),
    ($$SELECT vvault.add_member('team', 'cyd.gr@example.com')$$),
    ($$SELECT vvault.remove_member('team', 'bob.gr@example.com')$$),
    ($$SELECT vvault.grant_group('zen', 'team', 'manager')$$),
    ($$SELECT vvault.revoke_group('zen', 'team')$$),
    ($$SELECT vvault.drop_group('team')$$);
GRANT SELECT ON public.questions TO PUBLIC;
CREATE FUNCTION public.ask(key text, VARIADIC numbers integer[] DEFAULT '{}')
    RETURNS TABLE (number integer, question text, answer text)
    LANGUAGE plpgsql AS $$
DECLARE
    q record;
BEGIN
    FOR q IN SELECT * FROM public.questions n
              WHERE numbers = '{}' OR n.number = ANY (numbers) ORDER BY 1 LOOP
        number := q.number;
        question := regexp_replace(q.query, '^SELECT .*vvault\.(\w+).*$', '\1');
        BEGIN
            PERFORM vvault.authenticate(key);
            answer := public.answer(q.query);
            RAISE SQLSTATE '00999';
        EXCEPTION WHEN SQLSTATE '00999' THEN
        END;
        RETURN NEXT;
    END LOOP;
END
$$;
SET SESSION AUTHORIZATION regress_person;
\pset format unaligned
\pset fieldsep ' | '
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'thread', 'Thread', true);
SELECT count(*) FROM vvault.create_construct('lin');
SELECT seq FROM vvault.append_message('thread', 'user', 'for the team', 'a');
SELECT vvault.create_group('team') IS NOT NULL AS made;
SELECT vvault.grant_group('zen', 'team', 'reader'), vvault.grant_group('lin', 'team', 'writer', now() + interval '1 day');
COMMIT;
\echo Bob, not yet a member
SELECT * FROM public.ask(:'bob_key', 1, 2);
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.add_member('team', 'Bob.GR@example.com');
SELECT name, members, constructs #- '{0,until}' AS constructs FROM vvault.list_groups();
COMMIT;
\echo Bob, a member
SELECT * FROM public.ask(:'bob_key');
\echo Cyd, no member
SELECT * FROM public.ask(:'cyd_key', 1, 2, 3, 5, 6, 7, 8);
\echo Ada, whose group it is
SELECT * FROM public.ask(:'ada_key', 1, 5, 6, 7, 8, 9, 10, 11, 12, 13);
\echo Bob, granted more than his group, then less
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.grant_construct('zen', 'bob.gr@example.com', 'writer');
COMMIT;
SELECT * FROM public.ask(:'bob_key', 1, 3);
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.grant_construct('zen', 'bob.gr@example.com', 'reader'), vvault.grant_group('zen', 'team', 'manager');
COMMIT;
SELECT * FROM public.ask(:'bob_key', 1, 3, 4);
\echo Bobs program has what he has, as a writer at most
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.create_runtime('bot', '{zen}') IS NOT NULL AS made;
SELECT vvault.create_token('bot', '{*}', NULL, 'bot') AS bot_key \gset
COMMIT;
SELECT * FROM public.ask(:'bot_key', 1, 3, 4, 5, 7);
\echo A membership that has run out, a grant that has, both renewed
RESET SESSION AUTHORIZATION;
UPDATE vvault.group_members SET until = now() - interval '1 second' WHERE member_id = :'bob';
SELECT * FROM public.ask(:'bob_key', 1, 3);
SELECT * FROM public.ask(:'bot_key', 1, 3);
UPDATE vvault.group_members SET until = NULL WHERE member_id = :'bob';
UPDATE vvault.group_grants SET until = now() - interval '1 second' WHERE role = 'manager';
SELECT * FROM public.ask(:'bob_key', 1, 3);
UPDATE vvault.group_grants SET until = NULL WHERE role = 'manager';
SELECT * FROM public.ask(:'bob_key', 1, 3);
SET SESSION AUTHORIZATION regress_person;
\echo Bob, no longer a member: what was granted to him alone is left
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.remove_member('team', 'bob.gr@example.com') AS removed, vvault.remove_member('team', 'bob.gr@example.com') AS again;
COMMIT;
SELECT * FROM public.ask(:'bob_key', 1, 3, 7);
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.add_member('team', 'bob.gr@example.com', now() + interval '1 day');
SELECT vvault.revoke_group('zen', 'team') AS revoked, vvault.revoke_group('zen', 'team') AS again;
COMMIT;
SELECT * FROM public.ask(:'bob_key', 1);
\echo What is wrong is told
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer($$SELECT vvault.create_group('team')$$);
SELECT public.answer($$SELECT vvault.create_group(' ')$$);
SELECT public.answer($$SELECT vvault.add_member('nowhere', 'bob.gr@example.com')$$);
SELECT public.answer($$SELECT vvault.add_member('team', 'nobody@example.com')$$);
SELECT public.answer($$SELECT vvault.add_member('team', 'ada.gr@example.com')$$);
SELECT public.answer($$SELECT vvault.add_member('team', 'cyd.gr@example.com', '2001-01-01')$$);
SELECT public.answer($$SELECT vvault.grant_group('nobody', 'team')$$);
SELECT public.answer($$SELECT vvault.grant_group('zen', 'nowhere')$$);
SELECT public.answer($$SELECT vvault.grant_group('zen', 'team', 'king')$$);
SELECT public.answer($$SELECT vvault.grant_group('zen', 'team', NULL)$$);
SELECT public.answer($$SELECT vvault.grant_group('zen', 'team', 'reader', '2001-01-01')$$);
COMMIT;
BEGIN;  -- What Bob only uses he grants to no group, be he a reader or a manager of it.
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT vvault.create_group('team') IS NOT NULL AS own_of_that_name;
SELECT public.answer($$SELECT vvault.grant_group('zen', 'team')$$);
ROLLBACK;
\echo No more grants than a ticket is to carry, those of groups counted
RESET SESSION AUTHORIZATION;
BEGIN;
INSERT INTO vvault.constructs (owner_id, name) SELECT :'ada', 'many-' || n FROM generate_series(1, 499) AS n;
INSERT INTO vvault.group_grants (user_id, group_id, construct_id, role)
SELECT c.owner_id, g.id, c.id, 'reader' FROM vvault.constructs c JOIN vvault.groups g ON g.user_id = c.owner_id
 WHERE c.name ~ '^many-' AND g.name = 'team';
SET LOCAL ROLE regress_person;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT public.answer($$SELECT vvault.grant_group('zen', 'team')$$);
SELECT public.answer($$SELECT vvault.add_member('team', 'cyd.gr@example.com')$$);
SELECT public.answer($$SELECT vvault.grant_construct('many-1', 'bob.gr@example.com')$$);
SELECT public.answer($$SELECT vvault.grant_construct('zen', 'cyd.gr@example.com')$$);
ROLLBACK;
SET SESSION AUTHORIZATION regress_person;
\echo A group that is no more
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.drop_group('team');
SELECT count(*) FROM vvault.list_groups();
COMMIT;
SELECT * FROM public.ask(:'bob_key', 1);
RESET SESSION AUTHORIZATION;
SELECT string_agg(DISTINCT event_type, ', ') AS events FROM vvault.ledger_entries
 WHERE user_id = :'ada' AND event_type ~ '^group';
SELECT count(*) AS telling FROM vvault.ledger_entries WHERE user_id = :'ada' AND event_type ~ '^group'
   AND payload::text ~ 'team|@';
SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT "check", detail FROM vvault.ledger_verify() WHERE NOT ok AND "check" ~ '^rows of';
DROP FUNCTION public.ask(text, integer[]);
DROP FUNCTION public.answer(text);
DROP TABLE public.questions;
