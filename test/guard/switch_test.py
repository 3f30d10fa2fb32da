"""The guard is switched off by a start of the server alone, and then everything that it would have
refused is an entry of the ledger's, written with it or not at all."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dump"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from filled import dump_roles, restore  # noqa: E402
from guarded import GUARDED, LEDGER  # noqa: E402
from harness import Cluster  # noqa: E402
from harness.processes import postgres_binary  # noqa: E402

TOLD = """SELECT payload->>'command' || ' ' || (payload->>'subject') FROM vvault.ledger_entries
           WHERE event_type = 'guard.passed' ORDER BY stream_seq"""
STARTS = """SELECT payload->>'guard' FROM vvault.ledger_entries
             WHERE event_type = 'guard.started' ORDER BY stream_seq"""


class Switch(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(settings=GUARDED))
        self.cluster.make_user("ada@example.com")

    def start_with(self, setting: str) -> None:
        with open(self.cluster.data / "postgresql.conf", "a", encoding="utf-8") as configuration:
            configuration.write(setting + "\n")
        self.cluster.restart()

    def test_each_start_is_told_once(self):
        def tell():
            for _ in range(2):
                self.cluster.psql("SELECT vvault._record_server_start()")
        tell()
        self.start_with("vvault.ledger_guard = off")
        tell()
        self.start_with("vvault.ledger_guard = on")
        tell()
        self.start_with("shared_preload_libraries = ''")
        tell()
        self.assertEqual(self.cluster.psql(STARTS).split("\n"),
                         ["on", "off", "on", "not preloaded"])

    def test_what_is_done_meanwhile_is_told_with_it(self):
        self.start_with("vvault.ledger_guard = off")
        self.assertEqual(self.cluster.psql("SELECT vvault.ledger_guard_status()"), "off")
        self.cluster.psql("""
            BEGIN;
            ALTER TABLE vvault.ledger_entries DISABLE TRIGGER ALL;
            UPDATE vvault.ledger_entries SET event_type = 'forged' WHERE event_type ~ '^token';
            UPDATE vvault.ledger_entries SET event_type = 'forged' WHERE event_type ~ '^user';
            ALTER TABLE vvault.ledger_entries ENABLE ALWAYS TRIGGER ledger_entries_guard;
            COMMIT""")
        self.assertEqual(self.cluster.psql(TOLD).split("\n"),
                         ["ALTER TABLE ledger_entries", "UPDATE ledger_entries"])
        # The trigger below goes on refusing; nothing has happened then, and nothing is told.
        with self.assertRaisesRegex(RuntimeError, "VV002"):
            self.cluster.psql("DELETE FROM vvault.ledger_entries")
        self.cluster.psql("BEGIN; DROP TABLE vvault.ledger_entries CASCADE; ROLLBACK")
        self.cluster.psql("""
            CREATE OR REPLACE FUNCTION vvault._refuse_change() RETURNS trigger LANGUAGE plpgsql
                AS 'BEGIN RETURN NEW; END';
            UPDATE pg_trigger SET tgenabled = tgenabled WHERE false;
            TRUNCATE vvault.ledger_stream_heads""")
        self.assertEqual(self.cluster.psql(TOLD).split("\n")[2:],
                         ["CREATE FUNCTION _refuse_change", "UPDATE pg_trigger",
                          "TRUNCATE ledger_stream_heads"])

    def test_moving_the_ledger_away_is_told_before_it_is_away(self):
        self.start_with("vvault.ledger_guard = off")
        self.cluster.psql("ALTER TABLE vvault.ledger_entries RENAME TO mine")
        self.cluster.psql("ALTER TABLE vvault.mine RENAME TO ledger_entries")
        self.assertEqual(self.cluster.psql(TOLD), "ALTER TABLE ledger_entries")

    def test_a_dump_of_single_rows_comes_back_without_a_word(self):
        self.cluster.psql("SELECT vvault.ledger_seal()")
        dumped = subprocess.run([postgres_binary("pg_dump"), "--inserts"], check=True,
                                stdout=subprocess.PIPE, env=self.cluster.environment()).stdout
        for guard, refused in (("on", True), ("off", False)):
            with self.subTest(guard):
                copy = self.enterContext(Cluster(
                    install=False, root_key=self.cluster.root_key(),
                    settings={**GUARDED, "vvault.ledger_guard": guard}))
                copy.psql(dump_roles(self.cluster), database="postgres")
                if refused:
                    with self.assertRaisesRegex(AssertionError, "is guarded"):
                        restore(copy, dumped, "plain")
                else:
                    restore(copy, dumped, "plain")
                    self.assertEqual(copy.psql(LEDGER), self.cluster.psql(LEDGER))

    def test_the_last_word_is_lost_only_with_the_ledger(self):
        self.start_with("vvault.ledger_guard = off")
        self.cluster.psql("SET client_min_messages = warning;"
                          " DROP TABLE vvault.ledger_entries CASCADE")
        self.assertEqual(self.cluster.psql("SELECT to_regclass('vvault.ledger_entries') IS NULL"),
                         "t")


if __name__ == "__main__":
    unittest.main()
