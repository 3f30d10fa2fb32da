"""The Chatty dialect: what the existing client sends, expects and keeps."""

import json
import unittest
import uuid

from gateway_case import GatewayCase, escaped, fresh

CONVERSATION = {"sessionId", "title", "constructId", "constructName", "constructCallsign",
                "createdAt", "updatedAt", "runtimeId", "constructFolder", "sourcePath",
                "isPrimary", "importMetadata", "messages"}
MESSAGE = {"id", "role", "content", "timestamp", "metadata", "attachments"}
OLD_MESSAGE = {"_id", "id", "conversation", "sessionId", "owner", "role", "content", "createdAt",
               "timestamp"}


class ChattyCase(GatewayCase):
    def save(self, session: str, body: dict, headers=None, client=None):
        return (client or self.ada).post(f"/api/vvault/conversations/{escaped(session)}/messages",
                                         body, headers)

    def chat(self, session: str, client=None) -> dict:
        answer = (client or self.ada).get(f"/api/vvault/chat/{escaped(session)}")
        self.assertEqual(answer.status, 200, answer)
        self.assertIs(answer.json["ok"], True)
        return answer.json

    def hydrated(self, client=None) -> dict:
        answer = (client or self.ada).get("/api/vvault/conversations")
        self.assertEqual(answer.status, 200, answer)
        return {c["sessionId"]: c for c in answer.json["conversations"]}


class BootTest(ChattyCase):
    def test_health_says_only_ok(self):
        for path in ("/api/health", "/health"):
            answer = self.nobody.get(path)
            self.assertEqual((answer.status, answer.body), (200, b'{"ok":true}'))

    def test_me(self):
        answer = self.ada.get("/api/me").json
        self.assertIs(answer["ok"], True)
        self.assertEqual(set(answer["user"]), {"id", "sub", "uid", "email", "name", "picture"})
        self.assertProblem(self.nobody.get("/api/me"), 401, "AUTH_REQUIRED")
        self.assertProblem(self.client("vv_live_" + "x" * 43).get("/api/me"), 401, "AUTH_REQUIRED")

    def test_what_is_no_route_is_json(self):
        for method, path in (("GET", "/api/nothing"), ("POST", "/api/vvault/nothing"),
                             ("GET", "/api"), ("GET", "/api/vvault/chat"), ("GET", "/api//me")):
            self.assertProblem(self.ada.request(method, path), 404, "NO_ROUTE")
        self.assertProblem(self.ada.delete("/api/vvault/conversations"), 405, "METHOD_NOT_ALLOWED")

    def test_no_model_is_asked(self):
        answer = self.ada.post("/api/chatty/message", {"constructId": "zen-001", "message": "hi"})
        self.assertProblem(answer, 501, "NOT_IMPLEMENTED")


class HydrationTest(ChattyCase):
    def test_every_conversation_comes_with_all_its_messages(self):
        first, second = fresh("session"), "hyd-001_chat_with_hyd-001"
        for number in range(3):
            self.save(first, {"role": "user", "content": f"a{number}", "constructId": "hyd-001",
                              "title": "First"})
        self.save(second, {"role": "assistant", "content": "b", "constructId": "hyd-001"})
        found = self.hydrated()
        self.assertEqual(set(found[first]), CONVERSATION)
        self.assertEqual([m["content"] for m in found[first]["messages"]], ["a0", "a1", "a2"])
        self.assertEqual(set(found[first]["messages"][0]), MESSAGE)
        self.assertEqual((found[first]["title"], found[first]["isPrimary"]), ("First", False))
        canonical = found[second]
        self.assertEqual([m["content"] for m in canonical["messages"]], ["b"])
        for field, value in (("isPrimary", True), ("constructId", "hyd-001"), ("runtimeId", "hyd"),
                             ("constructCallsign", "hyd-001"), ("constructFolder", "hyd-001"),
                             ("constructName", "Hyd"),
                             ("sourcePath", "instances/hyd-001/chatty/chat_with_hyd-001.md")):
            self.assertEqual(canonical[field], value, field)

    def test_an_etag_spares_the_second_download(self):
        self.save(fresh("session"), {"role": "user", "content": "x", "constructId": "zen"})
        first = self.ada.get("/api/vvault/conversations")
        etag = first.headers["ETag"]
        same = self.ada.get("/api/vvault/conversations", {"If-None-Match": etag})
        self.assertEqual((same.status, same.body), (304, b""))
        self.save(fresh("session"), {"role": "user", "content": "y", "constructId": "zen"})
        self.assertEqual(
            self.ada.get("/api/vvault/conversations", {"If-None-Match": etag}).status, 200)

    def test_another_persons_conversations_stay_away(self):
        name = fresh("session")
        self.save(name, {"role": "user", "content": "mine", "constructId": "zen"})
        self.assertNotIn(name, self.hydrated(self.grace))
        self.assertEqual(self.chat(name, self.grace)["messages"], [])
        self.save(name, {"role": "user", "content": "hers", "constructId": "zen"}, None, self.grace)
        self.assertEqual([m["content"] for m in self.chat(name)["messages"]], ["mine"])
        self.assertEqual([m["content"] for m in self.chat(name, self.grace)["messages"]], ["hers"])


