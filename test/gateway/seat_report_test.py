"""Messages tell what answered, and GET /seats/report counts it."""

import unittest

from chatty_case import ChattyCase

TRIED = [{"backend": "one", "model": "small", "error_class": "timeout", "latency_ms": 500},
         {"backend": "two", "model": "large", "error_class": None, "latency_ms": 400}]


class SeatReportTest(ChattyCase):
    def report(self, client=None, query="") -> dict:
        answer = (client or self.ada).get("/seats/report" + query)
        self.assertEqual(answer.status, 200, answer)
        return {(line["seat"], line["backend"], line["model"]): line
                for line in answer.json["seats"]}

    def test_a_message_brings_its_chain(self):
        talk = self.conversation()
        body = {"role": "assistant", "content": "Forty-two.", "client_id": "a-1", "seat": "s-one",
                "model": "large", "latency_ms": 900, "tried": TRIED, "metadata": {"mine": [1]}}
        path = f"/conversations/{talk}/messages"
        self.assertEqual(self.ada.post(path, body).status, 201)
        self.assertEqual(self.ada.post(path, body).status, 200)
        kept = self.ada.get(path).json["messages"][0]
        self.assertEqual((kept["seat"], kept["model"]), ("s-one", "large"))
        self.assertEqual(kept["metadata"], {"mine": [1], "latency_ms": 900, "tried": TRIED})
        lines = self.report()
        failed, good = lines["s-one", "one", "small"], lines["s-one", "two", "large"]
        self.assertEqual((failed["uses"], failed["answers"], failed["failures"]), (1, 0, 1))
        self.assertEqual(failed["error_classes"], {"timeout": 1})
        self.assertEqual((good["answers"], good["fallbacks"], good["median_ms"], good["p95_ms"]),
                         (1, 1, 400, 400))
        self.assertEqual(self.report(self.grace), {})
        self.assertEqual(self.report(query="?since=2999-01-01"), {})
        self.assertProblem(self.ada.get("/seats/report?since=yesterdayish"), 422)

    def test_what_is_no_attempt_is_refused(self):
        path = f"/conversations/{self.conversation()}/messages"
        for more in ({"latency_ms": -1}, {"latency_ms": 1.5}, {"latency_ms": "3"},
                     {"latency_ms": 1 << 40}, {"tried": []}, {"tried": "one"}, {"tried": [3]},
                     {"tried": [{"error_class": "the backend said: no"}]}):
            with self.subTest(more):
                answer = self.ada.post(path, {"role": "assistant", "content": "x", **more})
                self.assertProblem(answer, 422)
        self.assertEqual(self.ada.get(path).json["messages"], [])

    def test_chattys_metadata_brings_it_too_and_never_costs_a_message(self):
        for n, tried in enumerate((TRIED, [{"error_class": "it said no"}], {"odd": 1}, [])):
            metadata = {"clientMessageId": f"m{n}", "seat": "s-two", "tried": tried}
            answer = self.save("zen-001_chat_with_zen-001",
                               {"role": "assistant", "content": f"Turn {n}", "metadata": metadata})
            self.assertEqual(answer.status, 201, answer)
            self.assertEqual(answer.json["message"]["metadata"], metadata)
        lines = self.report()
        self.assertEqual(lines["s-two", "two", "large"]["fallbacks"], 1)
        self.assertEqual(lines["s-two", None, None]["uses"], 3)


if __name__ == "__main__":
    unittest.main()
