"""What the importer does in a second, on a vault made up for it: stored and read, run again, and
read back byte for byte; and how large the database is beside the folder."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import REPOSITORY, Cluster, Gateway
from harness.cluster import DATABASE
from made_vault import Maker

TOOL = REPOSITORY / "tools" / "vvault_migrate.py"
MIB = 1 << 20


class Importing:
    def __init__(self, cluster: Cluster, gateway: Gateway, scale: float):
        self.cluster, self.gateway, self.scale = cluster, gateway, scale

    def table(self) -> None:
        with tempfile.TemporaryDirectory(prefix="vvault-bench-") as directory:
            self._directory = Path(directory)
            made = Maker(self._directory / "vault", self.scale).make()
            print(f"a vault of {made.files} files, {made.messages} messages, "
                  f"{made.bytes / MIB:.1f} MiB")
            print(f"{'':<34}{'seconds':>9}{'files/s':>10}{'messages/s':>12}{'MiB/s':>8}"
                  f"{'peak MiB':>10}")
            token = self.cluster.make_user("importing.bench@example.com", "Ada Example")
            before = self._size()
            self._line("import through the gateway", made, token, "--no-audit")
            grown, parts = self._size() - before, self._parts()
            self._line("again, nothing changed", made, token, "--no-audit")
            self._line("again, nothing remembered", made, token, "--no-audit", "--fresh")
            self._line("the audit at the end", made, token, "--audit-bytes")
            straight = self.cluster.make_user("straight.bench@example.com", "Ada Example")
            self._line("import straight into the database", made, straight, "--no-audit",
                       "--database")
            print(f"database {grown / MIB:.1f} MiB, {grown / made.bytes:.2f} of the folder: {parts}")

    def _line(self, title: str, made: Maker, token: str, *arguments) -> None:
        seconds, report, peak = self._run(token, *arguments)
        files = sum(report["files"][kind] for kind in ("new", "changed", "unchanged"))
        assert report["files"]["not_stored"] == 0 and report["aborted"] is None, report
        assert files == made.files, (files, made.files)
        messages = report["messages"]["added"] or report["messages"]["known"]
        assert messages == made.messages, (report["messages"], made.messages)
        print(f"{title:<34}{seconds:>9.1f}{files / seconds:>10.0f}{messages / seconds:>12.0f}"
              f"{made.bytes / MIB / seconds:>8.1f}{peak / 1024:>10.0f}", flush=True)

    def _run(self, token: str, *arguments) -> tuple:
        """Seconds, the report, and the most memory that the tool had, in KiB."""
        alone = "--audit-bytes" in arguments
        address = f"host={self.cluster.directory} dbname={DATABASE} user=person"
        environment = {**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": token,
                       "XDG_STATE_HOME": str(self._directory / "state"),
                       "VVAULT_DATABASE_URL": address}
        began = time.perf_counter()
        tool = subprocess.Popen(
            [sys.executable, TOOL, "--json", *(one for one in arguments if one != "--audit-bytes"),
             self._directory / "vault"], env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL)
        said = tool.stdout.read()
        _, status, used = os.wait4(tool.pid, 0)
        tool.returncode = os.waitstatus_to_exitcode(status)
        assert tool.returncode == 0, said[-2000:]
        seconds = time.perf_counter() - began
        if alone:
            # What the same run needs without its audit, which comes after everything else.
            seconds -= self._run(token, "--no-audit")[0]
        return seconds, json.loads(said), used.ru_maxrss

    def _parts(self) -> str:
        """What the largest groups of tables have, with their indexes."""
        return self.cluster.psql(
            "SELECT string_agg(name || ' ' || round(size / 1048576.0, 1), ', ' ORDER BY size DESC)"
            "  FROM (SELECT regexp_replace(c.relname, '^(ledger|vault)_.*', '\\1') AS name,"
            "               sum(pg_total_relation_size(c.oid)) AS size"
            "          FROM pg_class c WHERE c.relkind = 'r' AND c.relnamespace = 'vvault'::regnamespace"
            "         GROUP BY 1 ORDER BY 2 DESC LIMIT 3) AS largest").strip()

    def _size(self) -> int:
        self.cluster.psql("CHECKPOINT")
        return int(self.cluster.psql(f"SELECT pg_database_size('{DATABASE}')").strip())
