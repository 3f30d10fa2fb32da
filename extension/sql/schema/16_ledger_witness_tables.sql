-- Who has been handed the ledger's checkpoints: a status to look at and no proof, so no entry
-- tells of it. What a witness knows is what it has kept itself.
CREATE TABLE vvault.ledger_witnesses (
    name text PRIMARY KEY,
    size bigint,
    at timestamptz,
    error text
);
COMMENT ON TABLE vvault.ledger_witnesses
    IS 'the newest checkpoint that each witness has taken, and why it takes none at present';
COMMENT ON COLUMN vvault.ledger_witnesses.at IS 'when size or error were reported last';
