"""The keys that must be nowhere: root keys, what is derived from them, and data keys, unwrapped
here as doc/format.md says."""

import base64
import hashlib
import struct
import sys
import uuid
from pathlib import Path

import nacl.bindings

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster  # noqa: E402


def derived(root: bytes, number: int) -> bytes:
    return hashlib.blake2b(b"", key=root, digest_size=32, salt=struct.pack("<QQ", number, 0),
                           person=b"vvaultdk".ljust(16, b"\0")).digest()


def unwrapped(root: bytes, root_number: int, key_id: int, owner: str, purpose: str, scope: str,
              wrapped: bytes) -> bytes:
    context = (b"vvault/dek/v1" + struct.pack(">Q", key_id) + uuid.UUID(owner).bytes
               + struct.pack(">IB", root_number, {"content": 1, "lookup": 2}[purpose])
               + (uuid.UUID(scope).bytes if scope else b""))
    return nacl.bindings.crypto_aead_xchacha20poly1305_ietf_decrypt(
        wrapped[24:], context, wrapped[:24], derived(root, 1))


def root_keys(cluster: Cluster) -> dict:
    return {int(number): bytes.fromhex(key) for number, key in
            (line.split() for line in cluster.root_key().splitlines())}


def data_keys(rows: list, roots: dict) -> dict:
    """Every key of rows of (purpose, id, root key, owner, scope, wrapped)."""
    return {f"{purpose} key {key_id}": unwrapped(roots[int(number)], int(number), int(key_id),
                                                 owner, purpose, scope, bytes.fromhex(wrapped))
            for purpose, key_id, number, owner, scope, wrapped in rows}


WRAPPED_KEYS = ("SELECT purpose, id, root_key_id, user_id, coalesce(scope_id::text, ''),"
                "       encode(wrapped, 'hex')"
                "  FROM vvault.data_keys WHERE wrapped IS NOT NULL")


def keyed_digest(key: bytes, *parts: bytes) -> bytes:
    return hashlib.blake2b(b"".join(struct.pack(">Q", len(part)) + part for part in parts),
                           key=key, digest_size=32).digest()


def chunk_id_and_key(lookup_key: bytes, content: bytes) -> tuple:
    """What doc/file-versions.md calls a chunk of a file and seals it with."""
    lock = keyed_digest(lookup_key, b"vvault/chunk/1", b"\3", content)
    return uuid.UUID(bytes=keyed_digest(lock, b"id")[:16]), keyed_digest(lock, b"key")


def key_needles(key: bytes) -> list:
    """The ways that key bytes would show: raw, hexadecimal, base64 at each of three offsets."""
    shifted = [base64.b64encode(b"\0" * pad + key)[(pad * 4 + 2) // 3:-4].rstrip(b"=")
               for pad in range(3)]
    return [key, key.hex().encode(), key.hex().upper().encode(), *shifted]
