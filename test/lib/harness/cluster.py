"""A throw-away Postgres cluster with VVAULT in it.

initdb runs once for a test run; every cluster is a copy of what it made. close() fails when the
server log tells of a crash that no test asked for.
"""

import fcntl
import re
import secrets
import shutil
import signal
import subprocess
from pathlib import Path

from . import processes
from .paths import fresh_directory, scratch

SUPERUSER = "vvault"
DATABASE = "vvault"

# What `make run` sets too: nothing that was said to the vault may reach the log.
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    "log_statement": "none",
    "log_min_error_statement": "panic",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "log_line_prefix": "%m [%p] %q%u ",
    "timezone": "UTC",
    "max_connections": "100",
}

LOGIN_ROLES = {"chatty_gateway": "vvault_gateway", "chatty_keys": "vvault_key_fetcher",
               "person": "vvault_user"}


def _template() -> Path:
    """The cluster that all others are copied from, made by whoever needs it first."""
    template = scratch() / "template"
    with open(scratch() / "template.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not template.exists():
            made = processes.make_server_directory(scratch() / "template.new")
            processes.run_as_server(
                [processes.postgres_binary("initdb"), "-D", made, "-U", SUPERUSER, "-E", "UTF8",
                 "--locale=C.UTF-8", "--auth-local=trust", "--auth-host=scram-sha-256",
                 "--data-checksums", "--no-sync"])
            made.rename(template)
    return template


def fresh_key() -> str:
    """The text of a file of keys with a new one in it, for root keys and the ledger's."""
    return f"1 {secrets.token_hex(32)}\n"


class Cluster:
    """with Cluster() as cluster: … — started, extension and roles installed.

    settings         postgresql.conf entries on top of SETTINGS
    root_key         text of the root key file; None makes one; "" leaves the file out
    ledger_key       text of the file that signs the ledger's checkpoints; None for no such file
    install          False: an empty database, for restores and for CREATE EXTENSION tests
    durable          True: fsync as in production (kill -9 of a process does not need it)
    """

    def __init__(self, settings=None, root_key=None, install=True, durable=False,
                 ledger_key=None):
        self.directory = fresh_directory("cluster")
        processes.give_to_server(self.directory, 0o700)
        self.data = self.directory / "data"
        self.log_path = self.directory / "server.log"
        self.root_key_file = self.directory / "root-key"
        self.ledger_key_file = self.directory / "ledger-key"
        self.port = 5432
        self.process = None
        self._killed = set()
        self._wants_install = install
        self._installed = False
        if root_key is None:
            root_key = fresh_key()
        if root_key:
            self.write_root_key(root_key)
        if ledger_key is not None:
            self.write_ledger_key(ledger_key)
            settings = {"vvault.ledger_key_file": self.ledger_key_file, **(settings or {})}
        processes.run_as_server(["cp", "-a", "--reflink=auto", _template(), self.data])
        self._write_settings({"fsync": "on" if durable else "off",
                              "unix_socket_directories": self.directory,
                              "vvault.root_key_file": self.root_key_file,
                              **(settings or {})})

    def write_root_key(self, text: str, mode: int = 0o400) -> None:
        self._write_key(self.root_key_file, text, mode)

    def write_ledger_key(self, text: str, mode: int = 0o400) -> None:
        self._write_key(self.ledger_key_file, text, mode)

    @staticmethod
    def _write_key(path: Path, text: str, mode: int) -> None:
        path.unlink(missing_ok=True)
        path.write_text(text, encoding="ascii")
        processes.give_to_server(path, mode)

    def root_key(self) -> str:
        return self.root_key_file.read_text(encoding="ascii")

    def _write_settings(self, settings: dict) -> None:
        lines = [f"{name} = '{value}'\n" for name, value in {**SETTINGS, **settings}.items()]
        path = self.data / "test.conf"
        path.write_text("".join(lines), encoding="utf-8")
        processes.give_to_server(path, 0o600)
        with open(self.data / "postgresql.conf", "a", encoding="utf-8") as configuration:
            configuration.write("include 'test.conf'\n")

    def set(self, name: str, value: str) -> None:
        """For the next start, or the next reload."""
        with open(self.data / "test.conf", "a", encoding="utf-8") as configuration:
            configuration.write(f"{name} = '{value}'\n")

    # Starting and stopping ---------------------------------------------------------------------

    def start(self, seconds: float = 60) -> "Cluster":
        """Starts the server, and on the first start installs VVAULT. Main thread only."""
        assert self.process is None or self.process.poll() is not None, "already running"
        # After kill -9 the last backends may still hold the old shared memory for a moment;
        # Postgres then refuses to start, rightly, and is asked again.
        self._wait_for(self._try_start, seconds, "Postgres to start")
        if self._wants_install and not self._installed:
            self._install()
            self._installed = True
        return self

    def _try_start(self) -> bool:
        command = [processes.postgres_binary("postgres"), "-D", self.data]
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                processes.as_server(command, "QUIT"), cwd="/", stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, env=processes.clean_environment(),
                start_new_session=True)
        self._wait_for(lambda: self.is_ready() or self.process.poll() is not None, 60,
                       "Postgres to accept connections")
        return self.process.poll() is None

    def _wait_for(self, condition, seconds, what):
        try:
            return processes.wait_until(condition, seconds, what, pause=0.05)
        except AssertionError as failure:
            raise AssertionError(f"{failure}; its log ends:\n{self.log()[-3000:]}") from None

    def is_ready(self) -> bool:
        return subprocess.run([processes.postgres_binary("pg_isready"), "-q"],
                              env=self.environment(), check=False).returncode == 0

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """A clean stop: SIGINT is Postgres' fast shutdown, SIGQUIT its immediate one."""
        if self.is_running():
            self.process.send_signal(how)
            self.process.wait(timeout=60)
        self.process = None

    def kill(self) -> None:
        """kill -9 of the postmaster and of every process below it, as a power cut would."""
        family = [self.process.pid, *processes.children_of(self.process.pid)]
        processes.kill_at_once(family)
        self.process.wait(timeout=60)
        self.process = None

    def kill_backends(self) -> int:
        """kill -9 of the client backends: the postmaster restarts everything by itself."""
        backends = [int(line) for line in self.psql(
            "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid()").split()]
        self._killed.update(backends)
        processes.kill_at_once(backends)
        return len(backends)

    def expect_death(self, process_id: int) -> None:
        """A test is about to kill that process: the log may tell of it."""
        self._killed.add(process_id)

    def restart(self) -> None:
        self.stop()
        self.start()

    def reload(self) -> None:
        self.psql("SELECT pg_reload_conf()")

    # Talking to it -----------------------------------------------------------------------------

    def environment(self, user: str = SUPERUSER, database: str = DATABASE) -> dict:
        return processes.clean_environment(PGHOST=self.directory, PGPORT=self.port, PGUSER=user,
                                           PGDATABASE=database)

    def dsn(self, user: str = SUPERUSER, database: str = DATABASE) -> str:
        return f"host={self.directory} port={self.port} user={user} dbname={database}"

    def connect(self, user: str = SUPERUSER, database: str = DATABASE, autocommit: bool = False):
        import psycopg2  # here, so that suites without SQL need no driver
        connection = psycopg2.connect(self.dsn(user, database))
        connection.autocommit = autocommit
        return connection

    def psql(self, sql: str, user: str = SUPERUSER, database: str = DATABASE) -> str:
        """Unaligned tuples of a script; an error raises with what psql said."""
        done = subprocess.run(
            [processes.postgres_binary("psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
             "-v", "VERBOSITY=verbose"],
            input=sql, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            env=self.environment(user, database))
        if done.returncode != 0:
            raise RuntimeError(done.stderr.strip())
        return done.stdout.strip()

    def create_database(self) -> None:
        self.psql(f"CREATE DATABASE {DATABASE}", database="postgres")

    def create_login_roles(self) -> None:
        for name, group in LOGIN_ROLES.items():
            self.psql(f"CREATE ROLE {name} LOGIN IN ROLE {group}")

    def _install(self) -> None:
        self.create_database()
        self.psql("CREATE EXTENSION vvault CASCADE; SELECT vvault.install();")
        self.create_login_roles()

    def make_user(self, email: str, display_name: str = None) -> str:
        """Creates a person and returns the API key."""
        with self.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT api_key FROM vvault.create_user(%s, %s)",
                           (email, display_name or email.partition("@")[0].capitalize()))
            token = cursor.fetchone()[0]
        connection.close()
        return token

    # Its end -----------------------------------------------------------------------------------

    def log(self) -> str:
        return self.log_path.read_text(encoding="utf-8", errors="replace") \
            if self.log_path.exists() else ""

    def crashes(self) -> list:
        """Log lines about processes that a signal ended, without those that a test killed."""
        lines = [line for line in self.log().splitlines() if "terminated by signal" in line]
        return [line for line in lines
                if not any(re.search(rf"\(PID {killed}\)", line) for killed in self._killed)]

    def close(self) -> None:
        self.stop()
        crashes = self.crashes()
        shutil.rmtree(self.directory, ignore_errors=True)
        if crashes:
            raise AssertionError("the server crashed:\n" + "\n".join(crashes))

    def __enter__(self) -> "Cluster":
        try:
            return self.start()
        except BaseException:
            self.close()
            raise

    def __exit__(self, *_) -> None:
        self.close()
