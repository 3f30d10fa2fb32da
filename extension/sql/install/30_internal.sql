-- What the C++ gives to the SQL below. Nobody but the API's own functions may call these:
-- 90_privileges.sql grants EXECUTE on none of them.
--
-- The C functions pin no search_path of their own: those that look up a key name every
-- object and operator with its schema, the others run no SQL, and a SET clause would cost
-- each row that is opened or checked more than the work itself.

CREATE FUNCTION vvault._seal_message(user_id uuid, message_id uuid, content text, metadata text,
                                     construct_id uuid, OUT content_sealed bytea, OUT metadata_sealed bytea,
                                     OUT commitment bytea)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_seal_message';
COMMENT ON FUNCTION vvault._seal_message(uuid, uuid, text, text, uuid)
    IS 'seal a message''s content and metadata for their place, and commit to both';

CREATE FUNCTION vvault._open_message(user_id uuid, message_id uuid, sealed bytea) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_open_message';
COMMENT ON FUNCTION vvault._open_message(uuid, uuid, bytea) IS 'open a message''s content';

CREATE FUNCTION vvault._open_metadata(user_id uuid, message_id uuid, sealed bytea) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_open_metadata';
COMMENT ON FUNCTION vvault._open_metadata(uuid, uuid, bytea) IS 'open a message''s metadata';

CREATE FUNCTION vvault._append_own(session text, role text, content text, client_id text,
                                   seat text, model text, created_at timestamptz, metadata jsonb,
                                   "timestamp" text) RETURNS vvault.message
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_append_own';
COMMENT ON FUNCTION vvault._append_own(text, text, text, text, text, text, timestamptz, jsonb, text)
    IS 'append a new, ordinary message to an open conversation of the caller''s own; null, and nothing written, for everything else';

CREATE FUNCTION vvault._insert_message(user_id uuid, session_id uuid, seq bigint, id uuid,
                                       construct_id uuid, role text, seat text, model text,
                                       client_id text, content bytea, metadata bytea,
                                       commitment bytea, created_at timestamptz,
                                       timestamp_text text) RETURNS boolean
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_insert_message';
COMMENT ON FUNCTION vvault._insert_message(uuid, uuid, bigint, uuid, uuid, text, text, text, text,
                                           bytea, bytea, bytea, timestamptz, text)
    IS 'write a message into a locked conversation; false where its client_id is there already';

CREATE FUNCTION vvault._seal_title(user_id uuid, session_id uuid, title text, construct_id uuid)
    RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_seal_title';
COMMENT ON FUNCTION vvault._seal_title(uuid, uuid, text, uuid) IS 'seal a conversation''s title';

CREATE FUNCTION vvault._open_title(user_id uuid, session_id uuid, sealed bytea) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_open_title';
COMMENT ON FUNCTION vvault._open_title(uuid, uuid, bytea) 
    IS 'open a conversation''s title; null where its key was destroyed';

CREATE FUNCTION vvault._store_version(user_id uuid, file_id uuid, version bigint, content bytea,
                                      metadata text, before bigint,
                                      only_if_it_differs boolean, OUT info bytea,
                                      OUT is_stored boolean)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_store_version';
COMMENT ON FUNCTION vvault._store_version(uuid, uuid, bigint, bytea, text, bigint, boolean)
    IS 'store what of a version''s content is not stored yet, beside the version before it, and what its row, to be added next, is to hold; nothing is stored where nothing differs';

CREATE FUNCTION vvault._repeat_version(user_id uuid, file_id uuid, version bigint, old bigint,
                                       before bigint, OUT info bytea, OUT is_stored boolean)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_repeat_version';
COMMENT ON FUNCTION vvault._repeat_version(uuid, uuid, bigint, bigint, bigint)
    IS 'what the row of a version is to hold that has the content of an old one';

CREATE FUNCTION vvault._standalone_info(user_id uuid, file_id uuid, version bigint) RETURNS bytea
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_standalone_info';
COMMENT ON FUNCTION vvault._standalone_info(uuid, uuid, bigint)
    IS 'the sealed info of a version that holds nothing of those before it and needs none, null where it is so already';

CREATE FUNCTION vvault._read_version(user_id uuid, file_id uuid, version bigint) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_read_version';
COMMENT ON FUNCTION vvault._read_version(uuid, uuid, bigint)
    IS 'the opened content of one version, VV001 where any of it is missing';

