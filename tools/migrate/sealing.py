"""What the migration does otherwise with --seal-to: it sends sealed files, and knows them again.

Sealing the same content twice gives two sealed files, so the vault's SHA-256 says nothing about
the file on the disk. A list on this machine does: which sealed file was made from which content.
Whoever loses it stores everything once more, as new versions; nothing else depends on it.
"""

import json
import os
from pathlib import Path

from seal.sealing import SealedBody

from .where import state_directory


def default_list() -> Path:
    return state_directory() / "sealed.jsonl"


class Sealing:
    """One line a sealed file: the SHA-256 of what is stored, that of the content, the key."""

    def __init__(self, public_key: bytes, path: Path):
        self.public_key = public_key
        self._path = path
        self._made = {}
        if path.exists():
            for line in path.read_text(encoding="ascii").splitlines():
                try:
                    entry = json.loads(line)
                    self._made[entry["sealed"]] = (entry["content"], entry["to"])
                except (ValueError, KeyError, TypeError):
                    pass  # a line that a crash cut short: its file is stored once more

    def is_stored(self, sealed: str, content: str) -> bool:
        return self._made.get(sealed) == (content, self.public_key.hex())

    def body(self, location, path: str) -> SealedBody:
        return SealedBody(location, self.public_key, path)

    def remember(self, sealed: str, content: str) -> None:
        """Called after the vault has it, so that a line never promises too much."""
        self._made[sealed] = (content, self.public_key.hex())
        self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with open(os.open(self._path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "w",
                  encoding="ascii") as file:
            file.write(json.dumps({"sealed": sealed, "content": content,
                                   "to": self.public_key.hex()}) + "\n")
