-- Every function × every role, as one table: x where it may be called.
\set SHOW_CONTEXT never
-- Unaligned, so that a new function is one new line.
\pset format unaligned
SELECT p.oid::regprocedure AS function,
       CASE WHEN has_function_privilege('public', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS public,
       CASE WHEN has_function_privilege('vvault_user', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS person,
       CASE WHEN has_function_privilege('vvault_gateway', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS gateway,
       CASE WHEN has_function_privilege('vvault_auditor', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS auditor,
       CASE WHEN has_function_privilege('vvault_admin', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS admin,
       CASE WHEN has_function_privilege('vvault_owner', p.oid, 'EXECUTE') THEN 'x' ELSE '' END AS owner,
       CASE WHEN p.prosecdef THEN 'definer' ELSE '' END AS runs_as, p.provolatile AS volatility,
       p.proparallel AS parallel
  FROM pg_proc p
 WHERE p.pronamespace = 'vvault'::regnamespace
 ORDER BY p.proname COLLATE "C", p.oid::regprocedure::text COLLATE "C";

-- Every table × every role.
SELECT c.relname AS table, r.rolname AS role,
       string_agg(privilege, ' ' ORDER BY privilege)
           FILTER (WHERE has_table_privilege(r.oid, c.oid, privilege)) AS table_wide,
       string_agg(privilege, ' ' ORDER BY privilege)
           FILTER (WHERE NOT has_table_privilege(r.oid, c.oid, privilege)
                     AND CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE')
                              THEN has_any_column_privilege(r.oid, c.oid, privilege) END) AS some_columns
  FROM pg_class c, pg_roles r,
       unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS privilege
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind IN ('r', 'p')
   AND r.rolname LIKE 'vvault\_%' AND r.rolname <> 'vvault_owner'
 GROUP BY c.relname, r.rolname
HAVING bool_or(has_table_privilege(r.oid, c.oid, privilege)
               OR CASE WHEN privilege IN ('SELECT', 'INSERT', 'UPDATE')
                       THEN has_any_column_privilege(r.oid, c.oid, privilege) END)
 ORDER BY c.relname COLLATE "C", r.rolname COLLATE "C";

SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolinherit
  FROM pg_roles WHERE rolname LIKE 'vvault\_%' ORDER BY rolname COLLATE "C";
