"""Stands between a gateway and Postgres, and does what networks and servers in trouble do."""

import shutil
import socket
import threading

from .paths import fresh_directory


def refusal(sqlstate: str) -> bytes:
    """What a server says to somebody that it does not let in."""
    fields = b"".join(kind + text.encode() + b"\0" for kind, text in (
        (b"S", "FATAL"), (b"V", "FATAL"), (b"C", sqlstate), (b"M", "not now")))
    return b"E" + (len(fields) + 5).to_bytes(4, "big") + fields + b"\0"


class Meddler:
    """with Meddler(cluster) as meddler: … — meddler.environment() leads through it.

    refuse           an SQLSTATE with which each new connection is turned away, or None
    cut(when, word)  the next request with that word in it loses its connection: "before" the
                     server hears of it, or "after" the server has answered, unheard
    heard            how many requests with the word have reached the server
    """

    def __init__(self, cluster):
        self.refuse = None
        self.heard = 0
        self._cut = self._word = None
        self.lead_to(cluster)
        self._directory = fresh_directory("meddler")
        self._directory.chmod(0o755)
        path = self._directory / ".s.PGSQL.5432"
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        path.chmod(0o777)
        self._listener.listen(100)
        self._open = set()
        self._lock = threading.Lock()
        threading.Thread(target=self._accept, daemon=True).start()

    def environment(self) -> dict:
        return {"PGHOST": str(self._directory), "PGPORT": "5432"}

    def lead_to(self, cluster) -> None:
        """New connections end there; old ones stay where they are."""
        self._target = str(cluster.directory / f".s.PGSQL.{cluster.port}")

    def cut(self, when: str, word: str) -> None:
        self.heard = 0
        self._cut, self._word = when, word.encode()

    def drop_all(self) -> None:
        with self._lock:
            for each in self._open:
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        server = socket.socket(socket.AF_UNIX)
        try:
            if self.refuse:
                client.recv(65536)
                client.sendall(refusal(self.refuse))
                return
            server.connect(self._target)
            with self._lock:
                self._open.update((client, server))
            threading.Thread(target=self._answers, args=(server, client), daemon=True).start()
            self._requests(client, server)
        except OSError:
            pass
        finally:
            for each in (client, server):
                with self._lock:
                    self._open.discard(each)
                try:
                    each.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass
                each.close()

    def _requests(self, client, server) -> None:
        while data := client.recv(1 << 20):
            cut = None
            if self._word and self._word in data:
                cut, self._cut = self._cut, None
                self.heard += cut != "before"
            if cut == "before":
                return
            if cut == "after":
                with self._lock:
                    self._open.discard(client)
                self._unheard = client
            server.sendall(data)

    def _answers(self, server, client) -> None:
        try:
            while data := server.recv(1 << 20):
                if getattr(self, "_unheard", None) is client:
                    # The answer is here, so the transaction is committed.
                    self._unheard = None
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def __enter__(self) -> "Meddler":
        return self

    def __exit__(self, *_) -> None:
        self._listener.close()
        self.drop_all()
        shutil.rmtree(self._directory, ignore_errors=True)
