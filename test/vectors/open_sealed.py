#!/usr/bin/python3
"""Reference opener of client-sealed files (doc/client-sealing.md).

Written from the description, without libsodium: X25519, ChaCha20 and Poly1305 are those of
python3-cryptography, Salsa20's and HChaCha20's rounds stand below. It holds the whole file in
memory; tools/vvault_seal.py does not.

    open_sealed.py SECRET-KEY-FILE < sealed > content
"""

import base64
import hashlib
import hmac
import json
import struct
import sys

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
from cryptography.hazmat.primitives.poly1305 import Poly1305
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

MAGIC = b"VVSEAL1\n"
CHUNK, EXTRA = 65536, 17
CONTENT, ABOUT, LAST = 0, 1, 3
SIGMA = struct.unpack("<4I", b"expand 32-byte k")


class DoesNotOpen(Exception):
    """Not sealed, sealed to another key, or changed."""


def rotated(value, bits):
    value &= 0xFFFFFFFF
    return (value << bits | value >> (32 - bits)) & 0xFFFFFFFF


def salsa_rounds(state):
    x = list(state)
    columns = ((0, 4, 8, 12), (5, 9, 13, 1), (10, 14, 2, 6), (15, 3, 7, 11))
    rows = ((0, 1, 2, 3), (5, 6, 7, 4), (10, 11, 8, 9), (15, 12, 13, 14))
    for _ in range(10):
        for a, b, c, d in columns + rows:
            x[b] ^= rotated(x[a] + x[d], 7)
            x[c] ^= rotated(x[b] + x[a], 9)
            x[d] ^= rotated(x[c] + x[b], 13)
            x[a] ^= rotated(x[d] + x[c], 18)
    return x


def salsa_state(key, sixteen):
    k, n = struct.unpack("<8I", key), struct.unpack("<4I", sixteen)
    return (SIGMA[0], *k[:4], SIGMA[1], *n, SIGMA[2], *k[4:], SIGMA[3])


def hsalsa20(key, sixteen):
    x = salsa_rounds(salsa_state(key, sixteen))
    return struct.pack("<8I", *(x[i] for i in (0, 5, 10, 15, 6, 7, 8, 9)))


def salsa20_block(key, nonce):
    state = salsa_state(key, nonce + bytes(8))
    return struct.pack("<16I", *((a + b) & 0xFFFFFFFF
                                 for a, b in zip(state, salsa_rounds(state))))


def hchacha20(key, sixteen):
    x = [*SIGMA, *struct.unpack("<8I", key), *struct.unpack("<4I", sixteen)]
    columns = tuple((i, i + 4, i + 8, i + 12) for i in range(4))
    diagonals = ((0, 5, 10, 15), (1, 6, 11, 12), (2, 7, 8, 13), (3, 4, 9, 14))
    for _ in range(10):
        for a, b, c, d in columns + diagonals:
            for one, two, three, bits in ((a, b, d, 16), (c, d, b, 12), (a, b, d, 8), (c, d, b, 7)):
                x[one] = (x[one] + x[two]) & 0xFFFFFFFF
                x[three] = rotated(x[three] ^ x[one], bits)
    return struct.pack("<8I", *x[:4], *x[12:])


def poly1305(key, *parts):
    code = Poly1305(key)
    for part in parts:
        code.update(part)
    return code.finalize()


def open_sealed_box(box, secret):
    """crypto_box_seal of a 32-byte key: one block of XSalsa20 serves code and key."""
    private = X25519PrivateKey.from_private_bytes(secret)
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    ephemeral, tag, sealed = box[:32], box[32:48], box[48:]
    nonce = hashlib.blake2b(ephemeral + public, digest_size=24).digest()
    shared = private.exchange(X25519PublicKey.from_public_bytes(ephemeral))
    block = salsa20_block(hsalsa20(hsalsa20(shared, bytes(16)), nonce[:16]), nonce[16:])
    if not hmac.compare_digest(poly1305(block[:32], sealed), tag):
        raise DoesNotOpen("sealed to another key, or changed")
    return bytes(a ^ b for a, b in zip(sealed, block[32:]))


class Stream:
    """crypto_secretstream_xchacha20poly1305, without rekeying, which is never asked for."""

    def __init__(self, key, header):
        self.key = hchacha20(key, header[:16])
        self.counter, self.nonce = 1, header[16:]

    def _chacha(self, block_number, data):
        nonce = struct.pack("<II", block_number, self.counter) + self.nonce
        return Cipher(algorithms.ChaCha20(self.key, nonce), None).encryptor().update(data)

    def pull(self, message, bound=b""):
        if len(message) < EXTRA:
            raise DoesNotOpen("cut off")
        tag_byte, sealed, code = message[:1], message[1:-16], message[-16:]
        first = self._chacha(1, tag_byte + bytes(63))
        expected = poly1305(self._chacha(0, bytes(32)), bound, bytes(-len(bound) % 16),
                            tag_byte + first[1:], sealed, bytes(len(sealed) % 16),
                            struct.pack("<QQ", len(bound), 64 + len(sealed)))
        if not hmac.compare_digest(expected, code):
            raise DoesNotOpen("changed, or out of order")
        content = self._chacha(2, sealed)
        self.nonce = bytes(a ^ b for a, b in zip(self.nonce, code))
        self.counter += 1
        return content, first[0]


def open_file(sealed, secret):
    """(what the file says about itself, its content)"""
    if not sealed.startswith(MAGIC) or len(sealed) < 114:
        raise DoesNotOpen("no sealed file")
    head, length = sealed[:114], struct.unpack(">H", sealed[112:114])[0]
    stream = Stream(open_sealed_box(head[8:88], secret), head[88:112])
    about, tag = stream.pull(sealed[114:114 + length], head)
    if tag != ABOUT:
        raise DoesNotOpen("changed")
    content, at = [], 114 + length
    while tag != LAST:
        piece, tag = stream.pull(sealed[at:at + CHUNK + EXTRA])
        if tag not in (CONTENT, LAST):
            raise DoesNotOpen("changed")
        content.append(piece)
        at += len(piece) + EXTRA
    if at != len(sealed):
        raise DoesNotOpen("something follows behind its end")
    return json.loads(about), b"".join(content)


def main():
    with open(sys.argv[1], encoding="ascii") as file:
        text = file.read().strip().removeprefix("vvsec_")
    _, content = open_file(sys.stdin.buffer.read(), base64.urlsafe_b64decode(text + "="))
    sys.stdout.buffer.write(content)


if __name__ == "__main__":
    main()
