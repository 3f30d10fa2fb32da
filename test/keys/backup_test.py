"""What a base backup from before a shredding opens, by which keys it is given afterwards."""

import secrets
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import Cluster  # noqa: E402
from harness.backup import FromBackup, base_backup  # noqa: E402
from person import answer, file, messages, wrong_leaves  # noqa: E402

RING = {number: f"{number} {secrets.token_hex(32)}\n" for number in (1, 2)}


class Backup(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(root_key=RING[1]))
        cls.ada, cls.bob = (cls.cluster.make_user(f"{name}@example.com") for name in ("ada", "bob"))
        for token in (cls.ada, cls.bob):
            answer(cls.cluster, token, "SELECT vvault.create_construct('zen')",
                   "SELECT vvault.create_construct('nova')",
                   "SELECT vvault.start_session('zen', 'z', 'About zen')",
                   "SELECT vvault.start_session('nova', 'n')",
                   "SELECT (vvault.append_message('z', 'user', 'to zen')).seq",
                   "SELECT (vvault.append_message('n', 'user', 'to nova')).seq",
                   "SELECT vvault.put_file('a.txt', 'A1')", "SELECT vvault.put_file('a.txt', 'A2')",
                   "SELECT vvault.put_file('b.txt', 'B1')",
                   "SELECT vvault.put_file('instances/zen-001/c.txt', 'C1')")
        cls.backup = base_backup(cls.cluster, cls.cluster.directory / "backup")
        cls.leaves = cls.cluster.psql("SELECT string_agg(leaf_hash::text, ',' ORDER BY id)"
                                      " FROM vvault.ledger_entries")
        assert answer(cls.cluster, cls.ada, "SELECT vvault.shred_file('a.txt')") == 1
        assert answer(cls.cluster, cls.ada, "SELECT vvault.shred_construct('zen')") >= 2
        assert int(cls.cluster.psql("SELECT vvault.shred_user('bob@example.com')")) >= 5
        cls.keys = cls.cluster.psql("COPY vvault.data_keys TO STDOUT")
        # Then the root key is rotated, too, and the key table is kept once more.
        cls.cluster.write_root_key(RING[1] + RING[2])
        assert int(cls.cluster.psql("SELECT vvault.rotate_root_key()")) > 0
        cls.rewrapped_keys = cls.cluster.psql("COPY vvault.data_keys TO STDOUT")
        cls.root_keys = cls.cluster.psql("COPY vvault.root_keys TO STDOUT")

    def restored(self, root_key: str, **tables) -> Cluster:
        """The backup in a cluster of its own, with these rows in the place of its own."""
        copy = FromBackup(self.backup, root_key)
        self.addCleanup(copy.close)
        copy.start()
        for table, rows in tables.items():
            copy.psql(f"SET session_replication_role = replica; DELETE FROM vvault.{table};"
                      f" COPY vvault.{table} FROM STDIN;\n{rows}\n\\.\n")
        return copy

    def assert_shredded(self, vault: Cluster) -> None:
        for statement in (file("a.txt"), file("a.txt", "1"), file("instances/zen-001/c.txt"),
                          messages("z")):
            self.assertEqual(answer(vault, self.ada, statement), "VV012", statement)

    def assert_spared(self, vault: Cluster) -> None:
        self.assertEqual(answer(vault, self.ada, file("b.txt")), "B1")
        self.assertEqual(answer(vault, self.ada, messages("n")), "to nova")

    def test_the_vault_itself(self):
        self.assert_shredded(self.cluster)
        self.assert_spared(self.cluster)
        self.assertEqual(answer(self.cluster, self.bob, file("b.txt")), "28000")
        self.assertEqual(wrong_leaves(self.cluster), 0)

    def test_the_backup_with_the_keys_that_exist_afterwards(self):
        copy = self.restored(RING[1], data_keys=self.keys)
        self.assert_shredded(copy)
        self.assert_spared(copy)
        # In the backup Bob's token still is one; nothing that it finds opens.
        for statement in (file("a.txt"), file("b.txt"), messages("z"), messages("n")):
            self.assertEqual(answer(copy, self.bob, statement), "VV012", statement)
        self.assertEqual(answer(copy, self.bob, "SELECT sha256 FROM vvault.list_files()"),
                         [None, None, None])
        self.assertEqual(wrong_leaves(copy), 0)
        self.assertEqual(copy.psql("SELECT string_agg(leaf_hash::text, ',' ORDER BY id)"
                                   " FROM vvault.ledger_entries"), self.leaves)

    def test_the_backup_with_its_own_keys_and_the_old_root_key_opens_all(self):
        copy = self.restored(RING[1])
        self.assertEqual(answer(copy, self.ada, file("a.txt")), "A2")
        self.assertEqual(answer(copy, self.bob, messages("z")), "to zen")

    def test_the_backup_with_its_own_keys_is_locked_once_the_old_root_key_is_gone(self):
        copy = self.restored(RING[2])
        for token in (self.ada, self.bob):
            for statement in (file("a.txt"), file("b.txt"), messages("z"), messages("n")):
                self.assertEqual(answer(copy, token, statement), "VV003", statement)

    def test_what_was_spared_opens_with_the_new_root_key_and_the_new_key_table(self):
        copy = self.restored(RING[2], data_keys=self.rewrapped_keys, root_keys=self.root_keys)
        self.assert_shredded(copy)
        self.assert_spared(copy)


if __name__ == "__main__":
    unittest.main()
