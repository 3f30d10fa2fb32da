-- What may be removed for good and what must stay.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.keep@example.com', 'Ada') \gset
SELECT api_key AS bob_key FROM vvault.create_user('bob.keep@example.com', 'Bob') \gset
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
SELECT clock_timestamp() AS early, pg_sleep(0.01) \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT count(vvault.put_file('instances/zen-001/log.md', convert_to(repeat('line', n), 'UTF8'))),
       count(vvault.put_file('library/log.md', convert_to(repeat('text', n), 'UTF8')))
  FROM generate_series(1, 6) AS n;
SELECT created_at AS second FROM vvault.file_history('library/log.md') WHERE version = 2 \gset
SELECT vvault.grant_construct('zen', 'bob.keep@example.com', 'manager');
COMMIT;

\echo Purging
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT public.answer($$SELECT vvault.purge_file('library/log.md')$$) AS live,
       public.answer($$SELECT vvault.purge_file('library/log.md', 7)$$) AS later,
       public.answer($$SELECT vvault.purge_file('library/log.md', 0)$$) AS zero,
       public.answer($$SELECT vvault.purge_file('library/none.md')$$) AS unknown;
SELECT vvault.purge_file('library/log.md', 4) AS purged;
SELECT vvault.purge_file('library/log.md', 4) AS again;
SELECT version, kind, size FROM vvault.file_history('library/log.md');
SELECT convert_from(vvault.get_file('library/log.md', 4), 'UTF8') AS fourth;
SELECT public.answer($$SELECT vvault.get_file('library/log.md', 3)$$) AS read,
       public.answer($$SELECT vvault.restore_file('library/log.md', 3)$$) AS restore,
       public.answer($$SELECT vvault.get_file('library/log.md', 7)$$) AS never_there;
SELECT public.answer(format($$SELECT vvault.get_file('library/log.md', as_of => %L)$$, :'second')) AS then,
       public.answer(format($$SELECT vvault.get_file('library/log.md', as_of => %L)$$, :'early')) AS too_early;
SELECT count(*) AS left_out FROM vvault.list_files('library/', as_of => :'second');
-- All of a deleted file; that it was deleted is still told.
SELECT vvault.delete_file('library/log.md');
SELECT vvault.purge_file('library/log.md') AS purged;
SELECT version, kind, size FROM vvault.file_history('library/log.md');
SELECT path, version, deleted_at IS NOT NULL AS deleted FROM vvault.list_files('library/', include_deleted => true);
SELECT public.answer($$SELECT vvault.undelete_file('library/log.md')$$) AS undelete,
       public.answer($$SELECT vvault.get_file('library/log.md', 6)$$) AS read;
-- The path can be used again, and its numbers go on.
SELECT vvault.put_file('library/log.md', 'anew');
SELECT event_type, count(*) FROM vvault.ledger_leaves
 WHERE file_id = (SELECT id FROM vvault.vault_files WHERE path = 'library/log.md')
 GROUP BY event_type ORDER BY event_type COLLATE "C";
SELECT count(*) = max(stream_seq) AS without_a_gap FROM vvault.ledger_leaves
 WHERE file_id = (SELECT id FROM vvault.vault_files WHERE path = 'library/log.md');
ROLLBACK;
\echo A manager of the construct may not, nor a transaction with an old snapshot
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT public.answer($$SELECT vvault.purge_file('instances/zen-001/log.md', 3)$$);
ROLLBACK;
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT public.answer($$SELECT vvault.purge_file('library/log.md', 3)$$);
ROLLBACK;
SELECT public.answer($$SELECT vvault.purge_file('library/log.md', 3)$$) AS nobody;

\echo Holds
SELECT public.answer(format($$SELECT vvault.place_hold(%L, '', 'x')$$, :'ada')) AS place,
       public.answer($$SELECT vvault.lift_hold(gen_random_uuid(), 'x')$$) AS lift,
       public.answer($$SELECT vvault.apply_retention()$$) AS retention,
       public.answer($$SELECT count(*) FROM vvault.list_holds()$$) AS list;
SET SESSION AUTHORIZATION regress_admin;
SELECT public.answer(format($$SELECT vvault.place_hold(%L, NULL, 'x')$$, :'ada')) AS no_prefix,
       public.answer(format($$SELECT vvault.place_hold(%L, '/x', 'x')$$, :'ada')) AS absolute,
       public.answer(format($$SELECT vvault.place_hold(%L, '', ' ')$$, :'ada')) AS no_reason,
       public.answer($$SELECT vvault.place_hold(gen_random_uuid(), '', 'x')$$) AS nobodys;
