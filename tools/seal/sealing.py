"""The sealed form of a file (doc/client-sealing.md), made and opened in one pass and in bounded
memory."""

import hashlib
import json

import nacl.bindings as sodium
from nacl.exceptions import CryptoError

MAGIC = b"VVSEAL1\n"
CHUNK = 65536
SEALED_KEY = 32 + sodium.crypto_box_SEALBYTES
HEADER = sodium.crypto_secretstream_xchacha20poly1305_HEADERBYTES
EXTRA = sodium.crypto_secretstream_xchacha20poly1305_ABYTES
CONTENT = sodium.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
ABOUT = sodium.crypto_secretstream_xchacha20poly1305_TAG_PUSH
LAST = sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL


class DoesNotOpen(Exception):
    """Not sealed, sealed to another key, cut, lengthened or changed."""


def about_bytes(path: str = None) -> bytes:
    """What a sealed file says about itself to whoever opens it: the path it was sealed for."""
    about = json.dumps({"path": path} if path else {}, ensure_ascii=False).encode()
    if len(about) + EXTRA > 0xFFFF:
        raise ValueError("the path is too long")
    return about


def sealed_size(size: int, about: bytes) -> int:
    chunks = max(1, -(-size // CHUNK))
    return (len(MAGIC) + SEALED_KEY + HEADER + 2 + len(about) + EXTRA + size + chunks * EXTRA)


def seal(source, size: int, public_key: bytes, about: bytes):
    """Yields the sealed form of a binary file of `size` bytes, piece by piece."""
    key = sodium.randombytes(32)
    head = MAGIC + sodium.crypto_box_seal(key, public_key)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    push = sodium.crypto_secretstream_xchacha20poly1305_push
    head += sodium.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    head += (len(about) + EXTRA).to_bytes(2, "big")
    # The head is bound to the stream: neither can be exchanged alone.
    yield head + push(state, about, head, ABOUT)
    left = size
    while True:
        chunk = source.read(min(CHUNK, left))
        if len(chunk) < min(CHUNK, left):
            raise OSError(0, "it became shorter while it was read")
        left -= len(chunk)
        if left == 0 and source.read(1):
            raise OSError(0, "it became longer while it was read")
        yield push(state, chunk, None, LAST if left == 0 else CONTENT)
        if left == 0:
            return


def open_sealed(source, secret_key: bytes):
    """Yields what the file says about itself, a dict, then its content, piece by piece. Every
    piece is authentic when it comes; that none is missing is known when this ends."""
    head = source.read(len(MAGIC) + SEALED_KEY + HEADER + 2)
    if not head.startswith(MAGIC):
        raise DoesNotOpen("this is no sealed file")
    if len(head) < len(MAGIC) + SEALED_KEY + HEADER + 2:
        raise DoesNotOpen("it is cut off")
    sealed_key, header = head[8:8 + SEALED_KEY], head[8 + SEALED_KEY:-2]
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    try:
        key = sodium.crypto_box_seal_open(
            sealed_key, sodium.crypto_scalarmult_base(secret_key), secret_key)
        sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    except CryptoError:
        raise DoesNotOpen("it is sealed to another key, or changed") from None
    about, tag = _pull(state, source.read(int.from_bytes(head[-2:], "big")), head)
    if tag != ABOUT:
        raise DoesNotOpen("it is changed")
    yield json.loads(about)
    while tag != LAST:
        chunk, tag = _pull(state, source.read(CHUNK + EXTRA), None)
        if tag not in (CONTENT, LAST):
            raise DoesNotOpen("it is changed")
        yield chunk
    if source.read(1):
        raise DoesNotOpen("something follows behind its end")


def _pull(state, sealed: bytes, bound: bytes):
    if len(sealed) < EXTRA:
        raise DoesNotOpen("it is cut off")
    try:
        return sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, bound)
    except CryptoError:
        raise DoesNotOpen("it is changed, or cut off") from None


class SealedBody:
    """A sealed file as the body of a request: read() and seek(0), which seals it anew."""

    def __init__(self, location, public_key: bytes, path: str):
        self._file = open(location, "rb")
        self._file.seek(0, 2)
        self._size = self._file.tell()
        self._public_key, self._about = public_key, about_bytes(path)
        self.size = sealed_size(self._size, self._about)
        self.seek(0)

    def seek(self, position: int) -> None:
        assert position == 0
        self._file.seek(0)
        self._pieces = seal(self._file, self._size, self._public_key, self._about)
        self._kept = b""
        self._digest = hashlib.sha256()

    def read(self, amount: int = -1) -> bytes:
        """Exactly `amount` bytes while there are as many."""
        parts, have = [self._kept], len(self._kept)
        while amount < 0 or have < amount:
            piece = next(self._pieces, None)
            if piece is None:
                break
            self._digest.update(piece)
            parts.append(piece)
            have += len(piece)
        whole = b"".join(parts)
        end = len(whole) if amount < 0 else amount
        self._kept = whole[end:]
        return whole[:end]

    def sha256(self) -> str:
        """Of the sealed bytes, once all were read."""
        return self._digest.hexdigest()

    def close(self) -> None:
        self._file.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
