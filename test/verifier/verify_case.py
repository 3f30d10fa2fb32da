"""What the verifier's tests share: logs that are made once, and how a verdict is expected."""

import copy
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import ledger_writer  # noqa: E402


class VerifyCase(unittest.TestCase):
    COUNT = 40

    @classmethod
    def setUpClass(cls):
        cls.honest = ledger_writer.make_log(cls.COUNT)
        cls.note = ledger_writer.checkpoint_of(cls.honest)

    def setUp(self):
        self.log = copy.deepcopy(self.honest)
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, text: str, name: str = "file") -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def expect(self, code: int, words: str, given, *options, **more) -> None:
        found, said = ledger_writer.verify(given, *options, **more)
        self.assertIn(words, said)
        self.assertEqual(found, code, said)

    def entry(self, position: int) -> str:
        return f"entry {position} ({self.honest[position]['id']})"
