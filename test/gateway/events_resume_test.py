"""A stream that was broken off goes on where it was: nothing is left out, nothing comes twice."""

import random
import threading
import time
import unittest

from events_case import EventsCase
from gateway_case import fresh
from harness.client import Client
from harness.gateway import Gateway
from harness.listener import Listener
from harness.processes import wait_until


class ResumingListener:
    """Comes back with the last id whenever its stream ends, as a browser does."""

    def __init__(self, gateways, token: str, path: str):
        self.gateways = gateways
        self.token = token
        self.path = path
        self.events = []
        self.place = None
        self.streams = 0
        self._stop = threading.Event()
        self._listener = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        turn = 0
        while not self._stop.is_set():
            turn += 1
            try:
                port = self.gateways[turn % len(self.gateways)].port
                listener = Listener(port, self.token, self.path, self.place)
            except OSError:
                time.sleep(0.05)
                continue
            if listener.status != 200:
                time.sleep(0.05)
                continue
            self.streams += 1
            self._listener = listener
            listener.ended.wait()
            listener.close()
            self.events += [event for event in listener.events if event.name != "ready"]
            self.place = listener.place

    def hang_up(self) -> None:
        if self._listener is not None:
            self._listener.close()

    def stop(self) -> None:
        self._stop.set()
        self.hang_up()
        self._thread.join(20)

    def named(self, name: str) -> list:
        current = self._listener
        found = [event for event in self.events if event.name == name]
        if current is not None and not current.ended.is_set():
            found += current.named(name)
        return found


class ResumeTest(EventsCase):
    def goes_on_after(self, break_off, mend):
        name = self.conversation()
        paths = (f"/conversations/{name}/events", "/events")
        for round_ in range(2):
            listeners = [self.listen(path) for path in paths]
            self.say(name, f"heard {round_}", self.client(self.token))
            for listener in listeners:
                listener.wait_for(1, "message")
            places = [listener.place for listener in listeners]
            break_off()
            for listener in listeners:
                listener.close()
            mend()
            for number in range(3):
                self.say(name, f"missed {round_}.{number}", self.client(self.token))
            for path, place in zip(paths, places):
                again = self.listen(path, place=place)
                again.wait_for(3, "message")
                self.say(name, "live", self.client(self.token))
                again.wait_for(4, "message")
                self.assertEqual(self.contents(again)[:3],
                                 [f"missed {round_}.{number}" for number in range(3)])
                self.assertEqual(self.contents(again)[-1], "live")
                self.assertEqual(again.named("reset"), [])
                again.close()

    def test_a_client_that_hangs_up(self):
        self.goes_on_after(lambda: None, lambda: None)

    def test_a_gateway_that_is_stopped_says_so(self):
        listener = self.listen("/events")
        self.assertEqual(self.gateway.stop(), 0)
        self.assertEqual(listener.wait_for_end(), "stopping")
        self.gateway.start()
        self.goes_on_after(self.gateway.stop, self.gateway.start)

    def test_a_gateway_that_is_killed(self):
        self.goes_on_after(self.gateway.kill, self.gateway.start)

    def test_postgres_restarts_below_open_streams(self):
        name = self.conversation()
        listeners = [self.listen_to(name), self.listen("/events")]
        self.say(name, "before")
        for kill in (False, True, False):
            if kill:
                self.cluster.kill()
                self.cluster.start()
            else:
                self.cluster.restart()
            wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the gateway")
            self.say(name, "behind a restart", self.client(self.token))
        for listener in listeners:
            self.assertEqual([event.data["content"] for event in listener.wait_for(4, "message")],
                             ["before"] + ["behind a restart"] * 3)
            self.assertEqual(listener.named("reset", "end"), [])

    def test_postgres_is_killed_between_two_streams(self):
        self.goes_on_after(self.cluster.kill, self.cluster.start)
        wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the gateway")

    def test_any_event_is_a_place_to_go_on_from(self):
        names = [self.conversation() for _ in range(3)]
        start = self.listen("/events")
        place = start.place
        start.close()
        with self.cluster.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT FROM vvault.authenticate(%s)", (self.token,))
            for number in range(12):
                cursor.execute("SELECT FROM vvault.append_message(%s, 'user', %s)",
                               (names[number % 3], str(number)))
            cursor.execute("SELECT FROM vvault.put_file('notes.md', 'x')")
        connection.close()
        whole = self.listen("/events", place=place)
        whole.wait_for(12, "message")
        told = whole.wait_for(13, "message", "file")
        self.assertEqual([int(event.data["content"]) for event in told[:12]], list(range(12)))
        for number, event in enumerate(told):
            rest = self.listen("/events", place=event.id)
            self.say(names[0], "marker")
            wait_until(lambda rest=rest: "marker" in self.contents(rest), 10, "the marker")
            self.assertEqual([e.text for e in rest.named("message", "file")][:12 - number],
                             [e.text for e in told[number + 1:]])
            rest.close()


