"""The loads of the benchmark: each runs for some seconds with some clients, and tells how much
was done and how long one had to wait."""

import os
import re
import subprocess
import sys
import tempfile
import uuid
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, Gateway  # noqa: E402
from harness.processes import postgres_binary  # noqa: E402

HERE = Path(__file__).resolve().parent
CONVERSATIONS = 64
PAGE = 50
# A message of ordinary length.
CONTENT = ("The tide is out and the boats lie on their sides. " * 8).strip()

# One round trip each, as the gateway does it. No two clients append to one conversation at a
# time, here or over HTTP: what is measured is not the wait for a row lock.
APPEND = """\\set conversation 1 + :client_id + :clients * random(0, {conversations} / :clients - 1)
\\set key random(1, 1000000000000000)
\\startpipeline
BEGIN;
SELECT vvault.authenticate('{token}');
SELECT * FROM vvault.append_message('bench-' || :conversation, 'user', '{content}',
                                    client_id => 'p' || :client_id || '-' || :key);
COMMIT;
\\endpipeline
"""
LIST = """\\set conversation random(1, {conversations})
\\startpipeline
BEGIN;
SELECT vvault.authenticate('{token}');
SELECT * FROM vvault.list_messages('bench-' || :conversation, "limit" => {page},
                                   descending => true);
COMMIT;
\\endpipeline
"""


class Figures(NamedTuple):
    rate: float  # a second
    p50: float   # milliseconds
    p99: float


