"""Streams that only wait cost nobody a turn, and one that does not read costs little."""

import socket
import statistics
import time
import unittest
from pathlib import Path

from events_case import EventsCase
from harness.processes import wait_until

IDLE = 1000


class LoadTest(EventsCase):
    environment = {"VVAULT_MAX_STREAMS_PER_TOKEN": "2000"}

    def memory(self) -> int:
        """Of the gateway, in KiB."""
        status = Path(f"/proc/{self.gateway.process.pid}/status").read_text(encoding="ascii")
        return int(status.split("VmRSS:")[1].split()[0])

    def backends(self) -> list:
        return self.cluster.psql("SELECT state FROM pg_stat_activity"
                                 " WHERE application_name = 'vvault-gateway'").splitlines()

    def open_raw(self, path: str, token: str) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.port), 30)
        one.sendall(f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n"
                    .encode())
        self.addCleanup(one.close)
        return one

    def duration(self, client, name: str) -> float:
        """The median of some requests, in milliseconds."""
        taken = []
        for _ in range(100):
            began = time.monotonic()
            self.assertEqual(client.get(f"/conversations/{name}/messages").status, 200)
            taken.append((time.monotonic() - began) * 1000)
        return statistics.median(taken)

    def test_a_thousand_listeners(self):
        name, quiet = self.conversation(), self.conversation()
        self.say(name, "x")
        self.duration(self.ada, name)
        alone, before = self.duration(self.ada, name), self.memory()
        sockets = []
        for number in range(IDLE):
            path = "/events" if number % 2 else f"/conversations/{quiet}/events"
            sockets.append(self.open_raw(path, self.token2 if number % 2 else self.token))
        for one in sockets:
            one.settimeout(60)
            received = b""
            while b"event: ready" not in received:
                received += one.recv(4096)
        time.sleep(1)
        beside, after = self.duration(self.ada, name), self.memory()
        listener = self.listen_to(name)
        waits = []
        for number in range(20):
            self.say(name, str(number))
            answered = time.monotonic()
            waits.append(max(0, listener.wait_for(number + 1, "message")[-1].at - answered) * 1000)
        busy = [state for state in self.backends() if state != "idle"]
        print(f"\n{IDLE} idle streams: {(after - before) / IDLE:.1f} KiB each; a GET takes"
              f" {alone:.2f} ms without and {beside:.2f} ms beside them; an event comes"
              f" {statistics.median(waits):.0f} ms after the answer")
        self.assertLess((after - before) / IDLE, 16)
        self.assertLess(beside, 5 * alone + 5)
        self.assertLessEqual(len(busy), 1)
        # One event wakes them all; each reads for itself, and requests go on meanwhile.
        self.say(quiet, "to five hundred")
        slowest = 0
        for _ in range(20):
            began = time.monotonic()
            self.assertEqual(self.ada.get(f"/conversations/{name}/messages").status, 200)
            slowest = max(slowest, (time.monotonic() - began) * 1000)
        began = time.monotonic()
        for one in sockets[0::2]:
            received = b""
            while b"to five hundred" not in received:
                received += one.recv(4096)
        print(f"500 woken at once: all were told in {(time.monotonic() - began) * 1000:.0f} ms more,"
              f" the slowest request beside it took {slowest:.0f} ms")

    def test_a_client_that_does_not_read(self):
        name = self.conversation()
        slow = self.open_raw(f"/conversations/{name}/events", self.token)
        time.sleep(0.5)
        listener = self.listen_to(name)
        before = self.memory()
        content = "x" * (1 << 20)
        for number in range(40):
            self.say(name, f"{number} {content}")
        listener.wait_for(40, "message", seconds=60)
        listener.close()
        grown = self.memory() - before
        print(f"\n40 MiB to a client that does not read: {grown / 1024:.0f} MiB in the gateway")
        self.assertLess(grown, 56 << 10)
        # It is not waited for, and takes the rest once it reads.
        received, tail = 0, b""
        slow.settimeout(20)
        while b'"content":"39 ' not in tail:
            more = slow.recv(1 << 16)
            self.assertTrue(more, "closed before the last event")
            received, tail = received + len(more), (tail + more)[-200_000:]
        self.assertGreater(received, 39 << 20)

    def test_a_client_that_never_reads_is_closed(self):
        name = self.conversation()
        slow = self.open_raw(f"/conversations/{name}/events", self.token)
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        time.sleep(0.5)
        for _ in range(12):
            self.say(name, "x" * (1 << 20))

        def closed() -> bool:
            return self.cluster is not None and not any(
                line for line in self.connections() if line.endswith(f":{slow.getsockname()[1]}"))
        wait_until(closed, 60, "the gateway to give up")

    def connections(self) -> list:
        """The peers of the gateway's established connections, as address:port."""
        peers = []
        for line in Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]:
            _, local, remote, state = line.split()[:4]
            if state == "01" and int(local.split(":")[1], 16) == self.port:
                peers.append(f"peer:{int(remote.split(':')[1], 16)}")
        return peers


if __name__ == "__main__":
    unittest.main()
