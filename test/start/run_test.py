"""`make run`: what it leaves behind, what it reuses, how it stops, and what it refuses.

Each test has a home of its own.
"""

import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from running import SESSION, Run, RunTest, is_alive  # noqa: E402
from harness import wait_until  # noqa: E402
from harness.processes import (as_server, children_of, free_port, kill_at_once,  # noqa: E402
                               server_account)


class Home(RunTest):
    def test_what_a_first_run_leaves(self):
        run = self.start(VVAULT_EMAIL="ada@example.com", VVAULT_NAME="Ada Example")
        key = self.home / "api-key"
        self.assertEqual(stat.S_IMODE(key.stat().st_mode), 0o600)
        self.assertEqual(key.stat().st_uid, os.geteuid())
        self.assertRegex(key.read_text(), r"\Avv_live_[A-Za-z0-9_-]{43}\n\Z")
        root_key = self.home / "root-key"
        self.assertEqual(stat.S_IMODE(root_key.stat().st_mode), 0o400)
        self.assertEqual(root_key.stat().st_uid, server_account().pw_uid)
        self.assertEqual(stat.S_IMODE((self.home / "socket").stat().st_mode), 0o700)
        self.assertEqual(run.psql("SELECT current_user, current_database()"), "vvault|vvault")
        self.assertEqual(run.psql("SELECT email, display_name FROM vvault.users"),
                         "ada@example.com|Ada Example")
        self.assertEqual(run.psql("SHOW log_statement"), "none")
        self.assertEqual(run.psql("SHOW fsync"), "on")
        self.assertIn(f"ready at http://127.0.0.1:{self.port}", run.said())

    def test_servers_are_not_root_and_no_argument_is_secret(self):
        run = self.start()
        secrets = [(self.home / "api-key").read_text().strip(),
                   (self.home / "root-key").read_text().split()[-1]]
        self.assertEqual([len(secret) for secret in secrets], [51, 64])
        for process in (run.process.pid, run.postgres, run.gateway,
                        *children_of(run.postgres)):
            arguments = Path(f"/proc/{process}/cmdline").read_text()
            self.assertFalse([secret for secret in secrets if secret in arguments], arguments)
        for process in (run.postgres, run.gateway):
            self.assertEqual(Path(f"/proc/{process}").stat().st_uid, server_account().pw_uid)
            self.assertNotEqual(pwd.getpwuid(Path(f"/proc/{process}").stat().st_uid).pw_name,
                                "root")

    def test_servers_dump_no_core_and_log_no_content(self):
        run = self.start()
        for process in (run.postgres, run.gateway):
            limits = Path(f"/proc/{process}/limits").read_text()
            self.assertRegex(limits, r"Max core file size +0 +0 ")
        bad = run.psql("SELECT \"check\" FROM vvault.doctor() WHERE NOT ok").splitlines()
        self.assertEqual(set(bad) - {"core dumps", "locked memory"}, set())

    def test_a_second_run_reuses_everything(self):
        run = self.start()
        self.say_something(run, "first light")
        kept = {name: (self.home / name).read_bytes() for name in ("api-key", "root-key", "env")}
        self.assertEqual(run.stop(), 0, run.said())
        again = self.start()
        self.assertEqual({name: (self.home / name).read_bytes() for name in kept}, kept)
        self.assertEqual(self.contents(again), ["first light"])
        self.assertEqual(again.psql("SELECT count(*) FROM vvault.users"), "1")

    def test_a_lost_api_key_is_replaced(self):
        run = self.start()
        self.say_something(run, "mine")
        lost = (self.home / "api-key").read_text()
        self.assertEqual(run.stop(), 0)
        (self.home / "api-key").unlink()
        again = self.start()
        self.assertNotEqual((self.home / "api-key").read_text(), lost)
        self.assertEqual(self.contents(again), ["mine"])

    def test_a_home_whose_path_is_long_and_odd(self):
        self.home = self.home / ("it's $HOME " + "long" * 20)
        run = self.start()
        self.say_something(run, "from afar")
        self.assertEqual(run.psql("SELECT count(*) FROM vvault.messages"), "1")
        self.assertTrue((self.home / "socket").is_symlink())
        socket_directory = Path(os.readlink(self.home / "socket"))
        self.assertEqual(run.stop(), 0)
        shutil.rmtree(socket_directory if os.geteuid() else socket_directory.parent)

    def test_a_database_port_that_was_taken_meanwhile_is_replaced(self):
        run = self.start()
        self.assertEqual(run.stop(), 0)
        with socket.socket() as taken:
            port = (self.home / "port").read_text()
            taken.bind(("127.0.0.1", int(port)))
            for listens in (False, True):
                if listens:
                    taken.listen()
                (self.home / "port").write_text(port)
                again = self.start()
                self.assertEqual(again.psql("SELECT 1"), "1")
                self.assertEqual(again.stop(), 0)


