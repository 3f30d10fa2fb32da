"""An answer read along: token by token, stored whether its reader stays or not."""

import json
import time
import unittest

from gateway_case import fresh
from seats_case import SeatsCase


class Reader:
    """One answer's Server-Sent Events, as they come."""

    def __init__(self, case, text, seat=None, key=None, **more):
        self.client = case.client(case.token)
        body = {"constructId": "zen-001", "message": text, "stream": True, **more}
        if seat:
            body["seat"] = seat
        connection = self.client.connect()
        connection.request("POST", "/api/chatty/message", json.dumps(body),
                           {**self.client.credentials(), "Idempotency-Key": key or fresh("key")})
        self.response = connection.getresponse()

    def events(self):
        event = None
        for line in self.response:
            line = line.decode().rstrip("\n")
            if line.startswith("event: "):
                event = line[7:]
            elif line.startswith("data: "):
                yield event, json.loads(line[6:])

    def until(self, wanted: str):
        for event, data in self.events():
            if event == wanted:
                return data
        raise AssertionError(f"no {wanted}")

    def close(self):
        self.response.close()
        self.client.close()


def text_of(events) -> str:
    return "".join(data["delta"] for event, data in events if event == "token")


class RelayStreamTest(SeatsCase):
    def setUp(self):
        super().setUp()
        self.fake.pace.clear()
        self.fake.delay = 0

    def stored(self, content: str) -> dict:
        """The message, once it is there."""
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            for message in self.talk():
                if message["role"] == "assistant" and message["content"] == content:
                    return message
            time.sleep(0.05)
        raise AssertionError(f"{content!r} was not stored")

    def test_token_by_token(self):
        text = fresh("one two three")
        self.fake.delay = 0.1
        reader = Reader(self, text)
        self.assertEqual(reader.response.status, 200)
        self.assertEqual(reader.response.headers["Content-Type"], "text/event-stream; charset=utf-8")
        begun, times, events = time.monotonic(), [], []
        for event in reader.events():
            events.append(event)
            times.append(time.monotonic() - begun)
        self.assertEqual([events[0][0], events[-1][0]], ["question", "answer"])
        self.assertEqual(text_of(events), f"Echo: {text}")
        self.assertGreater(sum(event == "token" for event, _ in events), 2)
        self.assertLess(times[1], times[-1] - 0.15)
        answer = events[-1][1]
        self.assertEqual((answer["response"], answer["model"], answer["success"]),
                         (f"Echo: {text}", "told-good", True))
        self.assertEqual(self.stored(f"Echo: {text}")["id"], answer["id"])

    def test_accept_asks_for_it_too_and_a_repeat_is_whole(self):
        text, key = fresh("Again"), fresh("key")
        whole = self.ask(text, key=key)
        self.assertEqual(whole.status, 200)
        again = self.ask(text, key=key, headers={"Accept": "text/event-stream"})
        self.assertEqual(again.body.decode(), f"event: answer\ndata: {whole.body.decode()}\n\n")
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        fresh_text = fresh("Stream")
        answer = self.ask(fresh_text, headers={"Accept": "text/event-stream"})
        self.assertTrue(answer.body.startswith(b"event: question\n"), answer)
        self.assertIn(b"event: answer\n", answer.body)
        self.assertEqual(len(self.fake.asked(text)), 1)

    def test_a_reader_that_goes_away_still_has_its_answer(self):
        text, key = fresh("a b c d e f g h"), fresh("key")
        self.fake.delay = 0.08
        reader = Reader(self, text, key=key)
        reader.until("token")
        reader.close()
        self.assertNotIn("partial", self.stored(f"Echo: {text}")["metadata"])
        self.assertEqual(self.ask(text, key=key).json["response"], f"Echo: {text}")
        self.assertEqual(len(self.fake.asked(text)), 1)

    def test_one_who_waited_for_it_whole_and_went_has_it_too(self):
        text = fresh("Gone")
        client = self.client(self.token)
        client.connect().request("POST", "/api/chatty/message", json.dumps(
            {"constructId": "zen-001", "message": text, "seat": "only-slow"}), client.credentials())
        self.fake.wait_for(text)
        client.close()
        self.fake.released.set()
        self.stored(f"Echo: {text}")

    def test_cut_off_it_is_kept_as_far_as_it_came_and_marked(self):
        text, key = fresh("Cut"), fresh("key")
        events = list(Reader(self, text, "after-cut3", key).events())
        self.assertEqual(text_of(events), "word word word ")
        event, answer = events[-1]
        self.assertEqual((event, answer["response"], answer["partial"]),
                         ("answer", "word word word ", True))
        kept = self.stored("word word word ")
        self.assertIs(kept["metadata"]["partial"], True)
        self.assertEqual([one["error_class"] for one in kept["metadata"]["tried"]], ["cut"])
        self.assertEqual(self.ask(text, key=key).json["partial"], True)

    def test_cut_off_before_anything_came_the_next_is_asked(self):
        for backend in ("cut", "e500", "gone", "html", "garbage"):
            with self.subTest(backend):
                text = fresh("Fall")
                events = list(Reader(self, text, "after-" + backend).events())
                self.assertEqual(text_of(events), f"Echo: {text}")
                self.assertIs(events[-1][1]["fallback"], True)

    def test_too_much_of_it(self):
        events = list(Reader(self, fresh("Huge"), "only-huge").events())
        self.assertEqual(events[-1][0], "answer")
        self.assertIs(events[-1][1]["partial"], True)
        self.assertEqual(events[-1][1]["response"], "\u00e9" * 10_000)

    def test_nobody_answers(self):
        events = list(Reader(self, fresh("None"), "all-fail").events())
        self.assertEqual([event for event, _ in events], ["question", "error"])
        self.assertEqual((events[-1][1]["status"], events[-1][1]["code"]), (502, "NO_ANSWER"))

    def test_refusals_are_ordinary_answers(self):
        self.assertProblem(self.ask("x", "no-such-seat", stream=True), 422)
        self.assertProblem(self.ask("x", client=self.nobody, stream=True), 401)


if __name__ == "__main__":
    unittest.main()
