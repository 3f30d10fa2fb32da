"""Where a request ends: everything that two parsers could read differently is refused."""

import time
import unittest

from gateway_case import GatewayCase
from raw import RawConnection, request, talk

OK = request("GET /healthz HTTP/1.1")


class FramingTest(GatewayCase):
    def refused(self, data: bytes, status: int):
        """Exactly one answer, the refusal as JSON, and then the connection ends."""
        found = talk(self.port, data)
        self.assertEqual([r.status for r in found], [status], found)
        self.assertEqual(found[0].headers["content-type"], "application/problem+json")
        self.assertEqual(found[0].headers["connection"], "close")

    def answered(self, data: bytes, *statuses: int):
        self.assertEqual([r.status for r in talk(self.port, data)], list(statuses))

    def test_a_plain_request_is_answered(self):
        self.answered(OK, 200)
        self.answered(b"\r\n" + OK, 200)
        self.answered(request("GET /healthz HTTP/1.0"), 200)
        self.answered(b"GET /healthz HTTP/1.1\r\nHOST:vault:8787\r\nX-Empty:\r\n\r\n", 200)

    def test_a_smuggled_request_is_never_answered(self):
        hidden = OK
        for fields, status in (
                (("Content-Length: 5", "Transfer-Encoding: chunked"), 400),
                (("Transfer-Encoding: chunked", "Content-Length: 5"), 400),
                (("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 400),
                (("Transfer-Encoding: gzip, chunked",), 411),
                (("Transfer-Encoding: chunked",), 411), (("Transfer-Encoding: identity",), 411),
                (("Transfer-Encoding: xchunked",), 411), (("Transfer-Encoding:",), 411),
                (("transfer-encoding:\tchunked",), 411),
                (("Content-Length: 0", "Content-Length: 5"), 400),
                (("Content-Length: 5", "Content-Length: 5"), 400),
                (("Content-Length: 5, 5",), 400), (("Content-Length: +5",), 400),
                (("Content-Length: -1",), 400), (("Content-Length: 0x5",), 400),
                (("Content-Length: 5 5",), 400), (("Content-Length:",), 400),
                (("Content-Length: 1e1",), 400), (("Content-Length: 99999999999999999999",), 400),
                (("Content-Length : 5",), 400), (("Content-Length\t: 5",), 400),
                ((" Content-Length: 5",), 400), (("X: y", "\tfolded"), 400),
                (("X: y", " Content-Length: 5"), 400)):
            for method in ("GET", "POST"):
                with self.subTest(method=method, fields=fields):
                    self.refused(request(f"{method} /messages HTTP/1.1", *fields, body=hidden),
                                 status)

    def test_the_body_of_a_get_is_not_a_request(self):
        body = request("GET /readyz HTTP/1.1")
        head = request("GET /healthz HTTP/1.1", f"Content-Length: {len(body)}")
        for pause in (0, 0.3):
            with RawConnection(self.port) as connection:
                connection.send(head)
                time.sleep(pause)
                connection.send(body).send(request("GET /whoami HTTP/1.1")).end()
                self.assertEqual([r.status for r in connection.responses()], [200, 401])

    def test_a_body_that_no_handler_reads_is_not_a_request(self):
        body = request("GET /healthz HTTP/1.1")
        head = request("POST /nowhere HTTP/1.1", f"Content-Length: {len(body)}")
        self.answered(head + body + OK, 404, 200)

    def test_line_ends_are_cr_lf(self):
        for data in (b"GET /healthz HTTP/1.1\nHost: vault\n\n",
                     b"GET /healthz HTTP/1.1\r\nHost: vault\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: vault\r\nX: a\nContent-Length: 5\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: vault\r\nX: a\rb\r\n\r\n",
                     b"GET /healthz HTTP/1.1\rHost: vault\r\r",
                     b"GET /healthz HTTP/1.1\r\nHost: va\0ult\r\n\r\n",
                     b"GET /healthz HTTP/1.1\r\nHost: vault\r\nX: \0\r\n\r\n"):
            with self.subTest(data=data):
                self.refused(data, 400)

    def test_a_bare_line_feed_is_refused_before_more_is_sent(self):
        with RawConnection(self.port) as connection:
            connection.send(b"GET /healthz HTTP/1.1\n")
            self.assertEqual(connection.response().status, 400)

    def test_exactly_one_valid_host(self):
        line = "GET /healthz HTTP/1.1"
        for fields in ((), ("Host: a", "Host: b"), ("Host: a", "host: a"), ("Host:",),
                       ("Host: a b",), ("Host: a/b",), ("Host: a,b",), ("Host: " + "a" * 300,)):
            with self.subTest(fields=str(fields)[:60]):
                self.refused(request(line, *fields, host=""), 400)

    def test_request_lines(self):
        for line, status in (
                ("GET  /healthz HTTP/1.1", 400), ("GET /healthz", 400), ("GET", 400),
                ("GET /healthz HTTP/1.1 x", 400), ("GET /healthz HTTP/2.0", 505),
                ("GET /healthz HTTP/1.2", 505), ("GET /healthz http/1.1", 400),
                ("get /healthz HTTP/1.1", 501), ("TRACE /healthz HTTP/1.1", 501),
                ("CONNECT vault:80 HTTP/1.1", 501), ("PRI * HTTP/2.0", 501),
                ("G(T /healthz HTTP/1.1", 400), (" /healthz HTTP/1.1", 400),
                ("GET healthz HTTP/1.1", 400), ("GET * HTTP/1.1", 400),
                ("GET http://vault/healthz HTTP/1.1", 400), ("GET /a b HTTP/1.1", 400),
                ("GET /a#b HTTP/1.1", 400), ("GET /a\\b HTTP/1.1", 400),
                ("GET /\u00e4 HTTP/1.1", 400), ("GET /a\tb HTTP/1.1", 400),
                ("GET /a<b HTTP/1.1", 400), ("GET /% HTTP/1.1", 400), ("GET /%4 HTTP/1.1", 400),
                ("GET /%zz HTTP/1.1", 400), ("GET /a?b=% HTTP/1.1", 400),
                ("GET /a%00b HTTP/1.1", 400), ("GET /a%0db HTTP/1.1", 400),
                ("GET /a%0Ab HTTP/1.1", 400), ("GET /a?b=%0d%0aX:y HTTP/1.1", 400),
                ("GET /" + "a" * 5000 + " HTTP/1.1", 414)):
            with self.subTest(line=line[:50]):
                self.refused(request(line), status)

    def test_a_target_that_is_no_utf8_is_refused(self):
        self.answered(request("GET /files/%ff HTTP/1.1"), 400)
        self.answered(request("GET /healthz?x=%c0%af HTTP/1.1"), 400)

    def test_fields(self):
        line = "GET /healthz HTTP/1.1"
        for fields, status in (
                (("X Y: z",), 400), (("X(: z",), 400), ((": z",), 400), (("no colon",), 400),
                (("X: a\x01b",), 400), (("X: a\x7fb",), 400), (("X-Test: a%0d%0ab",), 400),
                (("X-Test: a%00",), 400), (("REMOTE_ADDR: 6.6.6.6",), 400),
                (("Remote_Port: 1",), 400), (("LOCAL_ADDR: 6.6.6.6",), 400),
                (("Authorization: Bearer a", "Authorization: Bearer b"), 400),
                (("Idempotency-Key: a", "Idempotency-Key: b"), 400),
                (("Content-Encoding: gzip",), 415), (("Content-Encoding: identity",), 415),
                (("Expect: the-impossible",), 417)):
            with self.subTest(fields=fields):
                self.refused(request(line, *fields), status)
        self.answered(request(line, "X-Latin: \u00fc", "X-Tab: a\tb", "Upgrade: websocket",
                              "Connection: Upgrade", "Accept-Encoding: gzip, br"), 200)

    def test_a_put_says_how_long_it_is(self):
        self.refused(request("PUT /files/a HTTP/1.1"), 411)
        self.answered(request("POST /messages HTTP/1.1"), 401)

    def test_too_many_or_too_large_fields(self):
        line = "GET /healthz HTTP/1.1"
        self.answered(request(line, *[f"X-{n}: y" for n in range(63)]), 200)
        self.refused(request(line, *[f"X-{n}: y" for n in range(64)]), 431)
        self.answered(request(line, "X: " + "y" * 15_000), 200)
        self.refused(request(line, "X: " + "y" * 17_000), 431)
        self.refused(b"GET /" + b"a" * 200_000, 431)
        self.refused(b"X" * 100_000, 431)

    def test_a_range_is_ignored(self):
        found, = talk(self.port, request("GET /healthz HTTP/1.1", "Range: bytes=" + ",".join(
            "0-1" for _ in range(200))))
        whole, = talk(self.port, OK)
        self.assertEqual((found.status, found.body), (200, whole.body))

    def test_nothing_is_compressed_behind_the_clients_back(self):
        found, = talk(self.port, request("GET /healthz HTTP/1.1", "Accept-Encoding: gzip, br"))
        self.assertNotIn("content-encoding", found.headers)

    def test_a_client_that_goes_away_leaves_no_trace(self):
        for data in (b"", b"GET", b"GET /healthz HTTP/1.1\r\nHost: v",
                     request("POST /messages HTTP/1.1", "Content-Length: 100", body=b"half")):
            self.assertEqual(talk(self.port, data), [])
        self.answered(OK, 200)


if __name__ == "__main__":
    unittest.main()
