"""Starting servers as an unprivileged user, and stopping them.

Postgres refuses to run as root, and the gateway should not. Called by root, servers run as
`postgres` (the Debian package's user, or VVAULT_OS_USER); called by anyone else, as the caller.
"""

import functools
import os
import pwd
import signal
import socket
import subprocess
import time
from pathlib import Path


def server_account() -> pwd.struct_passwd:
    if os.geteuid() == 0:
        return pwd.getpwnam(os.environ.get("VVAULT_OS_USER", "postgres"))
    return pwd.getpwuid(os.geteuid())


def as_server(command, parent_death_signal=None) -> list:
    """The command line that runs `command` as the server's user.

    With a parent-death signal nothing is left running when a test is killed. The kernel sends it
    when the starting *thread* ends, so servers are started from the main thread.
    """
    account = server_account()
    prefix = ["setpriv"]
    if os.geteuid() == 0:
        prefix += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--init-groups"]
    if parent_death_signal:
        prefix += ["--pdeathsig", parent_death_signal]
    if len(prefix) == 1:
        return [str(part) for part in command]
    return prefix + ["--"] + [str(part) for part in command]


def clean_environment(**extra) -> dict:
    """The caller's environment without what would steer libpq or a gateway elsewhere."""
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith(("PG", "VVAULT_")) or name.startswith("VVAULT_TEST_")}
    kept.update(HOME=server_account().pw_dir, LC_ALL="C.UTF-8", TZ="UTC")
    kept.update({name: str(value) for name, value in extra.items()})
    return kept


def run_as_server(command, **options) -> subprocess.CompletedProcess:
    """Runs to the end; a failure raises with what the command said."""
    done = subprocess.run(as_server(command), cwd="/", env=clean_environment(),
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed ({done.returncode}): {done.stdout}")
    return done


def give_to_server(path: Path, mode: int) -> None:
    if os.geteuid() == 0:
        account = server_account()
        os.chown(path, account.pw_uid, account.pw_gid)
    os.chmod(path, mode)


def make_server_directory(path: Path) -> Path:
    path.mkdir()
    give_to_server(path, 0o700)
    return path


@functools.lru_cache
def postgres_binary(name: str) -> str:
    """A program of the Postgres that `pg_config` on the PATH belongs to."""
    directory = subprocess.run(["pg_config", "--bindir"], check=True, stdout=subprocess.PIPE,
                               text=True).stdout.strip()
    program = Path(directory) / name
    if not program.exists():
        raise FileNotFoundError(f"no {name} in {directory}: see tools/packages.txt")
    return str(program)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_until(condition, seconds: float, what: str, pause: float = 0.02):
    """The first true value of condition(); an AssertionError that says `what` if none comes."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds:.0f} s for {what}")
        time.sleep(pause)


def children_of(process_id: int) -> list:
    """The direct children, as process ids; none if the process is gone."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                # The name in parentheses may hold blanks: the parent follows the last one.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[1]) == process_id:
                found.append(int(entry.name))
    return found


def kill_at_once(process_ids) -> None:
    for process_id in process_ids:
        try:
            os.kill(process_id, signal.SIGKILL)
        except ProcessLookupError:
            pass
