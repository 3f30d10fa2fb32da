-- What opens the commitment to content in one's own entry. With it whoever is shown the entry and
-- the content can check that the one commits to the other; nobody else can (doc/ledger-leaf.md).

CREATE FUNCTION vvault._message_opening(user_id uuid, message_id uuid, sealed bytea,
                                        OUT blind bytea, OUT content_sha256 bytea)
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_message_opening';
COMMENT ON FUNCTION vvault._message_opening(uuid, uuid, bytea)
    IS 'the blind of a message''s commitment and the hash of its content; nulls where its key was destroyed';

CREATE FUNCTION vvault._version_opening(user_id uuid, file_id uuid, version bigint, OUT blind bytea,
                                        OUT content_sha256 bytea, OUT metadata text)
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_version_opening';
COMMENT ON FUNCTION vvault._version_opening(uuid, uuid, bigint)
    IS 'the blind of a version''s commitment, the hash of its content, and its metadata; nulls where its key was destroyed';

CREATE TYPE vvault.ledger_opening AS (
    entry uuid,
    blind bytea,
    content_sha256 bytea,
    metadata text
);
COMMENT ON TYPE vvault.ledger_opening
    IS 'what, beside the content itself, opens the commitment to content in a ledger entry';

CREATE FUNCTION vvault.ledger_opening(entry uuid) RETURNS vvault.ledger_opening
    LANGUAGE plpgsql STABLE PARALLEL UNSAFE
    SECURITY DEFINER SET search_path = pg_catalog, pg_temp
    AS $$
DECLARE
    found_entry vvault.ledger_entry := vvault._ledger_entry_of(entry);
    opening vvault.ledger_opening;
BEGIN
    opening.entry := found_entry.id;
    CASE split_part(found_entry.event_type, '.', 1)
    WHEN 'message' THEN
        PERFORM vvault._require('messages:read');
        SELECT o.blind, o.content_sha256, vvault._open_metadata(m.user_id, m.id, m.metadata)
          INTO opening.blind, opening.content_sha256, opening.metadata
          FROM vvault.messages m, vvault._message_opening(m.user_id, m.id, m.content) AS o
         WHERE m.user_id = vvault.current_user_id() AND m.user_id = found_entry.user_id
           AND m.session_id = found_entry.stream_id
           AND m.seq = (found_entry.payload ->> 'seq')::bigint
           AND m.commitment = found_entry.content_commitment AND o.blind IS NOT NULL;
    WHEN 'file_version' THEN
        PERFORM vvault._require('files:read');
        SELECT o.blind, o.content_sha256, o.metadata
          INTO opening.blind, opening.content_sha256, opening.metadata
          FROM vvault.vault_file_versions v,
               vvault._version_opening(v.user_id, v.file_id, v.version) AS o
         WHERE v.user_id = vvault.current_user_id() AND v.user_id = found_entry.user_id
           AND v.file_id = found_entry.stream_id AND v.is_deletion IS NULL
           AND v.version = (found_entry.payload ->> 'version')::bigint;
    ELSE
        NULL;
    END CASE;
    IF opening.blind IS NULL THEN
        RAISE EXCEPTION 'the entry has no content that is there'
            USING ERRCODE = 'P0002',
                  DETAIL = 'It tells of nothing with content, or of content that was deleted, purged or shredded.',
                  HINT = 'Its proof holds all the same: see vvault.ledger_inclusion_proof().';
    END IF;
    RETURN opening;
END
$$;
COMMENT ON FUNCTION vvault.ledger_opening(uuid)
    IS 'what opens the commitment to content in an entry of one''s own, together with the content: content_commitment = SHA-256("vvault/content/v1\n", blind, content_sha256, SHA-256(metadata))';
