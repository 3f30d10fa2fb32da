"""What a mirror lives through without an attacker: damage that is mended, keys and names that are
removed, patterns of contents, a first round in several parts, archived months."""

import json
import os
import sys
import unittest
from pathlib import Path
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parent))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
from mirror_case import MirrorCase, start, tables  # noqa: E402
from harness import Cluster, fresh_key  # noqa: E402
from harness.processes import wait_until  # noqa: E402
from living import ROOT, Vault, readable  # noqa: E402
from mirror import cycle  # noqa: E402
from mirror.database import Database  # noqa: E402
from mirror.directory import DirectoryStore  # noqa: E402
from mirror.store import Unavailable  # noqa: E402


def head_of(place: Path) -> dict:
    return json.loads((place / "head").read_text().split("\n")[0])


def files_of(place: Path) -> set:
    return {str(path.relative_to(place)) for path in place.rglob("*") if path.is_file()}


class Upkeep(MirrorCase):
    def setUp(self):
        self.cluster = self.enterContext(Cluster(root_key=ROOT[1], ledger_key=fresh_key()))
        self.vault = Vault(self.cluster)
        self.place = self.folder()
        self.vault.people()

    def round(self, *arguments, **options) -> str:
        self.cluster.psql("SELECT vvault.ledger_seal()")
        return self.mirror(self.cluster, self.place, *arguments, **options)

    def restored(self, root_key=ROOT[1]) -> Cluster:
        copy = self.empty(root_key)
        self.restore(copy, self.place)
        return copy

    def test_scrub_names_what_is_damaged_and_mends_it(self):
        self.prepared(self.cluster)
        self.vault.files()
        self.round("once")
        self.vault.transcript()
        self.round("once")
        self.assertIn("0 damaged", self.round("scrub"))
        damaged = []
        for number, kind in enumerate(("rows", "chunks", "people", "keys", "tree")):
            victim = sorted(self.place.glob(f"{kind}/*"))[0]
            damaged.append(f"{kind}/{victim.name} {'is missing' if number % 2 else 'was altered'}")
            if number % 2:
                victim.unlink()
            else:
                victim.write_bytes(b"nonsense")
        said = self.round("scrub", code=1)
        for each in damaged:
            self.assertIn(f"ALARM: object {each}", said)
        self.assertEqual(said.count("made anew"), len(damaged))
        self.assertIn("0 damaged", self.round("scrub"))
        self.assert_same(tables(self.cluster), tables(self.restored()))

    def test_scrub_looks_at_a_sample(self):
        self.prepared(self.cluster)
        self.round("once")
        said = self.round("scrub", "--sample", "50%")
        self.assertIn("objects read, 0 damaged", said)
        read, _, all_of_them = said.split()[:3]
        self.assertEqual(int(read), round(int(all_of_them) / 2))
        self.round("scrub", "--sample", "nonsense", code=2)

    def test_a_shredded_key_and_a_removed_name_are_in_no_object_that_is_kept(self):
        self.prepared(self.cluster)
        self.vault.put("linus", "diary.txt", b"what Linus wrote " * 3000)
        self.round("once")
        before, old = head_of(self.place), files_of(self.place)
        self.cluster.psql("SELECT vvault.shred_user('linus@example.com')")
        self.round("once")
        now = head_of(self.place)
        buckets = {int(b) for b in self.cluster.psql(
            "SELECT DISTINCT id & 63 FROM vvault.data_keys WHERE state = 'shredded'").split()}
        self.assertTrue(buckets)
        gone = {before["keys"][str(b)]["name"] for b in buckets} | {before["people"]["name"]}
        self.assertEqual(gone & files_of(self.place), set())
        self.assertEqual(gone & old, gone)
        self.assertTrue(all(str(b) in now["keys"] for b in buckets))
        self.assertEqual(files_of(self.place) - {"head"},
                         {entry["name"] for each in now["slices"] for entry in each["objects"]}
                         | {entry["name"] for entry in now["keys"].values()}
                         | {now["people"]["name"], now["tree"]["name"]})
        copy = self.restored()
        self.assert_same(tables(self.cluster), tables(copy))
        self.assertEqual(copy.psql("SELECT count(*) FROM vvault.data_keys k JOIN vvault.users u"
                                   " ON u.id = k.user_id WHERE u.status = 'shredded'"
                                   " AND k.wrapped IS NOT NULL"), "0")
        self.assertEqual(copy.psql("SELECT count(*) FROM vvault.users WHERE email LIKE 'linus%'"), "0")

    def test_the_database_goes_away_and_comes_back(self):
        self.prepared(self.cluster)
        process = start(self.cluster, self.place, "run", "--interval", "0.2")
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)

        def caught_up() -> bool:
            self.cluster.psql("SELECT vvault.ledger_seal()")
            return self.cluster.psql("SELECT behind = 0 AND size > 100 AND error IS NULL"
                                     " FROM vvault.mirror_status()") == "t"

        wait_until(caught_up, 60, "the first round")
        self.cluster.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE application_name LIKE 'vvault-mirror%'")
        self.vault.say("ada", "zen-001_chat", "while it was cut off")
        wait_until(caught_up, 60, "it to connect again")
        self.cluster.restart()
        self.vault.say("ada", "zen-001_chat", "after the restart")
        wait_until(caught_up, 60, "it to connect once more")
        process.terminate()
        self.assertEqual(process.wait(timeout=30), 0)
        self.assertNotIn("Traceback", process.stdout.read())
        self.assert_same(tables(self.cluster), tables(self.restored()))

    def test_nothing_new_sends_nothing(self):
        self.prepared(self.cluster)
        # The first batch has the signing key announced, which the next one takes in.
        self.round("once")
        self.round("once")
        before = (self.place / "head").read_bytes()
        self.assertIn("sent 0 entries, 0 bytes", self.round("once"))
        self.assertEqual((self.place / "head").read_bytes(), before)

    def test_small_slices_are_taken_over(self):
        self.prepared(self.cluster)
        for turn in range(24):
            self.vault.say("ada", "zen-001_chat", f"turn {turn}")
            self.round("once")
        self.assertLess(len(head_of(self.place)["slices"]), 7)
        self.assert_same(tables(self.cluster), tables(self.restored()))

    def test_only_wanted_contents_are_mirrored(self):
        self.prepared(self.cluster, "{*.md,notes/*}")
        self.vault.put("ada", "kept.md", self.vault.random_bytes(100000))
        self.vault.put("ada", "notes/kept.bin", self.vault.random_bytes(100000))
        self.vault.put("ada", "left/out.bin", self.vault.random_bytes(500000))
        self.vault.put("ada", "left/small.bin", b"fits into its info")
        self.round("once")
        self.assertLess(sum(path.stat().st_size for path in self.place.glob("chunks/*")), 300000)
        copy = self.restored()
        told = Vault(copy)
        told.tokens = self.vault.tokens
        for path in ("kept.md", "notes/kept.bin", "left/small.bin"):
            question = f"SELECT vvault.get_file('{path}')"
            self.assertEqual(bytes(told.ask("ada", question)[0][0]),
                             bytes(self.vault.ask("ada", question)[0][0]))
        with self.assertRaisesRegex(Exception, "does not open"):
            told.ask("ada", "SELECT vvault.get_file('left/out.bin')")
        listed = "SELECT path, version, size FROM vvault.list_files() ORDER BY 1"
        self.assertEqual(told.ask("ada", listed), self.vault.ask("ada", listed))
        self.assertEqual(self.wrong(copy), "")

    def test_a_first_round_goes_on_where_it_was_interrupted(self):
        self.prepared(self.cluster)
        batch = json.dumps([{"role": "user", "content": f"one of many {n}"} for n in range(900)])
        for _ in range(5):
            self.vault.ask("ada", ("SELECT count(*) FROM vvault.append_messages('zen-001_chat', %s)",
                                   (batch,)))
        self.cluster.psql("SELECT vvault.ledger_seal()")
        store, left = DirectoryStore(self.place), [3]

        def put(name, content):
            if left[0] == 0:
                raise Unavailable("it is enough")
            left[0] -= 1
            return DirectoryStore.put(store, name, content)

        environment = self.cluster.environment("mirrorer")
        with mock.patch.dict(os.environ, {key: str(environment[key]) for key in environment}), \
                mock.patch.object(cycle, "PENDING_BYTES", 1):
            database = Database("mirror")
            self.addCleanup(database.close)
            self.assertTrue(database.lock())
            with mock.patch.object(store, "put", put), self.assertRaises(Unavailable):
                cycle.Mirror(store, database).run()
            head = head_of(self.place)
            self.assertIsNone(head["size"])
            self.assertEqual(len(head["pending"]), 1)
            self.assertIn("never completed", self.restore(self.empty(ROOT[1]), self.place, code=1))
            self.vault.say("ada", "zen-001_chat", "meanwhile")
            self.cluster.psql("SELECT vvault.ledger_seal()")
            again = cycle.Mirror(store, database)
            total = again.run()["size"]
        self.assertEqual(again.sent_entries, total - head["pending"][0]["to"])
        self.assert_same(tables(self.cluster), tables(self.restored()))

    def test_the_root_key_is_rotated_and_the_old_one_destroyed(self):
        self.prepared(self.cluster)
        self.vault.files()
        self.round("once")
        self.vault.new_root_key()
        self.assertIn("mirrored up to", self.round("once"))
        self.cluster.write_root_key(ROOT[2])
        self.vault.say("ada", "zen-001_chat", "under the new root key")
        self.round("once")
        copy = self.restored(ROOT[2])
        self.assert_same(tables(self.cluster), tables(copy))
        self.assertEqual(readable(copy, self.vault.tokens["ada"]),
                         readable(self.cluster, self.vault.tokens["ada"]))


if __name__ == "__main__":
    unittest.main()
