#!/usr/bin/python3
"""Writes the test vectors of vvault's formats: envelope.json, id_tokens.json,
keys.json, ledger.json, names.json and ticket.json, beside this script.

Written from doc/format.md and doc/ledger-leaf.md on hashlib, python3-cryptography
and python3-nacl; it shares no code with the C++ that is tested against it.

    make_vectors.py            write the files
    make_vectors.py --check    compare them with what would be written, and open
                               compressed.json, which the C++ side made
"""

import base64
import hashlib
import json
import pathlib
import shutil
import struct
import uuid

import nacl.bindings

import open_envelope as reader
from id_token_list import id_token_cases
from vector_files import write_or_check

HERE = pathlib.Path(__file__).resolve().parent

OWNER = "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e"
OTHER_OWNER = "01949e2c-8a52-7c31-8d11-ffffffffff01"
OBJECT = "01949e2d-0b11-7f00-a1b2-c3d4e5f60718"


def noise(label, length):
    """Bytes that anybody can make again and nobody can compress."""
    out = b""
    counter = 0
    while len(out) < length:
        out += hashlib.sha256(label.encode() + struct.pack(">Q", counter)).digest()
        counter += 1
    return out[:length]


# --- envelopes -------------------------------------------------------------

def seal_body(data_key, key_id, place, body, suite, salt, compressed):
    flags = reader.FLAG_SEGMENTED | (reader.FLAG_ZSTD if compressed else 0)
    hashed = struct.pack(">2sBBBBBBQ24s", b"VV", 1, suite, flags, 1, 16, 0, key_id, salt)
    key, commitment = reader.envelope_keys(data_key, hashed, reader.associated_data(**place))
    cipher = reader.SUITES[suite](key)
    pieces = [body[at:at + reader.SEGMENT] for at in range(0, len(body), reader.SEGMENT)] or [b""]
    return hashed + commitment + b"".join(
        cipher.encrypt(reader.segment_nonce(index, index == len(pieces) - 1), piece, None)
        for index, piece in enumerate(pieces))


def run_length_frame(byte, length):
    """A zstd frame (RFC 8878) of one run-length block, put together by hand."""
    assert 256 <= length < 65536 + 256
    block = 1 | 1 << 1 | length << 3  # last block, type RLE
    return (bytes.fromhex("28b52ffd") + bytes([0x60])  # one segment, 2 bytes of length
            + struct.pack("<H", length - 256) + struct.pack("<I", block)[:3] + byte)


def envelope_case(name, plaintext, suite=1, key_id=1, compressed_body=None, **place):
    place = {"kind": 1, "owner": OWNER, "object_id": OBJECT, "version": 0, "part": 0,
             "last": True, **place}
    data_key, salt = noise(name + "/key", 32), noise(name + "/salt", 24)
    body = plaintext if compressed_body is None else compressed_body
    sealed = seal_body(data_key, key_id, place, body, suite, salt, compressed_body is not None)
    opened, compressed = reader.open_body(data_key, sealed, **place)
    assert opened == body and compressed == (compressed_body is not None)
    case = {"name": name, "suite": suite, "data_key": data_key.hex(), "key_id": key_id,
            "salt": salt.hex(), "kind": place["kind"], "owner": place["owner"],
            "object": place["object_id"], "version": place["version"], "part": place["part"],
            "last": place["last"], "compressed": compressed}
    if len(plaintext) <= 1024:
        case |= {"plaintext": plaintext.hex(), "sealed": sealed.hex()}
    else:  # noise(name + "/plaintext", length)
        case |= {"noise_label": name + "/plaintext", "noise_length": len(plaintext),
                 "sealed_size": len(sealed), "sealed_sha256": hashlib.sha256(sealed).hexdigest()}
    return case


