"""A file that is sent in parts is there as a whole, or it is as if it had never been begun."""

import hashlib
import os
import unittest

from gateway_case import GatewayCase, fresh
from harness.processes import wait_until
from raw import RawConnection, request

MIB = 1 << 20


def in_chunks(content: bytes, size: int) -> bytes:
    parts = [content[at:at + size] for at in range(0, len(content), size)]
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


class UploadCase(GatewayCase):
    needs_servers = True

    def setUp(self):
        super().setUp()
        self.path = f"/files/library/{fresh('d')}/sent.bin"
        self.content = os.urandom(6 * MIB + 123)

    def begin(self, *fields, length=None, token=None) -> RawConnection:
        connection = RawConnection(self.port, 60)
        self.addCleanup(connection.close)
        framing = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        return connection.send(request(f"PUT {self.path} HTTP/1.1", framing, *fields,
                                       f"Authorization: Bearer {token or self.token}"))

    def rows(self, of: str) -> int:
        return int(self.cluster.psql(f"SELECT count(*) FROM vvault.{of}"))

    def wait_until_begun(self):
        wait_until(lambda: self.rows("vault_upload_parts") > 0, 20, "a part to be stored")

    def assertNothingIsLeft(self):
        """No file, and of what was sent nothing that is not a file's."""
        wait_until(lambda: self.rows("vault_uploads WHERE version IS NULL") == 0, 20,
                   "the upload to be removed")
        self.assertEqual(self.rows("vault_upload_parts"), 0)
        self.assertEqual(self.rows(
            "vault_chunks c WHERE NOT EXISTS (SELECT FROM vvault.vault_chunk_uses u"
            " WHERE u.user_id = c.user_id AND u.chunk_id = c.id)"), 0)
        self.assertProblem(self.ada.get(self.path), 404)
        folder = self.path.removeprefix("/files/").rsplit("/", 1)[0]
        listed = self.ada.get(f"/files?include_deleted=true&prefix={folder}").json["files"]
        self.assertEqual(listed, [])


class ChunkedTest(UploadCase):
    def test_the_length_need_not_be_known(self):
        for size, chunk in ((0, 1), (1, 1), (1000, 7), (2 * MIB, 65536),
                                                (2 * MIB + 1, 2 * MIB), (len(self.content), 99_991),
                                                (len(self.content), 5 * MIB)):
            content = self.content[:size]
            connection = self.begin(f"X-Content-SHA256: {hashlib.sha256(content).hexdigest()}")
            # What stands behind the end is the next request.
            connection.send(in_chunks(content, chunk) + request("GET /healthz HTTP/1.1"))
            self.assertIn(connection.response().status, (200, 201), (size, chunk))
            self.assertEqual(connection.response().status, 200)
            self.assertTrue(self.ada.get(self.path).body == content, (size, chunk))

    def test_a_malformed_coding_stores_nothing(self):
        for body in (b"5;name=value\r\nabcde\r\n0\r\n\r\n", b"5\nabcde\r\n0\r\n\r\n",
                     b"5\r\nabcdef\r\n0\r\n\r\n", b"\r\nabc", b" 5\r\nabcde\r\n0\r\n\r\n",
                     b"5 \r\nabcde\r\n0\r\n\r\n", b"0x5\r\nabcde\r\n0\r\n\r\n", b"-1\r\n",
                     b"5\r\nabcde\r\n0\r\nTrailer: x\r\n\r\n", b"1000000000000\r\n",
                     b"5\r\nabcde\n0\r\n\r\n", b"g\r\n", in_chunks(self.content, MIB)[:-2] + b"x"):
            with self.subTest(body=body[:40]):
                connection = self.begin().send(body)
                found = connection.responses()
                self.assertEqual([answer.status for answer in found], [400])
                self.assertNothingIsLeft()

    def test_only_files_may_come_so(self):
        for line in ("POST /messages", "PUT /constructs/zen-001/grants/x@example.com", "GET /files/x"):
            with RawConnection(self.port) as connection:
                connection.send(request(f"{line} HTTP/1.1", "Transfer-Encoding: chunked",
                                        f"Authorization: Bearer {self.token}"))
                self.assertEqual([answer.status for answer in connection.responses()], [411])


