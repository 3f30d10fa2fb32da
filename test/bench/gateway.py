"""The gateway against what it stands in front of, and against what could stand there instead.

The limit is pgbench on the same functions, with the same check of the token in each transaction.
Express with pg is what a Chatty server does today; cpp-httplib without a database is what HTTP
alone costs. Then the same requests beside one idle listener of events, and beside a thousand.
"""

import os
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

from harness import REPOSITORY, Cluster, processes
from loads import CONTENT, PAGE, Figures, Loads

HERE = Path(__file__).resolve().parent
CLIENTS = (16, 64)
IDLE = 1000
SETTLED = 4  # seconds: each stream looks once more for what came while it was opened
SERVERS = {"gateway": "the gateway", "limit": "pgbench, same functions",
           "express": "Express and pg, four round trips", "plain": "cpp-httplib, no database"}
SCRIPTS = {"POST": "post.lua", "GET": "get.lua"}


class Server:
    """A program that listens on a port of 127.0.0.1."""

    def __init__(self, command, port: int, environment: dict, cwd: Path):
        self.url = f"http://127.0.0.1:{port}"
        self._process = subprocess.Popen([str(part) for part in command], cwd=cwd,
                                         env=environment, stdin=subprocess.DEVNULL)
        processes.wait_until(lambda: self._answers(port), 20, f"{command[0]} to listen")

    def _answers(self, port: int) -> bool:
        if self._process.poll() is not None:
            raise RuntimeError(f"it ended with {self._process.returncode}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    def close(self) -> None:
        self._process.kill()
        self._process.wait()


def express(cluster: Cluster) -> Server:
    folder = HERE / "express"
    lock, installed = folder / "package-lock.json", folder / "node_modules" / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder,
                       check=True, stdout=subprocess.DEVNULL)
        shutil.copyfile(lock, installed)
    port = processes.free_port()
    environment = {**cluster.environment(user="chatty_gateway"), "PORT": str(port),
                   "NODE_ENV": "production"}
    return Server(["node", "server.js"], port, environment, folder)


def plain() -> Server:
    program = REPOSITORY / "build" / "bench" / "plain"
    source = HERE / "plain" / "server.cpp"
    if not program.exists() or program.stat().st_mtime < source.stat().st_mtime:
        program.parent.mkdir(parents=True, exist_ok=True)
        flags = subprocess.run(["pkg-config", "--cflags", "--libs", "cpp-httplib"], check=True,
                               stdout=subprocess.PIPE, text=True).stdout.split()
        subprocess.run(["c++", "-std=c++20", "-O2", source, "-o", program, *flags, "-pthread"],
                       check=True)
    port = processes.free_port()
    return Server([program, str(port), str(PAGE), CONTENT], port, dict(os.environ), HERE)


