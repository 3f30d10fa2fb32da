"""How the ledger grows: insert rate, sealing rate, proof time and size at several numbers of
entries. What must stay flat or grow with the logarithm is printed side by side."""

import statistics
import sys
import time
from pathlib import Path

from harness import Cluster

HERE = Path(__file__).resolve().parent / "ledger"
BATCH = 20_000    # entries a transaction
SEALED = 100_000  # entries a seal
STREAM = 100      # entries a stream
SAMPLES = 200

INSERT = """
    INSERT INTO public.ledgered (user_id, file_id, path, version, content_hash, size)
    SELECT vvault.current_user_id(), f.id, 'instances/zen-001/notes/' || n || '.md', n,
           sha256('some content'), n
      FROM generate_series(1, %(batch)s / %(stream)s) AS s,
           LATERAL (SELECT vvault.uuidv7() AS id, s AS number) AS f,
           generate_series(1, %(stream)s) AS n"""


class Scale:
    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        cluster.psql((HERE / "table.sql").read_text(encoding="utf-8").replace(":name", "ledgered"))
        cluster.psql((HERE / "ledgered.sql").read_text(encoding="utf-8"))
        self.token = cluster.make_user("scale@example.com", "Scale")
        self.connection = cluster.connect(autocommit=True)
        self.cursor = self.connection.cursor()

    def _ask(self, sql: str, *values):
        self.cursor.execute(sql, values or None)
        return self.cursor.fetchone()

    def _as_person(self, sql: str, values) -> None:
        self.cursor.execute("BEGIN")
        self.cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
        self.cursor.execute(sql, values)
        self.cursor.execute("COMMIT")

    def _insert(self, entries: int) -> float:
        """Adds them; seconds."""
        started = time.monotonic()
        for begin in range(0, entries, BATCH):
            self._as_person(INSERT, {"batch": min(BATCH, entries - begin), "stream": STREAM})
        return time.monotonic() - started

    def _seal(self) -> float:
        """Seconds; then what the worker does now and then."""
        started = time.monotonic()
        self._ask("SELECT vvault.ledger_seal()")
        taken = time.monotonic() - started
        self._ask("SELECT vvault._ledger_upkeep()")
        self.cursor.execute("ANALYZE vvault.ledger_entries")  # as autovacuum does
        return taken

    def _grow_to(self, size: int) -> tuple:
        """Sealing as it grows; entries inserted and sealed a second, at the end."""
        inserted = sealed = 0.0
        entries = self._ask("SELECT count(*) FROM vvault.ledger_entries")[0]
        while entries + STREAM <= size:
            batch = min(SEALED, size - entries) // STREAM * STREAM
            inserted, sealed = batch / self._insert(batch), batch / self._seal()
            entries += batch
            print(f"\r{entries:>12} entries", end="", file=sys.stderr, flush=True)
        return inserted, sealed

    def _milliseconds(self, sql: str, arguments) -> float:
        times = []
        for values in arguments:
            started = time.monotonic()
            self.cursor.execute(sql, values)
            self.cursor.fetchall()
            times.append((time.monotonic() - started) * 1000)
        return statistics.median(times)

    def _row(self, size: int) -> list:
        inserted, sealed = self._grow_to(size)
        self.cursor.execute("SELECT id FROM vvault.ledger_entries TABLESAMPLE SYSTEM_ROWS(%s)",
                            (SAMPLES,))
        entries = [(row[0],) for row in self.cursor.fetchall()]
        proof = self._milliseconds("SELECT vvault.ledger_inclusion_proof(%s)", entries)
        hashes = self._ask("SELECT cardinality((vvault.ledger_inclusion_proof(%s)).hashes)",
                           *entries[0])[0]
        total = self._ask("SELECT max(size) FROM vvault.ledger_checkpoints")[0]
        consistency = self._milliseconds("SELECT vvault.ledger_consistency_proof(%s)",
                                         [(1 + total * n // (SAMPLES + 1),)
                                          for n in range(1, SAMPLES)])
        rows, tree = self._ask("""
            SELECT (SELECT sum(pg_total_relation_size(i.inhrelid)) FROM pg_inherits i
                     WHERE i.inhparent = 'vvault.ledger_entries'::regclass),
                   (SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c
                     WHERE c.relnamespace = 'vvault'::regnamespace AND c.relkind = 'r'
                       AND c.relname = ANY ('{ledger_tiles,ledger_tail,ledger_checkpoints}'))""")
        return [total, inserted, sealed, proof, hashes, consistency, rows / total, tree / total]

    def table(self, sizes) -> None:
        self.cursor.execute("CREATE EXTENSION IF NOT EXISTS tsm_system_rows")
        rows = [self._row(size) for size in sizes]
        print(f"\r\x1b[K\n{'entries':>10}{'inserted/s':>12}{'sealed/s':>10}{'proof ms':>10}"
              f"{'hashes':>8}{'consistency ms':>16}{'bytes/entry':>13}{'tree bytes':>12}")
        for total, inserted, sealed, proof, hashes, consistency, size, tree in rows:
            print(f"{total:>10}{inserted:>12.0f}{sealed:>10.0f}{proof:>10.2f}{hashes:>8}"
                  f"{consistency:>16.2f}{size:>13.0f}{tree:>12.0f}")

    def close(self) -> None:
        self.connection.close()
