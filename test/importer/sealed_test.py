"""A folder sealed before it is sent: the server holds it, versions it, and cannot read it."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import MigrationTest, REPOSITORY  # noqa: E402

TOOL = REPOSITORY / "tools" / "vvault_seal.py"
NOVA = "instances/nova-001/chatty/chat_with_nova-001.md"


class Sealed(MigrationTest):
    def setUp(self):
        super().setUp()
        self.key = self.folder.parent / (self.folder.name + ".key")
        for path in (self.key, self.key.with_name(self.key.name + ".pub"), self.list_path()):
            self.addCleanup(path.unlink, missing_ok=True)
        made = subprocess.run([sys.executable, TOOL, "keygen", self.key], check=True,
                              stdout=subprocess.PIPE, text=True)
        self.public = made.stdout.strip()

    def list_path(self) -> Path:
        return self.key.with_suffix(".list")

    def seal(self, *arguments, to=None):
        return self.migrate("--seal-to", to or self.public, "--seal-list", self.list_path(),
                            *arguments)

    def seal_well(self, *arguments, **options) -> dict:
        outcome = self.seal(*arguments, **options)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome.report

    def fetch(self, into: Path, prefix: str = ""):
        return subprocess.run(
            [sys.executable, TOOL, "fetch", "--key", self.key, prefix, into], check=False,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token})

    def versions(self) -> dict:
        return {path: file["version"] for path, file in self.stored().items()}

    def test_all_is_stored_sealed_and_comes_back(self):
        report = self.seal_well()
        self.assertEqual(report["files"]["new"], len(self.files_on_disk()))
        self.assertEqual(report["messages"].get("added", 0), 0)
        stored = self.stored()
        self.assertEqual(set(stored), set(self.files_on_disk()))
        self.assertEqual({file["encrypted"] for file in stored.values()}, {"client"})
        self.assertEqual(self.conversations(), {})
        for path, content in self.files_on_disk().items():
            sealed = self.content(path)
            self.assertTrue(sealed.startswith(b"VVSEAL1\n"), path)
            self.assertFalse(content[:40] and content[:40] in sealed, path)
        into = self.folder / "opened"
        fetched = self.fetch(into)
        self.assertEqual(fetched.returncode, 0, fetched.stderr)
        self.assertEqual({str(path.relative_to(into)): path.read_bytes()
                          for path in into.rglob("*") if path.is_file()}, self.files_on_disk())

    def test_the_second_run_changes_nothing(self):
        self.seal_well()
        before = self.versions()
        report = self.seal_well(to=self.key.with_name(self.key.name + ".pub"))
        self.assertEqual(report["files"]["unchanged"], len(self.files_on_disk()))
        self.assertEqual((report["files"]["new"], report["files"]["changed"]), (0, 0))
        self.assertEqual(self.versions(), before)

    def test_a_changed_file_is_one_version_more(self):
        self.seal_well()
        with open(self.vault / NOVA, "ab") as file:
            file.write(b"One more line.\n")
        report = self.seal_well()
        self.assertEqual((report["files"]["new"], report["files"]["changed"]), (0, 1))
        self.assertEqual({path for path, version in self.versions().items() if version == 2},
                         {NOVA})

    def test_without_the_list_all_is_stored_again_and_nothing_is_lost(self):
        self.seal_well()
        self.list_path().write_text('{"sealed": "cut sho')
        report = self.seal_well()
        self.assertEqual(report["files"]["changed"], len(self.files_on_disk()))
        self.assertEqual(set(self.versions().values()), {2})

    def test_for_another_key_all_is_sealed_anew(self):
        self.seal_well()
        other = subprocess.run([sys.executable, TOOL, "keygen", self.folder.parent / "other.key"],
                               check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
        for name in ("other.key", "other.key.pub"):
            self.addCleanup((self.folder.parent / name).unlink)
        report = self.seal_well(to=other)
        self.assertEqual(report["files"]["changed"], len(self.files_on_disk()))
        shut = self.fetch(self.folder / "opened", NOVA)
        self.assertEqual(shut.returncode, 1)
        self.assertIn("NOT OPENED", shut.stderr)
        self.assertFalse((self.folder / "opened" / NOVA).exists())

    def test_what_is_sealed_is_not_stored_readable_by_mistake(self):
        self.seal_well()
        before = self.versions()
        outcome = self.migrate()
        self.assertEqual(outcome.code, 1)
        self.assertIn("--seal-to", outcome.said)
        self.assertEqual(self.versions(), before)

    def test_earlier_versions_in_the_clear_are_named(self):
        self.migrate_well()
        report = self.seal_well()
        self.assertEqual(report["files"]["changed"], len(self.files_on_disk()))
        self.assertIn("its earlier versions are not sealed", str(report["notes"]))

    def test_a_file_that_is_too_large_is_named_and_the_rest_stored(self):
        with open(self.vault / "library" / "huge.bin", "wb") as file:
            file.truncate(64 << 20)
        outcome = self.seal()
        self.assertEqual(outcome.code, 1)
        self.assertIn("larger than 67108864 bytes", outcome.said)
        self.assertNotIn("library/huge.bin", self.stored())
        self.assertEqual(len(self.stored()), len(self.files_on_disk()) - 1)

    def test_a_file_that_was_put_in_anothers_place_does_not_open(self):
        self.seal_well()
        paths = sorted(self.files_on_disk())[:2]
        put = self.ada.put("/files/" + paths[0], self.content(paths[1]),
                           {"Vvault-Encrypted": "client"})
        self.assertEqual(put.status, 200, put)
        fetched = self.fetch(self.folder / "opened")
        self.assertEqual(fetched.returncode, 1)
        self.assertIn(f"NOT OPENED {paths[0]}: it was sealed for '{paths[1]}'", fetched.stderr)

    def test_a_key_that_is_none_is_refused_before_anything_is_sent(self):
        for wrong in ("nonsense", self.key):
            outcome = self.seal(to=wrong)
            self.assertEqual(outcome.code, 2, outcome)
        self.assertEqual(self.stored(), {})


if __name__ == "__main__":
    unittest.main()
