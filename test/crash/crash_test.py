"""Whatever is killed, each acknowledged message is there exactly once, in order, without a gap.

Writers post through the gateway and repeat, with the same client id, what was not answered.
Meanwhile Postgres, its backends and the gateway are killed with SIGKILL, again and again.
"""

import http.client
import random
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Client, Cluster, Gateway, wait_until  # noqa: E402

SHARED = "zen-001_chat_with_zen-001"
WRITERS = 4
ROUNDS = 3


class Writer(threading.Thread):
    """Posts numbered messages, one after the other, each until it is acknowledged."""

    def __init__(self, name: str, conversation: str, port: int, token: str):
        super().__init__(name=name, daemon=True)
        self.conversation = conversation
        self.client = Client(port, token, timeout=20)
        self.acknowledged = []     # (content, seq, id)
        self.repeated = 0
        self.refused = []          # answers that no outage explains
        self.done = threading.Event()

    def run(self):
        number = 0
        while not self.done.is_set():
            number += 1
            self._post_until_acknowledged(f"{self.name} says {number}")
        self.client.close()

    def _post_until_acknowledged(self, content: str):
        body = {"role": "user", "content": content, "client_id": content.replace(" ", "-")}
        while True:
            try:
                answer = self.client.post(f"/conversations/{self.conversation}/messages", body)
            except (OSError, http.client.HTTPException):
                answer = None
            if answer is not None and answer.status in (200, 201):
                message = answer.json.get("message", answer.json)
                self.acknowledged.append((content, message["seq"], message["id"]))
                return
            if answer is not None and answer.status not in (500, 502, 503, 504):
                self.refused.append(answer)
                return
            self.repeated += 1
            time.sleep(random.uniform(0.02, 0.1))


class Crash(unittest.TestCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(durable=True))
        self.gateway = self.enterContext(Gateway(self.cluster))
        self.token = self.cluster.make_user("ada@example.com", "Ada Example")
        self.ada = self.gateway.client(self.token)
        self.addCleanup(self.ada.close)
        for conversation in (SHARED, "alone"):
            made = self.ada.post("/conversations",
                                 {"construct": "zen-001", "external_id": conversation})
            self.assertIn(made.status, (200, 201), made)

    def write_while(self, disturb) -> list:
        """Runs the writers, all but one in one conversation, and calls disturb() ROUNDS times."""
        writers = [Writer(f"writer {number}", SHARED if number < WRITERS - 1 else "alone",
                          self.gateway.port, self.token) for number in range(WRITERS)]
        for writer in writers:
            writer.start()
        for _ in range(ROUNDS):
            before = sum(len(writer.acknowledged) for writer in writers)
            wait_until(lambda known=before: sum(len(writer.acknowledged) for writer in writers)
                       >= known + 40, 60, "messages between two kills")
            disturb()
        before = [len(writer.acknowledged) for writer in writers]
        wait_until(lambda: all(len(writer.acknowledged) > known + 2
                               for writer, known in zip(writers, before)), 60,
                   "every writer to go on after the last kill")
        for writer in writers:
            writer.done.set()
        for writer in writers:
            writer.join(timeout=60)
            self.assertFalse(writer.is_alive(), "a writer hangs")
        return writers

    def assert_nothing_lost(self, writers: list) -> None:
        self.ada.close()
        self.assertEqual([writer.refused for writer in writers], [[] for _ in writers])
        for conversation in (SHARED, "alone"):
            stored = self.ada.messages(conversation)
            self.assertEqual([message["seq"] for message in stored],
                             list(range(1, len(stored) + 1)), "gapless")
            contents = [message["content"] for message in stored]
            self.assertEqual(len(set(contents)), len(contents), "nothing twice")
            by_content = {message["content"]: (message["seq"], message["id"])
                          for message in stored}
            expected = [entry for writer in writers if writer.conversation == conversation
                        for entry in writer.acknowledged]
            self.assertEqual({content: (seq, identity) for content, seq, identity in expected},
                             by_content, "what was acknowledged, and nothing else")
            for writer in writers:
                own = [seq for _, seq, _ in writer.acknowledged]
                self.assertEqual(own, sorted(own), "in the order of its writer")
        self.assertGreater(sum(writer.repeated for writer in writers), 0,
                           "no kill was ever noticed: the test proves nothing")

    def test_postgres_is_killed(self):
        def disturb():
            self.cluster.kill()
            self.cluster.start()

        self.assert_nothing_lost(self.write_while(disturb))

    def test_backends_are_killed(self):
        def disturb():
            wait_until(self.cluster.kill_backends, 30, "a backend to kill", pause=0.1)
            wait_until(self.cluster.is_ready, 60, "Postgres to recover")

        self.assert_nothing_lost(self.write_while(disturb))

    def test_the_gateway_is_killed(self):
        def disturb():
            self.gateway.kill()
            self.gateway.start()

        self.assert_nothing_lost(self.write_while(disturb))

    def test_both_are_killed_at_once(self):
        def disturb():
            self.gateway.kill()
            self.cluster.kill()
            self.cluster.start()
            self.gateway.start()

        self.assert_nothing_lost(self.write_while(disturb))

    def test_files_put_while_postgres_is_killed_are_whole(self):
        stop, acknowledged = threading.Event(), {}

        def put():
            client, number = Client(self.gateway.port, self.token, timeout=20), 0
            while not stop.is_set():
                content = f"version {number} ".encode() * 5000
                try:
                    answer = client.put("/files/library/growing.txt", content)
                except (OSError, http.client.HTTPException):
                    time.sleep(0.05)
                    continue
                if answer.status in (200, 201):
                    acknowledged[answer.json["version"]] = content
                    number += 1
                else:
                    time.sleep(0.05)

        writer = threading.Thread(target=put, daemon=True)
        writer.start()
        for _ in range(ROUNDS):
            wait_until(lambda known=len(acknowledged): len(acknowledged) > known + 3, 60,
                       "versions between two kills")
            self.cluster.kill()
            self.cluster.start()
        wait_until(lambda known=len(acknowledged): len(acknowledged) > known + 1, 60,
                   "a version after the last kill")
        stop.set()
        writer.join(timeout=60)
        self.assertFalse(writer.is_alive(), "the writer hangs")
        self.ada.close()
        history = self.ada.get("/files/library/growing.txt?history").json["versions"]
        self.assertEqual(sorted(entry["version"] for entry in history),
                         list(range(1, len(history) + 1)))
        self.assertLessEqual(set(acknowledged), {entry["version"] for entry in history})
        for version, content in acknowledged.items():
            answer = self.ada.get(f"/files/library/growing.txt?version={version}")
            self.assertEqual((answer.status, answer.body), (200, content), version)


if __name__ == "__main__":
    unittest.main()
