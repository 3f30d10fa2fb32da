"""Runs the unittest files of one directory and prints a RESULT line for each test.

suite.py DIRECTORY [NAME …]: every *_test.py and test_*.py in it, or the tests that NAME picks.
A skipped test counts as failed: nothing here is optional.
"""

import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness.interpreter import require  # noqa: E402

require("psycopg2")


class Result(unittest.TextTestResult):
    def startTest(self, test):
        super().startTest(test)
        self._began = time.monotonic()
        self._outcomes = len(self.failures) + len(self.errors) + len(self.skipped) \
            + len(self.unexpectedSuccesses)

    def stopTest(self, test):
        super().stopTest(test)
        outcomes = len(self.failures) + len(self.errors) + len(self.skipped) \
            + len(self.unexpectedSuccesses)
        self._say(test.id(), outcomes == self._outcomes)

    def addError(self, test, error):
        super().addError(test, error)
        if not isinstance(test, unittest.TestCase):  # setUpClass, tearDownClass, an import
            self._say(str(test).replace(" ", ""), False)

    def _say(self, name, good):
        self.stream.writeln(f"RESULT {name} {'ok' if good else 'failed'}")
        self.stream.flush()


def load(directory: Path, names: list) -> unittest.TestSuite:
    sys.path.insert(0, str(directory))
    loader = unittest.TestLoader()
    if names:
        loader.testNamePatterns = [name if "*" in name else f"*{name}*" for name in names]
    tests = unittest.TestSuite()
    for pattern in ("*_test.py", "test_*.py"):
        for path in sorted(directory.glob(pattern)):
            tests.addTests(loader.loadTestsFromName(path.stem))
    return tests


def main() -> int:
    directory = Path(sys.argv[1]).resolve()
    runner = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Result)
    result = runner.run(load(directory, sys.argv[2:]))
    return 0 if result.wasSuccessful() and result.testsRun and not result.skipped else 1


if __name__ == "__main__":
    sys.exit(main())
