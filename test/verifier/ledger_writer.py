"""Ledgers to be verified, written from doc/ledger-leaf.md, RFC 6962 and C2SP's formats on
hashlib alone: shares no code with the verifier or with the extension.

A log is a list of dicts, each a line of an export but for its proof; tests change the dicts
and write the log down again, with or without adapting what depends on the change.
"""

import base64
import json
import struct
import subprocess
import sys
import uuid
from pathlib import Path

TEST = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(TEST / "vectors"))

from make_tree_vectors import Tree, grouped  # noqa: E402
from note_vectors import LOG, ORIGIN, sha256  # noqa: E402
from proof_vectors import ZEROS, leaf_hash, leaf_input, payload_commitment  # noqa: E402

PROGRAM = TEST.parent / "build" / "verifier" / "vvault-verify"


def id_of(label: str) -> str:
    return str(uuid.UUID(bytes=sha256(label.encode())[:16]))


def commit(entry: dict) -> None:
    """The commitment that salt and payload give, and the leaf hash that the fields give."""
    if "payload" in entry:
        entry["payload_commitment"] = payload_commitment(entry["salt"], entry["payload"])
    entry["leaf_hash"] = leaf_hash(entry).hex()


def make_log(count: int, persons: int = 3, streams: int = 4, payloads: bool = True) -> list:
    """Entries of several persons and streams, interleaved."""
    log, last = [], {}
    for position in range(count):
        person, stream = position % persons, position // 2 % streams
        number, previous = last.get((person, stream), (0, ZEROS))
        entry = {"position": position, "id": id_of(f"entry {position}"),
                 "user_id": id_of(f"person {person}"), "stream_id": id_of(f"stream {stream}"),
                 "stream_seq": number + 1, "previous_leaf": previous,
                 "event_type": "message.created", "timestamp_us": 1770510896208000 + position,
                 "actor": "zo\u00eb", "xid": str(734 + position // 2),
                 "payload_commitment": sha256(b"payload", bytes([position % 256])).hex(),
                 "content_commitment": ZEROS if position % 2 else sha256(b"content").hex()}
        if payloads:
            entry["salt"] = sha256(f"salt {position}".encode())[:16].hex()
            entry["payload"] = json.dumps({"seq": position, "title": "na\u00efve \u201cquotes\u201d"},
                                          ensure_ascii=position % 2 == 0)
        commit(entry)
        last[person, stream] = number + 1, entry["leaf_hash"]
        log.append(entry)
    return log


def rewrite(log: list) -> None:
    """Adapts positions, chains and leaves to whatever was changed: a forger's work."""
    last = {}
    for position, entry in enumerate(log):
        stream = entry["user_id"], entry["stream_id"]
        number, previous = last.get(stream, (0, ZEROS))
        entry.update(position=position, stream_seq=number + 1, previous_leaf=previous)
        commit(entry)
        last[stream] = number + 1, entry["leaf_hash"]


def tree_of(log: list) -> Tree:
    leaves = [leaf_hash(entry) for entry in log]
    return Tree(len(leaves), leaves.__getitem__)


def checkpoint(size: int, root: bytes, signer=LOG, origin: str = ORIGIN) -> str:
    text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
    return text + "\n" + signer.line(text)


def checkpoint_of(log: list, size=None, **options) -> str:
    size = len(log) if size is None else size
    return checkpoint(size, tree_of(log[:size]).root(0, size), **options)


def header(count: int, note: str, **changes) -> str:
    return json.dumps({"format": "vvault-ledger-export/1", "origin": ORIGIN, "from": 0,
                       "size": count, "checkpoint": note, **changes}) + "\n"


def export(log: list, note=None, **changes) -> str:
    """The log as NDJSON, under the checkpoint of what it is now or the one given."""
    note = checkpoint_of(log) if note is None else note
    size = int(note.split("\n")[1])
    return header(size, note, **changes) + "".join(
        json.dumps(entry, ensure_ascii=False) + "\n" for entry in log)


def own_export(log: list, person: int = 0, note=None) -> str:
    """What one person gets: that person's entries, each with its proof."""
    tree, size = tree_of(log), len(log)
    own = [{**entry, "proof": [h.hex() for h in tree.path(entry["position"], 0, size)]}
           for entry in log if entry["user_id"] == id_of(f"person {person}")]
    return export(own, checkpoint_of(log) if note is None else note)


def write_tiles(directory: Path, log: list, note=None) -> None:
    """The log as tlog-tiles: checkpoint, hashes of all levels, bundles of leaf inputs."""
    def write(path: str, content: list) -> None:
        for begin in range(0, len(content), 256):
            part = content[begin:begin + 256]
            file = directory / f"{path}/{grouped(begin // 256)}"
            if len(part) < 256:
                file = Path(f"{file}.p") / str(len(part))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"".join(part))

    directory.mkdir(parents=True, exist_ok=True)
    (directory / "checkpoint").write_text(checkpoint_of(log) if note is None else note)
    inputs = [leaf_input(entry) for entry in log]
    write("tile/entries", [struct.pack(">H", len(text)) + text for text in inputs])
    hashes, level = [sha256(b"\0", text) for text in inputs], 0
    while hashes:
        write(f"tile/{level}", hashes)
        hashes = [Tree(256, hashes[begin:begin + 256].__getitem__).root(0, 256)
                  for begin in range(0, len(hashes) - 255, 256)]
        level += 1


def verify(text, *options, key: str = LOG.key) -> tuple:
    """Exit code and what was said; the text goes to standard input, a path is an argument."""
    keys = ["--key", key] if key else []
    if isinstance(text, Path):
        options, text = (*options, str(text)), ""
    done = subprocess.run([PROGRAM, *keys, *map(str, options)], capture_output=True, timeout=120,
                          input=text.encode() if isinstance(text, str) else text)
    return done.returncode, (done.stdout + done.stderr).decode()
