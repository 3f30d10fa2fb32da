"""What lies in a folder: which person's vault, which files, and what must be left out.

A vault is a person's folder, users/<shard>/<person>/, and a file's vault path is what stands
behind it. Names are taken byte for byte. Nothing here talks to the gateway.
"""

import hashlib
import json
import os
import re
import stat
import unicodedata
from dataclasses import dataclass
from pathlib import Path

CLUTTER = {".DS_Store", "Thumbs.db"}
SHARD = re.compile(r"shard_\d{4}")
DOUBLED = re.compile(r"(?:^|/)(instances/[^/]+/)\1")


class UnusableFolder(Exception):
    """The folder cannot be migrated as asked; the text says why."""


@dataclass(frozen=True)
class FoundFile:
    path: str          # in the vault
    location: Path     # on the disk
    size: int

    def sha256(self) -> str:
        digest = hashlib.sha256()
        with open(self.location, "rb") as source:
            while block := source.read(1 << 20):
                digest.update(block)
        return digest.hexdigest()


@dataclass(frozen=True)
class Vault:
    root: Path         # the person's folder: vault paths begin behind it
    begin: Path        # where to look, the root or something in it

    @property
    def person(self) -> str:
        return self.root.name


def printable(name) -> str:
    """A file name as it can be shown: no raw bytes, no control characters."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(character if unicodedata.category(character) not in ("Cc", "Cf")
                   else character.encode("unicode_escape").decode() for character in text)


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


def outside(folder: Path, vaults: list) -> list:
    """Files below the folder that belong to nobody's vault, as paths to show."""
    folder = folder.resolve()
    everyone = {vault.root for vault in find_vaults(folder)} | {vault.root for vault in vaults}
    if any(root in (folder, *folder.parents) for root in everyone):
        return []
    found = []
    for directory, names, files in os.walk(folder):
        names[:] = sorted(name for name in names if Path(directory, name) not in everyone)
        found += [os.path.relpath(os.path.join(directory, name), folder)
                  for name in sorted(files) if name not in CLUTTER]
    return found


class Left:
    """Who is told what is left out: lost() of what is not stored but should be, skip() of what
    need not be, note() of what is stored and odd. Each takes a path to show and a reason."""

    def __init__(self, lost, skip, note):
        self.lost, self.skip, self.note = lost, skip, note


def list_files(vault: Vault, left: Left) -> list:
    """The files of a vault in the order of their paths."""
    if vault.begin.is_file():
        found = [examine(vault.begin, vault, left)]
    else:
        found = []

        def unreadable(error):
            left.lost(printable(os.path.relpath(error.filename, vault.root)), error.strerror)

        for directory, names, files in os.walk(vault.begin, onerror=unreadable):
            links = [name for name in names if Path(directory, name).is_symlink()]
            found += [examine(Path(directory, name), vault, left) for name in links + files]
    return sorted(filter(None, found), key=lambda file: file.path)


def examine(location: Path, vault: Vault, left: Left):
    """The file, or None after having said why it is left out."""
    path = os.path.relpath(location, vault.root)
    shown = printable(path)
    try:
        status = location.lstat()
        path.encode("utf-8")
    except UnicodeEncodeError:
        return left.lost(shown, "its name is not UTF-8")
    except OSError as error:
        return left.lost(shown, error.strerror)
    if location.name in CLUTTER:
        return left.skip(shown, "made by the operating system")
    if stat.S_ISLNK(status.st_mode):
        return left.skip(shown, "a symbolic link, not followed")
    if not stat.S_ISREG(status.st_mode):
        return left.skip(shown, "not a regular file")
    if any(unicodedata.category(character) == "Cc" for character in path):
        return left.lost(shown, "its name holds a control character")
    if not os.access(location, os.R_OK):
        return left.lost(shown, "not readable")
    if location.name.startswith(".") and location.name.endswith(".icloud"):
        left.lost(shown, "only a placeholder: the file is still in iCloud and must be downloaded")
    if DOUBLED.search(path):
        left.note(shown, "its path repeats itself; kept as it is")
    return FoundFile(path, location, status.st_size)


def owner_names(vaults: list) -> list:
    """How the owner is called in transcripts, by account/profile.json: full name, first name."""
    for vault in vaults:
        try:
            profile = json.loads((vault.root / "account" / "profile.json").read_bytes())
            name = profile["user_name"].strip()
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            continue
        if name:
            return list(dict.fromkeys([name, name.split()[0]]))
    return []
