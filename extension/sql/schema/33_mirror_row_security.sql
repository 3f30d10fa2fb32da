-- What packs a mirror reads every row as it is stored, and writes none but how far it is.
DO $copier$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT c.relname FROM pg_catalog.pg_class c
                 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = ANY ('{r,p}')
                   AND NOT c.relispartition LOOP
        EXECUTE pg_catalog.format('CREATE POLICY copier_reads ON vvault.%I FOR SELECT'
                                  ' TO vvault_copier USING (true)', name);
    END LOOP;
END
$copier$;

ALTER TABLE vvault.mirrors ENABLE ROW LEVEL SECURITY;
CREATE POLICY copier_reports ON vvault.mirrors FOR UPDATE TO vvault_copier USING (true);
CREATE POLICY api_works ON vvault.mirrors TO vvault_api USING (true);
CREATE POLICY verifier_reads ON vvault.mirrors FOR SELECT TO vvault_verifier USING (true);
CREATE POLICY readers ON vvault.mirrors FOR SELECT TO vvault_auditor, vvault_admin USING (true);
