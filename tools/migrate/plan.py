"""What there is on the disk, in the vault, and what was done before, joined without memory.

Two SQLite files: one of this run, thrown away, with what was found and what the vault lists; and
one that stays (the state), which says of each file what was read of it when, so that a second run,
or one after an interruption, reads only what changed. Whoever loses the state loses time only.
"""

import hashlib
import os
import sqlite3
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from .folder import FoundFile
from .names import folded
from .vault import Stored

SETTLED_NS = 2_000_000_000   # a file changed so lately may change again without another time
WINDOW_FILES, WINDOW_BYTES = 256, 64 << 20

TABLES = """
CREATE TABLE found (path TEXT NOT NULL, ordinal INTEGER NOT NULL, location BLOB NOT NULL,
                    size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, metadata TEXT NOT NULL,
                    folded TEXT NOT NULL, PRIMARY KEY (path, ordinal)) WITHOUT ROWID;
CREATE TABLE stored (path TEXT PRIMARY KEY, sha256 TEXT, encrypted TEXT) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS kept.done (path TEXT PRIMARY KEY, size INTEGER NOT NULL,
                    mtime_ns INTEGER NOT NULL, sha256 TEXT NOT NULL, read_as TEXT)
                    WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Planned:
    """A file, what the vault has at its path, and what is known of it from before."""
    file: FoundFile
    stored: Stored = None
    sha256: str = None    # of the file, if it is what it was then
    read_as: str = None   # how its turns were read then, None if they were not
    last_sha256: str = None   # of the file when it was stored the last time, changed since or not
    several: bool = False     # other files of this run have the same path: versions of one file


def state_path(directory: Path, whose: str, folder: Path) -> Path:
    name = hashlib.sha256(f"{whose}\n{os.fspath(folder.resolve())}".encode(
        "utf-8", "surrogateescape")).hexdigest()[:24]
    return directory / "imports" / f"{name}.sqlite"


class Plan:
    def __init__(self, state: Path = None):
        self._scratch = tempfile.NamedTemporaryFile(prefix="vvault-plan-")
        self._db = sqlite3.connect(self._scratch.name, isolation_level=None, timeout=60,
                                   check_same_thread=False)
        self._db.execute("PRAGMA journal_mode = OFF")
        self._db.execute("PRAGMA synchronous = OFF")
        if state is not None:
            state.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._db.execute("ATTACH ? AS kept", (os.fspath(state) if state else ":memory:",))
        if state is not None:
            os.chmod(state, 0o600)
            self._db.execute("PRAGMA kept.journal_mode = WAL")
        self._db.executescript(TABLES)

    def close(self) -> None:
        self._db.close()
        self._scratch.close()

    # Filling it --------------------------------------------------------------------------------

    def add_found(self, files, twin=None) -> None:
        """Of several files of one path the first is taken and twin(file) told of the others,
        unless they are said to be versions of it: then all are, in their order."""
        self._db.execute("BEGIN")
        for file in files:
            last, = self._db.execute("SELECT max(ordinal) FROM found WHERE path = ?",
                                     (file.path,)).fetchone()
            if last is not None and twin is not None and not twin(file):
                continue
            self._db.execute("INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?)",
                             (file.path, 0 if last is None else last + 1,
                              os.fsencode(file.location), file.size, file.mtime_ns,
                              file.metadata, folded(file.path)))
        self._db.execute("COMMIT")

    def list_stored(self, pages) -> None:
        """What the vault has now."""
        self._db.execute("BEGIN")
        self._db.execute("DELETE FROM stored")
        self._db.executemany("INSERT OR REPLACE INTO stored VALUES (?, ?, ?)",
                             ((path, one.sha256, one.encrypted) for path, one in pages))
        self._db.execute("COMMIT")

    # Asking it ---------------------------------------------------------------------------------

    def total(self) -> tuple:
        """How many files, and bytes in them."""
        return self._db.execute("SELECT count(*), coalesce(sum(size), 0) FROM found").fetchone()

    def location_of(self, path: str):
        row = self._db.execute("SELECT location FROM found WHERE path = ?", (path,)).fetchone()
        return row and os.fsdecode(row[0])

    def windows(self):
        """Lists of Planned in the order of paths, each small enough to be held."""
        after, ordinal = "", -1
        while True:
            rows = self._db.execute(
                "SELECT f.path, f.ordinal, f.location, f.size, f.mtime_ns, f.metadata,"
                " EXISTS (SELECT 1 FROM found l WHERE l.path = f.path AND l.ordinal > f.ordinal),"
                " s.sha256, s.encrypted, d.size, d.mtime_ns, d.sha256, d.read_as"
                " FROM found f LEFT JOIN stored s ON s.path = f.path"
                " LEFT JOIN kept.done d ON d.path = f.path"
                " WHERE (f.path, f.ordinal) > (?, ?) ORDER BY f.path, f.ordinal LIMIT ?",
                (after, ordinal, WINDOW_FILES)).fetchall()
            window, taken = [], 0
            for row in rows:
                if window and taken + row[3] > WINDOW_BYTES:
                    break
                taken += row[3]
                after, ordinal = row[0], row[1]
                window.append(_planned(row))
            if not window:
                return
            yield window

    def clashes(self):
        """Groups of paths that differ only in case, or in how an accent is written."""
        for names, in self._db.execute("SELECT group_concat(path, char(10)) FROM (SELECT DISTINCT"
                                       " folded, path FROM found ORDER BY path) GROUP BY folded"
                                       " HAVING count(*) > 1"):
            yield names.split("\n")

    def only_stored(self, prefixes: list):
        """Paths that the vault has below one of the prefixes and the folder has not."""
        for path, in self._db.execute("SELECT path FROM stored s WHERE NOT EXISTS"
                                      " (SELECT 1 FROM found f WHERE f.path = s.path)"
                                      " ORDER BY path"):
            if any(path.startswith(prefix) for prefix in prefixes):
                yield path

    # What stays --------------------------------------------------------------------------------

    def remember(self, done: list) -> None:
        """(file, SHA-256, how it was read) of what is in the vault now, for the next run."""
        settled = time.time_ns() - SETTLED_NS
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(
            "INSERT OR REPLACE INTO kept.done VALUES (?, ?, ?, ?, ?)",
            [(file.path, file.size, file.mtime_ns, sha256, read_as)
             for file, sha256, read_as in done if file.mtime_ns < settled])
        self._db.execute("COMMIT")


def _planned(row) -> Planned:
    (path, ordinal, location, size, mtime_ns, metadata, superseded, sha256, encrypted, done_size,
     done_mtime_ns, done_sha256, read_as) = row
    file = FoundFile(path, os.fsdecode(location), size, mtime_ns, metadata, bool(superseded))
    stored = Stored(sha256, encrypted) if encrypted is not None else None
    several = bool(superseded) or ordinal > 0
    if (done_size, done_mtime_ns) == (size, mtime_ns) and not several:
        return Planned(file, stored, done_sha256, read_as, done_sha256)
    return Planned(file, stored, last_sha256=None if several else done_sha256, several=several)
