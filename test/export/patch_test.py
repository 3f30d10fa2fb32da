"""What diff_file() gives is what patch(1) takes, and no longer than what GNU diff writes."""

import random
import subprocess
import tempfile
import unittest
from pathlib import Path

from harness import Cluster

PATH = "library/a text.md"


def texts() -> list:
    """Pairs that differ in every way a text can: line ends, missing ones, moves, nothing at all."""
    chosen = random.Random(7)
    pairs = [("", "a\n"), ("a\n", ""), ("a", "a\n"), ("a\r\nb\r\n", "a\r\nb\n"), ("a\n" * 50, "a\n" * 49)]
    for size in (3, 30, 300, 3000):
        for words in (3, 40):
            old = [f"line {chosen.randrange(words)}\n" for _ in range(size)]
            new = list(old)
            for _ in range(size // 3):
                at = chosen.randrange(len(new) + 1)
                new[at:at + chosen.randrange(3)] = [f"line {chosen.randrange(words)}\n"] * chosen.randrange(3)
            pairs.append(("".join(old), "".join(new)))
            pairs.append(("".join(old).rstrip("\n"), "".join(new).rstrip("\n")))
    return [(old.encode(), new.encode()) for old, new in pairs]


def changed_lines(diff: bytes) -> int:
    return sum(line[:1] in (b"-", b"+") for line in diff.splitlines()[2:])


class Patch(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.token = cls.cluster.make_user("ada@example.com")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def diff(self, old: bytes, new: bytes) -> bytes:
        with self.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            cursor.execute("SELECT vvault.put_file(%s, %s)", (PATH, old))
            first = cursor.fetchone()[0]
            cursor.execute("SELECT vvault.put_file(%s, %s)", (PATH, new))
            second = cursor.fetchone()[0]
            cursor.execute("SELECT vvault.diff_file(%s, %s, %s)", (PATH, first, second))
            answer = cursor.fetchone()[0].encode()
        connection.close()
        return answer

    def test_patch_makes_the_new_text_of_the_old_one(self):
        for number, (old, new) in enumerate(texts()):
            with self.subTest(number):
                (self.folder / "text").write_bytes(old)
                diff = self.diff(old, new)
                self.assertTrue(diff)
                done = subprocess.run(["patch", "--binary", "--silent", "--fuzz=0", "text"],
                                      cwd=self.folder, input=diff, stdout=subprocess.PIPE,
                                      stderr=subprocess.STDOUT, check=False)
                self.assertEqual((done.returncode, done.stdout), (0, b""))
                left = self.folder / "text"  # patch removes what it leaves empty
                self.assertEqual(left.read_bytes() if left.exists() else b"", new)

    def test_gnu_diff_finds_nothing_smaller(self):
        for number, (old, new) in enumerate(texts()):
            with self.subTest(number):
                (self.folder / "old").write_bytes(old)
                (self.folder / "new").write_bytes(new)
                theirs = subprocess.run(["diff", "--minimal", "-u", "old", "new"], cwd=self.folder,
                                        stdout=subprocess.PIPE, check=False).stdout
                self.assertEqual(changed_lines(self.diff(old, new)), changed_lines(theirs))
