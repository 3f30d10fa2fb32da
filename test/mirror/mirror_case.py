"""What every test of mirrors needs: the two programs as a person runs them, and tables to compare."""

import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import REPOSITORY, Cluster, fresh_key  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402

MIRROR = REPOSITORY / "tools" / "vvault_mirror.py"
RESTORE = REPOSITORY / "tools" / "vvault_restore.py"

# Not mirrored, or of the cluster that it is in.
APART = {"vault_uploads", "vault_upload_parts", "seat_leases", "transcript_keeper",
         "ledger_witnesses", "ledger_state", "ledger_tail",
         "ledger_tiles", "ledger_checkpoints", "ledger_signing_keys", "ledger_entries"}
PROGRESS = "'{generation,head_digest,size,checkpoint,mirrored_at,reported_at,error}'::text[]"


def run(program: Path, cluster: Cluster, user: str, *arguments, more=None, seconds=300):
    environment = {**cluster.environment(user), **(more or {})}
    return subprocess.run([sys.executable, "-B", str(program), *map(str, arguments)], check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, env=environment, timeout=seconds)


def start(cluster: Cluster, place, *arguments, more=None) -> subprocess.Popen:
    environment = {**cluster.environment("mirrorer"), **(more or {})}
    return subprocess.Popen(
        [sys.executable, "-B", str(MIRROR), "--store", str(place), *map(str, arguments)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        env=environment)


def tables(cluster: Cluster) -> dict:
    """Every row that a mirror brings back verbatim, by table."""
    names = cluster.psql("SELECT c.relname FROM pg_class c WHERE c.relkind IN ('r', 'p')"
                         " AND c.relnamespace = 'vvault'::regnamespace AND NOT c.relispartition")
    rows = {}
    for name in sorted(set(names.split()) - APART):
        row = f"(to_jsonb(t) - {PROGRESS})" if name == "mirrors" else "t"
        rows[name] = cluster.psql(f"SELECT {row}::text FROM vvault.{name} t ORDER BY 1").split("\n")
    return rows


def entries(cluster: Cluster) -> list:
    return cluster.psql("SELECT e::text FROM vvault.ledger_entries e ORDER BY 1").split("\n")


class MirrorCase(unittest.TestCase):
    maxDiff = 2000

    def prepared(self, cluster: Cluster, contents="{*}") -> None:
        cluster.psql("CREATE ROLE mirrorer LOGIN IN ROLE vvault_mirror;"
                     f" SELECT vvault.create_mirror('mirror', '{contents}')")

    def folder(self) -> Path:
        return fresh_directory("mirror")

    def mirror(self, cluster: Cluster, place, *arguments, code=0, more=None) -> str:
        done = run(MIRROR, cluster, "mirrorer", "--store", place, *(arguments or ("once",)),
                   more=more)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def empty(self, root_key: str, ledger_key=None) -> Cluster:
        cluster = self.enterContext(Cluster(install=False, root_key=root_key,
                                            ledger_key=ledger_key or fresh_key()))
        cluster.create_database()
        return cluster

    def restore(self, cluster: Cluster, place, *arguments, code=0, more=None) -> str:
        done = run(RESTORE, cluster, "vvault", place, *arguments, more=more)
        self.assertEqual(done.returncode, code, done.stdout)
        if code == 0:
            cluster.create_login_roles()
        return done.stdout

    def assert_same(self, before: dict, after: dict) -> None:
        self.assertEqual(sorted(before), sorted(after))
        for table, rows in before.items():
            self.assertEqual(rows, after[table], table)

    def wrong(self, cluster: Cluster, against: str = "NULL") -> str:
        return cluster.psql('SELECT "check", detail FROM vvault.ledger_verify('
                            f"against => {against}) WHERE NOT ok")
