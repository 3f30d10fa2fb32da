"""Slow models starve nobody; what is begun ends or is begun anew; no key is told to anybody."""

import threading
import time
import unittest

from gateway_case import fresh
from seats_case import KEY, SeatsCase


class RelayTroubleTest(SeatsCase):
    total = 30_000
    at_once = 64

    def ask_many(self, count: int, seat: str):
        answers, texts = [], [fresh("Many") for _ in range(count)]

        def one(text):
            client = self.gateway.client(self.token)
            answers.append(self.ask(text, seat, client=client, construct=text.lower().replace("_", "-")))
            client.close()
        threads = [threading.Thread(target=one, args=(text,)) for text in texts]
        for thread in threads:
            thread.start()
        return threads, answers, texts

    def test_slow_models_starve_nobody(self):
        threads, answers, texts = self.ask_many(64, "patient")
        for text in texts:
            self.fake.wait_for(text)
        self.assertEqual(self.metric("vvault_relays_running"), 64)
        begun = time.monotonic()
        for _ in range(20):
            self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertLess(time.monotonic() - begun, 3)
        before = len(self.fake.requests)
        refused = self.ask("One more", construct="wait-001")
        self.assertProblem(refused, 503, "SEATS_BUSY")
        self.assertEqual(refused.headers["Retry-After"], "1")
        self.assertEqual(len(self.fake.requests), before)
        self.assertEqual(self.ada.get("/conversations/wait-001_chat_with_wait-001").status, 404)
        self.fake.released.set()
        for thread in threads:
            thread.join()
        self.assertEqual([answer.status for answer in answers], [200] * 64)
        self.assertEqual(self.ask("One more", construct="wait-001").status, 200)
        self.assertEqual(self.metric("vvault_relays_running"), 0)
        self.assertEqual(self.metric("vvault_relays_turned_away_total"), 1)

    def test_killed_between_question_and_answer(self):
        text, key, answers = fresh("Killed"), fresh("key"), []

        def ask():
            try:
                answers.append(self.ask(text, "patient", key, self.gateway.client(self.token)))
            except OSError as error:
                answers.append(error)
        asking = threading.Thread(target=ask)
        asking.start()
        self.fake.wait_for(text)
        self.gateway.kill()
        asking.join()
        self.assertNotIsInstance(answers[0], type(None))
        self.gateway.start()
        self.assertEqual([m["content"] for m in self.talk()][-1], text)
        # The claim of who is gone runs out; until then a retry waits.
        self.fake.released.set()
        answer = self.ask(text, "patient", key, self.client(self.token))
        self.assertEqual((answer.status, answer.json["response"]), (200, f"Echo: {text}"), answer)
        self.assertEqual(self.ask(text, "patient", key, self.client(self.token)).json, answer.json)
        self.assertEqual([m["content"] for m in self.talk()].count("Echo: " + text), 1)
        self.assertEqual(len(self.fake.asked(text)), 2)

    def test_told_to_stop_it_ends_what_runs(self):
        ends, stays, key = fresh("Ends"), fresh("Stays"), fresh("key")
        answers = {}

        def ask(text, seat):
            answers[text] = self.ask(text, seat, key if text == stays else None,
                                     self.gateway.client(self.token), construct="stop-001")
        asking = [threading.Thread(target=ask, args=pair) for pair in ((ends, "after-good"),
                                                                      (stays, "patient"))]
        self.fake.delay = 0
        for one in asking:
            one.start()
        self.fake.wait_for(stays)
        begun = time.monotonic()
        self.assertEqual(self.gateway.stop(), 0)
        self.assertLess(time.monotonic() - begun, 11)
        for one in asking:
            one.join()
        self.gateway.start()
        self.assertEqual(answers[ends].status, 200)
        self.assertProblem(answers[stays], 502, "NO_ANSWER")
        self.assertIn("stopped", answers[stays].json["detail"])
        failed = self.talk("stop-001")[-1]
        self.assertEqual((failed["role"], failed["metadata"]["error_class"]), ("system", "stopped"))
        self.fake.released.set()
        self.assertEqual(self.ask(stays, "patient", key, construct="stop-001").status, 200)

    def test_a_database_that_is_away_for_a_moment_costs_no_answer(self):
        text, answers = fresh("Away"), []
        asking = threading.Thread(target=lambda: answers.append(
            self.ask(text, "patient", client=self.gateway.client(self.token))))
        asking.start()
        self.fake.wait_for(text)
        self.cluster.stop()
        self.fake.released.set()
        time.sleep(1)
        self.cluster.start()
        asking.join()
        self.assertEqual(answers[0].status, 200, answers)
        self.assertEqual([m["content"] for m in self.talk()].count("Echo: " + text), 1)

    def test_no_key_is_told(self):
        for seat in ("conversation", "all-fail", "after-e401", "after-redirect"):
            answer = self.ask(fresh("Key"), seat)
            self.assertNotIn(KEY, answer.body.decode())
        for path in ("/metrics", "/openapi.json", "/seats/report"):
            self.assertNotIn(KEY.encode(), self.ada.get(path).body)
        self.assertNotIn(KEY, self.gateway.log())
        self.assertNotIn("own words", self.gateway.log())
        with open(f"/proc/{self.gateway.process.pid}/cmdline", "rb") as command:
            self.assertNotIn(KEY.encode(), command.read())


if __name__ == "__main__":
    unittest.main()
