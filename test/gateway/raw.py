"""HTTP as bytes on a socket, for requests that no client library would send."""

import socket


class Response:
    def __init__(self, status: int, headers: dict, body: bytes):
        self.status = status
        self.headers = headers
        self.body = body

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:200]!r}>"


class RawConnection:
    def __init__(self, port: int, timeout: float = 15):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self._received = b""

    def send(self, data: bytes) -> "RawConnection":
        self.socket.sendall(data)
        return self

    def end(self) -> "RawConnection":
        """Says that nothing more will be sent."""
        self.socket.shutdown(socket.SHUT_WR)
        return self

    def _more(self) -> bool:
        data = self.socket.recv(65536)
        self._received += data
        return bool(data)

    def response(self, to_head: bool = False):
        """The next response, or None where the server has closed."""
        while b"\r\n\r\n" not in self._received:
            if not self._more():
                assert not self._received, f"half a response: {self._received!r}"
                return None
        head, _, self._received = self._received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        status = int(lines[0].split(" ")[1])
        headers = {name.lower(): value.strip()
                   for name, _, value in (line.partition(":") for line in lines[1:])}
        length = 0 if to_head or status == 100 else int(headers.get("content-length", 0))
        while len(self._received) < length:
            assert self._more(), "the body ends too early"
        body, self._received = self._received[:length], self._received[length:]
        return Response(status, headers, body)

    def responses(self) -> list:
        """All that come until the server closes."""
        found = []
        while (response := self.response()) is not None:
            found.append(response)
        return found

    def close(self) -> None:
        self.socket.close()

    def __enter__(self) -> "RawConnection":
        return self

    def __exit__(self, *_) -> None:
        self.close()


def talk(port: int, data: bytes) -> list:
    """Sends the bytes, ends, and returns every response until the server closes."""
    with RawConnection(port) as connection:
        try:
            connection.send(data)
            connection.end()
        except (BrokenPipeError, ConnectionResetError):
            pass  # refused before all of it was read; the answer is there
        return connection.responses()


def request(line: str, *fields: str, body: bytes = b"", host: str = "Host: vault") -> bytes:
    lines = [line] + ([host] if host else []) + list(fields)
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body