class Stopping(RunTest):
    def test_sigterm_stops_both_cleanly(self):
        run = self.start()
        self.assertEqual(run.stop(signal.SIGTERM), 0, run.said())
        self.assert_both_gone(run)
        self.assertFalse((self.home / "data" / "postmaster.pid").exists())
        self.assertIn("database system is shut down", (self.home / "log/postgres.log").read_text())

    def test_ctrl_c_stops_both_cleanly(self):
        # Started as a shell starts a job with &, and to the whole group, as a terminal does it.
        run = self.start(started_with=["env", "--ignore-signal=INT"])
        os.killpg(run.process.pid, signal.SIGINT)
        self.assertEqual(run.wait(), 0, run.said())
        self.assert_both_gone(run)
        self.assertFalse((self.home / "data" / "postmaster.pid").exists())

    def test_a_stop_while_starting_leaves_nothing(self):
        run = self.launch()
        wait_until(lambda: (self.home / "data" / "postmaster.pid").exists(), 120, "Postgres")
        postgres = int((self.home / "data" / "postmaster.pid").read_text().split()[0])
        self.assertEqual(run.stop(), 0, run.said())
        self.assertFalse(is_alive(postgres))
        self.assertEqual(self.start().psql("SELECT count(*) FROM vvault.users"), "1")

    def test_when_the_gateway_dies_postgres_is_stopped(self):
        run = self.start()
        kill_at_once([run.gateway])
        self.assertEqual(run.wait(), 1)
        self.assert_both_gone(run)
        self.assertIn("the gateway has died", run.said())

    def test_when_postgres_dies_the_gateway_is_stopped_and_the_next_run_recovers(self):
        run = self.start()
        self.say_something(run, "before the kill")
        kill_at_once([run.postgres])
        self.assertEqual(run.wait(), 1)
        self.assert_both_gone(run)
        self.assertTrue((self.home / "data" / "postmaster.pid").exists())
        self.assertEqual(self.contents(self.start()), ["before the kill"])

    def test_when_the_script_itself_is_killed_nothing_stays(self):
        run = self.start()
        self.say_something(run, "still here")
        kill_at_once([run.process.pid])
        run.wait()
        again = self.start()
        self.assert_both_gone(run)
        self.assertEqual(self.contents(again), ["still here"])

    def test_everything_killed_at_once(self):
        run = self.start()
        self.say_something(run, "acknowledged")
        kill_at_once([run.process.pid, run.gateway, run.postgres, *children_of(run.postgres)])
        run.wait()
        self.assertEqual(self.contents(self.start()), ["acknowledged"])

    def test_a_pid_file_whose_number_is_another_process_now(self):
        run = self.start()
        kill_at_once([run.process.pid, run.gateway, run.postgres, *children_of(run.postgres)])
        run.wait()
        pid_file = self.home / "data" / "postmaster.pid"
        lines = pid_file.read_text().splitlines()
        with subprocess.Popen(as_server(["sleep", "600"])) as stranger:
            try:
                pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
                self.assertEqual(self.start().psql("SELECT 1"), "1")
            finally:
                stranger.kill()


class Refusals(RunTest):
    def test_a_second_instance_of_the_same_home_is_explained(self):
        run = self.start()
        second = Run(self.home, free_port())
        self.addCleanup(second.clean_up)
        self.assertEqual(second.wait(), 1)
        self.assertIn("already running", second.said())
        self.assertIn(str(run.process.pid), second.said())
        self.assertEqual(run.client().get("/healthz").status, 200)

    def test_a_lost_root_key_is_never_replaced(self):
        run = self.start()
        self.say_something(run, "sealed")
        self.assertEqual(run.stop(), 0)
        key = self.home / "root-key"
        key.rename(self.home / "elsewhere")
        refused = self.launch()
        self.assertEqual(refused.wait(), 1)
        self.assertIn("root key file", refused.said())
        self.assertFalse(key.exists())
        (self.home / "elsewhere").rename(key)
        self.assertEqual(self.contents(self.start()), ["sealed"])

    def test_a_root_key_that_does_not_serve_is_named_and_nothing_opens(self):
        run = self.start()
        self.say_something(run, "sealed")
        self.assertEqual(run.stop(), 0)
        key = self.home / "root-key"
        key.chmod(0o444)
        self.assert_closed("Its mode lets others than its owner at it", "VV005")
        good = key.read_text()
        key.chmod(0o600)
        key.write_text("1 " + "5a" * 32 + "\n")
        key.chmod(0o400)
        self.assert_closed("not the one this vault was sealed with", "VV004")
        key.chmod(0o600)
        key.write_text(good)
        self.assertEqual(self.contents(self.start()), ["sealed"])

    def assert_closed(self, reason: str, code: str) -> None:
        run = self.start()
        self.assertIn("nothing can be sealed or opened", run.said())
        self.assertIn(reason, run.said())
        client = run.client()
        self.assertEqual(client.get("/whoami").status, 200)
        self.assertEqual(client.get(f"/conversations/{SESSION}/messages").json["code"], code)
        client.close()
        self.assertEqual(run.stop(), 0)

    def test_a_port_that_is_taken_is_named(self):
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", self.port))
            taken.listen()
            run = self.launch()
            self.assertEqual(run.wait(), 1)
            self.assertIn(f"port {self.port} is taken", run.said())

    def test_a_port_that_is_none_is_named(self):
        run = Run(self.home, "eighty")
        self.addCleanup(run.clean_up)
        self.assertEqual(run.wait(), 1)
        self.assertIn("VVAULT_PORT", run.said())


# Only root can be somewhere that the servers' user cannot go.
if os.geteuid() == 0:

    class Unreachable(RunTest):
        def test_a_home_that_the_servers_user_cannot_reach(self):
            self.home.chmod(0o700)
            self.addCleanup(self.remove_state)
            run = self.start()
            state = Path(os.readlink(self.home / "data")).parent
            self.assertEqual(state.parent, Path("/var/lib/vvault"))
            self.say_something(run, "from a closed room")
            self.assertEqual(run.psql("SELECT count(*) FROM vvault.messages"), "1")
            self.assertEqual(stat.S_IMODE((self.home / "api-key").lstat().st_mode), 0o600)
            self.assertEqual(run.stop(), 0)
            self.assertEqual(self.contents(self.start()), ["from a closed room"])

        def remove_state(self):
            """Before the home with the link to it goes."""
            if (self.home / "data").is_symlink():
                shutil.rmtree(Path(os.readlink(self.home / "data")).parent)


if __name__ == "__main__":
    unittest.main()
