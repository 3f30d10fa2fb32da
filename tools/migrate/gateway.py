"""The gateway as the migration sees it: list, store, import. Every call may be repeated, so a
lost connection or a 503 is simply tried again."""

import http.client
import json
import mimetypes
import os
import random
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlsplit

MEDIA_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".json": "application/json",
               ".capsule": "application/json"}
TRY_AGAIN = {429, 502, 503, 504}


class Unreachable(Exception):
    """No answer within the time allowed."""


class Refused(Exception):
    """An answer that is an error: its status, and what it says."""

    def __init__(self, status: int, text: str):
        super().__init__(f"{text} (HTTP {status})")
        self.status = status


@dataclass(frozen=True)
class Stored:
    """What the vault tells of a file: the SHA-256 of what it holds, and who sealed that."""
    sha256: str
    encrypted: str


def home() -> Path:
    """What `make run` left: VVAULT_HOME, .vvault here, or .vvault of the checkout."""
    if os.environ.get("VVAULT_HOME"):
        return Path(os.environ["VVAULT_HOME"])
    here = Path(".vvault")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / ".vvault"


def read_line(path: Path):
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def default_url() -> str:
    port = os.environ.get("VVAULT_PORT")
    return (os.environ.get("VVAULT_URL") or (f"http://127.0.0.1:{port}" if port else None)
            or read_line(home() / "url") or "http://127.0.0.1:8787")


def default_token():
    return os.environ.get("VVAULT_TOKEN") or read_line(home() / "api-key")


def media_type(path: str) -> str:
    suffix = Path(path).suffix.lower()
    return MEDIA_TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"


class Gateway:
    def __init__(self, url: str, token: str, patience: float = 60):
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"not an http or https address: {url}")
        self.url = url
        self._connect = (http.client.HTTPSConnection if parts.scheme == "https"
                         else http.client.HTTPConnection)
        self._address = (parts.hostname, parts.port)
        self._prefix = parts.path.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
        self._patience = patience
        self._connection = None

    def stored_files(self, prefix: str = "") -> dict:
        """Vault path → Stored of the current version, for every file of the person's own."""
        listing = self._call("GET", f"/files?prefix={quote(prefix, safe='')}&shared=false")
        return {file["path"]: Stored(file["sha256"], file.get("encrypted", "server"))
                for file in listing["files"]}

    @contextmanager
    def open_file(self, path: str):
        """The stored bytes as a stream, on a connection of their own."""
        connection = self._connect(*self._address, timeout=120)
        try:
            connection.request("GET", self._prefix + "/files/" + quote(path),
                               headers=self._headers)
            response = connection.getresponse()
            if response.status != 200:
                raise Refused(response.status, error_text(response.read()))
            yield response
        finally:
            connection.close()

    def put_file(self, path: str, location: Path) -> dict:
        with open(location, "rb") as body:
            size = os.fstat(body.fileno()).st_size
            return self._call("PUT", "/files/" + quote(path), body,
                              {"Content-Type": media_type(path), "Content-Length": str(size)})

    def put_sealed(self, path: str, body) -> dict:
        """A body that the caller sealed: it has .size, read() and seek(0)."""
        return self._call("PUT", "/files/" + quote(path), body,
                          {"Content-Type": "application/octet-stream",
                           "Content-Length": str(body.size), "Vvault-Encrypted": "client"})

    def import_turns(self, path: str, names: list, dry_run: bool = False) -> dict:
        request = {"path": path}
        if names:
            request["owner_names"] = names
        if dry_run:
            request["dry_run"] = True
        return self._call("POST", "/imports", json.dumps(request).encode(),
                          {"Content-Type": "application/json"})

    def is_alive(self) -> bool:
        """Whether it answers at all, asked once."""
        self._drop()
        try:
            return self._exchange("GET", "/healthz", None, {})[0] < 500
        except (OSError, http.client.HTTPException):
            self._drop()
            return False

    def _call(self, method: str, target: str, body=None, headers=None):
        deadline = time.monotonic() + self._patience
        pause = 0.2
        while True:
            if hasattr(body, "seek"):
                body.seek(0)
            try:
                status, answered, text = self._exchange(method, target, body, headers or {})
                reason = f"HTTP {status}: {error_text(text)}"
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                status, answered, reason = None, {}, str(error) or type(error).__name__
            if status is not None and status not in TRY_AGAIN:
                return self._result(status, text)
            pause = min(pause * 2, 10)
            wait = asked_pause(answered, pause) * random.uniform(0.8, 1.2)
            if time.monotonic() + wait > deadline:
                raise Unreachable(f"no answer from {self.url}: {reason}")
            time.sleep(wait)

    def _exchange(self, method, target, body, headers):
        if self._connection is None:
            self._connection = self._connect(*self._address, timeout=120)
        try:
            self._connection.request(method, self._prefix + target, body,
                                     {**self._headers, **headers})
        except (BrokenPipeError, ConnectionResetError):
            # It may have answered early, without wanting the rest of the body.
            pass
        response = self._connection.getresponse()
        return response.status, response.headers, response.read()

    def _drop(self):
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @staticmethod
    def _result(status: int, text: bytes):
        if status >= 400:
            raise Refused(status, error_text(text))
        try:
            return json.loads(text) if text else {}
        except ValueError:
            raise Refused(status, "the answer is not JSON: is this a VVAULT gateway?") from None


def asked_pause(headers, otherwise: float) -> float:
    try:
        return min(float(headers.get("Retry-After", "")), 30)
    except ValueError:
        return otherwise


def error_text(text: bytes) -> str:
    """The detail of a problem+json body, or the beginning of whatever it is."""
    try:
        problem = json.loads(text)
        parts = [problem.get("title"), problem.get("detail")]
        return ": ".join(dict.fromkeys(part for part in parts if part)) or "no reason given"
    except (ValueError, AttributeError):
        return text[:200].decode("utf-8", "replace").strip() or "no reason given"
