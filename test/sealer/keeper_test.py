"""The worker that keeps transcript files in step: it follows, gathers, survives, waits and leaves."""

import os
import random
import signal
import sys
import threading
import time
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, wait_until  # noqa: E402
from harness.replica import Replica  # noqa: E402

SESSION = "zen-001_chat_with_zen-001"
FILE = "instances/zen-001/chatty/chat_with_zen-001.md"
KEEPING = {"shared_preload_libraries": "vvault", "vvault.transcript_delay": "200ms",
           "vvault.ledger_seal_interval": "100ms"}
KEEPER = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'vvault transcript keeper'"
BEGIN = f"SELECT vvault.start_session('zen-001', '{SESSION}', NULL, true)"


def ask(cluster: Cluster, token: str, sql: str):
    """One value, as the person of that token."""
    connection = cluster.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (token,))
            cursor.execute(sql)
            value = cursor.fetchone()[0]
        connection.commit()
        return bytes(value) if isinstance(value, memoryview) else value
    finally:
        connection.close()


class Keeping(unittest.TestCase):
    settings, durable = {}, False

    def setUp(self):
        self.cluster = self.enterContext(Cluster(settings={**KEEPING, **self.settings},
                                                 durable=self.durable))
        self.token = self.cluster.make_user("ada@example.com", "Ada")
        self.ask(BEGIN)

    def ask(self, sql: str):
        return ask(self.cluster, self.token, sql)

    def say(self, text: str):
        return self.ask(f"SELECT seq FROM vvault.append_message('{SESSION}', 'user', '{text}')")

    def is_in_step(self) -> bool:
        return self.ask(f"SELECT coalesce((SELECT vvault.get_file(f.path) FROM vvault.list_files('{FILE}') f)"
                        f" = convert_to(vvault.render_transcript('{SESSION}'), 'UTF8'), false)")

    def versions(self) -> int:
        return self.ask(f"SELECT count(*) FROM vvault.file_history('{FILE}')")

    def status(self, what: str) -> str:
        return self.cluster.psql(f"SELECT {what} FROM vvault.transcript_status()")

    def keeper(self) -> str:
        return self.cluster.psql(KEEPER)


class Following(Keeping):
    def test_a_burst_is_a_few_versions_and_the_last_word_is_in_the_file(self):
        began = time.monotonic()
        for number in range(60):
            self.say(f"message {number}")
            time.sleep(0.05)
        lasted = time.monotonic() - began
        self.assertGreaterEqual(self.versions(), 1, "nothing before it is quiet, for ever")
        wait_until(self.is_in_step, 20, "the file to be in step")
        # Two seconds are the longest wait, and the last quiet another version.
        self.assertLessEqual(self.versions(), lasted / 2 + 2)
        self.assertEqual(self.status("waiting, not_written, keeper_is_running"), "0|0|t")
        self.assertEqual(self.cluster.psql(
            "SELECT DISTINCT actor FROM vvault.ledger_entries WHERE event_type = 'file_version.created'"),
            "vvault")

    def test_nothing_is_written_while_nothing_happens(self):
        self.say("hello")
        wait_until(self.is_in_step, 20, "the file to be in step")
        wait_until(lambda: self.status("waiting") == "0", 10, "nobody to wait")
        time.sleep(1)
        before = self.cluster.psql("SELECT pg_current_wal_insert_lsn()")
        time.sleep(1.5)
        after = self.cluster.psql("SELECT pg_current_wal_insert_lsn()")
        grown = self.cluster.psql(f"SELECT pg_wal_lsn_diff('{after}', '{before}') < 2000")
        self.assertEqual(grown, "t", "only what the server itself notes of a quiet vault")

    def test_it_is_switched_off_and_on_and_leaves_a_database_that_is_dropped(self):
        wait_until(self.keeper, 20, "the worker")
        self.cluster.set("vvault.transcript_delay", "-1")
        self.cluster.reload()
        wait_until(lambda: not self.keeper(), 20, "the worker to leave")
        self.say("unseen")
        time.sleep(1)
        self.assertFalse(self.is_in_step())
        self.assertTrue(self.cluster.psql("SELECT vvault.ledger_seal()"), "the sealer works on")
        self.cluster.set("vvault.transcript_delay", "100ms")
        self.cluster.reload()
        wait_until(self.is_in_step, 30, "the worker to catch up")
        self.cluster.psql("CREATE DATABASE copy TEMPLATE vvault", database="postgres")
        self.cluster.psql("DROP DATABASE vvault", database="postgres")
        self.assertNotIn("ERROR", self.cluster.log())

    def test_a_replica_keeps_nothing_until_it_is_promoted(self):
        self.say("first")
        wait_until(self.is_in_step, 20, "the file to be in step")
        with Replica(self.cluster) as replica:
            replica.wait_until_there()
            self.assertEqual(replica.psql(KEEPER), "")
            self.assertEqual(replica.psql("SELECT vvault.keep_transcripts()"), "0")
            self.cluster.stop()
            replica.promote()
            wait_until(lambda: replica.psql("SELECT pg_is_in_recovery()") == "f", 30, "promotion")
            ask(replica, self.token, f"SELECT vvault.append_message('{SESSION}', 'user', 'second')")
            wait_until(lambda: b"second" in ask(replica, self.token,
                                                f"SELECT vvault.get_file('{FILE}')"),
                       30, "the promoted one to keep the file")


