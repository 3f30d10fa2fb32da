"""The sealed form of a file: opened by the tool and by an opener that shares nothing with it, and
by neither where anything of it was cut, moved, repeated or changed."""

import io
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(REPOSITORY / "tools"), str(REPOSITORY / "test" / "vectors")]
sys.dont_write_bytecode = True

import open_sealed as reference  # noqa: E402
from seal import keys  # noqa: E402
from seal.sealing import (CHUNK, EXTRA, DoesNotOpen, SealedBody, about_bytes,  # noqa: E402
                          open_sealed, seal, sealed_size)

TOOL = REPOSITORY / "tools" / "vvault_seal.py"
HEAD = 8 + 80 + 24 + 2
PATH = "library/dünen.md"
BEGIN = HEAD + len(about_bytes(PATH)) + EXTRA  # of the content's first piece


class Format(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="vvault-")))
        for name in ("ada", "bob"):
            keys.make_pair(cls.folder / name)
        cls.secret = keys.secret_key(cls.folder / "ada")
        cls.public = keys.public_key(str(cls.folder / "ada.pub"))

    def sealed(self, content: bytes, path: str = PATH) -> bytes:
        about = about_bytes(path)
        whole = b"".join(seal(io.BytesIO(content), len(content), self.public, about))
        self.assertEqual(len(whole), sealed_size(len(content), about))
        return whole

    def opened(self, sealed: bytes, secret: bytes = None) -> bytes:
        pieces = open_sealed(io.BytesIO(sealed), secret or self.secret)
        self.assertEqual(next(pieces), {"path": PATH})
        return b"".join(pieces)

    def assertShut(self, sealed: bytes, why: str = None):
        with self.assertRaises(DoesNotOpen, msg=why):
            self.opened(sealed)
        with self.assertRaises(reference.DoesNotOpen, msg=why):
            reference.open_file(sealed, self.secret)

    def test_every_length_comes_back_by_both_openers(self):
        for length in (0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 200_000):
            content = os.urandom(length)
            sealed = self.sealed(content)
            self.assertEqual(self.opened(sealed), content, length)
            self.assertEqual(reference.open_file(sealed, self.secret), ({"path": PATH}, content))

    def test_sealed_twice_it_is_not_the_same(self):
        one, other = self.sealed(b"the same"), self.sealed(b"the same")
        self.assertNotEqual(one[8:], other[8:])
        self.assertNotIn(b"the same", one)

    def test_cut_anywhere_it_does_not_open(self):
        sealed = self.sealed(os.urandom(2 * CHUNK))
        ends = [*range(0, BEGIN + 2, 5), BEGIN, BEGIN + CHUNK, BEGIN + CHUNK + EXTRA,
                len(sealed) - CHUNK, len(sealed) - 1]
        for end in ends:
            self.assertShut(sealed[:end], f"the first {end} bytes")

    def test_lengthened_moved_or_repeated_it_does_not_open(self):
        sealed = self.sealed(os.urandom(3 * CHUNK))
        piece = CHUNK + EXTRA
        one, two, three = (sealed[BEGIN + i * piece:BEGIN + (i + 1) * piece] for i in range(3))
        head = sealed[:BEGIN]
        self.assertEqual(head + one + two + three, sealed)
        for why, changed in (("swapped", head + two + one + three), ("without", head + one + three),
                             ("repeated", head + one + one + two + three), ("last", head + three),
                             ("longer", sealed + b"\0"), ("twice", sealed + sealed),
                             ("headless", sealed[HEAD:])):
            self.assertShut(changed, why)

    def test_with_the_head_of_another_it_does_not_open(self):
        one, other = self.sealed(b"one"), self.sealed(b"two")
        for end in (8, 88, 112, 114, BEGIN):
            if end > 8:
                self.assertShut(one[:end] + other[end:], f"the first {end} bytes")
        self.assertShut(one[:BEGIN] + other[BEGIN:])

    def test_no_bit_can_be_changed(self):
        sealed = self.sealed(b"a few words")
        for position in range(len(sealed)):
            changed = bytearray(sealed)
            changed[position] ^= 1 << position % 8
            self.assertShut(bytes(changed), f"byte {position}")

    def test_another_key_does_not_open_it(self):
        with self.assertRaises(DoesNotOpen):
            self.opened(self.sealed(b"for Ada"), keys.secret_key(self.folder / "bob"))

    def test_what_is_no_sealed_file_is_called_so(self):
        for content in (b"", b"# A note\n", b"VVSEAL2\n" + bytes(400)):
            with self.assertRaisesRegex(DoesNotOpen, "no sealed file"):
                self.opened(content)

    def test_a_body_is_read_in_any_steps_and_begun_anew(self):
        location = self.folder / "content"
        location.write_bytes(os.urandom(150_000))
        with SealedBody(location, self.public, PATH) as body:
            for step in (1000, 8192, CHUNK, -1):
                body.seek(0)
                pieces = []
                while piece := body.read(step):
                    pieces.append(piece)
                    self.assertTrue(step < 0 or len(piece) <= step)
                sealed = b"".join(pieces)
                self.assertEqual(len(sealed), body.size)
                self.assertEqual(self.opened(sealed), location.read_bytes())

    def test_a_file_that_changes_meanwhile_is_noticed(self):
        for content in (b"longer", b"x"):
            with self.assertRaises(OSError):
                list(seal(io.BytesIO(content), 3, self.public, b"{}"))

    # The tool --------------------------------------------------------------------------------

    def tool(self, *arguments, given: bytes = b""):
        return subprocess.run([sys.executable, TOOL, *map(str, arguments)], input=given,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)

    def test_the_tool_seals_and_opens(self):
        location = self.folder / "note.md"
        location.write_bytes(b"Only for Ada. " * 9999)
        public = (self.folder / "ada.pub").read_text().strip()
        sealed = self.tool("seal", "--to", public, "--path", PATH, location)
        self.assertEqual(sealed.returncode, 0, sealed.stderr)
        opened = self.tool("open", "--key", self.folder / "ada", "--path", PATH,
                           given=sealed.stdout)
        self.assertEqual((opened.returncode, opened.stdout), (0, location.read_bytes()))
        migrate = subprocess.run(
            [sys.executable, TOOL.with_name("vvault_migrate.py"), "open", "--key",
             self.folder / "ada"], input=sealed.stdout, stdout=subprocess.PIPE, check=True)
        self.assertEqual(migrate.stdout, location.read_bytes())
        for key, arguments, given in (("bob", (), sealed.stdout), ("ada", (), sealed.stdout[:-1]),
                                      ("ada", ("--path", "other.md"), sealed.stdout)):
            shut = self.tool("open", "--key", self.folder / key, *arguments, given=given)
            self.assertEqual(shut.returncode, 1, shut.stderr)
            self.assertIn(b"does not open", shut.stderr)

    def test_a_key_is_never_replaced_and_never_confused(self):
        self.assertEqual(self.tool("keygen", self.folder / "ada").returncode, 2)
        self.assertEqual(keys.secret_key(self.folder / "ada"), self.secret)
        self.assertEqual((self.folder / "ada").stat().st_mode & 0o777, 0o600)
        for wrong in (self.folder / "ada", "vvpub_short", self.folder / "nowhere"):
            self.assertEqual(self.tool("seal", "--to", wrong, TOOL).returncode, 2, wrong)
        self.assertEqual(self.tool("open", "--key", self.folder / "ada.pub").returncode, 2)
        loose = self.folder / "loose"
        loose.write_text((self.folder / "ada").read_text())
        loose.chmod(0o644)
        refused = self.tool("open", "--key", loose)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b"chmod 600", refused.stderr)


if __name__ == "__main__":
    unittest.main()
