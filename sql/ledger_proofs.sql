-- The ledger is handed out with proofs, each to whom it belongs, and verifies itself.
\set SHOW_CONTEXT never
SELECT id AS ada, api_key AS ada_key FROM vvault.create_user('ada.proofs@example.com', 'Ada') \gset
SELECT id AS bob, api_key AS bob_key FROM vvault.create_user('bob.proofs@example.com', 'Bob') \gset
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT count(*) FROM vvault.start_session('zen', 'proven', 'Proven', true);
SELECT seq FROM vvault.append_message('proven', 'user', 'one');
SELECT vvault.put_file('library/proven.md', 'a'), vvault.put_file('library/proven.md', 'b');
SELECT vvault.grant_construct('zen', 'bob.proofs@example.com', 'manager');
COMMIT;
-- The first seal of a ledger announces its key, which the second one seals.
SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT vvault.ledger_seal() = (SELECT count(*) FROM vvault.ledger_entries) AS all_sealed;
SELECT id AS mine FROM vvault.ledger_entries WHERE user_id = :'ada' AND event_type = 'message.created' \gset

-- Ada: her entries in order, without a gap, each with its place in the tree.
SET SESSION AUTHORIZATION regress_person;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT event_type, stream_seq, "position" IS NOT NULL AS sealed, payload ->> 'seq' AS seq,
       vvault._payload_commitment(salt, payload) = payload_commitment AS committed,
       vvault._leaf_hash(user_id, id, event_type, "timestamp", actor, stream_id, stream_seq, previous_leaf, xid,
                         payload_commitment, content_commitment) = leaf_hash AS hashes,
       previous_leaf = coalesce(lag(leaf_hash) OVER (ORDER BY stream_seq), decode(repeat('00', 32), 'hex')) AS linked
  FROM vvault.ledger_entries_for(session => 'proven');
SELECT event_type, stream_seq FROM vvault.ledger_entries_for(file => 'library/proven.md');
SELECT event_type, stream_seq FROM vvault.ledger_entries_for(file => 'library/proven.md', after_seq => 1, "limit" => 1);
SELECT event_type, stream_seq FROM vvault.ledger_entries_for(construct => 'zen');
SELECT count(*) FROM vvault.ledger_entries_for(construct => 'zen', after_seq => 99);
SAVEPOINT here;
SELECT count(*) FROM vvault.ledger_entries_for();
ROLLBACK TO here;
SELECT count(*) FROM vvault.ledger_entries_for(file => 'library/proven.md', session => 'proven');
ROLLBACK;
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT p.entry = :'mine' AS entry, p."position" = vvault.ledger_position(:'mine') AS "position",
       sha256('\x00'::bytea || p.leaf_input) = p.leaf_hash AS leaf,
       p.checkpoint = vvault.ledger_checkpoint() AS newest, cardinality(p.hashes) BETWEEN 1 AND 40 AS hashes
  FROM vvault.ledger_inclusion_proof(:'mine') AS p;
SELECT j ->> 'event_type' AS event, j ->> 'id' = :'mine' AS mine, jsonb_array_length(j -> 'proof') > 0 AS proof
  FROM (SELECT vvault.ledger_proof_json(:'mine')::jsonb) AS p(j);
SELECT octet_length(vvault.ledger_tile(0, 0, 1)), octet_length(vvault.ledger_tile('0/000.p/2'));
SELECT split_part(k, '+', 1) LIKE 'vvault/%' AS key FROM vvault.ledger_keys() AS k;
SELECT cardinality(vvault.ledger_consistency_proof(1)) > 0 AS proof, vvault.ledger_consistency_proof(1, 1) AS same;
SELECT count(*) = 1 + (SELECT count(*) FROM vvault.ledger_entries) AS whole,
       count(*) FILTER (WHERE l::jsonb ->> 'user_id' = :'ada' AND (l::jsonb -> 'proof') IS NOT NULL)
           = (SELECT count(*) FROM vvault.ledger_entries) AS only_mine,
       max(l) FILTER (WHERE l LIKE '{"format%') LIKE '{"format":"vvault-ledger-export/1","origin":"vvault/%' AS header
  FROM vvault.ledger_export_mine() AS l;
