"""Whatever interrupts a run or goes on beside it, the rows it leaves are those of one quiet run."""

import os
import signal
import subprocess
import sys
import threading
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from migration import TOOL, MigrationTest  # noqa: E402

FILES, TURNS = 40, 30


class Resume(MigrationTest):
    def setUp(self):
        super().setUp()
        for number in range(FILES):
            turns = "".join(f"**{'User' if turn % 2 else 'Nova'}** (2026-02-11T16:{number:02}:"
                            f"{turn:02}.000Z):\n\nfile {number}, turn {turn}\n\n---\n\n"
                            for turn in range(TURNS))
            target = self.vault / f"instances/nova-001/chatty/old_{number:02}.md"
            target.write_text("---\n\n" + turns, encoding="utf-8")
        large = self.vault / "library/media/large.bin"
        large.parent.mkdir(parents=True)
        large.write_bytes(os.urandom(12 << 20))

    def rows(self) -> tuple:
        """Every file with its versions, every message in its place, as anybody sees them; with
        its time, unless the vault had to take that from its own clock."""
        files = {path: [version["sha256"] for version in
                        self.ada.get(f"/files/{path}?history").json["versions"]]
                 for path in self.stored()}
        threads = {name: [(one["seq"], one["role"], one["content"],
                           one["metadata"].get("timestampSource") == "unknown"
                           or one["timestamp"]) for one in messages]
                   for name, messages in self.conversations().items()}
        return files, threads

    def other_person(self):
        type(self).people += 1
        self.token = self.cluster.make_user(f"ada{self.people}@example.com", "Ada Example")
        self.ada = self.gateway.client(self.token)
        self.addCleanup(self.ada.close)

    def quiet_run(self) -> tuple:
        """What one undisturbed run leaves, seen in a vault of its own."""
        self.migrate_well("--workers", "1")
        rows = self.rows()
        self.other_person()
        return rows

    def start(self):
        return subprocess.Popen(
            [sys.executable, TOOL, self.folder], stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True,
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                 "XDG_STATE_HOME": str(self.state)})

    def test_killed_again_and_again_it_ends_as_if_it_had_never_been(self):
        wanted = self.quiet_run()
        for pause in (0.25, 0.4, 0.55, 0.7):
            tool = self.start()
            time.sleep(pause)
            os.killpg(tool.pid, signal.SIGKILL)
            tool.wait()
        report = self.migrate_well()
        self.assertEqual(self.rows(), wanted)
        self.assertEqual(report["audit"]["same"], len(self.files_on_disk()))

    def test_two_runs_at_once_leave_the_rows_of_one(self):
        wanted = self.quiet_run()
        tools = [self.start() for _ in range(2)]
        self.assertEqual([tool.wait(timeout=60) for tool in tools], [0, 0])
        self.assertEqual(self.rows(), wanted)

    def test_while_chatty_writes_nothing_is_lost_or_doubled(self):
        session = "nova-001_chat_with_nova-001"
        stop, sent = threading.Event(), []

        def chatty():
            client = self.gateway.client(self.token)
            while not stop.is_set():
                text = f"live {len(sent)}"
                answer = client.post("/api/vvault/conversations/" + session + "/messages",
                                     {"role": "user", "content": text,
                                      "timestamp": f"2026-03-01T00:00:{len(sent) % 60:02}.000Z",
                                      "metadata": {"clientMessageId": text}})
                if answer.status in (200, 201):
                    sent.append(text)
            client.close()

        writer = threading.Thread(target=chatty)
        writer.start()
        try:
            self.migrate_well()
            self.migrate_well("--fresh")
        finally:
            stop.set()
            writer.join()
        contents = [one["content"] for one in self.ada.messages(session)]
        self.assertGreater(len(sent), 3)
        self.assertEqual([text for text in contents if text.startswith("live")], sent)
        self.assertEqual(len(contents), len(sent) + 4)
        self.assertEqual(len(contents), len(set(contents)))

    def test_a_second_run_reads_nothing_that_has_not_changed(self):
        for path in self.vault.rglob("*"):
            os.utime(path, (1_700_000_000, 1_700_000_000))
        first = self.migrate_well()
        changed = self.vault / "instances/nova-001/chatty/old_00.md"
        with open(changed, "a", encoding="utf-8") as file:
            file.write("**User** (2026-02-12T16:00:00.000Z):\n\none more\n")
        with self.cluster.connect() as connection, connection.cursor() as cursor:
            cursor.execute("SELECT max(created_at) FROM vvault.messages")
            before = cursor.fetchone()
        connection.close()
        opened = self.opened_by("--no-audit")
        self.assertIn(str(changed), opened)
        self.assertFalse([name for name in opened if name.startswith(str(self.vault / "library"))
                          or "old_01" in name], before)
        again = self.migrate_well()
        self.assertEqual(again["turns"]["user"], first["turns"]["user"] + 1)
        self.assertEqual(again["messages"], {"added": 0, "known": sum(again["turns"].values())})

    def opened_by(self, *arguments) -> list:
        """Which files a run opens, as an audit hook in it tells."""
        script = ("import sys\nsys.argv = sys.argv[1:]\n"
                  "sys.addaudithook(lambda name, told: name == 'open' and"
                  " isinstance(told[0], str) and sys.stderr.write('OPEN ' + told[0] + '\\n'))\n"
                  f"sys.path.insert(0, {str(TOOL.parent)!r})\nimport runpy\n"
                  f"runpy.run_path({str(TOOL)!r}, run_name='__main__')\n")
        done = subprocess.run(
            [sys.executable, "-c", script, TOOL, *arguments, self.folder], check=False,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "VVAULT_URL": self.gateway.url, "VVAULT_TOKEN": self.token,
                 "XDG_STATE_HOME": str(self.state)})
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        return [line[5:] for line in done.stderr.splitlines() if line.startswith("OPEN ")]

    def test_without_what_it_remembers_it_still_does_nothing_twice(self):
        self.migrate_well()
        rows = self.rows()
        report = self.migrate_well("--fresh")
        self.assertEqual(report["files"]["unchanged"], len(self.files_on_disk()))
        self.assertEqual(report["messages"]["added"], 0)
        self.assertEqual(self.rows(), rows)

    def test_what_it_remembers_of_another_vault_counts_for_nothing(self):
        self.migrate_well("--state", self.state / "one.sqlite")
        self.other_person()
        report = self.migrate_well("--state", self.state / "one.sqlite")
        self.assertEqual(report["files"]["new"], len(self.files_on_disk()))
        self.assertEqual(report["messages"]["added"], sum(report["turns"].values()))


if __name__ == "__main__":
    unittest.main()
