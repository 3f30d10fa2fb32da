"""A run of tools/run.sh, started as make starts it, and the test case that cleans up after it."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import REPOSITORY, Client, wait_until  # noqa: E402
from harness.processes import children_of, clean_environment, free_port  # noqa: E402

SESSION = "zen-001_chat_with_zen-001"


def is_alive(process_id: int) -> bool:
    try:
        return "Z" not in Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False


class Run:
    """One `tools/run.sh` and what it says."""

    def __init__(self, home: Path, port: int, started_with=(), **environment):
        self.home = home
        self.port = port
        self.output = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen(
            [*started_with, REPOSITORY / "tools" / "run.sh"], stdout=self.output, stderr=self.output,
            stdin=subprocess.DEVNULL, start_new_session=True,
            env=clean_environment(VVAULT_HOME=home, VVAULT_PORT=port, **environment))

    def said(self) -> str:
        self.output.seek(0)
        return self.output.read()

    def wait_until_ready(self) -> "Run":
        wait_until(lambda: "ready at" in self.said() or self.process.poll() is not None, 120,
                   "the vault to be ready")
        if self.process.poll() is not None:
            raise AssertionError(f"exit {self.process.returncode}: {self.said()}")
        self.postgres = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        self.gateway = next(child for child in children_of(self.process.pid)
                            if child != self.postgres)
        return self

    def wait(self) -> int:
        """The exit code of the script, which must end by itself."""
        wait_until(lambda: self.process.poll() is not None, 60,
                   f"the script to end; it said: {self.said()}; now")
        return self.process.returncode

    def stop(self, how: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(how)
        return self.wait()

    def client(self) -> Client:
        return Client(self.port, (self.home / "api-key").read_text().strip())

    def psql(self, sql: str) -> str:
        script = f'. {shlex.quote(str(self.home / "env"))} && psql -X -q -A -t -v ON_ERROR_STOP=1'
        done = subprocess.run(["bash", "-c", script], input=sql, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, check=False,
                              env=clean_environment())
        if done.returncode != 0:
            raise AssertionError(done.stdout)
        return done.stdout.strip()

    def clean_up(self):
        """Whatever a failed test left."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=60)
            except subprocess.TimeoutExpired:
                self.process.kill()
        self.output.close()


class RunTest(unittest.TestCase):
    def setUp(self):
        self.home = Path(tempfile.mkdtemp(prefix="vvault-home-", dir="/tmp"))
        self.home.chmod(0o755)
        self.addCleanup(shutil.rmtree, self.home, ignore_errors=True)
        self.port = free_port()

    def launch(self, **options) -> Run:
        run = Run(self.home, self.port, **options)
        self.addCleanup(run.clean_up)
        return run

    def start(self, **options) -> Run:
        return self.launch(**options).wait_until_ready()

    def say_something(self, run: Run, content: str) -> None:
        client = run.client()
        made = client.post("/conversations", {"construct": "zen-001", "external_id": SESSION})
        self.assertIn(made.status, (200, 201), made)
        answer = client.post(f"/conversations/{SESSION}/messages",
                             {"role": "user", "content": content})
        self.assertEqual(answer.status, 201, answer)
        client.close()

    def contents(self, run: Run) -> list:
        client = run.client()
        try:
            return [message["content"] for message in client.messages(SESSION)]
        finally:
            client.close()

    def assert_both_gone(self, run: Run) -> None:
        wait_until(lambda: not is_alive(run.postgres) and not is_alive(run.gateway), 30,
                   "Postgres and the gateway to go")
