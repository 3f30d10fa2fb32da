"""Many clients at once: slow, silent, greedy and gone ones must not hurt the others."""

import json
import os
import resource
import signal
import threading
import time
import unittest

from gateway_case import GatewayCase, fresh
from raw import RawConnection, request, talk

GET = request("GET /healthz HTTP/1.1")


def resident_bytes(pid: int) -> int:
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize()


class ConnectionsTest(GatewayCase):
    def test_a_connection_serves_many_requests(self):
        with RawConnection(self.port) as connection:
            for number in range(50):
                self.assertEqual(connection.send(GET).response().status, 200, number)

    def test_pipelined_requests_are_answered_in_order(self):
        lines = ("GET /healthz HTTP/1.1", "GET /nowhere HTTP/1.1", "GET /whoami HTTP/1.1")
        name = self.conversation()
        body = json.dumps({"role": "user", "content": "x"}).encode()
        posts = b"".join(request(f"POST /conversations/{name}/messages HTTP/1.1",
                                 f"Authorization: Bearer {self.token}",
                                 f"Content-Length: {len(body)}", body=body) for _ in range(5))
        found = talk(self.port, b"".join(request(line) for line in lines) * 3 + posts + GET)
        self.assertEqual([r.status for r in found], [200, 404, 401] * 3 + [201] * 5 + [200])
        self.assertEqual([json.loads(r.body)["seq"] for r in found[9:14]], [1, 2, 3, 4, 5])

    def test_very_many_pipelined_requests_are_all_answered(self):
        found = talk(self.port, GET * 1500)
        self.assertEqual([r.status for r in found], [200] * 1500)

    def test_connection_close_is_honoured(self):
        for data in (request("GET /healthz HTTP/1.1", "Connection: close"),
                     request("GET /healthz HTTP/1.1", "Connection: Close, TE"),
                     request("GET /healthz HTTP/1.0")):
            with RawConnection(self.port) as connection:
                connection.send(data + GET)
                found = connection.responses()
                self.assertEqual([r.status for r in found], [200])
                self.assertEqual(found[0].headers["connection"], "close")

    def test_head_answers_have_no_body_and_the_next_request_is_read(self):
        with RawConnection(self.port) as connection:
            connection.send(request("HEAD /healthz HTTP/1.1") + GET)
            head = connection.response(to_head=True)
            self.assertGreater(int(head.headers["content-length"]), 0)
            self.assertEqual(connection.response().body, b'{"ok":true,"status":"alive"}')

    def test_expect_is_answered_before_the_body(self):
        body = json.dumps({"name": fresh("c")}).encode()
        with RawConnection(self.port) as connection:
            connection.send(request("POST /constructs HTTP/1.1", "Expect: 100-continue",
                                    f"Authorization: Bearer {self.token}",
                                    f"Content-Length: {len(body)}"))
            self.assertEqual(connection.response().status, 100)
            self.assertEqual(connection.send(body).response().status, 201)
        with RawConnection(self.port) as connection:
            connection.send(request("POST /constructs HTTP/1.1", "Expect: 100-continue",
                                    "Content-Length: 999999999"))
            self.assertEqual(connection.response().status, 413)

    def test_a_request_may_arrive_byte_by_byte(self):
        with RawConnection(self.port) as connection:
            for byte in request("GET /healthz HTTP/1.1", "X: y"):
                connection.send(bytes([byte]))
            self.assertEqual(connection.response().status, 200)

    def test_many_silent_connections_cost_nothing(self):
        silent = [RawConnection(self.port) for _ in range(400)]
        try:
            began = time.monotonic()
            self.assertEqual(self.nobody.get("/readyz").status, 200)
            self.assertLess(time.monotonic() - began, 2)
            for connection in silent[::50]:
                self.assertEqual(connection.send(GET).response().status, 200)
        finally:
            for connection in silent:
                connection.close()

    def test_a_burst_of_connections_is_taken(self):
        statuses = []

        def one():
            statuses.extend(r.status for r in talk(self.port, GET))
        threads = [threading.Thread(target=one) for _ in range(200)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(statuses, [200] * 200)

    def test_slow_clients_block_nobody(self):
        slow = [RawConnection(self.port) for _ in range(100)]
        try:
            for connection in slow[::2]:
                connection.send(b"GET /healthz HT")
            for connection in slow[1::2]:
                connection.send(request("POST /messages HTTP/1.1", "Content-Length: 1000",
                                        body=b"{"))
            for _ in range(20):
                began = time.monotonic()
                self.assertEqual(self.ada.get("/whoami").status, 200)
                self.assertLess(time.monotonic() - began, 2)
        finally:
            for connection in slow:
                connection.close()


class LimitsTest(GatewayCase):
    environment = {"VVAULT_MAX_BODY_BYTES": "100000", "VVAULT_MAX_FILE_BYTES": "3000000",
                   "VVAULT_MAX_INFLIGHT_BYTES": "8000000", "VVAULT_HEADER_TIMEOUT": "1",
                   "VVAULT_IDLE_TIMEOUT": "2", "VVAULT_MAX_CONNECTIONS": "40"}

    def test_a_body_above_the_limit_is_refused_at_once(self):
        with RawConnection(self.port) as connection:
            connection.send(request("POST /messages HTTP/1.1", "Content-Length: 100001"))
            answer = connection.response()
            self.assertEqual(answer.status, 413)
            self.assertEqual(json.loads(answer.body)["code"], "54000")
        name = self.conversation()
        fits = json.dumps({"role": "user", "content": "x" * 90_000})
        self.assertEqual(self.ada.post(f"/conversations/{name}/messages", fits).status, 201)

    def test_the_client_gets_to_read_the_refusal_while_it_still_sends(self):
        found = talk(self.port, request("POST /messages HTTP/1.1", "Content-Length: 5000000",
                                        body=b"x" * 5_000_000))
        self.assertEqual([r.status for r in found], [413])

    def test_a_file_may_be_larger(self):
        path = f"/files/library/{fresh('f')}.bin"
        self.assertEqual(self.ada.put(path, b"x" * 2_999_999).status, 201)
        self.assertEqual(self.client(self.token).put(path, b"x" * 3_000_001).status, 413)

    def test_a_header_must_come_in_time(self):
        with RawConnection(self.port) as connection:
            began = time.monotonic()
            connection.send(b"GET /healthz HTTP/1.1\r\nHost: vault\r\n")
            self.assertEqual(connection.response().status, 408)
            self.assertIsNone(connection.response())
            self.assertLess(time.monotonic() - began, 5)

    def test_a_trickle_does_not_buy_time(self):
        with RawConnection(self.port) as connection:
            for byte in b"GET /healthz HTTP/1.1\r\nHost: vault\r\nX: yyyyy":
                connection.send(bytes([byte]))
                time.sleep(0.04)
            self.assertEqual(connection.response().status, 408)

    def test_a_silent_connection_is_closed(self):
        with RawConnection(self.port) as connection:
            connection.send(GET)
            self.assertEqual(connection.response().status, 200)
            self.assertIsNone(connection.response())

    def test_large_bodies_have_a_limit_together(self):
        uploads = [RawConnection(self.port) for _ in range(5)]
        try:
            for upload in uploads:
                upload.send(request("PUT /files/x HTTP/1.1", "Content-Length: 2900000",
                                    f"Authorization: Bearer {self.token}"))
                upload.send(b"x" * 2_000_000)
            time.sleep(0.5)
            refused = 0
            for upload in uploads:
                upload.socket.settimeout(0.5)
                try:
                    refused += upload.response().status == 503
                except TimeoutError:
                    pass
            self.assertIn(refused, (1, 2))
            self.assertEqual(self.nobody.get("/healthz").status, 200)
        finally:
            for upload in uploads:
                upload.close()

    def test_at_the_limit_the_silent_ones_go(self):
        silent = [RawConnection(self.port) for _ in range(60)]
        try:
            self.assertEqual(self.nobody.get("/healthz").status, 200)
            self.assertEqual(silent[-1].send(GET).response().status, 200)
        finally:
            for connection in silent:
                connection.close()


class MemoryTest(GatewayCase):
    needs_servers = True

    def test_endless_input_does_not_fill_the_memory(self):
        self.nobody.get("/readyz")
        before = resident_bytes(self.gateway.process.pid)
        for start in (b"GET /", b"GET /healthz HTTP/1.1\r\nHost: v\r\nX: ",
                      request("POST /messages HTTP/1.1", "Transfer-Encoding: chunked"),
                      request("POST /messages HTTP/1.1"), b"\r\n\r\n"):
            with self.subTest(start=start[:30]):
                with RawConnection(self.port) as connection:
                    sent = 0
                    try:
                        connection.send(start)
                        while sent < 50_000_000:
                            connection.send(b"a" * 1_000_000)
                            sent += 1_000_000
                    except OSError:
                        pass
        after = resident_bytes(self.gateway.process.pid)
        self.assertLess(after - before, 40_000_000)

    def test_a_large_body_leaves_again(self):
        path = "/files/library/large.bin"
        self.ada.put(path, b"x" * 1000)
        before = resident_bytes(self.gateway.process.pid)
        self.ada.put(path, os.urandom(60_000_000))
        self.ada.get(path)
        time.sleep(0.2)
        after = resident_bytes(self.gateway.process.pid)
        self.assertLess(after - before, 40_000_000)


class StoppingTest(GatewayCase):
    needs_servers = True

    def test_what_was_begun_is_finished_and_nothing_new_is_taken(self):
        name = self.conversation()
        body = json.dumps({"role": "user", "content": "in flight"}).encode()
        head = request(f"POST /conversations/{name}/messages HTTP/1.1",
                       f"Authorization: Bearer {self.token}", f"Content-Length: {len(body)}")
        idle = RawConnection(self.port)
        idle.send(GET).response()
        begun = RawConnection(self.port)
        begun.send(head + body[:10])
        time.sleep(0.2)
        process = self.gateway.process
        process.send_signal(signal.SIGTERM)
        self.assertIsNone(idle.response())
        time.sleep(0.2)
        with self.assertRaises(OSError):
            RawConnection(self.port)
        begun.send(body[10:])
        answer = begun.response()
        self.assertEqual(answer.status, 201)
        self.assertEqual(answer.headers["connection"], "close")
        begun.close()
        idle.close()
        self.assertEqual(process.wait(timeout=15), 0)
        self.gateway.start()
        self.assertEqual([m["content"] for m in self.client(self.token).messages(name)],
                         ["in flight"])

    def test_a_client_that_never_ends_does_not_hold_it_up(self):
        begun = RawConnection(self.port)
        begun.send(request("POST /messages HTTP/1.1", "Content-Length: 100", body=b"{"))
        time.sleep(0.2)
        began = time.monotonic()
        process = self.gateway.process
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(timeout=20), 0)
        self.assertLess(time.monotonic() - began, 13)
        begun.close()
        self.gateway.start()


if __name__ == "__main__":
    unittest.main()
