"""The old table vault_files: from CSV, from JSON, from a live database, all to the same vault."""

import base64
import csv
import hashlib
import json
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from harness.cluster import DATABASE  # noqa: E402
from migration import MigrationTest  # noqa: E402

ADA, GRACE = "7a1a6c1e-0000-4000-8000-000000000001", "7a1a6c1e-0000-4000-8000-000000000002"
COLUMNS = ("id", "user_id", "construct_id", "filename", "content", "sha256", "file_type",
           "metadata", "storage_path", "is_system", "created_at", "updated_at")
SHARD = "vvault/users/shard_0000/ada_example_1762969514958/"
NOVA = "# Nova\n\n**User**: Do you remember?\n\n**Nova**: Yes.\n"
PHOTO = bytes(range(256)) * 40
SERA = {"sessionId": "session_1762969514958_abc", "title": "Sera", "constructId": "sera-001",
        "constructName": "Sera", "lastUpdated": "2026-02-11T16:06:00.000Z",
        "messages": [{"role": "user", "content": "Are you there?",
                      "timestamp": "2026-02-11T16:05:12.387Z"},
                     {"role": "assistant", "content": "I am.",
                      "timestamp": "2026-02-11T16:05:14.001Z"}]}
# The text of the same conversation, with times to the second only.
SERA_TEXT = ("## February 11, 2026\n\n**04:05:12 PM UTC - User**: Are you there?\n\n"
             "**04:05:14 PM UTC - Sera**: I am.\n")


def row(number: int, **members) -> dict:
    content = members.get("content")
    given = {"id": f"00000000-0000-4000-8000-{number:012}", "user_id": ADA, "file_type": "text",
             "is_system": False, "created_at": f"2026-02-{number % 27 + 1:02}T00:00:00+00:00",
             "updated_at": f"2026-02-{number % 27 + 1:02}T00:00:00+00:00",
             "sha256": hashlib.sha256(content.encode()).hexdigest() if content else None}
    return {column: {**given, **members}.get(column) for column in COLUMNS}


def table() -> list:
    """Every way in which the old system wrote a row."""
    return [
        row(1, filename=SHARD + "account/profile.json", content='{"user_name": "Ada Example"}'),
        row(2, filename="chat_with_nova-001.md", construct_id="nova-001", file_type="transcript",
            content=NOVA, storage_path="/vvault_files/users/shard_0000/ada_example_1762969514958"
                                       "/instances/nova-001/chatty/chat_with_nova-001.md"),
        row(3, filename="chat_with_sera-001.md", construct_id="sera-001", content=SERA_TEXT,
            file_type="conversation", metadata=json.dumps(SERA)),
        row(4, filename="photo.png", file_type="binary", construct_id="zen-001",
            content=base64.b64encode(PHOTO).decode(),
            sha256=hashlib.sha256(PHOTO).hexdigest(), metadata={"mime": "image/png"}),
        row(5, filename="notes.md", content="first\r\n", storage_path="library/notes.md"),
        row(7, filename="notes.md", content="third", storage_path="library/notes.md"),
        row(6, filename="notes.md", content="second", storage_path="library/notes.md"),
        row(8, filename="ledger.json", construct_id="zen", file_type="ledger",
            content='{"events": []}', metadata=json.dumps(json.dumps({"custodian": "Ada"}))),
        row(9, filename="wrong.txt", content="text", sha256="0" * 64),
        row(10, filename="empty.md", content=""),
        row(11, filename="wide.md", content="wide", metadata={"big": "x" * 9000}),
    ]


EXPECTED = {
    "account/profile.json": b'{"user_name": "Ada Example"}',
    "instances/nova-001/chatty/chat_with_nova-001.md": NOVA.encode(),
    "instances/sera-001/chatty/chat_with_sera-001.md": SERA_TEXT.encode(),
    "instances/zen-001/documents/photo.png": PHOTO,
    "library/notes.md": b"third",
    "instances/zen-001/memories/ledger.json": b'{"events": []}',
    "library/documents/wrong.txt": b"text",
    "library/documents/empty.md": b"",
    "library/documents/wide.md": b"wide",
}


