-- vvault: functions, types and roles. The tables come from SELECT vvault.install().
--
-- The control file names the schema, so that the schema itself is no member of the
-- extension: it outlives DROP EXTENSION, and people's rows with it. A schema that
-- somebody else prepared could shadow our functions, so it is looked at first.
\echo Use "CREATE EXTENSION vvault CASCADE" to load this file. \quit

SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL check_function_bodies = off;

DO $check$
DECLARE
    stranger text;
BEGIN
    SELECT pg_catalog.pg_get_userbyid(n.nspowner) INTO stranger
      FROM pg_catalog.pg_namespace n
     WHERE n.nspname = 'vvault'
       AND NOT (SELECT r.rolsuper FROM pg_catalog.pg_roles r WHERE r.oid = n.nspowner);
    IF FOUND THEN
        RAISE EXCEPTION 'schema "vvault" belongs to "%", who is no superuser', stranger
            USING ERRCODE = '42501', HINT = 'Drop or rename that schema first.';
    END IF;
    SELECT g.grantee::regrole::text INTO stranger
      FROM pg_catalog.pg_namespace n, pg_catalog.aclexplode(n.nspacl) g
     WHERE n.nspname = 'vvault' AND g.privilege_type = 'CREATE' AND g.grantee <> n.nspowner
       AND g.grantee::regrole::text <> 'vvault_owner'
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'role "%" may create objects in schema "vvault"', stranger
            USING ERRCODE = '42501', HINT = 'REVOKE CREATE ON SCHEMA vvault first.';
    END IF;
END
$check$;
