"""What the gateway's tests share: a vault with two people in it and the gateway before it.

By default each class gets a throw-away cluster and gateway. With VVAULT_URL, VVAULT_TOKEN and
VVAULT_TOKEN2 (another person's token) in the environment, the tests that need no control over the
servers run against that gateway instead; both people must be new to it.
"""

import json
import os
import unittest
import uuid
from urllib.parse import quote, urlsplit

from harness.client import Client
from harness.cluster import Cluster, fresh_key
from harness.gateway import Gateway

PROBLEM = {"type", "title", "status", "detail", "code", "request_id",
           "ok", "success", "error", "details", "errorCode"}


def fresh(prefix: str) -> str:
    return f"{prefix}_{uuid.uuid4().hex[:12]}"


def escaped(text: str) -> str:
    return quote(text, safe="")


class GatewayCase(unittest.TestCase):
    environment = {}  # for the gateway
    settings = {}  # for the cluster
    needs_servers = False

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.gateway = None
        url = os.environ.get("VVAULT_URL")
        if url and not cls.needs_servers and not cls.environment \
                and not cls.settings:
            cls.port = urlsplit(url).port or 80
            cls.token, cls.token2 = os.environ["VVAULT_TOKEN"], os.environ["VVAULT_TOKEN2"]
        else:
            cls.cluster = cls.enterClassContext(Cluster(cls.settings, ledger_key=fresh_key()))
            cls.token = cls.cluster.make_user("ada@example.com")
            cls.token2 = cls.cluster.make_user("grace@example.com")
            cls.gateway = cls.enterClassContext(Gateway(cls.cluster, cls.reach()))
            cls.port = cls.gateway.port

    @classmethod
    def reach(cls) -> dict:
        """The gateway's environment, once the cluster is up; for what stands between the two."""
        return cls.environment

    def setUp(self):
        self.ada = self.client(self.token)
        self.grace = self.client(self.token2)
        self.nobody = self.client()

    def client(self, token=None) -> Client:
        client = Client(self.port, token)
        self.addCleanup(client.close)
        return client

    def conversation(self, client=None, construct="zen-001") -> str:
        """A new conversation's id."""
        name = fresh("session")
        answer = (client or self.ada).post("/conversations", {"id": name, "construct": construct})
        self.assertEqual(answer.status, 201, answer)
        return name

    def assertProblem(self, answer, status: int, code: str = None):
        """A refusal as both dialects need it: all members, no HTML, and the codes agree."""
        self.assertEqual(answer.status, status, answer)
        self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
        body = answer.json
        self.assertEqual(set(body), PROBLEM)
        self.assertEqual(body["status"], status)
        self.assertIs(body["ok"], False)
        self.assertIs(body["success"], False)
        self.assertEqual(body["code"], body["errorCode"])
        self.assertEqual(body["request_id"], answer.headers["X-Request-Id"])
        self.assertNotIn("EXCEPTION_WHAT", answer.headers)  # as the library would tell it
        self.assertTrue(body["error"] and body["detail"] and body["details"])
        if code is not None:
            self.assertEqual(body["code"], code, answer)
        return body

    def log_lines(self) -> list:
        return [json.loads(line) for line in self.gateway.log().splitlines()]
