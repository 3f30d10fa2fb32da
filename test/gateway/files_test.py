"""Vault files: bytes in, the same bytes out, every version kept."""

import hashlib
import os
import unittest

from gateway_case import GatewayCase, fresh


class FilesTest(GatewayCase):
    def path(self, name="note.md") -> str:
        return f"/files/library/{fresh('d')}/{name}"

    def test_any_bytes_come_back_with_their_media_type(self):
        path = self.path("Bild ü.bin").replace(" ", "%20").replace("ü", "%C3%BC")
        content = bytes(range(256)) * 20
        made = self.ada.put(path, content, {"Content-Type": "image/png"})
        self.assertEqual(made.status, 201, made)
        self.assertEqual(made.headers["ETag"], '"1"')
        self.assertEqual(made.headers["Location"], path)
        self.assertTrue(made.json["path"].endswith("/Bild ü.bin"))
        self.assertEqual(made.json["version"], 1)
        read = self.ada.get(path)
        self.assertEqual((read.status, read.body), (200, content))
        self.assertEqual(read.headers["Content-Type"], "image/png")
        self.assertEqual(read.headers["ETag"], '"1"')
        self.assertEqual(read.headers["X-Content-SHA256"], hashlib.sha256(content).hexdigest())

    def test_a_stored_page_can_not_run_as_ours(self):
        path = self.path("x.html")
        self.ada.put(path, b"<script>alert(1)</script>", {"Content-Type": "text/html"})
        headers = self.ada.get(path).headers
        self.assertTrue(headers["Content-Disposition"].startswith("attachment"))
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")

    def test_the_form_type_of_curl_is_no_media_type(self):
        path = self.path("a.md")
        self.ada.put(path, b"x", {"Content-Type": "application/x-www-form-urlencoded"})
        self.assertEqual(self.ada.get(path).headers["Content-Type"], "text/markdown")

    def test_a_multipart_body_is_kept_byte_for_byte(self):
        path, body = self.path(), b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n"
        self.ada.put(path, body, {"Content-Type": "multipart/form-data; boundary=b"})
        self.assertEqual(self.ada.get(path).body, body)

    def test_head_is_get_without_the_body(self):
        path = self.path()
        self.ada.put(path, b"12345")
        got, head = self.ada.get(path), self.ada.request("HEAD", path)
        self.assertEqual((head.status, head.body), (200, b""))
        self.assertEqual(head.headers["Content-Length"], "5")
        self.assertEqual(head.headers["ETag"], got.headers["ETag"])
        self.assertEqual(self.ada.request("HEAD", self.path()).status, 404)

    def test_an_empty_file_is_a_file(self):
        path = self.path()
        self.assertEqual(self.ada.put(path, b"").status, 201)
        read = self.ada.get(path)
        self.assertEqual((read.status, read.body), (200, b""))

    def test_versions_are_kept_and_read_and_restored(self):
        path = self.path()
        for number, content in enumerate((b"one", b"two", b"two", b"three")):
            answer = self.ada.put(path, content)
            self.assertEqual(answer.status, 201 if number == 0 else 200)
        self.assertEqual(answer.json["version"], 3)
        self.assertEqual(self.ada.get(path + "?version=2").body, b"two")
        self.assertEqual(self.ada.get(path + "?version=2").headers["ETag"], '"2"')
        restored = self.ada.post(path + "?restore=1")
        self.assertEqual((restored.status, restored.json["version"]), (200, 4))
        self.assertEqual(self.ada.get(path).body, b"one")
        history = self.ada.get(path + "?history").json["versions"]
        self.assertEqual([(v["version"], v["kind"], v["size"], v["restored_from"]) for v in history],
                         [(1, "put", 3, None), (2, "put", 3, None), (3, "put", 5, None),
                          (4, "restore", 3, 1)])
        self.assertEqual(history[1]["sha256"], hashlib.sha256(b"two").hexdigest())
        first = history[0]["created_at"].replace("Z", "%2B00:00")
        self.assertEqual(self.ada.get(path + f"?as_of={first}").body, b"one")
        for query, status in (("?version=9", 404), ("?version=x", 400), ("?as_of=2001-01-01", 404),
                              ("?as_of=then", 422), ("?version=1&as_of=2026-01-01", 422)):
            with self.subTest(query=query):
                self.assertProblem(self.ada.get(path + query), status)
        self.assertProblem(self.ada.post(path + "?restore=77"), 404)
        self.assertProblem(self.ada.post(path), 400)

    def test_deleting_leaves_a_tombstone(self):
        path = self.path()
        self.ada.put(path, b"x")
        deleted = self.ada.delete(path)
        self.assertEqual((deleted.status, deleted.json["version"]), (200, 2))
        self.assertProblem(self.ada.get(path), 404, "P0002")
        self.assertEqual(self.ada.delete(path).json["version"], 2)
        self.assertProblem(self.ada.delete(self.path()), 404)
        self.assertEqual(self.ada.get(path + "?version=1").body, b"x")
        self.assertEqual(self.ada.put(path, b"again").json["version"], 3)

    def test_a_write_can_expect_a_version(self):
        path = self.path()
        self.assertEqual(self.ada.put(path, b"1", {"If-None-Match": "*"}).status, 201)
        self.assertProblem(self.ada.put(path, b"2", {"If-None-Match": "*"}), 412, "VV007")
        self.assertEqual(self.ada.put(path, b"2", {"If-Match": '"1"'}).json["version"], 2)
        self.assertProblem(self.ada.put(path, b"3", {"If-Match": '"1"'}), 412, "VV007")
        self.assertProblem(self.ada.put(path, b"3", {"If-Match": '"abc"'}), 412)
        for headers in ({"If-Match": "1"}, {"If-None-Match": '"1"'},
                        {"If-Match": '"1"', "If-None-Match": "*"}):
            self.assertProblem(self.ada.put(path, b"3", headers), 400)
        self.assertEqual(self.ada.get(path).body, b"2")

    def test_a_deletion_can_expect_a_version(self):
        path = self.path()
        self.ada.put(path, b"1")
        self.ada.put(path, b"2")
        self.assertProblem(self.ada.delete(path, {"If-Match": '"1"'}), 412, "VV007")
        self.assertProblem(self.ada.delete(path, {"If-Match": "2"}), 400)
        for _ in range(2):  # a repetition finds what it did
            self.assertEqual(self.ada.delete(path, {"If-Match": '"2"'}).json["version"], 3)
        self.assertProblem(self.ada.delete(path, {"If-Match": '"3"'}), 412, "VV007")
        self.assertProblem(self.ada.delete(self.path(), {"If-Match": '"1"'}), 404)

    def test_a_reading_can_expect_a_version(self):
        path = self.path()
        self.ada.put(path, b"12345")
        for method in ("GET", "HEAD"):
            self.assertEqual(self.ada.request(method, path, headers={"If-Match": '"1"'}).status, 200)
            self.assertEqual(self.ada.request(method, path, headers={"If-Match": '"2"'}).status, 412)
        self.assertProblem(self.ada.get(path, {"If-Match": '"2"', "Range": "bytes=0-1"}), 412)

    def test_content_can_be_announced_by_its_hash(self):
        path, content = self.path(), b"what is meant"
        announced = {"X-Content-SHA256": hashlib.sha256(content).hexdigest()}
        self.assertEqual(self.ada.put(path, content, announced).status, 201)
        self.assertProblem(self.ada.put(path, content + b"!", announced), 422, "VV020")
        self.assertProblem(self.ada.put(path, content, {"X-Content-SHA256": "abc"}), 400)
        self.assertEqual((self.ada.get(path).body, self.ada.get(path).headers["ETag"]),
                         (content, '"1"'))

    def test_reading_again_can_be_spared(self):
        path = self.path()
        self.ada.put(path, b"1")
        self.assertEqual(self.ada.get(path, {"If-None-Match": '"1"'}).status, 304)
        self.ada.put(path, b"2")
        self.assertEqual(self.ada.get(path, {"If-None-Match": '"1"'}).body, b"2")

    def test_files_are_listed_by_prefix(self):
        path = self.path("a.md")
        folder = path.removeprefix("/files/").removesuffix("a.md")
        self.ada.put(path, b"1")
        self.ada.put(path.replace("a.md", "b.md"), b"22")
        self.ada.delete(path)
        listed = self.ada.get(f"/files?prefix={folder}").json["files"]
        self.assertEqual([(f["path"], f["filename"], f["version"], f["size"]) for f in listed],
                         [(folder + "b.md", "b.md", 1, 2)])
        listed = self.ada.get(f"/files?prefix={folder}&include_deleted=true").json["files"]
        self.assertEqual([f["filename"] for f in listed], ["a.md", "b.md"])
        self.assertIsNotNone(listed[0]["deleted_at"])

    def test_the_tree_is_listed_as_it_stood(self):
        path = self.path("a.md")
        folder = path.removeprefix("/files/").removesuffix("a.md")
        self.ada.put(path, b"1")
        then = self.ada.get(path + "?history").json["versions"][0]["created_at"]
        self.ada.put(path, b"22")
        self.ada.delete(path)
        self.ada.put(path.replace("a.md", "b.md"), b"later")
        listed = self.ada.get(f"/files?prefix={folder}&as_of={then}").json["files"]
        self.assertEqual([(f["filename"], f["version"], f["size"], f["sha256"], f["deleted_at"])
                          for f in listed],
                         [("a.md", 1, 1, hashlib.sha256(b"1").hexdigest(), None)])
        self.assertEqual(self.ada.get(f"/files?prefix={folder}&as_of=2001-01-01").json["files"], [])
        self.assertProblem(self.ada.get(f"/files?prefix={folder}&as_of=then"), 422)

    def test_a_path_is_decoded_once(self):
        path = f"/files/library/{fresh('d')}/100%2525.md"
        self.assertTrue(self.ada.put(path, b"x").json["path"].endswith("100%25.md"))
        self.assertEqual(self.ada.get(path).body, b"x")
        self.assertProblem(self.ada.get(path.replace("%2525", "%25")), 404)

    def test_a_path_that_leads_elsewhere_is_refused(self):
        for path in ("/files/../etc/passwd", "/files/a/../../b", "/files/a//b", "/files//etc",
                     "/files/%2Fetc", "/files/a/%2e%2e/b", "/files/./a"):
            with self.subTest(path=path):
                self.assertProblem(self.ada.put(path, b"x"), 422, "22023")
        self.assertProblem(self.ada.put("/files/", b"x"), 404)
        self.assertProblem(self.ada.get("/files/nowhere.md"), 404, "P0002")

    def test_a_large_file_survives_the_way(self):
        path, content = self.path("large.bin"), os.urandom(40_000_000)
        self.assertEqual(self.ada.put(path, content).status, 201)
        read = self.ada.get(path)
        self.assertEqual(hashlib.sha256(read.body).digest(), hashlib.sha256(content).digest())


