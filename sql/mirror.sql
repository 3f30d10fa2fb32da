-- Mirrors: what leaves is sealed to its place, who copies reads nothing, and what restores works
-- on no vault that is there.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.mirror@example.com', 'Ada') \gset
BEGIN;
SELECT vvault.authenticate(:'ada_key') IS NOT NULL AS ada;
SELECT vvault.put_file('mirrored.md', convert_to(repeat('told to the vault alone ', 4000), 'UTF8')) AS version;
COMMIT;

-- An administrator prepares one; the ledger has it, and does not follow how far it is.
SET ROLE vvault_admin;
SELECT vvault.create_mirror('regress', '{*.md,notes/?.json}') AS mirror \gset
SELECT vvault.create_mirror('regress');
SELECT vvault.create_mirror('other', '{}');
SELECT vvault.create_mirror('other', ARRAY[E'two\nlines']);
SELECT vvault.create_mirror('');
SELECT wrapped FROM vvault.mirrors;
RESET ROLE;
SELECT event_type, payload ->> 'name' AS name, payload -> 'wrapped_sha256' IS NOT NULL AS key
  FROM vvault.ledger_entries WHERE stream_id = :'mirror';
SELECT vvault.ledger_seal() > 0 AS sealed;

-- Who copies gets sealed bytes, and no row.
SET ROLE vvault_mirror;
SELECT (b ->> 'size')::bigint > 0 AS entries, b ->> 'contents' AS contents, b ->> 'generation' AS generation
  FROM vvault.mirror_begin('regress', NULL) AS b;
SELECT vvault.mirror_begin('nothing', NULL);
SELECT content FROM vvault.messages;
SELECT wrapped FROM vvault.data_keys;
SELECT vvault._mirror_body(0, 1, false, NULL, NULL);
SELECT vvault._mirror_open_with(9, :'ada', :'mirror', 1, 0, 1, '', '', '');
SELECT vvault.create_mirror('mine');
SELECT vvault.mirror_restore_begin();
SELECT vvault.mirror_end_of_slice(0) > 0 AS slice;
SELECT sealed, entries > 0 AS entries, people, buckets <> '{}' AS keys
  FROM vvault.mirror_begin('regress', NULL) AS b, LATERAL (SELECT (b ->> 'size')::bigint AS size) AS s,
       vvault.mirror_rows(:'mirror', 1, 0, s.size - 8, s.size, true, NULL, NULL) \gset object_
SELECT :'object_entries' AS entries, :'object_people' AS people, :'object_keys' AS keys;
SELECT vvault.mirror_rows(gen_random_uuid(), 1, 0, 0, 1, false, NULL, NULL);
SELECT count(vvault.mirror_keys(:'mirror', 1, 1, b)) > 0 AS buckets FROM generate_series(0, 63) AS b;
SELECT vvault.mirror_people(:'mirror', 1, 2) IS NOT NULL AS people,
       vvault.mirror_tree(:'mirror', 1, 3) IS NOT NULL AS tree;
SELECT vvault.mirror_seal_head(:'mirror', 5, '{"a": 1}') AS seal \gset
SELECT vvault.mirror_head_is_genuine(:'mirror', 5, '{"a": 1}', :'seal') AS genuine,
       vvault.mirror_head_is_genuine(:'mirror', 6, '{"a": 1}', :'seal') AS of_another_generation,
       vvault.mirror_head_is_genuine(:'mirror', 5, '{"a": 2}', :'seal') AS altered,
       vvault.mirror_head_is_genuine(:'mirror', 5, '{"a": 1}', :'object_sealed') AS of_another_kind,
       vvault.mirror_head_is_genuine(:'mirror', 5, '{"a": 1}', '') AS nothing;
SELECT vvault.mirror_report(:'mirror', 5, 1, 'a note', repeat('ab', 32), NULL);
SELECT name, size, checkpoint, generation, error FROM vvault.mirror_status() WHERE name = 'regress';
SELECT vvault.mirror_report(:'mirror', NULL, NULL, NULL, NULL, 'the store is away');
SELECT name, size, checkpoint, generation, error FROM vvault.mirror_status() WHERE name = 'regress';
RESET ROLE;

-- An object opens where it belongs, and nowhere else.
CREATE FUNCTION public.opened(kind integer, mirror uuid, generation bigint, part integer, sealed bytea)
    RETURNS bytea LANGUAGE sql AS $$
    SELECT vvault._mirror_open_with($1, m.user_id, $2, $3, $4, r.id, r.check_value, m.wrapped, $5)
      FROM vvault.mirrors m JOIN vvault.root_keys r ON r.id = m.root_key_id WHERE m.name = 'regress' $$;
SELECT e.key, json_array_length(e.value) > 0 AS rows
  FROM json_each(convert_from(public.opened(9, :'mirror', 1, 0, :'object_sealed'), 'UTF8')::json) AS e
 WHERE e.key IN ('ledger_entries', 'vault_files', 'vault_file_versions', 'vault_chunk_uses') ORDER BY 1;
\set VERBOSITY terse
SELECT public.opened(9, :'mirror', 2, 0, :'object_sealed');
SELECT public.opened(9, :'mirror', 1, 1, :'object_sealed');
SELECT public.opened(10, :'mirror', 1, 0, :'object_sealed');
SELECT public.opened(9, :'ada', 1, 0, :'object_sealed');
SELECT public.opened(9, :'mirror', 1, 0, substr(:'object_sealed'::bytea, 1, 1000));
SELECT public.opened(1, :'mirror', 1, 0, :'object_sealed');
\set VERBOSITY default
DROP FUNCTION public.opened(integer, uuid, bigint, integer, bytea);

-- All that who copies may call.
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'vvault'::regnamespace AND has_function_privilege('vvault_mirror', p.oid, 'EXECUTE')
   AND NOT has_function_privilege('public', p.oid, 'EXECUTE') ORDER BY p.proname;

-- Which contents are wanted.
SELECT path, vvault._mirror_wants(path, '{*.md,notes/?.json,100%_*}') AS wanted
  FROM unnest('{a.md,deep/b.md,a.md.bak,notes/1.json,notes/12.json,100%_x,100_x}'::text[]) AS path;

-- Nothing is restored into a vault that is there, not even by a superuser.
SELECT vvault.mirror_restore_begin();
SELECT vvault.mirror_restore_end(false);
SELECT vvault.mirror_restore_object(9, m.user_id, m.id, 1, 0, r.id, r.check_value, m.wrapped, :'object_sealed')
  FROM vvault.mirrors m JOIN vvault.root_keys r ON r.id = m.root_key_id WHERE m.name = 'regress';
SELECT count(*) AS findings FROM vvault.ledger_verify() WHERE NOT ok;
DELETE FROM vvault.mirrors WHERE name = 'regress';