class Loads:
    def __init__(self, cluster: Cluster, gateway: Gateway):
        self.cluster = cluster
        self.gateway = gateway
        self.token = cluster.make_user("bench@example.com", "Bench")
        self._make_conversations()
        values = {"conversations": CONVERSATIONS, "token": self.token, "content": CONTENT,
                  "page": PAGE}
        self._append = self._script("append.sql", APPEND.format(**values))
        self._list = self._script("list.sql", LIST.format(**values))
        self._insert = self._script("insert.sql", bare_insert(cluster))

    def _script(self, name: str, text: str) -> Path:
        path = self.cluster.directory / name
        path.write_text(text, encoding="utf-8")
        return path

    def _make_conversations(self) -> None:
        """Each with more than a page of messages."""
        with self.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
            for number in range(1, CONVERSATIONS + 1):
                cursor.execute("SELECT vvault.start_session('zen-001', %s, NULL, true)",
                               (f"bench-{number}",))
                cursor.execute(
                    "SELECT count(*) FROM vvault.append_messages(%s, (SELECT jsonb_agg("
                    "jsonb_build_object('role', 'user', 'content', %s::text, 'client_id',"
                    " 'first-' || n)) FROM generate_series(1, %s) n))",
                    (f"bench-{number}", CONTENT, PAGE + 10))
        connection.close()
        self.cluster.psql("VACUUM ANALYZE")

    def _pgbench(self, script: Path, clients: int, seconds: float, user: str) -> Figures:
        with tempfile.TemporaryDirectory() as logs:
            done = subprocess.run(
                [postgres_binary("pgbench"), "--no-vacuum", "--protocol=prepared",
                 f"--client={clients}", "--jobs=1", f"--time={max(1, round(seconds))}",
                 f"--define=clients={clients}", "--log", f"--log-prefix={logs}/times",
                 f"--file={script}"],
                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False,
                env=self.cluster.environment(user=user))
            # A line a transaction; the third word is how long it took, in microseconds.
            times = sorted(int(line.split()[2]) / 1000 for log in Path(logs).iterdir()
                           for line in log.read_text(encoding="ascii").splitlines())
        rate = re.search(r"^tps = ([\d.]+)", done.stdout, re.MULTILINE)
        failed = re.search(r"number of failed transactions: (\d+)", done.stdout)
        if done.returncode or not rate or not times or (failed and int(failed.group(1))):
            raise RuntimeError(f"pgbench {script.name}: {done.stdout}{done.stderr}")
        return Figures(float(rate.group(1)), times[len(times) // 2], times[len(times) * 99 // 100])

    def wrk(self, script: str, url: str, clients: int, seconds: float) -> Figures:
        done = subprocess.run(
            ["wrk", "-t1", f"-c{clients}", f"-d{max(1, round(seconds))}s", "-s", HERE / script,
             url],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
            env={**os.environ, "BENCH_TOKEN": self.token, "BENCH_CONTENT": CONTENT,
                 "BENCH_CONVERSATIONS": str(CONVERSATIONS), "BENCH_LIMIT": str(PAGE),
                 "BENCH_RUN": uuid.uuid4().hex[:12]})
        rate = re.search(r"Requests/sec:\s+([\d.]+)", done.stdout)
        times = re.search(r"percentiles (\d+) (\d+)", done.stdout)
        if done.returncode or not rate or not times or "Non-2xx" in done.stdout \
                or "Socket errors" in done.stdout:
            raise RuntimeError(f"wrk {script} {url}: {done.stdout}")
        return Figures(float(rate.group(1)), int(times.group(1)) / 1000,
                       int(times.group(2)) / 1000)

    def http_post(self, clients: int, seconds: float) -> Figures:
        return self.wrk("post.lua", self.gateway.url, clients, seconds)

    def http_get(self, clients: int, seconds: float) -> Figures:
        return self.wrk("get.lua", self.gateway.url, clients, seconds)

    def sql_append(self, clients: int, seconds: float) -> Figures:
        return self._pgbench(self._append, clients, seconds, "chatty_gateway")

    def sql_list(self, clients: int, seconds: float) -> Figures:
        return self._pgbench(self._list, clients, seconds, "chatty_gateway")

    def bare_insert(self, clients: int, seconds: float) -> Figures:
        return self._pgbench(self._insert, clients, seconds, "vvault")


def bare_insert(cluster: Cluster) -> str:
    """A plain table like vvault.messages, and an INSERT of a row of the same size into it.

    Same columns, defaults, primary key and indexes; no triggers, policies or foreign keys. What
    an index makes unique is new in each row, all else is copied from a real message.
    """
    cluster.psql("""
        CREATE TABLE public.bare (LIKE vvault.messages INCLUDING ALL);
        CREATE SEQUENCE public.bare_seq CACHE 100""")
    names, values = [], []
    with cluster.connect() as connection, connection.cursor() as cursor:
        cursor.execute("""
            SELECT quote_ident(a.attname), format_type(a.atttypid, NULL),
                   EXISTS (SELECT FROM pg_index i WHERE i.indrelid = a.attrelid AND i.indisunique
                             AND a.attnum = ANY (i.indkey::int2[])
                             AND a.attname NOT IN ('user_id', 'session_id'))
              FROM pg_attribute a
             WHERE a.attrelid = 'public.bare'::regclass AND a.attnum > 0
               AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum""")
        for name, kind, unique in cursor.fetchall():
            cursor.execute(f"SELECT {name}::text FROM vvault.messages ORDER BY id LIMIT 1")
            sample = cursor.fetchone()[0]
            names.append(name)
            values.append(fresh_value(kind, sample) if unique else literal(kind, sample))
    connection.close()
    return f"INSERT INTO public.bare ({', '.join(names)}) VALUES ({', '.join(values)});\n"


def literal(kind: str, text: str) -> str:
    if text is None:
        return "NULL"
    if kind.startswith("timestamp"):
        return "now()"
    # A colon would be a variable to pgbench.
    escaped = text.replace("\\", "\\\\").replace("'", "''").replace(":", "\\072")
    return f"E'{escaped}'::{kind}"


def fresh_value(kind: str, sample: str) -> str:
    """An expression of this type, of the sample's size, that no other row has."""
    if sample is None:
        return "NULL"
    return {"uuid": "gen_random_uuid()",
            "bigint": "nextval('public.bare_seq')",
            "integer": "nextval('public.bare_seq')::integer",
            "bytea": "substr(sha256(uuid_send(gen_random_uuid())), 1, "
                     f"{min(32, len(sample or '') // 2 - 1)})",
            "text": "gen_random_uuid()::text"}[kind]
