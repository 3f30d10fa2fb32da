"""One client cannot take all connections: an address has so many, and its own silent ones go first."""

import time
import unittest

from gateway_case import GatewayCase
from harness.processes import wait_until
from prometheus import parse, value
from raw import RawConnection, request

GET = request("GET /healthz HTTP/1.1")


def half_of_a_request() -> bytes:
    return b"GET /healthz HTTP/1.1\r\n"


class CrowdCase(GatewayCase):
    needs_servers = True

    def open(self, count: int, data: bytes = b"") -> list:
        opened = []
        for _ in range(count):
            connection = RawConnection(self.port)
            self.addCleanup(connection.close)
            opened.append(connection.send(data) if data else connection)
        return opened

    def ended(self, connection) -> bool:
        """Whether the gateway has closed it, without a word."""
        try:
            return connection.response() is None
        except ConnectionResetError:
            return True

    def figure(self, name: str) -> float:
        _, samples = parse(self.metrics().body.decode())
        return value(samples, name)


class AddressTest(CrowdCase):
    environment = {"VVAULT_MAX_CONNECTIONS_PER_ADDRESS": "8"}

    def metrics(self):
        client = self.client()
        try:
            return client.get("/metrics")
        finally:
            client.close()

    def wait_until_quiet(self):
        def quiet():
            try:
                return self.figure("vvault_connections_open") == 1
            except OSError:
                return False  # not even that one had a place
        wait_until(quiet, 20, "the others to be gone")
        time.sleep(0.3)  # that one too

    def setUp(self):
        super().setUp()
        self.wait_until_quiet()

    def test_a_silent_one_makes_room_for_the_next(self):
        silent = self.open(8)
        time.sleep(0.3)
        self.assertEqual(silent[7].send(GET).response().status, 200)
        newcomer, = self.open(1, GET)
        self.assertEqual(newcomer.response().status, 200)
        self.assertTrue(self.ended(silent[0]))
        for connection in silent[1:]:
            self.assertEqual(connection.send(GET).response().status, 200)

    def test_where_all_are_at_work_the_next_is_closed(self):
        busy = self.open(8, half_of_a_request())
        time.sleep(0.5)  # until each is read so far, one that has said nothing is a silent one
        self.assertTrue(self.ended(self.open(1)[0]))
        for connection in busy:
            self.assertEqual(connection.send(b"Host: v\r\n\r\n").response().status, 200)
        time.sleep(0.3)
        self.assertEqual(self.open(1, GET)[0].response().status, 200)
        self.assertGreaterEqual(self.figure("vvault_connections_crowded_total"), 1)

    def test_what_has_ended_is_not_counted(self):
        for _ in range(4):
            for connection in self.open(8, GET):
                self.assertEqual(connection.response().status, 200)
                connection.close()
            self.wait_until_quiet()


class ProxyTest(CrowdCase):
    """Behind a trusted proxy the forwarded address counts, and only while it asks something."""

    environment = {"VVAULT_MAX_CONNECTIONS_PER_ADDRESS": "4",
                   "VVAULT_TRUSTED_PROXIES": "127.0.0.1", "VVAULT_METRICS": "public"}

    def metrics(self):
        return self.client().get("/metrics")

    def listen(self, forwarded: str) -> RawConnection:
        connection, = self.open(1, request("GET /events HTTP/1.1", f"X-Forwarded-For: {forwarded}",
                                           f"Authorization: Bearer {self.token}"))
        return connection

    def ask(self, connection, forwarded: str):
        return connection.send(request("GET /healthz HTTP/1.1",
                                       f"X-Forwarded-For: {forwarded}")).response()

    def test_a_proxy_may_have_any_number(self):
        for number, connection in enumerate(self.open(30)):
            self.assertEqual(self.ask(connection, f"198.51.100.{number}").status, 200)

    def test_one_callers_requests_at_once_are_counted(self):
        caller = "203.0.113.7"
        streams = [self.listen(caller) for _ in range(4)]
        for stream in streams:
            self.assertEqual(stream.response().status, 200)
        refused = self.ask(self.open(1)[0], caller)
        self.assertEqual(refused.status, 429)
        self.assertEqual(refused.headers["retry-after"], "1")
        self.assertIn(b"TOO_MANY_CONNECTIONS", refused.body)
        self.assertEqual(self.ask(self.open(1)[0], "203.0.113.8").status, 200)
        self.assertGreaterEqual(self.figure_of_refusals(), 1)
        streams[0].close()
        wait_until(lambda: self.ask(self.open(1)[0], caller).status == 200, 10,
                   "the place that was left")

    def figure_of_refusals(self) -> float:
        _, samples = parse(self.metrics().body.decode())
        return value(samples, "vvault_http_refused_total", bound="connections")

    def test_a_connection_is_its_callers_for_one_request(self):
        connection, = self.open(1)
        for number in range(20):
            self.assertEqual(self.ask(connection, "203.0.113.9").status, 200, number)


if __name__ == "__main__":
    unittest.main()
