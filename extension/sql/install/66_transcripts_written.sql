-- The keeper: takes what is due, one conversation after the other, and writes its file. Nothing
-- that a writer of messages locks is locked here; the file is, as by whoever else saves it.

CREATE FUNCTION vvault._put_transcript(file vvault._file_key, content bytea, through bigint)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    live boolean := file.version > 0 AND file.deleted_at IS NULL;
    metadata jsonb;
BEGIN
    IF live THEN
        metadata := (SELECT info.metadata::jsonb
                       FROM vvault.vault_file_versions v,
                            vvault._open_file_info(v.user_id, v.file_id, v.version, v.info) AS info
                      WHERE v.user_id = file.user_id AND v.file_id = file.id
                        AND v.version = file.version);
    END IF;
    RETURN vvault._put_content(file, content, NULL, CASE WHEN live THEN file.version ELSE 0 END,
                               CASE WHEN live THEN file.media_type END,
                               coalesce(metadata, '{}') || jsonb_build_object('through', through),
                               'server');
END
$$;
COMMENT ON FUNCTION vvault._put_transcript(vvault._file_key, bytea, bigint)
    IS 'content as the next version of a locked transcript file; its metadata tell up to which message it shows';

-- The construct's file, locked; null where somebody is saving it.
CREATE FUNCTION vvault._lock_transcript(owner uuid, path text) RETURNS vvault._file_key
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM FROM vvault.vault_files f
      WHERE f.user_id = owner AND f.path = _lock_transcript.path FOR UPDATE SKIP LOCKED;
    IF NOT FOUND AND EXISTS (SELECT FROM vvault.vault_files f
                              WHERE f.user_id = owner AND f.path = _lock_transcript.path) THEN
        RETURN NULL;
    END IF;
    RETURN vvault._lock_file(owner, path);
END
$$;
COMMENT ON FUNCTION vvault._lock_transcript(uuid, text)
    IS 'the owner''s file of that path, locked, made where it is missing; null while somebody else has it';

CREATE FUNCTION vvault._keep_transcript(owner uuid, session uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    target vvault._session_key;
    file vvault._file_key;
    kept vvault._kept_transcript;
    next record;
    written bigint;
BEGIN
    SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq INTO target
      FROM vvault.sessions s WHERE s.user_id = owner AND s.id = session;
    SELECT k.seq, k.version, k.size, k.whole, k.unread, k.look INTO kept
      FROM vvault.kept_transcripts k WHERE k.user_id = owner AND k.session_id = session;
    file := vvault._lock_transcript(owner, vvault._transcript_path(
        (SELECT c.name FROM vvault.constructs c
          WHERE c.owner_id = owner AND c.id = target.construct_id)));
    IF file.id IS NULL THEN
        UPDATE vvault.kept_transcripts k SET due_at = now() + vvault._transcript_delay(k.size)
         WHERE k.user_id = owner AND k.session_id = session;
        RETURN false;
    END IF;
    next := vvault._next_transcript(target, file, kept);
    kept := next.kept;
    written := CASE WHEN next.result IS NULL THEN file.version
                    ELSE vvault._put_transcript(file, next.result, target.last_seq) END;
    UPDATE vvault.kept_transcripts k
       SET seq = CASE WHEN next.problem IS NULL THEN target.last_seq ELSE k.seq END,
           version = CASE WHEN next.problem IS NULL THEN written ELSE k.version END,
           size = coalesce(octet_length(next.result), kept.size),
           whole = kept.whole, unread = kept.unread, look = kept.look,
           problem = next.problem, due_at = NULL, waiting_since = NULL
     WHERE k.user_id = owner AND k.session_id = session;
    RETURN true;
END
$$;
COMMENT ON FUNCTION vvault._keep_transcript(uuid, uuid)
    IS 'bring a noted conversation''s transcript file up to its last message; false where somebody has the file';

-- One that cannot be written holds up no other. What a destroyed key sealed is gone, and its file
-- with it; anything else is tried again, soonest where it was only locked.
CREATE FUNCTION vvault._try_transcript(owner uuid, session uuid) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s'
    AS $$
DECLARE
    state text;
    retry interval;
BEGIN
    RETURN vvault._keep_transcript(owner, session);
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS state = RETURNED_SQLSTATE;
    retry := CASE state WHEN 'VV012' THEN NULL WHEN '55P03' THEN vvault._transcript_delay(0)
                        ELSE interval '1 minute' END;
    UPDATE vvault.kept_transcripts k
       SET problem = nullif(state, '55P03'), due_at = clock_timestamp() + retry,
           waiting_since = CASE WHEN retry IS NOT NULL THEN k.waiting_since END
     WHERE k.user_id = owner AND k.session_id = session;
    RETURN retry IS NULL;
END
$$;
COMMENT ON FUNCTION vvault._try_transcript(uuid, uuid)
    IS 'as _keep_transcript(), noting what went wrong instead of raising it';

CREATE FUNCTION vvault.keep_transcripts("limit" integer DEFAULT 100, at_once boolean DEFAULT false)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    -- Definer: acts for each person in turn, without any scope; EXECUTE is not for people.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    ticket text := vvault._ticket();
    owner uuid;
    one record;
    done bigint := 0;
BEGIN
    IF "limit" IS NULL OR "limit" < 1 THEN
        PERFORM vvault._refuse_message('limit', 'at least one file is written', '22023',
                                       'Leave it out for 100.');
    END IF;
    -- On a replica of either kind the files come from where the messages do.
    IF current_setting('transaction_read_only')::boolean OR NOT vvault._ring_is_there()
       OR EXISTS (SELECT FROM pg_subscription_rel r
                   WHERE r.srrelid = to_regclass('vvault.kept_transcripts')) THEN
        RETURN 0;
    END IF;
    PERFORM vvault._require_fresh_snapshots();
    PERFORM vvault._look_for_transcripts();
    FOR one IN SELECT k.user_id, k.session_id FROM vvault.kept_transcripts k
                WHERE k.due_at IS NOT NULL AND (at_once OR k.due_at <= now())
                ORDER BY k.due_at LOOP
        -- One person a call: whoever waits for the keys of several may wait in a circle.
        CONTINUE WHEN one.user_id <> owner;
        EXIT WHEN done >= "limit";
        PERFORM vvault._work_for(one.user_id);
        PERFORM FROM vvault.kept_transcripts k
          WHERE k.user_id = one.user_id AND k.session_id = one.session_id
            AND k.due_at IS NOT NULL AND (at_once OR k.due_at <= now())
            FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        owner := one.user_id;
        done := done + vvault._try_transcript(one.user_id, one.session_id)::integer;
    END LOOP;
    PERFORM vvault._act_again(ticket);
    RETURN done;
END
$$;
COMMENT ON FUNCTION vvault.keep_transcripts(integer, boolean)
    IS 'write the transcript files of one person whose conversations went on and are quiet now, or at once; returns how many: call it until 0';