COMMIT;
-- What is not sealed, not there, or not for her.
BEGIN;
SELECT vvault.authenticate(:'ada_key') = :'ada' AS ada;
SELECT seq FROM vvault.append_message('proven', 'user', 'two');
SELECT id AS open, "position" FROM vvault.ledger_entries_for(session => 'proven', after_seq => 2) \gset
SELECT vvault.ledger_position(:'open') AS not_yet;
SAVEPOINT here;
\set VERBOSITY terse
SELECT vvault.ledger_inclusion_proof(:'open');
ROLLBACK TO here;
SELECT vvault.ledger_inclusion_proof(:'mine', 1);
ROLLBACK TO here;
SELECT vvault.ledger_checkpoint(1);
ROLLBACK TO here;
SELECT vvault.ledger_checkpoint(1000000000);
ROLLBACK TO here;
SELECT vvault.ledger_consistency_proof(2, 1);
ROLLBACK TO here;
SELECT vvault.ledger_consistency_proof(1, 1000000000);
ROLLBACK TO here;
SELECT vvault.ledger_tile(0, 1000000);
ROLLBACK TO here;
SELECT vvault.ledger_tile(8, 0);
ROLLBACK TO here;
SELECT vvault.ledger_tile('0/0');
ROLLBACK TO here;
SELECT vvault.ledger_tile('entries/000.p/1');
ROLLBACK TO here;
SELECT vvault.ledger_export();
ROLLBACK TO here;
SELECT vvault.ledger_verify();
ROLLBACK;
-- Bob manages Ada's construct, and still sees none of her entries: the same answer as for nothing.
BEGIN;
SELECT vvault.authenticate(:'bob_key') = :'bob' AS bob;
SELECT count(*) FROM vvault.list_messages('proven');
SAVEPOINT here;
SELECT vvault.ledger_inclusion_proof(:'mine');
ROLLBACK TO here;
SELECT vvault.ledger_inclusion_proof('00000000-0000-7000-8000-000000000000');
ROLLBACK TO here;
SELECT count(*) FROM vvault.ledger_entries_for(session => 'proven');
ROLLBACK TO here;
SELECT count(*) FROM vvault.ledger_entries_for(session => 'nothing');
ROLLBACK TO here;
SELECT count(*) FILTER (WHERE l::jsonb ->> 'user_id' <> :'bob') AS foreign FROM vvault.ledger_export_mine() AS l;
COMMIT;
-- Nobody.
SELECT vvault.ledger_checkpoint();
SELECT vvault.ledger_inclusion_proof(:'mine');
SELECT vvault.ledger_export_mine();
RESET SESSION AUTHORIZATION;
\set VERBOSITY default

-- An auditor: every entry, the bundles that they are in, the whole export.
SET SESSION AUTHORIZATION regress_auditor;
SELECT p."position" IS NOT NULL AS sealed FROM vvault.ledger_inclusion_proof(:'mine') AS p;
SELECT count(*) = 1 + split_part(vvault.ledger_checkpoint(), E'\n', 2)::bigint AS whole FROM vvault.ledger_export(with_payload => true);
SELECT count(*), min(l::jsonb ->> 'position') FROM vvault.ledger_export(5, 2) AS l;
SELECT octet_length(b) > 376 AS bundle,
       sha256('\x00'::bytea || substr(b, 3, get_byte(b, 0) * 256 + get_byte(b, 1))) = substr(vvault.ledger_tile(0, 0, 1), 1, 32) AS first
  FROM vvault.ledger_entry_bundle(0, 2) AS b;
SELECT * FROM vvault.ledger_verify() WHERE "check" IN ('entries', 'leaves', 'tree', 'signatures', 'triggers') ;
SELECT ok FROM vvault.ledger_verify(vvault.ledger_checkpoint()) WHERE "check" = 'against';
SELECT "check", ok FROM vvault.ledger_verify("from" => split_part(vvault.ledger_checkpoint(), E'\n', 2)::bigint);
SET SESSION AUTHORIZATION regress_admin;
SELECT bool_and(ok) FROM vvault.ledger_verify("from" => 1000000);
SELECT count(*) FROM vvault.ledger_export();
RESET SESSION AUTHORIZATION;

-- After shredding everything still verifies, and there is nothing left to test a guess against:
-- the entry has the salt of its metadata, and the blind of what was said is gone with the key.
SELECT vvault.shred_user(:'ada') IS NOT NULL AS shredded;
SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT "check", detail FROM vvault.ledger_verify() WHERE NOT ok AND "check" IN ('entries', 'leaves', 'tree', 'signatures');
SELECT count(*) AS telling FROM vvault.ledger_export(with_payload => true) AS l WHERE l ~ 'Proven|ada\.proofs';
SELECT bool_or(content_commitment = vvault._payload_commitment(salt, '"one"')
               OR content_commitment = sha256('one')) AS guessed
  FROM vvault.ledger_entries WHERE id = :'mine';
