"""What sealing and storing cost, beside peers that do less or the same, in one server and one run.

Times are of statements inside the server, medians of rounds in which all peers take turns.
"""

import statistics
import subprocess
import time
from pathlib import Path

from harness import Cluster

HERE = Path(__file__).resolve().parent
KIB, MIB = 1024, 1024 * 1024
SIZES = [256, 4 * KIB, 64 * KIB, MIB, 16 * MIB]
SAMPLES = HERE.parent / "samples" / "vault"
TURNS = 500


def size_name(size: int) -> str:
    return f"{size} B" if size < KIB else f"{size // KIB} KiB" if size < MIB else f"{size // MIB} MiB"


def markdown(size: int) -> str:
    """Transcripts of the samples, each turn numbered so that no two stretches are the same."""
    text = "\n".join(path.read_text(encoding="utf-8", errors="replace").replace("\0", "")
                     for path in sorted(SAMPLES.rglob("*.md")))
    lines = [line for line in text.splitlines() if line.strip()]
    parts, length, number = [], 0, 0
    while length < size:
        part = f"{number:07d} {lines[(number * 7919) % len(lines)]}\n"
        parts.append(part)
        length += len(part.encode())
        number += 1
    return "".join(parts).encode()[:size].decode(errors="ignore").ljust(size)


