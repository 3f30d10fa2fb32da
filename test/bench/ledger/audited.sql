-- What is most often put on a table that must be accounted for: a trigger in PL/pgSQL that keeps
-- the row as jsonb, under an id made from its primary key as the catalog knows it, with indexes
-- for the questions that are asked of it. No hash, no proof.
CREATE EXTENSION IF NOT EXISTS "uuid-ossp" SCHEMA public;
CREATE TABLE public.audit_record (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_id uuid,
    old_record_id uuid,
    op text NOT NULL,
    ts timestamptz NOT NULL DEFAULT now(),
    table_oid oid NOT NULL,
    table_schema name NOT NULL,
    table_name name NOT NULL,
    record jsonb,
    old_record jsonb
);
CREATE INDEX ON public.audit_record (record_id) WHERE record_id IS NOT NULL;
CREATE INDEX ON public.audit_record (old_record_id) WHERE old_record_id IS NOT NULL;
CREATE INDEX ON public.audit_record USING brin (ts);
CREATE INDEX ON public.audit_record (table_oid);

CREATE FUNCTION public.audit_key(of_table oid) RETURNS text[] LANGUAGE sql STABLE AS $$
    SELECT array_agg(a.attname::text ORDER BY a.attnum)
      FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
     WHERE i.indrelid = of_table AND i.indisprimary
$$;
CREATE FUNCTION public.audit_record_id(of_table oid, key text[], record jsonb) RETURNS uuid
    LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN record IS NULL THEN NULL
                WHEN key IS NULL THEN public.uuid_generate_v4()
                ELSE (SELECT public.uuid_generate_v5(
                                 'fd62bc3d-8d6e-43c2-919c-802ba3762271',
                                 (jsonb_build_array(to_jsonb(of_table))
                                  || jsonb_agg(record ->> k.name))::text)
                        FROM unnest(key) AS k(name)) END
$$;
CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    key text[] := public.audit_key(TG_RELID);
    record_after jsonb := to_jsonb(new);
    record_before jsonb := to_jsonb(old);
BEGIN
    INSERT INTO public.audit_record (record_id, old_record_id, op, table_oid, table_schema,
                                     table_name, record, old_record)
    VALUES (public.audit_record_id(TG_RELID, key, record_after),
            public.audit_record_id(TG_RELID, key, record_before), TG_OP, TG_RELID,
            TG_TABLE_SCHEMA, TG_TABLE_NAME, record_after, record_before);
    RETURN coalesce(new, old);
END
$$;
CREATE TRIGGER audited AFTER INSERT OR UPDATE OR DELETE ON public.audited
    FOR EACH ROW EXECUTE FUNCTION public.audit();
