"""A client of Server-Sent Events: one thread reads, the test looks at what has come."""

import http.client
import json
import socket
import threading
import time


class Event:
    def __init__(self, name: str, id_: str, text: str):
        self.name = name
        self.id = id_
        self.text = text
        self.at = time.monotonic()

    @property
    def data(self):
        return json.loads(self.text)

    def __repr__(self) -> str:
        return f"<{self.name} {self.text[:120]}>"


class Listener:
    """Reads one stream until it ends. `place` is the last id that came, as a browser keeps it."""

    def __init__(self, port: int, token: str, path: str, place: str = None, headers=None):
        self.events = []
        self.place = place
        self.comments = 0
        self.retry = None
        self.ended = threading.Event()
        self._changed = threading.Condition()
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        sent = {"Accept": "text/event-stream", **(headers or {})}
        if token is not None:
            sent.setdefault("Authorization", f"Bearer {token}")
        if place is not None:
            sent["Last-Event-ID"] = place
        self._connection.request("GET", path, headers=sent)
        self._socket = self._connection.sock
        self.response = self._connection.getresponse()
        self.status = self.response.status
        self.body = b""
        if self.status != 200:
            self.body = self.response.read()
            self.ended.set()
            self._connection.close()
            return
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        name, data, place = "message", [], None
        try:
            for raw in self.response:
                line = raw.decode().rstrip("\n")
                field, _, value = line.partition(": ")
                if line == "":
                    if place is not None:
                        self.place = place
                    if data:
                        with self._changed:
                            self.events.append(Event(name, place, "\n".join(data)))
                            self._changed.notify_all()
                    name, data, place = "message", [], None
                elif line.startswith(":"):
                    self.comments += 1
                elif field == "event":
                    name = value
                elif field == "data":
                    data.append(value)
                elif field == "id":
                    place = value
                elif field == "retry":
                    self.retry = int(value)
        except (OSError, ValueError, AttributeError, http.client.HTTPException):
            pass
        finally:
            self.ended.set()
            with self._changed:
                self._changed.notify_all()

    def named(self, *names) -> list:
        with self._changed:
            return [event for event in self.events if event.name in names]

    def wait_for(self, count: int, *names, seconds: float = 20) -> list:
        """The events of these names once there are so many of them."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while True:
                found = [event for event in self.events if event.name in names]
                left = deadline - time.monotonic()
                if len(found) >= count:
                    return found
                if left <= 0 or self.ended.is_set():
                    raise AssertionError(f"{len(found)} of {count} events {names} came "
                                         f"(ended: {self.ended.is_set()}): {self.events!r}")
                self._changed.wait(min(left, 0.5))

    def wait_for_end(self, seconds: float = 20) -> str:
        """The reason that the stream gave for its end, or None."""
        if not self.ended.wait(seconds):
            raise AssertionError(f"the stream goes on: {self.events!r}")
        ends = self.named("end")
        return ends[-1].data["reason"] if ends else None

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._connection.close()
        if self.status == 200:
            self._thread.join(10)
