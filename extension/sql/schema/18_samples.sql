SELECT vvault._keep_no_samples(c.oid)
  FROM pg_class c
 WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = ANY ('{r,p}');
