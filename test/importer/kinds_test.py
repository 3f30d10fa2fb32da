"""What each file is, what is odd about it, and what a capsule claims: told, recorded, and never a
reason to leave anything out."""

import hashlib
import json
import os
import resource
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import TOOL, MigrationTest  # noqa: E402

from migrate import capsules  # noqa: E402

CAPSULE = "instances/nova-001/identity/nova-001.capsule"


def chain(count: int) -> list:
    links, before = [], "0" * 64
    for number in range(count):
        content = hashlib.sha256(str(number).encode()).hexdigest()
        own = hashlib.sha256((before + content).encode()).hexdigest()
        links.append({"previous_hash": before, "fingerprint": content, "hash": own})
        before = own
    return links


def conversation(number: int, turns: int, text: str) -> dict:
    """A tree with two branches behind its first message."""
    mapping = {"root": {"id": "root", "message": None, "parent": None, "children": ["n0"]}}
    for turn in range(turns):
        parent = "root" if turn == 0 else "n0" if turn == turns - 1 else f"n{turn - 1}"
        mapping[f"n{turn}"] = {
            "id": f"n{turn}", "parent": parent, "children": [],
            "message": {"id": f"{number}-{turn}", "create_time": 1761000000 + number * 100 + turn,
                        "author": {"role": "assistant" if turn % 2 else "user"},
                        "content": {"content_type": "text", "parts": [f"{turn} {text}"]}}}
    return {"title": f"Talk {number}", "create_time": 1761000000 + number * 100,
            "conversation_id": f"c{number}", "current_node": f"n{turns - 2}", "mapping": mapping}


