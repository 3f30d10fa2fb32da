-- Whether the ledger and the vault still say the same, from the rows up: one row a check that
-- found nothing, else a row for each of the first that are wrong, by name. Reads no content:
-- sealed bytes are hashed as they are. Every check sees one state of the database, writes
-- nothing, and leaves sorting to Postgres, which does it on disk where memory ends.

CREATE TYPE vvault.ledger_finding AS (
    "check" text,
    ok boolean,
    entry uuid,
    "position" bigint,
    detail text
);
COMMENT ON TYPE vvault.ledger_finding
    IS 'a check of ledger_verify(): ok, or what is wrong, with the entry and its position where there are any';

CREATE FUNCTION vvault._findings_limit() RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS 'SELECT 10';
COMMENT ON FUNCTION vvault._findings_limit() IS 'how many findings a check names at most';

-- What was visible when the tree had that size; entries of later batches are those it does
-- not show.
CREATE FUNCTION vvault._ledger_snapshot_at(size bigint) RETURNS pg_snapshot
    LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp
    AS $$
    SELECT c.snapshot FROM vvault.ledger_checkpoints c
     WHERE c.size <= _ledger_snapshot_at.size
       AND c.era = (SELECT s.era FROM vvault.ledger_state s)
     ORDER BY c.size DESC LIMIT 1
$$;
COMMENT ON FUNCTION vvault._ledger_snapshot_at(bigint)
    IS 'the snapshot of the last checkpoint up to a size, null where there is none in this cluster';

-- Each entry hashes to its leaf, and streams have no gap. An entry that was changed together
-- with its leaf is found by the one after it here, and by name in the check of the leaves.
CREATE FUNCTION vvault._ledger_verify_entries(since pg_snapshot) RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH entries AS (
        SELECT e.user_id, e.id, e.stream_id, e.stream_seq, e.event_type, e."timestamp", e.xid,
               coalesce(nullif(e.actor, ''), e.user_id::text) AS actor,
               e.month <> vvault._ledger_month(e.id) AS misplaced,
               CASE WHEN octet_length(e.salt) = 16
                    THEN vvault._payload_commitment(e.salt, e.payload) END AS payload,
               coalesce(e.content_commitment, decode(repeat('00', 32), 'hex')) AS content,
               e.leaf_hash
          FROM vvault.ledger_entries e
         WHERE since IS NULL OR NOT pg_visible_in_snapshot(e.xid::text::xid8, since)
    ), linked AS (
        SELECT e.*, lag(e.stream_seq) OVER stream AS seq_before,
               lag(e.leaf_hash) OVER stream AS leaf_before
          FROM entries e
        WINDOW stream AS (PARTITION BY e.user_id, e.stream_id ORDER BY e.stream_seq)
    ), preceded AS (
        SELECT l.*, coalesce(l.seq_before, l.stream_seq - 1) AS expected_after,
               CASE WHEN l.leaf_before IS NOT NULL THEN l.leaf_before
                    WHEN l.stream_seq = 1 THEN decode(repeat('00', 32), 'hex')
                    ELSE coalesce((SELECT b.leaf_hash FROM vvault.ledger_entries b
                                    WHERE b.user_id = l.user_id AND b.stream_id = l.stream_id
                                      AND b.stream_seq = l.stream_seq - 1 LIMIT 1),
                                  (SELECT h.leaf_hash FROM vvault.ledger_stream_heads h
                                    WHERE h.user_id = l.user_id AND h.stream_id = l.stream_id
                                      AND h.stream_seq = l.stream_seq - 1)) END AS previous
          FROM linked l
    ), judged AS (
        SELECT p.id, p.xid, p.stream_id, p.stream_seq,
               CASE WHEN p.stream_seq <> p.expected_after + 1
                    THEN format('the stream goes from %s to %s: entries between are gone, or one is repeated',
                                p.expected_after, p.stream_seq)
                    WHEN p.previous IS NULL THEN 'the entry of the stream before it is gone'
                    WHEN p.misplaced THEN 'the month is not the one of its id'
                    WHEN octet_length(p.previous) = 32 AND octet_length(p.content) = 32
                         AND vvault._leaf_hash(p.user_id, p.id, p.event_type, p."timestamp",
                                               p.actor, p.stream_id, p.stream_seq, p.previous,
                                               p.xid, p.payload, p.content)
                             = p.leaf_hash
                    THEN NULL
                    ELSE 'the entry does not hash to its leaf: it was altered, or the one of its stream before it was'
               END AS detail
          FROM preceded p
    )
    SELECT 'entries', false, j.id, NULL::bigint,
           format('%s (stream %s, number %s)', j.detail, j.stream_id, j.stream_seq)
      FROM judged j WHERE j.detail IS NOT NULL
     LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_entries(pg_snapshot)
    IS 'entries that are not what their leaf says, of those that a snapshot does not show';

