"""What lies in a folder: which person's vault, which files, and what must be left out.

A vault is a person's folder, users/<shard>/<person>/, and a file's vault path is what stands
behind it. Files are yielded as they are found, so that any number of them needs no memory.
Nothing here talks to the vault.
"""

import hashlib
import json
import os
import re
import stat
from dataclasses import dataclass
from pathlib import Path

from .names import oddities, printable, vault_path

CLUTTER = {".DS_Store", "Thumbs.db"}
SHARD = re.compile(r"shard_\d{4}")


class UnusableFolder(Exception):
    """The folder cannot be migrated as asked; the text says why."""


@dataclass(frozen=True)
class FoundFile:
    path: str            # in the vault
    location: str        # on the disk
    size: int
    mtime_ns: int = 0
    metadata: str = ""   # JSON of what its source tells of it
    superseded: bool = False   # an older version: another file of the same path comes after it

    def open(self):
        return open(self.location, "rb")

    def sha256(self) -> str:
        digest = hashlib.sha256()
        with self.open() as source:
            while block := source.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()

    def as_it_is(self) -> "FoundFile":
        """The same with its present size and time."""
        status = os.stat(self.location)
        return FoundFile(self.path, self.location, status.st_size, status.st_mtime_ns,
                         self.metadata, self.superseded)


@dataclass(frozen=True)
class Vault:
    root: Path         # the person's folder: vault paths begin behind it
    begin: Path        # where to look, the root or something in it

    @property
    def person(self) -> str:
        return self.root.name

    @property
    def prefix(self) -> str:
        """What every path found in it begins with."""
        inside = os.path.relpath(self.begin, self.root)
        if inside == ".":
            return ""
        return vault_path(inside)[0] + ("" if self.begin.is_file() else "/")


def find_vaults(folder: Path) -> list:
    """Every person's folder below `folder`, or the one that `folder` is or lies in."""
    folder = folder.resolve()
    for ancestor in (folder, *folder.parents):
        if is_person_folder(ancestor):
            return [Vault(ancestor, folder)]
    found = []
    for directory, names, _ in os.walk(folder):
        names.sort()
        for name in list(names):
            inner = Path(directory, name)
            if is_person_folder(inner):
                names.remove(name)
                if not inner.is_symlink():
                    found.append(Vault(inner, inner))
    if found:
        return found
    if folder.name == "instances":
        return [Vault(folder.parent, folder)]
    return [Vault(folder, folder)]


def is_person_folder(directory: Path) -> bool:
    return (directory.parent.parent.name == "users"
            and SHARD.fullmatch(directory.parent.name) is not None
            and directory.is_dir())


def choose_vaults(folder: Path, person: str = None) -> list:
    """The folders of one person: a token belongs to one, so several must be told apart."""
    vaults = find_vaults(folder)
    people = sorted({vault.person for vault in vaults})
    if person is not None:
        chosen = [vault for vault in vaults if vault.person == person]
        if not chosen:
            raise UnusableFolder(f"there is no person {person!r} in {folder}: "
                                 + ", ".join(map(printable, people)))
        return chosen
    if len(people) > 1:
        raise UnusableFolder(f"{folder} holds the vaults of {len(people)} people, and a token "
                             "belongs to one; choose with --user: "
                             + ", ".join(map(printable, people)))
    return vaults


def outside(folder: Path, vaults: list):
    """Files below the folder that belong to nobody's vault, as paths to show."""
    folder = folder.resolve()
    everyone = {vault.root for vault in find_vaults(folder)} | {vault.root for vault in vaults}
    if any(root in (folder, *folder.parents) for root in everyone):
        return
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if Path(directory, name) not in everyone)
        for name in sorted(files):
            if name not in CLUTTER:
                yield os.path.relpath(os.path.join(directory, name), folder)


class Left:
    """Who is told what is left out: lost() of what is not stored but should be, skip() of what
    need not be, note() of what is stored and odd. Each takes a path to show and a reason."""

    def __init__(self, lost, skip, note):
        self.lost, self.skip, self.note = lost, skip, note


def find_files(vault: Vault, left: Left):
    """The files of a vault, folder by folder, in no order that means anything."""
    if vault.begin.is_file():
        found = examine(vault.begin, vault, left)
        if found:
            yield found
        return

    def unreadable(error):
        left.lost(printable(os.path.relpath(error.filename, vault.root)), error.strerror)

    for directory, names, files in os.walk(vault.begin, onerror=unreadable):
        links = [name for name in names if os.path.islink(os.path.join(directory, name))]
        for name in links + files:
            found = examine(Path(directory, name), vault, left)
            if found:
                yield found


def examine(location: Path, vault: Vault, left: Left):
    """The file, or None after having said why it is left out."""
    relative = os.path.relpath(location, vault.root)
    shown = printable(relative)
    try:
        status = os.lstat(location)
    except OSError as error:
        return left.lost(shown, error.strerror)
    if location.name in CLUTTER:
        return left.skip(shown, "made by the operating system")
    if stat.S_ISLNK(status.st_mode):
        return left.skip(shown, "a symbolic link, not followed")
    if not stat.S_ISREG(status.st_mode):
        return left.skip(shown, "not a regular file")
    if not os.access(location, os.R_OK):
        return left.lost(shown, "not readable")
    path, rewritten = vault_path(relative)
    metadata = ""
    if rewritten:
        left.note(shown, f"its name cannot stand in a vault; stored as {path}")
        metadata = json.dumps({"name_on_disk": os.fsencode(relative).hex()})
    for odd in oddities(path, location.name):
        left.note(printable(path), odd)
    return FoundFile(path, str(location), status.st_size, status.st_mtime_ns, metadata)


def owner_names(profiles: list) -> list:
    """How the owner is called in transcripts, by account/profile.json: full name, first name."""
    for profile in profiles:
        try:
            with open(profile, "rb") as source:
                name = json.load(source)["user_name"].strip()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if name:
            return list(dict.fromkeys([name, name.split()[0]]))
    return []
