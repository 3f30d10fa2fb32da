"""A mirror in a folder, such as another disk's. What is there is whole: objects are written
beside their place, put on the disk, and renamed."""

import errno
import os
import secrets
from pathlib import Path

from .store import Refused, Store, Unavailable

UNFINISHED = ".unfinished-"
PERMANENT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR)


def _translated(error: OSError) -> Exception:
    kind = Refused if error.errno in PERMANENT else Unavailable
    return kind(f"{error.strerror}: {error.filename}")


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class DirectoryStore(Store):
    """The folder itself must be there: where a disk is not mounted, nothing is written below it."""

    def __init__(self, folder: Path):
        self.folder = folder.absolute()

    def _path(self, name: str) -> Path:
        if not self.folder.is_dir():
            raise Unavailable(f"there is no folder {self.folder}")
        return self.folder / name

    def get(self, name: str) -> bytes:
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _translated(error) from None

    def put(self, name: str, content: bytes) -> None:
        path = self._path(name)
        draft = path.parent / (UNFINISHED + secrets.token_hex(8))
        try:
            if not path.parent.is_dir():
                path.parent.mkdir(mode=0o700, exist_ok=True)
                _sync_folder(self.folder)
            with open(draft, "xb", opener=lambda p, f: os.open(p, f, 0o600)) as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.rename(path)
            _sync_folder(path.parent)
        except OSError as error:
            try:
                draft.unlink(missing_ok=True)
            except OSError:
                pass
            raise _translated(error) from None

    def delete(self, name: str) -> None:
        try:
            self._path(name).unlink(missing_ok=True)
        except OSError as error:
            raise _translated(error) from None

    def names(self) -> list:
        """Also what a process that was killed left unfinished."""
        self._path("")
        try:
            return sorted(str(path.relative_to(self.folder))
                          for path in self.folder.rglob("*") if path.is_file())
        except OSError as error:
            raise _translated(error) from None
