"""A streaming standby: it reads with the keys and says what is missing without; writes go elsewhere."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from vault import WORKING, answer, findings, say, sealed_note  # noqa: E402
from filled import ZEN, contents, fill  # noqa: E402
from harness import Cluster  # noqa: E402
from harness.cluster import fresh_key  # noqa: E402
from harness.replica import Replica  # noqa: E402

READ = "SELECT convert_from(vvault.get_file('later.md'), 'UTF8')"


class Standby(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.primary = cls.enterClassContext(Cluster(WORKING, ledger_key=fresh_key()))
        cls.token = fill(cls.primary)
        cls.standby = cls.enterClassContext(Replica(cls.primary))

    def test_it_reads_what_was_just_written(self):
        say(self.primary, self.token, "just now")
        answer(self.primary, self.token, "SELECT vvault.put_file('later.md', 'written there')")
        note = sealed_note(self.primary)
        self.standby.wait_until_there()
        self.assertEqual(contents(self.standby, self.token), contents(self.primary, self.token))
        self.assertEqual(findings(self.standby, note), [])

    def test_every_write_is_refused_as_read_only(self):
        before = contents(self.primary, self.token)
        for write in (f"SELECT vvault.append_message('{ZEN}', 'user', 'x')",
                      f"SELECT vvault.append_messages('{ZEN}', '[{{\"role\":\"user\",\"content\":\"x\"}}]')",
                      "SELECT vvault.put_file('x.md', 'x')", "SELECT vvault.create_construct('new')",
                      "SELECT vvault.create_token('x', '{messages:read}')",
                      "SELECT vvault.delete_file('library/documents/photo.bin')",
                      "SELECT vvault.shred_construct('zen-001')"):
            with self.subTest(write):
                self.assertEqual(answer(self.standby, self.token, write), "25006")
        for statement in ("SELECT vvault.ledger_seal()", "SELECT vvault.rotate_root_key()",
                          "SELECT vvault.create_user('eve@example.com', 'Eve')"):
            with self.subTest(statement), self.assertRaisesRegex(RuntimeError, "25006"):
                self.standby.psql(statement)
        self.assertEqual(contents(self.primary, self.token), before)

    def test_without_the_root_key(self):
        self.standby.wait_until_there()
        key = self.standby.root_key()
        self.standby.root_key_file.unlink()
        self.standby.restart()
        try:
            self.assertEqual(answer(self.standby, self.token,
                                    f"SELECT content FROM vvault.list_messages('{ZEN}')"), "VV003")
            self.assertEqual(answer(self.standby, self.token, "SELECT count(*) > 5 FROM vvault.list_files()"),
                             "True")
            with self.assertRaisesRegex(RuntimeError, f"VV003(.|\n)*{self.standby.root_key_file}"):
                self.standby.psql(f"BEGIN; SELECT vvault.authenticate('{self.token}');"
                                  " SELECT vvault.get_file('library/documents/photo.bin')")
        finally:
            self.standby.write_root_key(key)
            self.standby.restart()
        self.assertEqual(contents(self.standby, self.token), contents(self.primary, self.token))


if __name__ == "__main__":
    unittest.main()
