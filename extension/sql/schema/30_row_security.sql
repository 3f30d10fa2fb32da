-- Every policy, side by side. ENABLE, not FORCE: nobody and nothing runs as the tables'
-- owner. A policy uses the row's columns and the identity, and never runs a query. Whose vault
-- it is asks current_owner_id(), which a token of a runtime environment does not have.
--
-- vvault_api: what the API's functions may touch on behalf of the current identity.
-- vvault_user: what a signed-in person reads directly. vvault_auditor: metadata and the
-- ledger. vvault_admin: people and keys.

DO $clean$
DECLARE
    old record;
BEGIN
    FOR old IN SELECT schemaname, tablename, policyname FROM pg_catalog.pg_policies
                WHERE schemaname = 'vvault' LOOP
        EXECUTE pg_catalog.format('DROP POLICY %I ON %I.%I', old.policyname, old.schemaname,
                                  old.tablename);
    END LOOP;
END
$clean$;

ALTER TABLE vvault.installation ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody_reads ON vvault.installation FOR SELECT USING (true);

ALTER TABLE vvault.root_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY api_reads ON vvault.root_keys FOR SELECT TO vvault_api USING (true);
CREATE POLICY api_records ON vvault.root_keys FOR INSERT TO vvault_api WITH CHECK (true);
CREATE POLICY api_retires ON vvault.root_keys FOR UPDATE TO vvault_api USING (true);
CREATE POLICY admin_reads ON vvault.root_keys FOR SELECT TO vvault_admin, vvault_auditor USING (true);

ALTER TABLE vvault.users ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.users FOR SELECT TO vvault_api, vvault_user
    USING (id = vvault.current_user_id() OR vvault.may_use_keys(id));
CREATE POLICY new_user_adds ON vvault.users FOR INSERT TO vvault_api
    WITH CHECK (id = vvault.current_owner_id());
CREATE POLICY admin_reads ON vvault.users FOR SELECT TO vvault_admin USING (true);
CREATE POLICY owner_ends ON vvault.users FOR UPDATE TO vvault_api
    USING (id = vvault.current_owner_id()) WITH CHECK (id = vvault.current_owner_id());
-- What was destroyed is over: an administrator cannot call it active again.
CREATE POLICY admin_changes ON vvault.users FOR UPDATE TO vvault_admin
    USING (status <> 'shredded') WITH CHECK (status <> 'shredded');
CREATE POLICY auditor_reads ON vvault.users FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.user_emails ENABLE ROW LEVEL SECURITY;
-- A grant names a person by e-mail before anything is shared with that person.
CREATE POLICY api_reads ON vvault.user_emails FOR SELECT TO vvault_api USING (true);
CREATE POLICY new_user_adds ON vvault.user_emails FOR INSERT TO vvault_api
    WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY owner_ends ON vvault.user_emails FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());

ALTER TABLE vvault.tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.tokens TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY itself ON vvault.tokens FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_user_id() AND id = vvault.current_token_id());
-- An administrator ends tokens but makes none: a token is a way into somebody's vault.
CREATE POLICY admin_reads ON vvault.tokens FOR SELECT TO vvault_admin, vvault_auditor USING (true);
CREATE POLICY admin_ends ON vvault.tokens FOR UPDATE TO vvault_admin
    USING (true) WITH CHECK (revoked_at IS NOT NULL);

ALTER TABLE vvault.token_hashes ENABLE ROW LEVEL SECURITY;
-- authenticate() asks before there is an identity; a hash of 256 random bits tells nothing.
CREATE POLICY api_reads ON vvault.token_hashes FOR SELECT TO vvault_api USING (true);
CREATE POLICY own ON vvault.token_hashes FOR INSERT TO vvault_api
    WITH CHECK (user_id = vvault.current_owner_id());

ALTER TABLE vvault.token_uses ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.token_uses TO vvault_api
    USING (user_id = vvault.current_user_id()) WITH CHECK (user_id = vvault.current_user_id());
