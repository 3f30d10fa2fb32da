"""How much one caller may ask: requests by token, failures by address."""

import re
import threading
import time
import unittest

from gateway_case import GatewayCase, fresh
from harness.client import Client
from prometheus import parse, value


def unknown_token() -> str:
    return "vv_live_" + (fresh("x").replace("_", "") * 4)[:43]


class TokenLimitTest(GatewayCase):
    environment = {"VVAULT_TOKEN_RATE": "5/20", "VVAULT_FAILURE_RATE": "0"}

    def setUp(self):
        super().setUp()
        self.key = self.cluster.make_user(f"{fresh('user')}@example.com")
        self.caller = self.client(self.key)

    def spend(self) -> list:
        return [self.caller.get("/whoami") for _ in range(30)]

    def test_a_token_that_asks_too_much_is_told_when_to_come_back(self):
        answers = self.spend()
        statuses = [answer.status for answer in answers]
        good = statuses.count(200)
        self.assertTrue(20 <= good <= 27, statuses)
        self.assertEqual(statuses[:20], [200] * 20)
        refused = answers[-1]
        body = self.assertProblem(refused, 429, "TOO_MANY_REQUESTS")
        self.assertNotIn(self.key, str(body))
        wait = int(refused.headers["Retry-After"])
        self.assertEqual(wait, 1)
        time.sleep(wait)
        self.assertEqual(self.caller.get("/whoami").status, 200)

    def test_the_fields_tell_policy_and_what_is_left(self):
        left = []
        for answer in self.spend():
            self.assertEqual(answer.headers["RateLimit-Policy"], '"token";q=20;w=4')
            match = re.fullmatch(r'"token";r=(\d+);t=(\d+)', answer.headers["RateLimit"])
            self.assertTrue(match, answer.headers["RateLimit"])
            self.assertGreaterEqual(int(match.group(2)), 1)
            left.append(int(match.group(1)))
        self.assertEqual(left[0], 19)
        self.assertEqual(left[-1], 0)

    def test_it_is_nobody_elses_limit(self):
        self.spend()
        self.assertEqual(self.caller.get("/whoami").status, 429)
        self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertNotIn("RateLimit", self.nobody.get("/healthz").headers)
        for path in ("/healthz", "/readyz", "/health", "/api/health", "/metrics"):
            self.assertEqual(self.caller.get(path).status, 200, path)

    def test_many_at_once_get_no_more(self):
        self.caller.get("/whoami")
        statuses = []

        def ask():
            client = Client(self.port, self.key)
            statuses.extend(client.get("/whoami").status for _ in range(10))
            client.close()
        began = time.monotonic()
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        allowed = 19 + 5 * (time.monotonic() - began) + 1
        self.assertLessEqual(statuses.count(200), allowed)
        self.assertEqual(set(statuses), {200, 429})

    def test_refusals_are_counted(self):
        self.spend()
        _, samples = parse(self.nobody.get("/metrics").body.decode())
        self.assertGreaterEqual(value(samples, "vvault_http_refused_total", bound="token"), 3)


class FailureLimitTest(GatewayCase):
    environment = {"VVAULT_FAILURE_RATE": "60/10"}

    def test_guesses_end_and_those_who_are_known_go_on(self):
        # One test, since every request here comes from the same address.
        self.assertEqual(self.ada.get("/whoami").status, 200)
        answers = [self.client(unknown_token()).get(
            "/whoami", {"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(20)]
        statuses = [answer.status for answer in answers]
        self.assertEqual(statuses[:10], [401] * 10)
        self.assertEqual(statuses[-1], 429)
        self.assertProblem(answers[-1], 429, "TOO_MANY_FAILURES")
        self.assertGreaterEqual(int(answers[-1].headers["Retry-After"]), 1)
        # A token that has been good is heard, one that has not must wait.
        self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertEqual(self.grace.get("/whoami").status, 429)
        self.assertProblem(self.nobody.get("/whoami"), 401, "28000")
        time.sleep(int(answers[-1].headers["Retry-After"]) + 1)
        self.assertEqual(self.grace.get("/whoami").status, 200)
        # One that was good and is no more counts as a guess.
        self.cluster.psql("UPDATE vvault.tokens SET revoked_at = now()"
                          " WHERE user_id = (SELECT id FROM vvault.users"
                          " WHERE email = 'grace@example.com')")
        self.assertEqual({self.grace.get("/whoami").status for _ in range(15)}, {401, 429})


class ProxyTest(GatewayCase):
    environment = {"VVAULT_FAILURE_RATE": "60/10", "VVAULT_TRUSTED_PROXIES": "127.0.0.1,::1"}

    def guess(self, forwarded: str) -> list:
        return [self.client(unknown_token()).get(
            "/whoami", {"X-Forwarded-For": forwarded}).status for _ in range(14)]

    def test_each_client_behind_a_trusted_proxy_has_its_own_bucket(self):
        self.assertEqual(self.guess("198.51.100.1")[-1], 429)
        # What a client says about itself stands left of what the proxy knows, and counts nothing.
        self.assertEqual(set(self.guess("203.0.113.5, 198.51.100.1")), {429})
        self.assertEqual(set(self.guess("198.51.100.1,127.0.0.1")), {429})
        self.assertEqual(self.guess("198.51.100.2")[:10], [401] * 10)
        # One host has a whole network of IPv6.
        self.assertEqual(self.guess("2001:db8::1")[:10], [401] * 10)
        self.assertEqual(set(self.guess("2001:db8::ffff")), {429})
        self.assertEqual(self.guess("2001:db8:0:1::1")[:10], [401] * 10)
        self.assertEqual(self.guess("no address")[:10], [401] * 10)
        self.assertEqual(set(self.guess("198.51.100.3, unknown")), {429})  # both: the proxy's own


class UnlimitedTest(GatewayCase):
    environment = {"VVAULT_TOKEN_RATE": "0", "VVAULT_FAILURE_RATE": "0"}

    def test_no_limit_is_a_choice(self):
        answers = [self.ada.get("/whoami") for _ in range(300)]
        self.assertEqual({answer.status for answer in answers}, {200})
        self.assertNotIn("RateLimit", answers[0].headers)
        guesses = [self.client(unknown_token()).get("/whoami").status for _ in range(50)]
        self.assertEqual(set(guesses), {401})


class DefaultTest(GatewayCase):
    def test_the_old_client_never_meets_it(self):
        # It boots, hydrates, and saves a turn with a health check beside each: all day long.
        name = self.conversation()
        for number in range(200):
            statuses = {self.nobody.get("/api/health").status, self.ada.get("/api/me").status,
                        self.ada.post(f"/api/vvault/conversations/{name}/messages",
                                      {"role": "user", "content": "x",
                                       "metadata": {"clientMessageId": str(number)}}).status,
                        self.ada.get(f"/api/vvault/chat/{name}").status}
            self.assertLessEqual(statuses, {200, 201})


if __name__ == "__main__":
    unittest.main()
