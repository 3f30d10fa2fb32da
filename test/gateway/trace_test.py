"""W3C trace context, Server-Timing, and the durations in the log."""

import re
import unittest

from gateway_case import GatewayCase
from harness.processes import wait_until

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7"
ZERO = "0" * 32


class TraceTest(GatewayCase):
    needs_servers = True

    def line_of(self, answer) -> dict:
        def lines():
            return [line for line in self.log_lines()
                    if line.get("request_id") == answer.headers["X-Request-Id"]]
        wait_until(lines, 5, "the line of the log")
        found, = lines()
        return found

    def test_a_valid_parent_is_believed(self):
        for value in (f"{PARENT}-01", f"{PARENT}-00", f"{PARENT}-ff",
                      f"01-{TRACE}-00f067aa0ba902b7-01-more", f"cc-{TRACE}-00f067aa0ba902b7-01"):
            line = self.line_of(self.nobody.get("/healthz", {"traceparent": value}))
            self.assertEqual(line["trace_id"], TRACE, value)

    def test_without_a_valid_one_each_request_begins_its_own(self):
        seen = set()
        for value in (None, "", "00", f"ff-{TRACE}-00f067aa0ba902b7-01", f"{PARENT}-01-more",
                      f"00-{ZERO}-00f067aa0ba902b7-01", f"00-{TRACE}-0000000000000000-01",
                      f"{PARENT}-0g", f"{PARENT.upper()}-01", f"{PARENT}_01",
                      f"00-{TRACE}-00f067aa0ba902b7", "x" * 55, f"{PARENT}-01 "[1:]):
            headers = {} if value is None else {"traceparent": value}
            line = self.line_of(self.nobody.get("/healthz", headers))
            self.assertRegex(line["trace_id"], "^[0-9a-f]{32}$")
            self.assertNotIn(line["trace_id"], (TRACE, ZERO))
            seen.add(line["trace_id"])
        self.assertEqual(len(seen), 13)

    def test_a_recorded_trace_is_found_at_the_database(self):
        self.cluster.psql("ALTER SYSTEM SET log_statement = 'all'")
        self.cluster.psql("ALTER SYSTEM SET log_line_prefix = '%m [%p] %a | '")
        self.cluster.reload()
        try:
            wait_until(lambda: self.ada.get("/whoami", {"traceparent": f"{PARENT}-01"})
                       and f"vvault-gateway {TRACE} |" in self.cluster.log(), 10,
                       "the trace in the server's log")
            self.assertEqual(self.ada.get("/whoami", {"traceparent": f"{PARENT}-00"}).status, 200)
            named = self.cluster.psql("SELECT count(*) FROM pg_stat_activity"
                                      f" WHERE application_name LIKE '%{TRACE}%'")
            self.assertEqual(named, "0")  # the name ended with its transaction
        finally:
            self.cluster.psql("ALTER SYSTEM RESET ALL")
            self.cluster.reload()

    def test_the_log_tells_where_the_time_went(self):
        line = self.line_of(self.ada.get("/whoami"))
        self.assertGreater(line["database_ms"], 0)
        self.assertGreaterEqual(line["queue_ms"], 0)
        self.assertGreaterEqual(line["duration_ms"] + 0.02, line["database_ms"] + line["queue_ms"])
        self.assertEqual(self.line_of(self.nobody.get("/healthz"))["database_ms"], 0)

    def test_server_timing_is_told_to_those_who_ask(self):
        self.assertNotIn("Server-Timing", self.ada.get("/whoami").headers)
        self.assertNotIn("Server-Timing", self.ada.get("/whoami", {"Prefer": "wait=5"}).headers)
        for prefer in ("server-timing", "wait=5, Server-Timing"):
            answer = self.ada.get("/whoami", {"Prefer": prefer, "traceparent": f"{PARENT}-01"})
            self.assertEqual(answer.headers["Preference-Applied"], "server-timing")
            told = answer.headers["Server-Timing"]
            match = re.fullmatch(r"queue;dur=([0-9.]+), database;dur=([0-9.]+), "
                                 r'total;dur=([0-9.]+), traceparent;desc="(.*)"', told)
            self.assertTrue(match, told)
            queue, database, total = (float(part) for part in match.groups()[:3])
            self.assertGreater(database, 0)
            self.assertGreaterEqual(total + 0.02, queue + database)
            self.assertRegex(match.group(4), f"^00-{TRACE}-(?!00f067aa0ba902b7)[0-9a-f]{{16}}-01$")


if __name__ == "__main__":
    unittest.main()
