"""The drill: a vault is mirrored while it lives, its cluster is destroyed, and from the mirror and
the root key alone there is the same vault again."""

import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mirror_case import MirrorCase, entries, tables  # noqa: E402
from harness import Cluster, fresh_key  # noqa: E402
from living import ROOT, Vault, readable  # noqa: E402

NOTE = "SELECT note FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 1"


class Drill(MirrorCase):
    def lived(self, mirrors, guarded=False) -> tuple:
        """A vault that has lived through everything, with a round of the mirror where it is said."""
        settings = {"shared_preload_libraries": "vvault"} if guarded else {}
        cluster = Cluster(settings, root_key=ROOT[1], ledger_key=fresh_key())
        self.addCleanup(cluster.close)
        vault = Vault(cluster.start())
        self.prepared(cluster)
        place = self.folder()
        for step in vault.STEPS:
            step(vault)
            if step.__name__ in mirrors:
                cluster.psql("SELECT vvault.ledger_seal()")
                self.mirror(cluster, place)
        return vault, place

    def drill(self, mirrors, guarded=False) -> None:
        vault, place = self.lived(mirrors, guarded)
        cluster = vault.cluster
        cluster.psql("SELECT vvault.ledger_seal()")
        vault.say("ada", "zen-001_chat", "committed, and not sealed when it is mirrored")
        self.assertIn("mirrored up to entry", self.mirror(cluster, place))
        note, rows, told = cluster.psql(NOTE), tables(cluster), entries(cluster)
        people = {name: readable(cluster, vault.tokens[name]) for name in ("ada", "grace")}
        self.assertEqual(self.wrong(cluster), "")
        for table in ("seat_attempts", "kept_transcripts", "vault_file_tails", "group_grants"):
            self.assertNotEqual(rows[table], [""], table)
        cluster.stop()
        shutil.rmtree(cluster.data)

        copy = self.empty(ROOT[2])  # the old root key was destroyed when it was rotated
        self.restore(copy, place)
        self.assert_same(rows, tables(copy))
        self.assertEqual(set(told) - set(entries(copy)), set())
        for name, before in people.items():
            self.assertEqual(readable(copy, vault.tokens[name]), before)
        self.assertEqual(copy.psql(f"SELECT count(*) FROM vvault.ledger_checkpoints WHERE note = $${note}\n$$"),
                         "1")
        self.assertEqual(self.wrong(copy, f"$${note}\n$$"), "")
        self.assertEqual(self.wrong(copy), "")

        vault.cluster = copy
        vault.say("ada", "zen-001_chat", "after the restore")
        vault.put("grace", "new.txt", b"after it")
        copy.psql("SELECT vvault.ledger_seal(); CREATE ROLE mirrorer LOGIN IN ROLE vvault_mirror")
        self.mirror(copy, place)
        self.assertIn("0 damaged", self.mirror(copy, place, "scrub"))
        again = self.empty(ROOT[2])
        self.restore(again, place)
        self.assert_same(tables(copy), tables(again))
        self.assertEqual(readable(again, vault.tokens["ada"]), readable(copy, vault.tokens["ada"]))
        self.assertEqual(self.wrong(again), "")

    def test_one_round_at_the_end_has_everything(self):
        self.drill(())

    def test_rounds_between_all_steps_have_everything(self):
        self.drill([step.__name__ for step in Vault.STEPS])

    def test_a_guarded_server_with_a_worker_is_restored_too(self):
        self.drill(("files", "new_data_keys"), guarded=True)


if __name__ == "__main__":
    unittest.main()
