-- Functions belong to vvault_api, which is bound by row security, and the sealer's and the
-- verifier's to roles of their own, which may not read or write as the API does; nobody may call
-- one that is not granted here.

DO $owners$
DECLARE
    one record;
BEGIN
    -- The owner first: pg_upgrade repeats what an extension's privileges were when they were
    -- first changed, as given by the owner of that moment.
    FOR one IN SELECT p.oid::regprocedure::text AS name,
                      CASE WHEN p.proname = ANY ('{ledger_seal,_ledger_seal_if_free,ledger_adopt,ledger_status,_keep_of_month}')
                           THEN 'vvault_sealer'
                           WHEN p.proname = 'ledger_verify'
                                OR pg_catalog.starts_with(p.proname, '_ledger_verify_')
                           THEN 'vvault_verifier'
                           WHEN p.proname ~ '^_?mirror_' THEN 'vvault_copier' ELSE 'vvault_api' END AS owner
                 FROM pg_catalog.pg_proc p
                WHERE p.pronamespace = 'vvault'::regnamespace
                  -- CASCADE puts pgcrypto into this schema: its functions stay as they are.
                  AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                                    JOIN pg_catalog.pg_extension e ON e.oid = d.refobjid
                                   WHERE d.classid = 'pg_catalog.pg_proc'::regclass
                                     AND d.refclassid = 'pg_catalog.pg_extension'::regclass
                                     AND d.objid = p.oid AND d.deptype = 'e'
                                     AND e.extname <> 'vvault') LOOP
        EXECUTE pg_catalog.format('ALTER FUNCTION %s OWNER TO %I', one.name, one.owner);
        EXECUTE pg_catalog.format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', one.name);
    END LOOP;
    FOR one IN SELECT t.oid::regtype::text AS name
                 FROM pg_catalog.pg_type t
                 JOIN pg_catalog.pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
                WHERE t.typnamespace = 'vvault'::regnamespace LOOP
        EXECUTE pg_catalog.format('ALTER TYPE %s OWNER TO vvault_api', one.name);
        EXECUTE pg_catalog.format('REVOKE ALL ON TYPE %s FROM PUBLIC', one.name);
        EXECUTE pg_catalog.format('GRANT USAGE ON TYPE %s TO vvault_api, vvault_user, vvault_gateway',
                                  one.name);
    END LOOP;
END
$owners$;

-- What the sealer's call.
GRANT EXECUTE ON FUNCTION vvault._ledger_signing_problem(), vvault._sealer_is_running(),
    vvault.ledger_guard_status(), vvault._sealed_of_month(integer) TO vvault_sealer;

-- What policies and column defaults call, for whoever reads or writes a table.
GRANT EXECUTE ON FUNCTION vvault.current_user_id() TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.current_owner_id() TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.current_token_id() TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.access_level(uuid, uuid) TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.may_use_keys(uuid) TO PUBLIC;
-- Computes, and tells nothing.
GRANT EXECUTE ON FUNCTION vvault.uuidv7() TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.shard_of(uuid) TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.shard_name(integer) TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.callsign(text) TO PUBLIC;
GRANT EXECUTE ON FUNCTION vvault.health() TO vvault_user, vvault_gateway, vvault_auditor, vvault_admin;

-- The API: each function asks for an identity itself.
GRANT EXECUTE ON FUNCTION
    vvault.authenticate(text),
    vvault.whoami(),
    vvault.create_group(text),
    vvault.drop_group(text),
    vvault.list_groups(),
    vvault.add_member(text, text, timestamptz),
    vvault.remove_member(text, text),
    vvault.grant_group(text, text, text, timestamptz),
    vvault.revoke_group(text, text),
    vvault.create_runtime(text, text[], text),
    vvault.list_runtimes(),
    vvault.add_to_runtime(text, text, text),
    vvault.remove_from_runtime(text, text),
    vvault.end_runtime(text),
    vvault.create_token(text, text[], timestamptz, text),
    vvault.list_tokens(),
    vvault.revoke_token(uuid),
    vvault.create_api_key(text, text[], timestamptz, text),
    vvault.rotate_token(uuid, interval),
    vvault.note_token_use(),
    vvault.sign_in(text, text, text, text),
    vvault.sign_out(),
    vvault.sign_out_everywhere(),
    vvault.link_identity(text, text),
    vvault.list_identities(),
    vvault.unlink_identity(uuid),
    vvault.create_construct(text, text),
    vvault.list_constructs(),
    vvault.grant_construct(text, text, text, timestamptz),
    vvault.revoke_construct(text, text),
    vvault.list_grants(text),
    vvault.start_session(text, text, text, boolean),
    vvault.get_session(text),
    vvault.list_sessions(text, boolean),
    vvault.rename_session(text, text),
    vvault.end_session(text),
    vvault.append_message(text, text, text, text, text, text, timestamptz, jsonb, text),
    vvault.append_messages(text, jsonb),
    vvault.append_answer(text, text, text, text, text, integer, jsonb, timestamptz, jsonb, text, text),
    vvault.begin_answer(text, text, uuid, interval),
    vvault.keep_answer(text, bigint, uuid, interval),
    vvault.finish_answer(text, bigint, text, text, text, integer, jsonb, jsonb),
    vvault.fail_answer(text, bigint, uuid, text, text, jsonb),
    vvault.seat_report(timestamptz),
    vvault.list_messages(text, bigint, bigint, integer, boolean),
    vvault.list_all_messages(integer),
    vvault.search_messages(text, text, integer, text, integer),
    vvault.render_transcript(text),
    vvault.put_file(text, bytea, bigint, text, jsonb, text),
    vvault.get_file(text, bigint, timestamptz),
    vvault.read_file(text, bigint, timestamptz),
    vvault.read_range(text, bigint, integer, bigint, timestamptz),
    vvault.read_part(text, bigint, bigint, bigint, timestamptz, integer),
    vvault.list_files(text, boolean, boolean, timestamptz, text, integer),
    vvault.file_history(text),
    vvault.restore_file(text, bigint),
    vvault.delete_file(text, bigint),
    vvault.begin_upload(text, bigint, text, text, interval),
    vvault.append_upload(uuid, bigint, bytea),
    vvault.finish_upload(uuid, text, jsonb),
    vvault.abandon_upload(uuid),
    vvault.undelete_file(text),
    vvault.restore_tree(text, timestamptz),
    vvault.diff_file(text, bigint, bigint),
    vvault.purge_file(text, bigint),
    vvault.export_pgp(text, text),
    vvault.parse_transcript(text, bytea, text[]),
    vvault.import_turns(text, text[], boolean),
    vvault.import_content(text, bytea, text[], boolean)
    TO vvault_user, vvault_gateway;
