"""What the tests of a watched folder share: a vault with a keeper, a folder, and the tool on it."""

import os
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import REPOSITORY, Cluster, Gateway, wait_until  # noqa: E402

TOOL = REPOSITORY / "tools" / "vvault_migrate.py"
FILE = "instances/zen-001/chatty/chat_with_zen-001.md"
SESSION = "zen-001_chat_with_zen-001"
KEEPING = {"shared_preload_libraries": "vvault", "vvault.transcript_delay": "100ms"}


class Watcher:
    """The tool on a folder, as one computer runs it."""

    def __init__(self, case, folder: Path, host: str, *arguments):
        self.case, self.folder, self.host = case, folder, host
        self.arguments = arguments
        self.state = folder.parent / f"{host}.sqlite"
        self.log_path = folder.parent / f"{host}.log"
        self.process = None

    def command(self, *arguments) -> list:
        return [sys.executable, TOOL, "--watch", "--settle", "0.2", "--interval", "0.3",
                "--state", self.state, "--host-name", self.host, *self.arguments, *arguments,
                self.folder]

    def environment(self) -> dict:
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith("VVAULT_")}
        return {**kept, "VVAULT_URL": self.case.gateway.url, "VVAULT_TOKEN": self.case.token}

    def start(self) -> "Watcher":
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.command(), env=self.environment(), stdout=log,
                                            stderr=log, stdin=subprocess.DEVNULL)
        return self

    def once(self, *arguments) -> int:
        with open(self.log_path, "ab") as log:
            return subprocess.run(self.command("--once", *arguments), env=self.environment(),
                                  stdout=log, stderr=log, timeout=60, check=False).returncode

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        self.process = None
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        self.process = None

    def close(self) -> None:
        if self.process is not None:
            self.kill()

    def said(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def read(self, path: str):
        try:
            return (self.folder / path).read_bytes()
        except FileNotFoundError:
            return None

    def write(self, path: str, content: bytes) -> None:
        """As editors save: another file takes the place of the one before."""
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        draft = target.with_name(f".{target.name}.swp")
        draft.write_bytes(content)
        os.replace(draft, target)

    def files(self) -> dict:
        return {str(path.relative_to(self.folder)): path.read_bytes()
                for path in self.folder.rglob("*") if path.is_file()}


class WatchCase(unittest.TestCase):
    """One cluster and gateway a class; every test is a new person with empty folders."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings=KEEPING))
        cls.gateway = cls.enterClassContext(
            Gateway(cls.cluster, {"VVAULT_MAX_FILE_BYTES": str(64 << 20)}))
        cls.people = 0

    def setUp(self):
        type(self).people += 1
        self.token = self.cluster.make_user(f"ada{self.people}@example.com", "Ada")
        self.ada = self.gateway.client(self.token)
        self.addCleanup(self.ada.close)

    def watcher(self, host: str = "desk", *arguments) -> Watcher:
        home = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="vvault-watch-")))
        folder = home / "vault"
        folder.mkdir()
        watcher = Watcher(self, folder, host, *arguments)
        self.addCleanup(watcher.close)
        return watcher

    def say(self, text: str, role: str = "user") -> None:
        answer = self.ada.post("/api/chatty/transcript/zen-001/message",
                               {"role": role, "content": text,
                                "timestamp": "2026-02-12T09:00:00.000Z"})
        self.assertIn(answer.status, (200, 201), answer)

    def put(self, path: str, content: bytes) -> None:
        answer = self.ada.put(f"/files/{quote(path)}", content)
        self.assertIn(answer.status, (200, 201), answer)

    def stored(self, path: str):
        answer = self.ada.get(f"/files/{quote(path)}")
        return answer.body if answer.status == 200 else None

    def paths(self) -> set:
        return {file["path"] for file in self.ada.get("/files?shared=false").json["files"]}

    def versions(self, path: str) -> list:
        return [self.ada.get(f"/files/{quote(path)}?version={one['version']}").body
                for one in self.ada.get(f"/files/{quote(path)}?history").json["versions"]
                if one["kind"] != "delete"]

    def rendered(self) -> bytes:
        return self.ada.get(f"/conversations/{SESSION}/transcript.md").body

    def texts(self) -> list:
        if self.ada.get(f"/conversations/{SESSION}").status == 404:
            return []
        return [message["content"] for message in self.ada.messages(SESSION)]

    def wait(self, condition, what: str, seconds: float = 30):
        return wait_until(condition, seconds, what, pause=0.1)
