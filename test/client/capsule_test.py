"""tools/capsule_backup.ts against a real vault: every version archived and opened by ordinary tools, an
altered or truncated archive found, a capsule made again what it was."""

import copy
import hashlib
import io
import json
import os
import shutil
import subprocess
import tarfile
import time
import unittest

from client_case import ClientCase
from harness.client import Client
from harness.npm import build, npm
from harness.paths import REPOSITORY, VAULT, fresh_directory

PACKAGE = REPOSITORY / "tools" / "capsule"
NOVA = "instances/nova-001/identity/nova-001.capsule"
SAMPLE = (VAULT / NOVA).read_bytes()


class CapsuleTest(ClientCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.program = build(PACKAGE) / "capsule_backup.js"
        ada = Client(cls.gateway.port, cls.token)
        cls.moments = []
        second = json.loads(SAMPLE)
        second["traits"]["empathy"] = 0.9
        cls.contents = [SAMPLE, json.dumps(second).encode()]
        for content in cls.contents:
            assert ada.put("/files/" + NOVA, content).status in (200, 201)
            time.sleep(0.05)
            cls.moments.append(time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime())
                               + f".{int(time.time() * 1000) % 1000:03}Z")
            time.sleep(0.05)
        zen = json.dumps({"construct_id": "zen-001", "capsule_version": "2.0.0", "sessions": []})
        assert ada.put("/files/instances/zen-001/capsules/zen.json", zen.encode()).status == 201
        assert ada.put("/files/instances/zen-001/logs/note.json", b"{}").status == 201
        ada.close()

    def setUp(self):
        self.folder = fresh_directory("capsules")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def tool(self, *arguments, code=0, **environment) -> str:
        variables = {name: value for name, value in os.environ.items() if not name.startswith("VVAULT_")}
        done = subprocess.run(
            ["node", self.program, *map(str, arguments)], check=False, text=True, timeout=60,
            cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            env={**variables, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token, **environment})
        self.assertEqual(done.returncode, code, done.stdout)
        self.assertNotIn("    at ", done.stdout)  # no stack
        return done.stdout

    def back_up(self, *arguments):
        path = self.folder / "all.tar"
        self.tool("backup", "--out", path, *arguments)
        return path

    def current(self, path=NOVA, token=None) -> tuple:
        client = Client(self.gateway.port, token or self.token)
        answer = client.get("/files/" + path)
        client.close()
        return answer.status, answer.body

    def rewritten(self, source, change):
        """The archive with its members changed: {name: bytes}, in order."""
        with tarfile.open(source) as archive:
            members = {m.name: archive.extractfile(m).read() for m in archive.getmembers()}
        members = change(members) or members
        path = self.folder / "changed.tar"
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name)
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return path

    def test_own_tests(self):
        self.assertIn("# fail 0", npm(PACKAGE, "test"))

    def test_ordinary_tools_open_it(self):
        path = self.back_up()
        self.assertEqual(path.stat().st_mode & 0o777, 0o600)
        subprocess.run(["tar", "xf", path], cwd=self.folder, check=True)
        subprocess.run(["sha256sum", "--quiet", "-c", "SHA256SUMS"], cwd=self.folder, check=True)
        manifest = json.loads((self.folder / "manifest.json").read_text(encoding="utf-8"))
        nova = [one for one in manifest["capsules"] if one["construct"] == "nova-001"]
        self.assertEqual({one["construct"] for one in manifest["capsules"]}, {"nova-001", "zen-001"})
        for one, content in zip(nova, self.contents):
            self.assertEqual((self.folder / one["file"]).read_bytes(), content)
            self.assertEqual(one["sha256"], hashlib.sha256(content).hexdigest())
            self.assertIn(f"_v{one['version']}_{one['sha256'][:12]}", one["file"])
            self.assertIn(one["created_at"][:10].replace("-", ""), one["file"])
        claimed = json.loads(SAMPLE)["metadata"]["fingerprint_hash"]
        self.assertEqual(nova[0]["capsule"]["fingerprint"],
                         {"claimed": claimed, "rule": self.importers_rule()})
        self.assertIsNotNone(self.importers_rule())
        self.assertIsNone(nova[1]["capsule"]["fingerprint"]["rule"])
        self.assertIn("all as they were archived", self.tool("verify", path, VVAULT_URL="", VVAULT_TOKEN=""))
        self.assertIn(NOVA, self.tool("list", path))

    def importers_rule(self):
        code = ("import json, sys; sys.path.insert(0, sys.argv[1]); from migrate import capsules; "
                "print(json.dumps(capsules.describe(json.load(open(sys.argv[2])))['fingerprint']['rule']))")
        done = subprocess.run(["/usr/bin/python3", "-B", "-c", code, REPOSITORY / "tools", VAULT / NOVA],
                              check=True, text=True, stdout=subprocess.PIPE)
        return json.loads(done.stdout)

    def test_one_construct_and_the_newest(self):
        self.assertIn("1 versions of capsules of 1 constructs",
                      self.tool("backup", "--construct", "Nova", "--newest", "--out", "one.tar"))
        self.assertIn("no capsule of lin-001", self.tool("backup", "--construct", "lin-001", code=1))
        self.assertEqual([p.name for p in self.folder.iterdir()], ["one.tar"])

    def test_what_was_altered_is_found_and_restores_nothing(self):
        good = self.back_up()
        before = self.current()

        def alter(members):
            name = next(n for n in members if n.startswith("capsules/nova"))
            members[name] = members[name].replace(b"Nova", b"Nobo")

        def alter_with_sums(members):
            alter(members)
            members["SHA256SUMS"] = b"".join(
                f"{hashlib.sha256(c).hexdigest()}  {n}\n".encode()
                for n, c in members.items() if n != "SHA256SUMS")

        def drop(members):
            del members[next(n for n in members if n.startswith("capsules/zen"))]

        def add(members):
            members["capsules/extra.capsule"] = b"{}"

        def claim(members):
            manifest = json.loads(members["manifest.json"])
            manifest["capsules"][0]["sha256"] = "0" * 64
            members["manifest.json"] = json.dumps(manifest).encode()
        for change, word in ((alter, "altered"), (alter_with_sums, "not what the manifest says"),
                             (drop, "missing"), (add, "not in the manifest"), (claim, "altered")):
            with self.subTest(change.__name__):
                bad = self.rewritten(good, change)
                self.assertIn(word, self.tool("verify", bad, code=1))
                self.assertIn("nothing is restored",
                              self.tool("restore", "--as-of", "2999-01-01", bad, code=1))
        self.assertEqual(self.current(), before)

    def test_a_truncated_archive_is_none(self):
        good = self.back_up().read_bytes()
        for length in (0, 100, 512, len(good) // 2, len(good) - 512, len(good) - 1):
            (self.folder / "cut.tar").write_bytes(good[:length])
            self.assertIn("truncated", self.tool("verify", "cut.tar", code=1))
        (self.folder / "cut.tar").write_bytes(b"no archive at all" * 100)
        self.assertIn("damaged", self.tool("verify", "cut.tar", code=1))
        self.assertIn("cannot be read", self.tool("verify", "none.tar", code=1))

    def test_names_that_lead_elsewhere(self):
        good = self.back_up()
        for name in ("../../outside", "/etc/outside", "a/../../outside"):
            bad = self.rewritten(good, lambda members, n=name: {n: b"x", **members})
            self.assertIn("unsafe name", self.tool("verify", bad, code=1))

        def lead(members, path):
            manifest = json.loads(members["manifest.json"])
            manifest["capsules"][0]["path"] = path
            members["manifest.json"] = json.dumps(manifest).encode()
            sums = [line for line in members["SHA256SUMS"].decode().splitlines(True)
                    if "manifest.json" not in line]
            digest = hashlib.sha256(members["manifest.json"]).hexdigest()
            members["SHA256SUMS"] = "".join([*sums, f"{digest}  manifest.json\n"]).encode()
        for path in ("instances/nova-001/../../account/profile.capsule", "/x.capsule", "account/profile.json"):
            bad = self.rewritten(good, lambda members, p=path: lead(members, p))
            self.assertIn("no capsule's path", self.tool("restore", "--as-of", "2999-01-01", bad, code=1))

    def test_restored_as_of_a_date(self):
        archive = self.back_up()
        first, second = self.moments
        self.assertIn("would become", self.tool("restore", "--as-of", first, "--construct", "nova-001", "--dry-run"))
        self.assertEqual(self.current()[1], self.contents[1])
        self.tool("restore", "--as-of", first, "--construct", "nova-001")
        self.assertEqual(self.current()[1], SAMPLE)
        self.tool("restore", "--as-of", second, "--construct", "nova-001", archive)
        self.assertEqual(self.current()[1], self.contents[1])
        self.assertIn("already", self.tool("restore", "--as-of", second, "--construct", "nova-001", archive))
        self.assertIn("no capsule", self.tool("restore", "--as-of", "2001-01-01", code=1))
        # Nothing was overwritten.
        client = Client(self.gateway.port, self.token)
        versions = client.get(f"/files/{NOVA}?history").json["versions"]
        self.assertEqual(len(versions), 4)
        self.assertEqual(client.delete("/files/" + NOVA).status, 200)
        client.close()
        self.tool("restore", "--as-of", second, "--construct", "nova-001", archive)
        self.assertEqual(self.current(), (200, self.contents[1]))

    def test_another_persons_token(self):
        other = self.cluster.make_user(f"grace{time.monotonic_ns()}@example.com")
        self.assertIn("no capsule in this vault", self.tool("backup", code=1, VVAULT_TOKEN=other))
        archive = self.back_up("--construct", "zen-001")
        before = self.current("instances/zen-001/capsules/zen.json")
        self.tool("restore", "--as-of", "2999-01-01", archive, VVAULT_TOKEN=other)
        self.assertEqual(self.current("instances/zen-001/capsules/zen.json", other), before)
        self.assertIn("(401)", self.tool("backup", code=1, VVAULT_TOKEN="vv_live_" + "0" * 43))

    def test_away_and_misused(self):
        told = self.tool("backup", code=1, VVAULT_URL="http://127.0.0.1:9")
        self.assertIn("cannot be reached", told)
        self.assertNotIn(self.token, told)
        self.assertIn("in the clear", self.tool("backup", code=1, VVAULT_URL="http://vault.example"))
        for arguments in ((), ("nonsense",), ("verify",), ("restore",), ("backup", "--typo"),
                          ("restore", "--as-of", "someday"), ("backup", "--construct", "../x")):
            with self.subTest(arguments):
                self.assertIn("usage:", self.tool(*arguments, code=2))
        self.assertEqual(list(self.folder.iterdir()), [])
        home = copy.copy(self.folder)
        (home / "api-key").write_text(self.token + "\n", encoding="ascii")
        (home / "url").write_text(self.gateway.url + "\n", encoding="ascii")
        self.tool("backup", "--out", "x.tar", VVAULT_URL="", VVAULT_TOKEN="", VVAULT_HOME=str(home))


if __name__ == "__main__":
    unittest.main()