class Storage:
    def __init__(self, cluster: Cluster, rounds: int):
        subprocess.run(["make", "-s", "-C", HERE / "module", "install"], check=True,
                       stdout=subprocess.DEVNULL)
        self.cluster, self.rounds = cluster, rounds
        cluster.psql("CREATE EXTENSION sealing_bench; CREATE EXTENSION IF NOT EXISTS pgcrypto;"
                     "CREATE TABLE public.source (number integer, content bytea);"
                     "ALTER TABLE public.source ALTER content SET STORAGE EXTERNAL")
        self.token = cluster.make_user("storage.bench@example.com", "Bench")
        self.connection = cluster.connect(autocommit=True)
        self.cursor = self.connection.cursor()

    def close(self) -> None:
        self.connection.close()

    def _run(self, sql: str, *values) -> tuple:
        self.cursor.execute(sql, values)
        return self.cursor.fetchone() if self.cursor.description else ()

    def _time(self, sql: str, *values) -> float:
        began = time.perf_counter()
        self._run(sql, *values)
        return time.perf_counter() - began

    def _medians(self, loads: dict) -> dict:
        """name → callable that gives seconds; all take turns."""
        times = {name: [] for name in loads}
        for _ in range(self.rounds):
            for name, load in loads.items():
                times[name].append(load())
        return {name: statistics.median(values) for name, values in times.items()}

    def _wal(self) -> int:
        return int(self._run("SELECT pg_current_wal_insert_lsn() - '0/0'::pg_lsn")[0])

    # Sealing alone -----------------------------------------------------------------------------

    def _call(self, expression: str, value: str, size: int, calls: int):
        sql = (f"SELECT sum(octet_length({expression})) FROM"
               f" (SELECT {value} AS v FROM public.source LIMIT 1 OFFSET 0) AS one,"
               f" generate_series(1, {calls})")
        return lambda: self._time(sql) / calls

    def sealing(self) -> None:
        print(f"\n{'Inside the server, µs a value':<26}{'AES-256-GCM':>12}{'VVAULT':>9}{'ratio':>7}"
              f"{'aim':>6}{'encrypt+hmac':>14}{'ratio':>7}{'pgp_sym':>11}{'ratio':>7}")
        for size in SIZES:
            self._run("TRUNCATE public.source")
            self._run("INSERT INTO public.source SELECT 1, string_agg(gen_random_bytes(%s), '')"
                      " FROM generate_series(1, %s)", min(size, KIB), max(1, size // KIB))
            calls = max(2, min(20000, 32 * MIB // size))
            few = max(1, calls // 50)
            iv = "'\\x000102030405060708090a0b0c0d0e0f'::bytea"
            key = "'\\x" + "42" * 32 + "'::bytea"
            cbc = f"encrypt_iv(v, {key}, {iv}, 'aes-cbc')"
            peers = {
                "seal": {
                    "gcm": self._call("bench_gcm_seal(v)", "content", size, calls),
                    "ours": self._call("bench_seal(v)", "content", size, calls),
                    "hmac": self._call(f"{cbc} || hmac(v, {key}, 'sha256')", "content", size, few),
                    "pgp": self._call("pgp_sym_encrypt_bytea(v, 'key', 'compress-algo=0')",
                                      "content", size, few)},
                "open": {
                    "gcm": self._call("bench_gcm_open(v)", "bench_gcm_seal(content)", size, calls),
                    "ours": self._call("bench_open(v)", "bench_seal(content)", size, calls),
                    "hmac": self._call(f"decrypt_iv(v, {key}, {iv}, 'aes-cbc') || hmac(v, {key},"
                                       " 'sha256')", cbc.replace("(v,", "(content,"), size, few),
                    "pgp": self._call("pgp_sym_decrypt_bytea(v, 'key')",
                                      "pgp_sym_encrypt_bytea(content, 'key', 'compress-algo=0')",
                                      size, few)}}
            for name, loads in peers.items():
                took = self._medians(loads)
                aim = "1.15" if size >= 64 * KIB else ""
                print(f"{name + ' ' + size_name(size):<26}{took['gcm'] * 1e6:>12.1f}"
                      f"{took['ours'] * 1e6:>9.1f}{took['ours'] / took['gcm']:>7.2f}{aim:>6}"
                      f"{took['hmac'] * 1e6:>14.1f}{took['ours'] / took['hmac']:>7.2f}"
                      f"{took['pgp'] * 1e6:>11.1f}{took['ours'] / took['pgp']:>7.3f}")

    # A column of markdown ----------------------------------------------------------------------

    def columns(self) -> None:
        rows, size = 200, 64 * KIB
        self._run("TRUNCATE public.source")
        for number in range(rows):
            text = markdown(size + number)[number:]
            self._run("INSERT INTO public.source VALUES (%s, %s)", number, text.encode())
        kinds = {"bytea, default": ("", "content"),
                 "bytea, lz4": ("ALTER TABLE public.kept ALTER content SET COMPRESSION lz4",
                                "content"),
                 "bytea, EXTERNAL": ("ALTER TABLE public.kept ALTER content SET STORAGE EXTERNAL",
                                     "content"),
                 "VVAULT": ("ALTER TABLE public.kept ALTER content SET STORAGE EXTERNAL",
                            "bench_seal_text(content)")}
        seen = {name: [] for name in kinds}
        for _ in range(self.rounds):
            for name, (how, expression) in kinds.items():
                self._run("DROP TABLE IF EXISTS public.kept")
                self._run("CREATE TABLE public.kept (content bytea)")
                if how:
                    self._run(how)
                self._run("CHECKPOINT")
                before = self._wal()
                took = self._time(f"INSERT INTO public.kept SELECT {expression} FROM public.source")
                seen[name].append((took, self._run(
                    "SELECT pg_total_relation_size('public.kept')")[0], self._wal() - before))
        medians = {name: [statistics.median(column) for column in zip(*values)]
                   for name, values in seen.items()}
        base = medians["bytea, default"]
        print(f"\n{'Storing 200 × 64 KiB of markdown':<34}{'ms':>8}{'ratio':>7}{'disk MB':>9}"
              f"{'ratio':>7}{'WAL MB':>8}{'ratio':>7}")
        for name, (took, disk, wal) in medians.items():
            print(f"{name:<34}{took * 1e3:>8.1f}{took / base[0]:>7.2f}{disk / 1e6:>9.1f}"
                  f"{disk / base[1]:>7.2f}{wal / 1e6:>8.1f}{wal / base[2]:>7.2f}")
        print(f"{'aim for VVAULT':<34}{'':>8}{'0.35':>7}{'':>9}{'0.80':>7}{'':>8}{'0.80':>7}")

    # Files -------------------------------------------------------------------------------------

    def _as_owner(self, sql: str, *values) -> float:
        self._run("BEGIN")
        self._run("SELECT vvault.authenticate(%s)", self.token)
        took = self._time(sql, *values)
        began = time.perf_counter()
        self._run("COMMIT")
        return took + time.perf_counter() - began

    def files(self) -> None:
        """Content that is new each time; what stands in the way of it in Postgres is the peer."""
        self._run("CREATE TABLE public.plain (path text PRIMARY KEY, content bytea)")
        print(f"\n{'A whole file, ms':<34}{'plain bytea':>13}{'VVAULT':>9}{'ratio':>7}")
        for size in (MIB, 16 * MIB):
            texts = [markdown(size + number)[number:].encode() for number in range(self.rounds)]
            took = {"put": ([], []), "get": ([], [])}
            for number, text in enumerate(texts):
                path = f"bench/{size}-{number}.md"
                took["put"][0].append(self._time("INSERT INTO public.plain VALUES (%s, %s)", path,
                                                 text))
                took["put"][1].append(self._as_owner("SELECT vvault.put_file(%s, %s)", path, text))
                took["get"][0].append(self._time(
                    "SELECT octet_length(content || '') FROM public.plain WHERE path = %s", path))
                took["get"][1].append(self._as_owner(
                    "SELECT octet_length(vvault.get_file(%s))", path))
            for name, (plain, ours) in took.items():
                plain, ours = statistics.median(plain), statistics.median(ours)
                print(f"{name + ' ' + size_name(size):<34}{plain * 1e3:>13.1f}{ours * 1e3:>9.1f}"
                      f"{ours / plain:>7.2f}")

    def range_read(self) -> None:
        path = f"bench/{16 * MIB}-0.md"
        self._run("BEGIN")
        self._run("SELECT vvault.authenticate(%s)", self.token)
        calls, took = 500, []
        sql = ("SELECT sum(octet_length(vvault.read_range(%s, (n * 104729) %% 16000000, 1024)))"
               " FROM generate_series(1, %s) AS n")
        self._run(sql, path, 10)
        for _ in range(self.rounds):
            took.append(self._time(sql, path, calls) / calls)
        self._run("COMMIT")
        print(f"\n1 KiB out of a stored file of 16 MiB: {statistics.median(took) * 1e6:.0f} µs"
              " (aim 50)")

    def _disk(self) -> int:
        return self._run("SELECT pg_database_size(current_database())")[0]

    def _ledger_disk(self) -> int:
        return int(self._run("SELECT sum(pg_total_relation_size(c.oid)) FROM pg_class c"
                             " WHERE starts_with(c.relname, 'ledger') AND c.relkind = 'r'"
                             " AND c.relnamespace = 'vvault'::regnamespace")[0])

    def growing(self) -> None:
        """A transcript that is saved whole after each turn."""
        text = markdown(300 * TURNS)
        saves = {"plain bytea": lambda number: self._time(
                     "INSERT INTO public.plain VALUES ('grows', %s) ON CONFLICT (path)"
                     " DO UPDATE SET content = excluded.content",
                     text[:300 * number].encode()),
                 "VVAULT": lambda number: self._as_owner(
                     "SELECT vvault.put_file('bench/grows.md', %s)", text[:300 * number].encode())}
        print(f"\n{f'Saving a transcript {TURNS} times':<34}{'saves/s':>9}{'WAL a save':>12}"
              f"{'disk / final size':>19}{'of it ledger':>14}")
        for name, save in saves.items():
            self._run("CHECKPOINT")
            disk, ledger, took, wal = self._disk(), self._ledger_disk(), 0, []
            for number in range(1, TURNS + 1):
                before = self._wal()
                took += save(number)
                wal.append(self._wal() - before)
            # The median: whole pages after a checkpoint, and what the server does besides, are
            # not the save's.
            wal = statistics.median(wal)
            disk, ledger = self._disk() - disk, self._ledger_disk() - ledger
            print(f"{name:<34}{TURNS / took:>9.0f}{wal:>12.0f}{disk / len(text):>19.1f}"
                  f"{ledger / len(text):>14.1f}")

    def all(self) -> None:
        self.sealing()
        self.columns()
        self.files()
        self.range_read()
        self.growing()
