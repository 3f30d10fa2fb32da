"""The two keys of client sealing, as text: vvpub_ or vvsec_ and 32 bytes in base64url."""

import base64
import binascii
import os
import re
import stat
from pathlib import Path

import nacl.bindings

PUBLIC, SECRET = "vvpub_", "vvsec_"


class UnusableKey(Exception):
    """What was given is no key, or not the one that is needed; the text says why."""


def make_pair(path: Path) -> str:
    """Writes the secret key to the path and the public one beside it; returns the public one."""
    public, secret = nacl.bindings.crypto_box_keypair()
    _write_new(path, written(SECRET, secret), 0o600)
    _write_new(path.with_name(path.name + ".pub"), written(PUBLIC, public), 0o644)
    return written(PUBLIC, public)


def written(prefix: str, key: bytes) -> str:
    return prefix + base64.urlsafe_b64encode(key).decode().rstrip("=")


def public_key(given: str) -> bytes:
    """From the key itself, as vvpub_… or as base64, or from a file that holds it."""
    path = Path(given)
    if path.is_file():
        given = path.read_text(encoding="ascii", errors="replace").strip()
    if given.startswith(SECRET):
        raise UnusableKey("this is a secret key; seal to the public one")
    key = _decoded(given.removeprefix(PUBLIC))
    if key is None:
        raise UnusableKey(f"{given[:60]!r} is no public key and no file that holds one")
    return key


def secret_key(path: Path) -> bytes:
    try:
        status = path.stat()
        text = path.read_text(encoding="ascii", errors="replace").strip()
    except OSError as error:
        raise UnusableKey(f"{path}: {error.strerror}") from None
    if stat.S_ISREG(status.st_mode) and status.st_mode & 0o077:
        raise UnusableKey(f"{path} is open to others than its owner: chmod 600 it")
    key = _decoded(text.removeprefix(SECRET)) if text.startswith(SECRET) else None
    if key is None:
        raise UnusableKey(f"{path} holds no secret key (vvsec_…)")
    return key


def _decoded(text: str):
    if not re.fullmatch(r"[A-Za-z0-9_+/-]{43}=?", text):
        return None
    try:
        return base64.b64decode(text.rstrip("=") + "=", altchars=None if set("+/") & set(text)
                                else b"-_", validate=True)
    except binascii.Error:
        return None


def _write_new(path: Path, text: str, mode: int) -> None:
    # O_EXCL: a key that is there already opens files that exist.
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w",
              encoding="ascii") as file:
        file.write(text + "\n")
