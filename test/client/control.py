"""Runs a script of Node's against a real vault, and does for it what a client cannot: stop the
gateway, kill it, restart Postgres, revoke a token.

The script asks for that over HTTP (VVAULT_CONTROL/<word>). The main thread answers, because servers
die with the thread that started them.
"""

import http.server
import json
import os
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from harness.processes import free_port


class Control:
    """Words and what they do: a function of no argument, whose result is the answer as JSON."""

    def __init__(self, words: dict):
        self.words = words
        words = self.words

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                word = words.get(self.path.lstrip("/"))
                body = json.dumps(word() if word else None).encode()
                self.send_response(200 if word else 404)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", free_port()), Handler)
        self.server.timeout = 0.05

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}"

    def run(self, command, environment: dict, cwd: Path, seconds: float = 120) -> tuple:
        """Exit code and output of the command, which is served until it ends."""
        with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as output:
            process = subprocess.Popen([str(part) for part in command], cwd=cwd,
                                       stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=subprocess.STDOUT, start_new_session=True,
                                       env={**os.environ, **environment, "VVAULT_CONTROL": self.url})
            deadline = time.monotonic() + seconds
            while process.poll() is None:
                self.server.handle_request()
                if time.monotonic() > deadline:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
            output.seek(0)
            return process.returncode, output.read()

    def close(self) -> None:
        self.server.server_close()
