"""A base backup and archived WAL: the vault as it was at a moment, or up to the last commit."""

import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from vault import WORKING, answer, findings, say, sealed_note  # noqa: E402
from filled import contents, fill  # noqa: E402
from harness import Cluster, wait_until  # noqa: E402
from harness.backup import FromBackup, base_backup  # noqa: E402
from harness.cluster import fresh_key  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from harness.processes import give_to_server  # noqa: E402
from ledger import assert_sealed_once  # noqa: E402

LEDGER_KEY = fresh_key()
COUNT_FILES = "SELECT count(*) FROM vvault.list_files()"


class PointInTime(unittest.TestCase):
    """One history: filled, backed up, a moment to come back to, an accident, the server lost."""

    @classmethod
    def setUpClass(cls):
        cls.store = fresh_directory("archive")
        cls.addClassCleanup(shutil.rmtree, cls.store, ignore_errors=True)
        give_to_server(cls.store, 0o700)
        archive = cls.store / "wal"
        archive.mkdir()
        give_to_server(archive, 0o700)
        cls.settings = {**WORKING, "archive_mode": "on",
                        "archive_command": f"test ! -f {archive}/%f && cp %p {archive}/%f"}
        cls.fetch = f"cp {archive}/%f %p"
        with Cluster(cls.settings, ledger_key=LEDGER_KEY) as cluster:
            cls.root_key = cluster.root_key()
            cls.token = fill(cluster)
            cls.backup = base_backup(cluster, cls.store / "base")
            say(cluster, cls.token, "said after the backup")
            answer(cluster, cls.token, "SELECT vvault.put_file('later.md', 'after the backup')")
            cls.note_then = sealed_note(cluster)
            cls.then = contents(cluster, cls.token)
            cluster.psql("SELECT pg_create_restore_point('before the accident')")
            answer(cluster, cls.token, "SELECT vvault.delete_file('later.md')")
            answer(cluster, cls.token, "SELECT vvault.shred_construct('zen-001')")
            answer(cluster, cls.token, "SELECT vvault.put_file('last.md', 'acknowledged')")
            cls.note_at_last = sealed_note(cluster)
            cls.at_last = contents(cluster, cls.token)
            cls.files_at_last = answer(cluster, cls.token, COUNT_FILES)
            last = cluster.psql("SELECT pg_walfile_name(pg_switch_wal())")
            wait_until(lambda: (archive / last).exists(), 30, "the last of the WAL to be archived")
            cluster.kill()

    def recovered(self, root_key=None, **target) -> FromBackup:
        cluster = self.enterContext(FromBackup(
            self.backup, self.root_key if root_key is None else root_key,
            {**WORKING, "archive_mode": "off", "restore_command": self.fetch,
             "recovery_target_action": "promote", **target},
            ledger_key=LEDGER_KEY, recovery=True))
        wait_until(lambda: cluster.psql("SELECT pg_is_in_recovery()") == "f", 60, "the promotion")
        return cluster

    def test_everything_that_was_acknowledged(self):
        cluster = self.recovered()
        self.assertEqual(contents(cluster, self.token), self.at_last)
        self.assertEqual(answer(cluster, self.token,
                                "SELECT convert_from(vvault.get_file('last.md'), 'UTF8')"),
                         "acknowledged")
        self.assertEqual(findings(cluster, self.note_at_last), [])

    def test_a_moment_before_the_accident(self):
        cluster = self.recovered(recovery_target_name="before the accident")
        self.assertEqual(contents(cluster, self.token), self.then)
        self.assertEqual(findings(cluster), [])
        self.assertEqual(findings(cluster, self.note_then), [])
        # Nothing in the database contradicts it; who holds a later note knows.
        against = findings(cluster, self.note_at_last)
        self.assertEqual([check for check, _ in against], ["against"])

        # It goes on, under a name of its own, and says what it left behind.
        self.assertEqual(cluster.psql(
            f"SELECT vvault.ledger_adopt($note${self.note_at_last}$note$)"), "t")
        self.assertNotIn(say(cluster, self.token, "and on"), ("", "VV012"))
        self.assertRegex(sealed_note(cluster).split("\n")[0], "/2$")
        assert_sealed_once(self, cluster)
        self.assertEqual(findings(cluster), [])

    def test_without_the_root_key_it_says_what_is_missing(self):
        cluster = self.recovered(root_key="")
        self.assertEqual(answer(cluster, self.token, COUNT_FILES), self.files_at_last)
        self.assertEqual(answer(cluster, self.token, "SELECT vvault.get_file('last.md')"), "VV003")
        with self.assertRaisesRegex(RuntimeError, f"VV003(.|\n)*{cluster.root_key_file}"):
            cluster.psql(f"BEGIN; SELECT vvault.authenticate('{self.token}');"
                         " SELECT vvault.get_file('last.md')")
        cluster.write_root_key(self.root_key)
        wait_until(lambda: answer(cluster, self.token, "SELECT length(vvault.get_file('last.md'))")
                   == str(len("acknowledged")), 30, "the key to be found")


if __name__ == "__main__":
    unittest.main()
