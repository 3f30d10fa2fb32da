"""What export_pgp() gives out opens with stock gpg, and is what the vault holds, byte for byte."""

import io
import subprocess
import tarfile
import tempfile
import unittest

import psycopg2
from harness import Cluster

FILES = {
    "instances/zen-001/notes.md": b"# Notes\r\n\r\nwith CRLF",
    "instances/zen-001/empty.md": b"",
    "instances/lin-001/chatty/" + "long/" * 40 + "name.md": b"far down",
    "library/Gr\u00fc\u00dfe aus K\u00f6ln.md": "\u4e16\u754c\n".encode(),
    "library/" + "x" * 92: b"a path of exactly 100 bytes",
    "library/" + "x" * 93: b"a path of 101 bytes",
    "library/every byte.bin": bytes(range(256)) * 5000,
    "library/block.bin": b"b" * 512,
}


class Gpg:
    """gpg with a home of its own, and a key without a passphrase."""

    def __init__(self, home: str):
        self.home = home

    def run(self, *arguments, data: bytes = None) -> bytes:
        done = subprocess.run(["gpg", "--homedir", self.home, "--batch", "--no-tty", "--quiet",
                               "--pinentry-mode", "loopback", "--passphrase", "", *arguments],
                              input=data, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode(errors="replace"))
        return done.stdout

    def make_key(self, name: str, signing: str, encrypting: str = None) -> str:
        self.run("--quick-generate-key", name, signing, "sign", "never")
        if encrypting:
            listed = self.run("--with-colons", "--list-keys", name).decode()
            fingerprint = next(line.split(":")[9] for line in listed.splitlines()
                               if line.startswith("fpr"))
            self.run("--quick-add-key", fingerprint, encrypting, "encrypt", "never")
        return self.run("--armor", "--export", name).decode()

    def close(self) -> None:
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=False)


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(settings={"log_temp_files": "0"}))
        # Short, because gpg's agent listens on a socket in it.
        cls.gpg = Gpg(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="gpg-")))
        cls.addClassCleanup(cls.gpg.close)
        cls.key = cls.gpg.make_key("Ada <ada@example.com>", "rsa2048", "rsa2048")
        cls.token = cls.cluster.make_user("ada@example.com", "Ada")
        stranger = cls.cluster.make_user("bob@example.com", "Bob")
        with cls.session(stranger) as cursor:
            cursor.execute("SELECT vvault.put_file('instances/bob-001/theirs.md', 'not Adas')")
            cursor.execute("SELECT vvault.grant_construct('bob-001', 'ada@example.com')")
        with cls.session(cls.token) as cursor:
            for path, content in FILES.items():
                cursor.execute("SELECT vvault.put_file(%s, 'an older version')", (path,))
                cursor.execute("SELECT vvault.put_file(%s, %s)", (path, content))
            cursor.execute("SELECT vvault.put_file('library/deleted.md', 'x'),"
                           " vvault.delete_file('library/deleted.md')")
            for session in ("zen-001_chat", "a/../../b"):
                cursor.execute("SELECT vvault.start_session('zen-001', %s, NULL, true)", (session,))
                cursor.execute("SELECT vvault.append_message(%s, 'user', 'hello there')", (session,))

    @classmethod
    def session(cls, token: str):
        """A cursor of one transaction, which is committed at the end."""
        return Session(cls.cluster, token)

    def export(self, prefix: str, key: str, token: str = None) -> bytes:
        with self.session(token or self.token) as cursor:
            cursor.execute("SELECT vvault.export_pgp(%s, %s)", (prefix, key))
            return bytes(cursor.fetchone()[0])

    def opened(self, prefix: str, token: str = None) -> dict:
        archive = self.gpg.run("--decrypt", data=self.export(prefix, self.key, token))
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:") as tar:
            members = {member.name: member for member in tar.getmembers()}
            self.assertEqual(len(members), len(tar.getmembers()), "a name stands there twice")
            self.times = {name: member.mtime for name, member in members.items()}
            return {name: tar.extractfile(member).read() for name, member in members.items()}

    def refused(self, key: str) -> str:
        with self.assertRaises(psycopg2.Error) as caught:
            self.export("", key)
        self.assertEqual(caught.exception.pgcode, "22023")
        return caught.exception.diag.message_detail

    def test_gpg_opens_all_files_as_they_are(self):
        found = self.opened("")
        self.assertEqual({name: content for name, content in found.items()
                          if not name.startswith(("conversations/", "large/"))}, FILES)
        with self.session(self.token) as cursor:
            cursor.execute("SELECT path, floor(extract(epoch FROM created_at))::bigint"
                           "  FROM vvault.list_files('', shared => false) AS f,"
                           "       vvault.file_history(f.path) AS h WHERE h.version = f.version")
            written = dict(cursor.fetchall())
        self.assertEqual({path: self.times[path] for path in FILES},
                         {path: written[path] for path in FILES})

    def test_a_runtime_environment_takes_along_what_is_in_it(self):
        with self.session(self.token) as cursor:
            for name in ("zen-001", "lin-001"):
                cursor.execute("SELECT vvault.create_runtime(%s, ARRAY[%s])", (name, name))
            cursor.execute("SELECT vvault.create_token('zen', '{*}', NULL, 'zen-001'),"
                           "       vvault.create_token('lin', '{*}', NULL, 'lin-001')")
            zen, lin = cursor.fetchone()
        found = self.opened("", zen)
        self.assertEqual({name for name in found if not name.startswith("conversations/")},
                         {"instances/zen-001/notes.md", "instances/zen-001/empty.md"})
        self.assertEqual(len([name for name in found if name.startswith("conversations/")]), 2)
        self.assertEqual([name.partition("/chatty/")[0] for name in self.opened("", lin)],
                         ["instances/lin-001"])

    def test_conversations_are_rendered_beside_them(self):
        found = self.opened("instances/zen-001/")
        with self.session(self.token) as cursor:
            cursor.execute("SELECT vvault.render_transcript('zen-001_chat')")
            rendered = cursor.fetchone()[0].encode()
        self.assertEqual(found["conversations/zen-001_chat.md"], rendered)
        self.assertEqual(set(found), {
            "instances/zen-001/notes.md", "instances/zen-001/empty.md",
            "conversations/zen-001_chat.md", "conversations/a%2F..%2F..%2Fb.md"})

    def test_tar_unpacks_it(self):
        archive = self.gpg.run("--decrypt", data=self.export("", self.key))
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(["tar", "-C", folder, "-xf", "-"], input=archive,
                                  stderr=subprocess.PIPE, check=False)
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            for path, content in FILES.items():
                with open(f"{folder}/{path}", "rb") as file:
                    self.assertEqual(file.read(), content, path)

    def test_a_file_where_others_have_a_folder_stands_beside_it(self):
        files = {"clash/a": b"a file", "clash/a/b": b"below it", "clash/a/b/c": b"below that",
                 "clash/a.file": b"taken already", "clash/ab": b"no clash"}
        with self.session(self.token) as cursor:
            for path, content in files.items():
                cursor.execute("SELECT vvault.put_file(%s, %s)", (path, content))
            cursor.execute("SELECT vvault.put_file('conversations', 'not a folder')")
        expected = {**files, "clash/a.file.file": b"a file", "clash/a/b.file": b"below it"}
        del expected["clash/a"], expected["clash/a/b"]
        try:
            self.assertEqual(self.opened("clash/"), expected)
            self.assertEqual(self.opened("conversations"), {"conversations.file": b"not a folder"})
            archive = self.gpg.run("--decrypt", data=self.export("clash/", self.key))
            with tempfile.TemporaryDirectory() as folder:
                done = subprocess.run(["tar", "-C", folder, "-xf", "-"], input=archive,
                                      stderr=subprocess.PIPE, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, b""))
        finally:
            with self.session(self.token) as cursor:
                for path in (*files, "conversations"):
                    cursor.execute("SELECT vvault.delete_file(%s)", (path,))

    def test_what_stands_in_the_message_is_not_readable(self):
        self.assertNotIn(b"hello there", self.export("", self.key))
        self.assertNotIn(b"notes.md", self.export("", self.key))

    def test_nothing_is_written_to_a_temporary_file(self):
        content = bytes(range(256)) * 32768  # twice as much as work_mem
        with self.session(self.token) as cursor:
            cursor.execute("SELECT vvault.put_file('large/file.bin', %s)", (content,))
        self.assertEqual(self.opened("large/"), {"large/file.bin": content})
        self.assertNotIn("temporary file", self.cluster.log())

    def test_keys_that_cannot_encrypt_are_refused(self):
        secret = self.gpg.run("--armor", "--export-secret-keys", "Ada").decode()
        self.assertIn("secret key", self.refused(secret))
        self.refused(self.gpg.make_key("Signs <s@example.com>", "rsa2048"))
        self.refused(self.gpg.make_key("Curve <c@example.com>", "ed25519", "cv25519"))
        self.refused(self.key[:len(self.key) // 2])
        self.refused("no key at all")

    def test_pgcrypto_may_live_anywhere(self):
        cluster = self.cluster
        cluster.psql("CREATE SCHEMA \"Some Where\"; ALTER EXTENSION pgcrypto SET SCHEMA \"Some Where\";"
                     "SELECT vvault.install()")
        try:
            self.assertIn("library/block.bin", self.opened("library/"))
        finally:
            cluster.psql("ALTER EXTENSION pgcrypto SET SCHEMA public")


class Session:
    def __init__(self, cluster, token):
        self.connection = cluster.connect(user="person")
        self.token = token

    def __enter__(self):
        cursor = self.connection.cursor()
        cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
        return cursor

    def __exit__(self, kind, *_):
        if kind is None:
            self.connection.commit()
        self.connection.close()