def envelope_cases():
    cases = []
    for suite in (1, 2):
        for kind in (1, 2, 3, 4, 5):
            cases.append(envelope_case(f"suite {suite}, kind {kind}", b"hello, vault",
                                       suite=suite, kind=kind))
        cases += [
            envelope_case(f"suite {suite}, empty", b"", suite=suite),
            envelope_case(f"suite {suite}, one byte", b"\0", suite=suite),
            envelope_case(f"suite {suite}, largest numbers", "größe ≠ länge".encode(), suite=suite,
                          key_id=2**64 - 1, kind=3, version=2**64 - 1, part=2**32 - 1, last=False),
            envelope_case(f"suite {suite}, run-length frame", b"a" * 1000, suite=suite,
                          compressed_body=struct.pack(">Q", 1000) + run_length_frame(b"a", 1000)),
        ]
        for length in (65535, 65536, 65537, 131072, 200000):
            name = f"suite {suite}, {length} bytes"
            cases.append(envelope_case(name, noise(name + "/plaintext", length), suite=suite,
                                       kind=3, version=7, part=2))
    return cases


# --- keys ------------------------------------------------------------------

def derive_key(root, number):
    """libsodium's crypto_kdf: BLAKE2b with the number as salt."""
    return hashlib.blake2b(b"", key=root, digest_size=32, salt=struct.pack("<QQ", number, 0),
                           person=b"vvaultdk".ljust(16, b"\0")).digest()


def key_cases():
    cases = []
    for number, key_id, owner, purpose, scope in (
            (1, 1, OWNER, 1, OBJECT), (2**31 - 1, 2**64 - 1, OTHER_OWNER, 2, None)):
        root, key, nonce = (noise(f"root {number}/{part}", size)
                            for part, size in (("root", 32), ("key", 32), ("nonce", 24)))
        context = (b"vvault/dek/v1" + struct.pack(">Q", key_id) + uuid.UUID(owner).bytes
                   + struct.pack(">IB", number, purpose)
                   + (uuid.UUID(scope).bytes if scope else b""))
        wrapped = nonce + nacl.bindings.crypto_aead_xchacha20poly1305_ietf_encrypt(
            key, context, nonce, derive_key(root, 1))
        cases.append({
            "root": root.hex(), "root_number": number, "key_id": key_id, "owner": owner,
            "purpose": purpose, "scope": scope,
            "key": key.hex(), "wrapped": wrapped.hex(),
            "derived": [derive_key(root, subkey).hex() for subkey in range(1, 6)],
            "check_value": hashlib.blake2b(b"vvault kcv v1", key=derive_key(root, 4),
                                           digest_size=16).hexdigest()})
    return cases


# --- ledger ----------------------------------------------------------------

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def ledger_case(event_type, actor, sequence, timestamp_us, xid, content, metadata, payload):
    previous = bytes(32) if sequence == 1 else noise(f"leaf {sequence - 1}", 32)
    salt, blind = noise(f"salt {sequence}", 16), noise(f"blind {sequence}", 32)
    payload_commitment = sha256(b"vvault/payload/v1\n", salt, payload)
    content_commitment = bytes(32) if content is None else sha256(
        b"vvault/content/v1\n", blind, sha256(content), sha256(metadata))
    leaf_input = (
        b"vvault/entry/v1\n" + uuid.UUID(OBJECT).bytes + uuid.UUID(OWNER).bytes
        + uuid.UUID(OTHER_OWNER).bytes + struct.pack(">Q", sequence) + previous
        + struct.pack(">H", len(event_type)) + event_type.encode()
        + struct.pack(">q", timestamp_us)
        + struct.pack(">H", len(actor.encode())) + actor.encode()
        + struct.pack(">Q", xid) + payload_commitment + content_commitment)
    return {
        "id": OBJECT, "user_id": OWNER, "stream_id": OTHER_OWNER, "stream_seq": sequence,
        "previous": previous.hex(), "event_type": event_type, "timestamp_us": timestamp_us,
        "actor": actor, "xid": xid, "salt": salt.hex(), "payload": payload.hex(),
        "payload_commitment": payload_commitment.hex(), "blind": blind.hex(),
        "content": None if content is None else content.hex(), "metadata": metadata.hex(),
        "content_commitment": content_commitment.hex(), "leaf_input": leaf_input.hex(),
        "leaf_hash": sha256(b"\0", leaf_input).hex()}


