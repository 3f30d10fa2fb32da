"""What a mirror costs and brings: the first round over a whole vault, a round over little, what a
writer notices of it, and the way back from it. The place is a folder: a network is not measured."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import REPOSITORY, Cluster, fresh_key
from harness.processes import clean_environment

TOOLS = REPOSITORY / "tools"
MIB = 1 << 20
MESSAGE = "What a person says to somebody who listens, again and again and never quite the same. " * 4


class Mirroring:
    def __init__(self, messages: int, file_bytes: int):
        self.messages, self.file_bytes = messages, file_bytes

    def table(self) -> None:
        key, ledger_key = fresh_key(), fresh_key()
        with tempfile.TemporaryDirectory(prefix="vvault-bench-") as place, \
                Cluster(root_key=key, ledger_key=ledger_key, durable=True) as cluster:
            self._fill(cluster)
            cluster.psql("CREATE ROLE mirrorer LOGIN IN ROLE vvault_mirror;"
                         " SELECT vvault.create_mirror('mirror')")
            cluster.psql("SELECT vvault.ledger_seal(); SELECT vvault.ledger_seal()")
            entries = int(cluster.psql("SELECT size FROM vvault.ledger_state"))
            database = int(cluster.psql("SELECT pg_database_size(current_database())"))
            print(f"a vault of {self.messages} messages and {self.file_bytes / MIB:.0f} MiB of files:"
                  f" {entries} entries, database {database / MIB:.0f} MiB")
            print(f"{'':<34}{'seconds':>9}{'entries/s':>11}{'MiB/s':>8}{'peak MiB':>10}")
            seconds, peak = self._tool(cluster, place, "once")
            size = sum(path.stat().st_size for path in Path(place).rglob("*") if path.is_file())
            self._line("the first round", seconds, entries, size, peak)
            self._say(cluster, 1000)
            cluster.psql("SELECT vvault.ledger_seal()")
            seconds, peak = self._tool(cluster, place, "once")
            self._line("a round over 1,000 messages", seconds, 1000, 0, peak)
            seconds, peak = self._tool(cluster, place, "once")
            self._line("a round over nothing", seconds, 0, 0, peak)
            seconds, peak = self._tool(cluster, place, "scrub")
            self._line("scrub of everything", seconds, 0, size, peak)
            self._writers(cluster, place)
            with Cluster(install=False, root_key=key, ledger_key=fresh_key(),
                         durable=True) as copy:
                copy.create_database()
                seconds, peak = self._tool(copy, place, None)
                self._line("restore, verified", seconds, entries, size, peak)
            print(f"mirror {size / MIB:.1f} MiB, {size / database:.2f} of the database")

    @staticmethod
    def _line(title, seconds, entries, size, peak) -> None:
        per = f"{entries / seconds:>11.0f}" if entries else f"{'':>11}"
        rate = f"{size / MIB / seconds:>8.1f}" if size else f"{'':>8}"
        print(f"{title:<34}{seconds:>9.1f}{per}{rate}{peak / 1024:>10.0f}", flush=True)

    def _fill(self, cluster: Cluster) -> None:
        self.token = cluster.make_user("mirror.bench@example.com")
        with cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            cursor.execute("SELECT vvault.start_session('zen', 'z', create_construct => true)")
        connection.close()
        self._say(cluster, self.messages)
        with cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            for number in range(self.file_bytes // MIB):
                cursor.execute("SELECT vvault.put_file(%s, %s)", (f"big/{number}.bin", os.urandom(MIB)))
        connection.close()

    def _say(self, cluster: Cluster, number: int) -> float:
        """The messages a second of one writer who waits for each."""
        connection = cluster.connect(user="person", autocommit=False)
        began = time.perf_counter()
        with connection.cursor() as cursor:
            for first in range(0, number, 100):
                cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
                for turn in range(first, min(first + 100, number)):
                    cursor.execute("SELECT vvault.append_message('z', 'user', %s)",
                                   (f"{turn} {MESSAGE}",))
                connection.commit()
        connection.close()
        return number / (time.perf_counter() - began)

    def _writers(self, cluster: Cluster, place: str) -> None:
        alone = self._say(cluster, 4000)
        follower = subprocess.Popen(self._command(place, "run", "--interval", "1"),
                                    env=self._environment(cluster, "mirrorer"),
                                    stdout=subprocess.DEVNULL)
        time.sleep(2)
        beside = self._say(cluster, 4000)
        follower.terminate()
        follower.wait()
        print(f"one writer beside a mirror that follows: {beside / alone:.2f} of its rate alone")
        cluster.psql("SELECT vvault.ledger_seal()")
        self._tool(cluster, place, "once")

    @staticmethod
    def _environment(cluster: Cluster, user: str) -> dict:
        return clean_environment(**cluster.environment(user))

    @staticmethod
    def _command(place: str, *arguments) -> list:
        return [sys.executable, "-B", TOOLS / "vvault_mirror.py", "--store", place, *arguments]

    def _tool(self, cluster: Cluster, place: str, command: str) -> tuple:
        """Seconds, and the most memory that the tool had, in KiB. Without a command: the restore."""
        line = self._command(place, command) if command else \
            [sys.executable, "-B", TOOLS / "vvault_restore.py", place]
        began = time.perf_counter()
        tool = subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                env=self._environment(cluster, "mirrorer" if command else "vvault"))
        said = tool.stdout.read()
        _, status, used = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        assert tool.returncode == 0, said.decode()
        return time.perf_counter() - began, used.ru_maxrss
