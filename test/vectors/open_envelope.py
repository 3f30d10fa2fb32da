#!/usr/bin/python3
"""Reference decryptor of vvault envelopes, version 1 (doc/format.md).

Written from the description and on other libraries than the extension's, so
that the two can be checked against each other, and so that a person who has the
data key and the bytes never needs vvault to read them.

    open_envelope.py --key HEX --kind N --owner UUID --object UUID \
        [--version N] [--part N] [--not-last] < sealed > plaintext
"""

import argparse
import hashlib
import hmac
import struct
import subprocess
import sys
import uuid

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, ChaCha20Poly1305

HEADER = struct.Struct(">2sBBBBBBQ24s32s")
SEGMENT = 65536
TAG = 16
SUITES = {1: AESGCM, 2: ChaCha20Poly1305}
FLAG_ZSTD = 1
FLAG_SEGMENTED = 4


class UnknownFormat(Exception):
    """Written by a version this script does not know."""


class DoesNotOpen(Exception):
    """Wrong key, wrong place, or changed bytes."""


def associated_data(kind, owner, object_id, version=0, part=0, last=True):
    """Rule 1: what an envelope is bound to."""
    return (b"vvault/1" + struct.pack(">B", kind) + uuid.UUID(owner).bytes
            + uuid.UUID(object_id).bytes + struct.pack(">QIB", version, part, last))


def envelope_keys(data_key, hashed_header, context):
    """The key of one envelope, and the commitment to it."""
    message = hashed_header + struct.pack("<Q", len(context)) + context
    okm = hashlib.blake2b(message, key=data_key, digest_size=64).digest()
    return okm[:32], okm[32:]


def segment_nonce(index, last):
    return bytes(7) + struct.pack(">IB", index, last)


def open_body(data_key, sealed, **place):
    """(body, compressed): what is inside, before any decompression."""
    if len(sealed) < HEADER.size + TAG:
        raise DoesNotOpen("too short")
    magic, version, suite, flags, rule, log2_segment, dictionary, _, _, commitment = \
        HEADER.unpack(sealed[:HEADER.size])
    if magic != b"VV":
        raise DoesNotOpen("no envelope")
    if (version != 1 or suite not in SUITES or flags & ~FLAG_ZSTD != FLAG_SEGMENTED
            or rule != 1 or log2_segment != 16 or dictionary != 0):
        raise UnknownFormat(sealed[:8].hex())

    key, expected = envelope_keys(data_key, sealed[:40], associated_data(**place))
    if not hmac.compare_digest(expected, commitment):
        raise DoesNotOpen("wrong key or place")

    cipher, rest, body, index = SUITES[suite](key), sealed[HEADER.size:], b"", 0
    while True:
        segment, rest = rest[:SEGMENT + TAG], rest[SEGMENT + TAG:]
        if len(segment) < TAG or (len(segment) == TAG and index > 0):
            raise DoesNotOpen("cut short")
        try:
            body += cipher.decrypt(segment_nonce(index, not rest), segment, None)
        except InvalidTag:
            raise DoesNotOpen("changed") from None
        if not rest:
            return body, bool(flags & FLAG_ZSTD)
        index += 1


def decompress(body):
    """The u64 in front tells the length; the rest is one zstd frame."""
    (length,) = struct.unpack(">Q", body[:8])
    plaintext = subprocess.run(["zstd", "-d", "-c"], input=body[8:], check=True,
                               capture_output=True).stdout
    if len(plaintext) != length:
        raise DoesNotOpen("length does not match")
    return plaintext


def open_envelope(data_key, sealed, **place):
    body, compressed = open_body(data_key, sealed, **place)
    return decompress(body) if compressed else body


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--key", required=True, help="data key, 64 hexadecimal digits")
    parser.add_argument("--kind", type=int, required=True)
    parser.add_argument("--owner", required=True)
    parser.add_argument("--object", required=True)
    parser.add_argument("--version", type=int, default=0)
    parser.add_argument("--part", type=int, default=0)
    parser.add_argument("--not-last", action="store_true")
    arguments = parser.parse_args()
    sys.stdout.buffer.write(open_envelope(
        bytes.fromhex(arguments.key), sys.stdin.buffer.read(), kind=arguments.kind,
        owner=arguments.owner, object_id=arguments.object, version=arguments.version,
        part=arguments.part, last=not arguments.not_last))


if __name__ == "__main__":
    main()