class VanishingTest(UploadCase):
    def test_a_client_that_vanishes_leaves_nothing(self):
        for length, body in ((len(self.content), self.content[:5 * MIB]),
                             (None, in_chunks(self.content, MIB)[:5 * MIB]),
                             (None, in_chunks(self.content, 100_000)[:-5])):
            for says_goodbye in (True, False):
                with self.subTest(length=length, says_goodbye=says_goodbye):
                    connection = self.begin(length=length).send(body)
                    self.wait_until_begun()
                    if says_goodbye:
                        self.assertIsNone(connection.end().response())
                    connection.close()
                    self.assertNothingIsLeft()

    def test_a_gateway_that_is_killed_leaves_nothing_for_long(self):
        self.begin(length=len(self.content)).send(self.content[:5 * MIB])
        self.wait_until_begun()
        self.gateway.kill()
        self.gateway.start()
        self.assertProblem(self.client(self.token).get(self.path), 404)
        self.assertEqual(self.rows("vault_uploads WHERE expires_at BETWEEN now() + interval"
                                   " '8 minutes' AND now() + interval '10 minutes'"), 1)
        # The time passes; the next one that starts removes it.
        self.cluster.psql("UPDATE vvault.vault_uploads SET expires_at = now()")
        self.gateway.stop()
        self.gateway.start()
        self.ada.close()
        self.assertNothingIsLeft()

    def test_a_backend_that_ends_between_two_parts_is_not_noticed(self):
        connection = self.begin(length=len(self.content))
        for number, at in enumerate(range(0, len(self.content), 2 * MIB), 1):
            connection.send(self.content[at:at + 2 * MIB])
            if number < 4:
                wait_until(lambda: self.rows("vault_upload_parts") == number, 20, "the part")
            self.cluster.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                              " WHERE application_name = 'vvault-gateway'")
        self.assertEqual(connection.response().status, 201)
        self.assertTrue(self.ada.get(self.path).body == self.content)

    def test_a_server_that_is_killed_has_all_of_it_or_nothing(self):
        for part in (3, 5, 6):
            connection = self.begin(length=len(self.content)).send(self.content[:part * MIB])
            self.wait_until_begun()
            self.cluster.kill_backends()
            try:
                connection.send(self.content[part * MIB:])
            except OSError:
                pass  # refused before all of it was read; the answer is there
            status = connection.response().status
            self.assertIn(status, (201, 503))
            wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the gateway to recover")
            if status == 503:
                self.assertProblem(self.ada.get(self.path), 404)
                self.assertEqual(self.ada.put(self.path, self.content).status, 201)
            self.assertTrue(self.ada.get(self.path).body == self.content)
            self.path += "x"
        # What could not be said to a server that was away expires.
        self.cluster.psql("UPDATE vvault.vault_uploads SET expires_at = now()")


