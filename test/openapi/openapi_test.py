"""/openapi.json says of every route what it does, and the gateway does what it says.

The document is checked by Redocly's linter, and the running gateway by its test runner, which
sends the requests of workflows/*.yaml (Arazzo) and holds every answer's status, media type and body
to the document. Both are one npm package, pinned by package-lock.json.
"""

import json
import os
import re
import shutil
import subprocess
import unittest
from pathlib import Path

from harness.client import Client
from harness.cluster import Cluster, fresh_key
from harness.gateway import Gateway, binary
from harness.npm import install
from harness.paths import REPOSITORY, fresh_directory

HERE = Path(__file__).resolve().parent
PARTS = REPOSITORY / "gateway" / "openapi"
METHODS = ("get", "put", "post", "delete", "patch")


def run(*command, cwd=HERE) -> subprocess.CompletedProcess:
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1", "REDOCLY_TELEMETRY": "off",
                   "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run([str(part) for part in command], check=False, cwd=cwd, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment, timeout=180)


def redocly() -> Path:
    return install(HERE) / ".bin" / "redocly"


def template(pattern: str) -> str:
    return re.sub(r"[:*](\w+)", r"{\1}", pattern)


class OpenApiTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.redocly = redocly()
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.token = cls.cluster.make_user("ada@example.com", "Ada")
        cls.cluster.make_user("grace@example.com", "Grace")
        # The ledger is asked about something that is sealed.
        cls.cluster.psql(f"BEGIN; SELECT vvault.authenticate('{cls.token}');"
                         " SELECT vvault.create_construct('ledger'); SELECT vvault.put_file('ledger.md', 'x'); COMMIT;"
                         " SELECT vvault.ledger_seal(); SELECT vvault.ledger_seal()")
        cls.gateway = cls.enterClassContext(Gateway(cls.cluster, {
            "VVAULT_STREAM_MAX_AGE": "1", "VVAULT_DEMO_DIR": str(cls.make_site())}))
        cls.directory = fresh_directory("openapi")
        cls.addClassCleanup(shutil.rmtree, cls.directory)
        client = Client(cls.gateway.port)
        cls.answer = client.get("/openapi.json")
        client.close()
        cls.document = cls.answer.json
        (cls.directory / "openapi.json").write_bytes(cls.answer.body)
        for workflow in HERE.glob("workflows/*.yaml"):
            shutil.copy(workflow, cls.directory)
        shutil.copy(HERE / "redocly.yaml", cls.directory)

    @classmethod
    def make_site(cls) -> Path:
        site = fresh_directory("site")
        site.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, site)
        (site / "index.html").write_text("<!doctype html><title>A page</title>", encoding="utf-8")
        (site / "app.js").write_text("// a script", encoding="utf-8")
        return site

    def operations(self) -> dict:
        return {(method.upper(), path): operation
                for path, item in self.document["paths"].items()
                for method, operation in item.items() if method in METHODS}

    def routes(self) -> dict:
        listed = subprocess.run([binary(), "--routes"], check=True, text=True,
                                stdout=subprocess.PIPE).stdout
        found = {}
        for line in listed.splitlines():
            method, pattern, access = line.split(" ")
            found[(method, template(pattern))] = access
        return found

    def test_every_route_is_described_and_nothing_else(self):
        described, routes = set(self.operations()), set(self.routes())
        self.assertEqual(sorted(routes - described), [], "routes without an operation")
        self.assertEqual(sorted(described - routes), [], "operations without a route")
        self.assertGreater(len(routes), 40)

    def test_it_says_where_a_token_is_needed(self):
        for key, access in self.routes().items():
            security = self.operations()[key].get("security", self.document["security"])
            self.assertEqual(security == [], access == "open", key)

    def test_each_placeholder_is_a_parameter(self):
        for (method, path), operation in self.operations().items():
            parameters = [*self.document["paths"][path].get("parameters", []),
                          *operation.get("parameters", [])]
            names = set()
            for parameter in parameters:
                if "$ref" in parameter:
                    name = parameter["$ref"].rpartition("/")[2]
                    parameter = self.document["components"]["parameters"][name]
                if parameter["in"] == "path":
                    names.add(parameter["name"])
            self.assertEqual(names, set(re.findall(r"{(\w+)}", path)), (method, path))

    def test_no_part_overrides_another(self):
        seen = set()
        for part in sorted(PARTS.glob("*.json")):
            content = json.loads(part.read_text(encoding="utf-8"))
            for path, item in content.get("paths", {}).items():
                for method in item:
                    self.assertNotIn((path, method), seen, part.name)
                    seen.add((path, method))
            for kind, components in content.get("components", {}).items():
                for name in components:
                    self.assertNotIn((kind, name), seen, part.name)
                    seen.add((kind, name))

    def test_it_has_the_versions_of_everything_else(self):
        control = (REPOSITORY / "vvault.control").read_text(encoding="utf-8")
        version = re.search(r"^default_version = '(.*)'$", control, re.MULTILINE).group(1)
        self.assertEqual(self.document["info"]["version"], version)
        self.assertEqual(self.document["openapi"], "3.1.0")

    def test_it_is_served_to_everybody_and_cached(self):
        self.assertEqual(self.answer.status, 200)
        self.assertEqual(self.answer.headers["Content-Type"], "application/json")
        client = Client(self.gateway.port)
        self.addCleanup(client.close)
        again = client.get("/openapi.json", {"If-None-Match": self.answer.headers["ETag"]})
        self.assertEqual((again.status, again.body), (304, b""))

    def test_the_linter_finds_nothing(self):
        done = run(self.redocly, "lint", "openapi.json", "--config", "redocly.yaml",
                   cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_every_operation_is_exercised(self):
        text = "".join(path.read_text(encoding="utf-8") for path in HERE.glob("workflows/*.yaml"))
        exercised = set(re.findall(r"^\s*operationId: (\w+)$", text, re.MULTILINE))
        named = {operation["operationId"] for operation in self.operations().values()}
        self.assertEqual(sorted(named - exercised), [], "operations that no workflow calls")

    def test_the_gateway_does_what_the_document_says(self):
        report = self.directory / "report.json"
        workflows = sorted(path.name for path in HERE.glob("workflows/*.yaml"))
        done = run(self.redocly, "respect", *workflows, "--server", f"vault={self.gateway.url}",
                   "--input", f"token={self.token}", "--json-output", report, cwd=self.directory)
        self.assertEqual(done.returncode, 0, done.stdout[-20000:])
        self.assertNotIn(self.token, done.stdout)
        files = json.loads(report.read_text(encoding="utf-8"))["files"]
        steps = [step for file in files.values() for workflow in file["executedWorkflows"]
                 for step in workflow["executedSteps"]]
        self.assertGreater(len(steps), 70)
        for step in steps:
            checks = {check["name"]: check["status"] for check in step["checks"]}
            self.assertEqual(checks.get("status code check"), "success", step["stepId"])
            self.assertEqual(set(checks.values()), {"success"}, step["stepId"])


if __name__ == "__main__":
    unittest.main()
