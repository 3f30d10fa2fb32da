"""An S3 server on loopback, and in front of it somebody who lets requests fail."""

import http.client
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "lib"))

from harness.npm import install  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from harness.processes import wait_until  # noqa: E402

HERE = Path(__file__).resolve().parent
BUCKET = "vault"


class S3:
    """with S3() as server: … — a bucket, kept over a stop."""

    def __init__(self):
        self.folder = fresh_directory("s3")
        self.program = install(HERE) / ".bin" / "s3rver"
        self.process = None
        self.front = Front()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [self.program, "-d", self.folder, "-p", str(self.front.behind), "-s",
             "--configure-bucket", BUCKET],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_until(self.answers, 30, "the S3 server to answer")

    def answers(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.front.behind, timeout=2)
            connection.request("GET", "/")
            return connection.getresponse().status > 0
        except OSError:
            return False

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=30)
            self.process = None

    def __enter__(self) -> "S3":
        self.start()
        return self

    def __exit__(self, *_) -> None:
        self.stop()
        self.front.shutdown()
        self.front.server_close()

    @property
    def environment(self) -> dict:
        return {"VVAULT_MIRROR_S3_ENDPOINT": f"http://127.0.0.1:{self.front.server_port}",
                "AWS_ACCESS_KEY_ID": "S3RVER", "AWS_SECRET_ACCESS_KEY": "S3RVER",
                "AWS_DEFAULT_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true"}

    def keys(self) -> list:
        """Names of the objects in the bucket, by its server's own files."""
        root = self.folder / BUCKET
        return sorted(str(path.relative_to(root))[:-len("._S3rver_object")]
                      for path in root.rglob("*._S3rver_object"))


class Front(ThreadingHTTPServer):
    """Hands requests on. `fail` is asked for each (method, number of it) and says what happens:
    None, a status, or "cut" in the middle of the body; `pause` is waited before each PUT."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.behind = free_port()
        self.count, self.fail, self.pause = {}, lambda method, number: None, 0.0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that was killed is part of the test."""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def serve(self):
        front = self.server
        front.count[self.command] = front.count.get(self.command, 0) + 1
        what = front.fail(self.command, front.count[self.command])
        if self.headers.get("Expect") == "100-continue":
            self.send_response_only(100)
            self.end_headers()
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.command == "PUT":
            time.sleep(front.pause)
        if what == "cut":
            self.close_connection = True
            return
        if what is not None:
            self.answer(what, {}, b"")
            return
        connection = http.client.HTTPConnection("127.0.0.1", front.behind, timeout=60)
        headers = {name: value for name, value in self.headers.items() if name != "Expect"}
        try:
            connection.request(self.command, self.path, body=body, headers=headers)
            answer = connection.getresponse()
            content = answer.read()
        except OSError:
            self.close_connection = True
            return
        self.answer(answer.status, dict(answer.getheaders()), content)

    def answer(self, status, headers, content):
        self.send_response_only(status)
        for name, value in headers.items():
            if name.lower() not in ("connection", "transfer-encoding", "content-length"):
                self.send_header(name, value)
        length = headers.get("content-length", headers.get("Content-Length"))
        self.send_header("Content-Length", length if self.command == "HEAD" and length
                         else str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_PUT = do_HEAD = do_DELETE = do_POST = serve

    def log_message(self, *_):
        pass


def free_port() -> int:
    import socket
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]
