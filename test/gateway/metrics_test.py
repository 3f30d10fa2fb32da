"""What /metrics tells, in which words, and to whom."""

import socket
import threading
import unittest

from gateway_case import GatewayCase, fresh
from harness.client import Client
from harness.processes import free_port, wait_until
from prometheus import check_histograms, parse, value
from raw import RawConnection, request


class MetricsCase(GatewayCase):
    def metrics(self) -> dict:
        answer = self.nobody.get("/metrics")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Content-Type"],
                         "text/plain; version=0.0.4; charset=utf-8")
        self.types, samples = parse(answer.body.decode())
        return samples


class MetricsTest(MetricsCase):
    needs_servers = True

    def test_the_words_are_prometheus(self):
        self.ada.get("/whoami")
        samples = self.metrics()
        self.assertGreater(check_histograms(self.types, samples), 2)
        for name in ("vvault_http_requests_total", "vvault_connections_accepted_total",
                     "vvault_database_connects_total"):
            self.assertEqual(self.types[name], "counter")
        for name in ("vvault_streams_open", "vvault_queue_depth", "process_open_fds"):
            self.assertEqual(self.types[name], "gauge")
        self.assertGreater(value(samples, "process_resident_memory_bytes"), 1_000_000)
        self.assertGreater(value(samples, "process_cpu_seconds_total"), 0)

    def test_requests_are_counted_by_template_method_and_class(self):
        name = self.conversation()
        before = self.metrics()
        for _ in range(3):
            self.ada.get(f"/conversations/{name}/messages")
        self.ada.get(f"/conversations/{fresh('none')}/messages")
        self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "x"})
        self.nobody.get(f"/nowhere/{name}")
        after = self.metrics()

        def grown(**labels) -> float:
            key = ("vvault_http_requests_total", frozenset(labels.items()))
            return after[key] - before.get(key, 0)
        route = "/conversations/:id/messages"
        self.assertEqual(grown(method="GET", route=route, status="2xx"), 3)
        self.assertEqual(grown(method="GET", route=route, status="4xx"), 1)
        self.assertEqual(grown(method="POST", route=route, status="2xx"), 1)
        self.assertEqual(grown(method="-", route="-", status="4xx"), 1)
        self.assertEqual(value(after, "vvault_http_request_duration_seconds_count",
                               method="POST", route=route), 1)

    def test_labels_come_from_the_route_table_alone(self):
        canary = fresh("canary")
        self.ada.get(f"/conversations/{canary}")
        self.ada.get(f"/files/{canary}.md")
        self.ada.request("DELETE", f"/{canary}")
        self.ada.put(f"/constructs/{canary}/grants/{canary}@example.com", {"role": canary})
        text = self.nobody.get("/metrics").body.decode()
        self.assertNotIn(canary, text)
        self.assertNotIn(self.token, text)
        _, samples = parse(text)
        routes = {dict(labels).get("route") for _, labels in samples}
        self.assertLessEqual({route for route in routes if route and "/" in route and
                              route.count(":") == 0 and "*" not in route},
                             {"/healthz", "/readyz", "/metrics", "/whoami", "/conversations"})

    def test_workers_connections_and_bytes(self):
        self.ada.put(f"/files/library/{fresh('f')}.bin", b"x" * 100_000)
        before = self.metrics()
        self.assertGreaterEqual(value(before, "vvault_http_received_bytes_total"), 100_000)
        self.assertGreater(value(before, "vvault_http_sent_bytes_total"), 0)
        self.assertEqual(value(before, "vvault_workers_busy"), 1)  # with this request itself
        self.assertEqual(value(before, "vvault_http_requests_in_flight"), 1)
        self.assertGreaterEqual(value(before, "vvault_database_connections"), 1)
        self.assertGreaterEqual(value(before, "vvault_database_connects_total", outcome="made"), 1)
        self.assertGreaterEqual(value(before, "vvault_database_round_trip_seconds_count"), 1)
        silent = [RawConnection(self.port) for _ in range(20)]
        try:
            wait_until(lambda: value(self.metrics(), "vvault_connections_open") >=
                       value(before, "vvault_connections_open") + 20, 5, "open connections")
            self.assertGreaterEqual(value(self.metrics(), "vvault_connections_accepted_total"),
                                    value(before, "vvault_connections_accepted_total") + 20)
        finally:
            for connection in silent:
                connection.close()

    def test_an_outage_is_seen_and_does_not_end_the_metrics(self):
        self.ada.get("/whoami")
        before = self.metrics()
        self.cluster.stop()
        try:
            self.ada.get("/whoami")
            during = self.metrics()
            self.assertGreater(value(during, "vvault_database_connects_total", outcome="failed"),
                               value(before, "vvault_database_connects_total", outcome="failed"))
        finally:
            self.cluster.start()
        wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the database")
        self.assertGreater(
            value(self.metrics(), "vvault_database_connects_total", outcome="made"),
            value(before, "vvault_database_connects_total", outcome="made"))

    def test_a_busy_gateway_shows_it(self):
        name = self.conversation()
        stop = threading.Event()
        failures = []

        def read():
            client = Client(self.port, self.token)
            while not stop.is_set():
                if client.get(f"/conversations/{name}").status != 200:
                    failures.append(1)
            client.close()
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(20):
                check_histograms(*self._typed(self.metrics()))
        finally:
            stop.set()
            for thread in threads:
                thread.join()
        self.assertEqual(failures, [])

    def _typed(self, samples: dict) -> tuple:
        return self.types, samples


