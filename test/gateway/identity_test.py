"""Who may do what: tokens, cookies, web origins, two people, and what the log tells."""

import unittest

from gateway_case import GatewayCase, fresh
from harness.processes import wait_until
from raw import talk

UNKNOWN = "vv_live_" + "A" * 43


class TokensTest(GatewayCase):
    def test_without_a_token_nothing_is_told(self):
        for method, path in (("GET", "/whoami"), ("GET", "/conversations"), ("POST", "/messages"),
                             ("GET", "/files/a"), ("PUT", "/files/a"), ("POST", "/imports"),
                             ("GET", "/constructs"), ("GET", "/conversations/x/transcript.md")):
            with self.subTest(path=path):
                answer = self.nobody.request(method, path, b"")
                self.assertProblem(answer, 401, "28000")
                self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="vvault"')

    def test_a_token_that_is_none_is_refused(self):
        for value in (f"Bearer {UNKNOWN}", "Bearer ", "Bearer", "Basic YTpi", UNKNOWN,
                      f"Bearer {self.token} x", f"Bearer {self.token}'--", "Bearer %41%42",
                      "Bearer " + "x" * 5000, f"Bearer {self.token[:-1]}"):
            with self.subTest(value=value[:30]):
                answer = self.nobody.get("/whoami", {"Authorization": value})
                self.assertProblem(answer, 401, "28000")
                self.assertIn("Bearer", answer.headers["WWW-Authenticate"])

    def test_the_scheme_is_known_in_any_case(self):
        for scheme in ("Bearer", "bearer", "BEARER"):
            answer = self.nobody.get("/whoami", {"Authorization": f"{scheme} {self.token}"})
            self.assertEqual(answer.status, 200)

    def test_a_cookie_holds_the_token_too(self):
        for cookie in (f"vvault_session={self.token}", f"sid={self.token}",
                       f"a=b; auth_sid={self.token}; c=d", f"xsid=no; sid={self.token}"):
            self.assertEqual(self.nobody.get("/whoami", {"Cookie": cookie}).status, 200, cookie)
        for cookie in ("sid=", f"other={self.token}", f"sid={UNKNOWN}", "sid", ";;;="):
            self.assertProblem(self.nobody.get("/whoami", {"Cookie": cookie}), 401, "28000")

    def test_the_header_goes_before_the_cookie(self):
        answer = self.nobody.get("/whoami", {"Authorization": f"Bearer {UNKNOWN}",
                                             "Cookie": f"sid={self.token}"})
        self.assertProblem(answer, 401)

    def test_open_routes_ask_for_none(self):
        for path in ("/healthz", "/readyz", "/health", "/api/health"):
            answer = self.client(UNKNOWN).get(path)
            self.assertEqual((answer.status, answer.json["ok"]), (200, True))


class OriginsTest(GatewayCase):
    environment = {"VVAULT_ALLOWED_ORIGINS": "https://chat.example, http://localhost:5173"}

    def post(self, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        return self.nobody.post("/constructs", {"name": fresh("c")}, headers)

    def test_a_cookie_is_not_taken_from_a_foreign_page(self):
        cookie = f"sid={self.token}"
        self.assertEqual(self.post(Cookie=cookie).status, 201)
        self.assertEqual(self.post(Cookie=cookie, Origin="https://chat.example").status, 201)
        self.assertEqual(self.post(Cookie=cookie, Origin=f"http://127.0.0.1:{self.port}").status,
                         201)
        for origin in ("https://evil.example", "https://chat.example.evil", "null",
                       "http://chat.example"):
            self.assertProblem(self.post(Cookie=cookie, Origin=origin), 403, "ORIGIN_REFUSED")
        self.assertProblem(self.post(Cookie=cookie, Sec_Fetch_Site="cross-site"), 403)
        self.assertEqual(self.post(Authorization=f"Bearer {self.token}",
                                   Origin="https://evil.example").status, 201)


class TwoPeopleTest(GatewayCase):
    def test_nobody_reaches_what_is_anothers(self):
        name = self.conversation()
        self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "secret"})
        session_id = self.ada.get(f"/conversations/{name}").json["session_id"]
        file = f"library/{fresh('f')}.md"
        self.ada.put(f"/files/{file}", b"secret")
        self.ada.post("/constructs", {"name": "privata"})
        for one in (name, session_id):
            for method, path, body in (
                    ("GET", f"/conversations/{one}", None),
                    ("PATCH", f"/conversations/{one}", {"title": "mine"}),
                    ("PATCH", f"/conversations/{one}", {"ended": True}),
                    ("GET", f"/conversations/{one}/messages", None),
                    ("GET", f"/messages?conversation={one}", None),
                    ("POST", f"/conversations/{one}/messages", {"role": "user", "content": "x"}),
                    ("GET", f"/conversations/{one}/transcript.md", None),
                    ("GET", f"/api/conversations/{one}/messages", None)):
                with self.subTest(method=method, path=path):
                    self.assertProblem(self.grace.request(method, path, body), 404, "P0002")
        for method, path, body in (("GET", f"/files/{file}", None),
                                   ("GET", f"/files/{file}?history", None),
                                   ("DELETE", f"/files/{file}", None),
                                   ("POST", f"/files/{file}?restore=1", None),
                                   ("POST", "/imports", {"path": file}),
                                   ("GET", "/constructs/privata-001/grants", None)):
            with self.subTest(method=method, path=path):
                self.assertProblem(self.grace.request(method, path, body), 404, "P0002")
        everything = "".join(self.grace.get(path).body.decode() for path in (
            "/conversations", "/files?prefix=", "/constructs", "/api/vvault/conversations",
            "/api/conversations", "/api/chatty/constructs", f"/api/vvault/chat/{name}"))
        for word in (name, session_id, "secret", file, "privata"):
            self.assertNotIn(word, everything)
        # The same names are hers to use, and are other things.
        self.assertEqual(self.grace.put(f"/files/{file}", b"hers").json["version"], 1)
        self.assertEqual(self.ada.get(f"/files/{file}").body, b"secret")