class Rows(MigrationTest):
    def as_json(self, rows: list, name="export.json") -> Path:
        path = self.folder / name
        path.write_text(json.dumps(rows), encoding="utf-8")
        return path

    def as_lines(self, rows: list) -> Path:
        path = self.folder / "export.jsonl"
        path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
        return path

    def as_csv(self, rows: list) -> Path:
        path = self.folder / "export.csv"
        with open(path, "w", encoding="utf-8-sig", newline="") as target:
            writer = csv.DictWriter(target, COLUMNS)
            writer.writeheader()
            for one in rows:
                writer.writerow({name: json.dumps(value) if isinstance(value, dict) else value
                                 for name, value in one.items()})
        return path

    def take(self, path: Path, *arguments):
        return self.migrate("--vault-files", path, *arguments, folder="")

    def check(self, outcome) -> None:
        self.assertEqual(outcome.code, 0, outcome)
        stored = self.stored()
        records = {path for path in stored if path.startswith("archive/vault_files/")}
        self.assertEqual(set(stored) - records, set(EXPECTED))
        self.assertEqual(len(records), 2)
        for path, content in EXPECTED.items():
            self.assertEqual(self.content(path), content, path)
        self.assertEqual([self.content("library/notes.md", f"?version={number}")
                          for number in (1, 2, 3)], [b"first\r\n", b"second", b"third"])
        self.assertEqual([(one["role"], one["content"], one["timestamp"]) for one in
                          self.ada.messages("session_1762969514958_abc")],
                         [(one["role"], one["content"], one["timestamp"])
                          for one in SERA["messages"]])
        self.assertEqual(len(self.ada.messages("nova-001_chat_with_nova-001")), 2)
        self.assertEqual(len(self.conversations()), 2, "the text of a record is not read again")

    def test_json_arrives(self):
        self.check(self.take(self.as_json(table())))
        told = self.ada.get("/files/instances/zen-001/documents/photo.png?history").json
        about = told["versions"][0]["metadata"]["vault_files"]
        self.assertEqual((about["id"], about["metadata"]),
                         ("00000000-0000-4000-8000-000000000004", {"mime": "image/png"}))

    def test_json_lines_arrive(self):
        self.check(self.take(self.as_lines(table())))

    def test_csv_arrives(self):
        outcome = self.take(self.as_csv(table()))
        self.check(outcome)
        self.assertIn("library/documents/wrong.txt",
                      [one["path"] for one in outcome.report["notes"]])

    def test_a_live_table_arrives(self):
        with self.cluster.connect() as connection, connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS public.vault_files; CREATE TABLE"
                           " public.vault_files (id uuid, user_id text, construct_id text,"
                           " filename text, content text, sha256 text, file_type text,"
                           " metadata jsonb, storage_path text, is_system boolean,"
                           " created_at timestamptz, updated_at timestamptz)")
            for one in table() + [row(12, filename="hers.md", content="hers", user_id=GRACE)]:
                cursor.execute("INSERT INTO public.vault_files VALUES (" + ", ".join(
                    ["%s"] * len(COLUMNS)) + ")", [
                        json.dumps(one[name]) if name == "metadata" and one[name] is not None
                        else one[name] for name in COLUMNS])
        connection.close()
        address = f"host={self.cluster.directory} dbname={DATABASE} user=vvault " \
                  "options=-csearch_path=public"
        more = {"VVAULT_FILES_DATABASE_URL": address}
        several = self.migrate("--vault-files-live", folder="", more=more)
        self.assertEqual(several.code, 2, several)
        self.assertIn(GRACE, several.said)
        self.assertEqual(self.stored(), {})
        self.check(self.migrate("--vault-files-live", "--user", ADA, folder="", more=more))

    def test_again_nothing_is_stored_or_said_twice(self):
        export = self.as_json(table())
        self.check(self.take(export))
        before = {path: file["version"] for path, file in self.stored().items()}
        outcome = self.take(export)
        self.check(outcome)
        self.assertEqual({path: file["version"] for path, file in self.stored().items()}, before)
        self.assertEqual(outcome.report["messages"]["added"], 0)
        self.check(self.take(self.as_csv(table()), "--fresh"))

    def test_a_text_that_has_more_than_its_record_is_read_too(self):
        rows = table()
        rows[2]["content"] += "\n**04:07:00 PM UTC - User**: Still?\n"
        rows[2]["sha256"] = None
        self.assertEqual(self.take(self.as_json(rows)).code, 0)
        contents = [one["content"] for one in self.ada.messages("sera-001_chat_with_sera-001")]
        self.assertIn("Still?", contents)

    def test_what_is_no_export_is_refused(self):
        broken = self.folder / "broken.json"
        broken.write_text('[{"id": 1, "filename"', encoding="utf-8")
        other = self.folder / "other.csv"
        other.write_text("a,b\n1,2\n", encoding="utf-8")
        for path in (broken, other, self.as_json([], "none.json"), self.as_json([1], "one.json")):
            outcome = self.take(path)
            self.assertEqual(outcome.code, 2, outcome)
        self.assertEqual(self.stored(), {})

    def test_a_dry_run_stores_nothing(self):
        outcome = self.take(self.as_json(table()), "--dry-run")
        self.assertEqual(outcome.code, 0, outcome)
        self.assertEqual(outcome.report["messages"]["added"], 4)
        self.assertEqual(self.stored(), {})


if __name__ == "__main__":
    unittest.main()
