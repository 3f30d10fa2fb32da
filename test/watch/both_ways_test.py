"""What is said comes into the folder, what is written there goes to the vault, and where both
change at once nothing is lost."""

import sys
import unittest
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from migrate.folder_state import FolderState  # noqa: E402
from migrate.watched_folder import WatchedFolder  # noqa: E402
from migrate.watched_vault import WatchedVault  # noqa: E402
from migrate.watching import Watching  # noqa: E402
from watch_case import FILE, WatchCase  # noqa: E402


class BothWays(WatchCase):
    def test_chatty_writes_and_three_places_agree(self):
        desk = self.watcher().start()
        for number in range(5):
            self.say(f"message {number}", "assistant" if number % 2 else "user")
            self.wait(lambda number=number: f"message {number}".encode() in (desk.read(FILE) or b""),
                      "the message to come into the folder")
        self.wait(lambda: self.rendered() == self.stored(FILE) == desk.read(FILE),
                  "conversation, vault and folder to agree")
        self.assertEqual(desk.stop(), 0)
        self.assertEqual(set(desk.files()), {FILE})

    def test_an_edit_here_is_a_version_there_and_stays_while_chatty_goes_on(self):
        self.say("First.")
        desk = self.watcher().start()
        self.wait(lambda: b"First." in (desk.read(FILE) or b""), "the file")
        desk.write(FILE, desk.read(FILE).replace(b"First.", b"First, as I meant it."))
        for number in range(8):
            self.say(f"live {number}")
        self.wait(lambda: all(f"live {number}".encode() in desk.read(FILE) for number in range(8)),
                  "all that was said")
        self.wait(lambda: self.stored(FILE) == desk.read(FILE), "vault and folder to agree")
        text = desk.read(FILE)
        self.assertIn(b"First, as I meant it.", text)
        for number in range(8):
            self.assertEqual(text.count(f"live {number}\n".encode()), 1, "once each")
        self.assertEqual(self.texts(), ["First."] + [f"live {number}" for number in range(8)],
                         "an edit is no message")
        self.assertEqual([path for path in desk.files() if "conflict" in path], [])

    def test_turns_written_here_become_messages_once(self):
        desk = self.watcher().start()
        desk.write(FILE, b"# Zen\n\n**User**: Do you remember?\n\n**Zen**: Yes.\n")
        self.wait(lambda: self.texts() == ["Do you remember?", "Yes."], "the turns")
        self.say("Live.")
        self.wait(lambda: b"Live." in desk.read(FILE), "what was said behind them")
        self.assertTrue(desk.read(FILE).startswith(b"# Zen\n\n**User**: Do you remember?\n\n**Zen**: Yes.\n"))
        self.assertEqual(self.texts(), ["Do you remember?", "Yes.", "Live."])

    def test_a_copy_that_an_editor_held_too_long_loses_nothing(self):
        self.say("One.")
        desk = self.watcher().start()
        self.wait(lambda: b"One." in (desk.read(FILE) or b""), "the file")
        held = desk.read(FILE)
        self.say("Two.")
        self.wait(lambda: b"Two." in desk.read(FILE), "the next message")
        desk.write(FILE, held + b"My note.\n")
        self.wait(lambda: b"My note." in self.stored(FILE) and b"Two." in self.stored(FILE),
                  "the vault to have both")
        self.wait(lambda: self.stored(FILE) == desk.read(FILE), "vault and folder to agree")
        self.assertEqual(desk.read(FILE).count(b"Two.\n"), 1)
        self.assertEqual(self.texts(), ["One.", "Two."])

    def test_two_changes_of_one_line_are_two_named_versions(self):
        desk = self.watcher()
        self.put("library/plan.md", b"# Plan\n\nWalk.\n")
        self.assertEqual(desk.once(), 0)
        desk.write("library/plan.md", b"# Plan\n\nRun.\n")
        self.put("library/plan.md", b"# Plan\n\nSwim.\n")
        self.assertEqual(desk.once(), 0)
        self.assertIn("CONFLICT", desk.said())
        self.assertEqual(desk.read("library/plan.md"), b"# Plan\n\nSwim.\n")
        copies = [path for path in desk.files() if "(conflict " in path]
        self.assertEqual(len(copies), 1)
        self.assertRegex(copies[0], r"^library/plan \(conflict \d{4}-\d\d-\d\dT\d\d-\d\d-\d\dZ desk\)\.md$")
        self.assertEqual(desk.read(copies[0]), b"# Plan\n\nRun.\n")
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())

    def test_a_version_that_comes_between_looking_and_sending_is_not_written_over(self):
        desk = self.watcher()
        self.put("library/plan.md", b"# Plan\n\nWalk.\n")
        self.assertEqual(desk.once(), 0)
        desk.write("library/plan.md", b"# Plan\n\nRun.\n")
        looked, case = WatchedVault.current, self

        def look_and_be_late(vault, path):
            found = looked(vault, path)
            if found is not None and found.version == 1:
                case.put(path, b"# Plan\n\nSwim.\n")
            return found

        vault = WatchedVault(self.gateway.url, self.token, 5)
        folder = WatchedFolder(desk.folder, desk.folder, 0)
        state = FolderState(desk.state)
        self.addCleanup(state.close)
        options = SimpleNamespace(down=True, once=True, delete=False, host="desk", interval=0.1,
                                  settle=0, owner_names=[])
        with mock.patch.object(WatchedVault, "current", look_and_be_late):
            Watching(vault, folder, state, lambda *_: None, options).run()
        self.assertEqual(self.versions("library/plan.md")[1:], [b"# Plan\n\nSwim.\n"])
        self.assertIn(b"# Plan\n\nRun.\n", desk.files().values())
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())

    def test_growth_there_and_an_edit_above_it_here_are_one_version(self):
        desk = self.watcher()
        base = b"# Log\n\nfirst\nsecond\nthird\nfourth\n"
        self.put("library/log.md", base)
        self.assertEqual(desk.once(), 0)
        desk.write("library/log.md", base.replace(b"first", b"FIRST"))
        self.put("library/log.md", base + b"fifth\n")
        self.assertEqual(desk.once(), 0)
        merged = base.replace(b"first", b"FIRST") + b"fifth\n"
        self.assertEqual((desk.read("library/log.md"), self.stored("library/log.md")), (merged, merged))
        self.assertEqual(self.versions("library/log.md"), [base, base + b"fifth\n", merged])
        self.assertNotIn("CONFLICT", desk.said())

    def test_two_computers(self):
        desk, lap = self.watcher("desk").start(), self.watcher("lap").start()
        desk.write("library/a.bin", bytes(range(256)) * 5000)
        self.wait(lambda: lap.read("library/a.bin") == bytes(range(256)) * 5000, "the other computer")
        lap.write("library/a.bin", b"from the lap")
        self.wait(lambda: desk.read("library/a.bin") == b"from the lap", "the way back")
        for number in range(3):
            desk.write("library/both.txt", f"desk {number}".encode())
            lap.write("library/both.txt", f"lap {number}".encode())
            self.say(f"meanwhile {number}")
        self.wait(lambda: desk.files() == lap.files() and b"meanwhile 2" in (lap.read(FILE) or b"")
                  and set(desk.files()) == self.paths(), "both and the vault to agree")
        kept = b"\n".join([*desk.files().values(), *self.versions("library/both.txt")])
        for word in (b"desk 2", b"lap 2"):
            self.assertIn(word, kept)
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())


if __name__ == "__main__":
    unittest.main()