def ledger_cases():
    return [
        ledger_case("session.start", "user", 1, 1770510896208000, 734, None, b"", b"{}"),
        ledger_case("message.append", "zoë", 2, 0, 2**63, b"hello", b"", b'{"seq": 1}'),
        ledger_case("", "", 2**64 - 1, -1, 0, b"", b'{"a":1}', b""),
        ledger_case("e" * 300, "a" * 300, 3, 2**62, 2**64 - 1, b"\0" * 100, b"m", b"p" * 500),
    ]


# --- names and tickets -----------------------------------------------------

def name_cases():
    shards = []
    for text in (OWNER, OTHER_OWNER, OBJECT, "00000000-0000-0000-0000-000000000000",
                 "ffffffff-ffff-ffff-ffff-ffffffffffff", "c56a4180-65aa-42ec-a945-5fd21dec0538"):
        number = int(hashlib.md5(text.encode()).hexdigest(), 16) % 10000
        shards.append({"user_id": text, "shard": number, "name": f"shard_{number:04d}"})
    tokens = []
    for label in ("one", "two"):
        token = "vv_live_" + base64.urlsafe_b64encode(noise(label, 32)).decode().rstrip("=")
        tokens.append({"token": token, "prefix": token[:12],
                       "hash": sha256(b"vvault/token/v1\n", token.encode()).hex()})
    return {"shards": shards, "tokens": tokens}


def ticket_case(grants, database=16384, start=1770510896208123, pid=4711, scopes=0xFF,
                expires=1770510956208123, bound=False):
    key = noise("ticket key", 32)
    body = struct.pack(">Bq", 2 if bound else 1, expires) + uuid.UUID(OWNER).bytes + uuid.UUID(OBJECT).bytes
    body += struct.pack(">IH", scopes, len(grants))
    for owner, construct, role, until in grants:
        body += uuid.UUID(owner).bytes + uuid.UUID(construct).bytes + struct.pack(">Bq", role, until)
    binding = struct.pack(">Iqi", database, start, pid)
    mac = hashlib.blake2b(b"vvault/ticket/v1\n" + binding + body, key=key, digest_size=32).digest()
    return {"key": key.hex(), "database": database, "transaction_start_us": start,
            "leader_pid": pid, "expires_us": expires, "user": OWNER, "token": OBJECT,
            "scopes": scopes, "bound": bound,
            "grants": [{"owner": g[0], "construct": g[1], "role": g[2], "until_us": g[3]}
                       for g in grants],
            "ticket": base64.urlsafe_b64encode(body + mac).decode().rstrip("=")}


def ticket_cases():
    return [
        ticket_case([]),
        ticket_case([(OTHER_OWNER, OBJECT, 1, 2**63 - 1)], scopes=0),
        ticket_case([(OTHER_OWNER, OBJECT, 2, 1), (OWNER, OTHER_OWNER, 3, -1)],
                    database=2**32 - 1, start=-1, pid=-1, scopes=2**32 - 1),
        ticket_case([(OWNER, OBJECT, 2, 2**63 - 1)], bound=True),
    ]


# --- files -----------------------------------------------------------------

def check_compressed():
    """What the C++ side compressed and sealed opens here too."""
    for case in json.loads((HERE / "compressed.json").read_text()):
        body, compressed = reader.open_body(
            bytes.fromhex(case["data_key"]), bytes.fromhex(case["sealed"]), kind=case["kind"],
            owner=case["owner"], object_id=case["object"], version=case["version"],
            part=case["part"], last=case["last"])
        plaintext = case["plaintext"].encode()
        assert compressed and body[:8] == struct.pack(">Q", len(plaintext))
        assert body[8:12] == bytes.fromhex("28b52ffd")
        assert len(body) <= len(plaintext) - len(plaintext) // 16
        if shutil.which("zstd"):
            assert reader.decompress(body) == plaintext


def main():
    files = {"envelope.json": envelope_cases(), "id_tokens.json": id_token_cases(),
             "keys.json": key_cases(), "ledger.json": ledger_cases(),
             "names.json": name_cases(), "ticket.json": ticket_cases()}
    if write_or_check("make_vectors.py", files):
        check_compressed()


if __name__ == "__main__":
    main()
