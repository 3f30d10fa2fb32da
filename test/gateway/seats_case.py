"""A gateway whose seats are answered by a fake model."""

import json
import os
import shutil

from chatty_case import ChattyCase
from fake_model import FakeModel
from gateway_case import fresh
from harness.paths import fresh_directory
from harness.processes import free_port, server_account

KEY = "sk-canary-7f3a9b"


def own(path):
    """The server's user reads it, and nobody else."""
    path.chmod(0o600)
    if os.geteuid() == 0:
        account = server_account()
        os.chown(path, account.pw_uid, account.pw_gid)
    return path


class SeatsCase(ChattyCase):
    needs_servers = True
    total = 4_000  # milliseconds a question
    at_once = 32

    @classmethod
    def setUpClass(cls):
        cls.fake = cls.enterClassContext(FakeModel())
        cls.directory = fresh_directory("seats")
        cls.directory.chmod(0o755)
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.environment = {"VVAULT_SEATS_FILE": str(cls.write_settings())}
        super().setUpClass()

    @classmethod
    def write_settings(cls):
        """Seats named by the backends that they try, beside the three usual ones."""
        key = cls.directory / "key"
        key.write_text(KEY + "\n", encoding="ascii")
        own(key)

        def backend(model, url=cls.fake.url, total=1_000):
            return {"url": url, "model": model, "key_file": str(key),
                    "connect_milliseconds": 500, "total_milliseconds": total}

        models = {"good": "good", "slow": "slow", "e500": "error:500", "e429": "error:429",
                  "e401": "error:401", "garbage": "garbage", "odd": "odd", "html": "html",
                  "empty": "empty", "huge": "huge", "redirect": "redirect", "cut": "cut:0",
                  "cut3": "cut:3"}
        backends = {name: backend(model) for name, model in models.items()}
        backends["gone"] = backend("good", f"http://127.0.0.1:{free_port()}/v1")
        backends["patient"] = backend("slow", total=60_000)
        seats = {"conversation": {"backends": ["good"], "prompt": "You are {construct}."},
                 "coding": {"backends": ["good"]}, "creative": {"backends": ["good"]},
                 "all-fail": {"backends": ["gone", "e500", "garbage"]},
                 "patient": {"backends": ["patient"]}}
        for name in backends:
            seats["after-" + name] = {"backends": [name, "good"]}
            seats["only-" + name] = {"backends": [name]}
        path = cls.directory / "seats.json"
        path.write_text(json.dumps({
            "backends": backends, "seats": seats, "total_milliseconds": cls.total,
            "history_messages": 4, "history_bytes": 2000, "answer_bytes": 20_000,
            "at_once": cls.at_once}), encoding="utf-8")
        path.chmod(0o644)
        return path

    def setUp(self):
        super().setUp()
        self.fake.released.clear()

    def ask(self, text, seat=None, key=None, client=None, construct="zen-001", headers=None, **more):
        body = {"constructId": construct, "message": text, **more}
        if seat:
            body["seat"] = seat
        return (client or self.ada).post("/api/chatty/message", body,
                                         {"Idempotency-Key": key or fresh("key"), **(headers or {})})

    def talk(self, construct="zen-001", client=None) -> list:
        return (client or self.ada).messages(f"{construct}_chat_with_{construct}")

    def attempts(self) -> dict:
        answer = self.ada.get("/seats/report")
        self.assertEqual(answer.status, 200, answer)
        return {(line["seat"], line["backend"]): line for line in answer.json["seats"]}

    def metric(self, name: str, **labels) -> float:
        """The sum of the samples that have these labels."""
        total = 0
        for line in self.nobody.get("/metrics").body.decode().splitlines():
            if line.startswith((name + "{", name + " ")) \
                    and all(f'{label}="{value}"' in line for label, value in labels.items()):
                total += float(line.rpartition(" ")[2])
        return total
