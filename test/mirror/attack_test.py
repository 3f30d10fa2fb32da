"""What somebody does to a mirror is found, named, and restores nothing; and what the mirror's
process finds wrong, it does not write over."""

import json
import shutil
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from mirror_case import MIRROR, RESTORE, MirrorCase, run, tables  # noqa: E402
from harness import Cluster, fresh_key  # noqa: E402
from living import ROOT, Vault  # noqa: E402

NOTE = "SELECT note FROM vvault.ledger_checkpoints ORDER BY size DESC LIMIT 1"


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1:]


class Attack(MirrorCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(root_key=ROOT[1], ledger_key=fresh_key()))
        cls.vault = Vault(cls.cluster)
        cls.prepared(cls, cls.cluster)
        cls.vault.people()
        cls.vault.files()
        cls.cluster.psql("SELECT vvault.ledger_seal()")
        cls.place = cls.folder(cls)
        assert run(MIRROR, cls.cluster, "mirrorer", "--store", cls.place, "once").returncode == 0
        cls.cluster.psql("SELECT vvault.ledger_seal()")
        assert run(MIRROR, cls.cluster, "mirrorer", "--store", cls.place, "once").returncode == 0
        cls.target = cls.enterClassContext(Cluster(install=False, root_key=ROOT[1],
                                                   ledger_key=fresh_key()))
        cls.target.create_database()

    def copy(self) -> Path:
        place = self.folder()
        shutil.copytree(self.place, place, dirs_exist_ok=True)
        return place

    def objects(self, place: Path, kind: str) -> list:
        return sorted(place.glob(f"{kind}/*"))

    def assert_refused(self, place: Path, reason: str, *arguments, cluster=None) -> str:
        cluster = cluster or self.target
        said = self.restore(cluster, place, *arguments, code=1)
        self.assertRegex(said, reason)
        self.assertEqual(cluster.psql("SELECT to_regclass('vvault.installation') IS NULL"), "t")
        return said

    def test_an_altered_object_of_any_kind(self):
        for kind in ("rows", "chunks", "people", "keys", "tree"):
            place = self.copy()
            victim = self.objects(place, kind)[0]
            victim.write_bytes(flipped(victim.read_bytes()))
            self.assert_refused(place, f"object {kind}/{victim.name} was altered")

    def test_a_missing_object_of_any_kind(self):
        for kind in ("rows", "chunks", "people", "keys", "tree"):
            place = self.copy()
            victim = self.objects(place, kind)[0]
            victim.unlink()
            self.assert_refused(place, f"object {kind}/{victim.name} is missing")

    def test_swapped_and_cut_objects(self):
        place = self.copy()
        first, second = self.objects(place, "keys")[:2]
        kept = first.read_bytes()
        first.write_bytes(second.read_bytes())
        second.write_bytes(kept)
        self.assert_refused(place, "was altered")
        place = self.copy()
        victim = self.objects(place, "rows")[0]
        victim.write_bytes(victim.read_bytes()[:-1])
        self.assert_refused(place, "was altered")

    def test_a_head_that_names_other_objects(self):
        place = self.copy()
        text, seal = (place / "head").read_text().split("\n")[:2]
        head = json.loads(text)
        one, other = sorted(head["keys"])[:2]
        head["keys"][one], head["keys"][other] = head["keys"][other], head["keys"][one]
        (place / "head").write_text(f"{json.dumps(head)}\n{seal}\n")
        self.assert_refused(place, "head was altered")
        said = self.mirror(self.cluster, place, "once", code=1)
        self.assertIn("ALARM: the mirror's head was altered", said)
        for broken in ("", "{}\n\n", f"{text}\n{'00' * 100}\n", f"{text}\n"):
            (place / "head").write_text(broken)
            self.assert_refused(place, "head|does not open|unknown format")
            self.mirror(self.cluster, place, "once", code=1)

    def test_an_object_at_another_place_does_not_open(self):
        """Even whoever could forge the list: the seal binds an object to its number and kind."""
        place = self.copy()
        head = json.loads((place / "head").read_text().split("\n")[0])
        entry = head["people"]
        sealed = (place / entry["name"]).read_bytes()
        connection = self.target.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute("CREATE EXTENSION vvault CASCADE")
            cursor.execute("SELECT vvault.mirror_restore_begin()")
            for changed in ({"generation": 99}, {"part": 99}, {"kind": 10},
                            {"mirror": head["vault"]}):
                place_of = {"kind": 9, "mirror": head["mirror"], **entry, **changed}
                cursor.execute("SAVEPOINT s")
                with self.assertRaisesRegex(Exception, "does not open"):
                    cursor.execute(
                        "SELECT vvault.mirror_restore_object(%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                        (place_of["kind"], head["vault"], place_of["mirror"],
                         place_of["generation"], place_of["part"], head["key"]["root_key"],
                         bytes.fromhex(head["key"]["check_value"]),
                         bytes.fromhex(head["key"]["wrapped"]), sealed))
                cursor.execute("ROLLBACK TO SAVEPOINT s")

    def test_another_root_key(self):
        other = self.empty("1 " + "5a" * 32 + "\n")
        self.assert_refused(self.copy(), "VV004", cluster=other)
        none = self.enterContext(Cluster(install=False, root_key=""))
        none.create_database()
        self.assert_refused(self.copy(), "VV003", cluster=none)

    def test_another_vaults_mirror(self):
        with Cluster(root_key=ROOT[1], ledger_key=fresh_key()) as other:
            self.prepared(other)
            Vault(other).people()
            other.psql("SELECT vvault.ledger_seal()")
            place = self.folder()
            self.mirror(other, place)
            self.assertIn("another mirror", self.mirror(other, self.copy(), "once", code=1))
            # Its objects among these: same root key, other mirror.
            mixed = self.copy()
            (mixed / self.objects(mixed, "tree")[0].relative_to(mixed)).write_bytes(
                self.objects(place, "tree")[0].read_bytes())
            self.assert_refused(mixed, "was altered")

    def test_a_head_that_was_put_back(self):
        with Cluster(root_key=ROOT[1], ledger_key=fresh_key()) as cluster:
            vault = Vault(cluster)
            self.prepared(cluster)
            vault.people()
            cluster.psql("SELECT vvault.ledger_seal()")
            place = self.folder()
            self.mirror(cluster, place)
            before, old = tables(cluster), self.folder()
            shutil.copytree(place, old, dirs_exist_ok=True)
            vault.say("ada", "zen-001_chat", "told later")
            cluster.psql("SELECT vvault.ledger_seal()")
            self.mirror(cluster, place)
            witnessed = old / "witnessed"
            witnessed.write_text(cluster.psql(NOTE) + "\n")
            self.assertIn("ALARM: the store has a head of generation 1",
                          self.mirror(cluster, old, "once", code=1))
            # As new as it should be, genuine, and not the one that was written last.
            cluster.psql("UPDATE vvault.mirrors SET generation = 1")
            self.assertIn("ALARM: the store has another head", self.mirror(cluster, old, "once", code=1))
            cluster.psql("UPDATE vvault.mirrors SET generation = 2")
            shutil.rmtree(place)
            place.mkdir()
            self.assertIn("ALARM: the store has no head", self.mirror(cluster, place, code=1))
            # A witness knows; without one the older state is a whole and genuine vault.
            self.assert_refused(old, "does not verify", "--against", witnessed)
            copy = self.empty(ROOT[1])
            self.restore(copy, old)
            self.assert_same(before, tables(copy))
            # What was lost is sent anew when that is said.
            self.mirror(cluster, place, "rebuild")
            again = self.empty(ROOT[1])
            self.restore(again, place, "--against", witnessed)
            self.assert_same(tables(cluster), tables(again))

    def test_a_database_that_went_back_or_elsewhere(self):
        place, copies = self.copy(), []
        for _ in range(2):
            copy = self.empty(ROOT[1])
            self.restore(copy, self.place)
            copy.psql("CREATE ROLE mirrorer LOGIN IN ROLE vvault_mirror")
            copies.append(Vault(copy))
            copies[-1].tokens = self.vault.tokens
        first, second = copies
        first.say("ada", "zen-001_chat", "only here")
        first.cluster.psql("SELECT vvault.ledger_seal()")
        self.mirror(first.cluster, place)
        self.assertIn("it was restored to before", self.mirror(second.cluster, place, code=3))
        second.say("ada", "zen-001_chat", *[f"only there {turn}" for turn in range(5)])
        second.cluster.psql("SELECT vvault.ledger_seal()")
        self.assertIn("another history", self.mirror(second.cluster, place, code=3))

    def test_only_into_an_empty_database_and_only_by_a_superuser(self):
        copy = self.empty(ROOT[1])
        self.restore(copy, self.copy())
        before = tables(copy)
        said = self.restore(copy, self.copy(), code=1)
        self.assertIn("this database has a vault already", said)
        self.assertEqual(tables(copy), before)
        plain = self.empty(ROOT[1])
        plain.psql("CREATE ROLE plain LOGIN; GRANT CREATE ON DATABASE vvault TO plain")
        done = run(RESTORE, plain, "plain", self.copy())
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("42501", done.stdout)

    def test_a_mirror_that_is_not_complete(self):
        place = self.copy()
        (place / "head").unlink()
        self.assert_refused(place, "there is no mirror")


if __name__ == "__main__":
    unittest.main()
