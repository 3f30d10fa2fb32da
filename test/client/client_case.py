"""What the tests of clients/ share: a vault, a gateway, and a script of Node's that asks them."""

import unittest

from control import Control
from harness.cluster import Cluster, fresh_key
from harness.gateway import Gateway
from harness.npm import build
from harness.paths import REPOSITORY

PACKAGE = REPOSITORY / "clients" / "typescript"


class ClientCase(unittest.TestCase):
    environment = {}  # for the gateway

    @classmethod
    def setUpClass(cls):
        build(PACKAGE)
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.token = cls.cluster.make_user("ada@example.com", "Ada")
        cls.gateway = cls.enterClassContext(Gateway(cls.cluster, cls.environment))

    def node(self, *arguments, cwd=PACKAGE, seconds=60, **environment) -> str:
        """The output of node, which must succeed."""
        control = Control({"stop": self.gateway.stop, "start": lambda: bool(self.gateway.start()),
                           "kill": self.gateway.kill, "restart-database": self.cluster.restart})
        self.addCleanup(control.close)
        code, output = control.run(
            ["node", *arguments], {"VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                                   **environment}, cwd, seconds)
        self.assertEqual(code, 0, output)
        self.assertNotIn("# SKIP", output)
        return output
