"""The database goes away, comes back, refuses at the last moment, or takes too long."""

import threading
import time
import unittest

from gateway_case import GatewayCase, fresh
from harness.client import Client
from harness.processes import wait_until


class OutageTest(GatewayCase):
    needs_servers = True

    def wait_until_ready(self):
        wait_until(lambda: self.nobody.get("/readyz").status == 200, 20, "the gateway to recover")

    def test_a_restart_is_survived(self):
        name = self.conversation()
        for number in range(3):
            client_id = f"r{number}"
            self.assertEqual(self.ada.post(f"/conversations/{name}/messages",
                                           {"role": "user", "content": "x",
                                            "client_id": client_id}).status, 201)
            self.cluster.restart()
            # Idle connections died with the server; that alone fails no request.
            self.assertEqual(self.ada.get(f"/conversations/{name}/messages").status, 200)
        unrepeatable = self.ada.post(f"/conversations/{name}/messages",
                                     {"role": "user", "content": "no client id"})
        self.assertEqual(unrepeatable.status, 201)
        self.assertEqual(len(self.ada.messages(name)), 4)

    def test_backends_that_are_ended_are_replaced(self):
        name = self.conversation()
        for number in range(5):
            self.cluster.psql("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                              " WHERE application_name = 'vvault-gateway'")
            answer = self.ada.post(f"/conversations/{name}/messages",
                                   {"role": "user", "content": str(number)})
            self.assertEqual(answer.status, 201, answer)
        self.assertEqual([m["content"] for m in self.ada.messages(name)], list("01234"))

    def test_a_backend_that_is_ended_at_work_loses_and_doubles_nothing(self):
        name, stop, sent, failed = self.conversation(), threading.Event(), [], []

        def write():
            client, number = Client(self.port, self.token), 0
            while not stop.is_set():
                number += 1
                while True:
                    answer = client.post(f"/conversations/{name}/messages",
                                         {"role": "user", "content": str(number),
                                          "client_id": str(number)})
                    if answer.status in (200, 201):
                        sent.append(str(number))
                        break
                    failed.append(answer.status)
                    time.sleep(0.02)
            client.close()
        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(15):
            time.sleep(0.1)
            self.cluster.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                              " WHERE application_name = 'vvault-gateway'")
        stop.set()
        writer.join()
        self.assertLessEqual(set(failed), {503})
        self.assertEqual([m["content"] for m in self.client(self.token).messages(name)], sent)

    def test_while_it_is_away_each_dialect_says_so_its_way(self):
        name = self.conversation()
        self.cluster.stop()
        try:
            self.assertEqual(self.nobody.get("/healthz").status, 200)
            for client, method, path in ((self.nobody, "GET", "/readyz"),
                                         (self.ada, "GET", "/conversations"),
                                         (self.ada, "POST", f"/conversations/{name}/messages"),
                                         (self.ada, "PUT", "/files/a.md")):
                answer = client.request(method, path, {"role": "user", "content": "x"})
                self.assertProblem(answer, 503)
                self.assertEqual(answer.headers["Retry-After"], "1")
            for path in ("/api/health", "/health", "/api/vvault/conversations", "/api/me",
                         f"/api/vvault/chat/{name}"):
                self.assertProblem(self.ada.get(path), 500, "VVAULT_UNREACHABLE")
            answer = self.ada.post(f"/api/vvault/conversations/{name}/messages",
                                   {"role": "user", "content": "x"})
            self.assertProblem(answer, 503, "VVAULT_UNREACHABLE")
            self.assertEqual(answer.headers["Retry-After"], "1")
            began = time.monotonic()
            for _ in range(50):
                self.ada.get("/conversations")
            self.assertLess(time.monotonic() - began, 5)
        finally:
            self.cluster.start()
        self.wait_until_ready()
        self.assertEqual(self.ada.messages(name), [])

    def test_what_fails_at_the_commit_is_not_acknowledged(self):
        name = self.conversation()
        self.cluster.psql("""
            CREATE FUNCTION public.refuse_commit() RETURNS trigger LANGUAGE plpgsql AS
                $$ BEGIN RAISE EXCEPTION 'refused at the commit'; END $$;
            CREATE CONSTRAINT TRIGGER refuse_commit AFTER INSERT ON vvault.messages
                DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
                WHEN (NEW.client_id = 'refuse me') EXECUTE FUNCTION public.refuse_commit();""")
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": "x", "client_id": "refuse me"})
        self.assertProblem(answer, 500, "P0001")
        self.assertNotIn("refused at the commit", answer.body.decode())
        self.assertEqual(self.ada.messages(name), [])
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": "x", "client_id": "take me"})
        self.assertEqual(answer.status, 201)

    def test_a_lock_is_not_waited_for_for_ever(self):
        name = self.conversation()
        holder = self.cluster.connect()
        holder.cursor().execute("SELECT FROM vvault.sessions WHERE external_id = %s FOR UPDATE",
                                (name,))
        began = time.monotonic()
        answer = self.ada.post(f"/conversations/{name}/messages",
                               {"role": "user", "content": "x"})
        self.assertProblem(answer, 503, "55P03")
        self.assertLess(time.monotonic() - began, 8)
        # Others are served meanwhile, and this one again when the lock is gone.
        self.assertEqual(self.grace.get("/whoami").status, 200)
        holder.rollback()
        holder.close()
        self.assertEqual(self.ada.post(f"/conversations/{name}/messages",
                                       {"role": "user", "content": "x"}).status, 201)

    def test_without_the_root_key_content_waits_for_it(self):
        key = self.cluster.root_key()
        name = self.conversation()
        self.cluster.root_key_file.unlink()
        self.cluster.restart()
        try:
            self.assertEqual(self.nobody.get("/healthz").status, 200)
            answer = self.ada.post(f"/conversations/{name}/messages",
                                   {"role": "user", "content": "x"})
            self.assertEqual(answer.status, 503, answer)
        finally:
            self.cluster.write_root_key(key)
            self.cluster.restart()
        self.wait_until_ready()
        self.assertEqual(self.ada.post(f"/conversations/{name}/messages",
                                       {"role": "user", "content": "x"}).status, 201)

    def test_one_request_is_one_transaction_of_the_gateways_role(self):
        self.conversation()
        rows = self.cluster.psql(
            "SELECT DISTINCT usename, state, query ~ 'vv_live' FROM pg_stat_activity"
            " WHERE application_name = 'vvault-gateway'").splitlines()
        self.assertEqual(rows, ["chatty_gateway|idle|f"])


class OtherStatusTest(GatewayCase):
    environment = {"VVAULT_GET_OUTAGE_STATUS": "502"}

    def test_the_status_of_an_outage_can_be_set(self):
        self.cluster.stop()
        try:
            self.assertProblem(self.ada.get(f"/api/vvault/chat/{fresh('s')}"), 502,
                               "VVAULT_UNREACHABLE")
            self.assertProblem(self.ada.get("/conversations"), 503)
        finally:
            self.cluster.start()


if __name__ == "__main__":
    unittest.main()
