"""A logical replica: the tables of a vault by a subscription, read-only until it takes over."""

import sys
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parent))
from vault import WORKING, answer, findings, say, sealed_note  # noqa: E402
from filled import contents, dump, dump_roles, fill, restore, row_counts  # noqa: E402
from harness import Cluster, wait_until  # noqa: E402
from harness.cluster import fresh_key  # noqa: E402
from ledger import assert_sealed_once  # noqa: E402

NOT_READY = "SELECT count(*) FROM pg_subscription_rel WHERE srsubstate <> 'r'"
BEHIND = """SELECT count(*) FROM pg_stat_replication
             WHERE replay_lsn IS NULL OR replay_lsn < pg_current_wal_flush_lsn()"""
READ_WRITE = "SET default_transaction_read_only = off; "
# What each server keeps for itself.
OWN = {"server_starts"}


class Logical(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.origin = cls.enterClassContext(
            Cluster({**WORKING, "wal_level": "logical"}, ledger_key=fresh_key()))
        cls.token = fill(cls.origin)
        cls.origin.psql("CREATE PUBLICATION vault FOR TABLES IN SCHEMA vvault"
                        " WITH (publish_via_partition_root = true)")

    def follower(self, root_key=None) -> Cluster:
        """The schema from a dump, the rows from the subscription."""
        cluster = self.enterContext(Cluster(
            install=False, root_key=self.origin.root_key() if root_key is None else root_key,
            ledger_key=self.origin.ledger_key_file.read_text(encoding="ascii")))
        cluster.psql(dump_roles(self.origin), database="postgres")
        restore(cluster, dump(self.origin, "plain", "--schema-only"), "plain")
        cluster.psql("ALTER DATABASE vvault SET default_transaction_read_only = on")
        name = f"follower_{self.id().rpartition('_')[2]}"
        cluster.psql(READ_WRITE + f"CREATE SUBSCRIPTION {name}"
                     f" CONNECTION '{self.origin.dsn()}' PUBLICATION vault")
        self.addCleanup(self.part, cluster, name)
        wait_until(lambda: cluster.psql(NOT_READY) == "0", 60, "the first copy")
        cluster.subscription = name
        return cluster

    def part(self, cluster: Cluster, name: str) -> None:
        cluster.psql(READ_WRITE + f"DROP SUBSCRIPTION IF EXISTS {name}")

    def wait_until_followed(self) -> None:
        wait_until(lambda: self.origin.psql(BEHIND) == "0", 30, "the replica to follow")

    def test_it_has_every_row_once(self):
        copy = self.follower()
        say(self.origin, self.token, "said meanwhile")
        answer(self.origin, self.token, "SELECT vvault.put_file('later.md', 'one')")
        answer(self.origin, self.token, "SELECT vvault.put_file('later.md', 'two')")
        note = sealed_note(self.origin)
        self.wait_until_followed()
        here, there = row_counts(copy), row_counts(self.origin)
        self.assertEqual({table: here[table] for table in here.keys() - OWN},
                         {table: there[table] for table in there.keys() - OWN})
        self.assertEqual(contents(copy, self.token), contents(self.origin, self.token))
        self.assertEqual(findings(copy, note), [])

    def test_what_was_shredded_or_revoked_is_so_for_backends_that_remember_it(self):
        copy = self.follower()
        answer(self.origin, self.token, "SELECT vvault.put_file('secret.md', 'remembered')")
        other = answer(self.origin, self.token,
                       "SELECT vvault.create_token('other', '{files:read}')")
        self.wait_until_followed()
        connection = copy.connect(user="person")
        self.addCleanup(connection.close)

        def read(token: str) -> str:
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute("SELECT vvault.authenticate(%s)", (token,))
                    cursor.execute("SELECT convert_from(vvault.get_file('secret.md'), 'UTF8')")
                    return cursor.fetchone()[0]
            except psycopg2.Error as error:
                return error.pgcode

        self.assertEqual((read(self.token), read(other)), ("remembered", "remembered"))
        answer(self.origin, self.token, "SELECT vvault.revoke_token(id) FROM vvault.list_tokens()"
                                        " WHERE name = 'other'")
        self.wait_until_followed()
        self.assertEqual((read(self.token), read(other)), ("remembered", "28000"))
        answer(self.origin, self.token, "SELECT vvault.shred_file('secret.md')")
        self.wait_until_followed()
        self.assertEqual(read(self.token), "VV012")

    def test_who_writes_is_refused_and_nobody_seals(self):
        copy = self.follower()
        self.assertEqual(say(copy, self.token, "x"), "25006")
        self.assertEqual(answer(copy, self.token, "SELECT vvault.put_file('x.md', 'x')"), "25006")
        with self.assertRaisesRegex(RuntimeError, "42501(.|\n)*subscription"):
            copy.psql(READ_WRITE + "SELECT vvault.ledger_seal()")
        copy.stop()
        for name, value in WORKING.items():
            copy.set(name, value)
        copy.start()
        say(self.origin, self.token, "sealed there alone")
        note = sealed_note(self.origin)
        self.wait_until_followed()
        self.assertEqual(findings(copy, note), [])
        self.assertEqual(copy.psql("SELECT max(era) FROM vvault.ledger_checkpoints"), "1")
        self.assertNotIn("ERROR", copy.log().partition("sealed elsewhere")[2])

    def test_without_the_root_key_it_follows_all_the_same(self):
        copy = self.follower(root_key="")
        say(self.origin, self.token, "unreadable there")
        self.wait_until_followed()
        self.assertEqual(row_counts(copy)["messages"], row_counts(self.origin)["messages"])
        self.assertEqual(answer(copy, self.token, "SELECT count(content) FROM vvault.list_all_messages()"),
                         "VV003")

    def test_it_takes_over(self):
        copy = self.follower()
        say(self.origin, self.token, "the last word")
        note = sealed_note(self.origin)
        self.wait_until_followed()
        before = contents(self.origin, self.token)
        self.part(copy, copy.subscription)
        copy.psql(READ_WRITE + "ALTER DATABASE vvault RESET default_transaction_read_only")
        copy.stop()
        for name, value in WORKING.items():
            copy.set(name, value)
        copy.start()
        self.assertEqual(contents(copy, self.token), before)
        self.assertNotEqual(say(copy, self.token, "and here it goes on"), "25006")
        after = sealed_note(copy)
        self.assertGreater(int(after.split("\n")[1]), int(note.split("\n")[1]))
        assert_sealed_once(self, copy)
        self.assertEqual(findings(copy, note), [])


if __name__ == "__main__":
    unittest.main()