CREATE FUNCTION vvault._read_version_range(user_id uuid, file_id uuid, version bigint, first bigint,
                                           length bigint) RETURNS bytea
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_read_version_range';
COMMENT ON FUNCTION vvault._read_version_range(uuid, uuid, bigint, bigint, bigint)
    IS 'some bytes of one version; opens only the chunks that hold them';

CREATE FUNCTION vvault._open_file_info(user_id uuid, file_id uuid, version bigint, sealed bytea,
                                       OUT sha256 text, OUT metadata text)
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_open_file_info';
COMMENT ON FUNCTION vvault._open_file_info(uuid, uuid, bigint, bytea)
    IS 'open a version''s hash and metadata, from its row''s info or, if that is null, from where it is; nulls where their key was destroyed';

CREATE FUNCTION vvault._append_part(user_id uuid, upload_id uuid, scope_id uuid, number integer,
                                    INOUT state bytea, data bytea, OUT refs bytea,
                                    OUT chunk_ids uuid[])
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_append_part';
COMMENT ON FUNCTION vvault._append_part(uuid, uuid, uuid, integer, bytea, bytea)
    IS 'store the chunks that a part of an upload completes, and what is to be kept of it';

CREATE FUNCTION vvault._is_part(user_id uuid, upload_id uuid, scope_id uuid, number integer,
                                refs bytea, data bytea) RETURNS boolean
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_is_part';
COMMENT ON FUNCTION vvault._is_part(uuid, uuid, uuid, integer, bytea, bytea)
    IS 'whether a part of an upload that is stored had this content';

CREATE FUNCTION vvault._upload_digest(user_id uuid, upload_id uuid, scope_id uuid, state bytea)
    RETURNS bytea
    LANGUAGE c STABLE CALLED ON NULL INPUT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_upload_digest';
COMMENT ON FUNCTION vvault._upload_digest(uuid, uuid, uuid, bytea)
    IS 'the SHA-256 of what has come of an upload';

CREATE FUNCTION vvault._store_upload(user_id uuid, upload_id uuid, scope_id uuid, state bytea,
                                     file_id uuid, version bigint, metadata text, before bigint,
                                     only_if_it_differs boolean, OUT info bytea,
                                     OUT is_stored boolean)
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_store_upload';
COMMENT ON FUNCTION vvault._store_upload(uuid, uuid, uuid, bytea, uuid, bigint, text, bigint, boolean)
    IS 'as _store_version(), of content whose chunks an upload has stored';

CREATE FUNCTION vvault._reseal_upload(user_id uuid, upload_id uuid, scope_id uuid, number integer,
                                      sealed bytea) RETURNS bytea
    LANGUAGE c VOLATILE CALLED ON NULL INPUT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_reseal_upload';
COMMENT ON FUNCTION vvault._reseal_upload(uuid, uuid, uuid, integer, bytea)
    IS 'what is kept of an upload (0) or of one of its parts, under the scope''s active key';

CREATE FUNCTION vvault._fingerprints(user_id uuid, construct_id uuid, VARIADIC parts text[])
    RETURNS text[]
    LANGUAGE c VOLATILE STRICT PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_fingerprints';
COMMENT ON FUNCTION vvault._fingerprints(uuid, uuid, text[])
    IS 'keyed digests of the parts, the same each time for one construct: of its lookup key, then of older ones still in use';

CREATE FUNCTION vvault._new_token(OUT token text, OUT prefix text, OUT hash bytea)
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_new_token';
COMMENT ON FUNCTION vvault._new_token() IS 'a fresh token, what to show of it, what to store of it';

CREATE FUNCTION vvault._check_scope(name text) RETURNS boolean
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_check_scope';
COMMENT ON FUNCTION vvault._check_scope(text) IS 'true for a known scope, else error 22023';

CREATE FUNCTION vvault._require(scope text) RETURNS uuid
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_require';
COMMENT ON FUNCTION vvault._require(text)
    IS 'the current user, or error 28000 without identity, 42501 without the scope';

CREATE FUNCTION vvault._visible_owners() RETURNS uuid[]
    LANGUAGE c STABLE PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_visible_owners';
COMMENT ON FUNCTION vvault._visible_owners()
    IS 'the current user, then everybody who granted that user a construct';