CREATE POLICY own_read ON vvault.token_uses FOR SELECT TO vvault_user
    USING (user_id = vvault.current_owner_id()
           OR user_id = vvault.current_user_id() AND token_id = vvault.current_token_id());
CREATE POLICY admin_reads ON vvault.token_uses FOR SELECT TO vvault_admin, vvault_auditor
    USING (true);

-- Who somebody is must be found before there is an identity; what is written then follows from
-- a verified ID token, or comes from a role that may call the one function that writes.
ALTER TABLE vvault.issuers ENABLE ROW LEVEL SECURITY;
CREATE POLICY api ON vvault.issuers TO vvault_api USING (true) WITH CHECK (true);
ALTER TABLE vvault.issuer_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY api ON vvault.issuer_keys TO vvault_api USING (true) WITH CHECK (true);
ALTER TABLE vvault.issuer_fetches ENABLE ROW LEVEL SECURITY;
CREATE POLICY api ON vvault.issuer_fetches TO vvault_api USING (true) WITH CHECK (true);
ALTER TABLE vvault.used_id_tokens ENABLE ROW LEVEL SECURITY;
CREATE POLICY api ON vvault.used_id_tokens TO vvault_api USING (true) WITH CHECK (true);
ALTER TABLE vvault.identity_subjects ENABLE ROW LEVEL SECURITY;
CREATE POLICY api_reads ON vvault.identity_subjects FOR SELECT TO vvault_api USING (true);
CREATE POLICY owner_adds ON vvault.identity_subjects FOR INSERT TO vvault_api
    WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY owner_ends ON vvault.identity_subjects FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());
ALTER TABLE vvault.identities ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.identities TO vvault_api
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY own_read ON vvault.identities FOR SELECT TO vvault_user
    USING (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.identities FOR SELECT TO vvault_auditor, vvault_admin
    USING (true);

ALTER TABLE vvault.data_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY keys_within_reach ON vvault.data_keys FOR SELECT TO vvault_api
    USING (vvault.may_use_keys(user_id));
CREATE POLICY writers_add ON vvault.data_keys FOR INSERT TO vvault_api
    WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY owner_changes ON vvault.data_keys FOR UPDATE TO vvault_api
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
-- Whose content reencrypt() has to seal anew.
CREATE POLICY api_finds_work ON vvault.data_keys FOR SELECT TO vvault_api
    USING (state = 'retired');
CREATE POLICY admin_reads ON vvault.data_keys FOR SELECT TO vvault_admin, vvault_auditor
    USING (true);

ALTER TABLE vvault.constructs ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.constructs FOR SELECT TO vvault_api, vvault_user
    USING (owner_id = vvault.current_owner_id() OR vvault.access_level(owner_id, id) > 0);
CREATE POLICY owner_adds ON vvault.constructs FOR INSERT TO vvault_api
    WITH CHECK (owner_id = vvault.current_owner_id());
CREATE POLICY owner_changes ON vvault.constructs FOR UPDATE TO vvault_api
    USING (owner_id = vvault.current_owner_id()) WITH CHECK (owner_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.constructs FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.construct_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY both_sides_read ON vvault.construct_grants FOR SELECT TO vvault_api, vvault_user
    USING (owner_id = vvault.current_owner_id() OR grantee_id = vvault.current_owner_id()
           OR vvault.access_level(owner_id, construct_id) >= 3);
-- How many grants a person holds is counted before one more is given.
CREATE POLICY api_counts ON vvault.construct_grants FOR SELECT TO vvault_api
    USING (vvault.current_user_id() IS NOT NULL);
CREATE POLICY managers_add ON vvault.construct_grants FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(owner_id, construct_id) >= 3);
CREATE POLICY managers_change ON vvault.construct_grants FOR UPDATE TO vvault_api
    USING (vvault.access_level(owner_id, construct_id) >= 3)
    WITH CHECK (vvault.access_level(owner_id, construct_id) >= 3);
CREATE POLICY managers_end ON vvault.construct_grants FOR DELETE TO vvault_api
    USING (vvault.access_level(owner_id, construct_id) >= 3);
CREATE POLICY grantee_leaves ON vvault.construct_grants FOR DELETE TO vvault_api
    USING (grantee_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.construct_grants FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.sessions FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id() OR vvault.access_level(user_id, construct_id) > 0);
CREATE POLICY writers_add ON vvault.sessions FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY writers_change ON vvault.sessions FOR UPDATE TO vvault_api
    USING (vvault.access_level(user_id, construct_id) >= 2)
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY auditor_reads ON vvault.sessions FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.messages ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.messages FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id() OR vvault.access_level(user_id, construct_id) > 0);
CREATE POLICY writers_add ON vvault.messages FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY owner_reseals ON vvault.messages FOR UPDATE TO vvault_api
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.messages FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.seat_attempts ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.seat_attempts FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id() OR vvault.access_level(user_id, construct_id) > 0);
CREATE POLICY writers_add ON vvault.seat_attempts FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY auditor_reads ON vvault.seat_attempts FOR SELECT TO vvault_auditor USING (true);
ALTER TABLE vvault.seat_leases ENABLE ROW LEVEL SECURITY;
CREATE POLICY writers ON vvault.seat_leases TO vvault_api
    USING (vvault.access_level(user_id, construct_id) >= 2)
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);

