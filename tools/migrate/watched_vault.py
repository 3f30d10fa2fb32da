"""The vault as a watched folder sees it: versions, conditions, and the stream of what changes."""

import hashlib
import http.client
import json
import os
import threading
from dataclasses import dataclass
from urllib.parse import quote

from .gateway import Gateway, error_text
from .vault import PAGE, Again, Bounded, Changed, Local, Refused, patiently
from .where import media_type

SILENCE = 45     # a stream says something every 15 seconds


@dataclass(frozen=True)
class Current:
    """What the vault has at a path: the version, and null for a deleted file's SHA-256."""
    version: int
    sha256: str
    size: int
    is_deleted: bool
    is_sealed: bool


class Torn(Exception):
    """What came is not what the vault says it has."""


class WatchedVault(Gateway):
    def __init__(self, url: str, token: str, patience: float = 60):
        super().__init__(url, token, patience)
        self._stop = threading.Event()

    def listing(self, prefix: str = ""):
        """(path, Current) of every file of the person's own, deleted ones too."""
        after = ""
        while True:
            page = self._call("GET", f"/files?prefix={quote(prefix, safe='')}&shared=false"
                                     "&include_deleted=true"
                                     f"&limit={PAGE}&after={quote(after, safe='')}")["files"]
            for file in page:
                yield file["path"], Current(file["version"], file["sha256"], file["size"] or 0,
                                            file.get("deleted_at") is not None,
                                            file.get("encrypted") == "client")
            if len(page) != PAGE:
                return
            after = page[-1]["path"]

    def current(self, path: str):
        """What is there now, None if there never was a file."""
        for found, current in self.listing(path):
            return current if found == path else None
        return None

    def put_if(self, path: str, file, size: int, sha256: str, expected: int):
        """The number of the new version; None where the vault's file is another by now. 0 stands
        for none, or a deleted one."""
        headers = {"Content-Type": media_type(path), "Content-Length": str(size),
                   "X-Content-SHA256": sha256}
        headers |= {"If-Match": f'"{expected}"'} if expected else {"If-None-Match": "*"}
        try:
            return self._call("PUT", "/files/" + quote(path), Local(Bounded(file, size)),
                              headers)["version"]
        except Refused as refused:
            if refused.status == 412:
                return None
            if refused.status == 422 and "announced" in str(refused):
                raise Changed() from None
            raise

    def delete_if(self, path: str, expected: int):
        try:
            return self._call("DELETE", "/files/" + quote(path), None,
                              {"If-Match": f'"{expected}"'})["version"]
        except Refused as refused:
            if refused.status in (404, 412):
                return None
            raise

    def bytes_of(self, path: str, version: int):
        """None where that version was purged or its key destroyed."""
        def attempt():
            with self._answer("GET", f"/files/{quote(path)}?version={version}", None, {}) as answer:
                content = answer.read()
                if answer.status in (404, 410, 423):
                    return None
                if answer.status != 200:
                    return self._result(answer.status, answer.headers, content)
                return content
        return patiently(attempt, self._patience, self.url)

    def fetch(self, path: str, version: int, draft: str) -> str:
        """Writes a version to the disk, durably; its SHA-256 as it came."""
        def attempt():
            digest = hashlib.sha256()
            with self._answer("GET", f"/files/{quote(path)}?version={version}", None, {}) as answer:
                if answer.status != 200:
                    self._result(answer.status, answer.headers, answer.read())
                announced = answer.headers.get("X-Content-SHA256")
                with open(draft, "wb") as file:
                    while block := answer.read(1 << 20):
                        digest.update(block)
                        file.write(block)
                    file.flush()
                    os.fsync(file.fileno())
            if announced and announced.strip('"').lower() != digest.hexdigest():
                raise Again("the connection ended early")
            return digest.hexdigest()
        return patiently(attempt, self._patience, self.url)

    # What changes ------------------------------------------------------------------------------

    def stop(self) -> None:
        self._stop.set()

    def follow(self, tell) -> None:
        """tell(kind, path) of each change, until stop(): "ready" where a stream begins anew and
        everything must be looked at, "file" with a path. It comes back after any interruption."""
        last, pause = None, 1.0
        while not self._stop.is_set():
            try:
                for kind, identity, data in self._events(last):
                    pause = 1.0
                    if kind == "ready" and last is None or kind == "reset":
                        tell("ready", None)
                    elif kind == "file":
                        tell("file", json.loads(data).get("path"))
                    last = identity or last
            except (OSError, http.client.HTTPException, ValueError, Refused):
                pass
            self._stop.wait(pause)
            pause = min(pause * 2, 30)

    def _events(self, last: str):
        connection = self._connect(*self._address, timeout=SILENCE)
        try:
            headers = {**self._headers, "Accept": "text/event-stream"}
            if last:
                headers["Last-Event-ID"] = last
            connection.request("GET", self._prefix + "/events", headers=headers)
            answer = connection.getresponse()
            if answer.status != 200:
                raise Refused(answer.status, error_text(answer.read()))
            kind, identity, data = "message", None, []
            while line := answer.readline():
                if self._stop.is_set():
                    return
                field, _, value = line.decode("utf-8", "replace").rstrip("\r\n").partition(":")
                value = value.removeprefix(" ")
                if field == "event":
                    kind = value
                elif field == "id":
                    identity = value
                elif field == "data":
                    data.append(value)
                elif not field and not value and line.strip() == b"":
                    yield kind, identity, "\n".join(data)
                    kind, identity, data = "message", None, []
        finally:
            connection.close()
