"""Every committed entry is sealed once, by however many sealers, while transactions begin and end
in any order, roll back, keep savepoints or stay open."""

import random
import sys
import threading
import time
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ledger import (SEALED, WORKING, Cluster, assert_sealed_once, rows,  # noqa: E402
                    wait_until, wait_until_sealed)

SECONDS = 11
CLIENTS = 16


class Client(threading.Thread):
    """Transactions of random length, a tenth of them rolled back, some with savepoints."""

    def __init__(self, cluster: Cluster, number: int):
        super().__init__(daemon=True)
        self.connection = cluster.connect()
        self.user, self.number, self.committed = None, number, 0
        self.failure = None

    def run(self):
        try:
            deadline = time.monotonic() + SECONDS
            choice = random.Random(self.number)
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT user_id FROM vvault.user_emails LIMIT 1")
                self.user = cursor.fetchone()[0]
            self.connection.commit()
            while time.monotonic() < deadline:
                self.transaction(choice)
        except psycopg2.Error as error:
            self.failure = error
        finally:
            self.connection.close()

    def transaction(self, choice):
        with self.connection.cursor() as cursor:
            written = self.write(cursor, choice)
            time.sleep(choice.uniform(0, 0.02))
            if choice.random() < 0.3:
                cursor.execute("SAVEPOINT inner_part")
                extra = self.write(cursor, choice)
                if choice.random() < 0.5:
                    cursor.execute("ROLLBACK TO inner_part")
                else:
                    cursor.execute("RELEASE inner_part")
                    written += extra
        if choice.random() < 0.1:
            self.connection.rollback()
        else:
            self.connection.commit()
            self.committed += written

    def write(self, cursor, choice) -> int:
        count = choice.randint(1, 3)
        cursor.execute("INSERT INTO vvault.constructs (owner_id, name)"
                       " SELECT %s, 'c-' || gen_random_uuid() FROM generate_series(1, %s)",
                       (self.user, count))
        return count


class Sealing(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(settings=WORKING, ledger_key="1 " + "5e" * 32))
        self.cluster.make_user("ada@example.com")

    def long_transaction(self):
        """One that stays open for ten seconds; gives the ids of its entries."""
        connection = self.cluster.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO vvault.constructs (owner_id, name)"
                           " SELECT user_id, 'long' FROM vvault.user_emails RETURNING id")
            stream = cursor.fetchone()[0]
        return connection, stream

    def test_everything_committed_is_sealed_once(self):
        clients = [Client(self.cluster, number) for number in range(CLIENTS)]
        long_one, stream = self.long_transaction()
        before = int(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"))
        stop = threading.Event()
        by_hand = [threading.Thread(target=self.seal_by_hand, args=(stop,), daemon=True)
                   for _ in range(3)]
        for thread in clients + by_hand:
            thread.start()
        time.sleep(1)
        lags = []
        for _ in range(18):
            lags.append(float(self.cluster.psql("SELECT coalesce(extract(epoch FROM"
                                                " oldest_unsealed), 0) FROM vvault.ledger_status()")))
            time.sleep(0.5)
        for thread in clients:
            thread.join(timeout=60)
        self.assertEqual([client.failure for client in clients], [None] * CLIENTS)
        self.assertEqual(self.cluster.psql(f"SELECT count(*) FROM ({SEALED}) s JOIN"
                                           f" vvault.ledger_entries e USING (id)"
                                           f" WHERE e.stream_id = '{stream}'"), "0")
        wait_until_sealed(self.cluster)
        long_one.commit()
        stop.set()
        for thread in by_hand:
            thread.join(timeout=60)
        wait_until_sealed(self.cluster)
        size = assert_sealed_once(self, self.cluster)
        committed = sum(client.committed for client in clients)
        self.assertGreater(committed, 500, "too few to prove anything")
        self.assertGreaterEqual(size, before + committed + 1)
        # Ten seconds open, and nobody else's entries waited: a busy machine's second or two.
        self.assertLess(sorted(lags)[len(lags) // 2], 2, lags)

    def seal_by_hand(self, stop):
        connection = self.cluster.connect(autocommit=True)
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("SELECT vvault.ledger_seal()")
                time.sleep(0.05)
        connection.close()

    def test_a_prepared_transaction_holds_back_only_its_own(self):
        connection = self.cluster.connect()
        connection.tpc_begin(connection.xid(1, "held", "back"))
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO vvault.constructs (owner_id, name)"
                           " SELECT user_id, 'held' FROM vvault.user_emails")
        connection.tpc_prepare()
        connection.close()
        self.cluster.make_user("grace@example.com")
        wait_until_sealed(self.cluster)
        before = assert_sealed_once(self, self.cluster)
        self.cluster.psql("COMMIT PREPARED '" + self.cluster.psql(
            "SELECT gid FROM pg_prepared_xacts") + "'")
        wait_until_sealed(self.cluster)
        self.assertEqual(assert_sealed_once(self, self.cluster), before + 1)

    def test_one_worker_however_often_it_is_named(self):
        self.cluster.stop()
        self.cluster.set("vvault.ledger_databases", "vvault, vvault, nothing_of_that_name")
        self.cluster.start()
        running = "SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'vvault ledger sealer'"
        wait_until(lambda: self.cluster.psql(running) == "1", 10, "the worker")
        time.sleep(3)
        self.assertEqual(self.cluster.psql(running), "1")
        self.assertEqual(self.cluster.psql("SELECT sealer_is_running FROM vvault.ledger_status()"), "t")
        self.assertNotIn("ERROR", self.cluster.log())
        self.assertNotIn("nothing_of_that_name", self.cluster.log())

    def test_a_database_with_a_worker_is_copied_and_dropped(self):
        wait_until_sealed(self.cluster)
        self.cluster.psql("CREATE DATABASE copy TEMPLATE vvault", database="postgres")
        self.cluster.psql("DROP DATABASE vvault", database="postgres")
        self.cluster.psql("ALTER DATABASE copy RENAME TO vvault", database="postgres")
        self.cluster.make_user("grace@example.com")
        wait_until_sealed(self.cluster)
        assert_sealed_once(self, self.cluster)

    def test_nothing_is_written_while_nothing_happens(self):
        wait_until_sealed(self.cluster)
        time.sleep(0.5)
        state = "SELECT ctid, xmin FROM vvault.ledger_state"
        before = rows(self.cluster, state), self.cluster.psql("SELECT pg_current_wal_insert_lsn()")
        time.sleep(1.5)
        self.assertEqual(rows(self.cluster, state), before[0])

    def test_upkeep_makes_months_and_sums_up_new_entries(self):
        wait_until(lambda: self.cluster.psql(
            "SELECT count(*) FROM vvault.ledger_entries WHERE event_type = 'guard.started'") == "1",
            10, "the entry about the server's start")
        self.cluster.psql("SELECT vvault._ledger_upkeep()")
        self.assertEqual(self.cluster.psql(
            "SELECT sum(brin_summarize_new_values(i.indexrelid)) FROM pg_index i JOIN pg_class c"
            " ON c.oid = i.indexrelid JOIN pg_inherits p ON p.inhrelid = i.indrelid"
            " WHERE p.inhparent = 'vvault.ledger_entries'::regclass"
            " AND c.relam = (SELECT oid FROM pg_am WHERE amname = 'brin')"), "0")


if __name__ == "__main__":
    unittest.main()
