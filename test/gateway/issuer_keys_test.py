"""The keys of issuers: fetched beside the requests, kept fresh, and never made worse."""

import json
import time
import unittest

from harness.gateway import Gateway
from harness.processes import wait_until
from issuer import Issuer, Key
from signing_in_case import SigningInCase


class FreshTest(SigningInCase):
    def kept(self, column: str) -> str:
        return self.cluster.psql(f"SELECT {column} FROM vvault.list_issuers() i"
                                 f" WHERE i.issuer = '{self.issuer.url}'")

    def until_accepted(self, make, seconds=20):
        """Signs in until the keys are there; each refusal in between says so, and when to ask."""
        deadline = time.monotonic() + seconds
        while (answer := self.sign_in(make())).status != 200:
            self.assertProblem(answer, 503, "VV018")
            self.assertEqual(answer.headers["Retry-After"], "1")
            self.assertLess(time.monotonic(), deadline, answer)
            time.sleep(0.1)

    def test_a_new_key_is_found_and_an_old_one_forgotten(self):
        old, new = self.issuer.key("RS256"), Key("RS256")
        self.issuer.keys.insert(0, new)
        self.age_keys()
        self.until_accepted(lambda: self.issuer.token(self.address(), key=new))
        self.assertEqual(self.sign_in(self.issuer.token(self.address(), key=old)).status, 200)
        self.issuer.keys.remove(old)
        newest = Key("ES256")
        self.issuer.keys.insert(0, newest)
        self.age_keys()
        self.until_accepted(lambda: self.issuer.token(self.address(), key=newest))
        self.assertProblem(self.sign_in(self.issuer.token(self.address(), key=old)), 401, "28P01")

    def test_unknown_keys_lead_to_the_issuer_once_in_a_while(self):
        self.age_keys()
        stranger = Key("EdDSA")
        asked = self.issuer.asked.count("/jwks")
        def status():
            return self.sign_in(self.issuer.token(self.address(), key=stranger)).status
        self.assertEqual(status(), 503)
        wait_until(lambda: status() == 401, 20, "keys fresh enough to say no")
        self.assertEqual({status() for _ in range(20)}, {401})
        self.assertLessEqual(self.issuer.asked.count("/jwks") - asked, 1)

    def test_keys_that_did_not_change_are_not_sent_again(self):
        self.age_keys()
        fetched = self.kept("fetched_at")
        self.sign_in(self.issuer.token(self.address(), key=Key("RS256")))
        wait_until(lambda: self.kept("fetched_at") != fetched, 20, "a look at the issuer")
        self.assertEqual(self.kept("usable_keys"), str(len(self.issuer.keys)))
        self.assertEqual(self.kept("expires_at - fetched_at"), "01:00:00")
        before = self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"
                                   " WHERE event_type = 'issuer_keys.updated'")
        self.issuer.cache_control = "max-age=7, must-revalidate"
        self.addCleanup(setattr, self.issuer, "cache_control", "public, max-age=3600")
        self.age_keys()
        self.sign_in(self.issuer.token(self.address(), key=Key("RS256")))
        wait_until(lambda: self.kept("expires_at - fetched_at") == "00:05:00", 20,
                   "the shortest life")
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM vvault.ledger_entries"
                                           " WHERE event_type = 'issuer_keys.updated'"), before)

    def test_an_issuer_that_is_down_slow_or_mad_changes_nothing(self):
        huge = json.dumps({"keys": [], "x": "x" * 300_000}).encode()
        evil = Key("RS256")
        for name, answer in {"down": (500, b"", {}), "no JSON": (200, b"<html>", {}),
                             "huge": (200, huge, {}), "empty": (200, b'{"keys":[]}', {}),
                             "elsewhere": (302, b"", {"Location": "http://127.0.0.1:1/jwks"}),
                             }.items():
            with self.subTest(name=name):
                # A gateway of its own has not been told by the others to wait.
                with Gateway(self.cluster, self.environment) as gateway:
                    self.issuer.answers["/jwks"] = answer
                    self.addCleanup(self.issuer.answers.clear)
                    asked = self.issuer.asked.count("/jwks")
                    self.age_keys()
                    client = gateway.client()
                    refused = self.sign_in(self.issuer.token(self.address(), key=evil), client)
                    self.assertProblem(refused, 503, "VV018")
                    wait_until(lambda: self.issuer.asked.count("/jwks") > asked, 20, "the look")
                    wait_until(lambda: "were not fetched" in gateway.log(), 20, "the warning")
                    self.assertEqual(self.sign_in(self.issuer.token(self.address()), client).status,
                                     200)
                    client.close()
                self.issuer.answers.clear()

    def test_no_request_waits_for_an_issuer(self):
        self.issuer.delay = 8
        self.addCleanup(setattr, self.issuer, "delay", 0)
        self.age_keys()
        began = time.monotonic()
        refused = self.sign_in(self.issuer.token(self.address(), key=Key("RS256")))
        self.assertProblem(refused, 503, "VV018")
        self.assertEqual(self.sign_in(self.issuer.token(self.address())).status, 200)
        self.assertEqual(self.ada.get("/whoami").status, 200)
        self.assertLess(time.monotonic() - began, 4)

    def test_keys_that_are_a_day_too_old_count_no_more(self):
        self.issuer.answers["/jwks"] = (500, b"", {})
        self.addCleanup(self.issuer.answers.clear)
        self.cluster.psql("UPDATE vvault.issuer_fetches SET fetched_at = now() - interval '2 days',"
                          " expires_at = now() - interval '23 hours'")
        self.assertEqual(self.sign_in(self.issuer.token(self.address())).status, 200)
        self.cluster.psql("UPDATE vvault.issuer_fetches SET expires_at = now() - interval '25 hours'")
        self.assertProblem(self.sign_in(self.issuer.token(self.address())), 503, "VV018")
        self.issuer.answers.clear()
        self.until_accepted(lambda: self.issuer.token(self.address()), 40)


