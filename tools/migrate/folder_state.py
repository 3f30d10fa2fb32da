"""What a watched folder and the vault were when they last agreed, file by file.

One SQLite file for each folder and person, so that a change of one file costs one row. A power cut
may take the last rows, and what they told is found out again by comparing. Whoever loses all of it
loses no file: what differs then and is no older version of the other side becomes a conflict, with
both kept.
"""

import hashlib
import os
import sqlite3
from dataclasses import dataclass, replace
from pathlib import Path

HERE, THERE = "here", "there"


@dataclass(frozen=True)
class Agreed:
    """Version and SHA-256 that both sides had, and the file's marks on this disk. `gone` says on
    which side the file was deleted since; `coming` is the SHA-256 of what is on its way to the
    vault, behind a colon, and before that the one of what it was merged from here. Version 0 stands for
    none yet."""
    version: int
    sha256: str
    marks: tuple = (0, 0, 0)     # size, mtime_ns, inode
    gone: str = ""
    coming: str = ""

    def with_(self, **changes) -> "Agreed":
        return replace(self, **changes)


def state_path(directory: Path, identity: str, root: Path) -> Path:
    name = hashlib.sha256(f"{identity}\0{os.fspath(root)}".encode("utf-8", "surrogateescape"))
    return directory / "watched" / f"{name.hexdigest()[:32]}.sqlite"


class FolderState:
    def __init__(self, path: Path):
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = sqlite3.connect(path, isolation_level=None)
        # A second watcher of the same folder would undo what this one does.
        self._file.execute("PRAGMA locking_mode = EXCLUSIVE")
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = NORMAL")
        self._file.execute("PRAGMA busy_timeout = 2000")
        self._file.execute("BEGIN EXCLUSIVE")
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS agreed (path TEXT PRIMARY KEY, version INTEGER NOT NULL,"
            " sha256 TEXT NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL,"
            " inode INTEGER NOT NULL, gone TEXT NOT NULL, coming TEXT NOT NULL) WITHOUT ROWID")
        self._file.execute("COMMIT")

    def get(self, path: str):
        row = self._file.execute("SELECT version, sha256, size, mtime_ns, inode, gone, coming"
                                 " FROM agreed WHERE path = ?", (path,)).fetchone()
        return Agreed(row[0], row[1], tuple(row[2:5]), row[5], row[6]) if row else None

    def put(self, path: str, agreed: Agreed) -> None:
        self._file.execute("INSERT OR REPLACE INTO agreed VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                           (path, agreed.version, agreed.sha256, *agreed.marks, agreed.gone,
                            agreed.coming))

    def paths(self) -> list:
        return [path for path, in self._file.execute("SELECT path FROM agreed ORDER BY path")]

    def everything(self) -> dict:
        return {row[0]: Agreed(row[1], row[2], tuple(row[3:6]), row[6], row[7]) for row in
                self._file.execute("SELECT path, version, sha256, size, mtime_ns, inode, gone, coming"
                                   " FROM agreed")}

    def close(self) -> None:
        self._file.close()
