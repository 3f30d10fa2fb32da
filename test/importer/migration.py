"""What the importer's tests share: a vault to change, and running the tool on it."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))

from harness import REPOSITORY, SAMPLES, Cluster, Gateway  # noqa: E402

PERSON = "users/shard_0042/ada_example_1762969514958"
TOOL = REPOSITORY / "tools" / "vvault_migrate.py"


class Outcome:
    """Exit code, the report (None where there was none) and all that was said."""

    def __init__(self, done):
        self.code = done.returncode
        self.said = done.stderr
        self.report = json.loads(done.stdout) if done.stdout.strip() else None

    def __repr__(self):
        return f"exit {self.code}\n{self.said}\n{self.report}"


class MigrationTest(unittest.TestCase):
    """One cluster and gateway a class; every test is a new person with a copy of the samples."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster())
        cls.gateway = cls.enterClassContext(
            Gateway(cls.cluster, {"VVAULT_MAX_FILE_BYTES": str(64 << 20)}))
        cls.people = 0

    def setUp(self):
        type(self).people += 1
        self.token = self.cluster.make_user(f"ada{self.people}@example.com", "Ada Example")
        self.ada = self.gateway.client(self.token)
        self.addCleanup(self.ada.close)
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="vvault-")))
        self.state = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="vvault-state-")))
        shutil.copytree(SAMPLES / "vault", self.folder, dirs_exist_ok=True)
        self.vault = self.folder / PERSON

    def migrate(self, *arguments, folder=None, token=None, url=None, more=None) -> Outcome:
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("VVAULT_")}
        environment.update(VVAULT_URL=url or self.gateway.url, VVAULT_TOKEN=token or self.token,
                           XDG_STATE_HOME=str(self.state), **(more or {}))
        return Outcome(subprocess.run(
            [sys.executable, TOOL, "--json", "--patience", "5", *arguments,
             *([] if folder == "" else [folder or self.folder])],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False))

    def migrate_well(self, *arguments, **options) -> dict:
        outcome = self.migrate(*arguments, **options)
        self.assertEqual(outcome.code, 0, outcome)
        return outcome.report

    def files_on_disk(self) -> dict:
        return {str(path.relative_to(self.vault)): path.read_bytes()
                for path in self.vault.rglob("*") if path.is_file() and path.name != ".DS_Store"}

    def stored(self) -> dict:
        """Path → entry of every file in the vault."""
        return {file["path"]: file for file in self.ada.get("/files?prefix=").json["files"]}

    def content(self, path: str, query: str = "") -> bytes:
        answer = self.ada.get(f"/files/{quote(path)}{query}")
        self.assertEqual(answer.status, 200, answer)
        return answer.body

    def turns(self, path: str) -> list:
        """(session, user turns, assistant turns) of a stored file, as the vault reads it."""
        answer = self.ada.post("/imports", {"path": path, "dry_run": True,
                                            "owner_names": ["Ada Example", "Ada"]})
        self.assertEqual(answer.status, 200, answer)
        return [(session["session"], session["roles"].get("user", 0),
                 session["roles"].get("assistant", 0)) for session in answer.json["sessions"]]

    def conversations(self) -> dict:
        """External id → its messages, of everything the person has."""
        listed = self.ada.get("/conversations").json["conversations"]
        return {conversation["external_id"]: self.ada.messages(conversation["external_id"])
                for conversation in listed}