class LogTest(GatewayCase):
    needs_servers = True

    def test_the_log_tells_what_happened_and_nothing_of_what_was_said(self):
        canary = "CANARY" + fresh("x").replace("_", "").upper()
        name = f"{canary}-session"
        self.ada.post("/conversations", {"id": name, "construct": f"c{canary}", "title": canary})
        self.ada.post(f"/conversations/{name}/messages",
                      {"role": "user", "content": canary, "client_id": canary,
                       "metadata": {canary: canary}}, {"Idempotency-Key": canary})
        self.ada.post(f"/conversations/{name}/messages",
                      {"role": canary, "content": canary, "seat": canary * 9})
        self.ada.post(f"/conversations/{name}/messages", "{" + canary)
        self.ada.get(f"/messages?conversation={name}&after={canary}")
        self.ada.get(f"/nowhere/{canary}?q={canary}", {"X-Request-Id": canary,
                                                       "User-Agent": canary})
        self.ada.put(f"/files/{canary}.md", canary.encode(), {"Content-Type": f"text/{canary}"})
        self.ada.get(f"/files/{canary}-none.md")
        self.ada.request("OPTIONS", f"/files/{canary}")
        self.client(canary).get("/whoami")
        self.ada.get("/whoami", {"traceparent": canary, "tracestate": canary, "Prefer": canary,
                                 "Cookie": canary, "Forwarded": canary})
        self.ada.post(f"/api/vvault/conversations/{canary}/messages",
                      {"content": canary, "message": {"id": canary}})
        self.ada.post(f"/api/chatty/transcript/{canary}", {"content": canary})
        self.ada.post("/imports", {"path": f"{canary}.md", "owner_names": [canary]})
        raw = f"{canary} /{canary} HTTP/1.1\r\nHost: {canary}\r\n{canary}: {canary}\r\n\r\n"
        self.assertEqual([answer.status for answer in talk(self.port, raw.encode())], [501])
        self.nobody.get("/whoami", {"Cookie": f"sid={canary}"})
        self.ada.put(f"/constructs/{canary}/grants/{canary}@example.com", {"role": canary})
        log = self.gateway.log()
        self.assertNotIn(canary.lower(), log.lower())
        self.assertNotIn(self.token, log)
        self.assertNotIn(canary.lower(), self.cluster.log().lower())

        lines = [line for line in self.log_lines() if "method" in line]
        for line in lines:
            self.assertLessEqual({"ts", "request_id", "method", "route", "status", "duration_ms",
                                  "bytes", "trace_id", "queue_ms", "database_ms"}, set(line))
        posted = [line for line in lines if line["method"] == "POST"
                  and line["route"] == "/conversations/:id/messages"]
        self.assertEqual([line["status"] for line in posted], [201, 422, 400])
        self.assertEqual(posted[1]["sqlstate"], "22023")

    def test_a_request_is_found_in_the_log_by_its_id(self):
        answer = self.ada.get("/whoami")
        def lines():
            return [line for line in self.log_lines()
                    if line.get("request_id") == answer.headers["X-Request-Id"]]
        wait_until(lines, 5, "the line, which is written behind the answer")
        found, = lines()
        self.assertEqual((found["method"], found["route"], found["status"], found["bytes"]),
                         ("GET", "/whoami", 200, len(answer.body)))


if __name__ == "__main__":
    unittest.main()
