"""Through pgbouncer in transaction mode: what works without it works, and nobody is another."""

import threading
import unittest

import conversations_test
import events_test
import messages_test
from gateway_case import GatewayCase
from harness.client import Client
from harness.pooler import Pooler
from harness.processes import wait_until


class Pooled:
    """A class of tests, with three connections for all the gateway's workers."""

    needs_servers = True
    connections = 3

    @classmethod
    def reach(cls) -> dict:
        cls.pooler = cls.enterClassContext(Pooler(cls.cluster, cls.connections))
        return {**cls.environment, **cls.pooler.environment()}


class PooledSendingTest(Pooled, messages_test.SendingTest):
    pass


class PooledReadingTest(Pooled, messages_test.ReadingTest):
    pass


class PooledWritersTest(Pooled, messages_test.ManyWritersTest):
    pass


class PooledConversationsTest(Pooled, conversations_test.ConversationsTest):
    pass


class PooledEventsTest(Pooled, events_test.EventsTest):
    pass


class OneConnectionTest(Pooled, GatewayCase):
    connections = 1

    def test_callers_that_share_a_connection_share_nothing_else(self):
        people = {self.token: "ada@example.com", self.token2: "grace@example.com"}
        seen, failed = [], []

        def ask(token):
            client = Client(self.port, token)
            for _ in range(40):
                answer = client.get("/whoami")
                seen.append(answer.status)
                if answer.json.get("email") != people[token]:
                    failed.append(answer)
            client.close()
        threads = [threading.Thread(target=ask, args=(token,)) for token in people for _ in "123"]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual((set(seen), failed), ({200}, []))
        for client, status in ((self.nobody, 401), (self.client("vv_live_" + "x" * 43), 401)):
            self.assertEqual(client.get("/whoami").status, status)
            self.assertEqual(self.grace.get("/whoami").json["email"], "grace@example.com")

    def test_nothing_stays_behind_a_transaction(self):
        import psycopg2
        for _ in range(3):
            self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertEqual(self.ada.get("/conversations/none/messages").status, 404)
        connection = psycopg2.connect(self.pooler.dsn("chatty_gateway"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("SELECT coalesce(current_setting('vvault.ticket', true), ''),"
                           " current_setting('statement_timeout'), vvault.current_user_id(),"
                           " (SELECT count(*) FROM pg_prepared_statements)")
            self.assertEqual(cursor.fetchone(), ("", "0", None, 0))
        connection.close()
        backends = self.cluster.psql("SELECT count(*) FROM pg_stat_activity"
                                     " WHERE usename = 'chatty_gateway'")
        self.assertEqual(backends, "1")

    def test_times_and_bounds_are_those_of_a_connection_of_its_own(self):
        self.cluster.psql("ALTER ROLE chatty_gateway SET DateStyle = 'SQL, DMY';"
                          "ALTER ROLE chatty_gateway SET TimeZone = 'Asia/Tokyo';"
                          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                          " WHERE usename = 'chatty_gateway'")
        name = self.conversation()
        said = self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "x"})
        self.assertRegex(said.json["created_at"], r"^20..-..-..T..:..:..(\.\d+)?Z$")
        holder = self.cluster.connect()
        holder.cursor().execute("SELECT FROM vvault.sessions WHERE external_id = %s FOR UPDATE",
                                (name,))
        answer = self.ada.post(f"/conversations/{name}/messages", {"role": "user", "content": "x"})
        self.assertProblem(answer, 503, "55P03")
        holder.rollback()
        holder.close()

    def test_either_may_be_restarted(self):
        name = self.conversation()
        sent = []

        def say():
            content = str(len(sent) + 1)

            def done():
                answer = Client(self.port, self.token).post(
                    f"/conversations/{name}/messages",
                    {"role": "user", "content": content, "client_id": content})
                self.assertIn(answer.status, (200, 201, 503), answer)
                if answer.status == 503:
                    self.assertEqual(answer.headers["Retry-After"], "1")
                return answer.status != 503
            wait_until(done, 30, "the message to be taken", pause=0.1)
            sent.append(content)
        say()
        self.cluster.restart()
        say()
        self.pooler.stop()
        self.assertProblem(self.ada.get("/conversations"), 503)
        self.pooler.start()
        say()
        self.assertEqual([m["content"] for m in self.ada.messages(name)], sent)


if __name__ == "__main__":
    unittest.main()
