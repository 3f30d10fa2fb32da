"""The vault through the gateway, over HTTP."""

import base64
import hashlib
import http.client
import json
import threading
from contextlib import contextmanager
from urllib.parse import quote, urlsplit

from .vault import (BLOCK, PAGE, Again, Bounded, Changed, Local, Refused, Stored, Unreachable,
                    Unreadable, patiently)
from .where import default_token, default_url, media_type

__all__ = ["Gateway", "Refused", "Unreachable", "default_token", "default_url"]

TRY_AGAIN = {429, 502, 503, 504}
LARGEST_BODY = 32 << 20     # of bytes to be read: with their coding, below the gateway's limit
ANSWER = 120                # seconds until a silent connection is given up
READING = 900               # the same while the vault reads a transcript, which may be large


class Gateway:
    largest_bytes = LARGEST_BODY

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
        self._own = threading.local()

    # What is there -----------------------------------------------------------------------------

    def identity(self) -> str:
        """Whose vault it is."""
        return str(self._call("GET", "/whoami")["user_id"])

    def pages(self, prefix: str = ""):
        """(path, Stored) of every file of the person's own, page by page."""
        after = ""
        while True:
            page = self._call("GET", f"/files?prefix={quote(prefix, safe='')}&shared=false"
                                     f"&limit={PAGE}&after={quote(after, safe='')}")["files"]
            for file in page:
                yield file["path"], Stored(file["sha256"], file.get("encrypted", "server"))
            if len(page) != PAGE:
                return
            after = page[-1]["path"]

    def stored_files(self, prefix: str = "") -> dict:
        return dict(self.pages(prefix))

    def stored(self, path: str):
        """What the vault has at that path, None if nothing."""
        for found, stored in self.pages(path):
            return stored if found == path else None
        return None

    def history(self, path: str) -> list:
        """(number, SHA-256) of every version, oldest first; empty where there is no file."""
        try:
            versions = self._call("GET", f"/files/{quote(path)}?history")["versions"]
        except Refused as refused:
            if refused.status == 404:
                return []
            raise
        return [(one["version"], one["sha256"]) for one in versions]

    @contextmanager
    def open_file(self, path: str):
        """The stored bytes as a stream, on a connection of their own."""
        connection = self._connect(*self._address, timeout=ANSWER)
        try:
            connection.request("GET", self._prefix + "/files/" + quote(path),
                               headers=self._headers)
            response = connection.getresponse()
            if response.status != 200:
                raise Refused(response.status, error_text(response.read()))
            yield response
        finally:
            connection.close()

    def digest(self, path: str, version: int = None) -> str:
        """The SHA-256 of the bytes that the vault gives out, computed here."""
        target = f"/files/{quote(path)}" + (f"?version={version}" if version else "")

        def attempt():
            digest = hashlib.sha256()
            with self._answer("GET", target, None, {}) as response:
                if response.status != 200:
                    return self._result(response.status, response.headers, response.read())
                while block := response.read(BLOCK):
                    digest.update(block)
            return digest.hexdigest()

        return patiently(attempt, self._patience, self.url)

    # What is done ------------------------------------------------------------------------------

    def put(self, path: str, content, size: int, sha256: str, metadata: dict = None) -> None:
        """Stores bytes, or a file of that size and SHA-256, as the next version."""
        headers = {"Content-Type": media_type(path), "Content-Length": str(size)}
        if metadata:
            headers["Vvault-Metadata"] = json.dumps(metadata)
        if not isinstance(content, bytes):
            headers["X-Content-SHA256"] = sha256
            content = Local(Bounded(content, size))
        try:
            self._call("PUT", "/files/" + quote(path), content, headers)
        except Refused as refused:
            if refused.status == 422 and "X-Content-SHA256" in headers \
                    and "announced" in str(refused):
                raise Changed() from None
            raise

    def put_sealed(self, path: str, body) -> None:
        """A body that the caller sealed: it has .size, read() and seek(0)."""
        self._call("PUT", "/files/" + quote(path), Local(body),
                   {"Content-Type": "application/octet-stream",
                    "Content-Length": str(body.size), "Vvault-Encrypted": "client"})

    def import_turns(self, path: str, names: list, dry_run: bool = False) -> dict:
        return self._import({"path": path}, names, dry_run)

    def import_bytes(self, path: str, content: bytes, names: list, dry_run: bool = False) -> dict:
        """The turns of bytes that are no file, or not yet."""
        return self._import({"path": path, "content_base64": base64.b64encode(content).decode()},
                            names, dry_run)

    def _import(self, request: dict, names: list, dry_run: bool) -> dict:
        if names:
            request["owner_names"] = names
        if dry_run:
            request["dry_run"] = True
        return self._call("POST", "/imports", json.dumps(request).encode(),
                          {"Content-Type": "application/json"}, READING)

    def is_alive(self) -> bool:
        """Whether it answers at all, asked once."""
        self._drop()
        try:
            with self._answer("GET", "/healthz", None, {}) as response:
                response.read()
                return response.status < 500
        except Again:
            return False

    # HTTP --------------------------------------------------------------------------------------

    def _call(self, method: str, target: str, body=None, headers=None, seconds: float = ANSWER):
        def attempt():
            if hasattr(body, "seek"):
                body.seek(0)
            with self._answer(method, target, body, headers or {}, seconds) as response:
                return self._result(response.status, response.headers, response.read())

        return patiently(attempt, self._patience, self.url)

    @contextmanager
    def _answer(self, method, target, body, headers, seconds=ANSWER):
        """The response on this thread's connection, which lasts if all of it is read."""
        try:
            connection = getattr(self._own, "connection", None)
            if connection is None:
                connection = self._own.connection = self._connect(*self._address, timeout=seconds)
            if connection.sock is not None:
                connection.sock.settimeout(seconds)
            try:
                connection.request(method, self._prefix + target, body,
                                   {**self._headers, **headers})
            except (BrokenPipeError, ConnectionResetError):
                # It may have answered early, without wanting the rest of the body.
                pass
            yield connection.getresponse()
        except Unreadable:
            self._drop()
            raise
        except (OSError, http.client.HTTPException) as error:
            self._drop()
            raise Again(str(error) or type(error).__name__) from None

    def _drop(self):
        connection = getattr(self._own, "connection", None)
        if connection is not None:
            connection.close()
            self._own.connection = None

    @staticmethod
    def _result(status: int, headers, text: bytes):
        if status in TRY_AGAIN:
            raise Again(f"HTTP {status}: {error_text(text)}", asked_pause(headers))
        if status >= 400:
            raise Refused(status, error_text(text))
        try:
            return json.loads(text) if text else {}
        except ValueError:
            raise Refused(status, "the answer is not JSON: is this a VVAULT gateway?") from None


def asked_pause(headers):
    try:
        return min(float(headers.get("Retry-After", "")), 30)
    except ValueError:
        return None


def error_text(text: bytes) -> str:
    """The detail of a problem+json body, or the beginning of whatever it is."""
    try:
        problem = json.loads(text)
        parts = [problem.get("title"), problem.get("detail")]
        return ": ".join(dict.fromkeys(part for part in parts if part)) or "no reason given"
    except (ValueError, AttributeError):
        return text[:200].decode("utf-8", "replace").strip() or "no reason given"
