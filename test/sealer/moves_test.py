"""The log goes on where its database goes: to a replica that is promoted, through a dump, through
pg_upgrade. Where the tables contradict the tree it stops, and goes on only under another name."""

import shutil
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ledger import (SEALED, WORKING, Cluster, assert_sealed_once, checkpoints, rows,  # noqa: E402
                    wait_until, wait_until_sealed)

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "dump"))
from filled import dump, dump_roles, restore  # noqa: E402
from harness.processes import (as_server, clean_environment, give_to_server,  # noqa: E402
                               postgres_binary, run_as_server)  # noqa: E402

KEY = "1 " + "5e" * 32


def sealer(cluster: Cluster) -> str:
    return cluster.psql("SELECT pid FROM pg_stat_activity WHERE backend_type = 'vvault ledger sealer'")


# As an auditor: the newest tree's size, whether the proof has hashes, and whether the checkpoint
# that comes with it is the newest.
PROVE_ONE = """
    SET ROLE vvault_auditor;
    SELECT (proof).size, cardinality((proof).hashes) > 0,
           (proof).checkpoint = vvault.ledger_checkpoint()
      FROM (SELECT vvault.ledger_inclusion_proof(e.id) AS proof
              FROM vvault.ledger_entries e ORDER BY e.id LIMIT 1) AS one"""


