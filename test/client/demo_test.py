"""The chat page of clients/demo, built, served at /demo/ and used in Chromium."""

import shutil
import unittest
from pathlib import Path

from client_case import ClientCase
from harness.npm import build, install
from harness.paths import REPOSITORY, fresh_directory

HERE = Path(__file__).resolve().parent


class DemoPageTest(ClientCase):
    @classmethod
    def setUpClass(cls):
        install(HERE)
        # The gateway's user may not reach the checkout.
        site = fresh_directory("demo")
        site.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, site)
        shutil.copytree(build(REPOSITORY / "clients" / "demo"), site / "dist")
        cls.environment = {"VVAULT_DEMO_DIR": str(site / "dist")}
        super().setUpClass()

    def test_two_machines_and_a_vault_that_goes_away(self):
        output = self.node("--test", "--test-reporter=tap", HERE / "journeys" / "demo.test.js")
        self.assertRegex(output, r"(?m)^# pass [1-9]")


if __name__ == "__main__":
    unittest.main()