ALTER TABLE vvault.vault_files ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.vault_files FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id() OR vvault.access_level(user_id, construct_id) > 0);
CREATE POLICY writers_add ON vvault.vault_files FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY writers_change ON vvault.vault_files FOR UPDATE TO vvault_api
    USING (vvault.access_level(user_id, construct_id) >= 2)
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY auditor_reads ON vvault.vault_files FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.vault_file_versions ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.vault_file_versions FOR SELECT TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id() OR vvault.access_level(user_id, construct_id) > 0);
CREATE POLICY writers_add ON vvault.vault_file_versions FOR INSERT TO vvault_api
    WITH CHECK (vvault.access_level(user_id, construct_id) >= 2);
CREATE POLICY owner_purges ON vvault.vault_file_versions FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());
CREATE POLICY owner_reseals ON vvault.vault_file_versions FOR UPDATE TO vvault_api
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.vault_file_versions FOR SELECT TO vvault_auditor USING (true);

-- As with chunks below: what a row is worth is decided by who has the file's key.
ALTER TABLE vvault.vault_file_tails ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.vault_file_tails FOR SELECT TO vvault_api
    USING (user_id = vvault.current_owner_id() OR vvault.may_use_keys(user_id));
CREATE POLICY writers_add ON vvault.vault_file_tails FOR INSERT TO vvault_api
    WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY writers_change ON vvault.vault_file_tails FOR UPDATE TO vvault_api
    USING (vvault.may_use_keys(user_id)) WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY owner_purges ON vvault.vault_file_tails FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());

-- A chunk belongs to a person and not to one file: whoever may use the person's keys may add
-- one, and what it is worth is decided by who can open a manifest that names it.
ALTER TABLE vvault.vault_chunks ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.vault_chunks FOR SELECT TO vvault_api
    USING (user_id = vvault.current_owner_id() OR vvault.may_use_keys(user_id));
CREATE POLICY writers_add ON vvault.vault_chunks FOR INSERT TO vvault_api
    WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY owner_purges ON vvault.vault_chunks FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());

ALTER TABLE vvault.vault_chunk_uses ENABLE ROW LEVEL SECURITY;
CREATE POLICY readers ON vvault.vault_chunk_uses FOR SELECT TO vvault_api
    USING (user_id = vvault.current_owner_id() OR vvault.may_use_keys(user_id));
CREATE POLICY writers_add ON vvault.vault_chunk_uses FOR INSERT TO vvault_api
    WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY writers_end ON vvault.vault_chunk_uses FOR UPDATE TO vvault_api
    USING (vvault.may_use_keys(user_id)) WITH CHECK (vvault.may_use_keys(user_id));
