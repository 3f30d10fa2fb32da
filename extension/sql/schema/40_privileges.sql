-- Who owns the tables and who may touch which of their columns. Content, even sealed, is
-- for the API's functions alone.

DO $owners$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_catalog.pg_class c
                 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = ANY ('{r,p}') LOOP
        EXECUTE pg_catalog.format('ALTER TABLE vvault.%I OWNER TO vvault_owner', name);
        EXECUTE pg_catalog.format('REVOKE ALL ON vvault.%I FROM PUBLIC', name);
    END LOOP;
END
$owners$;

-- What the API's functions do, each bound by the policies for vvault_api.
GRANT SELECT, INSERT ON vvault.users, vvault.user_emails, vvault.root_keys,
    vvault.token_hashes, vvault.data_keys,
    vvault.messages, vvault.vault_file_versions, vvault.vault_file_tails, vvault.vault_chunks,
    vvault.vault_chunk_uses,
    vvault.ledger_entries TO vvault_api;
GRANT SELECT ON vvault.ledger_stream_heads TO vvault_api, vvault_user, vvault_auditor;
GRANT SELECT, INSERT, UPDATE ON vvault.tokens, vvault.sessions, vvault.vault_files,
    vvault.constructs TO vvault_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON vvault.construct_grants, vvault.runtime_constructs,
    vvault.group_members, vvault.group_grants TO vvault_api;
GRANT SELECT, INSERT, DELETE ON vvault.groups TO vvault_api;
GRANT SELECT, INSERT ON vvault.runtimes TO vvault_api;
-- Keys rotated and destroyed, and what they sealed sealed anew.
GRANT UPDATE ON vvault.data_keys TO vvault_api;
GRANT UPDATE (retired_at) ON vvault.root_keys TO vvault_api;
GRANT UPDATE (content, metadata, client_id) ON vvault.messages TO vvault_api;
GRANT UPDATE (info) ON vvault.vault_file_versions TO vvault_api;
GRANT UPDATE (version, info) ON vvault.vault_file_tails TO vvault_api;
GRANT UPDATE (email, display_name, status) ON vvault.users TO vvault_api;
GRANT DELETE ON vvault.user_emails TO vvault_api;
GRANT UPDATE (until_version) ON vvault.vault_chunk_uses TO vvault_api;
GRANT DELETE ON vvault.vault_file_versions, vvault.vault_file_tails, vvault.vault_chunks,
    vvault.vault_chunk_uses TO vvault_api;
GRANT SELECT, INSERT, UPDATE (lifted_by, lifted_at, lift_reason) ON vvault.legal_holds TO vvault_api;

GRANT SELECT, INSERT, UPDATE, DELETE ON vvault.vault_uploads, vvault.vault_upload_parts TO vvault_api;

GRANT SELECT, INSERT ON vvault.seat_attempts TO vvault_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON vvault.seat_leases TO vvault_api;
GRANT SELECT, INSERT, UPDATE ON vvault.kept_transcripts, vvault.transcript_keeper TO vvault_api;
GRANT SELECT ON vvault.kept_transcripts TO vvault_user, vvault_admin, vvault_auditor;

GRANT SELECT ON vvault.installation TO vvault_api;
GRANT SELECT, INSERT, UPDATE, DELETE ON vvault.issuers, vvault.issuer_keys, vvault.issuer_fetches,
    vvault.used_id_tokens TO vvault_api;
GRANT SELECT, INSERT, DELETE ON vvault.identities, vvault.identity_subjects TO vvault_api;
GRANT SELECT, INSERT, UPDATE ON vvault.token_uses TO vvault_api;

-- What a signed-in person reads with any SQL client: metadata, under row security.
GRANT SELECT ON vvault.installation TO vvault_user, vvault_gateway, vvault_auditor, vvault_admin;
GRANT SELECT ON vvault.users, vvault.tokens, vvault.constructs, vvault.construct_grants,
    vvault.sessions, vvault.messages, vvault.vault_files, vvault.vault_file_versions,
    vvault.legal_holds, vvault.ledger_entries, vvault.identities, vvault.token_uses,
    vvault.runtimes, vvault.runtime_constructs, vvault.groups, vvault.group_members,
    vvault.group_grants, vvault.seat_attempts TO vvault_user;

-- Holds are listed with the eyes of whoever asks, which may be an administrator.
GRANT SELECT ON vvault.legal_holds TO vvault_gateway;

-- What an auditor reads: the same for everybody's rows, without a byte of content.
GRANT SELECT ON vvault.users, vvault.tokens, vvault.constructs, vvault.construct_grants,
    vvault.vault_files, vvault.legal_holds, vvault.root_keys, vvault.ledger_entries,
    vvault.runtimes, vvault.runtime_constructs, vvault.groups, vvault.group_members,
    vvault.group_grants, vvault.seat_attempts
    TO vvault_auditor;
GRANT SELECT (user_id, id, issuer, created_at) ON vvault.identities TO vvault_auditor, vvault_admin;
GRANT SELECT ON vvault.token_uses TO vvault_auditor, vvault_admin;
GRANT SELECT (user_id, id, purpose, scope_id, state, root_key_id, created_at)
    ON vvault.data_keys TO vvault_auditor, vvault_admin;
