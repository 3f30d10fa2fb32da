"""Outages, kill -9 at any moment, deletions, and what cannot be read: nothing is lost and nothing
is written over."""

import os
import random
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from watch_case import FILE, WatchCase  # noqa: E402


class Trouble(WatchCase):
    def test_the_folder_keeps_what_is_written_while_the_vault_is_away(self):
        desk = self.watcher().start()
        desk.write("library/before.txt", b"before")
        self.wait(lambda: self.stored("library/before.txt") == b"before", "the first file")
        self.gateway.stop()
        try:
            self.ada.close()
            desk.write("library/before.txt", b"changed while it was away")
            desk.write("library/new.bin", os.urandom(300_000))
            self.wait(lambda: "waiting" in desk.said(), "it to say that it waits")
            desk.kill()
            self.assertEqual(desk.once("--patience", "1"), 2, "alone it does not wait for ever")
            desk.start()
            time.sleep(1)
        finally:
            self.gateway.start()
        self.wait(lambda: {path: self.stored(path) for path in self.paths()} == desk.files()
                  and len(desk.files()) == 2, "all of it to arrive", 60)
        self.assertEqual(self.versions("library/before.txt"), [b"before", b"changed while it was away"])

    def test_killed_at_any_moment(self):
        desk = self.watcher()
        stop, written = threading.Event(), {}

        def work():
            for number in range(10000):
                if stop.is_set():
                    return
                path = f"library/{number % 7}.txt"
                written[path] = f"{path} {number}\n".encode() * random.randint(1, 3000)
                desk.write(path, written[path])
                time.sleep(0.05)

        writer = threading.Thread(target=work)
        writer.start()
        try:
            for number in range(8):
                desk.start()
                self.say(f"said {number}")
                time.sleep(random.uniform(0.3, 1.2))
                desk.kill()
        finally:
            stop.set()
            writer.join()
        self.wait(lambda: b"said 7" in (self.stored(FILE) or b""), "the keeper")
        self.assertEqual(desk.once(), 0)
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())
        for path, content in written.items():
            self.assertEqual(desk.read(path), content)
        self.assertEqual([path for path in desk.files() if "conflict" in path or "tmp" in path], [])
        self.assertEqual([desk.read(FILE).count(f"said {number}\n".encode()) for number in range(8)], [1] * 8)

    def killed_in(self, desk, instead: str):
        """A run of which a step is replaced by one that ends the process as kill -9 would."""
        cut = ("import os, sys; sys.dont_write_bytecode = True; sys.path.insert(0, sys.argv.pop(1))\n"
               f"from migrate import command, watched_folder, watched_vault\n{instead}\n"
               "sys.exit(command.main())")
        arguments = desk.command("--once")
        done = subprocess.run([arguments[0], "-c", cut, str(Path(arguments[1]).parent), *arguments[2:]],
                              env=desk.environment(), check=False, stdout=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 9)

    def test_killed_when_it_was_sent_and_nobody_knew(self):
        desk = self.watcher()
        path = "library/written.txt"
        # A new file, one that is known, and one that goes away meanwhile.
        for text, later in ((b"one", b"two"), (b"three", b"four"), (b"five", None)):
            with self.subTest(text):
                desk.write(path, text)
                self.killed_in(desk, "put_if = watched_vault.WatchedVault.put_if\n"
                                     "watched_vault.WatchedVault.put_if ="
                                     " lambda *given: (put_if(*given), os._exit(9))")
                self.assertEqual(self.stored(path), text)
                if later is None:
                    (desk.folder / path).unlink()
                else:
                    desk.write(path, later)
                self.assertEqual(desk.once(), 0)
                self.assertEqual(self.stored(path), later or text)
                self.assertEqual(desk.files(), {path: later or text}, desk.said())

    def test_killed_before_it_was_sent(self):
        desk = self.watcher()
        path = "library/written.txt"
        desk.write(path, b"one")
        self.killed_in(desk, "watched_vault.WatchedVault.put_if = lambda *_: os._exit(9)")
        (desk.folder / path).unlink()
        self.assertEqual(desk.once(), 0)
        self.assertEqual((self.stored(path), desk.files()), (None, {}))
        desk.write(path, b"two")
        self.assertEqual(desk.once(), 0)
        self.assertEqual((self.stored(path), desk.files()), (b"two", {path: b"two"}))

    def test_killed_between_the_merge_there_and_here(self):
        desk = self.watcher()
        base = b"# Log\n\nfirst\nsecond\nthird\nfourth\n"
        self.put("library/log.md", base)
        self.assertEqual(desk.once(), 0)
        desk.write("library/log.md", base.replace(b"first", b"FIRST"))
        self.put("library/log.md", base + b"fifth\n")
        # What was merged gets into the vault, and not into the folder.
        self.killed_in(desk, "watched_folder.WatchedFolder.place = lambda *_: os._exit(9)")
        merged = base.replace(b"first", b"FIRST") + b"fifth\n"
        self.assertEqual((self.stored("library/log.md"), desk.read("library/log.md")),
                         (merged, base.replace(b"first", b"FIRST")))
        self.assertEqual(desk.once(), 0)
        self.assertEqual(desk.read("library/log.md"), merged)
        self.assertEqual(set(desk.files()), {"library/log.md"}, desk.said())

    def test_a_deletion_on_one_side_deletes_nothing_on_the_other(self):
        desk = self.watcher()
        for name in ("here", "there"):
            desk.write(f"library/{name}.txt", name.encode())
        self.assertEqual(desk.once(), 0)
        (desk.folder / "library/here.txt").unlink()
        self.ada.delete("/files/library/there.txt")
        for _ in range(2):
            self.assertEqual(desk.once(), 0)
            self.assertEqual(self.paths(), {"library/here.txt"})
            self.assertEqual(set(desk.files()), {"library/there.txt"})
        # Whoever writes on brings it back.
        self.put("library/here.txt", b"more")
        desk.write("library/there.txt", b"more")
        self.assertEqual(desk.once(), 0)
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())
        self.assertEqual(len(desk.files()), 2)

    def test_with_delete_it_does_but_not_for_a_disk_that_is_gone(self):
        desk = self.watcher("desk", "--delete")
        for number in range(20):
            desk.write(f"library/{number}.txt", str(number).encode())
        self.assertEqual(desk.once(), 0)
        (desk.folder / "library/0.txt").unlink()
        self.ada.delete("/files/library/1.txt")
        self.assertEqual(desk.once(), 0)
        self.assertEqual(self.paths(), set(desk.files()))
        self.assertEqual(len(self.paths()), 18)
        self.assertEqual(self.versions("library/0.txt"), [b"0"], "its history stays")
        for path in desk.folder.glob("library/*"):
            path.unlink()
        self.assertEqual(desk.once(), 1)
        self.assertIn("gone at once", desk.said())
        self.assertEqual(len(self.paths()), 18)

    def test_what_cannot_be_read_or_placed_is_named_and_the_rest_goes_on(self):
        desk = self.watcher()
        (desk.folder / "library").mkdir()
        (desk.folder / "library/link.txt").symlink_to("/etc/hostname")
        (desk.folder / "in the way").write_bytes(b"a file here")
        self.put("in the way/of a folder.txt", b"there")
        self.put("library/fine.txt", b"fine")
        self.assertEqual(desk.once(), 1)
        self.assertIn("TROUBLE", desk.said())
        self.assertIn("is no folder here", desk.said())
        self.assertEqual(desk.read("library/fine.txt"), b"fine")
        self.assertEqual(self.stored("in the way"), b"a file here")
        self.assertEqual(self.paths(), {"in the way", "in the way/of a folder.txt", "library/fine.txt"})

    def test_a_folder_and_a_vault_that_never_met(self):
        desk = self.watcher()
        self.put("library/old.txt", b"one")
        self.put("library/old.txt", b"one and two")
        self.put("library/grown.txt", b"beginning")
        self.put("library/other.txt", b"theirs")
        desk.write("library/old.txt", b"one")
        desk.write("library/grown.txt", b"beginning and end")
        desk.write("library/other.txt", b"mine")
        self.assertEqual(desk.once(), 0)
        self.assertEqual(desk.read("library/old.txt"), b"one and two", "an older version is no edit")
        self.assertEqual(self.stored("library/grown.txt"), b"beginning and end")
        self.assertEqual(desk.read("library/other.txt"), b"theirs")
        self.assertIn(b"mine", desk.files().values())
        self.assertEqual({path: self.stored(path) for path in self.paths()}, desk.files())

    def test_large_files_and_files_that_grow_while_they_are_looked_at(self):
        desk = self.watcher().start()
        large = os.urandom(20 << 20)
        with open(desk.folder / "large.bin", "wb") as file:
            for start in range(0, len(large), 1 << 20):
                file.write(large[start:start + (1 << 20)])
                file.flush()
                time.sleep(0.03)
        self.wait(lambda: self.stored("large.bin") == large, "the large file", 60)
        self.assertEqual(self.versions("large.bin")[-1], large)
        self.put("down.bin", large[::-1])
        self.wait(lambda: desk.read("down.bin") == large[::-1], "the way down", 60)

    def test_only_up(self):
        desk = self.watcher("desk", "--up")
        self.put("library/there.txt", b"there")
        desk.write("library/here.txt", b"here")
        self.assertEqual(desk.once(), 0)
        self.assertEqual(set(desk.files()), {"library/here.txt"})
        self.assertEqual(self.stored("library/here.txt"), b"here")

    def test_a_second_watcher_of_one_folder_is_refused(self):
        desk = self.watcher().start()
        desk.write("a.txt", b"a")
        self.wait(lambda: self.stored("a.txt") == b"a", "the first")
        self.assertEqual(desk.once(), 2)
        self.assertIn("another --watch follows this folder", desk.said())


if __name__ == "__main__":
    unittest.main()