class ClientSealedTest(GatewayCase):
    SEALED = b"VVSEAL1\n" + bytes(range(121))
    CLIENT = {"Vvault-Encrypted": "client", "Content-Type": "text/markdown"}

    def setUp(self):
        super().setUp()
        self.path = f"/files/library/{fresh('d')}/sealed.md"

    def test_what_the_client_sealed_is_marked_as_such(self):
        self.assertEqual(self.ada.put(self.path, self.SEALED, self.CLIENT).status, 201)
        read = self.ada.get(self.path)
        self.assertEqual((read.body, read.headers["Vvault-Encrypted"]), (self.SEALED, "client"))
        listed = self.ada.get(f"/files?prefix={self.path.removeprefix('/files/')}").json["files"]
        self.assertEqual([f["encrypted"] for f in listed], ["client"])
        self.assertProblem(self.ada.post("/imports", {"path": self.path.removeprefix("/files/")}),
                           422, "22023")

    def test_a_version_says_who_sealed_it(self):
        self.ada.put(self.path, b"in the clear")
        self.ada.put(self.path, self.SEALED, self.CLIENT)
        self.assertNotIn("Vvault-Encrypted", self.ada.get(self.path + "?version=1").headers)
        self.assertEqual(self.ada.get(self.path).headers["Vvault-Encrypted"], "client")
        self.ada.post(self.path + "?restore=1")
        self.assertNotIn("Vvault-Encrypted", self.ada.get(self.path).headers)

    def test_content_in_the_clear_is_not_taken_for_sealed(self):
        for body in (b"# In the clear\n" * 20, self.SEALED[:-1], b""):
            self.assertProblem(self.ada.put(self.path, body, self.CLIENT), 422, "22023")
        self.assertProblem(self.ada.put(self.path, self.SEALED, {"Vvault-Encrypted": "yes"}), 400)
        self.assertEqual(self.ada.put(self.path, self.SEALED, {"Vvault-Encrypted": "server"}).status,
                         201)


