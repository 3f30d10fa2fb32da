"""A whole run: find, compare, store and read window by window, and audit at the end."""

from .audit import Audit
from .folder import Left, find_files, outside, owner_names
from .lanes import Lanes
from .migration import Migration
from .names import printable
from .reading import may_be_transcript

WORKERS = 4
PROFILE = "account/profile.json"


class Run:
    """`plan` is where it is kept what is found; `workers` how many requests are in flight."""

    def __init__(self, vault, plan, report, names: list, dry_run: bool = False, sealing=None,
                 workers: int = WORKERS):
        self.vault = vault
        self.plan = plan
        self.report = report
        self.migration = Migration(vault, report, names, dry_run, sealing)
        self.workers = workers
        self._prefixes = [""]
        self._one_lane = False

    def find_in(self, folder, vaults: list) -> None:
        """Lists the folder. Names of the owner that nobody gave are looked up in it."""
        for path in outside(folder, vaults):
            self.report.problem(printable(path), "it lies outside every person's folder")
        self._prefixes = [vault.prefix for vault in vaults]
        self.migration.names = self.migration.names or owner_names(
            [vault.root / PROFILE for vault in vaults])
        left = Left(self.report.problem, self.report.skip, self.report.note)
        for vault in vaults:
            self.plan.add_found(find_files(vault, left), self._twin)
        self._note_clashes()

    def find_rows(self, rows: list) -> None:
        """Lists what was unpacked of a table: of one path the later are later versions."""
        self.plan.add_found(rows)
        profile = self.plan.location_of(PROFILE)
        self.migration.names = self.migration.names or owner_names([profile] if profile else [])
        self._one_lane = True     # a conversation's record and its text lie in different folders
        self._note_clashes()

    def _twin(self, file) -> bool:
        """Of two vaults of one person, both with such a file, only one can be stored."""
        other = self.plan.location_of(file.path)
        try:
            with open(other, "rb") as one, file.open() as two:
                while (block := one.read(1 << 20)) == two.read(1 << 20):
                    if not block:
                        return False
        except OSError:
            pass
        self.report.problem(printable(file.location), f"{printable(other)} has the same vault path")
        return False

    def _note_clashes(self) -> None:
        for paths in self.plan.clashes():
            self.report.note(printable(paths[0]), "differs only in case or accents from "
                             + ", ".join(map(printable, paths[1:]))
                             + ": a Mac or Windows could keep one of them")

    def store_and_read(self) -> None:
        self.plan.list_stored(self.vault.pages())
        files, size = self.plan.total()
        self.report.begin("count" if self.migration.dry_run else "import", files, size)
        with Lanes(self.migration, self.workers, self._one_lane) as lanes:
            for window in self.plan.windows():
                done = lanes.work(window)
                for one in done:
                    self.migration.settle(one)
                if not self.migration.dry_run:
                    self.plan.remember([(one.file, one.sha256, one.read_as) for one in done
                                        if one.kind and not one.file.superseded])

    def audit(self, turns: bool = False) -> None:
        """Whether the vault holds what the folder does; with `turns`, whether all of these are
        messages too."""
        self.plan.list_stored(self.vault.pages())
        Audit(self.vault, self.plan, self.report, self.migration.sealing,
              self.workers).run(self._prefixes)
        if turns and self.migration.sealing is None:
            self._audit_turns()

    def _audit_turns(self) -> None:
        counting = Migration(self.vault, self.report, self.migration.names, dry_run=True)
        with Lanes(counting, self.workers) as lanes:
            for window in self.plan.windows():
                for done in lanes.work([one for one in window
                                        if may_be_transcript(one.file.path)]):
                    lacking = sum(session.get("appended", 0) for session in
                                  (done.result or {}).get("sessions", []))
                    if lacking:
                        self.report.lacking_turns(done.file.path, lacking)
