#!/usr/bin/env python3
"""`make bench`: one table of ratios, all measured in this run, on this machine.

Five questions: how much of what the database can do arrives at an HTTP client (the gateway
against pgbench calling the same functions, with as many clients), what else could stand there
and what idle listeners cost (gateway.py), what a message costs
(append_message, with its token check, sealing and ledger entry, against a bare INSERT of the
same row), what being recorded in the ledger costs an INSERT (ledger.py), and what sealing and
storing files cost (storage.py). When asked for, four more: how the ledger grows (scale.py), what a
transcript costs that is saved whole after each turn (growth.py), what bringing in a whole
archive costs (importing.py), and what a mirror costs and a restore from it (mirroring.py). Loads take turns, round after
round, and the median round counts, so that whatever else the machine does strikes all of them.
"""

import argparse
import statistics
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness.interpreter import require  # noqa: E402

require("psycopg2")

from harness import REPOSITORY, fresh_key  # noqa: E402
import gateway as gateways  # noqa: E402
from growth import Growth  # noqa: E402
from importing import Importing  # noqa: E402
from ledger import Ledger  # noqa: E402
from loads import Cluster, Gateway, Loads  # noqa: E402
from mirroring import Mirroring  # noqa: E402
from scale import Scale  # noqa: E402
from storage import Storage  # noqa: E402

# name → (load, clients)
MEASURES = {
    f"{load} {clients}": (load, clients)
    for clients in (1, 16)
    for load in ("http_post", "sql_append", "http_get", "sql_list", "bare_insert")
}
# What is compared, with what, and the least that is aimed for.
RATIOS = [
    ("POST through the gateway / append_message in SQL", "http_post", "sql_append", 0.5),
    ("GET through the gateway / list_messages in SQL", "http_get", "sql_list", None),
    ("append_message in SQL / bare INSERT", "sql_append", "bare_insert", 0.4),
]

# All load comes with one token, from one address.
UNBOUNDED = {"VVAULT_TOKEN_RATE": "0", "VVAULT_FAILURE_RATE": "0",
             "VVAULT_MAX_STREAMS_PER_TOKEN": "2000"}


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=int, default=4, help="length of one load (4)")
    parser.add_argument("--rounds", type=int, default=3, help="rounds, whose median counts (3)")
    parser.add_argument("--part", default="all", choices=(
        "all", "messages", "gateway", "ledger", "storage", "scale", "growth", "import", "mirror"),
                        help="what is measured (all but scale, growth, import and mirror)")
    parser.add_argument("--entries", type=int, nargs="+", default=[10_000, 1_000_000],
                        help="with --part scale: numbers of entries (10000 1000000)")
    parser.add_argument("--scale", type=float, default=0.1,
                        help="with --part import: of 20,000 files and 500,000 messages (0.1)")
    parser.add_argument("--messages", type=int, default=100_000,
                        help="with --part mirror: messages, and 1 MiB of files for 500 (100000)")
    parser.add_argument("--turns", type=int, default=5000,
                        help="with --part growth: saves of the transcript (5000)")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if a ratio is below its aim")
    return parser.parse_args()


def measure(loads: Loads, rounds: int, seconds: float) -> dict:
    rates = {name: [] for name in MEASURES}
    for number in range(1, rounds + 1):
        for name, (load, clients) in MEASURES.items():
            print(f"\rround {number}/{rounds}: {name:<20}", end="", file=sys.stderr, flush=True)
            rates[name].append(getattr(loads, load)(clients, seconds).rate)
    print("\r\x1b[K", end="", file=sys.stderr)
    return {name: statistics.median(values) for name, values in rates.items()}


def print_table(rates: dict) -> bool:
    """The table; true if every ratio is what it should be."""
    good = True
    print(f"{'':<50}{'clients':>8}{'per s':>10}{'peer':>10}{'ratio':>8}{'aim':>7}")
    for title, ours, peer, aim in RATIOS:
        for clients in (1, 16):
            rate, limit = rates[f"{ours} {clients}"], rates[f"{peer} {clients}"]
            ratio = rate / limit
            good = good and (aim is None or ratio >= aim)
            print(f"{title:<50}{clients:>8}{rate:>10.0f}{limit:>10.0f}{ratio:>8.2f}"
                  f"{'' if aim is None else f'{aim:.2f}':>7}")
    return good


def main() -> int:
    arguments = parse_arguments()
    subprocess.run([REPOSITORY / "tools" / "build.sh"], check=True)
    settings = {"shared_buffers": "256MB", "max_wal_size": "4GB",
                "shared_preload_libraries": "vvault"}
    if arguments.part == "scale":
        settings["vvault.ledger_databases"] = ""  # it seals by itself, to time it
    good = True
    with Cluster(settings, durable=True, ledger_key=fresh_key()) as cluster, \
            Gateway(cluster, UNBOUNDED) as gateway:
        if arguments.part in ("all", "messages", "gateway"):
            loads = Loads(cluster, gateway)
        if arguments.part in ("all", "messages"):
            good = print_table(measure(loads, arguments.rounds, arguments.seconds))
        if arguments.part in ("all", "gateway"):
            good = gateways.compare(loads, arguments.rounds, arguments.seconds) and good
        if arguments.part in ("all", "ledger"):
            ledger = Ledger(cluster)
            good = ledger.print_table(ledger.measure(arguments.rounds, arguments.seconds)) and good
            ledger.print_sealed()
        if arguments.part in ("all", "storage"):
            storage = Storage(cluster, arguments.rounds)
            storage.all()
            storage.close()
        if arguments.part == "scale":
            scale = Scale(cluster)
            scale.table(arguments.entries)
            scale.close()
        if arguments.part == "growth":
            Growth(cluster).table(arguments.turns)
        if arguments.part == "import":
            Importing(cluster, gateway, arguments.scale).table()
        if arguments.part == "mirror":
            Mirroring(arguments.messages, arguments.messages // 500 << 20).table()
    return 1 if not good and arguments.check else 0


if __name__ == "__main__":
    sys.exit(main())