CREATE POLICY owner_purges ON vvault.vault_chunk_uses FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());

-- An upload is of who uploads, in whoever's vault; the owner of that removes what has expired.
ALTER TABLE vvault.vault_uploads ENABLE ROW LEVEL SECURITY;
CREATE POLICY both_sides ON vvault.vault_uploads FOR SELECT TO vvault_api
    USING (uploader_id = vvault.current_user_id() OR user_id = vvault.current_owner_id());
CREATE POLICY uploader_begins ON vvault.vault_uploads FOR INSERT TO vvault_api
    WITH CHECK (uploader_id = vvault.current_user_id() AND vvault.may_use_keys(user_id));
CREATE POLICY both_sides_change ON vvault.vault_uploads FOR UPDATE TO vvault_api
    USING (uploader_id = vvault.current_user_id() OR user_id = vvault.current_owner_id());
CREATE POLICY owner_sweeps ON vvault.vault_uploads FOR DELETE TO vvault_api
    USING (user_id = vvault.current_owner_id());
-- Whose uploads sweep_uploads() has to remove.
CREATE POLICY api_finds_work ON vvault.vault_uploads FOR SELECT TO vvault_api
    USING (expires_at <= now());
ALTER TABLE vvault.vault_upload_parts ENABLE ROW LEVEL SECURITY;
CREATE POLICY within_reach ON vvault.vault_upload_parts TO vvault_api
    USING (user_id = vvault.current_owner_id() OR vvault.may_use_keys(user_id))
    WITH CHECK (vvault.may_use_keys(user_id));

ALTER TABLE vvault.kept_transcripts ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.kept_transcripts TO vvault_api
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY own_read ON vvault.kept_transcripts FOR SELECT TO vvault_user
    USING (user_id = vvault.current_owner_id());
-- Whose files keep_transcripts() has to write, and how many of them could not be.
CREATE POLICY api_finds_work ON vvault.kept_transcripts FOR SELECT TO vvault_api
    USING (due_at IS NOT NULL OR problem IS NOT NULL);
CREATE POLICY admin_reads ON vvault.kept_transcripts FOR SELECT TO vvault_admin, vvault_auditor
    USING (true);
ALTER TABLE vvault.transcript_keeper ENABLE ROW LEVEL SECURITY;
CREATE POLICY api ON vvault.transcript_keeper TO vvault_api USING (true) WITH CHECK (true);

ALTER TABLE vvault.legal_holds ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.legal_holds FOR SELECT TO vvault_user, vvault_gateway
    USING (user_id = vvault.current_owner_id());
-- Whoever removes anything of anybody asks for holds first; an administrator has no identity.
CREATE POLICY api_reads ON vvault.legal_holds FOR SELECT TO vvault_api USING (true);
CREATE POLICY api_places ON vvault.legal_holds FOR INSERT TO vvault_api
    WITH CHECK (lifted_at IS NULL);
CREATE POLICY api_lifts ON vvault.legal_holds FOR UPDATE TO vvault_api
    USING (lifted_at IS NULL) WITH CHECK (lifted_at IS NOT NULL);
CREATE POLICY admin_reads ON vvault.legal_holds FOR SELECT TO vvault_admin, vvault_auditor
    USING (true);

ALTER TABLE vvault.ledger_entries ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.ledger_entries FOR SELECT TO vvault_user
    USING (user_id = vvault.current_owner_id());
-- The trigger writes for whoever changed a row, with identity or without, and looks up the
-- stream that it continues.
CREATE POLICY trigger_reads ON vvault.ledger_entries FOR SELECT TO vvault_api USING (true);
CREATE POLICY trigger_writes ON vvault.ledger_entries FOR INSERT TO vvault_api WITH CHECK (true);
CREATE POLICY auditor_reads ON vvault.ledger_entries FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.ledger_stream_heads ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.ledger_stream_heads FOR SELECT TO vvault_user
    USING (user_id = vvault.current_owner_id());
