-- CREATE EXTENSION brings functions and roles; install() brings the tables, once.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
CREATE EXTENSION vvault CASCADE;
SELECT to_regclass('vvault.users') IS NULL AS no_tables_yet;
SELECT vvault.install();
SELECT vvault.install();
SELECT count(*) AS installations FROM vvault.installation;

-- Tables are no members of the extension, nor is their schema.
SELECT count(*) AS member_tables
  FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
 WHERE d.deptype = 'e' AND c.relkind IN ('r', 'p') AND c.relnamespace = 'vvault'::regnamespace;
SELECT count(*) AS schema_is_member FROM pg_depend
 WHERE deptype = 'e' AND classid = 'pg_namespace'::regclass AND objid = 'vvault'::regnamespace;

-- DROP EXTENSION loses no row, and leaves the tables closed: no policy lets anybody in.
SELECT email, shard_id BETWEEN 0 AND 9999 AS sharded, api_key LIKE 'vv\_live\_%' AS key
  FROM vvault.create_user('install@example.com', 'Install');
DROP EXTENSION vvault CASCADE;
SELECT count(*) AS users_kept FROM vvault.users WHERE email = 'install@example.com';
SELECT count(*) AS policies_left_for_people FROM pg_policies
 WHERE schemaname = 'vvault' AND 'vvault_user' = ANY (roles);
CREATE EXTENSION vvault;
SELECT vvault.install();
SELECT count(*) AS users_kept FROM vvault.users WHERE email = 'install@example.com';
SELECT email FROM vvault.create_user('again@example.com');
SELECT count(*) > 30 AS policies_back FROM pg_policies WHERE schemaname = 'vvault';
SELECT count(*) AS ledgered_once FROM vvault.ledger_entries e JOIN vvault.users u ON u.id = e.stream_id
 WHERE u.email = 'install@example.com';

-- Only a superuser installs; migrate() is as idempotent.
DROP ROLE IF EXISTS regress_nobody, regress_person, regress_gateway, regress_auditor, regress_admin;
CREATE ROLE regress_nobody LOGIN;
SET SESSION AUTHORIZATION regress_nobody;
SELECT vvault.install();
RESET SESSION AUTHORIZATION;
SELECT vvault.migrate();

-- Sessions for the tests that follow.
CREATE ROLE regress_person LOGIN IN ROLE vvault_user;
CREATE ROLE regress_gateway LOGIN IN ROLE vvault_gateway;
CREATE ROLE regress_auditor LOGIN IN ROLE vvault_auditor;
CREATE ROLE regress_admin LOGIN IN ROLE vvault_admin;
