"""Which web pages may read what, and what they are told they may ask."""

import unittest

from gateway_case import GatewayCase, fresh

LISTED = "https://chat.example"
FOREIGN = ("https://evil.example", "https://chat.example.evil", "http://chat.example",
           "https://chat.example:8443", "https://CHAT.example", "null", "")


class CorsTest(GatewayCase):
    environment = {"VVAULT_ALLOWED_ORIGINS": f"{LISTED}, http://localhost:5173"}

    def preflight(self, path: str, method: str, origin: str = LISTED):
        return self.nobody.request("OPTIONS", path, None,
                                   {"Origin": origin, "Access-Control-Request-Method": method,
                                    "Access-Control-Request-Headers": "authorization"})

    def test_a_listed_page_may_read_the_answer(self):
        for origin in (LISTED, "http://localhost:5173"):
            answer = self.ada.get("/whoami", {"Origin": origin})
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], origin)
            self.assertEqual(answer.headers["Access-Control-Allow-Credentials"], "true")

    def test_a_refusal_may_be_read_too(self):
        for client, method, path, status in (
                (self.nobody, "GET", "/whoami", 401), (self.ada, "GET", "/nowhere", 404),
                (self.ada, "DELETE", "/whoami", 405),
                (self.ada, "GET", f"/files/{fresh('f')}", 404)):
            answer = client.request(method, path, None, {"Origin": LISTED})
            self.assertEqual(answer.status, status)
            self.assertEqual(answer.headers["Access-Control-Allow-Origin"], LISTED)

    def test_another_page_may_not(self):
        for origin in FOREIGN:
            answer = self.ada.get("/whoami", {"Origin": origin})
            self.assertEqual([name for name in answer.headers if name.startswith("Access-")], [])

    def test_no_cache_gives_one_origins_answer_to_another(self):
        for headers in ({"Origin": LISTED}, {"Origin": "https://evil.example"}, {}):
            for path in ("/whoami", "/conversations", "/nowhere"):
                self.assertIn("Origin", self.ada.get(path, headers).headers["Vary"].split(", "))

    def test_scripts_may_read_the_fields_that_they_need(self):
        told = self.ada.get("/whoami", {"Origin": LISTED}).headers["Access-Control-Expose-Headers"]
        self.assertLessEqual({"ETag", "Location", "Retry-After", "RateLimit", "X-Request-Id",
                              "Server-Timing", "Content-Disposition"}, set(told.split(", ")))

    def test_a_preflight_is_answered_by_the_route(self):
        answer = self.preflight("/files/a/b.md", "PUT")
        self.assertEqual((answer.status, answer.body), (204, b""))
        self.assertEqual(set(answer.headers["Access-Control-Allow-Methods"].split(", ")),
                         {"GET", "HEAD", "PUT", "DELETE", "POST", "OPTIONS"})
        self.assertLessEqual({"Authorization", "Content-Type", "If-Match", "Idempotency-Key",
                              "Last-Event-ID", "Traceparent"},
                             set(answer.headers["Access-Control-Allow-Headers"].split(", ")))
        self.assertGreater(int(answer.headers["Access-Control-Max-Age"]), 0)
        self.assertIn("Access-Control-Request-Method", answer.headers["Vary"])
        self.assertNotIn("DELETE", self.preflight("/whoami", "DELETE").headers[
            "Access-Control-Allow-Methods"])

    def test_a_preflight_needs_no_token_and_tells_a_foreign_page_nothing(self):
        for origin in FOREIGN:
            answer = self.preflight("/files/a/b.md", "PUT", origin)
            self.assertEqual(answer.status, 204)
            self.assertEqual([name for name in answer.headers if name.startswith("Access-")], [])

    def test_a_preflight_of_no_route_allows_nothing(self):
        answer = self.preflight("/nowhere", "GET")
        self.assertEqual(answer.status, 404)
        self.assertNotIn("Access-Control-Allow-Methods", answer.headers)


class NoOriginsTest(GatewayCase):
    def test_without_a_list_no_page_may_read_anything(self):
        for origin in (LISTED, "null", f"http://127.0.0.1:{self.port}"):
            answer = self.ada.get("/whoami", {"Origin": origin})
            self.assertEqual([name for name in answer.headers if name.startswith("Access-")], [])


if __name__ == "__main__":
    unittest.main()
