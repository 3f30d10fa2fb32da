"""Input that is no export: refused with exit code 2, the line named, nothing quoted, and neither
memory nor stack used up."""

import json
import re
import subprocess
import unittest

from ledger_writer import PROGRAM, export, header, verify
from verify_case import VerifyCase


class Hostile(VerifyCase):
    COUNT = 5

    def lines(self) -> list:
        return export(self.log).splitlines()

    def expect_line(self, number: int, words: str, given) -> None:
        code, said = verify(given)
        self.assertEqual(code, 2, said)
        self.assertRegex(said, rf"line {number} (cannot be used|holds|is longer).*{words}")

    def test_nothing(self):
        self.expect(2, "the input is empty", "")
        self.expect_line(1, "no JSON", "\n")

    def test_a_line_cut_off_at_any_byte(self):
        lines = self.lines()
        whole = lines[2].encode()
        for length in (*range(1, 40), len(whole) // 2, len(whole) - 1):
            text = "\n".join(lines[:2]).encode() + b"\n" + whole[:length]
            self.expect_line(3, "", text)

    def test_a_file_cut_off_between_lines(self):
        self.expect(1, "entry 3 is missing", "\n".join(self.lines()[:4]) + "\n")

    def test_heads_that_are_none(self):
        for head in ("[]", "1", "null", '"x"', "{}", '{"format": "vvault-ledger-export/2"}',
                     '{"format": 1}', json.dumps(self.log[0])):
            self.expect_line(1, "", head + "\n")
        for missing in ("origin", "from", "size", "checkpoint"):
            head = json.loads(header(5, self.note))
            del head[missing]
            self.expect_line(1, f'"{missing}" is missing', json.dumps(head))
        self.expect_line(1, "does not know", header(5, self.note, more=1))
        self.expect(2, "empty line before its signatures", header(5, "nonsense"))

    def test_members_that_are_missing_or_of_another_kind(self):
        required = ("position", "id", "user_id", "stream_id", "stream_seq", "event_type",
                    "timestamp_us", "actor", "xid", "leaf_hash")
        for name in required:
            entry = dict(self.log[0])
            del entry[name]
            self.expect_line(2, f'"{name}" is missing', export([entry], self.note))
        for name in (*required, "previous_leaf", "payload_commitment", "content_commitment", "salt",
                     "payload", "proof"):
            for value in ([1], {"a": "b"}, True, 1.5, [[]], [None]):
                entry = {**self.log[0], name: value}
                self.expect_line(2, "", export([entry], self.note))
        for name, value in (("position", "0"), ("position", -1), ("stream_seq", -1), ("xid", 1),
                            ("xid", "01"), ("xid", "-1"), ("xid", ""), ("xid", str(2**64)),
                            ("timestamp_us", 2**63), ("id", "x"), ("id", self.log[0]["id"] + "0"),
                            ("id", self.log[0]["id"].replace("-", "")), ("leaf_hash", "00"),
                            ("leaf_hash", "0g" * 32), ("salt", "00" * 15), ("payload", None),
                            ("salt", None), ("proof", ["00"]), ("proof", "00" * 32)):
            entry = {**self.log[0], name: value}
            self.expect_line(2, "", export([entry], self.note))

    def test_an_unknown_member_is_not_passed_over(self):
        self.expect_line(2, "does not know", export([{**self.log[0], "note": "x"}], self.note))

    def test_the_same_member_twice(self):
        line = json.dumps(self.log[0])
        for again in ('"position": 0', '"payload": "{}"', '"\\u0070osition": 0'):
            text = header(5, self.note) + line[:-1] + ", " + again + "}\n"
            self.expect_line(2, "the same member twice", text)

    def test_numbers_beyond_all_bounds(self):
        for number in ("1e400", "-1e400", "9" * 400, "1e3", "1.0", "-0.0", str(2**64), "NaN", "0x1"):
            line = re.sub('"position": 0', f'"position": {number}', json.dumps(self.log[0]))
            self.expect_line(2, "", header(5, self.note) + line + "\n")

    def test_nesting_without_end(self):
        for opened in ("[", '{"a":', '{"position":[', '[{"a":'):
            self.expect_line(2, "", header(5, self.note) + opened * 1_000_000 + "\n")

    def test_a_nul_and_what_follows_it(self):
        text = header(5, self.note) + json.dumps(self.log[0]) + "\0 anything\n"
        self.expect_line(2, "NUL", text)

    def test_invalid_utf8(self):
        line = json.dumps(self.log[0], ensure_ascii=False).encode()
        for bad in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
            text = header(5, self.note).encode() + line.replace("zo\u00eb".encode(), bad) + b"\n"
            self.expect_line(2, "no JSON", text)

    def test_half_a_surrogate_pair(self):
        line = json.dumps({**self.log[0], "actor": "\ud800"})
        self.expect_line(2, "no JSON", header(5, self.note) + line + "\n")

    def test_two_objects_on_a_line(self):
        line = json.dumps(self.log[0])
        self.expect_line(2, "no JSON", header(5, self.note) + line + line + "\n")

    def test_an_escaped_nul_is_a_character_like_any_other(self):
        self.expect(1, "is altered", export([{**self.log[0], "actor": "a\0b"}], self.note))

    def test_a_line_that_never_ends(self):
        text = header(5, self.note).encode() + b" " * (64 * 1024 * 1024 + 1)
        self.expect(2, "line 2 is longer than", text)

    def test_what_it_says_quotes_nothing_of_the_input(self):
        entry = {**self.log[0], "actor": "\u001b[2Jsecret", "event_type": "secret"}
        for text in (export([entry], self.note), export([{**entry, "secret": 1}], self.note),
                     header(5, self.note) + "secret\n"):
            self.assertNotIn("secret", verify(text)[1])

    def test_command_lines_that_are_none(self):
        for options, words in ((["--else"], "there is no option"), (["--tiles"], "needs a value"),
                               (["a", "b"], "one export at a time"), (["none"], "cannot read")):
            self.expect(2, words, "", *options)

    def test_help(self):
        self.expect(0, "Exit code 0: verified", "", "--help", key="")

    def test_needs_neither_postgres_nor_the_compressor(self):
        self.assertNotRegex(libraries(), "libpq|libzstd|postgres")
        self.assertRegex(libraries(), "libsodium")


def libraries() -> str:
    return subprocess.run(["ldd", PROGRAM], capture_output=True, text=True, check=True).stdout


if __name__ == "__main__":
    unittest.main()
