"""What the tests know about a sealed ledger: its leaves, its roots by RFC 6962, its checkpoints."""

import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, wait_until  # noqa: E402

WORKING = {"shared_preload_libraries": "vvault", "vvault.ledger_seal_interval": "50ms",
           "max_prepared_transactions": "4"}
SEALED = """
    SELECT t."index" * 256 + i AS position, encode(substr(t.content, 8193 + i * 16, 16), 'hex')::uuid AS id,
           substr(t.content, i * 32 + 1, 32) AS leaf
      FROM vvault.ledger_tiles t, generate_series(0, 255) AS i WHERE t.level = 0
    UNION ALL SELECT "index", entry_id, hash FROM vvault.ledger_tail WHERE level = 0"""


def root(leaves: list) -> bytes:
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + root(leaves[:half]) + root(leaves[half:])).digest()


def rows(cluster: Cluster, sql: str) -> list:
    connection = cluster.connect(autocommit=True)
    try:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return [tuple(bytes(value) if isinstance(value, memoryview) else value
                          for value in row) for row in cursor.fetchall()]
    finally:
        connection.close()


def checkpoints(cluster: Cluster) -> dict:
    return dict(rows(cluster, "SELECT size, root FROM vvault.ledger_checkpoints"))


def wait_until_sealed(cluster: Cluster, seconds: float = 30) -> None:
    """Until every entry that was committed before the call has its place."""
    wait_until(lambda: cluster.psql(f"""
        SELECT count(*) FROM vvault.ledger_entries e
         WHERE NOT EXISTS (SELECT FROM ({SEALED}) AS s WHERE s.id = e.id)""") == "0",
               seconds, "every entry to be sealed", pause=0.1)


def assert_sealed_once(test, cluster: Cluster) -> int:
    """Every entry in one place, each stream in its order, every root that of its leaves."""
    found = rows(cluster, f"""
        SELECT count(*) FILTER (WHERE s.id IS NULL), count(*) FILTER (WHERE e.id IS NULL),
               count(*) FILTER (WHERE s.leaf <> e.leaf_hash), count(s.id) - count(DISTINCT s.id)
          FROM vvault.ledger_entries e FULL JOIN ({SEALED}) AS s ON s.id = e.id""")
    test.assertEqual(found, [(0, 0, 0, 0)], "unsealed, strangers, other leaves, sealed twice")
    out_of_order = rows(cluster, f"""
        SELECT count(*) FROM (
            SELECT s.position, lag(s.position) OVER (PARTITION BY e.user_id, e.stream_id
                                                     ORDER BY e.stream_seq) AS before
              FROM vvault.ledger_entries e JOIN ({SEALED}) AS s USING (id)) AS o
         WHERE before > position""")
    test.assertEqual(out_of_order, [(0,)], "an entry before the one that it continues")
    sealed = rows(cluster, f"SELECT position, leaf FROM ({SEALED}) AS s ORDER BY 1")
    test.assertEqual([position for position, _ in sealed], list(range(len(sealed))))
    leaves = [leaf for _, leaf in sealed]
    known = checkpoints(cluster)
    test.assertEqual(max(known), len(leaves))
    # All roots of a long history would take long: the last ones and some between.
    for size in sorted(known)[-3:] + sorted(known)[::max(1, len(known) // 20)]:
        test.assertEqual(known[size], root(leaves[:size]), f"root of {size}")
    return len(leaves)
