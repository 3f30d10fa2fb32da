"""pgbouncer in transaction mode before a throw-away cluster, set up as plainly as it can be."""

import os
import shutil
import signal
import subprocess

from . import processes
from .paths import fresh_directory

PORT = 6432


def program() -> str:
    found = shutil.which("pgbouncer", path=os.environ.get("PATH", "") + ":/usr/sbin")
    if not found:
        raise FileNotFoundError("no pgbouncer: see tools/packages.txt")
    return found


class Pooler:
    """with Pooler(cluster) as pooler: … — pooler.environment() is where a gateway finds it."""

    def __init__(self, cluster, connections: int = 3):
        self.cluster = cluster
        self.directory = fresh_directory("pooler")
        processes.give_to_server(self.directory, 0o700)
        self.process = None
        users = self.directory / "users"
        users.write_text('"chatty_gateway" ""\n"chatty_keys" ""\n"vvault" ""\n', encoding="ascii")
        settings = self.directory / "pgbouncer.ini"
        settings.write_text(f"""[databases]
* = host={cluster.directory} port={cluster.port}
[pgbouncer]
pool_mode = transaction
default_pool_size = {connections}
auth_type = trust
auth_file = {users}
unix_socket_dir = {self.directory}
listen_port = {PORT}
query_wait_timeout = 3
server_login_retry = 1
admin_users = vvault
""", encoding="ascii")
        for path in (users, settings):
            processes.give_to_server(path, 0o600)
        self._settings = settings

    def start(self) -> "Pooler":
        with open(self.directory / "log", "ab") as log:
            self.process = subprocess.Popen(
                processes.as_server([program(), self._settings], "KILL"), cwd="/", stdout=log,
                stderr=log, stdin=subprocess.DEVNULL, env=processes.clean_environment(),
                start_new_session=True)
        processes.wait_until((self.directory / f".s.PGSQL.{PORT}").exists, 20, "pgbouncer")
        return self

    def stop(self) -> None:
        self.process.send_signal(signal.SIGINT)
        self.process.wait(timeout=30)

    def environment(self) -> dict:
        return {"PGHOST": str(self.directory), "PGPORT": str(PORT), "VVAULT_POOLED": "1"}

    def dsn(self, user: str, database: str = "vvault") -> str:
        return f"host={self.directory} port={PORT} user={user} dbname={database}"

    def __enter__(self) -> "Pooler":
        return self.start()

    def __exit__(self, *_) -> None:
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)
