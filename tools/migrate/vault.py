"""What both ways to a vault have in common: gateway.py over HTTP, database.py in SQL.

Each has identity(), pages(), stored(), history(), put(), put_sealed(), import_turns(),
import_bytes(), digest() and is_alive(). Every call may be repeated, so a lost connection is simply
tried again, and every thread has a connection of its own.
"""

import random
import time
from dataclasses import dataclass

PAGE = 1000
BLOCK = 1 << 20


class Unreachable(Exception):
    """No answer within the time allowed."""


class Refused(Exception):
    """An answer that is an error: its status as HTTP has it, and what it says."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{text} (HTTP {status})")
        self.status = status


class Again(Exception):
    """It did not work now, and may later; with the pause that was asked for."""

    def __init__(self, reason: str, pause: float = None):
        super().__init__(reason)
        self.pause = pause


@dataclass(frozen=True)
class Stored:
    """What the vault tells of a file: the SHA-256 of what it holds, and who sealed that."""
    sha256: str
    encrypted: str


class Unreadable(OSError):
    """The file on the disk, and not the way to the vault, is what failed."""


class Changed(Unreadable):
    """The file is not what it was a moment ago."""

    def __init__(self):
        super().__init__(0, "it changed while it was being read; run again")


class Local:
    """A body from the disk, whose failures are told apart from those of the network."""

    def __init__(self, body):
        self.body, self.size = body, body.size

    def seek(self, position: int) -> None:
        self.body.seek(position)

    def read(self, most: int = -1) -> bytes:
        try:
            return self.body.read(most)
        except Unreadable:
            raise
        except OSError as error:
            raise Unreadable(error.errno or 0, error.strerror or str(error)) from None


class Bounded:
    """A file as long as it was when it was looked at: what is sent has the length announced."""

    def __init__(self, file, size: int):
        self.file, self.size, self._left = file, size, size

    def seek(self, position: int) -> None:
        self.file.seek(position)
        self._left = self.size - position

    def read(self, most: int = -1) -> bytes:
        block = self.file.read(self._left if most < 0 else min(most, self._left))
        self._left -= len(block)
        if not block and self._left:
            raise Changed()
        return block


def storable(value):
    """The same without what jsonb cannot hold: U+0000 and half surrogates are U+FFFD."""
    if isinstance(value, dict):
        return {storable(name): storable(one) for name, one in value.items()}
    if isinstance(value, list):
        return [storable(one) for one in value]
    if isinstance(value, str):
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")
    return value


def patiently(attempt, patience: float, whom: str):
    """What attempt() returns, asked again while it raises Again, with growing pauses."""
    deadline = time.monotonic() + patience
    pause = 0.2
    while True:
        try:
            return attempt()
        except Again as again:
            pause = min(pause * 2, 10)
            wait = (again.pause if again.pause is not None else pause) * random.uniform(0.8, 1.2)
            if time.monotonic() + wait > deadline:
                raise Unreachable(f"no answer from {whom}: {again}") from None
        time.sleep(wait)
