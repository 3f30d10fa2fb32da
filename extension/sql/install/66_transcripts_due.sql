-- Which transcript files are behind their conversations. Nothing is noted when a message is
-- written: the ledger tells afterwards what was, and the conversation's counter how much.

CREATE FUNCTION vvault._canonical_session(construct text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN construct || '_chat_with_' || construct;
COMMENT ON FUNCTION vvault._canonical_session(text)
    IS 'the external id of the conversation that a construct''s transcript file shows';

CREATE FUNCTION vvault._transcript_path(construct text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN 'instances/' || construct || '/chatty/chat_with_' || construct || '.md';
COMMENT ON FUNCTION vvault._transcript_path(text) IS 'where a construct''s transcript file lies';

-- A file is read and stored whole each time, so a long one is written less often: another second
-- of quiet for each megabyte. Ten times that is the longest that anybody waits.
CREATE FUNCTION vvault._transcript_delay(size bigint) RETURNS interval
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN greatest(current_setting('vvault.transcript_delay')::interval, interval '0')
           + interval '1 second' * (size / 1e6);
END
$$;
COMMENT ON FUNCTION vvault._transcript_delay(bigint)
    IS 'how long a conversation is quiet before its file of that size is written';

-- Acts for the owner already. A conversation that is no construct's canonical one has no file.
CREATE FUNCTION vvault._note_transcript(owner uuid, session uuid, seq bigint) RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    INSERT INTO vvault.kept_transcripts AS k (user_id, session_id, waiting_since, due_at)
    SELECT s.user_id, s.id, now(), now() + vvault._transcript_delay(0)
      FROM vvault.sessions s
      JOIN vvault.constructs c ON c.owner_id = s.user_id AND c.id = s.construct_id
     WHERE s.user_id = owner AND s.id = session AND s.last_seq > 0
       AND s.external_id = vvault._canonical_session(c.name)
    ON CONFLICT (user_id, session_id) DO UPDATE
       SET waiting_since = coalesce(k.waiting_since, now()),
           due_at = least(now() + vvault._transcript_delay(k.size),
                          coalesce(k.waiting_since, now()) + 10 * vvault._transcript_delay(k.size))
     WHERE k.seq < coalesce(_note_transcript.seq, k.seq + 1);
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault._note_transcript(uuid, uuid, bigint)
    IS 'note that a conversation''s file is to be written, unless it shows that message already; null for what is no message';

-- Acts for the owner already.
CREATE FUNCTION vvault._saved_transcript(owner uuid, file uuid) RETURNS uuid
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT s.id
              FROM vvault.vault_files f
              JOIN vvault.constructs c ON c.owner_id = f.user_id AND c.id = f.construct_id
              JOIN vvault.sessions s ON s.user_id = c.owner_id
                                    AND s.external_id = vvault._canonical_session(c.name)
              JOIN vvault.kept_transcripts k ON k.user_id = s.user_id AND k.session_id = s.id
             WHERE f.user_id = owner AND f.id = file AND f.deleted_at IS NULL
               AND f.path = vvault._transcript_path(c.name) AND f.version <> k.version);
END
$$;
COMMENT ON FUNCTION vvault._saved_transcript(uuid, uuid)
    IS 'the conversation whose transcript file this is, if somebody else saved it: it may lack what was said meanwhile';

-- Where the ledger cannot tell, as after a restore or a long rest, counters are compared.
CREATE FUNCTION vvault._compare_transcripts() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    owner uuid;
    one record;
    noted bigint := 0;
BEGIN
    FOR owner IN SELECT e.user_id FROM vvault.user_emails e ORDER BY e.user_id LOOP
        PERFORM vvault._work_for(owner);
        FOR one IN SELECT s.id, s.last_seq
                     FROM vvault.constructs c
                     JOIN vvault.sessions s ON s.user_id = c.owner_id AND s.construct_id = c.id
                                           AND s.external_id = vvault._canonical_session(c.name)
                    WHERE c.owner_id = owner LOOP
            noted := noted + vvault._note_transcript(owner, one.id, one.last_seq)::integer;
        END LOOP;
    END LOOP;
    RETURN noted;
END
$$;
COMMENT ON FUNCTION vvault._compare_transcripts()
    IS 'note every transcript file that shows less than its conversation has; returns how many';

CREATE FUNCTION vvault._take_place(seen pg_snapshot, present pg_snapshot, here text)
    RETURNS boolean
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF seen IS NULL THEN
        INSERT INTO vvault.transcript_keeper (snapshot, incarnation, looked_at)
        VALUES (present, here, now()) ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END IF;
    PERFORM FROM vvault.transcript_keeper k WHERE k.snapshot::text = seen::text
        FOR UPDATE SKIP LOCKED;
    IF FOUND THEN
        UPDATE vvault.transcript_keeper k
           SET snapshot = present, incarnation = here, looked_at = now();
    END IF;
    RETURN FOUND;
END
$$;
COMMENT ON FUNCTION vvault._take_place(pg_snapshot, pg_snapshot, text)
    IS 'move the place up to which the ledger was looked through; false where somebody else does or has';

-- In a vault where nothing happens nothing is written, not even a lock: the place in the ledger
-- moves on where something was found, or after many transactions that were looked at in vain.
CREATE FUNCTION vvault._look_for_transcripts() RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE
    SET search_path = pg_catalog, pg_temp SET enable_seqscan = off SET jit = off
    SET plan_cache_mode = force_custom_plan
    AS $$
DECLARE
    present pg_snapshot := pg_current_snapshot();
    here text := vvault._incarnation();
    seen record;
    one record;
    acting uuid;
    found_some boolean := false;
    noted bigint := 0;
BEGIN
    SELECT k.snapshot, k.incarnation, k.looked_at INTO seen FROM vvault.transcript_keeper k;
    IF seen.incarnation IS DISTINCT FROM here OR seen.looked_at < now() - interval '7 days'
       OR pg_snapshot_xmax(seen.snapshot) > pg_snapshot_xmax(present) THEN
        IF vvault._take_place(seen.snapshot, present, here) THEN
            noted := vvault._compare_transcripts();
        END IF;
        RETURN noted;
    END IF;
    FOR one IN SELECT e.user_id, e.stream_id AS conversation,
                      max((e.payload ->> 'seq')::bigint) AS seq,
                      bool_or(e.event_type <> 'message.created') AS changed,
                      e.event_type = 'file_version.created' AS is_file
                 FROM vvault._entries_since(seen.snapshot, present) e
                WHERE e.event_type = ANY ('{message.created,session.updated,file_version.created}')
                GROUP BY 1, 2, 5 ORDER BY 1, 2 LOOP
        IF acting IS DISTINCT FROM one.user_id THEN
            PERFORM vvault._work_for(one.user_id);
            acting := one.user_id;
        END IF;
        IF one.is_file THEN
            one.conversation := vvault._saved_transcript(one.user_id, one.conversation);
            CONTINUE WHEN one.conversation IS NULL;
        END IF;
        IF NOT found_some THEN
            EXIT WHEN NOT vvault._take_place(seen.snapshot, present, here);
            found_some := true;
        END IF;
        noted := noted + vvault._note_transcript(
            one.user_id, one.conversation, CASE WHEN NOT one.changed THEN one.seq END)::integer;
    END LOOP;
    IF NOT found_some AND (seen.looked_at < now() - interval '1 day'
                           OR pg_snapshot_xmax(present)::text::bigint
                              > pg_snapshot_xmin(seen.snapshot)::text::bigint + 2000) THEN
        PERFORM vvault._take_place(seen.snapshot, present, here);
    END IF;
    RETURN noted;
END
$$;
COMMENT ON FUNCTION vvault._look_for_transcripts()
    IS 'note the transcript files whose conversations went on since the last look; returns how many';

-- A restore makes triggers and policies when the rows are there.
CREATE FUNCTION vvault._vault_is_whole() RETURNS boolean
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT vvault._ledger_is_whole()
       AND NOT EXISTS (
           SELECT FROM unnest('{users,data_keys,constructs,sessions,messages,vault_files,
                                vault_file_versions,vault_file_tails,vault_chunks,
                                vault_chunk_uses}'::text[]) AS t(name)
            WHERE NOT EXISTS (SELECT FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid
                               WHERE c.relnamespace = 'vvault'::regnamespace AND c.relname = t.name
                                 AND g.tgname = t.name || '_guard_truncate'))
       AND EXISTS (SELECT FROM pg_policy p WHERE p.polname = 'api_finds_work'
                      AND p.polrelid = to_regclass('vvault.kept_transcripts'))
$$;
COMMENT ON FUNCTION vvault._vault_is_whole()
    IS 'whether every table that transcripts are made of has its guard: not so in the middle of a restore';

CREATE FUNCTION vvault._log_keys(are_there boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    IF are_there THEN
        RAISE LOG 'vvault: the root keys are back, transcript files are written again';
    ELSE
        RAISE LOG 'vvault: transcript files wait for the root keys'
            USING HINT = 'Messages are kept all the same; see vvault.transcript_status().';
    END IF;
    RETURN 0;
END
$$;
COMMENT ON FUNCTION vvault._log_keys(boolean)
    IS 'what the background worker says in the server''s log when it cannot open anything, and can again';

CREATE FUNCTION vvault._keeper_is_running() RETURNS boolean
    LANGUAGE sql VOLATILE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT EXISTS (SELECT FROM pg_locks l
                    WHERE l.locktype = 'advisory' AND l.classid = 0 AND l.objid = 0
                      AND l.objsubid = x'767a'::integer AND l.granted
                      AND l.database = (SELECT d.oid FROM pg_database d
                                         WHERE d.datname = current_database()))
$$;
COMMENT ON FUNCTION vvault._keeper_is_running()
    IS 'whether a background worker keeps this database''s transcript files in step';

CREATE FUNCTION vvault.transcript_status(
        OUT waiting bigint, OUT oldest_waiting interval, OUT not_written bigint,
        OUT keeper_is_running boolean, OUT problem text)
    LANGUAGE plpgsql VOLATILE PARALLEL SAFE
    -- Definer: counts everybody's, and names nobody.
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    open boolean := vvault._ring_is_there();
BEGIN
    SELECT count(k.due_at), clock_timestamp() - min(k.waiting_since), count(k.problem)
      INTO waiting, oldest_waiting, not_written
      FROM vvault.kept_transcripts k WHERE k.due_at IS NOT NULL OR k.problem IS NOT NULL;
    keeper_is_running := vvault._keeper_is_running();
    problem := CASE WHEN NOT open THEN 'the root keys cannot be read' END;
END
$$;
COMMENT ON FUNCTION vvault.transcript_status()
    IS 'how many transcript files are behind their conversations, since when, how many could not be written, and who writes them';
