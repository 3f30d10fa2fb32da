"""Arrays of any size are cut into their elements, whatever stands in these, in little memory."""

import io
import json
import random
import sys
import tempfile
import tracemalloc
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from migrate import reading, slices  # noqa: E402
from migrate.folder import FoundFile  # noqa: E402
from migrate.slices import NoArray, elements  # noqa: E402

TEXTS = ['"', "\\", '\\"', "[", "]", "{", "}", ",", "\n", "é", "\u2028", "\N{WATER WAVE}", "\\\\"]


class Dripping(io.BytesIO):
    """Gives out a few bytes at a time, whatever is asked for."""

    def __init__(self, content: bytes, most: int):
        super().__init__(content)
        self._most = most

    def read(self, amount=-1):
        return super().read(min(self._most, amount) if amount >= 0 else self._most)


def value(chance: random.Random, depth: int = 0):
    kind = chance.randrange(6 if depth < 4 else 4)
    if kind == 4:
        return [value(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind == 5:
        return {text(chance): value(chance, depth + 1) for _ in range(chance.randrange(4))}
    return (text(chance), chance.randrange(1000), None, True)[kind]


def text(chance: random.Random) -> str:
    return "".join(chance.choice(TEXTS) for _ in range(chance.randrange(6)))


class Slices(unittest.TestCase):
    def test_any_array_in_blocks_of_any_size(self):
        for seed in range(300):
            chance = random.Random(seed)
            wanted = [value(chance) for _ in range(chance.randrange(6))]
            written = json.dumps(wanted, ensure_ascii=seed % 2 == 0,
                                 indent=chance.choice((None, 1))).encode()
            for most in (1, 2, 3, 7, 1 << 20):
                found = [json.loads(one) for one in elements(Dripping(written, most))]
                self.assertEqual(found, wanted, (seed, most))

    def test_a_byte_order_mark_and_space_may_stand_before_it(self):
        self.assertEqual(list(elements(io.BytesIO(b"\xef\xbb\xbf \n[1, 2]"))), [b"1", b"2"])

    def test_what_is_no_whole_array_is_told(self):
        for wrong in (b"", b"{}", b"[1, 2", b'[{"a": "]"', b'["a\\"]', b"  "):
            with self.assertRaises(NoArray, msg=wrong):
                list(elements(io.BytesIO(wrong)))

    def test_one_that_is_too_large_is_left_out_and_told(self):
        told = []
        source = io.BytesIO(json.dumps(["a", "b" * 5000, "c"]).encode())
        self.assertEqual(list(elements(source, 1000, told.append)), [b'"a"', b'"c"'])
        self.assertEqual(told, [1])

    def test_slices_are_arrays_of_about_the_size_asked_for(self):
        wanted = [{"n": number, "text": "x" * 90} for number in range(500)]
        pieces = list(slices.slices(io.BytesIO(json.dumps(wanted).encode()), size=2000))
        self.assertGreater(len(pieces), 20)
        self.assertTrue(all(len(piece) < 2200 for piece in pieces))
        self.assertEqual([one for piece in pieces for one in json.loads(piece)], wanted)

    def test_memory_does_not_grow_with_the_file(self):
        class Endless:
            """40 MB of conversations, made as they are read."""
            left = 40_000
            one = json.dumps({"title": "x" * 900, "mapping": {"a": [1, 2, 3]}}).encode() + b","

            def read(self, _):
                self.left, before = max(0, self.left - 1000), self.left
                if before == 40_000:
                    return b"[" + self.one * 1000
                return self.one * 1000 if self.left else b"1]" if before else b""

        tracemalloc.start()
        try:
            count = sum(1 for _ in elements(Endless()))
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        self.assertGreater(count, 38_000)
        self.assertLess(peak, 8 << 20)


class Counting:
    """A vault that counts what it is given to read."""
    largest_bytes = 32 << 20

    def __init__(self):
        self.read = []

    def import_turns(self, path, names, dry_run=False) -> dict:
        self.read.append(("stored", path))
        return {"sessions": []}

    def import_bytes(self, path, content, names, dry_run=False) -> dict:
        self.read.append(("bytes", len(json.loads(content))))
        return {"sessions": [{"session": f"{len(self.read)}-{number}", "turns": 1, "appended": 1,
                              "known": 0, "roles": {"user": 1}}
                             for number in range(len(json.loads(content)))], "notes": ["odd"]}


class LargeFiles(unittest.TestCase):
    def read(self, content: bytes, is_stored: bool = False) -> tuple:
        with tempfile.NamedTemporaryFile(suffix=".json") as target:
            target.write(content)
            target.flush()
            vault = Counting()
            file = FoundFile("instances/zen-001/chatgpt/all.json", target.name, len(content))
            return vault.read, reading.read_turns(vault, file, [], not is_stored, is_stored)

    def test_an_array_is_read_in_slices_and_summed_up(self):
        calls, result = self.read(json.dumps(["x" * 20_000] * 500).encode())
        self.assertGreater(len(calls), 2)
        self.assertEqual(sum(amount for _, amount in calls), 500)
        self.assertEqual(sum(one["appended"] for one in result["sessions"]), 500)
        self.assertEqual(len(result["sessions"]), reading.SESSIONS_NAMED + 1)
        self.assertEqual(result["sessions"][-1]["count"], 400)
        self.assertEqual(result["notes"], ["odd"])
        again = reading.as_known(result)
        self.assertEqual((sum(one["known"] for one in again["sessions"]),
                          sum(one["appended"] for one in again["sessions"])), (500, 0))

    def test_what_is_no_array_is_read_whole(self):
        one = json.dumps({"mapping": {}, "title": "x" * (9 << 20)}).encode()
        self.assertEqual(self.read(one)[0], [("bytes", 2)])
        self.assertEqual(self.read(one, True)[0], [("stored", "instances/zen-001/chatgpt/all.json")])

    def test_an_array_that_is_cut_off_gives_its_beginning(self):
        whole = json.dumps(["x" * 20_000] * 500).encode()
        calls, result = self.read(whole[:-30_000], True)
        self.assertGreater(sum(amount for _, amount in calls), 200)
        self.assertIn("only its beginning", result["notes"][-1])


if __name__ == "__main__":
    unittest.main()