class Kinds(MigrationTest):
    def write(self, path: str, content) -> None:
        target = self.vault / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else
                           json.dumps(content).encode())

    def recorded(self, path: str) -> dict:
        return self.ada.get(f"/files/{path}?history").json["versions"][-1]["metadata"]

    def test_a_fingerprint_is_recorded_with_the_rule_that_gives_it(self):
        self.migrate_well()
        fingerprint = self.recorded(CAPSULE)["capsule"]["fingerprint"]
        self.assertEqual(fingerprint["rule"], "empty fingerprint_hash, keys sorted, compact")
        self.assertEqual(fingerprint["claimed"], json.loads(
            (self.vault / CAPSULE).read_bytes())["metadata"]["fingerprint_hash"])

    def test_every_rule_is_known_again_and_a_changed_capsule_by_none(self):
        original = json.loads((self.vault / CAPSULE).read_bytes())
        original["traits"]["name"] = "Zürich"
        rules = set()
        for place in ("without", "empty", "null"):
            for form in ({"separators": (",", ":")}, {}, {"indent": 2}):
                for plain in (True, False):
                    changed = json.loads(json.dumps(original))
                    changed["metadata"].pop("fingerprint_hash")
                    if place != "without":
                        changed["metadata"]["fingerprint_hash"] = "" if place == "empty" else None
                    text = json.dumps(changed, sort_keys=True, ensure_ascii=plain, **form)
                    claimed = hashlib.sha256(text.encode()).hexdigest()
                    original["metadata"]["fingerprint_hash"] = claimed
                    rules.add(capsules.verifying_rule(original, claimed))
                    original["traits"]["empathy"] += 1
                    self.assertIsNone(capsules.verifying_rule(original, claimed))
        self.assertEqual(len(rules), 18)
        self.assertNotIn(None, rules)

    def test_a_capsule_that_no_rule_verifies_is_stored_and_named(self):
        capsule = json.loads((self.vault / CAPSULE).read_bytes())
        capsule["traits"]["empathy"] = 0.1
        self.write(CAPSULE, capsule)
        report = self.migrate_well()
        self.assertEqual(json.loads(self.content(CAPSULE)), capsule)
        self.assertIsNone(self.recorded(CAPSULE)["capsule"]["fingerprint"]["rule"])
        self.assertEqual(report["oddities"]["capsule whose fingerprint no rule gives"], 1)
        self.assertIn(CAPSULE, [one["path"] for one in report["notes"]])

    def test_capsules_of_the_second_version_indexes_and_chains(self):
        second = {"construct_id": "nova-001", "capsule_version": "2.0.0", "generator": "Sync",
                  "created_at": "2026-01-01T00:00:00Z", "summary": "\x00 odd", "sessions": []}
        broken = chain(9)
        broken[5]["fingerprint"] = "f" * 64
        self.write("capsules/nova.json", second)
        self.write("indexes/Nova_index.json", {"capsules": [{"uuid": "a"}, {"uuid": "b"}]})
        self.write("capsules/merkle_chain.json", chain(9))
        self.write("archive/merkle_chain.json", {"chain": broken})
        self.write("indexes/merkle_chain.json", ["0" * 64, "a" * 64])
        report = self.migrate_well()
        self.assertEqual(self.recorded("capsules/nova.json")["capsule"],
                         {"version": "2.0.0", "name": "nova-001", "generator": "Sync"})
        self.assertEqual(self.recorded("indexes/Nova_index.json"), {"capsule_index":
                                                                    {"capsules": 2}})
        self.assertEqual(self.recorded("capsules/merkle_chain.json")["capsule_chain"],
                         {"links": 9, "linked": True})
        self.assertEqual(self.recorded("archive/merkle_chain.json")["capsule_chain"],
                         {"links": 9, "linked": False, "first_broken": 5})
        self.assertEqual(self.recorded("indexes/merkle_chain.json")["capsule_chain"],
                         {"links": 2, "hashes": True})
        self.assertEqual(report["kinds"]["capsule chain"], 3)

    def test_the_dry_run_says_what_every_file_is_and_changes_nothing(self):
        self.write("library/documents/marked.md", b"\xef\xbb\xbfmarked\r\n")
        self.write("library/documents/long.md", b"x" * (1 << 20) + b"x\n")
        self.write("library/documents/latin.txt", b"caf\xe9")
        self.write("instances/katana/chatty/chat_with_katana.md", b"**User**: a\n\n**Katana**: b\n")
        self.write("library/case/Read.me", b"1")
        self.write("library/case/read.me", b"2")
        details = self.state / "report.jsonl"
        report = self.migrate_well("--dry-run", "--report", details)
        self.assertEqual(self.stored(), {})
        self.assertEqual(self.conversations(), {})
        self.assertEqual(report["turns"], {"user": 17, "assistant": 17, "system": 0})
        self.assertEqual(report["messages"]["added"], 34)
        self.assertEqual(report["kinds"]["capsule"], 1)
        self.assertEqual(report["kinds"]["ChatGPT export"], 2)
        self.assertEqual(report["kinds"]["backup"], 1)
        self.assertEqual(report["kinds"]["message file"], 2)
        self.assertEqual(report["kinds"]["continuity ledger"], 1)
        self.assertEqual(report["kinds"]["empty file"], 1)
        for oddity in ("byte order mark", "line of a megabyte or more", "not UTF-8"):
            self.assertEqual(report["oddities"][oddity], 1, oddity)
        self.assertEqual(report["oddities"]["CR LF"], 2)
        notes = {one["path"]: one["reason"] for one in report["notes"]}
        self.assertIn("katana-001", notes["instances/katana/chatty/chat_with_katana.md"])
        self.assertIn("case", notes["library/case/Read.me"])
        self.assertIn("repaired", notes["instances/zen-001/logs/double_encoded.md"])
        told = [json.loads(line) for line in details.read_text().splitlines()]
        self.assertEqual({one["path"] for one in told if one["action"] == "new"},
                         set(self.files_on_disk()))
        again = self.migrate_well()
        self.assertEqual(again["messages"]["added"], 34)
        self.assertEqual(self.content("library/case/Read.me"), b"1")
        self.assertEqual(self.content("library/case/read.me"), b"2")

    def test_a_large_export_is_read_in_little_memory(self):
        path = "instances/zen-001/chatgpt/2025/conversations.json"
        count, turns = 240, 8
        text = "word " * 5000
        self.write(path, [conversation(number, turns, text) for number in range(count)])
        self.assertGreater((self.vault / path).stat().st_size, 40 << 20)
        limit = 160 << 20
        done = subprocess.run(
            [sys.executable, TOOL, "--json", self.vault / "instances" / "zen-001" / "chatgpt"],
            check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_DATA, (limit, limit)),
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                 "XDG_STATE_HOME": str(self.state)})
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        report = json.loads(done.stdout)
        self.assertEqual(report["messages"]["added"], count * turns + 6)
        self.assertEqual(report["audit"]["same"], 3)
        thread = self.ada.messages("chatgpt:c7")
        self.assertEqual(len(thread), turns)
        self.assertEqual([one["metadata"]["chatgpt"]["current"] for one in thread],
                         [True] * (turns - 1) + [False])
        again = self.migrate_well("--fresh")
        self.assertEqual(again["messages"]["added"], 26, "those of the other samples")
        self.assertEqual(len(self.ada.messages("chatgpt:c7")), turns)


if __name__ == "__main__":
    unittest.main()