SELECT vvault.place_hold(:'ada', 'instances/zen-001/', 'case 12') AS hold \gset
SELECT prefix, reason, placed_by, lifted_at FROM vvault.list_holds() WHERE user_id = :'ada';
SELECT public.answer($$INSERT INTO vvault.legal_holds VALUES (gen_random_uuid())$$) AS add_row,
       public.answer($$UPDATE vvault.legal_holds SET lifted_at = now()$$) AS change_row,
       public.answer($$DELETE FROM vvault.legal_holds$$) AS remove_row;
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT prefix, reason FROM vvault.list_holds();
SELECT vvault.purge_file('library/log.md', 2) AS elsewhere;
SELECT public.answer($$SELECT vvault.purge_file('instances/zen-001/log.md', 3)$$) AS held;
SELECT vvault.delete_file('instances/zen-001/log.md') AS deleting_keeps_all;
SELECT public.answer($$SELECT vvault.purge_file('instances/zen-001/log.md')$$) AS held;
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'bob_key') IS NOT NULL AS bob;
SELECT count(*) AS of_others FROM vvault.list_holds();
ROLLBACK;
SET SESSION AUTHORIZATION regress_auditor;
SELECT count(*) AS seen_by_the_auditor FROM vvault.list_holds() WHERE user_id = :'ada';
RESET SESSION AUTHORIZATION;
SELECT vvault._is_held(:'ada', 'instances/zen-001/log.md') AS file, vvault._is_held(:'ada', 'instances/zen-001') AS folder,
       vvault._is_held_below(:'ada', 'instances/') AS above, vvault._is_held_below(:'ada', 'instances/zen-001/x/') AS below,
       vvault._is_held_below(:'ada', 'library/') AS beside;
-- Whoever it is, also the owner of the table: what is held stays, and a hold is lifted, never removed.
DELETE FROM vvault.vault_file_versions WHERE user_id = :'ada';
DELETE FROM vvault.legal_holds;
TRUNCATE vvault.legal_holds;

\echo Retention
SET SESSION AUTHORIZATION regress_admin;
SELECT public.answer($$SET vvault.keep_versions = 1$$) AS setting;
SELECT vvault.apply_retention() AS keep_all;
RESET SESSION AUTHORIZATION;
BEGIN;
SET LOCAL vvault.keep_versions = 2;
SET LOCAL SESSION AUTHORIZATION regress_admin;
SELECT vvault.apply_retention() > 0 AS removed;
SELECT vvault.apply_retention() AS again;
SELECT vvault.lift_hold(:'hold', 'case 12 is closed');
SELECT public.answer(format($$SELECT vvault.lift_hold(%L, 'again')$$, :'hold')) AS again;
SELECT prefix, lifted_by, lift_reason FROM vvault.list_holds() WHERE user_id = :'ada';
SET LOCAL SESSION AUTHORIZATION regress_person;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT path, min(h.version), max(h.version)
  FROM vvault.list_files('') AS f, vvault.file_history(f.path) AS h GROUP BY path ORDER BY path COLLATE "C";
SET LOCAL SESSION AUTHORIZATION regress_admin;
SELECT vvault.apply_retention() AS once_lifted;
RESET SESSION AUTHORIZATION;
SELECT event_type, count(*), count(*) FILTER (WHERE payload::text LIKE '%case 12%') AS reason_in_the_clear
  FROM vvault.ledger_entries WHERE user_id = :'ada' AND event_type LIKE 'hold.%' GROUP BY event_type ORDER BY event_type COLLATE "C";
SELECT actor, count(*) FROM vvault.ledger_leaves
 WHERE user_id = :'ada' AND event_type = 'file_version.deleted' GROUP BY 1;
ROLLBACK;

\echo Space
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
-- Digests of a counter neither compress nor repeat.
SELECT vvault.put_file('library/big.bin', (SELECT string_agg(sha256(convert_to('a' || n, 'UTF8')), '' ORDER BY n) FROM generate_series(1, 100000) AS n)),
       vvault.put_file('library/big.bin', 'small');
COMMIT;
RESET SESSION AUTHORIZATION;
CREATE FUNCTION public.stored() RETURNS numeric LANGUAGE sql AS $$
    SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
     WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = 'r' AND c.relname LIKE 'vault_%' $$;
SELECT public.stored() AS full \gset
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.purge_file('library/big.bin', 2) AS purged;
COMMIT;
RESET SESSION AUTHORIZATION;
VACUUM;
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('library/big.bin', (SELECT string_agg(sha256(convert_to('b' || n, 'UTF8')), '' ORDER BY n) FROM generate_series(1, 90000) AS n));
COMMIT;
RESET SESSION AUTHORIZATION;
SELECT public.stored() <= :full * 1.02 AS used_again;
DROP FUNCTION public.stored();
DROP FUNCTION public.answer(text);