class ManyWritersTest(EventsCase):
    """Writers that roll back, use savepoints and take long, and clients that come and go."""

    def write(self, seed: int, name: str, stop: threading.Event) -> None:
        random_ = random.Random(seed)
        connection = self.cluster.connect(user="person")
        cursor = connection.cursor()
        while not stop.is_set():
            cursor.execute("SELECT FROM vvault.authenticate(%s)", (self.token,))
            for _ in range(random_.randint(1, 3)):
                cursor.execute("SAVEPOINT one")
                cursor.execute("SELECT FROM vvault.append_message(%s, 'user', %s)",
                               (name, str(random_.random())))
                if random_.random() < 0.3:
                    cursor.execute("ROLLBACK TO SAVEPOINT one")
            if random_.random() < 0.1:
                time.sleep(random_.random() / 5)
            if random_.random() < 0.2:
                connection.rollback()
            else:
                connection.commit()
            time.sleep(0.01)
        connection.rollback()
        connection.close()

    def test_each_message_comes_once_and_in_order(self):
        second = self.enterContext(Gateway(self.cluster))
        gateways = [self.gateway, second]
        names = [self.conversation() for _ in range(4)]
        long_name = self.conversation()
        self.say(long_name, "first")  # makes the person's key, for which others would wait
        listeners = [ResumingListener(gateways, self.token, "/events"),
                     ResumingListener([second], self.token, "/events")]
        listeners += [ResumingListener(gateways, self.token, f"/conversations/{name}/events")
                      for name in names]
        wait_until(lambda: all(one.streams for one in listeners), 10, "the streams to open")
        time.sleep(0.5)
        stop = threading.Event()
        writers = [threading.Thread(target=self.write, args=(number, names[number % 4], stop))
                   for number in range(8)]
        # One transaction is open for as long as all the others come and go.
        long_one = self.cluster.connect(user="person")
        cursor = long_one.cursor()
        cursor.execute("SELECT FROM vvault.authenticate(%s)", (self.token,))
        cursor.execute("SELECT FROM vvault.append_message(%s, 'user', 'early')", (long_name,))
        for writer in writers:
            writer.start()
        for _ in range(12):
            time.sleep(0.5)
            listeners[0].hang_up()
            listeners[2].hang_up()
        cursor.execute("SELECT FROM vvault.append_message(%s, 'user', 'late')", (long_name,))
        long_one.commit()
        long_one.close()
        stop.set()
        for writer in writers:
            writer.join()
        client = Client(self.port, self.token)
        stored = {name: [m["id"] for m in client.messages(name)] for name in [*names, long_name]}
        client.close()
        total = sum(map(len, stored.values())) - 1
        self.assertGreater(total, 100)
        for listener in listeners[:2]:
            wait_until(lambda listener=listener: len(listener.named("message")) >= total, 20,
                       "all messages to be told")
        for listener, name in zip(listeners[2:], names):
            wait_until(lambda listener=listener, name=name:
                       len(listener.named("message")) >= len(stored[name]), 20, "the messages")
        time.sleep(0.5)
        for listener in listeners:
            listener.stop()
        print(f"\n{total} messages told over {listeners[0].streams} and {listeners[1].streams}"
              f" streams of two gateways")
        for listener in listeners[:2]:
            self.assertEqual([e for e in listener.events if e.name == "reset"], [])
            told = {name: [] for name in stored}
            for event in listener.named("message"):
                told[event.data["conversation"]].append(event.data["id"])
            told[long_name].insert(0, stored[long_name][0])  # from before the streams
            self.assertEqual(told, stored)
        for listener, name in zip(listeners[2:], names):
            self.assertEqual([e.data["id"] for e in listener.named("message")], stored[name])


if __name__ == "__main__":
    unittest.main()