CREATE FUNCTION vvault._check_path(path text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_check_path';
COMMENT ON FUNCTION vvault._check_path(text) IS 'the path itself if it is a vault path, else error 22023';

CREATE FUNCTION vvault._parse_timestamp(value text) RETURNS timestamptz
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_parse_timestamp';
COMMENT ON FUNCTION vvault._parse_timestamp(text)
    IS 'an ISO 8601 time (UTC where no zone stands), null for anything else';

CREATE FUNCTION vvault._format_timestamp(value timestamptz) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_format_timestamp';
COMMENT ON FUNCTION vvault._format_timestamp(timestamptz)
    IS 'a time as YYYY-MM-DDTHH:MM:SS.mmmZ';

CREATE FUNCTION vvault._parse_transcript(path text, content bytea, owner_names text[]) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_parse_transcript';
COMMENT ON FUNCTION vvault._parse_transcript(text, bytea, text[])
    IS 'a transcript in any known format as JSON: formats, sessions with turns, notes';

CREATE FUNCTION vvault._render_header(construct text, construct_title text, session text,
                                      title text, started text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_render_header';
COMMENT ON FUNCTION vvault._render_header(text, text, text, text, text)
    IS 'the head of a transcript in the house format';

CREATE FUNCTION vvault._render_turn(speaker text, role text, "timestamp" text, message_id text,
                                    content text, metadata text) RETURNS text
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_render_turn';
COMMENT ON FUNCTION vvault._render_turn(text, text, text, text, text, text)
    IS 'one turn of a transcript in the house format; turns follow each other without glue';

CREATE FUNCTION vvault._record_change() RETURNS trigger
    -- Whoever changes a row, the entry is written: in C++ and without SQL, so that neither the
    -- caller's missing right to write into the ledger nor a search_path matters.
    LANGUAGE c VOLATILE PARALLEL UNSAFE
    AS 'MODULE_PATHNAME', 'vvault_record_change';
COMMENT ON FUNCTION vvault._record_change() IS 'write the ledger entry of a changed row';

CREATE FUNCTION vvault._announce_change() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_announce_change';
COMMENT ON FUNCTION vvault._announce_change()
    IS 'tell every backend that something it may remember has changed; the ledger''s trigger does it too, but not for what replication applies';

CREATE FUNCTION vvault._refuse_change() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_refuse_change';
COMMENT ON FUNCTION vvault._refuse_change() IS 'refuse to change a table that only grows (VV002)';

CREATE FUNCTION vvault._guard_version() RETURNS trigger
    LANGUAGE c VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS 'MODULE_PATHNAME', 'vvault_guard_version';
COMMENT ON FUNCTION vvault._guard_version()
    IS 'refuse to change a file version (VV002), but for its sealed bytes while its file is sealed anew';

CREATE FUNCTION vvault._set_shard() RETURNS trigger
    LANGUAGE plpgsql VOLATILE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
BEGIN
    NEW.shard_id := vvault.shard_of(NEW.id);
    RETURN NEW;
END
$$;
COMMENT ON FUNCTION vvault._set_shard() IS 'derive a user''s shard from the user''s id';

CREATE FUNCTION vvault._payload_commitment(salt bytea, payload json) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_payload_commitment';
COMMENT ON FUNCTION vvault._payload_commitment(bytea, json)
    IS 'SHA-256 over the salt and the exact bytes of a payload (doc/ledger-leaf.md)';

CREATE FUNCTION vvault._leaf_hash(user_id uuid, id uuid, event_type text, "timestamp" timestamptz,
                                  actor text, stream_id uuid, stream_seq bigint,
                                  previous_leaf bytea, xid bigint, payload_commitment bytea,
                                  content_commitment bytea) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_leaf_hash';
COMMENT ON FUNCTION vvault._leaf_hash(uuid, uuid, text, timestamptz, text, uuid, bigint, bytea,
                                      bigint, bytea, bytea)
    IS 'the leaf hash of a ledger entry, recomputed from its columns (doc/ledger-leaf.md)';

CREATE FUNCTION vvault._ledger_payload(relation regclass, "row" record, salt bytea,
                                       "timestamp" timestamptz) RETURNS text
    LANGUAGE c STABLE STRICT PARALLEL SAFE
    AS 'MODULE_PATHNAME', 'vvault_ledger_payload';
COMMENT ON FUNCTION vvault._ledger_payload(regclass, record, bytea, timestamptz)
    IS 'the payload that a row''s last ledger entry has if nobody changed the row without one';
