-- VVAULT's own: an entry with its leaf in its stream, sealed behind the writer's back.
CREATE TRIGGER ledgered AFTER INSERT ON public.ledgered
    FOR EACH ROW EXECUTE FUNCTION vvault._record_change('bench', 'user_id', 'file_id');