GRANT EXECUTE ON FUNCTION vvault.list_events(text, text, integer, jsonb, pg_snapshot)
    TO vvault_user, vvault_gateway;
-- Whose streams to wake: ids and kinds of what was committed, of everybody and without content.
GRANT EXECUTE ON FUNCTION vvault._announce(pg_snapshot) TO vvault_gateway;

-- Removes what has expired, and tells nothing of it.
GRANT EXECUTE ON FUNCTION vvault.sweep_uploads(integer) TO vvault_gateway, vvault_admin;

-- Writes what the vault owes everybody, from what stands in it, and tells nothing of it.
GRANT EXECUTE ON FUNCTION vvault.keep_transcripts(integer, boolean),
    vvault.transcript_status() TO vvault_gateway, vvault_admin;

-- Adds people; gives no way into anybody's vault but a new one.
GRANT EXECUTE ON FUNCTION vvault.create_user(text, text) TO vvault_admin;

-- Whom the vault believes. The keys are brought by a role of its own, which no request has.
GRANT EXECUTE ON FUNCTION vvault.set_issuer_keys(text, text, text, integer),
    vvault.issuers_due(boolean) TO vvault_key_fetcher;
GRANT EXECUTE ON FUNCTION vvault.list_issuers() TO vvault_auditor, vvault_admin;
GRANT EXECUTE ON FUNCTION vvault.remove_issuer(text) TO vvault_admin;

-- What is to be kept, and for how long. Holds show to whoever may see their rows.
GRANT EXECUTE ON FUNCTION vvault.place_hold(uuid, text, text),
    vvault.place_hold(text, text, text), vvault.lift_hold(uuid, text),
    vvault.apply_retention() TO vvault_admin;
GRANT EXECUTE ON FUNCTION vvault.list_holds()
    TO vvault_user, vvault_gateway, vvault_auditor, vvault_admin;
-- Reads settings, and nothing of anybody's.
GRANT EXECUTE ON FUNCTION vvault.doctor() TO vvault_admin;

-- Whether the ledger is guarded is no secret.
GRANT EXECUTE ON FUNCTION vvault.ledger_guard_status()
    TO vvault_user, vvault_gateway, vvault_auditor, vvault_admin;

-- Keys. Each asks whether it is an administrator's session or the person's own.
GRANT EXECUTE ON FUNCTION
    vvault.rotate_data_key(uuid),
    vvault.rotate_data_key(text),
    vvault.shred_user(uuid),
    vvault.shred_user(text)
    TO vvault_admin, vvault_user, vvault_gateway;
GRANT EXECUTE ON FUNCTION
    vvault.shred_construct(text),
    vvault.shred_file(text)
    TO vvault_user, vvault_gateway;
GRANT EXECUTE ON FUNCTION
    vvault.rotate_root_key(),
    vvault.root_key_status(),
    vvault.reencrypt(integer)
    TO vvault_admin;
-- What root_key_status() and the view reencryption_progress call; they open nothing.
GRANT EXECUTE ON FUNCTION
    vvault._ring_is_there(),
    vvault._root_key_in_ring(integer, bytea),
    vvault._sealed_key(bytea)
    TO vvault_admin;

GRANT EXECUTE ON FUNCTION vvault.ledger_seal(), vvault.ledger_adopt(text) TO vvault_admin;
GRANT EXECUTE ON FUNCTION vvault.ledger_archive(integer), vvault._sealed_of_month(integer)
    TO vvault_auditor;
