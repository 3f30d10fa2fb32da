"""A mirror in a bucket: all of a vault comes back from it, whatever the store or the process went
through meanwhile."""

import shutil
import signal
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parent / "s3"))
from mirror_case import MirrorCase, start, tables  # noqa: E402
from harness import Cluster, fresh_key  # noqa: E402
from harness.processes import wait_until  # noqa: E402
from living import ROOT, Vault, readable  # noqa: E402
from server import BUCKET, S3  # noqa: E402

PLACE = f"s3://{BUCKET}/my/mirror"


class Bucket(MirrorCase):
    def setUp(self):
        self.s3 = self.enterContext(S3())
        self.cluster = Cluster({"shared_preload_libraries": "vvault",
                                "vvault.ledger_seal_interval": "200ms"},
                               root_key=ROOT[1], ledger_key=fresh_key())
        self.addCleanup(self.cluster.close)
        self.vault = Vault(self.cluster.start())
        self.prepared(self.cluster)
        self.vault.people()

    def mirror(self, *arguments, **options):
        return super().mirror(self.cluster, PLACE, *arguments, more=self.s3.environment, **options)

    def run_process(self, *arguments):
        process = start(self.cluster, PLACE, *arguments, more=self.s3.environment)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def status(self, column: str) -> str:
        return self.cluster.psql(f"SELECT {column} FROM vvault.mirror_status()")

    def sealed(self) -> None:
        wait_until(lambda: self.cluster.psql("SELECT unsealed FROM vvault.ledger_status()") == "0",
                   30, "everything to be sealed")

    def caught_up(self) -> bool:
        return self.status("behind = 0 AND error IS NULL AND mirrored_at > now() - interval '1 minute'") == "t"

    def assert_restores(self) -> None:
        """From the bucket, and the bucket holds what its head names and no more."""
        self.sealed()
        before, told = tables(self.cluster), readable(self.cluster, self.vault.tokens["ada"])
        self.mirror("once")
        self.assertIn("0 damaged", self.mirror("scrub"))
        copy = self.empty(self.cluster.root_key())
        self.restore(copy, PLACE, more=self.s3.environment)
        self.assert_same(before, tables(copy))
        self.assertEqual(readable(copy, self.vault.tokens["ada"]), told)
        self.assertEqual(self.wrong(copy), "")
        objects = int(self.mirror("status").partition("entries; ")[2].partition(" objects")[0])
        self.assertEqual(len(self.s3.keys()), objects + 1)

    def test_the_cluster_is_destroyed(self):
        self.vault.transcript()
        self.vault.files()
        self.sealed()
        self.mirror("once")
        self.vault.sharing()
        self.vault.removals()
        self.sealed()
        self.mirror("once")
        before, told = tables(self.cluster), readable(self.cluster, self.vault.tokens["ada"])
        key = self.cluster.root_key()
        self.cluster.stop()
        shutil.rmtree(self.cluster.data)
        copy = self.empty(key)
        self.restore(copy, PLACE, more=self.s3.environment)
        self.assert_same(before, tables(copy))
        self.assertEqual(readable(copy, self.vault.tokens["ada"]), told)

    def test_the_store_is_away_and_comes_back(self):
        process = self.run_process("run", "--interval", "0.3")
        wait_until(self.caught_up, 60, "the first round")
        self.s3.stop()
        slowest = 0.0
        for turn in range(40):
            began = time.monotonic()
            self.vault.say("ada", "zen-001_chat", f"while the store is away {turn}")
            slowest = max(slowest, time.monotonic() - began)
        self.vault.put("ada", "away.bin", self.vault.random_bytes(300000))
        wait_until(lambda: self.status("error LIKE 'S3 %' AND behind > 40") == "t", 60,
                   "the process to say that the store is away")
        self.assertLess(slowest, 5.0, "a writer waited for the store")
        self.s3.start()
        wait_until(self.caught_up, 60, "the mirror to catch up")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), 0)
        told = process.stdout.read()
        self.assertIn("waiting: S3", told)
        self.assertNotIn("Traceback", told)
        self.assert_restores()

    def test_requests_fail_in_every_way(self):
        self.vault.files()
        ways = {3: 500, 4: 503, 7: "cut", 11: 500, 12: 500, 13: 500, 14: 500, 20: "cut"}
        self.s3.front.fail = lambda method, number: ways.get(number) if method == "PUT" else \
            (500 if number % 5 == 0 else None)
        process = self.run_process("run", "--interval", "0.3")
        wait_until(self.caught_up, 120, "the mirror to get through")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=30), 0)
        self.s3.front.fail = lambda method, number: None
        self.assert_restores()

    def test_it_is_killed_in_the_middle_of_an_upload(self):
        self.sealed()
        self.mirror("once")
        before = tables(self.cluster)
        self.vault.files()
        self.sealed()
        self.s3.front.pause = 0.15
        for puts in (1, 3, 6):
            done = self.s3.front.count.get("PUT", 0)
            process = self.run_process("once")
            wait_until(lambda: self.s3.front.count["PUT"] >= done + puts, 60, "uploads to be under way")
            process.kill()
            process.wait()
        # The state of the last whole round is there all the time.
        copy = self.empty(self.cluster.root_key())
        self.restore(copy, PLACE, more=self.s3.environment)
        self.assert_same(before, tables(copy))
        self.s3.front.pause = 0.0
        self.assert_restores()

    def test_two_at_once_do_not_meet(self):
        both = [self.run_process("run", "--interval", "0.2") for _ in range(2)]
        for turn in range(20):
            self.vault.say("ada", "zen-001_chat", f"two copy this {turn}")
        wait_until(self.caught_up, 60, "one of them to mirror it")
        self.assertIn("another process is at work", self.mirror("once", code=3))
        for process in both:
            process.kill()
            process.wait()
            wait_until(lambda: self.cluster.psql(
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted") == "0",
                30, "the lock to go")
            if process is both[0]:
                self.vault.say("ada", "zen-001_chat", "one was killed")
                wait_until(self.caught_up, 60, "the other to take over")
        self.assert_restores()

    def test_access_that_is_refused_is_said_without_the_key(self):
        environment = {**self.s3.environment, "AWS_ACCESS_KEY_ID": "nobody",
                       "AWS_SECRET_ACCESS_KEY": "wrong-and-secret"}
        said = super().mirror(self.cluster, PLACE, "once", code=3, more=environment)
        self.assertIn("InvalidAccessKeyId", said)
        self.assertNotIn("wrong-and-secret", said)
        nowhere = super().mirror(self.cluster, "s3://nobodys-bucket/x", "once", code=3,
                                 more=self.s3.environment)
        self.assertIn("NoSuchBucket", nowhere)


if __name__ == "__main__":
    unittest.main()
