"""Bodies and clients that mean harm: each is answered or closed, and nobody else notices."""

import gzip
import json
import random
import resource
import socket
import struct
import time
import unittest
import zlib

from gateway_case import GatewayCase, fresh
from raw import RawConnection, request, talk

GET = request("GET /healthz HTTP/1.1")


class HostileCase(GatewayCase):
    needs_servers = True

    def resident(self) -> int:
        with open(f"/proc/{self.gateway.process.pid}/statm", encoding="ascii") as statm:
            return int(statm.read().split()[1]) * resource.getpagesize()

    def assertServes(self):
        began = time.monotonic()
        self.assertEqual(self.client(self.token).get("/whoami").status, 200)
        self.assertLess(time.monotonic() - began, 3)

    def post(self, path: str, body: bytes, *fields: str) -> list:
        return talk(self.port, request(f"POST {path} HTTP/1.1",
                                       f"Authorization: Bearer {self.token}",
                                       f"Content-Length: {len(body)}", *fields, body=body))


class BodiesTest(HostileCase):
    def test_a_compression_bomb_is_never_opened(self):
        bomb = gzip.compress(b"0" * 100_000_000)
        deflated = zlib.compress(b"0" * 1_000_000)
        before = self.resident()
        for coding, body in (("gzip", bomb), ("x-gzip", bomb), ("GZIP", bomb), ("br", b"x"),
                             ("deflate", deflated), ("gzip, gzip", bomb), ("identity", b"{}"),
                             ("zstd", b"x"), ("", b"{}")):
            for path in ("/messages", "/nowhere", "/api/chatty/message"):
                with self.subTest(coding=coding, path=path):
                    found = self.post(path, body, f"Content-Encoding: {coding}")
                    self.assertEqual([answer.status for answer in found], [415])
                    self.assertEqual(json.loads(found[0].body)["code"], "UNSUPPORTED_MEDIA_TYPE")
        self.assertLess(self.resident() - before, 30_000_000)
        # Unmarked it is bytes like any others: no JSON, and a file as it is.
        self.assertEqual([a.status for a in self.post("/messages", bomb)], [400])
        path = f"/files/library/{fresh('bomb')}.gz"
        self.assertEqual(self.ada.put(path, bomb).status, 201)
        self.assertEqual(self.ada.get(path).body, bomb)

    def test_json_that_is_deep_or_endless_is_refused(self):
        name = self.conversation()
        path = f"/conversations/{name}/messages"
        before = self.resident()
        for body in (b"[" * 5_000_000, b'{"a":' * 1_000_000, b'{"metadata":' + b"[" * 100_000,
                     b'{"role":"user","content":"x","metadata":' + b"[" * 5000 + b"]" * 5000 + b"}",
                     b"[" + b"1," * 3_000_000 + b"1]", b"1" * 5_000_000, b'"' + b"x" * 5_000_000,
                     b"{" + b",".join(b'"k%d":0' % n for n in range(400_000)) + b"}"):
            with self.subTest(body=body[:20]):
                statuses = [answer.status for answer in self.post(path, body)]
                self.assertEqual(len(statuses), 1)
                self.assertIn(statuses[0], (400, 413, 422))
        self.assertServes()
        self.assertLess(self.resident() - before, 400_000_000)
        self.assertEqual(self.ada.messages(name), [])

    def test_what_is_no_text_is_refused(self):
        name = self.conversation()
        for content in (b"\xff", b"\xc0\xaf", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82",
                        b"\\ud800", b"\\u0000"):
            with self.subTest(content=content):
                found = self.post(f"/conversations/{name}/messages",
                                  b'{"role":"user","content":"' + content + b'"}')
                self.assertIn([answer.status for answer in found], ([400], [422]))
        self.assertEqual(self.ada.messages(name), [])

    def test_stored_values_do_not_split_an_answer(self):
        name = fresh("s") + ' "quoted"; a=b, c/\u00e4\u2028'
        made = self.ada.post("/conversations", {"id": name, "construct": "zen-001"})
        self.assertEqual(made.status, 201)
        self.assertRegex(made.headers["Location"], r"^/conversations/[A-Za-z0-9%._~-]+$")
        for value in ("a\r\nX-Evil: 1", "a\nX-Evil: 1", "\u0085", "text/html\u2028"):
            self.assertIn(self.ada.post("/conversations", {"id": value, "construct": value}).status,
                          (201, 422))
            listed = self.ada.get("/conversations")
            self.assertNotIn("X-Evil", listed.headers)

    def test_a_path_of_very_many_segments_is_only_a_path(self):
        for path in ("/" * 4000, "/files/" + "a/" * 2000 + "a", "/conversations" * 290,
                     "/files/" + "../" * 1300, "/constructs/" + "%2F" * 1300 + "/grants"):
            found = talk(self.port, request(f"GET {path} HTTP/1.1",
                                            f"Authorization: Bearer {self.token}"))
            self.assertEqual(len(found), 1)
            self.assertIn(found[0].status, (400, 404, 413, 422), path[:30])