GRANT EXECUTE ON FUNCTION vvault.ledger_status() TO vvault_admin, vvault_auditor, vvault_gateway;

-- Anybody who reads the ledger may recompute it.
GRANT EXECUTE ON FUNCTION vvault._payload_commitment(bytea, json) TO vvault_user, vvault_auditor;
GRANT EXECUTE ON FUNCTION vvault._leaf_hash(uuid, uuid, text, timestamptz, text, uuid, bigint,
                                            bytea, bigint, bytea, bytea)
    TO vvault_user, vvault_auditor;
GRANT EXECUTE ON FUNCTION vvault._ledger_payload(regclass, record, bytea, timestamptz) TO vvault_auditor;

-- The ledger: hashes are for everybody who is signed in, entries for their owner and for
-- auditors; each function asks.
GRANT EXECUTE ON FUNCTION
    vvault.ledger_checkpoint(bigint),
    vvault.ledger_keys(),
    vvault.ledger_consistency_proof(bigint, bigint)
    TO vvault_user, vvault_gateway, vvault_auditor, vvault_admin, vvault_witness;
GRANT EXECUTE ON FUNCTION vvault.ledger_report_witness(text, bigint, text) TO vvault_witness;
GRANT EXECUTE ON FUNCTION vvault.create_mirror(text, text[]) TO vvault_admin;
GRANT EXECUTE ON FUNCTION vvault._mirror_new_key(uuid, uuid, integer, bytea) TO vvault_api;
GRANT EXECUTE ON FUNCTION
    vvault.mirror_begin(text, bigint),
    vvault.mirror_end_of_slice(bigint),
    vvault.mirror_rows(uuid, bigint, integer, bigint, bigint, boolean, text, text),
    vvault.mirror_chunks(uuid, bigint, integer, bigint, bigint, boolean, text, text, uuid, uuid),
    vvault.mirror_people(uuid, bigint, integer),
    vvault.mirror_keys(uuid, bigint, integer, integer),
    vvault.mirror_tree(uuid, bigint, integer),
    vvault.mirror_seal_head(uuid, bigint, text),
    vvault.mirror_head_is_genuine(uuid, bigint, text, bytea),
    vvault.mirror_report(uuid, bigint, bigint, text, text, text) TO vvault_mirror;
GRANT EXECUTE ON FUNCTION vvault.mirror_status()
    TO vvault_mirror, vvault_auditor, vvault_admin, vvault_gateway;
GRANT EXECUTE ON FUNCTION vvault.ledger_status(), vvault._ledger_root(bigint),
    vvault._uuids_of(bytea), vvault._ledger_month(uuid) TO vvault_copier;
GRANT EXECUTE ON FUNCTION vvault.ledger_witness_status() TO vvault_auditor, vvault_admin;
GRANT EXECUTE ON FUNCTION
    vvault.ledger_position(uuid),
    vvault.ledger_inclusion_proof(uuid, bigint),
    vvault.ledger_entries_for(text, text, text, bigint, integer),
    vvault.ledger_proof_json(uuid, bigint),
    vvault.ledger_tile(integer, bigint, integer),
    vvault.ledger_tile(text)
    TO vvault_user, vvault_gateway, vvault_auditor;
GRANT EXECUTE ON FUNCTION vvault.ledger_export_mine(boolean), vvault.ledger_opening(uuid)
    TO vvault_user, vvault_gateway;
GRANT EXECUTE ON FUNCTION
    vvault.ledger_export(bigint, bigint, boolean),
    vvault.ledger_entry_bundle(bigint, integer)
    TO vvault_auditor;
GRANT USAGE ON TYPE vvault.ledger_entry, vvault.ledger_proof, vvault.ledger_finding
    TO vvault_auditor, vvault_admin, vvault_verifier;
GRANT EXECUTE ON FUNCTION vvault.ledger_verify(text, bigint) TO vvault_auditor, vvault_admin;

-- What the verifier, which runs with eyes that policies give to nobody else, is made of.
GRANT EXECUTE ON FUNCTION
    vvault._findings_limit(),
    vvault._verdict(text, vvault.ledger_finding[]),
    vvault._ledgered_tables(),
    vvault._media_type(text),
    vvault._ledger_payload(regclass, record, bytea, timestamptz),
    vvault._payload_commitment(bytea, json),
    vvault._leaf_hash(uuid, uuid, text, timestamptz, text, uuid, bigint, bytea, bigint, bytea, bytea),
    vvault._ledger_month(uuid),
    vvault._uuids_of(bytea),
    vvault._digests_of(bytea),
    vvault._ledger_size(),
    vvault._ledger_root(bigint),
    vvault._ledger_check_tree(bigint),
    vvault._ledger_snapshot_at(bigint),
    vvault._ledger_note_keys(),
    vvault._note_key(text, bytea),
    vvault._read_checkpoint(text, text[])
    TO vvault_verifier;

-- EXECUTE on install(), migrate(), issue_token() and add_issuer() is nobody's: a superuser needs
-- none.