CREATE POLICY trigger_reads ON vvault.ledger_stream_heads FOR SELECT TO vvault_api USING (true);
CREATE POLICY auditor_reads ON vvault.ledger_stream_heads FOR SELECT TO vvault_auditor USING (true);

-- The sealer reads every entry's id and leaf, and alone writes the tree.
CREATE POLICY sealer_reads ON vvault.ledger_entries FOR SELECT TO vvault_sealer USING (true);
ALTER TABLE vvault.ledger_tiles ENABLE ROW LEVEL SECURITY;
CREATE POLICY sealer_reads ON vvault.ledger_tiles FOR SELECT TO vvault_sealer USING (true);
CREATE POLICY sealer_adds ON vvault.ledger_tiles FOR INSERT TO vvault_sealer WITH CHECK (true);
CREATE POLICY api_reads ON vvault.ledger_tiles FOR SELECT TO vvault_api USING (true);
CREATE POLICY auditor_reads ON vvault.ledger_tiles FOR SELECT TO vvault_auditor USING (true);
ALTER TABLE vvault.ledger_tail ENABLE ROW LEVEL SECURITY;
CREATE POLICY sealer_works ON vvault.ledger_tail TO vvault_sealer USING (true);
CREATE POLICY api_reads ON vvault.ledger_tail FOR SELECT TO vvault_api USING (true);
CREATE POLICY auditor_reads ON vvault.ledger_tail FOR SELECT TO vvault_auditor USING (true);
ALTER TABLE vvault.ledger_checkpoints ENABLE ROW LEVEL SECURITY;
CREATE POLICY sealer_reads ON vvault.ledger_checkpoints FOR SELECT TO vvault_sealer USING (true);
CREATE POLICY sealer_adds ON vvault.ledger_checkpoints FOR INSERT TO vvault_sealer WITH CHECK (true);
CREATE POLICY sealer_signs_late ON vvault.ledger_checkpoints FOR UPDATE TO vvault_sealer
    USING (note IS NULL) WITH CHECK (note IS NOT NULL);
CREATE POLICY api_reads ON vvault.ledger_checkpoints FOR SELECT TO vvault_api USING (true);
CREATE POLICY people_read ON vvault.ledger_checkpoints FOR SELECT TO vvault_user
    USING (vvault.current_user_id() IS NOT NULL);
CREATE POLICY readers ON vvault.ledger_checkpoints FOR SELECT
    TO vvault_auditor, vvault_admin USING (true);
ALTER TABLE vvault.ledger_signing_keys ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody_reads ON vvault.ledger_signing_keys FOR SELECT USING (true);
CREATE POLICY sealer_adds ON vvault.ledger_signing_keys FOR INSERT TO vvault_sealer
    WITH CHECK (true);
CREATE POLICY sealer_reads ON vvault.ledger_stream_heads FOR SELECT TO vvault_sealer USING (true);
CREATE POLICY sealer_adds ON vvault.ledger_stream_heads FOR INSERT TO vvault_sealer
    WITH CHECK (true);
ALTER TABLE vvault.ledger_archives ENABLE ROW LEVEL SECURITY;
CREATE POLICY sealer_adds ON vvault.ledger_archives FOR INSERT TO vvault_sealer WITH CHECK (true);
CREATE POLICY readers ON vvault.ledger_archives FOR SELECT
    TO vvault_api, vvault_sealer, vvault_auditor, vvault_admin USING (true);
ALTER TABLE vvault.ledger_state ENABLE ROW LEVEL SECURITY;
CREATE POLICY sealer_works ON vvault.ledger_state TO vvault_sealer USING (true);
CREATE POLICY readers ON vvault.ledger_state FOR SELECT
    TO vvault_api, vvault_auditor, vvault_admin USING (true);

ALTER TABLE vvault.ledger_witnesses ENABLE ROW LEVEL SECURITY;
CREATE POLICY api_reports ON vvault.ledger_witnesses TO vvault_api USING (true);
CREATE POLICY readers ON vvault.ledger_witnesses FOR SELECT TO vvault_auditor, vvault_admin
    USING (true);