class NewPersonTest(ChattyCase):
    needs_servers = True

    def test_a_new_person_has_an_empty_list(self):
        ida = self.client(self.cluster.make_user("ida@example.com"))
        self.assertEqual(ida.get("/api/vvault/conversations").json,
                         {"ok": True, "conversations": [], "hydrationSource": "full",
                          "hydrationComplete": True})


class BeginningTest(ChattyCase):
    def test_a_conversation_is_begun_once_and_never_truncated(self):
        name = fresh("session")
        body = {"sessionId": name, "title": "Über", "constructId": "Zen"}
        first = self.ada.post("/api/vvault/conversations", body)
        self.save(name, {"role": "user", "content": "kept"})
        again = self.ada.post("/api/vvault/conversations", body)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json, {"ok": True,
                                      "conversation": {"sessionId": name, "title": "Über"}})
        self.assertEqual(again.json, first.json)
        self.assertEqual(len(self.chat(name)["messages"]), 1)

    def test_without_a_session_id_one_is_made(self):
        body = {"title": "T", "constructId": "zen-001"}
        made = self.ada.post("/api/vvault/conversations", body).json["conversation"]["sessionId"]
        self.assertRegex(made, r"^session_\d+_\w+$")
        self.assertIn(made, self.hydrated())

    def test_the_creation_text_begins_and_is_no_message(self):
        name = fresh("session")
        body = {"role": "system", "content": "CONVERSATION_CREATED:My title",
                "constructId": "zen-001", "timestamp": "2026-02-08T00:34:56.208Z"}
        first, again = self.save(name, body), self.save(name, body)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertIs(first.json["ok"], True)
        self.assertEqual((self.hydrated()[name]["title"], self.hydrated()[name]["messages"]),
                         ("My title", []))

    def test_a_person_may_say_the_creation_text(self):
        name = fresh("session")
        self.save(name, {"role": "user", "content": "CONVERSATION_CREATED:x", "constructId": "zen"})
        self.assertEqual(len(self.chat(name)["messages"]), 1)

    def test_deletion_texts_are_kept_and_erase_nothing(self):
        name = fresh("session")
        self.save(name, {"role": "user", "content": "stays", "constructId": "zen"})
        for text in (f"CONVERSATION_DELETED:{name}", "USER_DATA_CLEARED:all"):
            self.assertEqual(self.save(name, {"role": "system", "content": text}).status, 201)
        messages = self.chat(name)["messages"]
        self.assertEqual([m["role"] for m in messages], ["user", "system", "system"])
        flags = self.ada.get(f"/conversations/{name}").json["flags"]
        self.assertEqual(set(flags), {"conversation_deleted", "user_data_cleared"})

    def test_whom_it_is_with_is_found_in_the_id(self):
        unique = str(uuid.uuid4().int % 10 ** 12)
        for name, construct in ((f"gpt-ella{unique}", f"ella{unique}-001"),
                                (f"mina_{unique}", "mina-001"),
                                (f"ru{unique}-007_chat_with_ru{unique}-007", f"ru{unique}-007"),
                                (f"session_{unique}_abc", "chatty-001"),
                                (str(uuid.uuid4()), "chatty-001")):
            with self.subTest(name=name):
                self.assertEqual(self.save(name, {"role": "user", "content": "x"}).status, 201)
                self.assertEqual(self.hydrated()[name]["constructId"], construct)


