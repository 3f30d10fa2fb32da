"""Running the importer again changes nothing but what has changed on the disk."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import MigrationTest  # noqa: E402

NOVA = "instances/nova-001/chatty/chat_with_nova-001.md"
NOVA_SESSION = "nova-001_chat_with_nova-001"


class Rerun(MigrationTest):
    def rows(self) -> dict:
        """What the database holds for everybody, by table: the ledger tells of every change."""
        names = ("sessions", "messages", "vault_files", "vault_file_versions", "constructs",
                 "ledger_entries")
        return {name: int(self.cluster.psql(f"SELECT count(*) FROM vvault.{name}"))
                for name in names}

    def test_the_second_run_changes_nothing(self):
        first = self.migrate_well()
        before = self.rows()
        second = self.migrate_well()
        self.assertEqual(self.rows(), before)
        self.assertEqual(first["files"]["new"], len(self.files_on_disk()))
        self.assertEqual((second["files"]["new"], second["files"]["changed"]), (0, 0))
        self.assertEqual(second["files"]["unchanged"], first["files"]["new"])
        self.assertEqual(second["messages"]["added"], 0)
        self.assertEqual(second["messages"]["known"], first["messages"]["added"])

    def test_a_changed_file_is_a_version_and_only_its_new_turns_are_messages(self):
        self.migrate_well()
        old = (self.vault / NOVA).read_bytes()
        with open(self.vault / NOVA, "ab") as transcript:
            transcript.write("\n\n**User**: And the harbour?\n\n**Assistant**: Behind it.\n".encode())
        report = self.migrate_well()
        self.assertEqual((report["files"]["new"], report["files"]["changed"]), (0, 1))
        self.assertEqual(report["messages"]["added"], 2)
        self.assertEqual(self.stored()[NOVA]["version"], 2)
        self.assertEqual(self.content(NOVA), (self.vault / NOVA).read_bytes())
        self.assertEqual(self.content(NOVA, "?version=1"), old)
        contents = [message["content"] for message in self.ada.messages(NOVA_SESSION)]
        self.assertEqual(len(contents), 6)
        self.assertEqual(contents[4:], ["And the harbour?", "Behind it."])

    def test_a_file_stored_by_a_run_that_was_cut_off_is_read_by_the_next(self):
        put = self.ada.put("/files/" + NOVA, (self.vault / NOVA).read_bytes())
        self.assertIn(put.status, (200, 201), put)
        report = self.migrate_well()
        self.assertEqual(len(self.ada.messages(NOVA_SESSION)), 4)
        self.assertEqual(report["files"]["unchanged"], 1)

    def test_a_dry_run_writes_nothing(self):
        before = self.rows()
        report = self.migrate_well("--dry-run")
        self.assertEqual(self.rows(), before)
        self.assertEqual(report["files"]["new"], len(self.files_on_disk()))
        self.assertTrue(report["dry_run"])

    def test_a_dry_run_counts_the_turns_of_stored_files(self):
        content = (self.vault / NOVA).read_bytes()
        (self.vault / NOVA).unlink()
        self.migrate_well()
        (self.vault / NOVA).write_bytes(content)
        self.ada.put("/files/" + NOVA, content)
        before = self.rows()
        report = self.migrate_well("--dry-run")
        self.assertEqual(self.rows(), before)
        self.assertEqual(report["messages"]["added"], 4)


if __name__ == "__main__":
    unittest.main()
