"""The existing Chatty client, written anew from what it is known to send, expect and keep: it knows
paths, bodies and a few headers, takes HTML for "no such route", and retries as that client does.
"""

import http.client
import json
import time
import unittest

from chatty_case import MESSAGE, ChattyCase
from gateway_case import escaped, fresh
from harness.client import Client
from harness.processes import wait_until

ROUTES = (
    ("GET", "/api/health"), ("GET", "/health"), ("GET", "/api/me"),
    ("GET", "/api/vvault/conversations"), ("GET", "/api/vvault/conversations/index"),
    ("GET", "/api/vvault/conversations/x/summary"), ("POST", "/api/vvault/conversations"),
    ("POST", "/api/vvault/conversations/x/messages"), ("GET", "/api/vvault/chat/x"),
    ("GET", "/api/vvault/conversations/x/export?format=md"), ("POST", "/api/vvault/create-canonical"),
    ("GET", "/api/vvault/identity/query?constructCallsign=x&query=y&limit=3"),
    ("GET", "/api/conversations"), ("POST", "/api/conversations"),
    ("GET", "/api/conversations/x/messages"), ("POST", "/api/conversations/x/messages"),
    ("GET", "/api/chatty/transcript/x"), ("POST", "/api/chatty/transcript/x"),
    ("POST", "/api/chatty/transcript/x/message"), ("GET", "/api/chatty/constructs"),
    ("POST", "/api/chatty/message"), ("POST", "/api/transcripts/save"),
    ("GET", "/api/transcripts/list/x"),
)
OPEN = {"/api/health", "/health"}


class ChattyClient:
    """fetch() with the old client's habits. `calls` counts what went over the wire."""

    def __init__(self, port: int, token: str):
        self.client = Client(port, token)
        self.calls = 0

    def ask(self, method: str, path: str, body=None) -> dict:
        for attempt in range(3):
            self.calls += 1
            answer = self.client.request(method, path, body, {"Accept": "application/json"})
            if "html" in answer.headers["Content-Type"]:
                raise AssertionError(f"route not found: {path}")
            if answer.status != 503 or method == "GET" or attempt == 2:
                break
            time.sleep(float(answer.headers["Retry-After"]))  # fails where it is missing
        content = answer.json
        if content.get("ok") is not True:
            raise RuntimeError(content["errorCode"])
        return content


