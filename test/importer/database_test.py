"""Straight into the database: the same token, the same rows, and nothing secret on the command
line."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.cluster import DATABASE  # noqa: E402
from migration import MigrationTest  # noqa: E402


class Straight(MigrationTest):
    def direct(self, *arguments, token=None, user="person"):
        address = f"host={self.cluster.directory} dbname={DATABASE} user={user}"
        return self.migrate("--database", *arguments, token=token, url="http://127.0.0.1:9",
                            more={"VVAULT_DATABASE_URL": address})

    def test_all_arrives_as_through_the_gateway(self):
        large = self.vault / "library/media/large.bin"
        large.parent.mkdir(parents=True)
        large.write_bytes(bytes(range(256)) * (9 << 12))     # more than two parts
        outcome = self.direct()
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.report["audit"]["same"], len(self.files_on_disk()))
        for path, content in self.files_on_disk().items():
            self.assertEqual(self.content(path), content, path)
        self.assertEqual(outcome.report["turns"], {"user": 16, "assistant": 16, "system": 0})
        through = self.migrate_well("--fresh")
        self.assertEqual(through["files"]["unchanged"], len(self.files_on_disk()))
        self.assertEqual(through["messages"], {"added": 0, "known": 32})

    def test_a_dry_run_counts_and_changes_nothing(self):
        outcome = self.direct("--dry-run")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.report["messages"]["added"], 32)
        self.assertEqual(self.stored(), {})
        self.assertEqual(self.conversations(), {})

    def test_the_audit_and_an_older_version(self):
        self.assertEqual(self.direct().code, 0)
        path = "account/profile.json"
        self.ada.put("/files/" + path, b"{}")
        outcome = self.direct("--audit")
        self.assertEqual((outcome.code, outcome.report["audit"]["newer"]), (0, 1), outcome)
        (self.vault / path).write_bytes(b"{ }")
        self.assertEqual(self.direct("--audit").code, 1)

    def test_a_wrong_token_is_refused_at_once(self):
        outcome = self.direct(token="vv_live_" + "A" * 43)
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("refuses", outcome.said)
        self.assertNotIn("A" * 43, outcome.said)

    def test_a_database_that_is_not_there_is_reported(self):
        outcome = self.migrate("--database", "--patience", "0.5",
                               more={"VVAULT_DATABASE_URL": "host=/nowhere dbname=none"})
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn("no answer from the database", outcome.report["aborted"])


if __name__ == "__main__":
    unittest.main()
