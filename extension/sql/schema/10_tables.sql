-- The tables: made once, by vvault.install(), and never members of the extension, so that
-- dump, restore, upgrade and even DROP EXTENSION keep every row.
--
-- Keys of a person's tables begin with that person's id: the schema can be spread over
-- machines by person without a rewrite. Columns of sealed bytes are STORAGE EXTERNAL,
-- because compressing ciphertext costs time and gives nothing.

CREATE TABLE vvault.installation (
    id uuid PRIMARY KEY,
    only_one boolean NOT NULL DEFAULT true UNIQUE CHECK (only_one),
    schema_version text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE vvault.installation IS 'one row: which version of the tables this vault has';

CREATE TABLE vvault.root_keys (
    id integer PRIMARY KEY CHECK (id > 0),
    check_value bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz
);
COMMENT ON TABLE vvault.root_keys
    IS 'root keys in use, by number; the keys themselves are outside the database, check_value proves one';

CREATE TABLE vvault.users (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    display_name text,
    shard_id integer NOT NULL CHECK (shard_id BETWEEN 0 AND 9999),
    status text NOT NULL DEFAULT 'active'
        CHECK (status = ANY (ARRAY['active', 'disabled', 'shredded'])),
    created_at timestamptz NOT NULL DEFAULT now()
);
COMMENT ON TABLE vvault.users IS 'people; shard_id follows from the id (vvault.shard_of)';

CREATE TABLE vvault.user_emails (
    email text PRIMARY KEY CHECK (email = lower(email)),
    user_id uuid NOT NULL
);
COMMENT ON TABLE vvault.user_emails
    IS 'which person an e-mail address means; apart from users, because it is unique across them';

CREATE TABLE vvault.tokens (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    name text NOT NULL,
    prefix text NOT NULL,
    scopes text[] NOT NULL,
    runtime text,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    revoked_at timestamptz,
    kind text NOT NULL DEFAULT 'key' CHECK (kind = ANY (ARRAY['key', 'session'])),
    identity_id uuid,
    renewal_seconds integer,
    ends_at timestamptz,
    replaces uuid,
    hash_digest bytea NOT NULL,
    PRIMARY KEY (user_id, id),
    CHECK ((kind = 'session') = (renewal_seconds IS NOT NULL AND ends_at IS NOT NULL))
);
COMMENT ON TABLE vvault.tokens IS 'API keys and sign-ins, without their secrets';
COMMENT ON COLUMN vvault.tokens.renewal_seconds
    IS 'how far into the future a use moves the end of a sign-in, up to ends_at';
COMMENT ON COLUMN vvault.tokens.replaces IS 'the API key that was rotated into this one';
COMMENT ON COLUMN vvault.tokens.hash_digest
    IS 'SHA-256 of the hash in token_hashes: the ledger tells which secret the token was made with';

CREATE TABLE vvault.token_hashes (
    hash bytea PRIMARY KEY,
    user_id uuid NOT NULL,
    token_id uuid NOT NULL
);
COMMENT ON TABLE vvault.token_hashes
    IS 'which token a secret means, by its SHA-256; the secret is 256 random bits and nowhere stored';

CREATE TABLE vvault.data_keys (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id bigint NOT NULL,
    stream_id uuid NOT NULL,
    purpose text NOT NULL CHECK (purpose = ANY (ARRAY['content', 'lookup'])),
    scope_id uuid,
    state text NOT NULL DEFAULT 'active'
        CHECK (state = ANY (ARRAY['active', 'retired', 'shredded'])),
    root_key_id integer NOT NULL REFERENCES vvault.root_keys (id),
    wrapped bytea CHECK ((wrapped IS NULL) = (state = 'shredded')),
    created_at timestamptz NOT NULL DEFAULT now(),
    unused_since xid8,
    PRIMARY KEY (user_id, id)
);
CREATE UNIQUE INDEX data_keys_active ON vvault.data_keys (user_id, purpose, scope_id)
    NULLS NOT DISTINCT WHERE state = 'active';
CREATE INDEX data_keys_retired ON vvault.data_keys (user_id, purpose, scope_id)
    WHERE state = 'retired';
CREATE INDEX data_keys_root_key ON vvault.data_keys (root_key_id);
COMMENT ON TABLE vvault.data_keys
    IS 'each person''s keys, wrapped by a root key: content seals what was written, lookup makes keyed digests';
COMMENT ON COLUMN vvault.data_keys.scope_id
    IS 'the construct or file that the key is for, null for the person as a whole; what has a key of its own can be shredded alone';
COMMENT ON COLUMN vvault.data_keys.unused_since
    IS 'the transaction after which nothing was sealed by a retired key; it is destroyed when no snapshot is older';
COMMENT ON COLUMN vvault.data_keys.state
    IS 'active: seals; retired: only opens what reencrypt() has not reached; shredded: destroyed';

CREATE TABLE vvault.constructs (
    owner_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    name text NOT NULL,
    title text,
    created_at timestamptz NOT NULL DEFAULT now(),
    retired_at timestamptz,
    PRIMARY KEY (owner_id, id),
    UNIQUE (owner_id, name)
);
COMMENT ON TABLE vvault.constructs IS 'AI characters; the name is a callsign such as zen-001';

CREATE TABLE vvault.construct_grants (
    owner_id uuid NOT NULL,
    construct_id uuid NOT NULL,
    grantee_id uuid NOT NULL,
    id uuid NOT NULL,
    grantee_email text NOT NULL,
    role text NOT NULL CHECK (role = ANY (ARRAY['reader', 'writer', 'manager'])),
    until timestamptz,
    granted_by uuid NOT NULL,
    granted_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (owner_id, construct_id, grantee_id),
    FOREIGN KEY (owner_id, construct_id) REFERENCES vvault.constructs (owner_id, id)
);
CREATE INDEX construct_grants_grantee ON vvault.construct_grants (grantee_id);
COMMENT ON TABLE vvault.construct_grants IS 'who may use a construct besides its owner, and until when';

CREATE TABLE vvault.sessions (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    construct_id uuid NOT NULL,
    external_id text NOT NULL,
    title bytea,
    started_at timestamptz NOT NULL DEFAULT now(),
    ended_at timestamptz,
    last_seq bigint NOT NULL DEFAULT 0,
    updated_at timestamptz NOT NULL DEFAULT now(),
    flags jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (user_id, id),
    CONSTRAINT sessions_external_id UNIQUE (user_id, external_id),
    FOREIGN KEY (user_id, construct_id) REFERENCES vvault.constructs (owner_id, id)
) WITH (fillfactor = 80);
COMMENT ON TABLE vvault.sessions
    IS 'conversations; last_seq counts their messages and its row lock orders them';

-- No CHECK here and on ledger_entries: Postgres parses a check's expression anew in every
-- statement, and three of them cost a seventh of an append. Only vvault's own functions
-- may write these tables, and they check.
CREATE TABLE vvault.messages (
    user_id uuid NOT NULL,
    session_id uuid NOT NULL,
    seq bigint NOT NULL,
    id uuid NOT NULL,
    construct_id uuid NOT NULL,
    role text NOT NULL,
    seat text,
    model text,
    client_id text,
    content bytea NOT NULL,
    metadata bytea,
    commitment bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    timestamp_text text,
    PRIMARY KEY (user_id, session_id, seq),
    FOREIGN KEY (user_id, session_id) REFERENCES vvault.sessions (user_id, id)
);
CREATE UNIQUE INDEX messages_client_id ON vvault.messages (user_id, session_id, client_id)
    WHERE client_id IS NOT NULL;
ALTER TABLE vvault.messages ALTER COLUMN content SET STORAGE EXTERNAL,
                            ALTER COLUMN metadata SET STORAGE EXTERNAL;
COMMENT ON TABLE vvault.messages
    IS 'turns of conversations: content and metadata sealed, numbered without a gap by seq';

CREATE TABLE vvault.vault_files (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    construct_id uuid,
    filename text NOT NULL,
    path text COLLATE "C" NOT NULL,
    encrypted text NOT NULL DEFAULT 'server' CHECK (encrypted = ANY (ARRAY['server', 'client'])),
    version bigint NOT NULL DEFAULT 0,
    media_type text NOT NULL,
    size bigint NOT NULL DEFAULT 0,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),
    deleted_at timestamptz,
    PRIMARY KEY (user_id, id),
    UNIQUE (user_id, path),
    FOREIGN KEY (user_id, construct_id) REFERENCES vvault.constructs (owner_id, id)
);
COMMENT ON COLUMN vvault.vault_files.path
    IS 'in the order of bytes, in which files are listed page by page';
