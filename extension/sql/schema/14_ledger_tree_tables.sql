-- The tree over the ledger's entries (RFC 6962) and what the sealer knows. Nodes are kept as
-- tiles of 256 hashes, those of height 8 · level: a level's tile is written once, when it is
-- full; hashes that no full tile holds yet stand in ledger_tail, a row each, at every level. So
-- nothing is written twice, and any node is found by one look at a tile or at the tail.

CREATE TABLE vvault.ledger_tiles (
    level integer NOT NULL,
    "index" bigint NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (level, "index")
);
-- Hashes and ids do not compress. In one value they leave less of a page unused than in two.
ALTER TABLE vvault.ledger_tiles ALTER COLUMN content SET STORAGE EXTERNAL;
COMMENT ON TABLE vvault.ledger_tiles
    IS 'the tree''s full tiles of 256 hashes; at level 0 of leaf hashes, behind them the ids of their entries';

CREATE TABLE vvault.ledger_tail (
    level integer NOT NULL,
    "index" bigint NOT NULL,
    hash bytea NOT NULL,
    entry_id uuid,
    PRIMARY KEY (level, "index")
);
COMMENT ON TABLE vvault.ledger_tail
    IS 'hashes of the tree that no full tile holds yet; index counts within the level, so at level 0 it is the entry''s position';

CREATE TABLE vvault.ledger_checkpoints (
    size bigint NOT NULL PRIMARY KEY,
    root bytea NOT NULL,
    snapshot pg_snapshot NOT NULL,
    era integer NOT NULL,
    note text,
    sealed_at timestamptz NOT NULL
);
COMMENT ON TABLE vvault.ledger_checkpoints
    IS 'one a sealed batch: the tree''s size and root, what had been committed by then, and the signed note';
COMMENT ON COLUMN vvault.ledger_checkpoints.era
    IS 'counts the clusters that the ledger lived in: numbers of transactions mean something within one of them';
COMMENT ON COLUMN vvault.ledger_checkpoints.note
    IS 'null where no key was there to sign it';

CREATE TABLE vvault.ledger_signing_keys (
    from_size bigint NOT NULL,
    name text NOT NULL,
    public_key bytea NOT NULL,
    PRIMARY KEY (name, public_key)
);
COMMENT ON TABLE vvault.ledger_signing_keys
    IS 'public keys of checkpoints'' signatures, and the size of the first checkpoint each has signed';

CREATE TABLE vvault.ledger_archives (
    month integer NOT NULL PRIMARY KEY,
    entries bigint NOT NULL,
    digest bytea NOT NULL,
    size bigint NOT NULL,
    archived_at timestamptz NOT NULL
);
COMMENT ON TABLE vvault.ledger_archives
    IS 'months whose entries are kept in files: how many, the SHA-256 of the export, and a size of the tree that has them all';

-- One row. Whoever seals locks it.
CREATE TABLE vvault.ledger_state (
    only_row boolean NOT NULL DEFAULT true PRIMARY KEY,
    size bigint NOT NULL DEFAULT 0,
    snapshot pg_snapshot NOT NULL DEFAULT '1:1:',
    era integer NOT NULL DEFAULT 0,
    incarnation integer NOT NULL DEFAULT 1,
    system_identifier bigint,
    timeline bigint,
    floor_id uuid,
    announced_key text,
    stopped text
);
COMMENT ON TABLE vvault.ledger_state IS 'how far the ledger is sealed, and in which cluster';
COMMENT ON COLUMN vvault.ledger_state.incarnation
    IS 'part of the origin from the second on: a ledger that could not extend an earlier one has a name of its own';
COMMENT ON COLUMN vvault.ledger_state.floor_id
    IS 'entries up to this id may be of an earlier era: whether they are sealed is asked of the tree and not of their transaction';
COMMENT ON COLUMN vvault.ledger_state.announced_key
    IS 'the verifier key that an entry has announced and no checkpoint bears yet';
COMMENT ON COLUMN vvault.ledger_state.stopped IS 'why nothing is sealed any more, until ledger_adopt()';
INSERT INTO vvault.ledger_state DEFAULT VALUES;
