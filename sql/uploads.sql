-- Files that come in parts: the same versions as put_file() makes, and nothing before the end.
\set SHOW_CONTEXT never
\set VERBOSITY terse
SELECT id AS ada, api_key AS key FROM vvault.create_user('ada.uploads@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bobs FROM vvault.create_user('bob.uploads@example.com', 'Bob') \gset
CREATE FUNCTION public.answer(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    result text;
BEGIN
    EXECUTE query INTO result;
    RETURN result;
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ': ' || SQLERRM;
END $$;
-- Content that is the same in each run, and does not compress to nothing.
CREATE FUNCTION public.noise(seed text, size integer) RETURNS bytea IMMUTABLE LANGUAGE sql AS $$
    SELECT substring(string_agg(sha256((seed || n)::bytea), '') FROM 1 FOR size) FROM generate_series(0, size / 32) n
$$;
CREATE FUNCTION public.append(upload uuid, content bytea, part integer, first integer DEFAULT 0) RETURNS bigint LANGUAGE sql AS $$
    SELECT max(vvault.append_upload(upload, o, substring(content FROM o + 1 FOR part))) FROM generate_series(first, length(content) - 1, part) o
$$;
CREATE VIEW public.kept AS
    SELECT (SELECT count(*) FROM vvault.vault_uploads) AS uploads, (SELECT count(*) FROM vvault.vault_upload_parts) AS parts;
CREATE VIEW public.chunks AS
    SELECT u.email, (SELECT count(*) FROM vvault.vault_chunks c WHERE c.user_id = u.id) AS chunks FROM vvault.users u WHERE u.email LIKE '%.uploads@%';

-- Until the end there is no file, no entry in the ledger, and nobody reads what was sent.
SELECT count(*) AS entries FROM vvault.ledger_entries WHERE user_id = :'ada' \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('a.bin') AS upload \gset
SELECT vvault.append_upload(:'upload', 0, noise('a', 100000)) AS received;
SELECT vvault.append_upload(:'upload', 100000, noise('b', 200000)) AS received;
SELECT count(*) AS files FROM vvault.list_files(include_deleted => true);
SELECT answer($$SELECT vvault.get_file('a.bin')$$);
COMMIT;
SELECT event_type FROM vvault.ledger_entries WHERE user_id = :'ada' ORDER BY id OFFSET :entries;
SELECT has_table_privilege(r, t, 'SELECT') AS reads FROM unnest('{vvault_user,vvault_gateway,vvault_admin,vvault_auditor}'::text[]) r, unnest('{vvault.vault_uploads,vvault.vault_upload_parts}'::text[]) t GROUP BY 1;
-- What is kept meanwhile is sealed: neither the bytes behind the last cut nor any others are in it.
SELECT count(*) AS in_the_clear FROM vvault.vault_uploads u, vvault.vault_upload_parts p, generate_series(0, 299968, 16) o
 WHERE position(substring(noise('a', 100000) || noise('b', 200000) FROM o + 1 FOR 16) IN u.state || p.refs) > 0;

-- A part that is sent again changes nothing; no other fits but the next.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.append_upload(:'upload', 0, noise('a', 100000)) AS received, vvault.append_upload(:'upload', 100000, noise('b', 200000)) AS again;
SELECT answer(format($$SELECT vvault.append_upload(%L, 0, noise('c', 100000))$$, :'upload')) AS other_content,
       answer(format($$SELECT vvault.append_upload(%L, 0, noise('a', 99999))$$, :'upload')) AS other_size,
       answer(format($$SELECT vvault.append_upload(%L, 300001, 'x')$$, :'upload')) AS gap,
       answer(format($$SELECT vvault.append_upload(%L, NULL, 'x')$$, :'upload')) AS nowhere;
SELECT answer(format($$SELECT vvault.append_upload(%L, 300000, '')$$, :'upload')) AS nothing,
       answer(format($$SELECT vvault.append_upload(%L, 300000, NULL)$$, :'upload')) AS null,
       answer(format($$SELECT vvault.append_upload(%L, 300000, convert_to(repeat('x', 16777217), 'UTF8'))$$, :'upload')) AS too_much;
SELECT answer(format($$SELECT vvault.finish_upload(%L, repeat('0', 64))$$, :'upload')) AS other_hash,
       answer(format($$SELECT vvault.finish_upload(%L, NULL, '[]')$$, :'upload')) AS no_object;
SELECT answer($$SELECT vvault.append_upload(vvault.uuidv7(), 0, 'x')$$) AS unknown;
SELECT vvault.finish_upload(:'upload', encode(sha256(noise('a', 100000) || noise('b', 200000)), 'hex'), '{"n": 1}') AS version;
-- The end is the end: asked again it tells what became of it, and takes no more.
SELECT vvault.finish_upload(:'upload') AS version, answer(format($$SELECT vvault.append_upload(%L, 300000, 'x')$$, :'upload')) AS more;
SELECT size, media_type, metadata, encrypted, content = noise('a', 100000) || noise('b', 200000) AS same FROM vvault.read_file('a.bin');
COMMIT;
SELECT * FROM kept;
SELECT event_type FROM vvault.ledger_entries WHERE user_id = :'ada' ORDER BY id OFFSET :entries;

-- Whatever the parts are, the version is the one that put_file() makes: the same chunks, and
-- nothing stored for the same content.
SELECT chunks AS before FROM chunks WHERE email LIKE 'ada%' \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('put.bin', noise('a', 100000) || noise('b', 200000)) AS put, vvault.put_file('a.bin', noise('a', 100000) || noise('b', 200000)) AS again;
CREATE TEMP TABLE sent AS SELECT part, vvault.begin_upload('parts-' || part) AS upload FROM unnest('{1023,4095,4097,65536,70000,299999,300000}'::integer[]) part;
SELECT part, append(upload, noise('a', 100000) || noise('b', 200000), part) AS received, vvault.finish_upload(upload) AS version FROM sent;
SELECT count(*) AS same FROM sent WHERE vvault.get_file('parts-' || part) = noise('a', 100000) || noise('b', 200000);
COMMIT;
SELECT chunks - :before AS new_chunks FROM chunks WHERE email LIKE 'ada%';
SELECT count(DISTINCT uses) AS as_many_uses FROM (SELECT count(*) AS uses FROM vvault.vault_chunk_uses WHERE user_id = :'ada' GROUP BY file_id) u;

-- One that grew goes on from the version before it, as with put_file(); one that was changed,
-- deleted or came back does not.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
CREATE FUNCTION public.upload(path text, content bytea, expected bigint DEFAULT NULL) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    upload uuid := vvault.begin_upload(path, expected);
BEGIN
    PERFORM append(upload, content, 50000);
    RETURN vvault.finish_upload(upload);
END $$;
SELECT upload('grows', noise('g', 120000)) AS first, upload('grows', noise('g', 120000)) AS same, upload('grows', noise('g', 120000) || 'more') AS more,
       upload('grows', noise('g', 120000) || 'more and more') AS yet_more, upload('grows', noise('g', 120000) || 'more and more' || noise('h', 200000)) AS past_cuts,
       upload('grows', noise('i', 50000)) AS changed, upload('grows', '') AS emptied, upload('grows', 'small') AS small;
SELECT vvault.delete_file('grows') AS deleted, upload('grows', noise('g', 120000)) AS back;
SELECT h.version, h.kind, h.size, CASE WHEN h.version = 7 THEN v.info IS NULL END AS continues, h.sha256 = encode(sha256(vvault.get_file('grows', h.version)), 'hex') AS right
  FROM vvault.file_history('grows') h JOIN vvault.vault_file_versions v ON v.user_id = :'ada' AND v.version = h.version
  JOIN vvault.vault_files f ON f.user_id = v.user_id AND f.id = v.file_id AND f.path = 'grows' WHERE h.kind <> 'delete' ORDER BY 1;
COMMIT;

-- The expected version holds at the beginning and at the end; a repetition is none.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT answer($$SELECT vvault.begin_upload('grows', 0)$$) AS is_there, answer($$SELECT vvault.begin_upload('a.bin', 7)$$) AS not_so_far,
       answer($$SELECT vvault.begin_upload('none', 1)$$) AS none_there;
SELECT vvault.begin_upload('a.bin', 1) AS one, vvault.begin_upload('a.bin', 1) AS two, vvault.begin_upload('new.bin', 0) AS new \gset
SELECT append(:'one', noise('one', 5000), 5000), append(:'two', noise('two', 5000), 5000), append(:'new', 'x', 1);
SELECT vvault.finish_upload(:'one') AS one, answer(format('SELECT vvault.finish_upload(%L)', :'two')) AS two;
SELECT upload('a.bin', noise('one', 5000), 1) AS same_again, answer($$SELECT upload('a.bin', 'other', 1)$$) AS other;
SELECT vvault.put_file('new.bin', 'y') AS put, answer(format('SELECT vvault.finish_upload(%L)', :'new')) AS new;
-- So does that of a deletion.
SELECT answer($$SELECT vvault.delete_file('a.bin', 1)$$) AS stale, vvault.delete_file('a.bin', 2) AS deleted,
       vvault.delete_file('a.bin', 2) AS again, vvault.delete_file('a.bin') AS unconditional, answer($$SELECT vvault.delete_file('a.bin', 3)$$) AS gone;
SELECT answer($$SELECT vvault.begin_upload('../x')$$) AS path, answer($$SELECT vvault.begin_upload('x', media_type => 'x')$$) AS media_type,
       answer($$SELECT vvault.begin_upload('x', encrypted => 'yes')$$) AS encrypted, answer($$SELECT vvault.begin_upload('x', keep_for => '8 days')$$) AS keep_for;
SELECT answer($$SELECT count(vvault.begin_upload('x' || n)) FROM generate_series(1, 100) n$$) AS too_many;
COMMIT;

-- What the client sealed must look so from its first part on.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('sealed', encrypted => 'client') AS sealed \gset
SELECT answer(format($$SELECT vvault.finish_upload(%L)$$, :'sealed')) AS empty, answer(format($$SELECT vvault.append_upload(%L, 0, noise('clear', 200))$$, :'sealed')) AS clear;
SELECT append(:'sealed', '\x56565345414c310a'::bytea || noise('s', 300), 200), vvault.finish_upload(:'sealed') AS version;
SELECT encrypted, media_type FROM vvault.read_file('sealed');
COMMIT;

-- An upload is of who began it, and of nobody who may not write there any more.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT name FROM vvault.create_construct('zen-001', 'Zen');
SELECT vvault.grant_construct('zen-001', 'bob.uploads@example.com', 'writer') IS NOT NULL AS granted;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT answer(format($$SELECT vvault.append_upload(%L, 0, 'x')$$, :'one')) AS anothers, answer(format($$SELECT vvault.finish_upload(%L)$$, :'one')) AS end, vvault.abandon_upload(:'two') IS NOT NULL AS abandons_nothing;
SELECT vvault.begin_upload('instances/zen-001/one.bin') AS shared, vvault.begin_upload('instances/zen-001/two.bin') AS late \gset
SELECT append(:'shared', noise('shared', 60000), 30000), append(:'late', noise('late', 60000), 30000);
SELECT vvault.finish_upload(:'shared') AS version;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.get_file('instances/zen-001/one.bin') = noise('shared', 60000) AS shared;
SELECT answer(format($$SELECT vvault.append_upload(%L, 60000, 'x')$$, :'late')) AS not_the_owners;
SELECT vvault.grant_construct('zen-001', 'bob.uploads@example.com', 'reader') IS NOT NULL AS granted;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT answer(format($$SELECT vvault.append_upload(%L, 60000, 'x')$$, :'late')) AS reads_only, answer(format($$SELECT vvault.finish_upload(%L)$$, :'late')) AS reads_only;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.revoke_construct('zen-001', 'bob.uploads@example.com') IS NOT NULL AS revoked;
COMMIT;
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT answer(format($$SELECT vvault.append_upload(%L, 60000, 'x')$$, :'late')) AS revoked, answer(format($$SELECT vvault.finish_upload(%L)$$, :'late')) AS revoked;
COMMIT;
SELECT answer(format($$SELECT vvault.append_upload(%L, 60000, 'x')$$, :'late')) AS nobody;

-- Abandoned or expired: nobody goes on, and the sweep takes what no version uses. One call takes
-- so many parts.
UPDATE vvault.vault_uploads SET expires_at = now() WHERE version IS NOT NULL OR id = :'late';
SELECT count(vvault.sweep_uploads(1)) AS sweeps FROM generate_series(1, 40);
SELECT * FROM kept;
SELECT chunks AS before FROM chunks WHERE email LIKE 'ada%' \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('gone') AS gone, vvault.begin_upload('late') AS late, vvault.begin_upload('stays') AS stays \gset
SELECT append(:'gone', noise('a', 100000) || noise('gone', 300000), 50000), append(:'late', noise('late', 100000), 50000),
       append(:'stays', noise('stays', 90000) || noise('gone', 300000), 90000);
SELECT vvault.abandon_upload(:'gone'), vvault.abandon_upload(:'gone');
SELECT answer(format($$SELECT vvault.append_upload(%L, 400000, 'x')$$, :'gone')) AS abandoned;
COMMIT;
UPDATE vvault.vault_uploads SET expires_at = now() WHERE id = :'late';
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT answer(format($$SELECT vvault.finish_upload(%L)$$, :'late')) AS expired;
COMMIT;
SELECT answer('SELECT vvault.sweep_uploads(0)') AS none, vvault.sweep_uploads() AS removed;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.finish_upload(:'stays') AS version;
SELECT vvault.get_file('stays') = noise('stays', 90000) || noise('gone', 300000) AS same, vvault.get_file('put.bin') = noise('a', 100000) || noise('b', 200000) AS others_too;
SELECT vvault.delete_file('stays') AS deleted, vvault.purge_file('stays') AS purged;
COMMIT;
SELECT chunks - :before AS left_over FROM chunks WHERE email LIKE 'ada%';

-- A chunk that an upload has met stays, also when the file that had it is purged.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.put_file('had.bin', noise('had', 200000)) AS put, vvault.begin_upload('has.bin') AS has \gset
SELECT append(:'has', noise('had', 200000), 100000);
SELECT vvault.delete_file('had.bin') AS deleted, vvault.purge_file('had.bin') AS purged;
SELECT vvault.finish_upload(:'has') AS version;
SELECT vvault.get_file('has.bin') = noise('had', 200000) AS same;
COMMIT;

-- Keys that are rotated meanwhile: what is kept is sealed anew, and the old keys go.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('rotated') AS person, vvault.begin_upload('put.bin') AS file, vvault.begin_upload('instances/zen-001/new') AS construct \gset
SELECT append(u, noise('r', 100000), 50000) FROM unnest(ARRAY[:'person', :'file', :'construct']::uuid[]) u;
COMMIT;
SELECT vvault.rotate_data_key(:'ada'::uuid) > 0 AS rotated;
SELECT sum(uploads) AS to_be_sealed_anew FROM vvault.reencryption_progress WHERE user_id = :'ada';
SELECT count(vvault.reencrypt()) AS batches FROM generate_series(1, 3);
SELECT vvault.reencrypt() AS left;
SELECT count(*) AS old_keys FROM vvault.data_keys WHERE user_id = :'ada' AND state = 'retired';
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT append(u, noise('r', 100000) || noise('s', 100000), 50000, 100000), vvault.append_upload(u, 50000, substring(noise('r', 100000) FROM 50001)) AS again, vvault.finish_upload(u)
  FROM unnest(ARRAY[:'person', :'file', :'construct']::uuid[]) u;
SELECT count(*) AS same FROM unnest('{rotated,put.bin,instances/zen-001/new}'::text[]) p WHERE vvault.get_file(p) = noise('r', 100000) || noise('s', 100000);
COMMIT;

-- What is shredded meanwhile is not gone on with.
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS ada;
SELECT vvault.begin_upload('put.bin') AS file, vvault.begin_upload('instances/zen-001/newer') AS construct, vvault.begin_upload('mine') AS person \gset
SELECT append(u, noise('t', 100000), 50000) FROM unnest(ARRAY[:'file', :'construct', :'person']::uuid[]) u;
SELECT vvault.shred_file('put.bin') AS file, vvault.shred_construct('zen-001') > 0 AS construct;
SELECT answer(format($$SELECT vvault.append_upload(%L, 100000, 'x')$$, u)) AS more, answer(format($$SELECT vvault.finish_upload(%L)$$, u)) AS end FROM unnest(ARRAY[:'file', :'construct']::uuid[]) u;
SELECT upload('put.bin', noise('new', 20000)) AS new;
COMMIT;
SELECT vvault.shred_user(:'ada'::uuid) > 0 AS shredded;
UPDATE vvault.vault_uploads SET expires_at = now();
SELECT count(vvault.sweep_uploads()) AS sweeps FROM generate_series(1, 3);
SELECT * FROM kept;
-- A hold is on what is stored: it lets new versions come, and removes nothing that was a version.
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT upload('held/a', noise('h', 50000)) AS one;
COMMIT;
SELECT vvault.place_hold(:'bob'::uuid, 'held/', 'a reason') IS NOT NULL AS held;
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT upload('held/a', noise('i', 50000)) AS two, vvault.begin_upload('held/a') AS third \gset
SELECT append(:'third', noise('j', 50000), 50000), vvault.abandon_upload(:'third');
COMMIT;
UPDATE vvault.vault_uploads SET expires_at = now();
SELECT vvault.sweep_uploads() AS removed;
BEGIN;
SELECT vvault.authenticate(:'bobs') IS NOT NULL AS bob;
SELECT vvault.get_file('held/a', 1) = noise('h', 50000) AS one, vvault.get_file('held/a') = noise('i', 50000) AS two, answer($$SELECT vvault.purge_file('held/a', 2)$$) AS purge;
COMMIT;
DROP FUNCTION public.answer(text), public.noise(text, integer), public.append(uuid, bytea, integer, integer), public.upload(text, bytea, bigint);
DROP VIEW public.kept, public.chunks;
