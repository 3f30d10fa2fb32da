"""kill -9 at random moments: what was published stays, nothing is sealed twice, nothing is lost."""

import os
import random
import signal
import sys
import threading
import time
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ledger import WORKING, Cluster, assert_sealed_once, checkpoints, wait_until, wait_until_sealed  # noqa: E402

ROUNDS = 4


class Writer(threading.Thread):
    """Writes and reconnects. Its commits wait for no disk: the sealer's must make them durable."""

    def __init__(self, cluster: Cluster):
        super().__init__(daemon=True)
        self.cluster, self.stop, self.written = cluster, threading.Event(), 0

    def run(self):
        while not self.stop.is_set():
            try:
                connection = self.cluster.connect(autocommit=True)
                with connection.cursor() as cursor:
                    cursor.execute("SET synchronous_commit = off")
                    while not self.stop.is_set():
                        cursor.execute("INSERT INTO vvault.constructs (owner_id, name)"
                                       " SELECT user_id, 'c-' || gen_random_uuid()"
                                       "   FROM vvault.user_emails, generate_series(1, 20)")
                        self.written += 20
                connection.close()
            except psycopg2.Error:
                time.sleep(0.05)


class Crash(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(
            Cluster(settings=WORKING, ledger_key="1 " + "5e" * 32, durable=True))
        self.cluster.make_user("ada@example.com")

    def sealer(self) -> str:
        return self.cluster.psql("SELECT pid FROM pg_stat_activity"
                                 " WHERE backend_type = 'vvault ledger sealer'")

    def kill_worker(self):
        pid = int(wait_until(self.sealer, 30, "the worker"))
        time.sleep(random.uniform(0, 0.3))
        self.cluster.expect_death(pid)
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        wait_until(self.cluster.is_ready, 60, "Postgres to recover")

    def kill_everything(self):
        time.sleep(random.uniform(0.2, 1))
        self.cluster.kill()
        self.cluster.start()

    def survive(self, disturb):
        writers = [Writer(self.cluster) for _ in range(4)]
        for writer in writers:
            writer.start()
        published = {}
        for _ in range(ROUNDS):
            grown = max(published, default=0)
            wait_until(lambda known=grown: max(checkpoints(self.cluster), default=0) > known, 60,
                       "a checkpoint between two kills")
            published.update(checkpoints(self.cluster))
            disturb()
            now = checkpoints(self.cluster)
            self.assertEqual({size: now.get(size) for size in published}, published)
            self.assertGreaterEqual(max(now), max(published))
        for writer in writers:
            writer.stop.set()
        for writer in writers:
            writer.join(timeout=60)
        wait_until_sealed(self.cluster, 60)
        self.assertGreater(assert_sealed_once(self, self.cluster), 200)

    def test_the_worker_is_killed(self):
        self.survive(self.kill_worker)

    def test_everything_is_killed(self):
        self.survive(self.kill_everything)

    def test_a_terminated_worker_comes_back_and_the_server_stops_at_once(self):
        before = wait_until(self.sealer, 30, "the worker")
        self.cluster.psql(f"SELECT pg_terminate_backend({before})")
        after = wait_until(lambda: self.sealer().replace(before, ""), 30, "another worker")
        self.assertNotEqual(after, before)
        began = time.monotonic()
        self.cluster.stop()
        self.assertLess(time.monotonic() - began, 5)


if __name__ == "__main__":
    unittest.main()
