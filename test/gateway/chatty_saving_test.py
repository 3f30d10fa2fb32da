"""The Chatty dialect: a message is saved once, and comes back as it was sent."""

import unittest

from chatty_case import MESSAGE, ChattyCase
from gateway_case import fresh


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


if __name__ == "__main__":
    unittest.main()