class RefusedTest(UploadCase):
    def refused(self, status: int, code: str, *fields, token=None):
        """A refusal before all was read is the one answer; then the connection ends."""
        connection = self.begin(*fields, length=9 * MIB, token=token)
        try:
            connection.send(bytes(9 * MIB))
        except OSError:
            pass  # the answer is there
        found = connection.responses()
        self.assertEqual([answer.status for answer in found], [status])
        self.assertIn(code.encode(), found[0].body)

    def test_what_cannot_be_stored_is_refused_early(self):
        self.assertNothingIsLeft()  # of the tests before
        self.refused(401, "28000", token="vv_live_nobodys")
        self.refused(412, "VV007", 'If-Match: "3"')
        self.refused(400, "BAD_REQUEST", "If-Match: 3")
        self.refused(400, "BAD_REQUEST", "X-Content-SHA256: 3")
        self.refused(422, "22023", "Vvault-Encrypted: client")
        self.path = "/files/a/../b"
        self.refused(422, "22023")
        self.assertEqual(self.rows("vault_upload_parts"), 0)

    def test_one_more_than_a_person_may_have_open(self):
        person = self.cluster.make_user(f"{fresh('many')}@example.com")
        ids = self.cluster.psql(
            f"BEGIN; SELECT vvault.authenticate('{person}') IS NULL;"
            " SELECT vvault.begin_upload('x/' || n) FROM generate_series(1, 64) AS n; COMMIT;")
        self.refused(429, "53400", token=person)
        answer = self.gateway.client(person).put("/files/small.md", b"needs no upload")
        self.assertEqual(answer.status, 201)
        self.cluster.psql(f"BEGIN; SELECT vvault.authenticate('{person}') IS NULL; "
                          + "".join(f"SELECT vvault.abandon_upload('{line}');"
                                    for line in ids.splitlines()[1:]) + " COMMIT;")

    def test_a_hash_that_is_not_its_own(self):
        self.refused_at_the_end(422, "VV020", "X-Content-SHA256: " + "0" * 64)
        self.assertNothingIsLeft()

    def refused_at_the_end(self, status: int, code: str, *fields, before_end=None):
        connection = self.begin(*fields, length=len(self.content)).send(self.content[:5 * MIB])
        if before_end:
            self.wait_until_begun()
            before_end()
        answer = connection.send(self.content[5 * MIB:]).response()
        self.assertEqual(answer.status, status, answer)
        self.assertIn(code.encode(), answer.body)

    def test_another_version_that_comes_meanwhile(self):
        self.ada.put(self.path, b"one")
        self.refused_at_the_end(412, "VV007", 'If-Match: "1"',
                                before_end=lambda: self.ada.put(self.path, b"two"))
        self.assertEqual(self.ada.get(self.path).body, b"two")

    def test_two_at_once_get_a_version_each(self):
        other = os.urandom(len(self.content))
        one, two = (self.begin(length=len(self.content)) for _ in range(2))
        for at in range(0, len(self.content), MIB):
            one.send(self.content[at:at + MIB])
            two.send(other[at:at + MIB])
        answers = [one.response(), two.response()]
        self.assertEqual(sorted(answer.headers["etag"] for answer in answers), ['"1"', '"2"'])
        for answer, content in zip(answers, (self.content, other)):
            version = answer.headers["etag"].strip('"')
            self.assertTrue(self.ada.get(f"{self.path}?version={version}").body == content)
        # Only one of two finds what both expected.
        both = [self.begin('If-Match: "2"', length=len(self.content)) for _ in range(2)]
        for connection, content in zip(both, (self.content[::-1], other[::-1])):
            connection.send(content[:5 * MIB])
        for connection, content in zip(both, (self.content[::-1], other[::-1])):
            connection.send(content[5 * MIB:])
        self.assertEqual(sorted(connection.response().status for connection in both), [200, 412])

    def test_a_token_that_is_revoked_meanwhile(self):
        made = self.ada.post("/tokens", {"name": fresh("t"), "scopes": ["files:*"]}).json
        connection = self.begin(length=len(self.content), token=made["token"])
        connection.send(self.content[:3 * MIB])
        self.wait_until_begun()
        self.assertEqual(self.ada.delete(f"/tokens/{made['id']}").status, 204)
        try:
            connection.send(self.content[3 * MIB:])
        except OSError:
            pass
        self.assertEqual([answer.status for answer in connection.responses()], [401])
        self.assertProblem(self.ada.get(self.path), 404)
        self.cluster.psql("UPDATE vvault.vault_uploads SET expires_at = now()")


class LimitTest(UploadCase):
    environment = {"VVAULT_MAX_FILE_BYTES": str(4 * MIB)}

    def test_a_file_above_the_limit_is_refused(self):
        for length in (4 * MIB + 1, None):
            connection = self.begin(length=length)
            try:
                connection.send(in_chunks(self.content, MIB) if length is None else b"x" * MIB)
            except OSError:
                pass
            self.assertEqual([answer.status for answer in connection.responses()], [413])
            self.assertNothingIsLeft()
        self.assertEqual(self.ada.put(self.path, self.content[:4 * MIB]).status, 201)


if __name__ == "__main__":
    unittest.main()