class ClientsTest(HostileCase):
    def test_readers_that_do_not_read_hold_up_nobody(self):
        path = f"/files/library/{fresh('large')}.bin"
        self.assertEqual(self.ada.put(path, random.Random(1).randbytes(8_000_000)).status, 201)
        readers = []
        try:
            for _ in range(30):
                reader = socket.socket()
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                reader.connect(("127.0.0.1", self.port))
                reader.sendall(request(f"GET {path} HTTP/1.1",
                                       f"Authorization: Bearer {self.token}"))
                readers.append(reader)
            for _ in range(10):
                self.assertServes()
        finally:
            for reader in readers:
                reader.close()
        self.assertServes()

    def test_connections_that_are_reset_leave_nothing(self):
        for data in (b"", b"GET", GET, GET * 50,
                     request("POST /messages HTTP/1.1", "Content-Length: 1000", body=b"{"),
                     request("GET /whoami HTTP/1.1", f"Authorization: Bearer {self.token}") * 20):
            for _ in range(20):
                connection = socket.create_connection(("127.0.0.1", self.port))
                connection.sendall(data)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                connection.close()  # a reset, not a goodbye
        self.assertServes()
        self.assertIsNone(self.gateway.process.poll())

    def test_a_client_that_ends_its_side_still_gets_its_answer(self):
        with RawConnection(self.port) as connection:
            connection.send(request("GET /whoami HTTP/1.1",
                                    f"Authorization: Bearer {self.token}")).end()
            self.assertEqual([answer.status for answer in connection.responses()], [200])

    def test_noise_is_answered_or_closed_and_never_an_error_of_ours(self):
        noise = random.Random(20261124)
        pieces = [b"GET ", b"POST ", b"/", b"/messages", b"?a=%", b"%zz", b" HTTP/1.1", b"\r\n",
                  b"\r\n\r\n", b"\n", b"Host: vault\r\n", b"Content-Length: 3\r\n",
                  b"Content-Length: 99999999999\r\n", b"Transfer-Encoding: chunked\r\n", b"0\r\n",
                  b"\x00", b"\xff\xfe", b"{", b'"', b"Authorization: Bearer x\r\n", b"Cookie: ;=\r\n",
                  b"Range: bytes=0-\r\n", b"Expect: 100-continue\r\n", b": ", b"a" * 300]
        for round_number in range(400):
            data = b"".join(noise.choice(pieces) for _ in range(noise.randint(1, 25)))
            with self.subTest(round=round_number, data=data[:80]):
                for answer in talk(self.port, data):
                    self.assertIn(answer.status // 100, (1, 2, 4) if answer.status not in
                                  (501, 505) else (5,), data)
        self.assertServes()


if __name__ == "__main__":
    unittest.main()
