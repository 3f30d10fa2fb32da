"""What cannot be stored or read is named, and nothing else suffers from it."""

import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.processes import free_port  # noqa: E402
from migration import PERSON, TOOL, MigrationTest  # noqa: E402

SECOND_PERSON = "users/shard_0007/grace_example_1"


def paths(named: list) -> list:
    return [entry["path"] for entry in named]


class Trouble(MigrationTest):
    def write(self, path: str, content: bytes) -> None:
        target = self.vault / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def test_a_file_that_does_not_parse_is_kept_and_named(self):
        broken = b'[{"title": "cut off", "mapping": {"a": {"mess'
        binary = b"**User**: \xff\xfe not UTF-8\n"
        self.write("instances/zen-001/chatgpt/broken.json", broken)
        self.write("instances/zen-001/logs/binary.md", binary)
        outcome = self.migrate()
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(self.content("instances/zen-001/chatgpt/broken.json"), broken)
        self.assertEqual(self.content("instances/zen-001/logs/binary.md"), binary)
        named = paths(outcome.report["not_read"]) + paths(outcome.report["notes"])
        self.assertIn("instances/zen-001/chatgpt/broken.json", named)
        self.assertIn("instances/zen-001/logs/binary.md", named)
        self.assertEqual(outcome.report["turns"]["user"], 16)

    def test_a_text_without_turns_is_kept_and_named(self):
        self.write("library/documents/essay.md", b"# An essay\n\nNobody speaks here.\n")
        report = self.migrate_well()
        self.assertIn("library/documents/essay.md", report["without_turns"])
        self.assertIn("instances/sera-001/chatty/chat_with_sera-001.md", report["without_turns"])

    def test_names_that_cannot_be_a_vault_path_are_written_otherwise(self):
        self.write("library/documents/two\nlines.md", b"text")
        raw = os.fsencode(self.vault / "library" / "documents") + b"/caf\xe9.txt"
        with open(raw, "wb") as file:
            file.write(b"coffee")
        report = self.migrate_well()
        self.assertEqual(self.content("library/documents/caf%E9.txt"), b"coffee")
        self.assertEqual(self.content("library/documents/two%0Alines.md"), b"text")
        named = paths(report["notes"])
        self.assertIn("library/documents/caf\\xe9.txt", named)
        self.assertIn("library/documents/two\\nlines.md", named)
        told = self.ada.get("/files/library/documents/caf%25E9.txt?history").json["versions"]
        self.assertEqual(bytes.fromhex(told[0]["metadata"]["name_on_disk"]),
                         b"library/documents/caf\xe9.txt")

    def test_names_with_every_other_character_arrive(self):
        name = "library/documents/été 100% #1 ?&+ [a] \\ ~.txt"
        self.write(name, b"odd name")
        self.migrate_well()
        self.assertEqual(self.content(name), b"odd name")

    def test_symbolic_links_are_not_followed(self):
        (self.vault / "library" / "link.txt").symlink_to("/etc/hostname")
        (self.vault / "library" / "root").symlink_to("/etc")
        report = self.migrate_well()
        self.assertEqual(sorted(paths(report["skipped"])),
                         [".DS_Store", "library/link.txt", "library/root"])
        self.assertEqual(set(self.stored()), set(self.files_on_disk()) - {"library/link.txt"})

    def test_a_repeated_path_is_kept_and_named(self):
        doubled = "instances/nova-001/instances/nova-001/logs/note.txt"
        self.write(doubled, b"twice")
        report = self.migrate_well()
        self.assertIn(doubled, paths(report["notes"]))
        self.assertEqual(self.content(doubled), b"twice")

    def test_files_beside_the_persons_folders_are_named(self):
        (self.folder / "stray.md").write_bytes(b"nobody's")
        outcome = self.migrate()
        self.assertEqual(outcome.code, 1, outcome)
        self.assertEqual(paths(outcome.report["not_stored"]), ["stray.md"])

    def test_of_several_people_one_must_be_chosen(self):
        other = self.folder / SECOND_PERSON / "library" / "grace.txt"
        other.parent.mkdir(parents=True)
        other.write_bytes(b"hers")
        refused = self.migrate()
        self.assertEqual(refused.code, 2, refused)
        self.assertIn("grace_example_1", refused.said)
        self.assertEqual(self.stored(), {})
        self.migrate_well("--user", "ada_example_1762969514958")
        self.assertNotIn("library/grace.txt", self.stored())
        self.assertEqual(self.migrate("--user", "nobody").code, 2)

    def test_part_of_a_vault_keeps_its_paths(self):
        self.migrate_well(folder=self.vault / "instances" / "zen-001")
        self.assertTrue(all(path.startswith("instances/zen-001/") for path in self.stored()))
        self.assertEqual(len(self.ada.messages("zen-001_chat_with_zen-001")), 8)

    def test_a_vault_without_shards_is_taken_as_it_stands(self):
        bare = self.folder / "bare"
        self.vault.rename(bare)
        self.migrate_well(folder=bare)
        self.assertIn("account/profile.json", self.stored())

    def test_owner_names_can_be_given(self):
        self.write("account/profile.json", b'{"user_name": "Somebody Else"}')
        report = self.migrate_well("--owner-name", "Ada", "--owner-name", "Ada Example")
        self.assertEqual((report["turns"]["user"], report["turns"]["assistant"]), (16, 16))
        self.assertEqual(report["unknown_speakers"], [])

    def test_a_wrong_token_is_refused_at_once(self):
        outcome = self.migrate(token="vv_live_" + "A" * 43)
        self.assertEqual(outcome.code, 2, outcome)
        self.assertIn("refuses", outcome.said)
        self.assertNotIn("A" * 43, outcome.said)
        self.assertEqual(self.stored(), {})

    def test_a_gateway_that_is_down_is_reported(self):
        outcome = self.migrate("--patience", "0.5", url=f"http://127.0.0.1:{free_port()}")
        self.assertEqual(outcome.code, 1, outcome)
        self.assertIn("no answer", outcome.report["aborted"])

    def test_a_gateway_that_comes_back_is_waited_for(self):
        self.gateway.stop()
        tool = subprocess.Popen(
            [sys.executable, TOOL, "--json", "--patience", "30", self.folder],
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                 "XDG_STATE_HOME": str(self.state)},
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.gateway.start()
        tool.communicate(timeout=60)
        self.assertEqual(tool.returncode, 0)
        self.assertEqual(set(self.stored()), set(self.files_on_disk()))

    def test_usage_errors_exit_with_two(self):
        self.assertEqual(self.migrate(folder=self.folder / "absent").code, 2)
        self.assertEqual(self.migrate(url="ftp://127.0.0.1").code, 2)
        self.assertTrue((self.folder / PERSON).is_dir())


if __name__ == "__main__":
    unittest.main()