class Waiting(Keeping):
    settings = {"vvault.transcript_delay": "1h"}

    def test_without_root_keys_it_waits_and_says_so_and_the_sealer_goes_on(self):
        self.say("sealed under a key that goes away")
        self.cluster.stop()
        key = self.cluster.root_key()
        self.cluster.root_key_file.unlink()
        self.cluster.set("vvault.transcript_delay", "100ms")
        self.cluster.start()
        wait_until(lambda: "transcript files wait for the root keys" in self.cluster.log(), 20,
                   "it to say so")
        self.assertEqual(self.status("problem"), "the root keys cannot be read")
        self.assertEqual(self.cluster.psql("SELECT sealer_is_running FROM vvault.ledger_status()"), "t")
        self.assertNotIn("ERROR", self.cluster.log())
        self.cluster.write_root_key(key)
        wait_until(self.is_in_step, 30, "the file to be written when the key is back")
        self.assertEqual(self.status("waiting, not_written, problem IS NULL"), "0|0|t")


class Writer(threading.Thread):
    """Says its numbers one after the other, and again what was not answered."""

    def __init__(self, cluster: Cluster, token: str, name: str):
        super().__init__(daemon=True)
        self.cluster, self.token, self.prefix = cluster, token, name
        self.stop, self.said = threading.Event(), 0

    def run(self):
        while not self.stop.is_set():
            word = f"{self.prefix}-{self.said}"
            try:
                ask(self.cluster, self.token, "SELECT seq FROM vvault.append_message("
                    f"'{SESSION}', 'user', '{word}', '{word}')")
                self.said += 1
            except psycopg2.Error:
                time.sleep(0.05)


class Killed(Keeping):
    settings, durable = {"vvault.transcript_delay": "20ms"}, True

    def kill_keeper(self):
        pid = int(wait_until(self.keeper, 60, "the worker"))
        time.sleep(random.uniform(0, 0.3))
        self.cluster.expect_death(pid)
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        wait_until(self.cluster.is_ready, 60, "Postgres to recover")

    def kill_everything(self):
        time.sleep(random.uniform(0.2, 1))
        self.cluster.kill()
        self.cluster.start()

    def test_killed_again_and_again_it_shows_every_message_once(self):
        writers = [Writer(self.cluster, self.token, name) for name in "abc"]
        for writer in writers:
            writer.start()
        for disturb in (self.kill_keeper, self.kill_everything, self.kill_keeper):
            wait_until(lambda before=sum(w.said for w in writers):
                       sum(w.said for w in writers) > before + 10, 60, "messages between two kills")
            disturb()
        for writer in writers:
            writer.stop.set()
        for writer in writers:
            writer.join(timeout=60)
        wait_until(self.is_in_step, 20, "the file to be in step")
        shown = self.ask("SELECT array_agg(t.content ORDER BY t.ordinal) FROM vvault.parse_transcript("
                         f"'{FILE}', vvault.get_file('{FILE}')) AS t")
        said = {f"{writer.prefix}-{number}" for writer in writers for number in range(writer.said)}
        self.assertGreater(len(said), 30)
        self.assertLessEqual(said, set(shown))
        self.assertEqual(len(shown), len(set(shown)), "nothing twice")


if __name__ == "__main__":
    unittest.main()
