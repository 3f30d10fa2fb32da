"""What being recorded costs an INSERT: nothing at all, VVAULT's ledger with its sealer at work,
an audit trigger, and a hash chain over everything. The SQL of each is in ledger/."""

import re
import statistics
import subprocess
import sys
from pathlib import Path

from harness import Cluster
from harness.processes import postgres_binary

HERE = Path(__file__).resolve().parent / "ledger"
# name of the table → file that has it recorded
TABLES = {"plain": None, "ledgered": "ledgered.sql", "audited": "audited.sql",
          "chained": "chained.sql"}
CLIENTS = (1, 4, 16)
# What is compared with the ledgered INSERT, and the least that is aimed for with 16 clients.
RATIOS = [("no ledger at all", "plain", 0.70), ("an audit trigger that stores jsonb", "audited", 4),
          ("one hash chain over everything", "chained", 5)]


class Ledger:
    def __init__(self, cluster: Cluster):
        self.cluster = cluster
        table = (HERE / "table.sql").read_text(encoding="utf-8")
        insert = (HERE / "insert.sql").read_text(encoding="utf-8")
        self._scripts = {}
        for name, recorded_by in TABLES.items():
            cluster.psql(table.replace(":name", name))
            if recorded_by:
                cluster.psql((HERE / recorded_by).read_text(encoding="utf-8"))
            self._scripts[name] = cluster.directory / f"insert_{name}.sql"
            self._scripts[name].write_text(insert.replace(":name", name), encoding="utf-8")

    def _rate(self, name: str, clients: int, seconds: float) -> float:
        self.cluster.psql("CHECKPOINT")
        done = subprocess.run(
            [postgres_binary("pgbench"), "--no-vacuum", "--protocol=prepared",
             f"--client={clients}", "--jobs=1", f"--time={max(1, round(seconds))}",
             f"--file={self._scripts[name]}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
            env=self.cluster.environment())
        rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        if done.returncode or not rate:
            raise RuntimeError(f"pgbench {name}: {done.stdout}{done.stderr}")
        return float(rate.group(1))

    def measure(self, rounds: int, seconds: float) -> dict:
        rates = {(name, clients): [] for clients in CLIENTS for name in TABLES}
        for number in range(1, rounds + 1):
            for name, clients in rates:
                print(f"\rround {number}/{rounds}: {name} {clients:<10}", end="", file=sys.stderr,
                      flush=True)
                rates[name, clients].append(self._rate(name, clients, seconds))
        print("\r\x1b[K", end="", file=sys.stderr)
        return {key: statistics.median(values) for key, values in rates.items()}

    def print_table(self, rates: dict) -> bool:
        """The table; true if every ratio is what it should be."""
        good = True
        print(f"\n{'ledgered INSERT, its sealer at work, against':<50}{'clients':>8}{'per s':>10}"
              f"{'peer':>10}{'ratio':>8}{'aim':>7}")
        for title, peer, least in RATIOS:
            for clients in CLIENTS:
                rate, limit = rates["ledgered", clients], rates[peer, clients]
                aim = least if clients == CLIENTS[-1] else None
                good = good and (aim is None or rate / limit >= aim)
                print(f"{title:<50}{clients:>8}{rate:>10.0f}{limit:>10.0f}{rate / limit:>8.2f}"
                      f"{'' if aim is None else f'{aim:.2f}':>7}")
        return good

    def print_sealed(self) -> None:
        entries, sealed = self.cluster.psql(
            "SELECT (SELECT count(*) FROM vvault.ledger_entries),"
            " (SELECT coalesce(max(size), 0) FROM vvault.ledger_checkpoints)").split("|")
        print(f"sealed meanwhile: {sealed} of {entries} entries")
