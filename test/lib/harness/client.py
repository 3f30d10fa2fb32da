"""A small HTTP client: one keep-alive connection, JSON in and out, no retry unless asked."""

import http.client
import json
from urllib.parse import quote


class Answer:
    """Status, headers and body of one response; answer.json parses on demand."""

    def __init__(self, status: int, headers, body: bytes):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self) -> str:
        return f"<{self.status} {self.body[:300]!r}>"


class Client:
    def __init__(self, port: int, token: str = None, timeout: float = 60):
        self.port = port
        self.token = token
        self.timeout = timeout
        self._connection = None

    def credentials(self) -> dict:
        return {} if self.token is None else {"Authorization": f"Bearer {self.token}"}

    def connect(self) -> http.client.HTTPConnection:
        """The connection that requests use; for answers that are not to be read to their end."""
        if self._connection is None:
            self._connection = http.client.HTTPConnection("127.0.0.1", self.port,
                                                          timeout=self.timeout)
        return self._connection

    def request(self, method: str, path: str, body=None, headers=None) -> Answer:
        """One request. dict and list bodies go as JSON, bytes and str as they are."""
        sent = {**self.credentials(), **(headers or {})}
        if isinstance(body, (dict, list)):
            body = json.dumps(body)
            sent.setdefault("Content-Type", "application/json")
        if isinstance(body, str):
            body = body.encode()
        connection = self.connect()
        try:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        except BaseException:
            self.close()
            raise

    def get(self, path: str, headers=None) -> Answer:
        return self.request("GET", path, headers=headers)

    def post(self, path: str, body=None, headers=None) -> Answer:
        return self.request("POST", path, body, headers)

    def put(self, path: str, body=None, headers=None) -> Answer:
        return self.request("PUT", path, body, headers)

    def delete(self, path: str, headers=None) -> Answer:
        return self.request("DELETE", path, headers=headers)

    def messages(self, conversation: str) -> list:
        """All messages of a conversation, page by page."""
        found, after = [], 0
        while True:
            page = self.get(f"/conversations/{quote(conversation, safe='')}/messages"
                            f"?limit=500&after={after}")
            if page.status != 200:
                raise AssertionError(f"GET messages of {conversation}: {page!r}")
            found += page.json["messages"]
            if not page.json.get("has_more"):
                return found
            after = found[-1]["seq"]

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None
