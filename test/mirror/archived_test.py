"""Months of the ledger that were taken out of the database: a mirror that was begun before has what
they told of, and one that is begun afterwards gets it all the same.

The vault's first life is played some weeks ago, by a clock that is behind (libfaketime)."""

import hashlib
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mirror_case import MirrorCase, entries, tables  # noqa: E402
from harness import Cluster, fresh_key, processes  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from living import ROOT, Vault, readable  # noqa: E402

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


def weeks_ago() -> mock._patch:
    """Servers that are started meanwhile have a clock that is forty days behind."""
    real = processes.postgres_binary
    script = fresh_directory("clock") / "postgres"
    script.write_text(f"#!/bin/sh\nexport LD_PRELOAD={LIBRARY} FAKETIME=-40d DONT_FAKE_MONOTONIC=1\n"
                      f"exec {real('postgres')} \"$@\"\n")
    script.parent.chmod(0o755)
    script.chmod(0o755)
    return mock.patch.object(processes, "postgres_binary",
                             lambda name: script if name == "postgres" else real(name))


class Archived(MirrorCase):
    def setUp(self):
        self.assertIsNotNone(LIBRARY, "libfaketime is missing (tools/packages.txt)")
        self.old, self.new = self.folder(), self.folder()
        with weeks_ago():
            self.cluster = Cluster(root_key=ROOT[1], ledger_key=fresh_key())
            self.addCleanup(self.cluster.close)
            self.vault = Vault(self.cluster.start())
            self.prepared(self.cluster)
            self.vault.people()
            self.vault.transcript()
            self.cluster.psql("SELECT vvault.ledger_seal()")
            self.mirror(self.cluster, self.old)
            self.vault.files()
            self.vault.ask("ada", "SELECT vvault.purge_file('notes/growing.md', 60)")
            self.cluster.psql("SELECT vvault.ledger_seal()")
            self.mirror(self.cluster, self.old)
            # A slice so small that the next one would take it over.
            self.vault.say("ada", "zen-001_chat", "the last word of the month")
            self.cluster.psql("SELECT vvault.ledger_seal()")
            self.mirror(self.cluster, self.old)
            self.cluster.stop()
        self.cluster.start()
        self.vault.say("ada", "zen-001_chat", "weeks later")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        self.archive()
        self.vault.say("ada", "nova-001_chat", "after the month went")
        self.cluster.psql("SELECT vvault.ledger_seal()")

    def archive(self) -> None:
        for month in self.cluster.psql("SELECT DISTINCT month FROM vvault.ledger_entries WHERE month <"
                                       " to_char(now(), 'YYYYMM')::integer ORDER BY 1").split():
            lines = self.cluster.psql(f"SELECT * FROM vvault.ledger_archive({month})") + "\n"
            digest = hashlib.sha256(lines.encode()).hexdigest()
            self.assertGreater(int(self.cluster.psql(
                f"SELECT vvault.ledger_drop_archived({month}, '\\x{digest}')")), 100)

    def assert_restores(self, place) -> None:
        copy = self.empty(ROOT[1])
        self.restore(copy, place)
        self.assert_same(tables(self.cluster), tables(copy))
        self.assertEqual(set(entries(self.cluster)) - set(entries(copy)), set())
        self.assertEqual(copy.psql("SELECT count(*) FROM vvault.ledger_entries WHERE month <"
                                   " to_char(now(), 'YYYYMM')::integer"), "0")
        self.assertEqual(readable(copy, self.vault.tokens["ada"]),
                         readable(self.cluster, self.vault.tokens["ada"]))
        self.assertEqual(self.wrong(copy), "")

    def test_a_mirror_that_had_the_month_keeps_what_it_told_of(self):
        self.mirror(self.cluster, self.old)
        self.vault.say("ada", "nova-001_chat", "and on it goes")
        self.cluster.psql("SELECT vvault.ledger_seal()")
        self.mirror(self.cluster, self.old)
        self.assert_restores(self.old)

    def test_a_mirror_begun_afterwards_has_everything(self):
        self.cluster.psql("SELECT vvault.create_mirror('late')")
        self.mirror(self.cluster, self.new, "--name", "late", "once")
        self.assert_restores(self.new)
        self.mirror(self.cluster, self.old, "rebuild")
        self.assert_restores(self.old)
        victim = sorted(self.new.glob("chunks/*"))[0]
        victim.unlink()
        self.assertIn("made anew", self.mirror(self.cluster, self.new, "--name", "late", "scrub",
                                               code=1))
        self.assert_restores(self.new)


if __name__ == "__main__":
    unittest.main()
