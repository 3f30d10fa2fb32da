"""However many files there are, the importer holds a few hundred of them; what it shows on a
terminal it shows nowhere else."""

import gc
import hashlib
import os
import pty
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import TOOL, MigrationTest  # noqa: E402

from migrate.folder import FoundFile, Vault  # noqa: E402
from migrate.migration import Done  # noqa: E402
from migrate.plan import WINDOW_FILES, Plan, Planned  # noqa: E402
from migrate.progress import Progress, duration  # noqa: E402
from migrate.report import Report  # noqa: E402
from migrate.run import Run  # noqa: E402
from migrate.vault import Stored  # noqa: E402


def held() -> int:
    """How many files Python holds at this moment."""
    return sum(isinstance(one, (FoundFile, Planned, Done)) for one in gc.get_objects())


class DiskVault:
    """A vault that holds what the folder does and says so page by page, remembering nothing."""
    url, largest_bytes = "a stand-in", 1 << 20

    def __init__(self, root: Path):
        self._root, self.puts, self.held = root, 0, 0

    def pages(self, prefix: str = ""):
        if self.puts:
            for directory in sorted(self._root.iterdir()):
                for location in sorted(directory.iterdir()):
                    path = str(location.relative_to(self._root))
                    yield path, Stored(self.digest(path), "server")

    def digest(self, path: str, version: int = None) -> str:
        return hashlib.sha256((self._root / path).read_bytes()).hexdigest()

    def put(self, path, content, size, sha256, metadata=None) -> None:
        self.puts += 1
        if self.puts % 400 == 0:
            self.held = max(self.held, held())

    def import_turns(self, path, names, dry_run=False) -> dict:
        return {"sessions": [], "formats": []}


class Bounds(unittest.TestCase):
    def test_of_many_files_a_few_hundred_are_held(self):
        count = 1600
        with tempfile.TemporaryDirectory(prefix="vvault-many-") as directory, \
                open(os.devnull, "w", encoding="utf-8") as nowhere:
            root = Path(directory, "vault")
            for number in range(count):
                if number % 200 == 0:
                    (root / f"{number:06}").mkdir(parents=True)
                (root / f"{number - number % 200:06}" / f"file-{number}.txt").write_bytes(
                    b"%d" % number)
            vault, report = DiskVault(root), Report(out=nowhere)
            plan = Plan(Path(directory, "state.sqlite"))
            self.addCleanup(plan.close)
            run = Run(vault, plan, report, ["Ada"])
            run.find_in(root, [Vault(root, root)])
            self.assertLess(held(), 10)
            run.store_and_read()
            # Two windows, and of each file what is planned, found and done.
            self.assertGreater(vault.held, WINDOW_FILES)
            self.assertLess(vault.held, 2 * 4 * WINDOW_FILES)
            run.audit()
            self.assertEqual((vault.puts, report.audit["same"]), (count, count))

    def test_lists_of_the_report_end_and_go_on_counting(self):
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            report = Report(out=nowhere)
            for number in range(12_000):
                report.note(f"file {number}", "odd")
        self.assertEqual((len(report.notes), len(report.notes.pairs)), (12_000, 10_000))

    def test_the_estimate_follows_what_is_done(self):
        progress = Progress(None)
        progress.begin("import", 10, 0)
        for number in range(4):
            progress.step(0, f"file {number}")
        text = progress.text(progress._began + 40, "file 3")
        self.assertIn("40% 4/10 1:00 left  file 3", text)
        self.assertEqual([duration(one) for one in (0, 59.7, 3600)], ["0:00", "1:00", "1:00:00"])


class Shown(MigrationTest):
    def run_with(self, **out) -> int:
        return subprocess.run(
            [sys.executable, TOOL, self.folder], check=False, stderr=subprocess.DEVNULL,
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                 "XDG_STATE_HOME": str(self.state)}, **out).returncode

    def test_a_terminal_shows_a_bar_and_a_pipe_none(self):
        ours, theirs = pty.openpty()
        try:
            self.assertEqual(self.run_with(stdout=theirs), 0)
            os.set_blocking(ours, False)
            shown = os.read(ours, 1 << 16).decode()
        finally:
            os.close(ours)
            os.close(theirs)
        self.assertRegex(shown, r"import \[#+\] 100% 18/18 0:00 left")
        self.assertRegex(shown, r"audit \[#+\] 100% 18/18")
        with tempfile.TemporaryFile() as piped:
            self.assertEqual(self.run_with(stdout=piped), 0)
            piped.seek(0)
            self.assertNotIn(b"\x1b", piped.read())


if __name__ == "__main__":
    unittest.main()
