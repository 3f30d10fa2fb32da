"""The guard is in nobody's way: installing, upkeep, dumps, upgrades and other people's tables work
as without it, and what they need of the ledger's tables leaves every entry as it was."""

import sys
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dump"))
sys.path.insert(0, str(Path(__file__).resolve().parent))
from filled import contents, dump, dump_roles, fill, restore, row_counts  # noqa: E402
from guarded import GUARDED, LEDGER  # noqa: E402
from harness import Cluster, wait_until  # noqa: E402

CATALOG = """
    SELECT 'policy ' || polrelid::regclass || ' ' || polname || ' '
           || coalesce(pg_get_expr(polqual, polrelid), '') FROM pg_policy
    UNION ALL SELECT 'trigger ' || tgrelid::regclass || ' ' || tgname || ' ' || tgenabled::text
      FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL SELECT 'table ' || oid::regclass || ' ' || relowner::regrole || ' ' || relrowsecurity
      FROM pg_class WHERE relnamespace = 'vvault'::regnamespace AND relkind IN ('r', 'p')
    ORDER BY 1"""


class Upkeep(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings=GUARDED))
        cls.token = fill(cls.cluster)

    def run_each(self, statements) -> None:
        connection = self.cluster.connect(autocommit=True)
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            for statement in statements:
                with self.subTest(statement):
                    cursor.execute(statement)

    def test_install_and_migrate_find_everything_as_it_was(self):
        before = self.cluster.psql(CATALOG), self.cluster.psql(LEDGER)
        self.run_each(["SELECT vvault.install()", "SELECT vvault.migrate()"])
        self.assertEqual((self.cluster.psql(CATALOG), self.cluster.psql(LEDGER)), before)

    def test_months_are_made_ahead_and_are_guarded(self):
        self.cluster.psql("SELECT vvault._make_ledger_partitions(14)")
        self.assertEqual(self.cluster.psql("""
            SELECT count(*) > 14, bool_and(guards.always = 2)
              FROM pg_inherits i, LATERAL (SELECT count(*) AS always FROM pg_trigger t
                                            WHERE t.tgrelid = i.inhrelid AND t.tgenabled = 'A'
                                              AND t.tgname LIKE 'ledger_entries_guard%') AS guards
             WHERE i.inhparent = 'vvault.ledger_entries'::regclass"""), "t|t")
        latest = self.cluster.psql("SELECT max(inhrelid::regclass::text) FROM pg_inherits"
                                   " WHERE inhparent = 'vvault.ledger_entries'::regclass"
                                   " AND inhrelid::regclass::text ~ '20'")
        for statement in (f"TRUNCATE {latest}", f"COPY {latest} FROM PROGRAM 'true'",
                          f"DROP TABLE {latest}"):
            with self.assertRaisesRegex(RuntimeError, "VV017"):
                self.cluster.psql(statement)

    def test_what_an_administrator_does_about_tables(self):
        before = self.cluster.psql(LEDGER)
        name = self.cluster.psql("SELECT c.relname FROM vvault.ledger_entries e"
                                 " JOIN pg_class c ON c.oid = e.tableoid LIMIT 1")
        month = f"vvault.{name}"
        self.run_each([
            "VACUUM FULL vvault.ledger_entries", f"VACUUM FREEZE {month}", "ANALYZE",
            "REINDEX TABLE vvault.ledger_entries",
            "REINDEX TABLE CONCURRENTLY vvault.ledger_entries",
            f"CLUSTER {month} USING {name}_pkey",
            "CREATE INDEX mine ON vvault.ledger_entries (event_type)", "DROP INDEX vvault.mine",
            f"ALTER TABLE {month} SET (autovacuum_enabled = on)",
            "ALTER TABLE vvault.ledger_entries ALTER COLUMN payload SET STATISTICS 10",
            "GRANT SELECT ON vvault.ledger_entries TO vvault_admin",
            "REVOKE SELECT ON vvault.ledger_entries FROM vvault_admin",
            "COMMENT ON COLUMN vvault.ledger_entries.xid IS 'the transaction, with its epoch'",
            "CREATE PUBLICATION entries FOR TABLE vvault.ledger_entries",
            "DROP PUBLICATION entries", "BEGIN; LOCK TABLE vvault.ledger_entries; COMMIT",
        ])
        self.assertEqual(self.cluster.psql(LEDGER), before)

    def test_the_sealer_goes_on(self):
        seal = "SELECT vvault.ledger_seal()"
        self.cluster.psql("SELECT count(vvault.create_user('p' || i || '@example.com', 'P'))"
                          "  FROM generate_series(1, 100) AS i")
        size = int(self.cluster.psql(seal))
        self.assertGreater(size, 256)
        # The entry that tells of the server's start is of the sealer's own transaction.
        self.assertEqual(self.cluster.psql("SELECT * FROM vvault.ledger_verify() WHERE NOT ok"), "")
        self.assertGreater(int(self.cluster.psql("SELECT count(*) FROM vvault.ledger_tiles")), 0)
        self.cluster.make_user("grace.hopper@example.com")
        self.assertGreater(int(self.cluster.psql(seal)), size)

    def test_tables_of_others_are_theirs_even_by_the_same_names(self):
        self.run_each([
            "CREATE TABLE public.ledger_entries (id int PRIMARY KEY, note text)",
            "INSERT INTO public.ledger_entries VALUES (1, 'a') ON CONFLICT (id) DO UPDATE"
            " SET note = 'b'",
            "UPDATE public.ledger_entries SET note = 'c'",
            "ALTER TABLE public.ledger_entries DISABLE TRIGGER ALL",
            "ALTER TABLE public.ledger_entries ADD COLUMN more int",
            "ALTER TABLE public.ledger_entries RENAME TO mine",
            "CREATE RULE nothing AS ON DELETE TO public.mine DO INSTEAD NOTHING",
            "TRUNCATE public.mine", "DROP TABLE public.mine",
            "CREATE OR REPLACE FUNCTION public.one() RETURNS int LANGUAGE sql AS 'SELECT 1'",
            "ALTER FUNCTION public.one() RENAME TO two", "DROP FUNCTION public.two()",
            "UPDATE pg_settings SET setting = '8MB' WHERE name = 'work_mem'",
        ])

    def test_the_extension_goes_and_comes_and_leaves_word(self):
        before = self.cluster.psql(LEDGER)
        count = int(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"))
        self.cluster.psql("SET client_min_messages = warning; DROP EXTENSION vvault CASCADE")
        # The tables stay guarded meanwhile.
        with self.assertRaisesRegex(RuntimeError, "VV017"):
            self.cluster.psql("DELETE FROM vvault.ledger_entries")
        self.cluster.psql("CREATE EXTENSION vvault CASCADE; SELECT vvault.install()")
        told = self.cluster.psql("SELECT payload FROM vvault.ledger_entries"
                                 " WHERE event_type = 'guard.passed'")
        self.assertEqual(told, '{"command":"DROP EXTENSION","subject":"vvault"}')
        self.assertEqual(self.cluster.psql(
            f"{LEDGER} WHERE event_type <> 'guard.passed'"), before)
        self.assertEqual(int(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries")),
                         count + 1)

    def test_a_dump_comes_back_whole_into_a_guarded_server(self):
        for form in ("plain", "custom"):
            with self.subTest(form):
                copy = self.enterContext(Cluster(install=False, settings=GUARDED,
                                                 root_key=self.cluster.root_key()))
                copy.psql(dump_roles(self.cluster), database="postgres")
                restore(copy, dump(self.cluster, form), form)
                self.assertEqual(copy.psql(CATALOG), self.cluster.psql(CATALOG))
                self.assertEqual(copy.psql(LEDGER), self.cluster.psql(LEDGER))
                self.assertEqual(row_counts(copy), row_counts(self.cluster))
                self.assertEqual(contents(copy, self.token), contents(self.cluster, self.token))
                with self.assertRaisesRegex(RuntimeError, "VV017"):
                    copy.psql("DELETE FROM vvault.ledger_entries")
                copy.make_user("grace@example.com")


class Replication(unittest.TestCase):
    """Rows that a subscription brings pass no statement."""

    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings={**GUARDED, "wal_level": "logical"}))
        cls.cluster.make_user("ada@example.com")
        cls.cluster.psql("CREATE DATABASE other", database="postgres")
        cls.cluster.psql("""
            CREATE SCHEMA vvault;
            CREATE TABLE vvault.ledger_stream_heads (user_id uuid, stream_id uuid,
                stream_seq bigint, leaf_hash bytea);
            CREATE TABLE public.plain (id int PRIMARY KEY);
            INSERT INTO public.plain VALUES (1);
            CREATE PUBLICATION heads FOR TABLE vvault.ledger_stream_heads;
            CREATE PUBLICATION plain FOR TABLE public.plain;
            SELECT pg_create_logical_replication_slot('plain', 'pgoutput')""", database="other")

    def subscribe(self, publication: str) -> None:
        connection = self.cluster.connect(autocommit=True)
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute(f"""
                CREATE SUBSCRIPTION {publication}
                    CONNECTION '{self.cluster.dsn(database="other")}' PUBLICATION {publication}
                    WITH (create_slot = false, slot_name = 'plain', enabled = {
                        'true' if publication == 'plain' else 'false'})""")

    def test_other_tables_are_replicated_and_the_ledger_is_not(self):
        self.cluster.psql("CREATE TABLE public.plain (id int PRIMARY KEY)")
        with self.assertRaises(psycopg2.Error) as refused:
            self.subscribe("heads")
        self.assertEqual(refused.exception.pgcode, "VV017")
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM pg_subscription"), "0")
        self.subscribe("plain")
        wait_until(lambda: self.cluster.psql("SELECT count(*) FROM public.plain") == "1", 60,
                   "the row of the publication")
        self.cluster.psql("ALTER PUBLICATION plain ADD TABLE vvault.ledger_stream_heads",
                          database="other")
        with self.assertRaisesRegex(RuntimeError, "VV017"):
            self.cluster.psql("ALTER SUBSCRIPTION plain REFRESH PUBLICATION")
        self.cluster.psql("DROP SUBSCRIPTION plain")


if __name__ == "__main__":
    unittest.main()
