"""A million entries, streamed: memory grows with the number of streams and not with the log."""

import hashlib
import re
import struct
import subprocess
import unittest
from pathlib import Path

from ledger_writer import LOG, PROGRAM, ZEROS, checkpoint, header, sha256

PREFIX = b"vvault/entry/v1\n"
TEMPLATE = ('{"position":%d,"id":"%s","user_id":"%s","stream_id":"%s","stream_seq":%d,'
            '"previous_leaf":"%s","event_type":"e","timestamp_us":%d,"actor":"a","xid":"1",'
            '"payload_commitment":"' + ZEROS + '","content_commitment":"' + ZEROS + '",'
            '"leaf_hash":"%s"}\n')


def uuid_text(raw: bytes) -> str:
    text = raw.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def entries(count: int, streams: int):
    """Leaf hash and line of each: as ledger_writer has them, without what takes time there."""
    owner = bytes(range(16))
    names = [struct.pack(">QQ", 1, stream) for stream in range(streams)]
    texts = [uuid_text(name) for name in names]
    last = [bytes(32)] * streams
    for position in range(count):
        stream, number = position % streams, position // streams + 1
        raw = struct.pack(">QQ", 2, position)
        leaf = hashlib.sha256(b"".join((
            b"\0", PREFIX, raw, owner, names[stream], struct.pack(">Q", number), last[stream],
            b"\0\1e", struct.pack(">q", position), b"\0\1a", struct.pack(">Q", 1),
            bytes(64)))).digest()
        yield leaf, TEMPLATE % (position, uuid_text(raw), uuid_text(owner), texts[stream], number,
                                last[stream].hex(), position, leaf.hex())
        last[stream] = leaf


def root_of(leaves) -> bytes:
    """Of any number of leaves, by carrying: the tree itself would not fit beside the test."""
    stack = []
    for leaf in leaves:
        height = 0
        while stack and stack[-1][0] == height:
            leaf, height = sha256(b"\1", stack.pop()[1], leaf), height + 1
        stack.append((height, leaf))
    root = stack.pop()[1]
    while stack:
        root = sha256(b"\1", stack.pop()[1], root)
    return root


def peak(count: int, streams: int) -> int:
    """Memory at most, in KiB, of a run that says "verified"."""
    root = root_of(leaf for leaf, _ in entries(count, streams))
    process = subprocess.Popen([PROGRAM, "--key", LOG.key], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE)
    process.stdin.write(header(count, checkpoint(count, root)).encode())
    for _, line in entries(count, streams):
        process.stdin.write(line.encode())
    process.stdin.flush()
    # All but what a pipe holds has been read; only the living can be asked.
    status = Path(f"/proc/{process.pid}/status").read_text()
    said = process.communicate()[0].decode()
    if process.returncode != 0 or f"verified, {count} entries" not in said:
        raise AssertionError(said)
    return int(re.search(r"^VmHWM:\s+(\d+) kB$", status, re.MULTILINE).group(1))


class Memory(unittest.TestCase):
    def test_a_million_entries_take_no_more_than_a_thousand(self):
        few, many = peak(1_000, 1_000), peak(1_000_000, 1_000)
        print(f"1,000 entries: {few} KiB, 1,000,000: {many} KiB")
        self.assertLess(many, few + 4096)

    def test_a_stream_takes_less_than_200_bytes(self):
        one, many = peak(100_000, 1), peak(100_000, 100_000)
        print(f"1 stream: {one} KiB, 100,000: {many} KiB")
        self.assertLess(many - one, 100_000 * 200 // 1024)


if __name__ == "__main__":
    unittest.main()
