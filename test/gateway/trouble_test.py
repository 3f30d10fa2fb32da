"""Every kind of trouble with the database: 503 with Retry-After, recovery, nothing done twice."""

import time
import unittest

from gateway_case import GatewayCase
from harness.meddler import Meddler
from harness.processes import wait_until


class TroubleCase(GatewayCase):
    needs_servers = True

    def say(self, name: str, **more):
        return self.ada.post(f"/conversations/{name}/messages",
                             {"role": "user", "content": "x", **more})

    def assertAway(self, answer):
        self.assertProblem(answer, 503)
        self.assertEqual(answer.headers["Retry-After"], "1")

    def wait_until_ready(self):
        wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the gateway to recover")


class MeddledTest(TroubleCase):
    @classmethod
    def reach(cls) -> dict:
        cls.meddler = cls.enterClassContext(Meddler(cls.cluster))
        return cls.meddler.environment()

    def test_a_server_that_lets_nobody_in(self):
        name = self.conversation()
        for sqlstate in ("57P03", "57P02", "57P01", "53300", "53200", "08P01", "58030", "XX000"):
            with self.subTest(sqlstate=sqlstate):
                self.meddler.refuse = sqlstate
                self.meddler.drop_all()
                try:
                    self.assertAway(self.say(name))
                    self.assertAway(self.ada.get("/conversations"))
                    self.assertAway(self.nobody.get("/readyz"))
                    self.assertProblem(self.ada.get("/api/vvault/conversations"), 500,
                                       "VVAULT_UNREACHABLE")
                    self.assertEqual(self.nobody.get("/healthz").status, 200)
                finally:
                    self.meddler.refuse = None
                self.wait_until_ready()
                self.assertEqual(self.ada.messages(name), [])

    def test_a_connection_that_is_lost_in_the_commit(self):
        # The server has committed and the answer is lost: what came of it is unknown here.
        name = self.conversation()
        self.meddler.cut("after", "repeatable-word")
        answer = self.say(name, content="repeatable-word", client_id="safe to repeat")
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(answer.headers["Idempotent-Replayed"], "true")
        self.assertEqual(self.meddler.heard, 2)
        self.meddler.cut("after", "unrepeatable-word")
        self.assertAway(self.say(name, content="unrepeatable-word"))
        self.assertEqual(self.meddler.heard, 1)
        self.assertEqual([m["content"] for m in self.ada.messages(name)],
                         ["repeatable-word", "unrepeatable-word"])

    def test_a_connection_that_is_lost_before_the_server_heard(self):
        name = self.conversation()
        self.meddler.cut("before", "repeatable-word")
        self.assertEqual(self.say(name, content="repeatable-word", client_id="again").status, 201)
        self.meddler.cut("before", "unrepeatable-word")
        self.assertAway(self.say(name, content="unrepeatable-word"))
        self.assertEqual(self.meddler.heard, 0)
        self.assertEqual([m["content"] for m in self.ada.messages(name)], ["repeatable-word"])
        self.meddler.cut("before", name)
        self.assertEqual(self.ada.get(f"/conversations/{name}/messages").status, 200)

    def test_a_file_is_stored_once(self):
        # The same content again is no new version, so a file may be sent again.
        for when, heard in (("after", 2), ("before", 1)):
            with self.subTest(when=when):
                path = f"library/{when}-the-server.txt"
                self.meddler.cut(when, path)
                answer = self.ada.put(f"/files/{path}", b"content")
                self.assertEqual((answer.status, answer.json["version"]), (201, 1))
                self.assertEqual(self.meddler.heard, heard)


class ServerTest(TroubleCase):
    def test_no_connection_is_left(self):
        name = self.conversation()
        self.cluster.psql("ALTER ROLE chatty_gateway CONNECTION LIMIT 0;"
                          "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                          " WHERE usename = 'chatty_gateway'")
        try:
            self.assertAway(self.say(name))
            self.assertAway(self.ada.get("/conversations"))
        finally:
            self.cluster.psql("ALTER ROLE chatty_gateway CONNECTION LIMIT -1")
        self.wait_until_ready()
        self.assertEqual(self.say(name).status, 201)
        self.assertEqual(len(self.ada.messages(name)), 1)

    def test_fewer_connections_than_workers(self):
        name = self.conversation()
        self.cluster.psql("ALTER ROLE chatty_gateway CONNECTION LIMIT 2")
        try:
            statuses = {self.say(name, client_id=str(number)).status for number in range(50)}
            self.assertEqual(statuses, {201})
        finally:
            self.cluster.psql("ALTER ROLE chatty_gateway CONNECTION LIMIT -1")

    def test_a_database_that_only_reads(self):
        name = self.conversation()
        self.assertEqual(self.say(name).status, 201)
        self.cluster.psql("ALTER SYSTEM SET default_transaction_read_only = on")
        self.cluster.reload()
        try:
            wait_until(lambda: self.say(name).status == 503, 10, "the new setting")
            answer = self.say(name)
            self.assertAway(answer)
            self.assertEqual(answer.json["code"], "25006")
            self.assertAway(self.ada.put("/files/library/a.md", b"x"))
            self.assertEqual(len(self.ada.get(f"/conversations/{name}/messages").json["messages"]),
                             len(self.ada.messages(name)))
        finally:
            self.cluster.psql("SET default_transaction_read_only = off;"
                              "ALTER SYSTEM RESET default_transaction_read_only")
            self.cluster.reload()
        wait_until(lambda: self.say(name, client_id="back").status in (200, 201), 10,
                   "the database to write again")

    def test_a_database_that_crashes(self):
        name = self.conversation()
        for number in range(3):
            self.assertEqual(self.say(name, client_id=f"before-{number}").status, 201)
            self.cluster.kill_backends()
            statuses = []

            def taken():
                statuses.append(self.say(name, client_id=f"after-{number}").status)
                return statuses[-1] != 503
            wait_until(taken, 30, "the server to be back", pause=0.1)
            self.assertLessEqual(set(statuses), {200, 201, 503})
        self.assertEqual([m["client_id"] for m in self.ada.messages(name)],
                         [f"{when}-{number}" for number in range(3) for when in ("before", "after")])

    def test_a_database_that_is_slow(self):
        name = self.conversation()
        self.cluster.psql("""
            CREATE FUNCTION public.dawdle() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN PERFORM pg_sleep(90); RETURN NEW; END $$;
            CREATE TRIGGER dawdle BEFORE INSERT ON vvault.messages FOR EACH ROW
                WHEN (NEW.client_id = 'slowly') EXECUTE FUNCTION public.dawdle();""")
        began = time.monotonic()
        answer = self.say(name, client_id="slowly")
        self.assertAway(answer)
        self.assertEqual(answer.json["code"], "57014")
        self.assertLess(time.monotonic() - began, 45)
        self.cluster.psql("DROP TRIGGER dawdle ON vvault.messages")
        self.assertEqual(self.ada.messages(name), [])
        self.assertEqual(self.say(name, client_id="slowly").status, 201)


if __name__ == "__main__":
    unittest.main()