class ContractTest(ChattyCase):
    def setUp(self):
        super().setUp()
        self.name = fresh("con").replace("_", "-")
        self.callsign = f"{self.name}-001"
        self.session = f"{self.callsign}_chat_with_{self.callsign}"
        self.chatty = ChattyClient(self.port, self.token)
        self.addCleanup(self.chatty.client.close)

    def say(self, role: str, content: str, session=None, **more):
        return self.save(session or self.session, {
            "role": role, "content": content, "constructId": self.callsign,
            "timestamp": more.pop("timestamp", "2026-02-08T00:34:56.208Z"), **more})

    def test_boot_as_the_client_does_it(self):
        self.assertEqual(set(self.chatty.ask("GET", "/api/me")["user"]),
                         {"id", "sub", "uid", "email", "name", "picture"})
        self.assertEqual(self.chatty.ask("GET", "/api/health"), {"ok": True})
        before = self.chatty.ask("GET", "/api/vvault/conversations")["conversations"]
        self.assertNotIn(self.session, [one["sessionId"] for one in before])
        begun = self.chatty.ask("POST", "/api/vvault/conversations", {
            "title": "Katana", "constructId": self.callsign, "sessionId": self.session})
        self.assertEqual(begun, {"ok": True, "conversation": {"sessionId": self.session,
                                                             "title": "Katana"}})
        # A message as it is sent, then everything read again and compared as strings.
        stamp = "2026-02-08T00:34:56.208Z"
        self.chatty.ask("POST", f"/api/vvault/conversations/{escaped(self.session)}/messages", {
            "role": "user", "content": "…", "packets": [{"op": "answer.v1", "payload": {"content": "…"}}],
            "timestamp": stamp, "title": "Katana", "constructId": self.callsign,
            "constructName": "Katana", "constructCallsign": self.callsign,
            "message": {"id": "m1", "role": "user", "content": "…", "timestamp": stamp},
            "metadata": {"clientMessageId": "c1", "files": [], "responseTimeMs": 1234,
                         "thinkingLog": [], "runtimeTurnState": {}, "attachments": [
                             {"id": "", "name": "", "mimeType": "", "size": 1, "url": "", "role": ""}]}})
        after = self.chatty.ask("GET", "/api/vvault/conversations")
        self.assertEqual((after["hydrationSource"], after["hydrationComplete"]), ("full", True))
        mine = {one["sessionId"]: one for one in after["conversations"]}[self.session]
        self.assertEqual([(m["role"], m["content"], m["timestamp"]) for m in mine["messages"]],
                         [("user", "…", stamp)])
        self.assertEqual(mine["messages"][0]["metadata"]["responseTimeMs"], 1234)
        self.assertEqual(len(mine["messages"][0]["attachments"]), 1)

    def test_the_index_is_the_list_with_the_last_five(self):
        for number in range(8):
            self.say("user", f"n{number}", timestamp=f"2026-02-08T00:00:0{number}.000Z", title="Long")
        answer = self.ada.get("/api/vvault/conversations/index")
        body = answer.json
        self.assertEqual({key: body[key] for key in ("ok", "hydrationSource", "hydrationComplete")},
                         {"ok": True, "hydrationSource": "index", "hydrationComplete": True})
        record = {one["id"]: one for one in body["conversations"]}[self.session]
        self.assertEqual(set(record), {"id", "title", "constructId", "updatedAt", "lastMessageAt",
                                       "messageCount", "messages"})
        self.assertEqual((record["title"], record["constructId"], record["messageCount"]),
                         ("Long", self.callsign, 8))
        self.assertEqual([m["content"] for m in record["messages"]], ["n3", "n4", "n5", "n6", "n7"])
        self.assertEqual(set(record["messages"][0]), MESSAGE)
        same = {"If-None-Match": answer.headers["ETag"]}
        self.assertEqual(self.ada.get("/api/vvault/conversations/index", same).status, 304)
        self.say("user", "n8")
        self.assertEqual(self.ada.get("/api/vvault/conversations/index", same).status, 200)
        self.assertNotIn(self.session, self.grace.get("/api/vvault/conversations/index").body.decode())

    def test_a_summary_is_one_conversation_in_short(self):
        path = f"/api/vvault/conversations/{escaped(self.session)}/summary"
        self.assertProblem(self.ada.get(path), 404, "P0002")
        for number in range(7):
            self.say("user", f"n{number}", timestamp=f"2026-02-08T00:00:0{number}.000Z", title="Short")
        answer = self.ada.get(path)
        body = answer.json
        self.assertEqual(set(body), {"ok", "sessionId", "title", "constructId", "messages",
                                     "messageCount", "lastMessageAt", "updatedAt", "etag"})
        self.assertEqual((body["ok"], body["sessionId"], body["title"], body["messageCount"]),
                         (True, self.session, "Short", 7))
        self.assertEqual([m["content"] for m in body["messages"]], ["n2", "n3", "n4", "n5", "n6"])
        self.assertEqual(answer.headers["ETag"], f'"{body["etag"]}"')
        same = self.ada.get(path, {"If-None-Match": answer.headers["ETag"]})
        self.assertEqual((same.status, same.body), (304, b""))
        self.assertProblem(self.grace.get(path), 404, "P0002")

    def test_an_export_is_a_file(self):
        self.say("user", "A line.\n\n<b>kept</b>")
        path = f"/api/vvault/conversations/{escaped(self.session)}/export"
        answer = self.ada.get(path + "?format=md")
        self.assertEqual((answer.status, answer.headers["Content-Type"]),
                         (200, "text/markdown; charset=utf-8"))
        self.assertEqual(answer.headers["Content-Disposition"],
                         f"attachment; filename*=UTF-8''{self.session}.md")
        self.assertIn("<b>kept</b>", answer.body.decode())
        self.assertEqual(answer.body.decode(), self.chat(self.session)["content"])
        self.assertProblem(self.ada.get(path + "?format=pdf"), 422)
        self.assertProblem(self.ada.get("/api/vvault/conversations/none/export?format=md"), 404)

    def test_a_canonical_conversation_is_made_once(self):
        for status in (201, 200):
            answer = self.ada.post("/api/vvault/create-canonical",
                                   {"constructId": self.name, "provider": "openai", "runtimeId": "r"})
            self.assertEqual((answer.status, answer.json), (status, {
                "ok": True, "sessionId": self.session,
                "filePath": f"instances/{self.callsign}/chatty/chat_with_{self.callsign}.md"}))
        self.assertProblem(self.ada.post("/api/vvault/create-canonical", {}), 422)

    def test_memories_are_what_was_said_about_it(self):
        path = f"/api/vvault/identity/query?constructCallsign={self.callsign}&query="
        self.assertEqual(self.chatty.ask("GET", path + "lighthouse"), {"ok": True, "memories": []})
        self.say("user", "Do you remember the LIGHTHOUSE?", timestamp="t1")
        self.say("assistant", "The lighthouse with the cobalt door.", timestamp="t2")
        self.say("user", "Thank you.", timestamp="t3")
        self.say("assistant", "Always.", timestamp="t4")
        memory = {"context": "Do you remember the LIGHTHOUSE?", "timestamp": "t1", "relevance": 1,
                  "response": "The lighthouse with the cobalt door."}
        for words in ("lighthouse", "cobalt%20door", "remember"):
            self.assertEqual(self.chatty.ask("GET", path + words)["memories"], [memory], words)
        self.assertEqual(self.chatty.ask("GET", path + "submarine")["memories"], [])
        self.assertEqual(self.chatty.ask("GET", path)["memories"], [])
        self.assertEqual([m["context"] for m in self.chatty.ask("GET", path + "you&limit=1")["memories"]],
                         ["Thank you."])
        self.assertEqual(self.grace.get(path + "lighthouse").json["memories"], [])

    def test_transcripts_are_saved_together_and_listed(self):
        turns = "You said:\nHello there\n\nZen said:\nHello to you\n"
        body = {"constructCallsign": self.callsign, "transcripts": [
            {"name": "one.md", "type": "text/markdown", "content": turns, "source": "chatgpt",
             "year": "2025", "month": "10"},
            {"name": "two.md", "type": "text", "content": "# Notes\n",
             "path": f"vvault/users/shard_0000/a/instances/{self.callsign}/documents/two.md"},
            {"name": "bad.md", "type": "text", "content": "x", "path": "instances/../../etc/passwd"}]}
        answer = self.chatty.ask("POST", "/api/transcripts/save", body)
        self.assertEqual(set(answer), {"success", "ok", "saved", "transcripts", "failed", "message"})
        self.assertEqual((answer["success"], answer["saved"]), (True, 2))
        self.assertEqual([one["path"] for one in answer["transcripts"]],
                         [f"instances/{self.callsign}/chatgpt/2025/10/one.md",
                          f"instances/{self.callsign}/documents/two.md"])
        self.assertEqual([one["name"] for one in answer["failed"]], ["bad.md"])
        self.assertTrue(answer["failed"][0]["error"])
        stored = self.ada.get(f"/files/instances/{self.callsign}/chatgpt/2025/10/one.md")
        self.assertEqual(stored.body.decode(), turns)
        listed = self.chatty.ask("GET", f"/api/transcripts/list/{self.name}")
        self.assertEqual([(one["name"], one["source"]) for one in listed["transcripts"]],
                         [("one.md", "chatgpt"), ("two.md", "documents")])
        self.assertEqual(self.grace.get(f"/api/transcripts/list/{self.name}").json["transcripts"], [])
        bad = {"constructCallsign": self.callsign, "transcripts": body["transcripts"][2:]}
        answer = self.ada.post("/api/transcripts/save", bad)
        self.assertFalse(answer.json["ok"] or answer.status < 400, answer)
        for wrong in ({}, {"constructCallsign": "x"}, {"constructCallsign": "x", "transcripts": [{}]}):
            self.assertProblem(self.ada.post("/api/transcripts/save", wrong), 422)

    def test_the_server_of_chatty_says_for_whom_it_asks(self):
        for header in ("X-Service-Token", "X-Chatty-Key"):
            def me(person=None, token=self.token):
                named = {} if person is None else {"X-Chatty-User": person}
                return self.nobody.get("/api/me", {header: token, **named})
            user = me(self.ada.get("/api/me").json["user"]["email"].upper())
            self.assertEqual(user.status, 200, user)
            self.assertEqual(me(user.json["user"]["id"]).status, 200)
            self.assertProblem(me(), 400)
            self.assertProblem(me(self.grace.get("/api/me").json["user"]["email"]), 403)
            self.assertProblem(me("nobody@example.com"), 403)
            self.assertProblem(me("x", token="wrong"), 401, "AUTH_REQUIRED")
            self.assertProblem(self.nobody.get("/whoami", {header: self.token}), 401)
        self.assertProblem(self.ada.get("/api/me", {"X-Chatty-User": "nobody@example.com"}), 403)

    def test_every_route_is_there_and_asks_who_it_is(self):
        for method, path in ROUTES:
            answer = self.nobody.request(method, path, b"{}" if method == "POST" else None)
            if path in OPEN:
                self.assertEqual(answer.status, 200, path)
            else:
                self.assertProblem(answer, 401, "AUTH_REQUIRED")
        for name in ("sid", "auth_sid"):
            self.assertEqual(self.nobody.get("/api/me", {"Cookie": f"{name}={self.token}"}).status, 200)

    def test_html_is_never_answered_whoever_asks(self):
        for accept in ("text/html", "text/html,application/xhtml+xml,*/*;q=0.8", "*/*", "", "nonsense"):
            for method, path in (*ROUTES, ("GET", "/api/none"), ("DELETE", "/api/me"), ("PUT", "/api/none"),
                                 ("GET", "/api/%ff"), ("GET", "/api/vvault/chat/" + "x" * 300),
                                 ("GET", "/"), ("GET", "/index.html"), ("HEAD", "/api/none"),
                                 ("HEAD", "/api/vvault/conversations")):
                if method == "POST":
                    for body in (b"", b"{", b"[]", b"null", b"\xff"):
                        self.assertJson(self.ada.request(method, path, body, {"Accept": accept}), path)
                else:
                    self.assertJson(self.ada.request(method, path, None, {"Accept": accept}), path)

    def assertJson(self, answer, path):
        kind = answer.headers["Content-Type"]
        if answer.status < 300 and "/export" in path:
            self.assertEqual(kind, "text/markdown; charset=utf-8")
            return
        self.assertIn(kind, ("application/json", "application/problem+json"), (path, answer))
        self.assertNotIn(b"<", answer.body[:1])
        if answer.body:
            self.assertIs(answer.json["ok"], answer.status < 400, (path, answer))

    def test_what_the_front_refuses_is_json_too(self):
        for head in (b"GET /api/me HTTP/1.1\r\n\r\n", b"GET /api/me HTTP/9.9\r\nHost: x\r\n\r\n",
                     b"nonsense\r\n\r\n", b"GET /api/" + b"x" * 20000 + b" HTTP/1.1\r\nHost: x\r\n\r\n",
                     b"POST /api/me HTTP/1.1\r\nHost: x\r\nContent-Length: x\r\n\r\n",
                     b"POST /api/conversations HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"):
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
            self.addCleanup(connection.close)
            connection.connect()
            connection.sock.sendall(head)
            answer = http.client.HTTPResponse(connection.sock)
            answer.begin()
            self.assertGreaterEqual(answer.status, 400, head)
            self.assertEqual(answer.headers["Content-Type"], "application/problem+json", head)
            body = json.loads(answer.read())
            self.assertIs(body["ok"], False)
            self.assertTrue(body["code"] and body["errorCode"] and body["error"])