GRANT SELECT (user_id, id, construct_id, external_id, started_at, ended_at, last_seq, updated_at,
              flags) ON vvault.sessions TO vvault_auditor;
GRANT SELECT (user_id, session_id, seq, id, construct_id, role, seat, model, client_id, commitment,
              created_at, timestamp_text) ON vvault.messages TO vvault_auditor;
GRANT SELECT (user_id, file_id, version, size, created_at, restored_from, construct_id, is_deletion,
              encrypted, media_type)
    ON vvault.vault_file_versions TO vvault_auditor;

-- What an administrator does directly: stop a person's access. People are added with
-- vvault.create_user().
GRANT SELECT ON vvault.users, vvault.tokens, vvault.legal_holds, vvault.root_keys TO vvault_admin;
GRANT UPDATE (display_name, status) ON vvault.users TO vvault_admin;
GRANT UPDATE (revoked_at) ON vvault.tokens TO vvault_admin;

-- export_pgp() calls pgcrypto, which may have been put where not everybody looks.
DO $pgcrypto$
DECLARE
    home text := (SELECT n.nspname FROM pg_catalog.pg_extension e
                    JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace
                   WHERE e.extname = 'pgcrypto');
BEGIN
    IF NOT pg_catalog.has_schema_privilege('vvault_api', home, 'USAGE') THEN
        EXECUTE pg_catalog.format('GRANT USAGE ON SCHEMA %I TO vvault_api', home);
    END IF;
END
$pgcrypto$;

-- The tree is the sealer's; hashes and public keys tell nothing of anybody's content.
GRANT SELECT (user_id, id, stream_id, stream_seq, xid, "timestamp", event_type,
              month, leaf_hash)
    ON vvault.ledger_entries TO vvault_sealer;
GRANT SELECT, INSERT ON vvault.ledger_tiles, vvault.ledger_signing_keys,
    vvault.ledger_stream_heads, vvault.ledger_archives TO vvault_sealer;
GRANT SELECT, INSERT, DELETE ON vvault.ledger_tail TO vvault_sealer;
GRANT SELECT, INSERT, UPDATE (note) ON vvault.ledger_checkpoints TO vvault_sealer;
GRANT SELECT, UPDATE ON vvault.ledger_state TO vvault_sealer;
GRANT SELECT ON vvault.installation TO vvault_sealer;
GRANT SELECT ON vvault.ledger_archives TO vvault_api, vvault_auditor, vvault_admin;
GRANT SELECT ON vvault.ledger_tiles, vvault.ledger_tail, vvault.ledger_state,
    vvault.ledger_checkpoints, vvault.ledger_signing_keys TO vvault_api, vvault_auditor;
GRANT SELECT ON vvault.ledger_checkpoints, vvault.ledger_signing_keys, vvault.ledger_state
    TO vvault_admin;
GRANT SELECT ON vvault.ledger_checkpoints, vvault.ledger_signing_keys TO vvault_user;

GRANT SELECT, INSERT, UPDATE ON vvault.ledger_witnesses TO vvault_api;
GRANT SELECT ON vvault.ledger_witnesses TO vvault_auditor, vvault_admin;

-- What ledger_verify() hashes and compares. Of chunks it asks only whether they are there.
GRANT SELECT ON vvault.users, vvault.user_emails, vvault.tokens, vvault.token_hashes,
    vvault.data_keys, vvault.constructs, vvault.construct_grants, vvault.runtimes,
    vvault.runtime_constructs, vvault.groups, vvault.group_members, vvault.group_grants,
    vvault.sessions,
    vvault.messages, vvault.vault_files, vvault.vault_file_versions, vvault.vault_chunk_uses,
    vvault.legal_holds, vvault.issuers, vvault.issuer_keys, vvault.identities,
    vvault.ledger_entries, vvault.ledger_stream_heads, vvault.ledger_tiles,
    vvault.ledger_tail, vvault.ledger_checkpoints, vvault.ledger_signing_keys,
    vvault.ledger_archives, vvault.ledger_state
    TO vvault_verifier;
GRANT SELECT (user_id, id) ON vvault.vault_chunks TO vvault_verifier;

-- What mirrors get, which is sealed before it leaves. Uploads that are nobody's file yet stay here.
DO $copier$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_catalog.pg_class c
                 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = ANY ('{r,p}')
                   AND NOT c.relispartition
                   AND c.relname <> ALL ('{vault_uploads,vault_upload_parts,seat_leases,transcript_keeper,ledger_witnesses}') LOOP
        EXECUTE pg_catalog.format('GRANT SELECT ON vvault.%I TO vvault_copier', name);
    END LOOP;
END
$copier$;
GRANT UPDATE (generation, head_digest, size, checkpoint, mirrored_at, reported_at, error)
    ON vvault.mirrors TO vvault_copier;
GRANT SELECT, INSERT, UPDATE (root_key_id, wrapped) ON vvault.mirrors TO vvault_api;
GRANT SELECT ON vvault.mirrors TO vvault_verifier;
GRANT SELECT (user_id, id, name, contents, created_at, root_key_id, generation, size, checkpoint,
              mirrored_at, reported_at, error) ON vvault.mirrors TO vvault_auditor, vvault_admin;
