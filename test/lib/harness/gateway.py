"""A gateway in front of a throw-away cluster."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

from . import processes
from .client import Client
from .paths import REPOSITORY, fresh_directory


def binary() -> Path:
    return Path(os.environ.get("VVAULT_TEST_GATEWAY",
                               REPOSITORY / "build" / "gateway" / "vvault-gateway"))


class Gateway:
    """with Gateway(cluster) as gateway: … — started and answering."""

    def __init__(self, cluster, environment=None):
        self.cluster = cluster
        self.port = processes.free_port()
        self.directory = fresh_directory("gateway")
        self.directory.chmod(0o755)
        self.log_path = self.directory / "gateway.log"
        self.process = None
        self._extra = environment or {}
        self._program = self._reachable_copy()

    def _reachable_copy(self) -> Path:
        """The checkout may lie where the server's user cannot go, so a copy is run."""
        copy = self.directory / "vvault-gateway"
        shutil.copyfile(binary(), copy)
        copy.chmod(0o755)
        return copy

    def environment(self) -> dict:
        return {**self.cluster.environment(user="chatty_gateway"),
                "VVAULT_PORT": str(self.port), **self._extra}

    def start(self, seconds: float = 30) -> "Gateway":
        """Starts it and waits until it answers. Main thread only, see as_server()."""
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                processes.as_server([self._program], "KILL"), cwd="/",
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment(),
                start_new_session=True)
        processes.wait_until(self._answers, seconds, "the gateway to answer")
        return self

    def _answers(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError(f"the gateway ended with {self.process.returncode}:\n"
                                 f"{self.log()[-3000:]}")
        try:
            return self.client().get("/healthz").status > 0
        except OSError:
            return False

    def client(self, token: str = None, **options) -> Client:
        return Client(self.port, token, **options)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> int:
        """SIGTERM; the exit code."""
        if self.process is None:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=60)
        self.process = None
        return code

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(timeout=60)
        self.process = None

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace") \
            if self.log_path.exists() else ""

    def close(self) -> None:
        code = self.stop()
        shutil.rmtree(self.directory, ignore_errors=True)
        if code != 0:
            raise AssertionError(f"the gateway ended with {code}")

    def __enter__(self) -> "Gateway":
        try:
            return self.start()
        except BaseException:
            if self.process is not None:
                self.process.kill()
                self.process.wait()
            shutil.rmtree(self.directory, ignore_errors=True)
            raise

    def __exit__(self, *_) -> None:
        self.close()
