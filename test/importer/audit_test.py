"""The audit reads every byte back, and says what differs or lacks, both ways."""

import os
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import MigrationTest  # noqa: E402

NOVA = "instances/nova-001/chatty/chat_with_nova-001.md"
PHOTO = "library/documents/photo.bin"


class Audited(MigrationTest):
    def audit(self, *arguments):
        return self.migrate("--audit", *arguments)

    def different(self, outcome) -> list:
        return [one["path"] for one in outcome.report["differences"]]

    def test_a_run_ends_with_an_audit_of_every_file(self):
        report = self.migrate_well()
        self.assertEqual(report["audit"]["same"], len(self.files_on_disk()))
        self.assertIsNone(self.migrate_well("--no-audit")["audit"])
        self.assertEqual(self.audit().code, 0)

    def test_an_empty_vault_lacks_everything(self):
        outcome = self.audit()
        self.assertEqual(outcome.code, 1, outcome)
        self.assertEqual(set(self.different(outcome)), set(self.files_on_disk()))
        self.assertEqual(self.stored(), {}, "an audit stores nothing")
        self.assertEqual(self.conversations(), {})

    def test_a_changed_byte_on_either_side_is_named(self):
        self.migrate_well()
        content = (self.vault / PHOTO).read_bytes()
        (self.vault / PHOTO).write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        outcome = self.audit()
        self.assertEqual((outcome.code, self.different(outcome)), (1, [PHOTO]))

    def test_a_file_that_the_vault_deleted_is_named(self):
        self.migrate_well()
        self.ada.delete("/files/" + PHOTO)
        outcome = self.audit()
        self.assertEqual((outcome.code, self.different(outcome)), (1, [PHOTO]))
        self.assertEqual(outcome.report["audit"]["lacks"], 1)

    def test_a_file_that_only_the_vault_has_is_named(self):
        self.ada.put("/files/library/only.txt", b"not in the folder")
        self.assertEqual(self.migrate_well()["only_in_the_vault"], ["library/only.txt"])
        outcome = self.audit()
        self.assertEqual((outcome.code, outcome.report["only_in_the_vault"]),
                         (1, ["library/only.txt"]))
        part = self.migrate("--audit", folder=self.vault / "instances")
        self.assertEqual(part.code, 0, part)

    def test_turns_that_are_no_messages_are_named(self):
        for path, content in self.files_on_disk().items():
            self.ada.put("/files/" + path, content)
        outcome = self.audit()
        self.assertEqual(outcome.code, 1)
        self.assertIn(NOVA, self.different(outcome))
        self.assertEqual(outcome.report["audit"]["lacking_turns"], 32)

    def test_a_vault_that_went_on_is_not_put_back(self):
        self.migrate_well()
        newer = (self.vault / NOVA).read_bytes() + b"\n**User**: And later?\n"
        self.ada.put("/files/" + NOVA, newer)
        report = self.migrate_well()
        self.assertEqual(report["files"]["changed"], 0)
        self.assertEqual(report["audit"]["newer"], 1)
        self.assertEqual(self.content(NOVA), newer)
        self.assertEqual(self.migrate_well("--fresh")["files"]["changed"], 0)
        self.assertEqual(self.content(NOVA), newer)

    def test_turns_of_what_is_an_older_version_by_now_become_messages_too(self):
        # A run that was cut off had stored the file, and somebody wrote another before the next.
        self.ada.put("/files/" + NOVA, (self.vault / NOVA).read_bytes())
        self.ada.put("/files/" + NOVA, b"**User**: Something else?\n\n**Nova**: Else.\n")
        self.migrate_well()
        self.assertEqual(len(self.ada.messages("nova-001_chat_with_nova-001")), 4)
        self.assertEqual(self.stored()[NOVA]["version"], 2)

    def test_going_back_on_the_disk_is_an_edit(self):
        old = (self.vault / NOVA).read_bytes()
        for content in (old, old + b"\n**User**: And later?\n", old):
            (self.vault / NOVA).write_bytes(content)
            stamp = 1_700_000_000 + len(content) + self.people
            os.utime(self.vault / NOVA, (stamp, stamp))
            self.migrate_well()
            self.assertEqual(self.content(NOVA), content)
        self.assertEqual(self.stored()[NOVA]["version"], 3)


if __name__ == "__main__":
    unittest.main()