class DiscoveryTest(SigningInCase):
    def test_a_discovery_document_must_be_the_issuers_own(self):
        path = "/.well-known/openid-configuration"
        for name, document in (("another issuer", {"issuer": "https://evil.example"}),
                               ("no keys", {"jwks_uri": None}), ("no https", {
                                   "jwks_uri": "http://keys.example/jwks"}),
                               ("a file", {"jwks_uri": "file:///etc/passwd"})):
            with self.subTest(name=name), Issuer() as second:
                body = {"issuer": second.url, "jwks_uri": second.url + "/jwks", **document}
                second.answers[path] = (200, json.dumps(body).encode(), {})
                self.cluster.psql(f"SELECT vvault.add_issuer('{second.url}', '{{a}}')")
                self.assertProblem(self.sign_in(second.token()), 503, "VV018")
                wait_until(lambda: f"{second.url}: its discovery document" in self.gateway.log(), 40,
                           "the warning")
                self.assertEqual(second.asked.count("/jwks"), 0)
                self.cluster.psql(f"SELECT vvault.remove_issuer('{second.url}')")


class ApartTest(SigningInCase):
    environment = {}  # this gateway fetches no keys

    @classmethod
    def wait_for_keys(cls):
        """Nobody brings any."""

    def test_keys_are_brought_by_whoever_has_the_role_and_by_nobody_else(self):
        self.assertProblem(self.sign_in(self.issuer.token(self.address())), 503, "VV018")
        for role in ("chatty_gateway", "person"):
            with self.assertRaisesRegex(RuntimeError, "42501"):
                self.cluster.psql(f"SELECT vvault.set_issuer_keys('{self.issuer.url}', NULL)",
                                  user=role)
        fetcher = Gateway(self.cluster, {"VVAULT_KEYS_USER": "chatty_keys", "VVAULT_ONLY_KEYS": "1"})
        fetcher._answers = lambda: "fetching keys" in fetcher.log()
        with fetcher:
            wait_until(lambda: self.sign_in(self.issuer.token(self.address())).status == 200, 20,
                       "keys from beside")
            with self.assertRaises(OSError):
                fetcher.client().get("/healthz")


if __name__ == "__main__":
    unittest.main()