class Comparison:
    def __init__(self, loads: Loads):
        self.loads = loads
        self.servers = {"express": express(loads.cluster), "plain": plain()}
        self.figures = {}

    def close(self) -> None:
        for server in self.servers.values():
            server.close()

    def _measure(self, server: str, method: str, clients: int, seconds: float) -> Figures:
        if server == "limit":
            load = self.loads.sql_append if method == "POST" else self.loads.sql_list
            return load(clients, seconds)
        url = self.loads.gateway.url if server == "gateway" else self.servers[server].url
        return self.loads.wrk(SCRIPTS[method], url, clients, seconds)

    def measure(self, rounds: int, seconds: float) -> None:
        found = {}
        for number in range(1, rounds + 1):
            for clients in CLIENTS:
                for method in SCRIPTS:
                    for server in SERVERS:
                        show(f"round {number}/{rounds}: {method} {server} {clients}")
                        found.setdefault((method, clients, server), []).append(
                            self._measure(server, method, clients, seconds))
        show()
        self.figures = {key: median(values) for key, values in found.items()}

    def print_table(self) -> bool:
        print(f"{'':<42}{'clients':>8}{'per s':>9}{'p50 ms':>8}{'p99 ms':>8}{'limit':>7}")
        for method in SCRIPTS:
            for clients in CLIENTS:
                limit = self.figures[method, clients, "limit"]
                for server, name in SERVERS.items():
                    one = self.figures[method, clients, server]
                    ratio = "" if server in ("limit", "plain") else f"{one.rate / limit.rate:.2f}"
                    print(f"{method + ' ' + name:<42}{clients:>8}{one.rate:>9.0f}{one.p50:>8.2f}"
                          f"{one.p99:>8.2f}{ratio:>7}")
        return all([aim(what, value, least=least, most=most)
                    for what, value, least, most in self._ratios()])

    def _ratios(self):
        for method, times_express in (("POST", 2), ("GET", 2.5)):
            few = {server: self.figures[method, 16, server] for server in SERVERS}
            many = {server: self.figures[method, 64, server] for server in SERVERS}
            yield f"{method}, 16: gateway / limit", few["gateway"].rate / few["limit"].rate, \
                0.80, None
            yield f"{method}, 16: gateway / Express", few["gateway"].rate / few["express"].rate, \
                times_express, None
            yield f"{method}, 64: p99 of the gateway / of the limit", \
                many["gateway"].p99 / many["limit"].p99, None, 2


class Listeners:
    """Streams of events of somebody to whom nothing happens."""

    def __init__(self, loads: Loads):
        self.loads = loads
        self.token = loads.cluster.make_user("listener@example.com")
        self._sockets = []

    def hold(self, count: int) -> None:
        while len(self._sockets) > count:
            self._sockets.pop().close()
        opened = [self._open() for _ in range(count - len(self._sockets))]
        for one in opened:
            received = b""
            while b"event: ready" not in received:
                received += one.recv(4096)
        self._sockets += opened
        if opened:
            time.sleep(SETTLED)

    def _open(self) -> socket.socket:
        one = socket.create_connection(("127.0.0.1", self.loads.gateway.port), 30)
        one.sendall(b"GET /events HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer "
                    + self.token.encode() + b"\r\n\r\n")
        return one

    def compare(self, rounds: int, seconds: float) -> bool:
        found = {}
        for number in range(1, rounds + 1):
            for count in (1, IDLE) if number % 2 else (IDLE, 1):
                self.hold(count)
                for method, script in SCRIPTS.items():
                    show(f"round {number}/{rounds}: {method} beside {count} listeners")
                    found.setdefault((method, count), []).append(
                        self.loads.wrk(script, self.loads.gateway.url, 16, seconds))
        self.hold(0)
        show()
        good = True
        for method in SCRIPTS:
            one, many = median(found[method, 1]), median(found[method, IDLE])
            print(f"{method}, 16 clients: p99 beside one idle listener {one.p99:.2f} ms, beside"
                  f" {IDLE} of them {many.p99:.2f} ms")
            good = aim(f"{method}: p99 beside {IDLE} idle listeners / beside one",
                       many.p99 / one.p99, most=1.10) and good
        return good


def median(values: list) -> Figures:
    return Figures(*(statistics.median(column) for column in zip(*values)))


def aim(what: str, value: float, least: float = None, most: float = None) -> bool:
    good = (least is None or value >= least) and (most is None or value <= most)
    wanted = f"at least {least:.2f}" if least is not None else f"at most {most:.2f}"
    print(f"{what:<58}{value:>7.2f}   aim: {wanted}{'' if good else ', MISSED'}")
    return good


def show(text: str = "") -> None:
    print(f"\r\x1b[K{text}", end="", file=sys.stderr, flush=True)


def compare(loads: Loads, rounds: int, seconds: float) -> bool:
    """Both tables; true if every aim is met."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (limits[1], limits[1]))
    comparison = Comparison(loads)
    try:
        comparison.measure(rounds, seconds)
        good = comparison.print_table()
    finally:
        comparison.close()
    return Listeners(loads).compare(rounds + 2, seconds) and good
