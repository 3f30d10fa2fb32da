"""POST /api/chatty/message asks the seat's models, in their order, and stores what came of it."""

import threading
import unittest

from gateway_case import fresh
from seats_case import KEY, SeatsCase

ANSWER = {"ok", "success", "response", "construct_id", "constructId", "constructName", "timestamp",
          "model", "seat", "sessionId", "id", "seq"}


class RelayTest(SeatsCase):
    def test_a_question_and_its_answer(self):
        text = fresh("Hello")
        answer = self.ask(text, construct="sera-001")
        self.assertEqual(answer.status, 200, answer)
        body = answer.json
        self.assertEqual(set(body), ANSWER)
        self.assertEqual((body["response"], body["model"], body["seat"]),
                         (f"Echo: {text}", "told-good", "conversation"))
        self.assertEqual((body["constructId"], body["constructName"]), ("sera-001", "Sera"))
        asked, told = self.talk("sera-001")
        self.assertEqual((asked["role"], asked["content"]), ("user", text))
        self.assertEqual((told["role"], told["content"], told["id"], told["timestamp"]),
                         ("assistant", f"Echo: {text}", body["id"], body["timestamp"]))
        self.assertEqual((told["seat"], told["model"]), ("conversation", "told-good"))
        chain = told["metadata"]["tried"]
        self.assertEqual([(one["backend"], one["model"]) for one in chain], [("good", "good")])
        self.assertNotIn("error_class", chain[0])
        self.assertGreaterEqual(told["metadata"]["latency_ms"], chain[0]["latency_ms"])
        (request,) = self.fake.asked(text)
        self.assertEqual((request["path"], request["authorization"], request["stream"]),
                         ("/v1/chat/completions", "Bearer " + KEY, False))
        self.assertEqual(request["messages"][0], {"role": "system", "content": "You are Sera."})
        self.assertGreater(self.metric("vvault_seat_attempts_total", seat="conversation",
                                       backend="good", error="none"), 0)

    def test_what_goes_wrong_is_a_word_and_the_next_is_asked(self):
        counted = self.metric("vvault_seat_attempts_total", backend="e500", error="http-5xx")
        expected = {"gone": "unreachable", "slow": "timeout", "e500": "http-500",
                    "e429": "http-429", "e401": "http-401", "garbage": "malformed",
                    "odd": "malformed", "html": "malformed", "empty": "empty",
                    "huge": "too-large", "redirect": "http-307", "cut": "cut"}
        for backend, error_class in expected.items():
            with self.subTest(backend):
                answer = self.ask(fresh("Try"), "after-" + backend)
                self.assertEqual(answer.status, 200, answer)
                self.assertIs(answer.json["fallback"], True)
                tried = self.talk()[-1]["metadata"]["tried"]
                self.assertEqual([(one["backend"], one.get("error_class")) for one in tried],
                                 [(backend, error_class), ("good", None)])
        self.assertEqual([r for r in self.fake.requests if "elsewhere" in r["path"]], [])
        lines = self.attempts()
        self.assertEqual(lines["after-slow", "slow"]["error_classes"], {"timeout": 1})
        self.assertEqual(lines["after-slow", "good"]["fallbacks"], 1)
        self.assertEqual(self.metric("vvault_seat_attempts_total", backend="e500", error="http-5xx"),
                         counted + 1)

    def test_that_nothing_answered_is_stored_and_can_be_asked_again(self):
        text, key = fresh("Nobody"), fresh("key")
        for again in (1, 2):
            answer = self.ask(text, "all-fail", key, construct="nova-001")
            self.assertProblem(answer, 502, "NO_ANSWER")
            self.assertNotIn("own words", answer.body.decode())
            asked, failed = self.talk("nova-001")
            self.assertEqual((asked["content"], failed["role"]), (text, "system"))
            self.assertEqual(failed["metadata"]["error_class"], "malformed")
            self.assertEqual(self.attempts()["all-fail", "e500"]["failures"], again)
        answer = self.ask(text, "conversation", key, construct="nova-001")
        self.assertEqual((answer.status, answer.json["response"]), (200, f"Echo: {text}"))
        # What the system said is no part of what a model is told.
        self.assertEqual([m["role"] for m in self.fake.asked(text)[-1]["messages"]],
                         ["system", "user"])

    def test_all_together_have_a_limit(self):
        answer = self.ask(fresh("Slow"), "patient")
        self.assertProblem(answer, 502, "NO_ANSWER")
        self.assertIn("timeout", answer.json["detail"])

    def test_asked_again_it_is_asked_once(self):
        text, key = fresh("Once"), fresh("key")
        first = self.ask(text, key=key)
        again = self.ask(text, key=key)
        self.assertEqual((first.status, again.status), (200, 200))
        self.assertEqual(first.json, again.json)
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(len(self.fake.asked(text)), 1)
        self.assertProblem(self.ask("other", key=key), 409, "VV008")
        self.assertEqual([m["content"] for m in self.talk()].count(text), 1)
        in_body = {"constructId": "zen-001", "message": text, "metadata": {"clientMessageId": key}}
        self.assertEqual(self.ada.post("/api/chatty/message", in_body).json, first.json)

    def test_two_tabs_at_once(self):
        text, key, answers = fresh("Both"), fresh("key"), []
        self.fake.released.clear()

        def ask():
            answers.append(self.ask(text, "after-slow", key, self.client(self.token)))
        tabs = [threading.Thread(target=ask) for _ in range(5)]
        for tab in tabs:
            tab.start()
        self.fake.wait_for(text)
        self.fake.released.set()
        for tab in tabs:
            tab.join()
        self.assertEqual({answer.status for answer in answers}, {200}, answers)
        self.assertEqual(len({answer.json["id"] for answer in answers}), 1)
        self.assertEqual(len(self.fake.asked(text)), 1)
        self.assertEqual([m["content"] for m in self.talk()].count("Echo: " + text), 1)

    def test_history_is_the_last_of_it_within_bounds(self):
        for n in range(4):
            self.assertEqual(self.ask(f"Turn {n}", construct="lin-001").status, 200)
        sent = self.fake.asked("Turn 3")[-1]["messages"]
        self.assertEqual([m["content"] for m in sent[1:]],
                         ["Turn 1", "Echo: Turn 1", "Turn 2", "Echo: Turn 2", "Turn 3"])
        long = "long " * 1000
        self.assertEqual(self.ask(long, construct="lin-001").status, 200)
        self.assertEqual(self.ask("After", construct="lin-001").status, 200)
        self.assertEqual([m["content"] for m in self.fake.asked("After")[-1]["messages"][1:]],
                         ["After"])

    def test_seats(self):
        for text, seat in (("Hi there", "conversation"), ("Why does this Function fail?", "coding"),
                           ("```\nx\n```", "coding"), ("a poem, please", "creative"),
                           ("functional stories of poets", "conversation")):
            self.assertEqual(self.ask(text).json["seat"], seat, text)
        self.assertEqual(self.ask("a poem", "coding").json["seat"], "coding")
        answer = self.ask("a poem", "no-such-seat")
        self.assertProblem(answer, 422)
        self.assertIn("conversation", answer.json["detail"])

    def test_what_is_no_question_is_refused_and_nobody_asked(self):
        before = len(self.fake.requests)
        for body in ({}, {"constructId": "zen-001"}, {"message": "x"},
                     {"constructId": "zen-001", "message": "  "},
                     {"constructId": "zen-001", "message": "x", "role": "system"},
                     {"constructId": "zen-001", "message": "x", "stream": "yes"}):
            with self.subTest(body):
                self.assertProblem(self.ada.post("/api/chatty/message", body), 422)
        self.assertProblem(self.ada.post("/api/chatty/message", "{"), 400)
        self.assertEqual(len(self.fake.requests), before)

    def test_who_may_not_write_asks_nobody(self):
        self.conversation(construct="cove-001")
        self.assertEqual(self.ask("first", construct="cove-001").status, 200)
        before, stored = len(self.fake.requests), len(self.talk("cove-001"))
        self.assertEqual(self.ada.put("/constructs/cove-001/grants/grace@example.com",
                                      {"role": "reader"}).status, 200)
        reads = self.ask("x", client=self.grace, sessionId="cove-001_chat_with_cove-001",
                         construct="cove-001")
        self.assertProblem(reads, 403)
        self.assertEqual(self.ada.post("/runtimes", {"name": "rt"}).status, 201)
        self.ada.put("/runtimes/rt/constructs/cove-001", {"role": "reader"})
        scopes = ["messages:read", "messages:write"]
        bound = self.ada.post("/tokens", {"name": "rt", "scopes": scopes, "runtime": "rt"}).json
        self.assertProblem(self.ask("x", client=self.client(bound["token"]), construct="cove-001"),
                           403)
        for lacking in scopes:
            token = self.ada.post("/tokens", {"name": "t", "scopes": [lacking]}).json["token"]
            with self.subTest(only=lacking):
                self.assertProblem(self.ask("x", client=self.client(token), construct="cove-001"),
                                   403)
        self.assertProblem(self.ask("x", client=self.client("vv_live_" + "0" * 43)), 401)
        self.assertEqual(len(self.fake.requests), before)
        self.assertEqual(len(self.talk("cove-001")), stored)


if __name__ == "__main__":
    unittest.main()
