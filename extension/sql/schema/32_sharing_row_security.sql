-- Policies of groups and runtime environments, by the rules of 30_row_security.sql.

-- Loaded with the token, before its binding is known, so that a token never reads them itself.
ALTER TABLE vvault.runtimes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.runtimes TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.runtimes FOR SELECT TO vvault_auditor USING (true);
ALTER TABLE vvault.runtime_constructs ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.runtime_constructs TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.runtime_constructs FOR SELECT TO vvault_auditor USING (true);

ALTER TABLE vvault.groups ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.groups TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.groups FOR SELECT TO vvault_auditor USING (true);

-- Read with a token, counted before one more is added, and asked whose streams to wake: also
-- by functions that act for somebody else than the group's owner, or for nobody.
ALTER TABLE vvault.group_members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.group_members TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY api_reads ON vvault.group_members FOR SELECT TO vvault_api USING (true);
CREATE POLICY member_reads ON vvault.group_members FOR SELECT TO vvault_user
    USING (member_id = vvault.current_owner_id());
CREATE POLICY member_leaves ON vvault.group_members FOR DELETE TO vvault_api
    USING (member_id = vvault.current_owner_id());
CREATE POLICY auditor_reads ON vvault.group_members FOR SELECT TO vvault_auditor USING (true);
ALTER TABLE vvault.group_grants ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON vvault.group_grants TO vvault_api, vvault_user
    USING (user_id = vvault.current_owner_id()) WITH CHECK (user_id = vvault.current_owner_id());
CREATE POLICY api_reads ON vvault.group_grants FOR SELECT TO vvault_api USING (true);
CREATE POLICY auditor_reads ON vvault.group_grants FOR SELECT TO vvault_auditor USING (true);