class Moves(unittest.TestCase):
    def started(self, **options) -> Cluster:
        options = {"settings": WORKING, "ledger_key": KEY, **options}
        return self.enterContext(Cluster(**options))

    def filled(self, **options) -> Cluster:
        cluster = self.started(**options)
        cluster.make_user("ada@example.com")
        cluster.psql("INSERT INTO vvault.constructs (owner_id, name) SELECT user_id, 'c-' || i"
                     "  FROM vvault.user_emails, generate_series(1, 600) AS i")
        wait_until_sealed(cluster)
        return cluster

    def another(self, origin: Cluster) -> Cluster:
        """Not started. Clusters of these tests are copies of one; this one is not."""
        cluster = Cluster(install=False, settings=WORKING, ledger_key=KEY,
                          root_key=origin.root_key())
        self.addCleanup(cluster.close)
        kept = (cluster.data / "test.conf").read_text(encoding="utf-8")
        shutil.rmtree(cluster.data)
        run_as_server([postgres_binary("initdb"), "-D", cluster.data, "-U", "vvault", "-E", "UTF8",
                       "--locale=C.UTF-8", "--auth-local=trust", "--data-checksums", "--no-sync"])
        (cluster.data / "test.conf").write_text(kept, encoding="utf-8")
        give_to_server(cluster.data / "test.conf", 0o600)
        with open(cluster.data / "postgresql.conf", "a", encoding="utf-8") as configuration:
            configuration.write("include 'test.conf'\n")
        return cluster

    def assert_goes_on(self, cluster: Cluster, before: dict) -> None:
        """What was published is still there, and what comes is sealed after it, once."""
        cluster.psql("SELECT vvault.create_user(gen_random_uuid() || '@example.com', 'Later')")
        wait_until_sealed(cluster)
        after = checkpoints(cluster)
        self.assertEqual({size: after.get(size) for size in before}, before)
        self.assertGreater(max(after), max(before))
        assert_sealed_once(self, cluster)

    def test_a_replica_is_silent_until_it_is_promoted(self):
        primary = self.filled()
        replica = Cluster(install=False, settings=WORKING, ledger_key=KEY,
                          root_key=primary.root_key())
        self.addCleanup(replica.close)
        shutil.rmtree(replica.data)
        run_as_server([postgres_binary("pg_basebackup"), "-h", primary.directory, "-p",
                       str(primary.port), "-U", "vvault", "-D", replica.data, "-R",
                       "--checkpoint=fast", "--no-sync"])
        for name, value in (("unix_socket_directories", replica.directory),
                            ("vvault.root_key_file", replica.root_key_file),
                            ("vvault.ledger_key_file", replica.ledger_key_file)):
            replica.set(name, str(value))
        replica.start()
        primary.make_user("grace@example.com")
        wait_until_sealed(primary)
        before = checkpoints(primary)
        wait_until(lambda: checkpoints(replica) == before, 30, "the replica to follow")
        assert_sealed_once(self, replica)
        self.assertEqual(sealer(replica), "")
        self.assertEqual(replica.psql(PROVE_ONE), f"{max(before)}|t|t")
        with self.assertRaisesRegex(RuntimeError, "25006"):
            replica.psql("SELECT vvault.ledger_seal()")
        primary.stop()
        replica.psql("SELECT pg_promote()")
        wait_until(lambda: sealer(replica), 30, "the promoted server's worker")
        self.assert_goes_on(replica, before)

    def test_a_dump_goes_on_where_it_is_restored(self):
        origin = self.filled()
        before = checkpoints(origin)
        # Not sealed yet when it is dumped, and old numbers of transactions in a young cluster.
        origin.stop()
        origin.set("vvault.ledger_databases", "")
        origin.start()
        origin.make_user("grace@example.com")
        for form in ("plain", "custom"):
            with self.subTest(form):
                copy = self.another(origin).start()
                copy.psql(dump_roles(origin), database="postgres")
                restore(copy, dump(origin, form), form)
                wait_until_sealed(copy)
                # The worker was there all the time, and kept out of the way.
                self.assertNotIn("ERROR", copy.log())
                self.assert_goes_on(copy, before)
                self.assertEqual(copy.psql("SELECT era, incarnation, stopped IS NULL"
                                           "  FROM vvault.ledger_state"), "2|1|t")
                # Transactions of the young cluster come by the numbers of the old entries.
                oldest, newest = (int(value) for value in copy.psql(
                    "SELECT min(xid), max(xid) FROM vvault.ledger_entries").split("|"))
                self.assertGreater(newest, oldest + 5)
                copy.psql("".join("SELECT pg_current_xact_id();\n" for _ in range(400)))
                self.assertGreater(int(copy.psql("SELECT pg_current_xact_id()")), newest)
                self.assert_goes_on(copy, before)

    def test_pg_upgrade(self):
        old = self.filled()
        before = checkpoints(old)
        old.stop()
        new = self.another(old)
        bindir = Path(postgres_binary("postgres")).parent
        work = new.directory / "upgrade"
        run_as_server(["mkdir", work])
        done = subprocess.run(
            as_server([postgres_binary("pg_upgrade"), "-b", bindir, "-B", bindir, "-d", old.data,
                       "-D", new.data, "-U", "vvault", "-s", new.directory, "--no-sync"]),
            cwd=work, capture_output=True, text=True, check=False, env=clean_environment())
        logs = "".join(path.read_text() for path in new.data.rglob("pg_upgrade_dump_*.log"))
        self.assertEqual(done.returncode, 0, done.stdout[-3000:] + done.stderr + logs[-3000:])
        new.start()
        self.assert_goes_on(new, before)
        self.assertEqual(new.psql("SELECT era FROM vvault.ledger_state"), "2")

    def moved(self) -> Cluster:
        """As if its cluster were another one, without a guard that would stop what follows."""
        cluster = self.filled()
        cluster.stop()
        cluster.set("vvault.ledger_databases", "")
        cluster.set("shared_preload_libraries", "")
        cluster.start()
        cluster.psql("UPDATE vvault.ledger_state SET system_identifier = system_identifier + 1")
        return cluster

    def test_what_was_sealed_and_is_gone_stops_it(self):
        for change, told in (
                ("DELETE FROM vvault.ledger_entries WHERE id = (SELECT id FROM vvault.ledger_entries"
                 " WHERE event_type = 'construct.created' LIMIT 1)", "is missing"),
                ("UPDATE vvault.ledger_entries SET leaf_hash = sha256('') WHERE id = (SELECT id"
                 " FROM vvault.ledger_entries LIMIT 1)", "was altered"),
                ("UPDATE vvault.ledger_tail SET hash = sha256('') WHERE level = 0", "another root")):
            with self.subTest(told):
                cluster = self.moved()
                cluster.psql("ALTER TABLE vvault.ledger_entries DISABLE TRIGGER ALL;"
                             f"{change}; ALTER TABLE vvault.ledger_entries ENABLE TRIGGER ALL;"
                             "SELECT vvault._run_schema_rules()")
                with self.assertRaisesRegex(RuntimeError, f"VV016(.|\n)*{told}"):
                    cluster.psql("SELECT vvault.ledger_seal()")
                # The worker writes it down once, and its log stays quiet.
                cluster.stop()
                cluster.set("vvault.ledger_databases", "vvault")
                cluster.set("shared_preload_libraries", "vvault")
                cluster.start()
                wait_until(lambda: told in cluster.psql("SELECT stopped FROM vvault.ledger_status()"),
                           30, "the worker to stop")
                size = cluster.psql("SELECT size FROM vvault.ledger_state")
                cluster.make_user("grace@example.com")
                self.assertEqual(cluster.psql("SELECT size FROM vvault.ledger_state"), size)
                self.assertNotIn("VV016", cluster.log().partition("listening on")[2][-500:])
                if told != "is missing":
                    continue
                note = cluster.psql("SELECT note FROM vvault.ledger_checkpoints"
                                    " ORDER BY size DESC LIMIT 1") + "\n"
                self.assertEqual(cluster.psql(f"SELECT vvault.ledger_adopt('{note}')"), "t")
                wait_until(lambda: cluster.psql("SELECT count(*) FROM vvault.ledger_entries e"
                                                f" LEFT JOIN ({SEALED}) s USING (id)"
                                                " WHERE s.id IS NULL") == "0", 30, "what waited")
                payload = rows(cluster, "SELECT payload->>'reason', payload->>'left_size'"
                                        "  FROM vvault.ledger_entries"
                                        " WHERE event_type = 'ledger.adopted'")
                self.assertEqual(len(payload), 1)
                self.assertIn(told, payload[0][0])
                newest = cluster.psql("SELECT note FROM vvault.ledger_checkpoints"
                                      " ORDER BY size DESC LIMIT 1")
                self.assertRegex(newest.split("\n")[0], "/2$")

    def test_a_backup_that_is_older_than_a_note(self):
        cluster = self.filled()
        early = dump(cluster, "custom")
        cluster.make_user("grace@example.com")
        wait_until_sealed(cluster)
        newest = "SELECT note FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 1"
        late_note = cluster.psql(newest) + "\n"
        self.assertEqual(cluster.psql(f"SELECT vvault.ledger_adopt('{late_note}')"), "f")
        copy = self.started(install=False, root_key=cluster.root_key())
        copy.psql(dump_roles(cluster), database="postgres")
        restore(copy, early, "custom")
        wait_until_sealed(copy)
        early_note = copy.psql("SELECT note FROM vvault.ledger_checkpoints ORDER BY size LIMIT 1") + "\n"
        self.assertEqual(copy.psql(f"SELECT vvault.ledger_adopt('{early_note}')"), "f")
        self.assertEqual(copy.psql("SELECT vvault.ledger_adopt()"), "f")
        with self.assertRaisesRegex(RuntimeError, "VV001|22023"):
            copy.psql(f"SELECT vvault.ledger_adopt('{late_note.replace('vvault/', 'other/')}')")
        self.assertEqual(copy.psql(f"SELECT vvault.ledger_adopt('{late_note}')"), "t")
        wait_until_sealed(copy)
        assert_sealed_once(self, copy)
        self.assertRegex(copy.psql(newest).split("\n")[0], "/2$")
        self.assertEqual(copy.psql("SELECT payload->>'left_size' FROM vvault.ledger_entries"
                                   " WHERE event_type = 'ledger.adopted'"),
                         late_note.split("\n")[1])


if __name__ == "__main__":
    unittest.main()
