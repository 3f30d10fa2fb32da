"""vvault-witness keeps what it has seen, refuses what does not extend it, and hands checkpoints
on whatever state the recipients are in."""

import base64
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "lib"))
sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tamper"))

from harness import REPOSITORY, Cluster, fresh_key  # noqa: E402
from harness.paths import fresh_directory  # noqa: E402
from harness.processes import wait_until  # noqa: E402
import thief  # noqa: E402
from vault_case import switch_triggers  # noqa: E402

PROGRAM = REPOSITORY / "build" / "witness" / "vvault-witness"


class Endpoint(ThreadingHTTPServer):
    """A C2SP witness of sorts: remembers the size, asks for the right one, can misbehave."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.bodies, self.size, self.status, self.delay = [], 0, 200, 0
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def handle_error(self, *_):
        """A client that has stopped waiting is part of the test."""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/add-checkpoint"


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        server = self.server
        server.bodies.append(body)
        time.sleep(server.delay)
        proof, _, note = body.partition("\n\n")
        old, new = int(proof.split("\n")[0].removeprefix("old ")), int(note.split("\n")[1])
        if server.status != 200:
            return self.answer(server.status, "")
        if old != server.size:
            return self.answer(409, f"{server.size}\n")
        server.size = new
        return self.answer(200, "\u2014 other.example/w AAAA\n")

    def answer(self, status: int, text: str):
        self.send_response(status)
        self.send_header("Content-Length", str(len(text.encode())))
        self.end_headers()
        self.wfile.write(text.encode())

    def log_message(self, *_):
        pass


class Witness(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = cls.enterClassContext(Cluster(ledger_key=fresh_key()))
        cls.cluster.psql("CREATE ROLE witness LOGIN IN ROLE vvault_witness")
        cls.ada = cls.cluster.make_user("ada@example.com")
        cls.cluster.psql("SELECT vvault.ledger_seal()")

    def setUp(self):
        self.directory = fresh_directory("witness")
        self.state = self.directory / "state"
        self.state.mkdir()
        self.keys = self.directory / "keys"
        self.keys.write_text(self.cluster.psql("SELECT vvault.ledger_keys()") + "\n")
        self.log = self.directory / "log"
        self.process = None
        self.addCleanup(self.end)

    def start(self, **settings) -> None:
        environment = {**os.environ, **self.cluster.environment(user="witness"),
                       "VVAULT_WITNESS_STATE": str(self.state),
                       "VVAULT_WITNESS_KEYS": str(self.keys),
                       "VVAULT_WITNESS_INTERVAL_MS": "50", "VVAULT_WITNESS_TIMEOUT_MS": "1000",
                       **{f"VVAULT_WITNESS_{name}": str(value) for name, value in settings.items()}}
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(PROGRAM)], env=environment, stderr=log)

    def end(self) -> int:
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=20)
        self.process = None
        return code

    def grow(self) -> int:
        self.cluster.make_user(f"p{time.monotonic_ns()}@example.com")
        return int(self.cluster.psql("SELECT vvault.ledger_seal()"))

    def until(self, condition, what: str):
        try:
            return wait_until(condition, 20, what, pause=0.05)
        except AssertionError as failure:
            raise AssertionError(f"{failure}; its log:\n{self.log.read_text()}") from None

    def kept(self) -> int:
        path = self.state / "checkpoint"
        return int(path.read_text().split("\n")[1]) if path.exists() else 0

    def status(self, name: str):
        row = self.cluster.psql("SELECT coalesce(size, 0), coalesce(error, '') FROM"
                                f" vvault.ledger_witnesses WHERE name = '{name}'")
        size, _, error = row.partition("|")
        return int(size or 0), error

    def test_keeps_and_appends(self):
        file = self.directory / "notes"
        self.start(FILE=file)
        first = int(self.cluster.psql("SELECT vvault._ledger_size()"))
        self.until(lambda: self.kept() == first, "the first checkpoint")
        size = self.grow()
        self.until(lambda: self.status(f"file {file}")[0] == size, "the report of the file")
        notes = file.read_text()
        self.assertEqual(re.findall(r"^(\d+)$", notes, re.MULTILINE), [str(first), str(size)])
        self.assertTrue(notes.rstrip("\n").endswith(
            self.cluster.psql("SELECT vvault.ledger_checkpoint()").rstrip("\n")))
        self.assertEqual(self.status("witness"), (size, ""))
        self.assertEqual(self.end(), 0)

    def test_goes_on_after_a_restart(self):
        self.start()
        self.until(self.kept, "a checkpoint")
        self.process.kill()
        self.process.wait()
        size = self.grow()
        self.start()
        self.until(lambda: self.kept() == size, "the checkpoint made meanwhile")
        self.assertEqual(self.end(), 0)

    def test_command(self):
        seen = self.directory / "seen"
        program = self.directory / "program"
        program.write_text(f"#!/bin/sh\nprintf '%s|' \"$@\" >{seen}.args\ncat >{seen}.new\n"
                           f"mv {seen}.new {seen}\n")
        program.chmod(0o755)
        self.start(COMMAND=f"{program} $(id) *")
        self.until(seen.exists, "the command")
        self.assertEqual(seen.read_text(), self.cluster.psql("SELECT vvault.ledger_checkpoint()") + "\n")
        self.assertEqual(Path(f"{seen}.args").read_text(), "$(id)|*|", "no shell has seen it")

    def test_command_that_fails_or_hangs(self):
        for text, told in (("exit 7", "ended with 7"), ("sleep 600", "took too long")):
            with self.subTest(text=text):
                program = self.directory / "program"
                program.write_text(f"#!/bin/sh\n{text}\n")
                program.chmod(0o755)
                self.start(COMMAND=program)
                self.until(lambda: told in self.status(f"command {program}")[1], "the report")
                size = self.grow()
                self.until(lambda: self.kept() == size, "the witness itself to go on")
                self.end()
        self.start(COMMAND=self.directory / "nothing")
        self.until(lambda: "does not start" in self.log.read_text(), "the report")

    def test_endpoint(self):
        endpoint = Endpoint()
        self.addCleanup(endpoint.shutdown)
        self.start(URL=endpoint.url)
        self.until(lambda: endpoint.size == self.kept() > 0, "the first checkpoint")
        old, size = endpoint.size, self.grow()
        self.until(lambda: endpoint.size == size, "the next")
        proof, _, note = endpoint.bodies[-1].partition("\n\n")
        self.assertEqual(note, self.cluster.psql("SELECT vvault.ledger_checkpoint()") + "\n")
        lines = proof.split("\n")
        self.assertEqual(lines[0], f"old {old}")
        expected = self.cluster.psql("SELECT encode(h, 'hex') FROM unnest("
                                     f"vvault.ledger_consistency_proof({old}, {size})) AS h")
        self.assertEqual([base64.b64decode(line).hex() for line in lines[1:]], expected.split())
        self.until((self.state / "cosigned").exists, "the cosignature")
        self.assertTrue((self.state / "cosigned").read_text().endswith("other.example/w AAAA\n"))

    def test_endpoint_that_knows_another_size(self):
        endpoint = Endpoint()
        self.addCleanup(endpoint.shutdown)
        endpoint.size = int(self.cluster.psql("SELECT min(size) FROM vvault.ledger_checkpoints"))
        size = self.grow()
        self.start(URL=endpoint.url)
        self.until(lambda: endpoint.size == size, "the second try, with its own size")
        self.assertEqual(len(endpoint.bodies), 2)

    def test_endpoint_slow_refusing_and_gone(self):
        endpoint = Endpoint()
        file = self.directory / "notes"
        name = f"endpoint {endpoint.url}"
        endpoint.delay = 3
        self.start(URL=endpoint.url, FILE=file)
        self.until(lambda: "does not answer" in self.status(name)[1], "a slow one to be told of")
        size = self.grow()
        self.until(lambda: self.status(f"file {file}")[0] == size, "the file not to wait for it")
        endpoint.delay, endpoint.status = 0, 403
        self.until(lambda: "answers 403" in self.status(name)[1], "a refusal to be told of")
        endpoint.status = 200
        self.until(lambda: self.status(name) == (size, ""), "it to be tried again")
        endpoint.shutdown()
        endpoint.server_close()
        self.grow()
        self.until(lambda: "does not answer" in self.status(name)[1], "one that is gone")
        began = time.monotonic()
        self.assertEqual(self.end(), 0)
        self.assertLess(time.monotonic() - began, 5)

    def test_database_that_is_gone(self):
        self.start()
        self.until(self.kept, "a checkpoint")
        self.cluster.stop()
        self.until(lambda: "vvault-witness: " in self.log.read_text(), "a word about it")
        self.cluster.start()
        size = self.grow()
        self.until(lambda: self.kept() == size, "it to go on")
        self.assertEqual(self.end(), 0)

    def test_forged_key(self):
        self.keys.write_text("vvault/other+00000000+AAAA\n")
        self.start()
        self.assertEqual(self.process.wait(timeout=20), 1)
        self.process = None
        self.assertIn("no verifier key", self.log.read_text())

    def test_damaged_memory(self):
        (self.state / "checkpoint").write_text("nothing\n")
        self.start()
        self.assertEqual(self.process.wait(timeout=20), 1)
        self.process = None
        self.assertIn("holds no checkpoint", self.log.read_text())


class Rewritten(unittest.TestCase):
    """Each in a cluster of its own, which is not to be trusted afterwards."""

    setUp, start, end, until = Witness.setUp, Witness.start, Witness.end, Witness.until
    kept, status, grow = Witness.kept, Witness.status, Witness.grow

    def run(self, result=None):
        with Cluster(ledger_key=fresh_key()) as self.cluster:
            self.cluster.psql("CREATE ROLE witness LOGIN IN ROLE vvault_witness")
            for _ in range(3):
                self.grow()
            super().run(result)

    def test_rewritten_with_the_key(self):
        file = self.directory / "notes"
        self.start(FILE=file)
        self.until(lambda: self.status(f"file {file}")[0] == self.kept() > 0, "a checkpoint")
        kept = (self.state / "checkpoint").read_text()
        with self.cluster.connect() as connection, connection.cursor() as cursor:
            switch_triggers(cursor, "DISABLE")
            cursor.execute("SELECT id::text FROM vvault.ledger_entries"
                           " WHERE event_type = 'user.created' ORDER BY id LIMIT 1")
            thief.rewrite_entry(cursor, cursor.fetchone()[0], "{}")
            thief.rebuild_tree(cursor, thief.stolen(self.cluster))
            switch_triggers(cursor, "ENABLE")
        connection.close()
        self.grow()
        self.until(lambda: "ALARM" in self.status("witness")[1], "the alarm")
        self.assertEqual((self.state / "checkpoint").read_text(), kept, "it keeps what it saw")
        self.assertNotEqual((self.state / "refused").read_text(), kept)
        self.assertEqual(len(re.findall(r"^\d+$", file.read_text(), re.MULTILINE)), 1)
        self.assertEqual(self.end(), 3)

    def test_put_back(self):
        copy = self.directory / "copy"
        self.cluster.stop()
        subprocess.run(["cp", "-a", self.cluster.data, copy], check=True)
        self.cluster.start()
        size = self.grow()
        self.start()
        self.until(lambda: self.kept() == size, "the newest checkpoint")
        self.cluster.stop()
        shutil.rmtree(self.cluster.data)
        subprocess.run(["cp", "-a", copy, self.cluster.data], check=True)
        self.cluster.start()
        self.until(lambda: "ALARM: the ledger has become shorter" in self.log.read_text(), "alarm")
        self.assertEqual(self.kept(), size)
        self.assertEqual(self.end(), 3)


if __name__ == "__main__":
    unittest.main()
