"""One file by itself, as who watches a folder takes it; also one that changes meanwhile."""

import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import MigrationTest  # noqa: E402

from migrate.folder import FoundFile  # noqa: E402
from migrate.gateway import Gateway  # noqa: E402
from migrate.migration import Migration  # noqa: E402
from migrate.report import Report  # noqa: E402

NOVA = "instances/nova-001/chatty/chat_with_nova-001.md"
LARGE = "library/media/large.bin"


class OneFile(MigrationTest):
    def setUp(self):
        super().setUp()
        nowhere = self.enterContext(open(os.devnull, "w", encoding="utf-8"))
        self.report = Report(out=nowhere)
        self.migration = Migration(Gateway(self.gateway.url, self.token, 5), self.report, ["Ada"])

    def found(self, path: str) -> FoundFile:
        return FoundFile(path, str(self.vault / path), 0).as_it_is()

    def large(self) -> Path:
        location = self.vault / LARGE
        location.parent.mkdir(parents=True)
        location.write_bytes(os.urandom(3 << 20))
        return location

    def test_it_is_stored_and_read_and_known_the_next_time(self):
        self.assertEqual(self.migration.take(self.found(NOVA)).kind, "new")
        self.assertEqual(len(self.ada.messages("nova-001_chat_with_nova-001")), 4)
        self.assertEqual(self.migration.take(self.found(NOVA)).kind, "unchanged")
        self.assertEqual(self.report.messages, {"added": 4, "known": 4})
        self.assertEqual(list(self.stored()), [NOVA])

    def changing(self, change):
        """The file is changed after it was hashed and before it is sent."""
        hashed = FoundFile.sha256

        def sha256(file):
            digest = hashed(file)
            change(Path(file.location))
            return digest

        return mock.patch.object(FoundFile, "sha256", sha256)

    def test_one_that_changes_while_it_is_sent_is_not_stored_and_named(self):
        location = self.large()
        for change in (lambda path: path.write_bytes(os.urandom(3 << 20)),
                       lambda path: path.write_bytes(b"short")):
            content = location.read_bytes()
            with self.changing(change):
                done = self.migration.take(self.found(LARGE))
            self.assertIn("changed while", done.problem)
            self.assertEqual(self.stored(), {})
            location.write_bytes(content)
        # The connection is none the worse for it.
        self.assertEqual(self.migration.take(self.found(LARGE)).kind, "new")
        self.assertEqual(self.content(LARGE), location.read_bytes())

    def test_one_that_grows_is_stored_as_it_was(self):
        location = self.large()
        content = location.read_bytes()
        with self.changing(lambda path: path.write_bytes(content + b"more")):
            done = self.migration.take(self.found(LARGE))
        self.assertEqual(done.problem, None)
        self.assertEqual(self.content(LARGE), content)
        self.assertEqual(self.migration.take(self.found(LARGE)).kind, "changed")
        self.assertEqual(self.content(LARGE), content + b"more")

    def test_one_that_is_gone_is_named(self):
        found = self.found(NOVA)
        (self.vault / NOVA).unlink()
        self.assertIn("No such file", self.migration.take(found).problem)


if __name__ == "__main__":
    unittest.main()