class OutageContractTest(ChattyCase):
    needs_servers = True

    def test_a_get_ends_and_a_post_is_tried_again(self):
        chatty = ChattyClient(self.port, self.token)
        self.addCleanup(chatty.client.close)
        path = "/api/vvault/conversations/out-001_chat_with_out-001/messages"
        said = {"role": "user", "content": "x", "constructId": "out-001",
                "timestamp": "2026-02-08T00:34:56.208Z", "metadata": {"clientMessageId": "c"}}
        chatty.ask("POST", path, said)
        self.cluster.stop()
        for method, route in ROUTES:
            if method != "GET":
                continue
            answer = self.ada.get(route)
            # 503 on a GET can hang the old client for ever; 500 with a code does not.
            self.assertProblem(answer, 500, "VVAULT_UNREACHABLE")
        for method, route in ROUTES:
            body = {"content": "x", "message": "x", "constructId": "out-001", "constructCallsign": "x",
                    "transcripts": [{"name": "a", "content": "b"}]}
            if method == "POST" and route != "/api/chatty/message":
                answer = self.ada.post(route, body)
                self.assertProblem(answer, 503, "VVAULT_UNREACHABLE")
                self.assertGreaterEqual(int(answer.headers["Retry-After"]), 1)
        chatty.calls = 0
        with self.assertRaisesRegex(RuntimeError, "VVAULT_UNREACHABLE"):
            chatty.ask("POST", path, {**said, "metadata": {"clientMessageId": "d"}})
        self.assertEqual(chatty.calls, 3)
        self.cluster.start()
        wait_until(lambda: self.nobody.get("/api/health").status == 200, 20, "the vault")
        chatty.ask("POST", path, {**said, "metadata": {"clientMessageId": "d"}})
        self.assertTrue(chatty.ask("POST", path, said)["duplicateSuppressed"])
        self.assertEqual(len(self.chat("out-001_chat_with_out-001")["messages"]), 2)


if __name__ == "__main__":
    unittest.main()
