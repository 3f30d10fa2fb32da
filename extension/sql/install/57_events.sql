-- What became of the vault since a place that the reader names, as the ledger tells it.
--
-- Places are exact while others write: in one conversation the number in its ledger stream,
-- with the leaf that stood there; over all that a person may see the snapshot that was read to,
-- of this server's life. Where a place means nothing any more, the answer is "reset", never
-- silence (doc/events.md).

CREATE FUNCTION vvault._incarnation() RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    timeline text;
BEGIN
    IF pg_is_in_recovery() THEN
        timeline := (SELECT lpad(upper(to_hex(c.timeline_id)), 8, '0') FROM pg_control_checkpoint() c);
    ELSE
        timeline := left(pg_walfile_name(pg_current_wal_insert_lsn()), 8);
    END IF;
    RETURN left(md5(format('%s %s %s', (SELECT s.system_identifier FROM pg_control_system() s),
                           timeline,
                           (SELECT d.oid FROM pg_database d WHERE d.datname = current_database()))),
                12);
END
$$;
COMMENT ON FUNCTION vvault._incarnation()
    IS 'a name for what transaction numbers mean: another after a restore, a failover or an upgrade of the cluster';

CREATE FUNCTION vvault._tells(event_type text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN event_type = ANY ('{message.created,session.created,session.updated,'
                             'file_version.created,construct.created,construct.updated,'
                             'grant.created,grant.updated,grant.deleted}'::text[]);
COMMENT ON FUNCTION vvault._tells(text) IS 'whether readers of events hear of such a ledger entry';

CREATE FUNCTION vvault._id_at(moment timestamptz) RETURNS uuid
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
$$;
COMMENT ON FUNCTION vvault._id_at(timestamptz)
    IS 'a UUID that no UUIDv7 made at that moment or later sorts before';

-- Entries of the last month are looked at: no transaction is open for longer. The index over
-- transaction and id finds the few pages; whatever it finds too many, the snapshots sort out.
CREATE FUNCTION vvault._entries_since(since pg_snapshot, until pg_snapshot)
    RETURNS SETOF vvault._entry
    LANGUAGE plpgsql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    oldest bigint := pg_snapshot_xmin(since)::text::bigint;
    first_id uuid := vvault._id_at(now() - interval '31 days');
BEGIN
    RETURN QUERY
        SELECT e.user_id, e.id, e.stream_id, e.stream_seq, e.xid, e.event_type, e.payload
          FROM vvault.ledger_entries e
         WHERE e.xid >= oldest AND e.id >= first_id
           AND NOT pg_visible_in_snapshot(e.xid::text::xid8, since)
           AND pg_visible_in_snapshot(e.xid::text::xid8, until);
END
$$;
COMMENT ON FUNCTION vvault._entries_since(pg_snapshot, pg_snapshot)
    IS 'the ledger''s entries that a later snapshot sees and an earlier one did not';

-- One call's snapshot decides all of it: the function is stable.
CREATE FUNCTION vvault._announce(since pg_snapshot DEFAULT NULL)
    RETURNS TABLE (until pg_snapshot, incarnation text, user_id uuid, stream_id uuid,
                   stream_seq bigint, event_type text, grantee_id uuid)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    present pg_snapshot := pg_current_snapshot();
BEGIN
    RETURN QUERY SELECT present, vvault._incarnation(), NULL::uuid, NULL::uuid, NULL::bigint,
                        NULL::text, NULL::uuid;
    IF since IS NULL OR since::text = present::text
       OR pg_snapshot_xmax(since) > pg_snapshot_xmax(present) THEN
        RETURN;
    END IF;
    RETURN QUERY
        SELECT present, NULL::text, e.user_id, e.stream_id, e.stream_seq, e.event_type,
               CASE WHEN starts_with(e.event_type, 'grant.')
                    THEN (e.payload ->> 'grantee_id')::uuid
                    WHEN starts_with(e.event_type, 'group_member.')
                    THEN (e.payload ->> 'member_id')::uuid ELSE m.member_id END
          FROM vvault._entries_since(since, present) e
          LEFT JOIN vvault.group_members m
            ON starts_with(e.event_type, 'group_grant.') AND m.user_id = e.user_id
           AND m.group_id = (e.payload ->> 'group_id')::uuid
         WHERE vvault._tells(e.event_type) OR e.event_type = ANY ('{token.updated,user.updated}')
            OR e.event_type ~ '^(runtime_construct|group_member|group_grant)\.'
         ORDER BY e.id;
END
$$;
COMMENT ON FUNCTION vvault._announce(pg_snapshot)
    IS 'a row with what is seen now, then for the gateway what was committed since: ids and kinds, no content';

CREATE FUNCTION vvault._may(scope text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    PERFORM vvault._require(scope);
    RETURN true;
EXCEPTION WHEN insufficient_privilege THEN
    RETURN false;
END
$$;
COMMENT ON FUNCTION vvault._may(text) IS 'whether the current token has the scope';

-- Null where it does not open: a message that was shredded before it was told is not told.
CREATE FUNCTION vvault._told_message(target vvault._session_key, seq bigint) RETURNS vvault.message
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    RETURN (SELECT m FROM vvault._messages(target, seq - 1, seq + 1, 1, false) AS m);
EXCEPTION WHEN SQLSTATE 'VV012' THEN
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION vvault._told_message(vvault._session_key, bigint)
    IS 'one message of a conversation, null where its key was destroyed';

-- Every row that an event tells of is read under row security, as it is now; what the reader
-- may not see gives null.
CREATE FUNCTION vvault._event_of(entry vvault._entry) RETURNS vvault.event
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    told vvault.event;
    target vvault._session_key;
    me uuid := vvault.current_owner_id();
    granted uuid := (entry.payload ->> 'construct_id')::uuid;
BEGIN
    CASE split_part(entry.event_type, '.', 1)
    WHEN 'message' THEN
        SELECT s.user_id, s.id, s.construct_id, s.external_id, s.ended_at, s.last_seq INTO target
          FROM vvault.sessions s WHERE s.user_id = entry.user_id AND s.id = entry.stream_id;
        IF FOUND THEN
            told.message := vvault._told_message(target, (entry.payload ->> 'seq')::bigint);
            told.event := CASE WHEN (told.message).id IS NOT NULL THEN 'message' END;
        END IF;
    WHEN 'session' THEN
        told.conversation := (SELECT s FROM vvault._sessions(ARRAY[entry.user_id], entry.stream_id,
                                                             NULL) AS s);
        -- Whoever ends a conversation gives it the same time twice.
        told.event := CASE WHEN (told.conversation).id IS NULL THEN NULL
                           WHEN entry.event_type = 'session.created' THEN 'conversation.started'
                           WHEN entry.payload ->> 'ended_at' = entry.payload ->> 'updated_at'
                           THEN 'conversation.ended' ELSE 'conversation.changed' END;
    WHEN 'file_version' THEN
        SELECT 'file', jsonb_build_object(
                   'path', f.path, 'version', v.version, 'kind', vvault._version_kind(v.is_deletion, v.restored_from), 'size', v.size,
                   'media_type', v.media_type, 'encrypted', v.encrypted, 'owner_id', f.user_id,
                   'created_at', vvault._format_timestamp(v.created_at))
          INTO told.event, told.data
          FROM vvault.vault_files f
          JOIN vvault.vault_file_versions v ON v.user_id = f.user_id AND v.file_id = f.id
         WHERE f.user_id = entry.user_id AND f.id = entry.stream_id
           AND v.version = (entry.payload ->> 'version')::bigint AND vvault._may('files:read');
    WHEN 'construct' THEN
        SELECT 'construct', jsonb_build_object('id', c.id, 'name', c.name, 'title', c.title,
                                               'owner_id', c.owner_id)
          INTO told.event, told.data
          FROM vvault.constructs c
         WHERE c.owner_id = entry.user_id AND c.id = entry.stream_id
           AND vvault._may('constructs:read');
    WHEN 'grant' THEN
        IF (entry.user_id = me OR (entry.payload ->> 'grantee_id')::uuid = me
            OR vvault.access_level(entry.user_id, granted) >= 3) AND vvault._may('constructs:read') THEN
            told.event := 'grant.' || CASE entry.event_type WHEN 'grant.created' THEN 'given'
                                           WHEN 'grant.updated' THEN 'changed' ELSE 'ended' END;
            told.data := jsonb_build_object(
                'construct_id', granted, 'owner_id', entry.user_id,
                'construct', (SELECT c.name FROM vvault.constructs c
                               WHERE c.owner_id = entry.user_id AND c.id = granted),
                'grantee_id', entry.payload ->> 'grantee_id', 'role', entry.payload ->> 'role',
                'until', vvault._format_timestamp((entry.payload ->> 'until')::timestamptz));
        END IF;
    ELSE
        NULL;
    END CASE;
    RETURN told;
END
$$;
COMMENT ON FUNCTION vvault._event_of(vvault._entry)
    IS 'what a ledger entry tells the current user, with event null where it tells nothing';
