"""What a migration did, counted and named: progress while it runs, a summary and JSON after."""

import json
import shutil
import sys
import time
from collections import Counter


class Report:
    def __init__(self, dry_run: bool, out=sys.stdout):
        self.dry_run = dry_run
        self.files = Counter()       # new, changed, unchanged, failed
        self.bytes_sent = 0
        self.turns = Counter()       # turns in the transcripts, by role
        self.messages = Counter()    # added, known
        self.sessions = {}           # external id → construct
        self.unknown_speakers = set()
        self.problems = []           # (path, why): not stored
        self.unread = []             # (path, why): stored, but not read as a transcript
        self.skipped = []            # (path, why): nothing that belongs in a vault
        self.without_turns = []      # paths: read, and no conversation
        self.notes = []              # (path, why)
        self.aborted = None
        self._out = out
        self._tty = out.isatty()
        self._shown = 0.0

    # While it runs -----------------------------------------------------------------------------

    def progress(self, number: int, total: int, path: str) -> None:
        """One line that is written over, on a terminal only."""
        now = time.monotonic()
        if self._tty and (now - self._shown > 0.1 or number == total):
            self._shown = now
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\x1b[K{f'{number}/{total} {path}'[:width]}", end="", file=self._out,
                  flush=True)

    def line(self, text: str) -> None:
        if self._tty:
            print("\r\x1b[K", end="", file=self._out)
        print(text, file=self._out, flush=True)

    def problem(self, path: str, why: str) -> None:
        self.problems.append((path, why))
        self.line(f"NOT STORED  {path}: {why}")

    def not_read(self, path: str, why: str) -> None:
        self.unread.append((path, why))
        self.line(f"not read    {path}: kept as a file; {why}")

    def skip(self, path: str, why: str) -> None:
        self.skipped.append((path, why))
        self.line(f"skipped     {path}: {why}")

    def note(self, path: str, why: str) -> None:
        self.notes.append((path, why))
        self.line(f"note        {path}: {why}")

    def add_import(self, path: str, result: dict) -> None:
        added = 0
        for session in result.get("sessions", []):
            self.sessions[session["session"]] = session.get("construct")
            self.turns.update(session.get("roles", {}))
            self.messages["added"] += session.get("appended", 0)
            self.messages["known"] += session.get("known", 0)
            added += session.get("appended", 0)
        self.unknown_speakers.update(map(str, result.get("unknown_speakers") or []))
        for text in result.get("notes") or []:
            self.note(path, str(text))
        if not result.get("sessions"):
            self.without_turns.append(path)
            self.line(f"no turns    {path}: kept as a file")
        if added:
            self.line(f"messages    {path}: {added} "
                      + ("would be added" if self.dry_run else "added"))

    # After it ----------------------------------------------------------------------------------

    def exit_code(self) -> int:
        return 1 if self.problems or self.aborted else 0

    def summary(self) -> str:
        files, turns = self.files, self.turns
        lines = ["DRY RUN     nothing was changed; it would be:"] if self.dry_run else []
        lines += [f"files       {files['new']} new, {files['changed']} changed, "
                  f"{files['unchanged']} unchanged, {len(self.skipped)} skipped, "
                  f"{len(self.problems)} not stored ({self.bytes_sent} bytes sent)",
                  f"turns       {turns['user']} user, {turns['assistant']} assistant, "
                  f"{turns['system']} system in {len(self.sessions)} conversations; "
                  f"none in {len(self.without_turns)} of the files read",
                  f"messages    {self.messages['added']} added, "
                  f"{self.messages['known']} already known"]
        if self.unknown_speakers:
            lines.append("speakers    neither owner nor construct: "
                         + ", ".join(sorted(self.unknown_speakers)))
        if self.problems:
            lines.append("not stored  " + ", ".join(path for path, _ in self.problems))
        if self.unread:
            lines.append("not read    kept as files: " + ", ".join(path for path, _ in self.unread))
        if self.aborted:
            lines.append(f"ABORTED     {self.aborted}; run it again to go on")
        return "\n".join(lines)

    def as_json(self) -> str:
        def named(pairs):
            return [{"path": path, "reason": why} for path, why in pairs]
        return json.dumps({
            "dry_run": self.dry_run,
            "files": {kind: self.files[kind] for kind in ("new", "changed", "unchanged")}
                     | {"not_stored": len(self.problems)},
            "bytes_sent": self.bytes_sent,
            "turns": {role: self.turns[role] for role in ("user", "assistant", "system")},
            "messages": {kind: self.messages[kind] for kind in ("added", "known")},
            "sessions": [{"session": session, "construct": construct}
                         for session, construct in sorted(self.sessions.items())],
            "unknown_speakers": sorted(self.unknown_speakers),
            "not_stored": named(self.problems),
            "not_read": named(self.unread),
            "skipped": named(self.skipped),
            "without_turns": self.without_turns,
            "notes": named(self.notes),
            "aborted": self.aborted,
        }, ensure_ascii=False, indent=2)
