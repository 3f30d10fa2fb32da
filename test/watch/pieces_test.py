"""What a watched folder decides and does with one file, asked without a vault."""

import os
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from migrate import watched_folder  # noqa: E402
from migrate.folder_state import Agreed, FolderState  # noqa: E402
from migrate.merging import conflict_name, merge  # noqa: E402
from migrate.watched_folder import InTheWay, WatchedFolder, marks_of  # noqa: E402

TURN = b'<!-- chatty-message:v1 {"bytes":3,"role":"user"} -->\n\n---\n\n**Ada** (now):\n\nYes\n\n'
BASE = b"# Log\n\none\ntwo\nthree\nfour\nfive\n"


class Merging(unittest.TestCase):
    def test_what_only_grew_follows_what_was_edited_above(self):
        edited = BASE.replace(b"one", b"ONE")
        self.assertEqual(merge(BASE, edited, BASE + b"six\n"), edited + b"six\n")
        self.assertEqual(merge(BASE, BASE + b"six\n", edited), edited + b"six\n")

    def test_a_turn_of_the_house_follows_any_end(self):
        self.assertEqual(merge(BASE, BASE + b"a note", BASE + TURN), BASE + b"a note\n\n" + TURN)
        self.assertEqual(merge(BASE, b"", BASE + TURN), TURN)

    def test_what_a_person_must_decide(self):
        for mine, theirs in ((BASE + b"mine\n", BASE + b"theirs\n"),
                             (BASE.replace(b"five", b"FIVE"), BASE + b"six\n"),
                             (BASE.replace(b"one", b"1"), BASE.replace(b"two", b"2")),
                             (b"", BASE + b"six\n"),
                             (BASE[:-20], BASE + b"six\n")):
            self.assertIsNone(merge(BASE, mine, theirs), (mine, theirs))

    def test_what_is_no_text_is_never_mixed(self):
        for odd in (b"\xff\xfe", b"\0"):
            self.assertIsNone(merge(BASE, odd + BASE, BASE + TURN))
            self.assertIsNone(merge(BASE + odd, b"x" + BASE + odd, BASE + odd + b"y"))

    def test_names_of_conflicts(self):
        at = 1_795_521_605_123_456_789
        self.assertEqual(conflict_name("a/chat.x.md", at, "De sk/1"),
                         "a/chat.x (conflict 2026-11-24T12-00-05Z De-sk-1).md")
        self.assertEqual(conflict_name("plain", at, "h", 2),
                         "plain (conflict 2026-11-24T12-00-05Z h 2)")
        self.assertEqual(conflict_name(".env", at, "h"), ".env (conflict 2026-11-24T12-00-05Z h)")
        long = conflict_name("é" * 127 + ".md", at, "h" * 200)
        self.assertLessEqual(len(long.encode()), 255)
        self.assertTrue(long.endswith(").md"))


class Placing(unittest.TestCase):
    def setUp(self):
        self.root = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.folder = WatchedFolder(self.root, self.root, 0)
        self.file = self.root / "file.txt"

    def draft(self, content: bytes) -> str:
        draft = self.folder.draft("file.txt")
        Path(draft).write_bytes(content)
        return draft

    def left(self) -> dict:
        return {path.name: path.read_bytes() for path in self.root.iterdir()}

    def test_a_file_that_is_as_it_was_is_replaced(self):
        self.file.write_bytes(b"old")
        expected = marks_of(os.lstat(self.file))
        marks = self.folder.place(self.draft(b"new"), expected, str(self.file))
        self.assertEqual(marks, marks_of(os.lstat(self.file)))
        self.assertEqual(self.left(), {"file.txt": b"new"})

    def test_one_that_came_meanwhile_is_not(self):
        draft = self.draft(b"theirs")
        self.file.write_bytes(b"mine")
        self.assertIsNone(self.folder.place(draft, None, str(self.file)))
        self.assertIsNone(self.folder.place(draft, (1, 2, 3), str(self.file)))
        self.assertEqual(self.file.read_bytes(), b"mine")

    def test_one_that_an_editor_saves_at_that_very_moment_is_put_back(self):
        self.file.write_bytes(b"old")
        expected = marks_of(os.lstat(self.file))
        really = watched_folder.exchange

        def late(one, other):
            if Path(one).read_bytes() == b"theirs":     # the first time only
                saved = self.root / ".editor"
                saved.write_bytes(b"saved just now")
                os.replace(saved, other)
            return really(one, other)

        with mock.patch.object(watched_folder, "exchange", late):
            self.assertIsNone(self.folder.place(self.draft(b"theirs"), expected, str(self.file)))
        self.assertEqual(self.file.read_bytes(), b"saved just now")

    def test_paths_that_lead_out_of_the_folder(self):
        (self.root / "link").symlink_to("/tmp")
        self.file.write_bytes(b"")
        for path in ("../x", "a/../../x", "/etc/x", "link/x", "file.txt/x", "a//x", "."):
            with self.assertRaises(InTheWay, msg=path):
                self.folder.location(path)

    def test_what_is_looked_at_and_when_it_has_settled(self):
        for name in ("a.txt", ".a.txt.swp", "b~", ".DS_Store", ".vvault-tmp-1"):
            (self.root / name).write_bytes(b"x")
        (self.root / "link.txt").symlink_to(self.root / "a.txt")
        self.assertEqual(list(self.folder.scan()), ["a.txt"])
        folder = WatchedFolder(self.root, self.root, 1)
        self.assertEqual([folder.has_settled("p", (1,), 0), folder.has_settled("p", (1,), 0.9),
                          folder.has_settled("p", (2,), 1.1), folder.has_settled("p", (2,), 2.2)],
                         [False, False, False, True])
        missing = WatchedFolder(self.root / "gone", self.root / "gone", 0)
        self.assertEqual(missing.scan(), {})
        self.assertTrue(missing.is_unknown("anything"))


class Remembering(unittest.TestCase):
    def test_a_row_is_there_after_another_start(self):
        path = Path(self.enterContext(tempfile.TemporaryDirectory())) / "deep" / "state.sqlite"
        state = FolderState(path)
        agreed = Agreed(7, "ab", (1, 2, 3), "here", "x:y")
        state.put("odd name\udcff.txt".encode("utf-8", "replace").decode(), agreed)
        state.put("b", agreed.with_(gone=""))
        state.close()
        state = FolderState(path)
        self.assertEqual(state.get("b"), agreed.with_(gone=""))
        self.assertIsNone(state.get("c"))
        self.assertEqual(len(state.everything()), 2)
        state.close()


if __name__ == "__main__":
    unittest.main()
