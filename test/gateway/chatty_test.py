"""The Chatty dialect: boot, conversations and the older routes, as the existing client calls them."""

import json
import unittest
import uuid

from chatty_case import MESSAGE, ChattyCase
from gateway_case import fresh

CONVERSATION = {"sessionId", "title", "constructId", "constructName", "constructCallsign",
                "createdAt", "updatedAt", "runtimeId", "constructFolder", "sourcePath",
                "isPrimary", "importMetadata", "messages"}
OLD_MESSAGE = {"_id", "id", "conversation", "sessionId", "owner", "role", "content", "createdAt",
               "timestamp"}


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