class LedgerTest(MetricsCase):
    needs_servers = True

    def ledger(self) -> dict:
        return {name: number for (name, _), number in self.metrics().items()
                if name.startswith("vvault_ledger_")}

    def transcripts(self) -> dict:
        return {name.removeprefix("vvault_transcript_"): number
                for (name, _), number in self.metrics().items()
                if name.startswith("vvault_transcript_")}

    def test_transcript_files_tell_how_far_they_are_behind(self):
        wait_until(self.transcripts, 20, "figures", pause=0.2)
        self.ada.post("/api/chatty/transcript/zen-001/message",
                         {"role": "user", "content": "Hello", "timestamp": "2026-02-08T00:34:56.208Z"})
        self.cluster.psql("SELECT vvault.keep_transcripts()")
        wait_until(lambda: self.transcripts().get("files_waiting") == 1, 20, "a file that waits", pause=0.2)
        self.assertGreater(self.transcripts()["lag_seconds"], 0)
        self.cluster.psql("SELECT vvault.keep_transcripts(at_once => true)")
        wait_until(lambda: self.transcripts() == {"files_waiting": 0, "lag_seconds": 0,
                                                  "files_not_written": 0, "keeper_running": 0},
                   20, "the file", pause=0.2)

    def test_the_ledger_tells_how_far_it_is_sealed(self):
        self.conversation()
        wait_until(lambda: self.ledger().get("vvault_ledger_unsealed_entries", 0) > 0, 20,
                   "entries that wait", pause=0.2)
        self.assertGreater(self.ledger()["vvault_ledger_seal_lag_seconds"], 0)
        self.assertEqual(self.ledger()["vvault_ledger_sealing_stopped"], 0)
        self.cluster.psql("SELECT vvault.ledger_seal()")
        self.cluster.psql("SELECT vvault.ledger_seal()")  # what the first wrote about itself
        wait_until(lambda: self.ledger().get("vvault_ledger_unsealed_entries") == 0, 20,
                   "the seal", pause=0.2)
        sealed = self.ledger()
        self.assertGreater(sealed["vvault_ledger_sealed_entries"], 0)
        self.assertEqual(sealed["vvault_ledger_seal_lag_seconds"], 0)
        # Nobody knows while the database is away, and nobody waits.
        self.cluster.stop()
        try:
            wait_until(lambda: not self.ledger(), 20, "the figures to go", pause=0.2)
        finally:
            self.cluster.start()
        wait_until(self.ledger, 60, "the figures to come back", pause=0.5)


class ReadersTest(GatewayCase):
    needs_servers = True

    def test_by_default_loopback_may_read_and_a_proxy_may_not(self):
        self.assertEqual(self.nobody.get("/metrics").status, 200)
        for field in ("X-Forwarded-For", "Forwarded", "Via", "X-Real-IP"):
            self.assertProblem(self.nobody.get("/metrics", {field: "198.51.100.7"}), 404,
                               "NO_ROUTE")


class NobodyTest(GatewayCase):
    environment = {"VVAULT_METRICS": "off"}

    def test_it_can_be_turned_off(self):
        self.assertProblem(self.ada.get("/metrics"), 404, "NO_ROUTE")


class OwnListenerTest(GatewayCase):
    @classmethod
    def setUpClass(cls):
        cls.metrics_port = free_port()
        cls.environment = {"VVAULT_METRICS": f"127.0.0.1:{cls.metrics_port}"}
        super().setUpClass()

    def test_a_listener_of_its_own_answers_nothing_else(self):
        door = Client(self.metrics_port, self.token)
        self.addCleanup(door.close)
        self.assertEqual(door.get("/metrics").status, 200)
        self.assertEqual(door.get("/healthz").status, 200)
        for path in ("/whoami", "/conversations", "/files/a"):
            self.assertProblem(door.get(path), 404, "NO_ROUTE")
        self.assertProblem(self.ada.get("/metrics"), 404, "NO_ROUTE")
        self.assertEqual(self.ada.get("/whoami").status, 200)

    def test_it_is_bound_where_it_was_told(self):
        with self.assertRaises(OSError):
            socket.create_connection(("127.0.0.2", self.metrics_port), 2)
        with RawConnection(self.metrics_port) as connection:
            self.assertEqual(
                connection.send(request("GET /metrics HTTP/1.1")).response().status, 200)


if __name__ == "__main__":
    unittest.main()
