"""Messages of the standard dialect: sent once, read in order, page by page."""

import json
import threading
import unittest

from gateway_case import GatewayCase, escaped, fresh
from harness.client import Client

FIELDS = {"id", "seq", "conversation", "session_id", "role", "content", "seat", "model",
          "client_id", "metadata", "created_at", "timestamp"}


class SendingTest(GatewayCase):
    def test_a_message_comes_back_as_it_was_sent(self):
        name = self.conversation()
        sent = {"role": "assistant", "content": "Zeile 1\n\t\"zwei\" \\ 🌊 \u2028 \x01 ende",
                "client_id": "c-1", "seat": "coding", "model": "m-1",
                "metadata": {"a": [1, 2.50, None, True, "ü"], "n": 12345678901234567890123},
                "timestamp": "2026-02-08T00:34:56.208Z"}
        answer = self.ada.post(f"/conversations/{name}/messages", sent)
        self.assertEqual(answer.status, 201, answer)
        message = answer.json
        self.assertEqual(set(message), FIELDS)
        for field in ("role", "content", "client_id", "seat", "model", "timestamp"):
            self.assertEqual(message[field], sent[field])
        self.assertEqual(message["conversation"], name)
        self.assertEqual(message["seq"], 1)
        self.assertEqual(message["created_at"], "2026-02-08T00:34:56.208Z")
        read = self.ada.get(f"/conversations/{name}/messages").json["messages"]
        self.assertEqual(read, [message])
        self.assertEqual(read[0]["metadata"], sent["metadata"])
        self.assertIn(b"12345678901234567890123", answer.body)

    def test_every_character_survives_wherever_it_stands(self):
        name = self.conversation()
        special = [chr(n) for n in range(1, 0x180)] + ["\u2028", "\ud7ff", "\ue000", "\U0010ffff"]
        contents = ["y" * (n % 19) + c + "\"" * (n % 3) + c + "z" * (n % 11)
                    for n, c in enumerate(special)] + ["".join(special)]
        answer = self.ada.post(f"/conversations/{name}/messages", {
            "messages": [{"role": "user", "content": content} for content in contents]})
        self.assertEqual(answer.status, 201)
        self.assertEqual([m["content"] for m in self.ada.messages(name)], contents)

    def test_location_leads_to_the_message(self):
        name = self.conversation()
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": "one"})
        read = self.ada.get(answer.headers["Location"]).json["messages"]
        self.assertEqual(read, [answer.json])

    def test_a_repeat_is_the_same_message(self):
        name = self.conversation()
        body = {"role": "user", "content": "one", "client_id": "c"}
        first = self.ada.post(f"/conversations/{name}/messages", body)
        again = self.ada.post(f"/conversations/{name}/messages", body)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json, again.json)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertNotIn("Idempotent-Replayed", first.headers)
        self.assertEqual(len(self.ada.messages(name)), 1)

    def test_the_same_client_id_with_other_content_is_refused(self):
        name = self.conversation()
        self.ada.post(f"/conversations/{name}/messages",
                      {"role": "user", "content": "one", "client_id": "c"})
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": "two", "client_id": "c"})
        self.assertProblem(answer, 409, "VV008")
        self.assertEqual([m["content"] for m in self.ada.messages(name)], ["one"])

    def test_idempotency_key_is_the_client_id(self):
        name = self.conversation()
        body, key = {"role": "user", "content": "one"}, {"Idempotency-Key": "k-1"}
        first = self.ada.post(f"/conversations/{name}/messages", body, key)
        again = self.ada.post(f"/conversations/{name}/messages", body, key)
        self.assertEqual((first.status, again.status), (201, 200))
        self.assertEqual(first.json["client_id"], "k-1")
        both = self.ada.post(f"/conversations/{name}/messages", {**body, "client_id": "k-1"}, key)
        self.assertEqual(both.status, 200)
        differing = self.ada.post(f"/conversations/{name}/messages",
                                  {**body, "client_id": "k-2"}, key)
        self.assertProblem(differing, 400)
        self.assertProblem(self.ada.post(f"/conversations/{name}/messages", body,
                                         {"Idempotency-Key": "k" * 201}), 400)

    def test_equal_content_without_a_client_id_is_two_messages(self):
        name = self.conversation()
        for _ in range(2):
            answer = self.ada.post(f"/conversations/{name}/messages",
                                   {"role": "user", "content": "one"})
            self.assertEqual(answer.status, 201)
        self.assertEqual(len(self.ada.messages(name)), 2)

    def test_the_conversation_can_be_named_in_the_body_or_the_query(self):
        name = self.conversation()
        answer = self.ada.post("/messages", {"conversation": name, "role": "user", "content": "x"})
        self.assertEqual(answer.status, 201, answer)
        read = self.ada.get(f"/messages?conversation={name}")
        self.assertEqual(read.json["messages"], [answer.json])
        self.assertProblem(self.ada.post("/messages", {"role": "user", "content": "x"}), 422)
        self.assertProblem(self.ada.get("/messages"), 400)

    def test_a_first_message_begins_a_conversation_if_it_says_with_whom(self):
        for body in ({"construct": "vox"}, {"constructId": "vox-001"}):
            name = fresh("session")
            answer = self.ada.post(f"/conversations/{name}/messages",
                                   {"role": "user", "content": "x", "title": "T", **body})
            self.assertEqual(answer.status, 201, answer)
            made = self.ada.get(f"/conversations/{name}").json
            self.assertEqual((made["construct"], made["title"]), ("vox-001", "T"))
        answer = self.ada.post("/conversations/rex-002_chat_with_rex-002/messages",
                               {"role": "user", "content": "x"})
        self.assertEqual(answer.status, 201, answer)
        self.assertProblem(self.ada.post(f"/conversations/{fresh('session')}/messages",
                                         {"role": "user", "content": "x"}), 404, "P0002")
        self.assertProblem(self.ada.post("/conversations/a-001_chat_with_b-001/messages",
                                         {"role": "user", "content": "x"}), 404, "P0002")

    def test_ids_are_opaque_text(self):
        for name in ("a/b?c#d", "mit Leerzeichen", "percent%41", "ä🌊", "x" * 200, "plus+plus",
                     "dots..", "'quote\""):
            with self.subTest(name=name):
                path = f"/conversations/{escaped(name)}/messages"
                answer = self.ada.post(path, {"role": "user", "content": name,
                                              "construct": "zen-001"})
                self.assertEqual(answer.status, 201, answer)
                self.assertEqual(answer.json["conversation"], name)
                self.assertEqual(self.ada.get(path).json["messages"], [answer.json])
        self.assertProblem(self.ada.get(f"/conversations/{'x' * 201}/messages"), 422)

    def test_what_is_no_message_is_refused_and_stores_nothing(self):
        name = self.conversation()
        path = f"/conversations/{name}/messages"
        for body, status in (
                ({"role": "user"}, 422), ({"content": "x"}, 422), ({}, 422),
                ({"role": "robot", "content": "x"}, 422), ({"role": "user", "content": 7}, 422),
                ({"role": "user", "content": ""}, 422),
                ({"role": "user", "content": "x", "metadata": [1]}, 422),
                ({"role": "user", "content": "x", "client_id": 5}, 422),
                ({"role": "user", "content": "x", "created_at": "yesterday-ish"}, 422),
                ({"role": "user", "content": "a\0b"}, 422),
                ({"role": "user", "content": "x", "metadata": {"k": "\0"}}, 422),
                ([], 400), ("", 400), ("{", 400), ("null", 400), ('"text"', 400),
                ('{"role":"user","content":"x"} x', 400),
                ('{"role":"user","role":"user","content":"x"}', 400),
                ('{"role":"user","content":"\\ud800"}', 400),
                ('{"role":"user","content":NaN}', 400),
                (b'{"role":"user","content":"\xff"}', 400),
                (b'{"role":"user","content":"\xc0\xaf"}', 400),
                ('{"role":"user","content":"x","metadata":' + "[" * 100 + "]" * 100 + "}", 400),
                ("[" * 100_000, 400)):
            with self.subTest(body=str(body)[:60]):
                self.assertProblem(self.ada.post(path, body), status)
        self.assertEqual(self.ada.messages(name), [])

    def test_a_body_of_very_many_values_is_refused(self):
        name = self.conversation()
        body = json.dumps({"role": "user", "content": "x", "metadata": {"a": [1] * 300_000}})
        self.assertProblem(self.ada.post(f"/conversations/{name}/messages", body), 413)

    def test_an_ended_conversation_takes_no_more(self):
        name = self.conversation()
        self.ada.request("PATCH", f"/conversations/{name}", {"ended": True})
        self.assertProblem(self.ada.post(f"/conversations/{name}/messages",
                                         {"role": "user", "content": "x"}), 409, "55000")

    def test_a_large_message_is_kept_whole(self):
        name = self.conversation()
        content = "0123456789abcdef" * 500_000  # 8 MB
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": content, "client_id": "big"})
        self.assertEqual(answer.status, 201)
        self.assertEqual(self.ada.messages(name)[0]["content"], content)


