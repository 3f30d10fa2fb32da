"""A server on loopback that speaks OpenAI's /v1/chat/completions, and what can go wrong with it.

The model that a request names says how it is answered: with an echo of the question, or by one of
the troubles below, after whose name a colon may stand how much of it.
"""

import json
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SECRET = "the backend's own words"


def chunk(text: str = None, **more) -> bytes:
    delta = {} if text is None else {"content": text}
    return b"data: " + json.dumps({"model": "told-good", "choices": [
        {"index": 0, "delta": delta, "finish_reason": None, **more}]}).encode() + b"\n\n"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        fake = self.server.fake
        with fake.lock:
            fake.requests.append({"path": self.path, "authorization": self.headers["Authorization"],
                                  **asked})
        name = asked["model"]
        getattr(self, "be_" + name.partition(":")[0])(asked)

    do_GET = do_POST

    def send(self, status: int, body: bytes, kind="application/json", **headers):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        for header, value in headers.items():
            self.send_header(header, value)
        self.end_headers()
        self.wfile.write(body)

    def whole(self, text):
        self.send(200, json.dumps({"model": "told-good", "choices": [
            {"index": 0, "message": {"role": "assistant", "content": text}}]}).encode())

    def begin_stream(self):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        self.close_connection = True

    def be_good(self, asked):
        text = "Echo: " + asked["messages"][-1]["content"]
        if not asked["stream"]:
            return self.whole(text)
        self.begin_stream()
        for word in text.split(" "):
            self.wfile.write(chunk(word if word == "Echo:" else " " + word))
            self.wfile.flush()
            self.server.fake.pace.wait(self.server.fake.delay)
        self.wfile.write(b": a comment\n\n" + chunk(finish_reason="stop") + b"data: [DONE]\n\n")

    def be_slow(self, asked):
        """Answers once it is released, or after a minute."""
        self.server.fake.released.wait(60)
        self.be_good(asked)

    def be_error(self, asked):
        self.send(int(asked["model"].partition(":")[2]), json.dumps({"error": SECRET}).encode())

    def be_garbage(self, _):
        self.send(200, b'{"choices": [{"message": {"content": "unfinished ' + SECRET.encode())

    def be_odd(self, _):
        self.send(200, b'{"choices": "none", "detail": "' + SECRET.encode() + b'"}')

    def be_html(self, _):
        self.send(200, b"<html>" + SECRET.encode() + b"</html>", "text/html")

    def be_empty(self, _):
        self.whole("  ")

    def be_huge(self, asked):
        if not asked["stream"]:
            return self.whole("x" * (4 << 20))
        self.begin_stream()
        for _ in range(64):
            self.wfile.write(chunk("\u00e9" * 1000))

    def be_redirect(self, _):
        self.send(307, SECRET.encode(), Location=f"{self.server.fake.url}/elsewhere")

    def be_cut(self, asked):
        """Ends in the middle; token by token, behind so many words."""
        if not asked["stream"]:
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
        else:
            self.begin_stream()
            for _ in range(int(asked["model"].partition(":")[2] or 0)):
                self.wfile.write(chunk("word "))
        self.wfile.flush()
        self.close_connection = True


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, *_):
        pass  # a client that has gone


class FakeModel:
    """with FakeModel() as fake: … — `requests` holds what it was asked."""

    def __init__(self):
        self.lock = threading.Lock()
        self.requests = []
        self.released = threading.Event()
        self.pace = threading.Event()
        self.delay = 0
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.fake = self
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def asked(self, text: str) -> list:
        """The requests whose last message is this."""
        with self.lock:
            return [r for r in self.requests if r["messages"][-1]["content"] == text]

    def wait_for(self, text: str, count: int = 1):
        deadline = time.monotonic() + 20
        while len(self.asked(text)) < count:
            if time.monotonic() > deadline:
                raise AssertionError(f"the model was not asked {text!r}")
            time.sleep(0.01)

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.released.set()
        self.pace.set()
        self.server.shutdown()
        self.server.server_close()