class SavingTest(ChattyCase):
    def body(self, **changes) -> dict:
        return {"role": "user", "content": "hello", "constructId": "zen-001",
                "timestamp": "2026-02-08T00:34:56.208Z", **changes}

    def test_the_answer_has_what_the_client_reads(self):
        name = fresh("session")
        body = self.body(metadata={"clientMessageId": "cm-1"})
        first, again = self.save(name, body), self.save(name, body)
        self.assertEqual((first.status, again.status), (201, 200))
        for answer, duplicate in ((first.json, False), (again.json, True)):
            self.assertIs(answer["ok"], True)
            self.assertIs(answer["duplicateSuppressed"], duplicate)
            self.assertEqual(answer["clientMessageId"], "cm-1")
            self.assertEqual(answer["canonical_target"], name)
            self.assertEqual(answer["roles"], [{"role": "user", "source": "vvault",
                                                "status": "duplicate" if duplicate else "ok"}])
            self.assertTrue(answer["persistence_owner"])
        self.assertEqual(first.json["message"], again.json["message"])
        self.assertEqual((first.json["seq"], again.json["seq"]), (1, 1))
        self.assertEqual(set(first.json["message"]), MESSAGE)
        self.assertEqual(first.json["id"], first.json["message"]["id"])

    def test_timestamps_come_back_byte_for_byte(self):
        name = fresh("session")
        stamps = ["2026-02-08T00:34:56.208Z", "2026-02-08T00:34:56.208000+00:00",
                  "2026-02-08T00:34:56Z", "2026-02-08T01:34:56.208+01:00", "06:48:09 AM EST",
                  "2026-02-11T16:05:12.387903", "Tuesday, perhaps"]
        for stamp in stamps:
            self.assertEqual(self.save(name, self.body(timestamp=stamp)).status, 201)
        self.assertEqual([m["timestamp"] for m in self.chat(name)["messages"]], stamps)
        self.assertEqual([m["timestamp"] for m in self.hydrated()[name]["messages"]], stamps)

    def test_a_message_without_a_time_gets_one(self):
        name = fresh("session")
        made = self.save(name, {"role": "user", "content": "x", "constructId": "zen"}).json
        self.assertRegex(made["message"]["timestamp"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")
        self.assertEqual(self.chat(name)["messages"][0]["timestamp"], made["message"]["timestamp"])

    def test_metadata_survives_whole_and_what_it_says_is_lifted(self):
        name = fresh("session")
        metadata = {"clientMessageId": "m", "model": "phi3", "seat": "creative", "provider": "p",
                    "responseTimeMs": 1234, "thinkingLog": [], "runtimeTurnState": {"a": {"b": []}},
                    "attachments": [{"id": "1", "name": "ü.png", "size": 1}], "files": [None]}
        self.save(name, self.body(metadata=metadata))
        message = self.chat(name)["messages"][0]
        self.assertEqual(message["metadata"], metadata)
        self.assertEqual(message["attachments"], metadata["attachments"])
        plain = self.ada.messages(name)[0]
        self.assertEqual((plain["model"], plain["seat"], plain["client_id"]),
                         ("phi3", "creative", "m"))

    def test_packets_are_joined_where_the_content_is_empty(self):
        packets = [{"op": "answer.v1", "payload": {"content": "first"}}, {"op": "noise"},
                   {"op": "answer.v1", "payload": {"content": ""}},
                   {"op": "answer.v1", "payload": {"content": "second"}}]
        for content, expected in (("", "first\n\nsecond"), ("given", "given")):
            name = fresh("session")
            self.save(name, self.body(content=content, packets=packets))
            self.assertEqual(self.chat(name)["messages"][0]["content"], expected)

    def test_a_message_may_be_nothing_but_attachments(self):
        name = fresh("session")
        answer = self.save(name, self.body(content="",
                                           metadata={"attachments": [{"name": "a.png"}]}))
        self.assertEqual(answer.status, 201, answer)
        self.assertProblem(self.save(name, self.body(content="", metadata={})), 422)
        self.assertProblem(self.save(name, {}), 422)

    def test_which_id_tells_a_repeat(self):
        """Idempotency-Key, else metadata.clientMessageId, else message.id, else the content."""
        inner = {"id": "inner", "role": "user", "content": "hello"}
        metadata = {"clientMessageId": "meta"}
        for key, body, expected in (
                ("key", self.body(metadata=metadata, message=inner), "key"),
                (None, self.body(metadata=metadata, message=inner), "meta"),
                (None, self.body(message=inner), "inner"),
                (None, self.body(), None)):
            name = fresh("session")
            headers = {"Idempotency-Key": key} if key else {}
            first, again = (self.save(name, body, headers) for _ in range(2))
            self.assertEqual((first.status, again.status), (201, 200))
            self.assertEqual(again.json["clientMessageId"], expected)
            self.assertEqual(len(self.chat(name)["messages"]), 1)
            if expected:
                other = self.save(name, {**body, "content": "other"}, headers)
                self.assertProblem(other, 409, "VV008")

    def test_equal_content_at_different_times_is_two_messages(self):
        name = fresh("session")
        for second in ("56", "57"):
            stamp = f"2026-02-08T00:34:{second}.208Z"
            self.assertEqual(self.save(name, self.body(timestamp=stamp)).status, 201)
        self.assertEqual(len(self.chat(name)["messages"]), 2)

    def test_the_first_eighty_characters_do_not_decide(self):
        name = fresh("session")
        for end in ("a", "b"):
            self.assertEqual(self.save(name, self.body(content="x" * 100 + end)).status, 201)
        self.assertEqual(len(self.chat(name)["messages"]), 2)

    def test_content_is_stored_as_it_came(self):
        name, content = fresh("session"), "<img onerror=1> &amp; \r\n \u2028 ‘x’ 🌊 "
        self.save(name, self.body(content=content))
        self.assertEqual(self.chat(name)["messages"][0]["content"], content)

    def test_what_is_written_is_read_at_once(self):
        name = fresh("session")
        for number in range(10):
            self.save(name, self.body(content=str(number)))
            self.assertEqual(self.chat(name)["messages"][-1]["content"], str(number))

    def test_an_unknown_chat_is_empty_and_never_a_similar_one(self):
        name = fresh("session")
        self.save(name, self.body())
        for other in (name[:-1], name + "x", name.upper(), "%", "_" * len(name)):
            self.assertEqual(self.chat(other), {"ok": True, "content": "", "messages": []})

    def test_a_chat_shows_its_markdown(self):
        name = fresh("session")
        self.save(name, self.body(content="unmistakable"))
        self.assertIn("unmistakable", self.chat(name)["content"])


class OldRoutesTest(ChattyCase):
    def test_messages(self):
        name = fresh("session")
        path = f"/api/conversations/{name}/messages"
        for body, content in (({"content": "one"}, "one"), ({"message": "two"}, "two"),
                              ({"content": "three", "role": "assistant"}, "three")):
            answer = self.ada.post(path, {**body, "constructId": "zen-001"})
            self.assertEqual(answer.status, 201, answer)
            made = answer.json
            self.assertEqual(set(made), {"ok", "message", "userMessage", "assistantMessage",
                                         "aiResponse", "content"})
            self.assertEqual(made["content"], content)
            self.assertEqual(set(made["message"]), OLD_MESSAGE)
            self.assertEqual(made["message"], made["userMessage"])
            self.assertIsNone(made["assistantMessage"])
            self.assertIsNone(made["aiResponse"])
        listed = self.ada.get(path).json
        self.assertIs(listed["ok"], True)
        self.assertEqual([m["content"] for m in listed["messages"]], ["one", "two", "three"])
        self.assertEqual([m["role"] for m in listed["messages"]], ["user", "user", "assistant"])
        self.assertEqual(listed["messages"][2], made["message"])
        self.assertEqual(listed["messages"][0]["owner"], self.ada.get("/whoami").json["user_id"])
        self.assertProblem(self.ada.get("/api/conversations/nowhere/messages"), 404)

    def test_attachments_beside_the_content_are_kept(self):
        name, attachments = fresh("session"), [{"name": "a.png"}]
        self.ada.post(f"/api/conversations/{name}/messages",
                      {"content": "", "constructId": "zen", "attachments": attachments})
        self.assertEqual(self.chat(name)["messages"][0]["attachments"], attachments)

    def test_conversations(self):
        made = self.ada.post("/api/conversations", {"title": "T", "constructId": "zen-001"})
        self.assertEqual(made.status, 201, made)
        self.assertIs(made.json["ok"], True)
        name = made.json["conversation"]["sessionId"]
        listed = self.ada.get("/api/conversations").json
        self.assertIs(listed["ok"], True)
        self.assertIn(name, [c["sessionId"] for c in listed["conversations"]])
        self.assertTrue(all(isinstance(c["messages"], list) for c in listed["conversations"]))
        said = self.ada.post("/api/conversations", {"content": "hi", "constructId": "zen-001"})
        self.assertEqual(said.json["message"]["content"], "hi")
        self.assertEqual(self.chat(said.json["conversation"]["sessionId"])["messages"][0]["content"],
                         "hi")


class EveryAnswerTest(ChattyCase):
    def test_success_says_ok_and_failure_says_not(self):
        name = self.conversation()
        for method, path, body in (
                ("GET", "/api/me", None), ("GET", "/api/vvault/conversations", None),
                ("GET", f"/api/vvault/chat/{name}", None), ("GET", "/api/conversations", None),
                ("GET", f"/api/conversations/{name}/messages", None),
                ("GET", "/api/chatty/constructs", None),
                ("POST", f"/api/vvault/conversations/{name}/messages",
                 {"role": "user", "content": "x"})):
            answer = self.ada.request(method, path, body)
            self.assertIn(answer.status, (200, 201), answer)
            self.assertIs(answer.json["ok"], True, answer)
            self.assertEqual(answer.headers["Content-Type"], "application/json")
            refused = self.nobody.request(method, path, body)
            self.assertProblem(refused, 401, "AUTH_REQUIRED")
        big = json.dumps({"role": "user", "content": "x" * 17_000_000})
        self.assertProblem(self.ada.post(f"/api/vvault/conversations/{name}/messages", big), 413)


if __name__ == "__main__":
    unittest.main()