COMMENT ON TABLE vvault.vault_files
    IS 'files by path below their owner''s folder; a deleted one keeps its row and history and can come back';

-- Of a file that is saved whole after every turn there are thousands of rows: what a row can
-- do without is null in it, and the columns are in the order that leaves no gaps.
CREATE TABLE vvault.vault_file_versions (
    user_id uuid NOT NULL,
    file_id uuid NOT NULL,
    version bigint NOT NULL,
    size bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    restored_from bigint,
    construct_id uuid,
    is_deletion boolean,
    encrypted text,
    media_type text,
    info bytea,
    PRIMARY KEY (user_id, file_id, version),
    FOREIGN KEY (user_id, file_id) REFERENCES vvault.vault_files (user_id, id),
    CHECK (version > 0 AND (encrypted IS NULL OR encrypted = 'client')
           AND (is_deletion IS NULL OR (is_deletion AND info IS NULL AND restored_from IS NULL)))
);
ALTER TABLE vvault.vault_file_versions ALTER COLUMN info SET STORAGE EXTERNAL;
ALTER TABLE vvault.vault_file_versions SET (toast_tuple_target = 4080);
COMMENT ON TABLE vvault.vault_file_versions
    IS 'one row a version, never updated; info is sealed and holds the content''s SHA-256, its metadata and what opens its chunks';
COMMENT ON COLUMN vvault.vault_file_versions.is_deletion
    IS 'true where the version says that the file was deleted, else null';
