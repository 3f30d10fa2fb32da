"""Rotation of root and data keys under traffic, and after a crash in the middle."""

import secrets
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path


sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parent))

from harness import REPOSITORY, Cluster, wait_until  # noqa: E402
from harness.processes import kill_at_once  # noqa: E402
from person import answer, file, messages, wrong_leaves  # noqa: E402


def line(number: int) -> str:
    return f"{number} {secrets.token_hex(32)}\n"


class RootKeys(unittest.TestCase):
    def setUp(self):
        self.old, self.new = line(1), line(2)
        self.cluster = self.enterContext(Cluster(root_key=self.old))
        self.ada = self.cluster.make_user("ada@example.com")
        answer(self.cluster, self.ada, "SELECT vvault.put_file('a.txt', 'A1')")

    def status(self) -> str:
        return self.cluster.psql("SELECT id || ' ' || in_ring || ' ' || data_keys || ' '"
                                 " || (retired_at IS NOT NULL) FROM vvault.root_key_status()")

    def rotate(self) -> str:
        try:
            return self.cluster.psql("SELECT vvault.rotate_root_key()")
        except RuntimeError as error:
            return str(error).partition("ERROR:")[2].strip()[:5]

    def test_it_rewraps_every_key_once_and_the_old_root_can_go(self):
        self.assertEqual(self.status(), "1 true 1 false")
        self.cluster.write_root_key(self.old + self.new)
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt")), "A1")
        self.assertEqual(self.rotate(), "1")
        self.assertEqual(self.rotate(), "0")
        self.assertEqual(self.status(), "1 true 0 true\n2 true 1 false")
        self.cluster.write_root_key(self.new)
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt")), "A1")
        self.assertEqual(answer(self.cluster, self.ada, "SELECT vvault.put_file('b.txt', 'B1')"), 1)
        self.assertEqual(self.status(), "1 false 0 true\n2 true 2 false")
        self.assertEqual(wrong_leaves(self.cluster), 0)

    def test_a_missing_or_another_root_key_stops_it_and_changes_nothing(self):
        before = self.cluster.psql("SELECT string_agg(wrapped::text, ',') FROM vvault.data_keys")
        for ring, state in ((self.new, "VV003"),             # the old one is needed still
                            (line(1), "VV004"),              # the same number, another key
                            (line(1) + self.new, "VV004"),
                            (self.old + line(3), "VV005"),   # a gap
                            (self.old + self.old, "VV005"),
                            ("nonsense\n", "VV005")):
            self.cluster.write_root_key(ring)
            self.assertEqual(self.rotate(), state, ring)
        self.cluster.write_root_key(self.old + self.new)
        self.assertEqual(self.rotate(), "1")
        self.cluster.write_root_key(self.old)
        self.assertEqual(self.rotate(), "VV003")
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt")), "VV003")
        self.cluster.write_root_key(self.old + self.new)
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt")), "A1")
        self.assertNotEqual(before, self.cluster.psql(
            "SELECT string_agg(wrapped::text, ',') FROM vvault.data_keys"))

    def test_keys_made_meanwhile_are_not_left_behind(self):
        self.cluster.write_root_key(self.old + self.new)
        making = self.cluster.connect(user="person")
        self.addCleanup(making.close)
        with making.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.ada,))
            cursor.execute("SELECT vvault.put_file('new.txt', 'N1')")
        done = []
        rotating = threading.Thread(target=lambda: done.append(self.rotate()), daemon=True)
        rotating.start()
        wait_until(lambda: self.cluster.psql("SELECT count(*) FROM pg_locks WHERE NOT granted")
                   == "1", 20, "the rotation to wait for the new key")
        making.commit()
        rotating.join(30)
        self.assertEqual(done, ["2"])
        self.cluster.write_root_key(self.new)
        self.assertEqual(answer(self.cluster, self.ada, file("new.txt")), "N1")


