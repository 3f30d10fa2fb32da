"""vvault.root_key_command: what it prints opens the vault, and nothing it does harms the server."""

import secrets
import sys
import threading
import time
import unittest
from pathlib import Path

import psycopg2

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))

from harness import Cluster, wait_until  # noqa: E402
from harness.processes import give_to_server  # noqa: E402

KEY = secrets.token_hex(32)
PUT = "SELECT vvault.put_file('a.txt', 'what Ada said')"
GET = "SELECT convert_from(vvault.get_file('a.txt'), 'UTF8')"


def is_alive(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Command(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(root_key="", settings={
            "vvault.root_key_file": "", "vvault.root_key_command_timeout": "20s"}))
        cls.token = cls.cluster.make_user("ada@example.com")
        cls.number = 0

    def path(self, name: str) -> Path:
        return self.cluster.directory / f"{name}-{type(self).number}"

    def use(self, body: str, arguments: str = "", timeout: str = "20s", file: str = "") -> None:
        """Makes the program with that body the key command of all new sessions."""
        type(self).number += 1
        script = self.path("command")
        script.write_text(f"#!/bin/bash\necho run >>{self.path('runs')}\n{body}\n")
        give_to_server(script, 0o500)
        self.set(f"{script} {arguments}".strip(), timeout, file)

    def set(self, command: str, timeout: str = "20s", file: str = "") -> None:
        self.cluster.psql(f"LOAD 'vvault'; ALTER SYSTEM SET vvault.root_key_command = '{command}'")
        self.cluster.psql("LOAD 'vvault'; ALTER SYSTEM SET vvault.root_key_command_timeout"
                          f" = '{timeout}'")
        self.cluster.psql(f"LOAD 'vvault'; ALTER SYSTEM SET vvault.root_key_file = '{file}'")
        self.cluster.reload()
        wait_until(lambda: self.cluster.psql(
            "LOAD 'vvault'; SELECT current_setting('vvault.root_key_command') || ' '"
            " || current_setting('vvault.root_key_command_timeout') || ' '"
            " || current_setting('vvault.root_key_file') || '.'") == f"{command} {timeout} {file}.",
            20, "the new settings")

    def runs(self) -> int:
        return self.path("runs").read_text().count("run") if self.path("runs").exists() else 0

    def ask(self, *statements, connection=None, before="") -> str:
        """The last answer, or the SQLSTATE and detail of the error."""
        own = connection is None
        connection = connection or self.cluster.connect(user="person")
        try:
            with connection.cursor() as cursor:
                if before:
                    cursor.execute(before)
                cursor.execute("SELECT vvault.authenticate(%s)", (self.token,))
                for statement in statements:
                    cursor.execute(statement)
                answer = cursor.fetchone()[0]
            connection.commit()
            return answer
        except psycopg2.Error as error:
            connection.rollback()
            return f"{error.pgcode}: {error.diag.message_detail or error.diag.message_primary}"
        finally:
            if own:
                connection.close()

    def ring(self) -> str:
        return f"echo '1 {KEY}'"

    def test_its_output_opens_the_vault_and_it_runs_once_a_session(self):
        self.use(f"echo 'a secret complaint' >&2; {self.ring()}")
        connection = self.cluster.connect(user="person")
        self.addCleanup(connection.close)
        for _ in range(5):
            self.assertEqual(self.ask(PUT, GET, connection=connection), "what Ada said")
        self.assertEqual(self.runs(), 1)
        self.assertEqual(self.ask(GET), "what Ada said")
        self.assertEqual(self.runs(), 2)
        for secret in (KEY, "a secret complaint"):
            self.assertNotIn(secret, self.cluster.log())

    def test_a_reload_makes_a_session_run_it_again(self):
        self.use(self.ring())
        connection = self.cluster.connect(user="person")
        self.addCleanup(connection.close)
        self.assertEqual(self.ask(PUT, GET, connection=connection), "what Ada said")
        self.cluster.reload()
        names = (f"file-{number}" for number in range(1000))  # each needs a key of its own
        wait_until(lambda: self.ask(f"SELECT vvault.put_file('{next(names)}', 'x')",
                                    connection=connection) and self.runs() == 2, 20,
                   "a second run")

    def test_there_is_no_shell_no_input_no_environment_and_no_open_file(self):
        self.use(f"""
            printf '%s\\n' "$@" >{self.cluster.directory}/arguments
            env >{self.cluster.directory}/environment
            ls /proc/self/fd >{self.cluster.directory}/files
            cat >{self.cluster.directory}/input
            {self.ring()}""", arguments="$HOME;id *  `id`")
        self.assertEqual(self.ask(PUT, GET), "what Ada said")
        text = {name: (self.cluster.directory / name).read_text()
                for name in ("arguments", "environment", "files", "input")}
        self.assertEqual(text["arguments"].split("\n"), ["$HOME;id", "*", "`id`", ""])
        names = {line.partition("=")[0] for line in text["environment"].splitlines()}
        self.assertLessEqual(names, {"PATH", "HOME", "PWD", "SHLVL", "_", "OLDPWD"})
        self.assertEqual(text["files"].split(), ["0", "1", "2", "3"])  # 3 is the listing's own
        self.assertEqual(text["input"], "")

    def test_one_that_fails_says_so_and_is_not_run_for_each_statement(self):
        self.use("echo 'no such vault' >&2; exit 3")
        connection = self.cluster.connect(user="person")
        self.addCleanup(connection.close)
        began = time.monotonic()
        for _ in range(10):
            self.assertEqual(self.ask(PUT, connection=connection),
                             "VV013: It ended with exit code 3.")
        if time.monotonic() - began < 4:
            self.assertEqual(self.runs(), 1)
        self.assertNotIn("no such vault", self.cluster.log())
        wait_until(lambda: self.ask(PUT, connection=connection) and self.runs() > 1, 30,
                   "another try")

    def test_lists_go_on_without_it(self):
        self.use(self.ring())
        self.ask(PUT, GET)
        self.use("exit 1")
        self.assertEqual(self.ask("SELECT path FROM vvault.list_files() WHERE sha256 IS NULL"),
                         "a.txt")

    def test_one_that_is_killed_prints_nothing_or_does_not_exist(self):
        for body, why in (("kill -SEGV $$", "It was ended by signal 11."),
                          ("exit 0", "It printed nothing.")):
            self.use(body)
            self.assertEqual(self.ask(PUT), f"VV013: {why}")
        self.set(f"{self.cluster.directory}/nothing-here")
        self.assertEqual(self.ask(PUT), "VV013: It cannot be started: No such file or directory.")
        self.set("cat /dev/null")
        self.assertEqual(self.ask(PUT), "VV013: The setting does not begin with the absolute path"
                                        " of a program.")

    def test_one_that_hangs_is_ended_with_all_it_started(self):
        for body in ("sleep 1000 & echo $! >{0}; wait", "echo $$ >{0}; exec sleep 1000",
                     # Its output is closed, and still it goes on.
                     "trap '' TERM; echo $$ >{0}; exec >&- 2>&-; while :; do sleep 0.1; done"):
            self.use(body.format(self.path("pid").with_name(f"pid-{type(self).number + 1}")),
                     timeout="700ms")
            self.assertEqual(self.ask(PUT), "VV013: It did not end within 700 ms"
                                            " (vvault.root_key_command_timeout).")
            process_id = int(self.path("pid").read_text())
            wait_until(lambda: not is_alive(process_id), 10, "the program to be gone")

    def test_a_cancelled_query_ends_it(self):
        pid_file = self.cluster.directory / f"pid-{type(self).number + 1}"
        self.use(f"echo $$ >{pid_file}; exec sleep 1000")
        self.assertEqual(self.ask(PUT, before="SET statement_timeout = '500ms'")[:5], "57014")
        wait_until(lambda: not is_alive(int(pid_file.read_text())), 10, "the program to be gone")

    def test_a_session_that_ends_takes_it_along(self):
        for how in ("SELECT pg_terminate_backend(%s)", None):
            pid_file = self.cluster.directory / f"pid-{type(self).number + 1}"
            self.use(f"echo $$ >{pid_file}; exec sleep 1000")
            connection = self.cluster.connect(user="person")
            backend = connection.info.backend_pid
            asking = threading.Thread(target=self.ask, args=(PUT,),
                                      kwargs={"connection": connection}, daemon=True)
            asking.start()
            wait_until(lambda: pid_file.exists() and pid_file.read_text(), 10, "the program")
            if how:
                self.cluster.psql(how % backend)
            else:
                self.cluster.kill_backends()
            wait_until(lambda: not is_alive(int(pid_file.read_text())), 10,
                       "the program to be gone")
            asking.join(10)
            connection.close()
            wait_until(self.cluster.is_ready, 30, "the server")

    def test_one_that_prints_too_much_is_ended(self):
        self.use(f"{self.ring()}; exec yes '# and so on'")
        self.assertEqual(self.ask(PUT), "VV013: It printed more than 64 KiB.")

    def test_what_is_no_ring_is_refused_without_being_shown(self):
        for output in ("garbage", f"one {KEY}", f"1 {KEY}x", f"1 {KEY}\\n1 {KEY}",
                       f"1 {KEY}\\n3 {KEY}", "\\0\\0\\0", "\\377\\376"):
            self.use(f"printf '{output}\\n'")
            self.assertEqual(self.ask(PUT)[:5], "VV005", output)
        self.assertNotIn(KEY, self.cluster.log())
        self.assertNotIn("garbage", self.cluster.log())

    def test_a_file_and_a_command_at_once_are_refused(self):
        key_file = self.cluster.directory / "root-key"
        key_file.write_text(f"1 {KEY}\n")
        give_to_server(key_file, 0o400)
        self.use(self.ring(), file=str(key_file))
        self.assertEqual(self.ask(PUT), "VV005: Both vvault.root_key_file and"
                                        " vvault.root_key_command are set.")
        self.assertEqual(self.runs(), 0)

    def test_nobody_but_superusers_sees_or_sets_it(self):
        self.use(self.ring())
        for sql in ("SHOW vvault.root_key_command", "SET vvault.root_key_command = '/bin/true'"):
            connection = self.cluster.connect(user="person")
            self.addCleanup(connection.close)
            with connection.cursor() as cursor, self.assertRaises(psycopg2.Error) as refusal:
                cursor.execute("SELECT vvault.uuidv7()")  # loads the library
                cursor.execute(sql)
            self.assertIn(refusal.exception.pgcode, ("42501", "55P02"))


if __name__ == "__main__":
    unittest.main()
