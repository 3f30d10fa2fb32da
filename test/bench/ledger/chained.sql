-- The naive ledger: one chain over everything, each hash over the one before, whose head is a row
-- that every writer waits for.
CREATE TABLE public.chain_head (only_one boolean PRIMARY KEY DEFAULT true, hash bytea NOT NULL);
INSERT INTO public.chain_head (hash) VALUES (sha256(''));
CREATE TABLE public.chain (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record jsonb NOT NULL,
    previous bytea NOT NULL,
    hash bytea NOT NULL
);
CREATE FUNCTION public.chain() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    before bytea;
    record jsonb := to_jsonb(new);
    after bytea;
BEGIN
    SELECT h.hash INTO before FROM public.chain_head h FOR UPDATE;
    after := sha256(before || convert_to(record::text, 'UTF8'));
    INSERT INTO public.chain (record, previous, hash) VALUES (record, before, after);
    UPDATE public.chain_head SET hash = after;
    RETURN new;
END
$$;
CREATE TRIGGER chained AFTER INSERT ON public.chained
    FOR EACH ROW EXECUTE FUNCTION public.chain();
