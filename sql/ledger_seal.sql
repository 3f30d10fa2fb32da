-- Sealing: every committed entry gets one place in a tree, and never another one.
\set SHOW_CONTEXT never
\pset format unaligned

-- The root by its definition (RFC 6962, section 2.1), with nothing of the extension's.
CREATE FUNCTION pg_temp.root(leaves bytea[]) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
    half integer := 1;
BEGIN
    IF cardinality(leaves) = 1 THEN RETURN leaves[1]; END IF;
    WHILE half * 2 < cardinality(leaves) LOOP half := half * 2; END LOOP;
    RETURN sha256('\x01'::bytea || pg_temp.root(leaves[1:half]) || pg_temp.root(leaves[half + 1:]));
END $$;
CREATE VIEW pg_temp.sealed AS
    SELECT t."index" * 256 + i AS position, encode(substr(t.content, 8193 + i * 16, 16), 'hex')::uuid AS id,
           substr(t.content, i * 32 + 1, 32) AS leaf
      FROM vvault.ledger_tiles t, generate_series(0, 255) AS i WHERE t.level = 0
    UNION ALL SELECT "index", entry_id, hash FROM vvault.ledger_tail WHERE level = 0;

SELECT vvault.ledger_seal() > 0 AS sealed;
SELECT vvault.ledger_seal() AS size \gset
-- The first call may have written how the server was started, which the second took.
SELECT vvault.ledger_seal() = :size AS nothing_new;

-- A thousand more, in several batches, across full tiles.
SELECT api_key AS key FROM vvault.create_user('sealed@example.com', 'Ada') \gset
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS known;
SELECT count(*) AS made FROM vvault.create_construct('sealed-001', 'Sealed');
SELECT external_id AS session FROM vvault.start_session('sealed-001', 'sealed') \gset
-- Entries of the calling transaction are not committed yet.
SELECT vvault.ledger_seal() - :size AS others;
COMMIT;
SELECT vvault.ledger_seal() - :size AS then_its_own;
BEGIN;
SELECT vvault.authenticate(:'key') IS NOT NULL AS known;
SELECT count(*) FROM generate_series(1, 700) AS i, vvault.append_message(:'session', 'user', 'line ' || i);
SAVEPOINT a;
SELECT count(*) FROM generate_series(1, 10) AS i, vvault.append_message(:'session', 'user', 'never ' || i);
ROLLBACK TO a;
SELECT count(*) FROM generate_series(1, 300) AS i, vvault.append_message(:'session', 'user', 'more ' || i);
COMMIT;
SELECT vvault.ledger_seal() - :size AS all_of_them;

-- Each entry once, its leaf as it was written, the roots those of the leaves.
SELECT count(*) FILTER (WHERE s.id IS NULL) AS unsealed, count(*) FILTER (WHERE e.id IS NULL) AS strangers,
       count(*) FILTER (WHERE s.leaf <> e.leaf_hash) AS other_leaves, count(s.id) - count(DISTINCT s.id) AS twice
  FROM vvault.ledger_entries e FULL JOIN pg_temp.sealed s ON s.id = e.id;
SELECT max(position) + 1 - count(*) AS gaps FROM pg_temp.sealed;
SELECT bool_and(c.root = pg_temp.root(ARRAY(SELECT leaf FROM pg_temp.sealed WHERE position < c.size ORDER BY position))) AS roots
  FROM (SELECT * FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 3) AS c;
SELECT count(*) AS out_of_order
  FROM (SELECT s.position, lag(s.position) OVER (PARTITION BY e.user_id, e.stream_id ORDER BY e.stream_seq) AS before
          FROM vvault.ledger_entries e JOIN pg_temp.sealed s USING (id)) AS o WHERE before > position;
-- Upper levels: a tile's root stands in the level above.
SELECT count(*) > 2 AS tiles, bool_and(t.hash = pg_temp.root(ARRAY(SELECT substr(l.content, i * 32 + 1, 32) FROM generate_series(0, 255) i))) AS roots
  FROM vvault.ledger_tiles l JOIN vvault.ledger_tail t ON t.level = 1 AND t."index" = l."index" WHERE l.level = 0;

-- There is a key here, and every checkpoint is signed by it.
SELECT count(note) = count(*) AS signed FROM vvault.ledger_checkpoints;
SELECT vvault._ledger_signing_problem();

-- Nobody else may seal, and nobody may touch what is sealed.
\set VERBOSITY terse
SET ROLE vvault_user;
SELECT vvault.ledger_seal();
SET ROLE vvault_sealer;
SELECT payload FROM vvault.ledger_entries LIMIT 1;
DELETE FROM vvault.ledger_tiles;
UPDATE vvault.ledger_checkpoints SET size = 1;
RESET ROLE;
UPDATE vvault.ledger_tiles SET content = '';
DELETE FROM vvault.ledger_checkpoints;
UPDATE vvault.ledger_checkpoints SET root = '';
TRUNCATE vvault.ledger_tail;
DELETE FROM vvault.ledger_state;
BEGIN READ ONLY;
SELECT vvault.ledger_seal();
ROLLBACK;
-- One that had to wait for its signature gets it once.
BEGIN;
INSERT INTO vvault.ledger_checkpoints SELECT size + 1, root, snapshot, era, NULL, sealed_at FROM vvault.ledger_checkpoints WHERE size = :size;
UPDATE vvault.ledger_checkpoints SET note = 'late' WHERE size = :size + 1;
UPDATE vvault.ledger_checkpoints SET note = 'again' WHERE size = :size + 1;
ROLLBACK;

-- What is known about it.
SELECT size >= :size AS sealed, unsealed, oldest_unsealed, checkpoint_is_signed, signing_problem, sealer_is_running, guard, incarnation, stopped
  FROM vvault.ledger_status();
INSERT INTO vvault.constructs (owner_id, name) SELECT user_id, 'waiting-001' FROM vvault.user_emails WHERE email = 'sealed@example.com';
SELECT unsealed, oldest_unsealed < '1 minute' AS young FROM vvault.ledger_status();
SELECT vvault._ledger_upkeep();
SELECT vvault.ledger_seal() - :size > 0 AS more;

-- Upkeep counts a month that grew by much, so that an entry in it is looked up and not searched for.
BEGIN;
INSERT INTO vvault.constructs (owner_id, name)
SELECT user_id, 'many-' || n FROM vvault.user_emails, generate_series(1, 16000) AS n WHERE email = 'sealed@example.com';
SELECT vvault._ledger_upkeep();
SELECT bool_or(reltuples > 16000) AS counted FROM pg_class WHERE relname = 'ledger_entries_' || to_char(now() AT TIME ZONE 'UTC', 'YYYY_MM');
ROLLBACK;
