-- What the catalog must never hold. Each query finds offenders; all must be empty.
\set SHOW_CONTEXT never

\echo Functions that anybody may call, besides those that policies and defaults need
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'vvault'::regnamespace AND has_function_privilege('public', p.oid, 'EXECUTE')
   AND p.proname <> ALL ('{current_user_id,current_owner_id,current_token_id,access_level,may_use_keys,uuidv7,shard_of,shard_name,callsign}');
\echo Definer functions without a pinned search_path, and other functions whose names are looked up when they run
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
 WHERE p.pronamespace = 'vvault'::regnamespace AND (p.prosecdef OR l.lanname <> 'c') AND p.prosqlbody IS NULL
   AND NOT coalesce('search_path=pg_catalog, pg_temp' = ANY (p.proconfig), false);
\echo Functions owned by the owner of the tables, a superuser or a role that passes row security
SELECT p.oid::regprocedure, r.rolname FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
 WHERE p.pronamespace = 'vvault'::regnamespace
   AND (r.rolname NOT IN ('vvault_api', 'vvault_sealer', 'vvault_verifier', 'vvault_copier') OR r.rolsuper OR r.rolbypassrls);
\echo Tables owned by somebody else than vvault_owner, or members of the extension
SELECT c.relname, pg_get_userbyid(c.relowner) FROM pg_class c
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p')
   AND (pg_get_userbyid(c.relowner) <> 'vvault_owner'
        OR EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e'));
\echo Tables without row security, with FORCE, or without a policy
SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity FROM pg_class c
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p')
   AND (NOT c.relrowsecurity OR c.relforcerowsecurity
        OR NOT c.relispartition AND NOT EXISTS (SELECT FROM pg_policy p WHERE p.polrelid = c.oid));
\echo Policies that run a query, or call a function that is not C
SELECT p.polrelid::regclass, p.polname FROM pg_policy p
  JOIN pg_class c ON c.oid = p.polrelid AND c.relnamespace = 'vvault'::regnamespace,
       LATERAL (SELECT coalesce(pg_get_expr(p.polqual, p.polrelid), '') || ' ' || coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '')) AS e(text)
 WHERE e.text ~* '\mselect\M'
    OR EXISTS (SELECT FROM pg_proc f JOIN pg_language l ON l.oid = f.prolang
                WHERE f.pronamespace = 'vvault'::regnamespace AND l.lanname <> 'c'
                  AND e.text ~ ('\m' || f.proname || '\s*\('));
\echo Primary, unique and foreign keys of a persons table that do not begin with the person
SELECT k.conrelid::regclass, k.conname FROM pg_constraint k
  JOIN pg_class c ON c.oid = k.conrelid AND c.relnamespace = 'vvault'::regnamespace
  JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = k.conkey[1]
 WHERE k.contype IN ('p', 'u', 'f')
   AND c.relname <> ALL ('{installation,root_keys,user_emails,token_hashes,issuers,issuer_keys,issuer_fetches,identity_subjects,used_id_tokens,ledger_tiles,ledger_tail,ledger_witnesses,ledger_checkpoints,ledger_signing_keys,ledger_archives,ledger_state,transcript_keeper}')
   AND a.attname <> CASE WHEN c.relname = 'users' THEN 'id'
                         WHEN c.relname IN ('constructs', 'construct_grants') THEN 'owner_id'
                         ELSE 'user_id' END
   AND NOT (k.contype = 'f' AND k.confrelid = 'vvault.root_keys'::regclass);
\echo Unique indexes likewise
SELECT i.indexrelid::regclass FROM pg_index i
  JOIN pg_class c ON c.oid = i.indrelid AND c.relnamespace = 'vvault'::regnamespace
  JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[0]
 WHERE i.indisunique AND c.relname <> ALL ('{installation,root_keys,user_emails,token_hashes,issuers,issuer_keys,issuer_fetches,identity_subjects,used_id_tokens,ledger_tiles,ledger_tail,ledger_witnesses,ledger_checkpoints,ledger_signing_keys,ledger_archives,ledger_state,transcript_keeper}')
   AND a.attname <> ALL ('{user_id,owner_id}') AND NOT (c.relname = 'users' AND a.attname = 'id');
\echo Sequences and identity columns
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = 'S';
SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'vvault'::regnamespace AND a.attnum > 0 AND a.attidentity <> '';
\echo Sealed columns that Postgres would try to compress
SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = 'r' AND a.atttypid = 'bytea'::regtype
   AND (c.relname, a.attname) IN (('messages', 'content'), ('messages', 'metadata'), ('vault_chunks', 'content'), ('vault_file_versions', 'info'), ('vault_file_tails', 'info'), ('vault_uploads', 'state'), ('vault_upload_parts', 'refs'))
   AND a.attstorage <> 'e';
\echo Things without a comment
SELECT p.oid::regprocedure::text FROM pg_proc p
 WHERE p.pronamespace = 'vvault'::regnamespace AND obj_description(p.oid, 'pg_proc') IS NULL
UNION ALL
SELECT c.relname FROM pg_class c
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p') AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT t.typname FROM pg_type t JOIN pg_class c ON c.oid = t.typrelid AND c.relkind = 'c'
 WHERE t.typnamespace = 'vvault'::regnamespace AND obj_description(t.oid, 'pg_type') IS NULL;
\echo Procedures, NOTIFY, temporary tables, session locks, triggers that name the table themselves
SELECT p.oid::regprocedure FROM pg_proc p
 WHERE p.pronamespace = 'vvault'::regnamespace
   AND (p.prokind = 'p' OR p.prosrc ~* 'pg_notify|\mnotify\s|create\s+temp|pg_advisory_lock\(|nextval\(|TG_TABLE_NAME|TG_RELNAME|TG_RELID');
\echo Triggers that write and fire ALWAYS, guards that do not
SELECT t.tgrelid::regclass, t.tgname, t.tgenabled FROM pg_trigger t
  JOIN pg_class c ON c.oid = t.tgrelid AND c.relnamespace = 'vvault'::regnamespace
 WHERE NOT t.tgisinternal
   AND ((t.tgfoid = 'vvault._record_change()'::regprocedure AND t.tgenabled <> 'O')
        OR (t.tgname ~ '^(ledger_[a-z]+|legal_holds)_guard' AND t.tgenabled <> 'A'));
\echo Tables that the ledger follows and that have no recording trigger
SELECT name FROM unnest('{users,constructs,sessions,messages,vault_files,vault_file_versions,construct_grants,tokens,identities,issuers,issuer_keys,data_keys,legal_holds,runtimes,runtime_constructs,groups,group_members,group_grants}'::text[]) AS name
 WHERE NOT EXISTS (SELECT FROM pg_trigger t WHERE t.tgrelid = ('vvault.' || name)::regclass
                      AND t.tgfoid = 'vvault._record_change()'::regprocedure);
\echo Anything that the verifier may do but read
SELECT c.relname, p.privilege FROM pg_class c,
       unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p(privilege)
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p') AND has_table_privilege('vvault_verifier', c.oid, p.privilege);
-- No samples of sealed bytes, hashes and salts are kept.
SELECT a.attrelid::regclass, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
   AND a.atttypid = 'bytea'::regtype AND a.attstattarget IS DISTINCT FROM 0;
