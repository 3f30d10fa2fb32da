"""The last word: every byte that the vault gives out against every byte of the folder.

Nothing that a run remembers is believed here. Each file is hashed on the disk and read back from
the vault, through the same door by which anybody would read it.
"""

from concurrent.futures import ThreadPoolExecutor

from .folder import FoundFile
from .names import printable
from .vault import Refused


class Audit:
    """What differs or lacks, by path."""

    def __init__(self, vault, plan, report, sealing=None, workers: int = 4):
        self._vault = vault
        self._plan = plan
        self._report = report
        self._sealing = sealing
        self._workers = workers

    def run(self, prefixes: list) -> None:
        """Compares everything that was found, and names what only the vault has."""
        files, size = self._plan.total()
        self._report.begin("audit", files, size)
        with ThreadPoolExecutor(self._workers) as pool:
            for window in self._plan.windows():
                for planned, (what, why) in zip(window, pool.map(self._compare, window)):
                    self._report.audited(planned.file, what, why)
        for path in self._plan.only_stored(prefixes):
            self._report.only_in_the_vault(printable(path))

    def _compare(self, planned) -> tuple:
        """("same", ""), or "newer", "differs", "lacks" or "unreadable", with a reason."""
        file: FoundFile = planned.file
        try:
            here = file.sha256()
        except OSError as error:
            return "unreadable", error.strerror or str(error)
        try:
            if planned.stored is None:
                return "lacks", "the vault has no such file"
            if not planned.several and self._holds(planned, here):
                return "same", ""
            return self._older(file.path, here)
        except Refused as refused:
            if refused.status in (401, 403):
                raise
            return "differs", str(refused)

    def _holds(self, planned, here: str) -> bool:
        there = self._vault.digest(planned.file.path)
        if self._sealing is not None:
            return self._sealing.is_stored(there, here)
        return there == here

    def _older(self, path: str, here: str) -> tuple:
        """Somebody may have written since: then an older version is what lies in the folder."""
        for version, sha256 in reversed(self._vault.history(path)):
            if sha256 == here and self._vault.digest(path, version) == here:
                return "newer", f"the vault went on since; version {version} is the folder's"
        return "differs", "no version in the vault is what the folder holds"