COMMENT ON COLUMN vvault.vault_file_versions.info
    IS 'null also in a version that continues the one before it: its info is in vault_file_tails, and later in that of the next version that has one';
COMMENT ON COLUMN vvault.vault_file_versions.encrypted
    IS 'client where the client sealed the content, null where the server did';
COMMENT ON COLUMN vvault.vault_file_versions.media_type
    IS 'null where it is what the path suggests';

-- Written over again and again: room in the pages, and a place that is no version's own.
CREATE TABLE vvault.vault_file_tails (
    user_id uuid NOT NULL,
    file_id uuid NOT NULL,
    place bigint NOT NULL,
    version bigint NOT NULL,
    info bytea NOT NULL,
    PRIMARY KEY (user_id, file_id, place),
    FOREIGN KEY (user_id, file_id) REFERENCES vvault.vault_files (user_id, id)
) WITH (fillfactor = 80);
ALTER TABLE vvault.vault_file_tails ALTER COLUMN info SET STORAGE EXTERNAL;
COMMENT ON TABLE vvault.vault_file_tails
    IS 'the sealed infos of versions that continue the one before them, until a later version takes them over (doc/file-versions.md)';

CREATE TABLE vvault.vault_chunks (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (user_id, id)
);
ALTER TABLE vvault.vault_chunks ALTER COLUMN content SET STORAGE EXTERNAL;
-- Most chunks of text have 2 to 6 KB. In their own row they are read with one look less.
ALTER TABLE vvault.vault_chunks SET (toast_tuple_target = 8160);
COMMENT ON TABLE vvault.vault_chunks
    IS 'the sealed chunks of a person''s files, each once; only a file''s own sealed manifest can open them (doc/file-versions.md)';

CREATE TABLE vvault.vault_chunk_uses (
    user_id uuid NOT NULL,
    chunk_id uuid NOT NULL,
    file_id uuid NOT NULL,
    first_version bigint NOT NULL,
    until_version bigint,
    PRIMARY KEY (user_id, chunk_id, file_id, first_version),
    FOREIGN KEY (user_id, chunk_id) REFERENCES vvault.vault_chunks (user_id, id),
    FOREIGN KEY (user_id, file_id) REFERENCES vvault.vault_files (user_id, id)
);
CREATE INDEX vault_chunk_uses_file ON vvault.vault_chunk_uses (user_id, file_id);
COMMENT ON TABLE vvault.vault_chunk_uses
    IS 'which versions of a file use a chunk, from the first until the one that no longer does: what nothing uses is removed without a key';

-- What is on its way and is no version yet. Nobody reads these but the API's functions, for
-- who uploads.
CREATE TABLE vvault.vault_uploads (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    uploader_id uuid NOT NULL,
    scope_id uuid,
    path text NOT NULL,
    media_type text,
    encrypted text NOT NULL,
    expected_version bigint,
    keep_for interval NOT NULL,
    expires_at timestamptz NOT NULL,
    received bigint NOT NULL DEFAULT 0,
    parts integer NOT NULL DEFAULT 0,
    state bytea,
    version bigint,
    PRIMARY KEY (user_id, id)
);
ALTER TABLE vvault.vault_uploads ALTER COLUMN state SET STORAGE EXTERNAL;
COMMENT ON TABLE vvault.vault_uploads
    IS 'files that come in parts, until they are versions or have expired (doc/uploads.md)';
COMMENT ON COLUMN vvault.vault_uploads.scope_id
    IS 'whose key seals state and parts: the file''s if there is one, else its construct''s, else null for the person''s';
COMMENT ON COLUMN vvault.vault_uploads.version IS 'what became of it, once it was finished';

CREATE TABLE vvault.vault_upload_parts (
    user_id uuid NOT NULL,
    upload_id uuid NOT NULL,
    number integer NOT NULL,
    size integer NOT NULL,
    first_byte bigint NOT NULL,
    chunk_ids uuid[] NOT NULL,
    refs bytea NOT NULL,
    PRIMARY KEY (user_id, upload_id, number),
    FOREIGN KEY (user_id, upload_id) REFERENCES vvault.vault_uploads (user_id, id)
);
ALTER TABLE vvault.vault_upload_parts ALTER COLUMN refs SET STORAGE EXTERNAL;
COMMENT ON TABLE vvault.vault_upload_parts
    IS 'parts of uploads: which chunks must stay for them, and sealed what opens those';

CREATE TABLE vvault.legal_holds (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    id uuid NOT NULL,
    prefix text NOT NULL,
    reason text NOT NULL,
    placed_by text NOT NULL,
    placed_at timestamptz NOT NULL DEFAULT now(),
    lifted_by text,
    lifted_at timestamptz,
    lift_reason text,
    PRIMARY KEY (user_id, id),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL) AND (lifted_at IS NULL) = (lift_reason IS NULL))
);
COMMENT ON TABLE vvault.legal_holds
    IS 'paths of which nothing may be purged or shredded until the hold is lifted; rows are never deleted';
