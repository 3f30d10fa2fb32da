-- What the API gives back: rows with the field names of the JSON.

CREATE TYPE vvault.message AS (
    id uuid,
    user_id uuid,
    session_id uuid,
    session text,
    seq bigint,
    role text,
    content text,
    seat text,
    model text,
    client_id text,
    metadata jsonb,
    created_at timestamptz,
    "timestamp" text,
    replayed boolean
);
COMMENT ON TYPE vvault.message
    IS 'one turn, opened; timestamp is the text the sender gave, replayed says that nothing was written';

CREATE TYPE vvault.session AS (
    id uuid,
    user_id uuid,
    construct_id uuid,
    construct text,
    construct_title text,
    external_id text,
    title text,
    started_at timestamptz,
    ended_at timestamptz,
    last_seq bigint,
    updated_at timestamptz,
    last_message_at timestamptz,
    flags jsonb,
    created boolean
);
COMMENT ON TYPE vvault.session
    IS 'one conversation; created is false where it was there before';

CREATE TYPE vvault.construct AS (
    id uuid,
    owner_id uuid,
    name text,
    title text,
    created_at timestamptz,
    retired_at timestamptz,
    role text
);
COMMENT ON TYPE vvault.construct
    IS 'one AI character as the reader sees it; role is owner, manager, writer or reader';

CREATE TYPE vvault.file_content AS (
    version bigint,
    kind text,
    media_type text,
    size bigint,
    sha256 text,
    metadata jsonb,
    encrypted text,
    created_at timestamptz,
    content bytea
);
COMMENT ON TYPE vvault.file_content
    IS 'one version of a file with its bytes; kind is put or restore, sha256 is hexadecimal, encrypted is server or client';

CREATE TYPE vvault.turn AS (
    session text,
    construct text,
    ordinal integer,
    role text,
    speaker text,
    content text,
    "timestamp" text,
    created_at timestamptz,
    metadata jsonb
);
COMMENT ON TYPE vvault.turn IS 'one turn found in a transcript, in the order of the file';

CREATE TYPE vvault.new_user AS (
    id uuid,
    email text,
    shard_id integer,
    api_key text
);
COMMENT ON TYPE vvault.new_user IS 'a person just added, with the key that is shown this once';

CREATE TYPE vvault.new_token AS (
    id uuid,
    token text,
    name text,
    prefix text,
    scopes text[],
    runtime text,
    expires_at timestamptz
);
COMMENT ON TYPE vvault.new_token IS 'an API key just made; token is shown this once';

CREATE TYPE vvault.signed_in AS (
    token text,
    token_id uuid,
    user_id uuid,
    email text,
    display_name text,
    expires_at timestamptz,
    ends_at timestamptz,
    created boolean
);
COMMENT ON TYPE vvault.signed_in
    IS 'a sign-in: its token is shown this once, expires unless it is used, and ends in any case; created says that the person is new';

CREATE TYPE vvault._id_claims AS (
    issuer text,
    subject text,
    email text,
    email_verified boolean,
    display_name text,
    hosted_domain text,
    digest bytea,
    expires_at timestamptz
);
COMMENT ON TYPE vvault._id_claims IS 'internal: what an ID token proves';

CREATE TYPE vvault.event AS (
    cursor text,
    event text,
    message vvault.message,
    conversation vvault.session,
    data jsonb
);
COMMENT ON TYPE vvault.event
    IS 'one thing that became of the vault, and the place behind it from which to read on';

CREATE TYPE vvault._entry AS (
    user_id uuid,
    id uuid,
    stream_id uuid,
    stream_seq bigint,
    xid bigint,
    event_type text,
    payload json
);
COMMENT ON TYPE vvault._entry IS 'internal: what an event is made of';

CREATE TYPE vvault._place AS (
    since pg_snapshot,
    until pg_snapshot,
    after_key text,
    after_seq bigint
);
COMMENT ON TYPE vvault._place
    IS 'internal: all that since saw was read, and of what until sees besides, all up to a key';

CREATE TYPE vvault._session_key AS (
    user_id uuid,
    id uuid,
    construct_id uuid,
    external_id text,
    ended_at timestamptz,
    last_seq bigint
);
COMMENT ON TYPE vvault._session_key IS 'internal: where a conversation is kept, and its counter';

CREATE TYPE vvault._file_key AS (
    user_id uuid,
    id uuid,
    construct_id uuid,
    path text,
    version bigint,
    deleted_at timestamptz,
    media_type text,
    encrypted text
);
COMMENT ON TYPE vvault._file_key IS 'internal: where a vault file is kept, and its counter';

CREATE TYPE vvault._kept_transcript AS (
    seq bigint,
    version bigint,
    size bigint,
    whole boolean,
    unread integer,
    look text
);
COMMENT ON TYPE vvault._kept_transcript
    IS 'internal: what a conversation''s transcript file shows, and whether all of it is vvault''s own text';

CREATE TYPE vvault._upload AS (
    user_id uuid,
    id uuid,
    scope_id uuid,
    path text,
    media_type text,
    encrypted text,
    expected_version bigint,
    received bigint,
    parts integer,
    state bytea,
    version bigint
);
COMMENT ON TYPE vvault._upload IS 'internal: an upload as far as it has come';