class BatchTest(GatewayCase):
    def test_a_batch_is_stored_in_order_and_only_once(self):
        name = self.conversation()
        batch = {"messages": [{"role": "user", "content": f"m{n}", "client_id": f"c{n}"}
                              for n in range(20)]}
        first = self.ada.post(f"/conversations/{name}/messages", batch)
        self.assertEqual(first.status, 201, first)
        self.assertEqual([m["seq"] for m in first.json["messages"]], list(range(1, 21)))
        again = self.ada.post(f"/conversations/{name}/messages", batch)
        self.assertEqual(again.status, 200)
        self.assertEqual(again.json, first.json)
        self.assertEqual(self.ada.messages(name), first.json["messages"])

    def test_a_batch_is_all_or_nothing(self):
        name = self.conversation()
        batch = {"messages": [{"role": "user", "content": "good"},
                              {"role": "robot", "content": "bad"}]}
        self.assertProblem(self.ada.post(f"/conversations/{name}/messages", batch), 422)
        self.assertEqual(self.ada.messages(name), [])

    def test_a_batch_begins_a_conversation(self):
        name = fresh("session")
        batch = {"construct": "zen", "messages": [{"role": "user", "content": "x"}]}
        answer = self.ada.post(f"/conversations/{name}/messages", batch)
        self.assertEqual(answer.status, 201, answer)
        self.assertEqual(len(self.ada.messages(name)), 1)

    def test_what_is_no_batch_is_refused(self):
        name = self.conversation()
        for messages, status in (("x", 422), ({}, 422), ([1], 422), (None, 422),
                                 ([{"role": "user", "content": "x"}] * 1001, 413)):
            with self.subTest(messages=str(messages)[:30]):
                self.assertProblem(self.ada.post(f"/conversations/{name}/messages",
                                                 {"messages": messages}), status)


