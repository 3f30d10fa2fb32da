-- The ledger's entries. A row holds what its leaf cannot be recomputed without, and nothing
-- twice: every change in the vault costs one of them (doc/ledger-leaf.md).
--
-- One partition a calendar month, each with its own primary key of person, stream and number: one
-- over all of them would have to hold the month too. No foreign key to users: an entry outlives
-- whatever it tells of. Columns of a fixed width first: between others they would need padding.
CREATE TABLE vvault.ledger_entries (
    user_id uuid NOT NULL,
    id uuid NOT NULL,
    stream_id uuid NOT NULL,
    stream_seq bigint NOT NULL,
    "timestamp" timestamptz NOT NULL,
    xid bigint NOT NULL,
    month integer NOT NULL,
    event_type text NOT NULL,
    payload json NOT NULL,
    actor text NOT NULL,
    salt bytea NOT NULL,
    content_commitment bytea,
    leaf_hash bytea NOT NULL
) PARTITION BY LIST (month);
-- Ids and transactions come in the order of the rows, nearly: a summary of a few pages finds
-- them, and costs a writer little. One index sums up both.
CREATE INDEX ledger_entries_order ON vvault.ledger_entries USING brin (xid, id)
    WITH (pages_per_range = 16, autosummarize = on);
COMMENT ON TABLE vvault.ledger_entries
    IS 'what changed, when and by whom; append-only, each with its leaf hash (doc/ledger-leaf.md)';
COMMENT ON COLUMN vvault.ledger_entries.stream_id
    IS 'the file, conversation or other object the entry is about; stream_seq has no gap within it';
COMMENT ON COLUMN vvault.ledger_entries.actor
    IS 'who did it; empty where it was the person whose vault it is';
COMMENT ON COLUMN vvault.ledger_entries.xid IS 'the transaction, with its epoch';
COMMENT ON COLUMN vvault.ledger_entries.salt IS 'what hides the payload in the leaf';
COMMENT ON COLUMN vvault.ledger_entries.content_commitment IS 'null where the event has no content';

COMMENT ON COLUMN vvault.ledger_entries.month
    IS 'year and month of the time in the id, such as 202611, in UTC';

CREATE TABLE vvault.ledger_entries_default PARTITION OF vvault.ledger_entries
    (PRIMARY KEY (user_id, stream_id, stream_seq)) DEFAULT;
COMMENT ON TABLE vvault.ledger_entries_default
    IS 'entries of months that have no partition of their own';
SELECT vvault._make_ledger_partitions();

CREATE TABLE vvault.ledger_stream_heads (
    user_id uuid NOT NULL,
    stream_id uuid NOT NULL,
    stream_seq bigint NOT NULL,
    leaf_hash bytea NOT NULL,
    PRIMARY KEY (user_id, stream_id, stream_seq)
);
COMMENT ON TABLE vvault.ledger_stream_heads
    IS 'the last entry of each stream in partitions that were archived, from which it goes on';