-- The leaves of the tree against the rows, by the id that each leaf is kept with. Rows of an
-- archived month are in its archive, which is checked offline.
CREATE FUNCTION vvault._ledger_verify_leaves("from" bigint, since pg_snapshot)
    RETURNS SETOF vvault.ledger_finding
    LANGUAGE sql STABLE PARALLEL UNSAFE SET search_path = pg_catalog, pg_temp
    AS $$
    WITH leaves AS (
        SELECT t.index * 256 + u.n - 1 AS "position", u.id, u.leaf
          FROM vvault.ledger_tiles t,
               unnest(vvault._uuids_of(substr(t.content, 8193)),
                      vvault._digests_of(substr(t.content, 1, 8192)))
                   WITH ORDINALITY AS u(id, leaf, n)
         WHERE t.level = 0 AND t.index >= "from" / 256
        UNION ALL
        SELECT t.index, t.entry_id, t.hash FROM vvault.ledger_tail t WHERE t.level = 0
    ), state AS (
        SELECT s.floor_id, s.snapshot, s.era FROM vvault.ledger_state s
    ), newest AS (
        SELECT c.snapshot FROM vvault.ledger_checkpoints c, state
         WHERE c.era = state.era ORDER BY c.size DESC LIMIT 1
    ), compared AS (
        SELECT l."position", coalesce(l.id, e.id) AS id, e.xid, e.id IS NULL AS gone,
               l.id IS NULL AS not_sealed, l.leaf <> e.leaf_hash AS differs,
               l.id IS NOT NULL AND count(*) OVER (PARTITION BY coalesce(l.id, e.id)) > 1 AS repeated
          FROM (SELECT * FROM leaves l WHERE l."position" >= "from") AS l
          FULL JOIN (SELECT a.id, a.xid, a.leaf_hash FROM vvault.ledger_entries a
                      WHERE since IS NULL
                         OR NOT pg_visible_in_snapshot(a.xid::text::xid8, since)) AS e ON e.id = l.id
    )
    SELECT 'leaves', false, c.id, c."position",
           CASE WHEN c.gone THEN 'the entry was sealed and is gone'
                WHEN c.differs THEN 'the entry is not the one that was sealed'
                WHEN c.repeated THEN 'the entry is there, or sealed, more than once'
                ELSE 'the entry is of a transaction that was sealed without it, or never was: it was planted' END
      FROM compared c
     WHERE (c.gone AND NOT EXISTS (SELECT FROM vvault.ledger_archives a
                                    WHERE a.month = vvault._ledger_month(c.id)))
        OR c.differs OR c.repeated
        OR (c.not_sealed
            AND (c.id <= (SELECT s.floor_id FROM state s)
                 OR NOT coalesce(pg_visible_in_snapshot(c.xid::text::xid8, pg_current_snapshot())
                                 OR c.xid::text::xid8 = pg_current_xact_id_if_assigned(), false)
                 OR pg_visible_in_snapshot(c.xid::text::xid8, (SELECT n.snapshot FROM newest n))
                 OR pg_visible_in_snapshot(c.xid::text::xid8, (SELECT s.snapshot FROM state s))))
     ORDER BY c."position" LIMIT vvault._findings_limit()
$$;
COMMENT ON FUNCTION vvault._ledger_verify_leaves(bigint, pg_snapshot)
    IS 'leaves without their entry, and entries that should have one, from a position on';
