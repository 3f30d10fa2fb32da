"""What an importer asks of the gateway beyond storing a file: lists page by page, metadata of a
file, and bytes that are read as a transcript without being stored."""

import base64
import json
import sys
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, Gateway  # noqa: E402

TRANSCRIPT = "**User**: Grüße?\n\n**Nova**: Grüße.\n\n**User**: \N{PEDESTRIAN}\n".encode()


class Imports(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.gateway = cls.enterClassContext(Gateway(cls.cluster))
        cls.people = 0

    def setUp(self):
        type(self).people += 1
        token = self.cluster.make_user(f"ada{self.people}@example.com", "Ada Example")
        self.ada = self.gateway.client(token)
        self.addCleanup(self.ada.close)

    def history(self, path: str) -> list:
        return self.ada.get(f"/files/{quote(path)}?history").json["versions"]

    def read(self, content: bytes, **members):
        return self.ada.post("/imports", {"path": "instances/nova-001/logs/part.md",
                                          "content_base64": base64.b64encode(content).decode(),
                                          **members})

    def test_a_list_comes_in_pages_in_the_order_of_bytes(self):
        paths = ["library/A.txt", "library/Z.txt", "library/a.txt", "library/ä.txt",
                 "library/\N{PEDESTRIAN}.txt", "other/b.txt"]
        for path in paths:
            self.ada.put("/files/" + quote(path), path.encode())
        for shared in ("true", "false"):
            found, after = [], ""
            while page := self.ada.get(f"/files?prefix=library/&shared={shared}&limit=2"
                                       f"&after={quote(after)}").json["files"]:
                self.assertLessEqual(len(page), 2)
                found += [file["path"] for file in page]
                after = found[-1]
            self.assertEqual(found, paths[:5])
        self.assertEqual(self.ada.get("/files?limit=0").status, 422)

    def test_metadata_is_kept_with_its_version(self):
        large = b"x" * (5 << 20)
        for content in (b"small", large):
            told = {"from": "Zürich", "depth": {"n": 1.50}}
            put = self.ada.put("/files/library/told.bin", content,
                               {"Vvault-Metadata": json.dumps(told)})
            self.assertIn(put.status, (200, 201), put)
            self.assertEqual(self.history("library/told.bin")[-1]["metadata"], told)
        self.ada.put("/files/library/told.bin", b"untold")
        self.assertEqual([version["metadata"] for version in self.history("library/told.bin")],
                         [told, told, None])

    def test_metadata_that_is_no_object_stores_nothing(self):
        for wrong in ("[1]", "nonsense", '"text"'):
            put = self.ada.put("/files/library/wrong.bin", b"x", {"Vvault-Metadata": wrong})
            self.assertIn(put.status, (400, 422), put)
        self.assertEqual(self.ada.get("/files").json["files"], [])

    def test_bytes_become_messages_once_and_no_file(self):
        dry = self.read(TRANSCRIPT, dry_run=True)
        self.assertEqual(dry.status, 200, dry)
        self.assertEqual(dry.json["sessions"][0]["appended"], 3)
        self.assertEqual(self.ada.get("/conversations").json["conversations"], [])
        self.assertEqual(self.read(TRANSCRIPT).json["sessions"][0]["appended"], 3)
        self.assertEqual(self.read(TRANSCRIPT).json["sessions"][0]["appended"], 0)
        messages = self.ada.messages("file:instances/nova-001/logs/part.md")
        self.assertEqual([message["content"] for message in messages],
                         ["Grüße?", "Grüße.", "\N{PEDESTRIAN}"])
        self.assertEqual(self.ada.get("/files").json["files"], [])

    def test_what_is_no_base64_is_refused(self):
        answer = self.ada.post("/imports", {"path": "a.md", "content_base64": "***"})
        self.assertEqual(answer.status, 422, answer)


if __name__ == "__main__":
    unittest.main()