class ImportsTest(GatewayCase):
    def test_an_import_reports_what_it_did(self):
        path = f"instances/zen-001/logs/{fresh('chat')}.md"
        text = "You said:\nHello there\n\nZen said:\nHello yourself\n"
        self.ada.put(f"/files/{path}", text.encode(), {"Content-Type": "text/markdown"})
        tried = self.ada.post("/imports", {"path": path, "dry_run": True})
        self.assertEqual(tried.status, 200, tried)
        self.assertEqual(tried.json["path"], path)
        self.assertEqual(tried.json["sessions"][0]["turns"], 2)
        session = tried.json["sessions"][0]["session"]
        self.assertProblem(self.ada.get(f"/messages?conversation={session.replace('/', '%2F')}"),
                           404)
        done = self.ada.post("/imports", {"path": path, "owner_names": ['Ada "x" \\ {y}']}).json
        self.assertEqual(done["sessions"][0]["appended"], 2)
        again = self.ada.post("/imports", {"path": path}).json
        self.assertEqual((again["sessions"][0]["appended"], again["sessions"][0]["known"]), (0, 2))
        self.assertEqual([m["content"] for m in self.ada.messages(session)],
                         ["Hello there", "Hello yourself"])

    def test_what_cannot_be_imported_is_refused(self):
        self.assertProblem(self.ada.post("/imports", {}), 422)
        self.assertProblem(self.ada.post("/imports", {"path": "nowhere.md"}), 404)
        self.assertProblem(self.ada.post("/imports", {"path": "x.md", "owner_names": "Ada"}), 422)
        self.assertProblem(self.ada.post("/imports", {"path": "x.md", "owner_names": [1]}), 422)


if __name__ == "__main__":
    unittest.main()
