"""A vault with a sealed ledger, and what somebody with every right does to it behind its back.

Each test is one transaction that is rolled back: the triggers are switched off, something is
changed, and ledger_verify() must name it.
"""

import re
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, fresh_key  # noqa: E402

SAID = "The heron stands at the boathouse."


def fill(cluster: Cluster) -> str:
    """Two people, a grant, a runtime environment, conversations, files, tokens, a hold; the first one's token."""
    ada = cluster.make_user("ada@example.com")
    cluster.make_user("grace@example.com")
    with cluster.connect(user="person") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT vvault.authenticate(%s)", (ada,))
        cursor.execute("SELECT vvault.start_session('zen', 'talk', 'A talk', true)")
        cursor.execute("SELECT vvault.grant_construct('zen', 'grace@example.com', 'reader')")
        cursor.execute("SELECT vvault.create_token('second key')")
        cursor.execute("SELECT vvault.create_runtime('worker', '{zen}')")
        cursor.execute("SELECT vvault.create_group('team')")
        cursor.execute("SELECT vvault.add_member('team', 'grace@example.com')")
        cursor.execute("SELECT vvault.grant_group('zen', 'team')")
        cursor.execute("SELECT vvault.put_file('library/plan.md', %s)", (b"plan " * 40000,))
        cursor.execute("SELECT vvault.put_file('library/plan.md', %s)", (b"other " * 40000,))
    connection.close()
    cluster.psql("SELECT vvault.place_hold(user_id, 'library/', 'kept')"
                 " FROM vvault.user_emails WHERE email = 'ada@example.com'")
    cluster.psql("SELECT vvault.ledger_seal()")
    for batch in range(3):
        say(cluster, ada, 100)
        cluster.psql("SELECT vvault.ledger_seal()")
    return ada


def say(cluster: Cluster, token: str, times: int) -> None:
    with cluster.connect(user="person") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT vvault.authenticate(%s)", (token,))
        for _ in range(times):
            cursor.execute("SELECT vvault.append_message('talk', 'user', %s)", (SAID,))
    connection.close()


def switch_triggers(cursor, how: str) -> None:
    cursor.execute("SELECT c.oid::regclass::text FROM pg_class c WHERE c.relkind IN ('r', 'p')"
                   " AND c.relnamespace = 'vvault'::regnamespace AND NOT c.relispartition")
    for (table,) in cursor.fetchall():
        cursor.execute(f"ALTER TABLE {table} {how} TRIGGER ALL")


class VaultCase(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.ada = fill(cls.cluster)
        cls.note = cls.cluster.psql("SELECT vvault.ledger_checkpoint()") + "\n"

    def setUp(self):
        self.connection = self.cluster.connect()
        self.addCleanup(self.connection.close)
        self.cursor = self.connection.cursor()
        switch_triggers(self.cursor, "DISABLE")

    def run_sql(self, sql: str, *values):
        """Runs a statement that must have an effect; the first row it gives back, if any."""
        self.cursor.execute(sql, values)
        self.assertGreater(self.cursor.rowcount, 0, sql)
        return self.cursor.fetchone() if self.cursor.description else None

    def findings(self, against=None) -> list:
        self.cursor.execute('SELECT "check", ok, entry::text, "position", detail'
                            " FROM vvault.ledger_verify(%s)", (against,))
        return self.cursor.fetchall()

    def assertFound(self, check: str, detail: str, entry=None, position=None, against=None):
        found = [row for row in self.findings(against) if not row[1] and row[0] != "triggers"]
        for row in found:
            if row[0] == check and re.search(detail, row[4]) and entry in (None, row[2]) \
                    and position in (None, row[3]):
                return found
        self.fail(f"no {check} about {detail!r}, entry {entry}, position {position} in {found}")

    def entry(self, where: str = "event_type = 'message.created'", number: int = 50) -> str:
        self.cursor.execute(f"SELECT id::text FROM vvault.ledger_entries WHERE {where}"
                            " ORDER BY id OFFSET %s LIMIT 1", (number,))
        return self.cursor.fetchone()[0]

    def position(self, entry: str) -> int:
        self.cursor.execute("SELECT vvault.ledger_position(%s)", (entry,))
        return self.cursor.fetchone()[0]


