"""What a real vault hands out is verified by what shares at most core with it: the whole log, a
person's own, a part, tiles, one entry; and what was changed in its tables is named."""

import json
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import REPOSITORY, Cluster, fresh_key  # noqa: E402
from ledger_writer import grouped, verify  # noqa: E402

MODULE = REPOSITORY / "verifier" / "ts"
SCRIPT = """
    globalThis.crypto ??= (await import("node:crypto")).webcrypto;
    const { verifyEntry } = await import(process.argv[1]);
    const { proof, key } = JSON.parse((await import("node:fs")).readFileSync(0, "utf8"));
    const { position, payloadChecked } = await verifyEntry(proof, [key]);
    console.log(`position ${position}, payload ${payloadChecked}`);"""


def verify_in_node(proof: dict, key: str) -> str:
    """What the TypeScript module says of a proof; it is built first where it is not yet."""
    if not (MODULE / "dist" / "index.js").exists():
        for step in (["ci", "--ignore-scripts"], ["run", "build"]):
            subprocess.run(["npm", *step, "--prefix", MODULE], check=True, capture_output=True)
    done = subprocess.run(
        ["node", "--input-type=module", "-e", SCRIPT, (MODULE / "dist" / "index.js").as_uri()],
        input=json.dumps({"proof": proof, "key": key}), capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr


class Served(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.ada = cls.cluster.make_user("ada@example.com", "Ada \u201cL\u201d \\ Lovelace")
        cls.grace = cls.cluster.make_user("grace@example.com")
        cls.notes = []
        for count in (40, 300, 7):
            cls.say(cls.ada, count)
            cls.say(cls.grace, 5)
            cls.cluster.psql("SELECT vvault.ledger_seal()")
            cls.notes.append(cls.cluster.psql("SELECT vvault.ledger_checkpoint()") + "\n")
        cls.size = int(cls.notes[-1].split("\n")[1])
        cls.key = cls.cluster.psql("SELECT * FROM vvault.ledger_keys()").split("\n")[0]

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))

    @classmethod
    def ask(cls, token: str, sql: str, *values, times: int = 1) -> list:
        with cls.cluster.connect(user="person") as connection, connection.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (token,))
            for _ in range(times):
                cursor.execute(sql, values)
            rows = cursor.fetchall()
        connection.close()
        return [row[0] for row in rows]

    @classmethod
    def say(cls, token: str, times: int) -> None:
        cls.ask(token, "SELECT vvault.start_session('zen', 'talk', '\u00dcber \"A\" talk', true)")
        cls.ask(token, "SELECT vvault.append_message('talk', 'user', 'hello')", times=times)

    def export(self, arguments: str = "with_payload => true") -> str:
        return self.cluster.psql(f"SELECT vvault.ledger_export({arguments})") + "\n"

    def expect(self, code: int, words: str, given, *options) -> None:
        found, said = verify(given, *options, key=self.key)
        self.assertIn(words, said)
        self.assertEqual(found, code, said)

    def file(self, text: str, name: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path

    def tiles(self, bundles: bool = True) -> Path:
        (self.directory / "checkpoint").write_text(self.notes[-1])
        levels, nodes = [("entries", self.size)] if bundles else [], self.size
        for level in range(3):
            levels, nodes = [*levels, (str(level), nodes)], nodes // 256
        for level, nodes in levels:
            for begin in range(0, nodes, 256):
                path = f"{level}/{grouped(begin // 256)}"
                if nodes - begin < 256:
                    path += f".p/{nodes - begin}"
                file = self.directory / "tile" / path
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_bytes(bytes.fromhex(self.cluster.psql(
                    f"SELECT encode(vvault.ledger_tile('{path}'), 'hex')")))
        return self.directory

    def test_the_whole_log(self):
        self.assertGreater(self.size, 350)
        witnessed = [value for number, note in enumerate(self.notes)
                     for value in ("--witnessed", self.file(note, f"note {number}"))]
        self.expect(0, f"verified, {self.size} entries, to checkpoint {self.size} ", self.export(),
                    *witnessed)
        self.expect(0, "payloads checked: 0", self.export("with_payload => false"))

    def test_its_tiles(self):
        self.expect(0, f"verified, {self.size} entries", self.tiles())

    def test_a_part_of_it(self):
        tiles = self.tiles(bundles=False)
        self.expect(0, "verified, 20 entries, a part of the log", self.export("300, 20, true"),
                    "--part", "--tiles", tiles)
        head = self.export("0, 0")
        self.assertEqual(head.count("\n"), 1)
        self.expect(0, "verified, 0 entries, a part of the log", head, "--part", "--tiles", tiles)

    def test_a_persons_own(self):
        own = "\n".join(self.ask(self.grace, "SELECT vvault.ledger_export_mine()"))
        growth = self.cluster.psql(
            "SELECT json_build_object('from', {0}, 'to', {1}, 'proof', array_agg(encode(h, 'hex')))"
            " FROM unnest(vvault.ledger_consistency_proof({0}, {1})) AS h".format(
                self.notes[0].split("\n")[1], self.size))
        self.expect(0, "of 1 person in", own, "--witnessed", self.file(self.notes[0], "note"),
                    "--consistency", self.file(growth, "growth"))

    def test_the_proof_of_one_entry(self):
        entry = self.cluster.psql("SELECT id FROM vvault.ledger_entries WHERE event_type = "
                                  "'message.created' AND stream_seq = 2 LIMIT 1")
        proof = json.loads(self.cluster.psql(f"SELECT vvault.ledger_proof_json('{entry}')"))
        said = verify_in_node(proof, self.key)
        self.assertIn(f"position {proof['position']}, payload true", said)
        self.assertIn("NotVerified", verify_in_node({**proof, "actor": "else"}, self.key))

    def test_an_altered_row_is_named(self):
        connection = self.cluster.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE vvault.ledger_entries DISABLE TRIGGER ALL")
            cursor.execute("UPDATE vvault.ledger_entries SET payload = '{}' WHERE id = (SELECT id"
                           " FROM vvault.ledger_entries WHERE event_type = 'message.created'"
                           " ORDER BY id OFFSET 50 LIMIT 1) RETURNING id")
            changed = cursor.fetchone()[0]
            cursor.execute("SELECT vvault.ledger_export(with_payload => true)")
            lines = "".join(row[0] + "\n" for row in cursor.fetchall())
        connection.rollback()
        code, said = verify(lines, key=self.key)
        self.assertEqual(code, 1, said)
        self.assertTrue(re.search(rf"entry \d+ \({changed}\) is altered", said), said)


if __name__ == "__main__":
    unittest.main()
