-- How far the transcript files of conversations show their messages (doc/transcripts.md). What
-- stands here follows from messages and files, so the ledger does not hear of it.

-- No foreign key to the conversation: its row is the one that every message changes, and nobody
-- removes it.
CREATE TABLE vvault.kept_transcripts (
    user_id uuid NOT NULL REFERENCES vvault.users (id),
    session_id uuid NOT NULL,
    seq bigint NOT NULL DEFAULT 0,
    version bigint NOT NULL DEFAULT 0,
    size bigint NOT NULL DEFAULT 0,
    whole boolean NOT NULL DEFAULT true,
    unread integer NOT NULL DEFAULT 0,
    look text,
    waiting_since timestamptz,
    due_at timestamptz,
    problem text,
    PRIMARY KEY (user_id, session_id),
    CHECK ((due_at IS NULL) = (waiting_since IS NULL))
) WITH (fillfactor = 80);
CREATE INDEX kept_transcripts_due ON vvault.kept_transcripts (due_at) WHERE due_at IS NOT NULL;
COMMENT ON TABLE vvault.kept_transcripts
    IS 'which message the transcript file of a conversation shows last, and when it is to be written again';
COMMENT ON COLUMN vvault.kept_transcripts.version
    IS 'the version of the file that showed messages up to seq; another one is somebody else''s';
COMMENT ON COLUMN vvault.kept_transcripts.whole IS 'whether every byte of that version is vvault''s own';
COMMENT ON COLUMN vvault.kept_transcripts.unread IS 'turns in that version that are no messages';
COMMENT ON COLUMN vvault.kept_transcripts.look
    IS 'keyed digest of the transcript''s head and the names shown in it';
COMMENT ON COLUMN vvault.kept_transcripts.problem IS 'why the file was not written: a word or an SQLSTATE';

CREATE TABLE vvault.transcript_keeper (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    snapshot pg_snapshot NOT NULL,
    incarnation text NOT NULL,
    looked_at timestamptz NOT NULL
);
COMMENT ON TABLE vvault.transcript_keeper
    IS 'up to where the ledger was looked through for conversations that went on';
