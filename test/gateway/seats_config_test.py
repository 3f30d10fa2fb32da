"""A file of seats that cannot be meant is said so, and the gateway does not start."""

import copy
import json
import shutil
import unittest
from pathlib import Path

from config_test import check
from harness.paths import fresh_directory

GOOD = {"backends": {"near": {"url": "http://127.0.0.1:1/v1", "model": "m"},
                     "far": {"url": "https://models.example/v1/", "model": "m",
                             "total_seconds": 5, "options": {"temperature": 0.5}}},
        "seats": {"conversation": {"backends": ["near", "far"], "prompt": "Be {construct}."},
                  "coding": {"backends": ["far"], "words": ["code"]}},
        "total_seconds": 60, "history_messages": 0, "at_once": 4}


class SeatsConfigTest(unittest.TestCase):
    def setUp(self):
        self.directory = fresh_directory("seats")
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)
        self.path = self.directory / "seats.json"

    def check(self, settings):
        text = settings if isinstance(settings, str) else json.dumps(settings)
        self.path.write_text(text, encoding="utf-8")
        return check(VVAULT_SEATS_FILE=str(self.path))

    def assertRefused(self, settings, *words):
        done = self.check(settings)
        self.assertEqual(done.returncode, 2, done)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        for word in ("VVAULT_SEATS_FILE", *words):
            self.assertIn(word, done.stderr)
        return done.stderr

    def changed(self, place: str, value) -> dict:
        settings = copy.deepcopy(GOOD)
        inner = settings
        *names, last = place.split(".")
        for name in names:
            inner = inner[name]
        if value is None:
            del inner[last]
        else:
            inner[last] = value
        return settings

    def test_a_good_file(self):
        self.assertEqual((self.check(GOOD).returncode, self.check(GOOD).stderr), (0, ""))

    def test_no_file(self):
        done = check(VVAULT_SEATS_FILE=str(self.directory / "none.json"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot be read", done.stderr)

    def test_no_json(self):
        for text in ("", "{", "[]", '{"seats": {}, "seats": {}}', "\0"):
            with self.subTest(text):
                self.assertRefused(text)

    def test_bad_values(self):
        for place, value, word in (
                ("seats", None, "seats"), ("seats", {}, "seats"), ("backends", [], "backends"),
                ("typo", 1, "typo"), ("backends.near.typo", 1, "typo"), ("seats.coding.typo", 1, "typo"),
                ("backends.near.model", None, "model"), ("backends.near.model", "", "model"),
                ("backends.near.url", None, "url"), ("backends.near.url", 3, "url"),
                ("backends.near.url", "ftp://x", "https"),
                ("backends.near.url", "http://models.example/v1", "allow_plain_http"),
                ("backends.near.url", "http://127.0.0.1@models.example/v1", "near.url"),
                ("backends.near.url", "https://user:secret@models.example/v1", "near.url"),
                ("backends.near.url", "https://models.example/v1?key=1", "near.url"),
                ("backends.near.options", {"messages": []}, "options"),
                ("backends.near.options", [], "options"),
                ("backends.near.total_seconds", 0, "total_seconds"),
                ("backends.near.connect_seconds", "1", "connect_seconds"),
                ("seats.coding.backends", [], "backends"), ("seats.coding.backends", "far", "backends"),
                ("seats.coding.backends", ["other"], "backends"), ("seats.coding.words", [""], "words"),
                ("seats.coding", [], "coding"), ("default", "other", "default"),
                ("at_once", 0, "at_once"), ("at_once", 1.5, "at_once"),
                ("history_bytes", -1, "history_bytes"), ("seats.no name", {"backends": ["far"]}, "letters")):
            with self.subTest(place=place, value=value):
                self.assertNotIn("secret", self.assertRefused(self.changed(place, value), word))

    def test_plain_http_only_if_it_is_meant(self):
        settings = self.changed("backends.near", {"url": "http://models.example/v1", "model": "m",
                                                  "allow_plain_http": True})
        self.assertEqual(self.check(settings).returncode, 0)

    def key(self, content: bytes, mode=0o600) -> Path:
        path = self.directory / "key"
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.chmod(mode)
        return path

    def test_keys(self):
        def settings(path):
            return self.changed("backends.far.key_file", str(path))
        self.assertEqual(self.check(settings(self.key(b"sk-good\n"))).returncode, 0)
        for content, mode in ((b"sk-canary", 0o644), (b"sk-canary", 0o640), (b"", 0o600),
                              (b"sk-canary two", 0o600), (b"sk-canary\r\nX: y", 0o600),
                              (b"sk-canary" * 2000, 0o600)):
            with self.subTest(content=content[:20], mode=oct(mode)):
                told = self.assertRefused(settings(self.key(content, mode)), "key_file")
                self.assertNotIn("canary", told)
        self.assertRefused(settings(self.directory / "none"), "cannot be read")
        self.assertRefused(settings(self.directory), "key_file")


if __name__ == "__main__":
    unittest.main()
