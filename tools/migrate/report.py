"""What a migration did, counted and named: lines while it runs, a summary and JSON after, and with
a file for it one line of JSON for every file."""

import json
import sys
from collections import Counter

from .progress import Progress
from .summary import as_json, summary

LISTED = 10_000     # of each list; what is beyond is counted, and in the file of the report


class Listing:
    """(path, reason) pairs, the first ones of them and how many there are."""

    def __init__(self):
        self.pairs, self.count = [], 0

    def add(self, path: str, why: str) -> None:
        self.count += 1
        if self.count <= LISTED:
            self.pairs.append((path, why))

    def __len__(self):
        return self.count


class Report:
    def __init__(self, dry_run: bool = False, out=sys.stdout, verbose: bool = False, details=None):
        self.dry_run = dry_run
        self.files = Counter()       # new, changed, unchanged
        self.kinds = Counter()       # what the files are
        self.oddities = Counter()    # what is unusual in them
        self.bytes_sent = 0
        self.turns = Counter()       # turns in the transcripts, by role
        self.messages = Counter()    # added, known
        self.formats = Counter()     # files that have turns in that format
        self.sessions = {}           # external id → construct, the first ones
        self.session_count = 0
        self.unknown_speakers = set()
        self.problems = Listing()    # not stored
        self.unread = Listing()      # stored, but not read as a transcript
        self.skipped = Listing()     # nothing that belongs in a vault
        self.without_turns = Listing()   # read, and no conversation
        self.notes = Listing()
        self.audit = None            # counts, once there was an audit
        self.differences = Listing()     # (path, what differs or lacks)
        self.vault_only = Listing()
        self.strict = False          # whether what only the vault has counts as a difference
        self.aborted = None
        self._out = out
        self._verbose = verbose or dry_run
        self._details = details
        self._progress = Progress(out)

    # While it runs -----------------------------------------------------------------------------

    def begin(self, what: str, files: int, size: int) -> None:
        self._progress.begin(what, files, size)
        if what == "audit":
            self.audit = Counter()

    def line(self, text: str) -> None:
        self._progress.clear()
        print(text, file=self._out, flush=True)

    def problem(self, path: str, why: str) -> None:
        self.problems.add(path, why)
        self.line(f"NOT STORED  {path}: {why}")
        self._detail(path, action="not stored", reason=why)

    def skip(self, path: str, why: str) -> None:
        self.skipped.add(path, why)
        self.line(f"skipped     {path}: {why}")
        self._detail(path, action="skipped", reason=why)

    def note(self, path: str, why: str) -> None:
        self.notes.add(path, why)
        self.line(f"note        {path}: {why}")

    def add(self, done) -> None:
        """What became of one file: see migration.Done."""
        path = done.file.path
        if done.problem:
            self.problem(path, done.problem)
        elif done.kind:
            self._add_stored(done)
            self._detail(path, action=done.kind, size=done.file.size, sha256=done.sha256,
                         **({"what": done.told.kind, "oddities": done.told.oddities,
                             "metadata": done.told.metadata} if done.told else {}),
                         **({"turns": done.result} if done.result else {}),
                         **({"not_read": done.not_read} if done.not_read else {}))
        self._progress.step(done.file.size, path)

    def _add_stored(self, done) -> None:
        path = done.file.path
        self.files[done.kind] += 1
        self.bytes_sent += done.bytes_sent
        if self._verbose and done.kind != "unchanged":
            self.line((f"would store {path} ({done.file.size} bytes, {done.kind}"
                       f", {done.told.kind})") if self.dry_run
                      else f"{done.kind:<11} {path} ({done.file.size} bytes, {done.told.kind})")
        if done.told:
            self.kinds[done.told.kind] += 1
            self.oddities.update(done.told.oddities)
        for why in done.notes:
            self.note(path, why)
        if done.not_read:
            self.unread.add(path, done.not_read)
            self.line(f"not read    {path}: kept as a file; {done.not_read}")
        if done.result is not None:
            self._add_turns(path, done.result)

    def _add_turns(self, path: str, result: dict) -> None:
        added = 0
        for session in result.get("sessions", []):
            self.session_count += session.get("count", 1)
            if session["session"] is not None and len(self.sessions) < LISTED:
                self.session_count -= session["session"] in self.sessions
                self.sessions[session["session"]] = session.get("construct")
            self.turns.update(session.get("roles") or {})
            self.messages["added"] += session.get("appended", 0)
            self.messages["known"] += session.get("known", 0)
            added += session.get("appended", 0)
        self.formats.update(result.get("formats") or [])
        self.unknown_speakers.update(map(str, result.get("unknown_speakers") or []))
        for text in result.get("notes") or []:
            self.note(path, str(text))
        if not result.get("sessions"):
            self.without_turns.add(path, "")
            if self._verbose:
                self.line(f"no turns    {path}: kept as a file")
        if added and self._verbose:
            self.line(f"messages    {path}: {added} "
                      + ("would be added" if self.dry_run else "added"))

    # The audit ---------------------------------------------------------------------------------

    def audited(self, file, what: str, why: str) -> None:
        self.audit[what] += 1
        if what == "newer":
            self.note(file.path, why)
        elif what != "same":
            self.differences.add(file.path, why)
            self.line(f"{what.upper():<11} {file.path}: {why}")
            self._detail(file.path, audit=what, reason=why)
        self._progress.step(file.size, file.path)

    def lacking_turns(self, path: str, count: int) -> None:
        self.audit["lacking_turns"] += count
        self.differences.add(path, f"{count} of its turns are no messages")
        self.line(f"LACKS       {path}: {count} of its turns are no messages")

    def only_in_the_vault(self, path: str) -> None:
        self.audit["only_in_the_vault"] += 1
        self.vault_only.add(path, "the folder has no such file")
        if self.strict or self._verbose:
            self.line(f"vault only  {path}: the folder has no such file")
        self._detail(path, audit="only in the vault")

    # After it ----------------------------------------------------------------------------------

    def _detail(self, path: str, **members) -> None:
        if self._details is not None:
            self._details.write(json.dumps({"path": path, **members}, ensure_ascii=False) + "\n")

    def exit_code(self) -> int:
        return int(bool(self.problems or self.aborted or self.differences
                        or (self.strict and self.vault_only)))

    def summary(self) -> str:
        self._progress.clear()
        return summary(self)

    def as_json(self) -> str:
        return as_json(self)
