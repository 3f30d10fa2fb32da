"""The files of a watched folder: what is there, what has come to rest, and how a file is replaced
without losing what an editor may be writing at that very moment."""

import ctypes
import errno
import fnmatch
import hashlib
import os
import stat
import time
from dataclasses import dataclass
from pathlib import Path

from .folder import CLUTTER
from .names import vault_path

OWN = ".vvault-tmp-"
PASSING = (OWN + "*", "*~", ".#*", ".*.sw?", "4913", ".goutputstream-*", ".~lock.*#")
_EXCHANGE = 2


class InTheWay(Exception):
    """The folder cannot hold that path; the text says why."""


@dataclass(frozen=True)
class Seen:
    location: str
    marks: tuple     # size, mtime_ns, inode


def marks_of(status: os.stat_result) -> tuple:
    return status.st_size, status.st_mtime_ns, status.st_ino


def passes(name: str) -> bool:
    """Made by the system or an editor for a moment, or by us."""
    return name in CLUTTER or any(fnmatch.fnmatchcase(name, shape) for shape in PASSING)


class WatchedFolder:
    def __init__(self, root: Path, begin: Path, settle: float):
        self.root, self.begin, self._settle = os.fspath(root), os.fspath(begin), settle
        self.unreadable = {}     # folders and files that could not be looked at: path → why
        self._moving = {}        # path → marks and when they were first seen

    @property
    def prefix(self) -> str:
        inner = os.path.relpath(self.begin, self.root)
        return "" if inner == "." else inner + "/"

    def scan(self) -> dict:
        """Vault path → Seen. Folders that cannot be read are in `unreadable`: what was in them is
        not known to be gone."""
        found, self.unreadable = {}, {}
        waiting = [self.begin]
        while waiting:
            folder = waiting.pop()
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            waiting.append(entry.path)
                        elif entry.is_file(follow_symlinks=False) and not passes(entry.name):
                            path, _ = vault_path(os.path.relpath(entry.path, self.root))
                            found[path] = Seen(entry.path, marks_of(entry.stat(follow_symlinks=False)))
            except FileNotFoundError:
                if folder == self.begin:
                    self.unreadable[""] = "the folder is gone"
            except OSError as error:
                inner = os.path.relpath(folder, self.root)
                self.unreadable["" if inner == "." else inner + "/"] = error.strerror
        return found

    def is_unknown(self, path: str) -> bool:
        return any(path.startswith(prefix) for prefix in self.unreadable)

    def has_settled(self, path: str, marks: tuple, now: float) -> bool:
        """Whether the file, or its absence, has been like this for a while; by this process' own
        clock, because files bring times from anywhere."""
        before = self._moving.get(path)
        if before is None or before[0] != marks:
            self._moving[path] = (marks, now)
            return self._settle <= 0
        return now - before[1] >= self._settle

    def keep_moving(self, candidates: set) -> None:
        """What is like it was again, or never came to rest before it went, moves no more."""
        self._moving = {path: seen for path, seen in self._moving.items() if path in candidates}

    def forget(self, path: str) -> None:
        self._moving.pop(path, None)

    def is_moving(self) -> bool:
        return bool(self._moving)

    # One file ----------------------------------------------------------------------------------

    def location(self, path: str) -> str:
        """Where a path of the vault lies, refused where it would lie outside or behind a link."""
        parts = path.split("/")
        if not all(parts) or any(part in (".", "..") for part in parts):
            raise InTheWay("no such path can be in a folder")
        place = self.root
        for part in parts[:-1]:
            place = os.path.join(place, part)
            try:
                if not stat.S_ISDIR(os.lstat(place).st_mode):
                    raise InTheWay(f"{part!r} is no folder here")
            except FileNotFoundError:
                break
        return os.path.join(self.root, *parts)

    @staticmethod
    def read(location: str):
        """(bytes, marks) of a file that did not change meanwhile, None if it did."""
        with open(location, "rb") as file:
            before = marks_of(os.fstat(file.fileno()))
            content = file.read()
            same = marks_of(os.fstat(file.fileno())) == before == marks_of(os.lstat(location))
        return (content, before) if same else None

    @staticmethod
    def digest(location: str):
        """(SHA-256, marks) of a file that did not change meanwhile, None if it did."""
        digest = hashlib.sha256()
        with open(location, "rb") as file:
            before = marks_of(os.fstat(file.fileno()))
            while block := file.read(1 << 20):
                digest.update(block)
            same = marks_of(os.fstat(file.fileno())) == before == marks_of(os.lstat(location))
        return (digest.hexdigest(), before) if same else None

    def draft(self, path: str) -> str:
        """Where the next content of a file is written before it takes the file's place."""
        location = self.location(path)
        os.makedirs(os.path.dirname(location), exist_ok=True)
        name = f"{OWN}{os.getpid()}-{time.monotonic_ns()}"
        return os.path.join(os.path.dirname(location), name)

    def place(self, draft: str, expected: tuple, location: str):
        """Puts a finished draft where the file is, if that still has the expected marks (None: if
        nothing is there). The new marks; None, and nothing changed, where somebody was faster."""
        try:
            if expected is None:
                os.link(draft, location)     # fails where there is a file by now
                os.unlink(draft)
            elif not self._exchange(draft, location, expected):
                return None
        except (FileExistsError, FileNotFoundError):
            return None
        except OSError as error:
            if expected is not None or error.errno not in (errno.EPERM, errno.ENOTSUP, errno.EMLINK):
                raise
            if os.path.lexists(location):    # a file system without links
                return None
            os.rename(draft, location)
        self.sync(os.path.dirname(location))
        return marks_of(os.lstat(location))

    @staticmethod
    def _exchange(draft: str, location: str, expected: tuple) -> bool:
        """What the two names mean is exchanged at once, and only then what was there is looked
        at: nothing that came in between can be overwritten."""
        if marks_of(os.lstat(location)) != expected:
            return False
        if not exchange(draft, location):
            os.replace(draft, location)
            return True
        if marks_of(os.lstat(draft)) != expected:
            exchange(draft, location)
            return False
        os.unlink(draft)
        return True

    @staticmethod
    def copy(location: str, draft: str) -> str:
        """A durable copy; its SHA-256."""
        digest = hashlib.sha256()
        with open(location, "rb") as source, open(draft, "wb") as target:
            while block := source.read(1 << 20):
                digest.update(block)
                target.write(block)
            target.flush()
            os.fsync(target.fileno())
        return digest.hexdigest()

    @staticmethod
    def sync(folder: str) -> None:
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def sweep(self) -> None:
        """Drafts that a killed run left."""
        for folder, _, names in os.walk(self.begin):
            for name in names:
                if name.startswith(OWN):
                    os.unlink(os.path.join(folder, name))


def exchange(one: str, other: str) -> bool:
    """False where the file system or the C library knows no such thing."""
    try:
        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (OSError, AttributeError):
        return False
    return call(-100, os.fsencode(one), -100, os.fsencode(other), _EXCHANGE) == 0