class DataKeys(unittest.TestCase):
    TURNS = 400

    def setUp(self):
        self.cluster = self.enterContext(Cluster())
        self.ada = self.cluster.make_user("ada@example.com")
        answer(self.cluster, self.ada, "SELECT vvault.create_construct('zen')",
               "SELECT vvault.start_session('zen', 'z', 'About zen')",
               f"""SELECT count(*) FROM vvault.append_messages('z', (
                       SELECT jsonb_agg(jsonb_build_object('role', 'user', 'content', 'turn ' || n,
                                                           'timestamp', 'at ' || n))
                         FROM generate_series(1, {self.TURNS}) AS n))""",
               "SELECT vvault.put_file('a.txt', 'A1')", "SELECT vvault.put_file('a.txt', 'A2')")
        self.content = answer(self.cluster, self.ada, messages("z"))

    def left(self) -> int:
        return int(self.cluster.psql("SELECT coalesce(sum(messages + titles + file_versions), 0)"
                                     " FROM vvault.reencryption_progress"))

    def finish(self) -> None:
        wait_until(lambda: self.cluster.psql("SELECT vvault.reencrypt(100)") == "0", 60,
                   "every retired key to be destroyed", pause=0.05)
        self.assertEqual(self.left(), 0)
        self.assertEqual(self.cluster.psql(
            "SELECT DISTINCT state FROM vvault.data_keys ORDER BY 1"), "active\nshredded")

    def assert_whole(self, more: int = 0) -> None:
        content = answer(self.cluster, self.ada, messages("z"))
        self.assertTrue(content.startswith(self.content))
        self.assertEqual(content.count("turn "), self.TURNS + more)
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt", "1")), "A1")
        self.assertEqual(answer(self.cluster, self.ada, file("a.txt")), "A2")
        self.assertEqual(answer(self.cluster, self.ada, """
            SELECT (vvault.append_message('z', 'user', 'turn 7', "timestamp" => 'at 7')).replayed"""),
            True)
        self.assertEqual(wrong_leaves(self.cluster), 0)

    def test_a_crash_in_the_middle_loses_nothing_and_the_rest_is_done_later(self):
        self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')")
        self.cluster.psql("SELECT vvault.reencrypt(100)")
        left = self.left()
        self.assertLess(left, self.TURNS + 3)
        self.assertGreater(left, 0)
        connection = self.cluster.connect()
        self.addCleanup(connection.close)
        with connection.cursor() as cursor:
            cursor.execute("SELECT vvault.reencrypt(100)")  # not committed
        self.cluster._killed.add(connection.info.backend_pid)
        kill_at_once([connection.info.backend_pid])
        wait_until(self.is_back, 60, "the server to come back")
        self.assertEqual(self.left(), left)
        self.assert_whole()
        self.finish()
        self.assert_whole()

    def is_back(self) -> bool:
        try:
            return self.cluster.psql("SELECT count(*) FROM vvault.users") == "1"
        except RuntimeError:
            return False

    def reencrypt(self, *arguments) -> subprocess.Popen:
        return subprocess.Popen([REPOSITORY / "tools" / "reencrypt.sh", *arguments],
                                stderr=subprocess.PIPE, text=True,
                                env=self.cluster.environment(user="keeper"))

    def test_the_tool_does_all_of_it_also_after_it_was_stopped(self):
        self.cluster.psql("CREATE ROLE keeper LOGIN IN ROLE vvault_admin")
        self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')")
        with self.reencrypt("50", "60") as first:
            self.assertRegex(first.stderr.readline(), r"^vvault: [1-9]\d* left$")
            first.terminate()
        self.assertGreater(self.left(), 0)
        with self.reencrypt("150") as second:
            said = second.stderr.read().splitlines()
        self.assertEqual((second.returncode, said[-1]),
                         (0, "vvault: nothing is left under an old key"))
        self.assertEqual(self.left(), 0)
        self.assert_whole()

    def test_the_tool_says_so_when_it_may_not(self):
        self.cluster.psql("CREATE ROLE keeper LOGIN")
        with self.reencrypt() as process:
            said = process.stderr.read()
        self.assertEqual(process.returncode, 1)
        self.assertIn("permission denied", said)
        self.assertIn("not done", said)
        with self.reencrypt("many") as process:
            self.assertIn("rows a batch", process.stderr.read())
        self.assertEqual(process.returncode, 1)

    def test_writers_and_readers_go_on_meanwhile(self):
        wrong, written, stop = [], [], threading.Event()

        def write():
            while not stop.is_set():
                number = self.TURNS + len(written) + 1
                seq = answer(self.cluster, self.ada, f"""
                    SELECT (vvault.append_message('z', 'user', 'turn {number}')).seq""")
                (written if seq == number else wrong).append(seq)

        def read():
            while not stop.is_set():
                content = answer(self.cluster, self.ada, messages("z"))
                if not str(content).startswith(self.content):
                    wrong.append(content[:80])
                content = answer(self.cluster, self.ada, file("a.txt", "1"))
                if content != "A1":
                    wrong.append(content)

        threads = [threading.Thread(target=work, daemon=True) for work in (write, read)]
        for thread in threads:
            thread.start()
        try:
            for _ in range(3):
                self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')")
                for _ in range(6):
                    self.cluster.psql("SELECT vvault.reencrypt(90)")
                    time.sleep(0.05)
        finally:
            stop.set()
            for thread in threads:
                thread.join(60)
        self.assertEqual(wrong, [])
        self.assertGreater(len(written), 0)
        self.finish()
        self.assert_whole(more=len(written))

    def test_a_key_is_kept_while_an_old_snapshot_may_need_it(self):
        reader = self.cluster.connect(user="person")
        self.addCleanup(reader.close)
        reader.set_session(isolation_level="REPEATABLE READ")
        with reader.cursor() as cursor:
            cursor.execute("SELECT vvault.authenticate(%s)", (self.ada,))
            self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')")
            for _ in range(10):
                self.assertNotEqual(self.cluster.psql("SELECT vvault.reencrypt(1000)"), "0")
            cursor.execute(messages("z"))
            self.assertEqual(cursor.fetchone()[0], self.content)
        reader.rollback()
        self.finish()

    def test_an_administrator_sees_no_content(self):
        self.cluster.psql("CREATE ROLE keeper LOGIN IN ROLE vvault_admin")
        self.cluster.psql("SELECT vvault.rotate_data_key('ada@example.com')", user="keeper")
        self.assertGreater(int(self.cluster.psql("SELECT vvault.reencrypt(10)", user="keeper")), 0)
        for sql in (messages("z"), "SELECT vvault.current_user_id()::text || 'x'",
                    "SELECT vvault._open_message(user_id, id, content) FROM vvault.messages",
                    "SELECT content FROM vvault.messages"):
            try:
                seen = self.cluster.psql(f"BEGIN; SELECT vvault.reencrypt(1); {sql}", user="keeper")
                self.assertNotIn("turn", seen)
                self.assertNotIn("x", seen)
            except RuntimeError as error:
                self.assertRegex(str(error), "42501|28000")


if __name__ == "__main__":
    unittest.main()
