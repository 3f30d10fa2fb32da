"""Each message once: whoever repeats it, from however many tabs, and whoever reads meanwhile."""

import json
import socket
import threading
import unittest

from gateway_case import GatewayCase, fresh
from harness.client import Client
from raw import RawConnection, request


def batch(first: int, last: int, content: str = "m") -> list:
    return [{"role": "user", "content": f"{content}{n}", "client_id": f"c{n}"}
            for n in range(first, last)]


class OnceCase(GatewayCase):
    def setUp(self):
        super().setUp()
        self.name = self.conversation()
        self.path = f"/conversations/{self.name}/messages"

    def at_once(self, *works) -> None:
        """Runs each in a thread, with a client of its own, all begun together."""
        barrier, failed = threading.Barrier(len(works)), []

        def run(work):
            client = Client(self.port, self.token)
            try:
                barrier.wait()
                work(client)
            except BaseException as error:  # an assertion in a thread fails the test
                failed.append(error)
            finally:
                client.close()
        threads = [threading.Thread(target=run, args=(work,)) for work in works]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        if failed:
            raise failed[0]

    def stored(self) -> list:
        messages = self.ada.messages(self.name)
        self.assertEqual([m["seq"] for m in messages], list(range(1, len(messages) + 1)))
        return [m["content"] for m in messages]


class BatchTest(OnceCase):
    def test_two_tabs_that_send_the_same_batch_store_it_once(self):
        answers = []
        self.at_once(*[lambda client: answers.append(client.post(self.path,
                                                                 {"messages": batch(0, 50)}))] * 8)
        self.assertEqual(sorted(answer.status for answer in answers), [200] * 7 + [201])
        self.assertTrue(all(answer.json == answers[0].json for answer in answers))
        self.assertEqual(self.stored(), [f"m{n}" for n in range(50)])

    def test_batches_that_overlap_store_each_message_once(self):
        # One tab has the outbox as it was, another one has more in it by now; in any order.
        for first, second in ((batch(0, 30), batch(0, 40)), (batch(60, 80), batch(50, 90))):
            statuses = [self.ada.post(self.path, {"messages": messages}).status
                        for messages in (first, second, first, second)]
            self.assertEqual(statuses, [201, 201, 200, 200])
        self.assertEqual(sorted(self.stored()),
                         sorted(f"m{n}" for n in [*range(40), *range(50, 90)]))

    def test_a_batch_repeats_what_was_sent_alone(self):
        for message in batch(3, 6):
            self.assertEqual(self.ada.post(self.path, message).status, 201)
        self.assertEqual(self.ada.post(self.path, {"messages": batch(0, 10)}).status, 201)
        self.assertEqual(self.ada.post(self.path, batch(9, 10)[0]).status, 200)
        self.assertEqual(sorted(self.stored()), sorted(f"m{n}" for n in range(10)))

    def test_a_batch_with_other_content_under_a_client_id_is_refused_whole(self):
        self.ada.post(self.path, {"messages": batch(0, 5)})
        refused = self.ada.post(self.path, {"messages": batch(5, 9) + batch(2, 3, "other")})
        self.assertProblem(refused, 409, "VV008")
        # Also against itself.
        self.assertProblem(self.ada.post(self.path, {"messages": batch(5, 7) + batch(6, 7, "other")}),
                           409, "VV008")
        self.assertEqual(self.stored(), [f"m{n}" for n in range(5)])

    def test_of_two_contents_under_one_client_id_one_is_stored(self):
        statuses = []
        self.at_once(*[lambda client, tab=tab: statuses.append(
            client.post(self.path, {"messages": batch(0, 20, f"tab {tab} ")}).status)
            for tab in range(6)])
        self.assertEqual(sorted(statuses), [201] + [409] * 5)
        contents = self.stored()
        self.assertEqual(contents, [contents[0][:-1] + str(n) for n in range(20)])

    def test_who_does_not_wait_for_the_answer_repeats_it(self):
        body = json.dumps({"messages": batch(0, 40)}).encode()
        sent = request(f"POST {self.path} HTTP/1.1", f"Authorization: Bearer {self.token}",
                       "Content-Type: application/json", f"Content-Length: {len(body)}", body=body)
        for _ in range(5):
            with RawConnection(self.port) as connection:
                connection.send(sent)
                # Reset, so that the gateway can not even say what became of it.
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                             b"\1\0\0\0\0\0\0\0")
        self.assertIn(self.ada.post(self.path, {"messages": batch(0, 40)}).status, (200, 201))
        self.assertEqual(self.stored(), [f"m{n}" for n in range(40)])


class CursorTest(OnceCase):
    WRITERS, EACH = 6, 25

    def writers(self) -> list:
        def write(client, writer):
            for number in range(self.EACH):
                answer = client.post(self.path, {"role": "user", "content": f"{writer}/{number}",
                                                 "client_id": f"{writer}/{number}"})
                self.assertEqual(answer.status, 201)
        return [lambda client, n=n: write(client, n) for n in range(self.WRITERS)]

    def test_a_reader_behind_writers_misses_and_repeats_nothing(self):
        """Whoever goes on from the last number it has seen sees each as soon as a later one."""
        total, found = self.WRITERS * self.EACH, {7: [], 40: []}

        def follow(client, limit):
            after = 0
            while len(found[limit]) < total:
                page = client.get(f"{self.path}?limit={limit}&after={after}").json
                numbers = [m["seq"] for m in page["messages"]]
                self.assertEqual(page["next"], numbers[-1] if page["has_more"] else None)
                found[limit] += numbers
                after = numbers[-1] if numbers else after
        self.at_once(*self.writers(), lambda c: follow(c, 7), lambda c: follow(c, 40))
        for numbers in found.values():
            self.assertEqual(numbers, list(range(1, total + 1)))

    def test_a_reader_going_back_is_not_moved_by_new_messages(self):
        self.ada.post(self.path, {"messages": batch(0, 100)})

        def go_back(client):
            for _ in range(4):
                numbers, query = [], "order=desc&limit=9"
                while True:
                    page = client.get(f"{self.path}?{query}").json
                    numbers += [m["seq"] for m in page["messages"]]
                    if not page["has_more"]:
                        break
                    query = f"order=desc&limit=9&before={page['next']}"
                self.assertEqual(numbers, list(range(numbers[0], 0, -1)))
        self.at_once(*self.writers(), go_back)

    def test_a_batch_shows_whole_or_not_at_all(self):
        def write(client):
            for start in range(0, 200, 20):
                self.assertEqual(client.post(self.path, {"messages": batch(start, start + 20)}).status,
                                 201)

        def look(client):
            seen = 0
            while seen < 200:
                seen = len(client.get(f"{self.path}?limit=500").json["messages"])
                self.assertEqual(seen % 20, 0)
        self.at_once(write, look)


class MixedTest(GatewayCase):
    def test_a_conversation_that_two_begin_at_once_has_all_of_both(self):
        name, answers = fresh("session"), []

        def begin(tab):
            client = Client(self.port, self.token)
            answers.append(client.post(f"/conversations/{name}/messages",
                                       {"construct": "zen", "role": "user", "content": str(tab),
                                        "client_id": str(tab)}).status)
            client.close()
        threads = [threading.Thread(target=begin, args=(tab,)) for tab in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(answers, [201] * 8)
        self.assertEqual(sorted(m["content"] for m in self.ada.messages(name)), list("01234567"))


if __name__ == "__main__":
    unittest.main()
