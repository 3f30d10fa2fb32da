-- Roles are the cluster's, not the extension's: another vault in the same cluster may
-- have made them already. One that could log in or pass row security is refused.
DO $roles$
DECLARE
    name text;
    purpose text;
BEGIN
    FOR name, purpose IN VALUES
        ('vvault_owner', 'owns the tables; never logs in, never runs a function'),
        ('vvault_api', 'owns the functions; bound by row security like everybody'),
        ('vvault_user', 'what a signed-in person may do'),
        ('vvault_gateway', 'may authenticate and call the API, nothing else'),
        ('vvault_key_fetcher', 'brings the public keys of issuers, nothing else'),
        ('vvault_auditor', 'reads the ledger and metadata, never content'),
        ('vvault_admin', 'manages users and keys; reads no content'),
        ('vvault_verifier', 'owns ledger_verify(); reads every row as it is stored, writes none'),
        ('vvault_witness', 'reads checkpoints and their proofs, reports what became of them'),
        ('vvault_mirror', 'copies the vault to a mirror, sealed; opens nothing'),
        ('vvault_copier', 'owns what packs the mirror; reads every row as it is stored, writes none'),
        ('vvault_sealer', 'owns what seals the ledger; reads entries, writes the tree over them')
    LOOP
        IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name) THEN
            EXECUTE pg_catalog.format('CREATE ROLE %I NOLOGIN NOINHERIT', name);
            EXECUTE pg_catalog.format('COMMENT ON ROLE %I IS %L', name, 'vvault: ' || purpose);
        ELSIF EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = name
                         AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole)) THEN
            RAISE EXCEPTION 'role "%" exists and has more rights than vvault gives it', name
                USING ERRCODE = '42501',
                      HINT = 'It must be NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEROLE.';
        END IF;
    END LOOP;
END
$roles$;

GRANT USAGE ON SCHEMA vvault
    TO vvault_owner, vvault_api, vvault_user, vvault_gateway, vvault_key_fetcher, vvault_auditor,
       vvault_admin, vvault_sealer, vvault_verifier, vvault_witness, vvault_mirror, vvault_copier;