class ReadingTest(GatewayCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        client = Client(cls.port, cls.token)
        cls.name = fresh("session")
        for start in range(0, 250, 125):
            answer = client.post(
                f"/conversations/{cls.name}/messages",
                {"construct": "zen", "messages": [{"role": "user", "content": str(n)}
                                                  for n in range(start + 1, start + 126)]})
            assert answer.status == 201, answer
        client.close()

    def page(self, query: str) -> tuple:
        answer = self.ada.get(f"/conversations/{self.name}/messages?{query}")
        self.assertEqual(answer.status, 200, answer)
        return [m["seq"] for m in answer.json["messages"]], answer.json

    def test_the_first_page_holds_a_hundred(self):
        seqs, page = self.page("")
        self.assertEqual(seqs, list(range(1, 101)))
        self.assertEqual((page["has_more"], page["next"]), (True, 100))

    def test_next_leads_through_all_pages_forwards_and_backwards(self):
        for order, cursor, expected in (("asc", "after", range(1, 251)),
                                        ("desc", "before", range(250, 0, -1))):
            found, query = [], f"order={order}&limit=70"
            while True:
                seqs, page = self.page(query)
                found += seqs
                if not page["has_more"]:
                    break
                query = f"order={order}&limit=70&{cursor}={page['next']}"
            self.assertEqual(found, list(expected))
            self.assertIsNone(page["next"])

    def test_after_and_before_bound_a_range(self):
        self.assertEqual(self.page("after=10&before=14")[0], [11, 12, 13])
        self.assertEqual(self.page("after=250")[0], [])
        self.assertEqual(self.page("limit=250")[1]["has_more"], False)
        self.assertEqual(self.page("limit=249")[1]["has_more"], True)

    def test_a_query_that_makes_no_sense_is_refused(self):
        for query in ("limit=0", "limit=1001", "limit=x", "limit=-1", "after=x", "before=1.5",
                      "order=up", "after=99999999999999999999"):
            with self.subTest(query=query):
                self.assertProblem(
                    self.ada.get(f"/conversations/{self.name}/messages?{query}"), 400)

    def test_an_unknown_conversation_is_not_found(self):
        self.assertProblem(self.ada.get("/conversations/nowhere/messages"), 404, "P0002")


class ManyWritersTest(GatewayCase):
    def test_parallel_writers_get_numbers_without_a_gap(self):
        name = self.conversation()
        statuses = []

        def write(writer):
            client = Client(self.port, self.token)
            for number in range(15):
                answer = client.post(f"/conversations/{name}/messages",
                                     {"role": "user", "content": f"{writer}/{number}",
                                      "client_id": f"{writer}/{number}"})
                statuses.append(answer.status)
            client.close()

        threads = [threading.Thread(target=write, args=(n,)) for n in range(12)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(set(statuses), {201})
        messages = self.ada.messages(name)
        self.assertEqual([m["seq"] for m in messages], list(range(1, 181)))
        for writer in range(12):
            mine = [m["content"] for m in messages if m["content"].startswith(f"{writer}/")]
            self.assertEqual(mine, [f"{writer}/{n}" for n in range(15)])


if __name__ == "__main__":
    unittest.main()
