"""How long the gateway waits for a client that is slow, silent or gone without a word."""

import json
import random
import socket
import struct
import threading
import time
import unittest

from gateway_case import GatewayCase, fresh
from harness.processes import wait_until
from prometheus import parse, value
from raw import RawConnection, request

LONGEST = 50  # seconds; each of the bounds is 30


def deafen(client: socket.socket) -> None:
    """From now on the kernel drops what comes for it, as if its cable had been pulled.

    A filter of one instruction: of each segment keep nothing. So nothing is acknowledged either.
    """
    instruction = struct.pack("HBBI", 6, 0, 0, 0)
    import ctypes
    program = ctypes.create_string_buffer(instruction)
    attached = struct.pack("HL", 1, ctypes.addressof(program))
    client.setsockopt(socket.SOL_SOCKET, 26, attached)  # SO_ATTACH_FILTER


class PatienceTest(GatewayCase):
    needs_servers = True

    def figure(self, name: str) -> float:
        _, samples = parse(self.client().get("/metrics").body.decode())
        return value(samples, name)

    def peers(self) -> set:
        """The local ports of clients that the gateway's kernel still holds a connection with."""
        found = set()
        with open("/proc/net/tcp", encoding="ascii") as table:
            for line in table.read().splitlines()[1:]:
                _, local, remote, state = line.split()[:4]
                if int(local.split(":")[1], 16) == self.port and state == "01":
                    found.add(int(remote.split(":")[1], 16))
        return found

    def wait_until_dropped(self, connection: socket.socket, what: str) -> float:
        began, port = time.monotonic(), connection.getsockname()[1]
        self.assertIn(port, self.peers())
        wait_until(lambda: port not in self.peers(), LONGEST, what, pause=0.5)
        return time.monotonic() - began

    def test_each_is_let_go_and_nobody_else_notices(self):
        # All at once, since each takes half a minute.
        failed = []

        def check(test):
            try:
                test()
            except BaseException as error:  # told by the main thread
                failed.append((test.__name__, repr(error)))
        threads = [threading.Thread(target=check, args=(test,)) for test in (
            self.a_body_that_trickles, self.a_reader_that_does_not_read,
            self.a_listener_without_a_cable, self.a_reader_without_a_cable)]
        for thread in threads:
            thread.start()
        slowest = 0
        while any(thread.is_alive() for thread in threads):
            began = time.monotonic()
            self.assertEqual(self.client(self.token2).get("/whoami").status, 200)
            slowest = max(slowest, time.monotonic() - began)
            time.sleep(0.2)
        for thread in threads:
            thread.join()
        self.assertEqual(failed, [])
        self.assertLess(slowest, 3)
        wait_until(lambda: self.figure("vvault_streams_open") == 0, 10, "the stream to be forgotten")
        self.assertEqual(self.figure("vvault_bodies_in_memory_bytes"), 0)

    def a_body_that_trickles(self):
        with RawConnection(self.port, LONGEST) as connection:
            connection.send(request("POST /messages HTTP/1.1", "Content-Length: 1000"))
            began = time.monotonic()
            answer = None
            while answer is None and time.monotonic() - began < LONGEST:
                connection.send(b"x")
                connection.socket.settimeout(1)
                try:
                    answer = connection.response()
                except TimeoutError:
                    pass
            self.assertEqual(answer.status, 408)
            self.assertGreater(time.monotonic() - began, 20)

    def large_file(self) -> str:
        path = f"/files/library/{fresh('large')}.bin"
        content = random.Random(7).randbytes(20_000_000)
        self.assertEqual(self.client(self.token).put(path, content).status, 201)
        return path

    def ask_for_it(self, path: str) -> socket.socket:
        reader = socket.socket()
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        reader.connect(("127.0.0.1", self.port))
        reader.sendall(request(f"GET {path} HTTP/1.1", f"Authorization: Bearer {self.token}"))
        self.addCleanup(reader.close)
        self.assertTrue(reader.recv(1000).startswith(b"HTTP/1.1 200"))
        return reader

    def a_reader_that_does_not_read(self):
        reader = self.ask_for_it(self.large_file())
        self.assertGreater(self.wait_until_dropped(reader, "a reader to be given up"), 20)

    def a_reader_without_a_cable(self):
        reader = self.ask_for_it(self.large_file())
        deafen(reader)
        self.wait_until_dropped(reader, "a reader that is gone to be given up")

    def a_listener_without_a_cable(self):
        name = fresh("session")
        client = self.client(self.token)
        self.assertEqual(client.post("/conversations", {"id": name,
                                                        "construct": "zen-001"}).status, 201)
        listener = socket.create_connection(("127.0.0.1", self.port), LONGEST)
        self.addCleanup(listener.close)
        listener.sendall(request(f"GET /conversations/{name}/events HTTP/1.1",
                                 f"Authorization: Bearer {self.token}"))
        received = b""
        while b"event: ready" not in received:
            received += listener.recv(4096)
        deafen(listener)
        body = {"role": "user", "content": "heard by nobody"}
        self.assertEqual(client.post(f"/conversations/{name}/messages", json.dumps(body)).status,
                         201)
        self.assertGreater(self.wait_until_dropped(listener, "a listener to be given up"), 20)


if __name__ == "__main__":
    unittest.main()
