"""Who may come in: ID tokens of an issuer on loopback, good and bad, and the rules of the vault."""

import hashlib
import hmac
import threading
import time
import unittest

from cryptography.hazmat.primitives import serialization
from issuer import CLIENT, Key, base64url, part
from signing_in_case import SigningInCase

GOOGLE = "https://accounts.google.com"


class FirstTimeTest(SigningInCase):
    def test_a_new_person_of_an_allowed_domain_gets_a_user_and_a_cookie(self):
        email = self.address()
        answer = self.sign_in(self.issuer.token(email, name="Ada Lovelace"),
                              headers={"User-Agent": "Firefox/1"})
        self.assertEqual(answer.status, 200, answer)
        body = answer.json
        self.assertEqual((body["ok"], body["created"]), (True, True))
        self.assertEqual((body["user"]["email"], body["user"]["name"]), (email, "Ada Lovelace"))
        self.assertNotIn("token", body)
        name, *attributes = answer.headers["Set-Cookie"].split("; ")
        self.assertTrue(name.startswith("vvault_session=vv_live_"))
        self.assertEqual(set(attributes), {"Path=/", f"Max-Age={90 * 86400}", "HttpOnly",
                                           "SameSite=Lax", "Secure"})
        self.assertEqual(answer.headers["Cache-Control"], "no-store")

        cookie = {"Cookie": name}
        me = self.nobody.get("/auth/me", cookie).json
        self.assertEqual((me["email"], me["kind"], me["token_name"], me["scopes"]),
                         (email, "session", "Firefox/1", ["*"]))
        self.assertEqual(self.nobody.get("/api/me", cookie).json["user"]["id"], me["user_id"])
        self.assertEqual(self.nobody.post("/constructs", {"name": "zen"}, cookie).status, 201)

        again = self.sign_in(self.issuer.token(email), bearer=True).json
        self.assertEqual((again["created"], again["user"]["id"]), (False, me["user_id"]))
        self.assertEqual(self.client(again["token"]).get("/whoami").json["user_id"], me["user_id"])

    def test_each_algorithm_counts(self):
        for algorithm in ("RS256", "ES256", "EdDSA"):
            answer = self.sign_in(self.issuer.token(self.address(), algorithm=algorithm))
            self.assertEqual(answer.status, 200, answer)

    def test_a_nonce_that_is_sent_must_be_the_tokens(self):
        for sent, status in (("n-1", 200), ("n-2", 401), (None, 200)):
            token = self.issuer.token(self.address(), nonce="n-1")
            self.assertEqual(self.sign_in(token, nonce=sent).status, status)

    def test_a_person_is_known_by_the_subject_and_not_by_the_address(self):
        email = self.address()
        first = self.sign_in(self.issuer.token(email, sub="known")).json["user"]["id"]
        moved = self.sign_in(self.issuer.token("elsewhere@nowhere.example", sub="known"))
        self.assertEqual(moved.json["user"]["id"], first)

    def test_two_first_sign_ins_at_once_are_one_person(self):
        email, answers = self.address(), []
        def enter():
            answers.append(self.sign_in(self.issuer.token(email), self.client()))
        threads = [threading.Thread(target=enter) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([answer.status for answer in answers], [200] * 6)
        self.assertEqual(len({answer.json["user"]["id"] for answer in answers}), 1)
        self.assertEqual(sum(answer.json["created"] for answer in answers), 1)


class RefusalsTest(SigningInCase):
    def refused(self, token, **members):
        return self.assertProblem(self.sign_in(token, **members), 401, "28P01")

    def test_what_no_issuer_has_signed_gets_one_answer(self):
        issuer, email = self.issuer, self.address()
        fine = issuer.token(email)
        head, body, signature = fine.split(".")
        stranger = Key("RS256")
        impostor = Key("RS256")
        impostor.id = issuer.key("RS256").id
        public = issuer.key("RS256").private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        shared = f"{part({'alg': 'HS256', 'kid': impostor.id})}.{body}"
        tokens = {
            "alg none": f"{part({'alg': 'none'})}.{body}.",
            "alg none, signed": f"{part({'alg': 'none'})}.{body}.{signature}",
            "the public key as a secret": f"{shared}." + base64url(
                hmac.new(public, shared.encode(), hashlib.sha256).digest()),
            "an impostor's key": issuer.token(email, key=impostor),
            "its own key": issuer.token(email, key=stranger, header={"jwk": stranger.jwk()}),
            "critical": issuer.token(email, header={"crit": ["exp"]}),
            "an access token": issuer.token(email, header={"typ": "at+jwt"}),
            "another body": f"{head}.{part(issuer.claims(email, sub='eve'))}.{signature}",
            "padding": fine + "=", "nonsense": "nonsense", "an API key": self.token,
            "an unknown issuer": issuer.token(email, iss="https://evil.example"),
            "no issuer": issuer.token(email, iss=None), "an unknown key": issuer.token(
                email, key=stranger), "huge": fine + "A" * 20000}
        told = set()
        for name, token in tokens.items():
            with self.subTest(name=name):
                body = self.refused(token)
                told.add((body["detail"], body["details"], body["title"]))
        self.assertEqual(len(told), 1, told)
        # None of it was used up, nor anybody made.
        self.assertEqual(self.sign_in(fine).json["created"], True)

    def test_what_the_issuer_has_signed_for_something_else_is_told(self):
        now = int(time.time())
        for claims, words in (({"aud": "other"}, "another client"), ({"exp": now - 61}, "expired"),
                              ({"iat": now + 120, "exp": now + 3600}, "future"),
                              ({"nbf": now + 120}, "not hold yet"), ({"azp": "other"}, "asked for it"),
                              ({"aud": [CLIENT, "other"]}, "several clients"),
                              ({"exp": now + 90000}, "more than a day"), ({"sub": ""}, "sub")):
            with self.subTest(claims=claims):
                body = self.refused(self.issuer.token(self.address(), **claims))
                self.assertIn(words, body["details"])

    def test_a_token_is_good_once(self):
        token = self.issuer.token(self.address())
        self.assertEqual(self.sign_in(token).status, 200)
        self.assertIn("used before", self.refused(token)["details"])
        answers = []
        token = self.issuer.token(self.address())
        threads = [threading.Thread(target=lambda: answers.append(
            self.sign_in(token, self.client()).status)) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(sorted(answers), [200] + [401] * 5)

    def test_a_request_must_be_one(self):
        self.assertProblem(self.nobody.post("/auth/oidc", {}), 422)
        self.assertProblem(self.nobody.post("/auth/oidc", {"id_token": 1}), 422)
        self.assertProblem(self.nobody.post("/auth/oidc", "no json"), 400)
        self.assertProblem(self.sign_in(self.issuer.token(), device="two\nlines"), 422)
        self.assertProblem(self.nobody.get("/auth/oidc"), 405)

    def test_a_page_elsewhere_signs_nobody_in(self):
        for headers in ({"Origin": "https://evil.example"}, {"Origin": "null"},
                        {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}):
            answer = self.sign_in(self.issuer.token(self.address()), headers=headers)
            self.assertProblem(answer, 403, "ORIGIN_REFUSED")
            self.assertNotIn("Set-Cookie", answer.headers)
        for headers in ({"Origin": f"http://127.0.0.1:{self.port}"}, {"Sec-Fetch-Site": "same-origin"}):
            answer = self.sign_in(self.issuer.token(self.address()), headers=headers)
            self.assertEqual(answer.status, 200)


class RulesTest(SigningInCase):
    def turned_away(self, token, route="/auth/oidc"):
        return self.assertProblem(self.sign_in(token, route=route), 403, "42501")

    def test_whom_no_rule_admits_is_turned_away(self):
        self.cluster.make_user("already@nolink.example")
        disabled = self.address()
        self.session(disabled)
        self.cluster.psql(f"UPDATE vvault.users SET status = 'disabled' WHERE email = '{disabled}'")
        told = set()
        for token in (self.issuer.token("ada@evil.example"), self.issuer.token(),
                      self.issuer.token("ada@sub.example.com"),
                      self.issuer.token(self.address(), email_verified=False),
                      self.issuer.token(self.address(), email_verified=None),
                      self.issuer.token("already@nolink.example"), self.issuer.token(disabled)):
            told.add(self.turned_away(token)["details"])
        self.assertEqual(len(told), 1)
        self.assertEqual(self.cluster.psql("SELECT count(*) FROM vvault.users"
                                           " WHERE email LIKE '%evil.example'"), "0")

    def test_a_listed_address_comes_in(self):
        self.assertEqual(self.sign_in(self.issuer.token("Guest@Other.example")).status, 200)

    def test_who_is_here_already_is_found_by_an_address_that_the_issuer_vouches_for(self):
        email = self.address()
        key = self.cluster.make_user(email)
        answer = self.sign_in(self.issuer.token(email)).json
        self.assertEqual(answer["created"], False)
        self.assertEqual(self.client(key).get("/whoami").json["user_id"], answer["user"]["id"])

    def test_google_counts_for_a_domain_that_it_hosts(self):
        self.cluster.psql(f"SELECT vvault.add_issuer('{GOOGLE}', '{{{CLIENT}}}',"
                          f" '{self.issuer.url}/jwks', allowed_domains => '{{example.com,gmail.com}}')")
        def google(email, **claims):
            return self.issuer.token(email, iss="accounts.google.com", **claims)
        self.age_keys()
        hosted = google(self.address(), hd="example.com")
        deadline = time.monotonic() + 20
        while (answer := self.sign_in(hosted, route="/auth/google")).status == 503:
            self.assertEqual(answer.json["code"], "VV018")
            self.assertLess(time.monotonic(), deadline)
            time.sleep(0.1)
        self.assertEqual(answer.status, 200, answer)
        self.assertEqual(self.nobody.post("/auth/google", {"credential": google(
            "someone@gmail.com")}).status, 200)
        self.turned_away(google(self.address()), "/auth/google")
        self.turned_away(google(self.address(), hd="evil.example"), "/auth/google")
        # The route of one issuer takes no token of another.
        self.assertProblem(self.sign_in(self.issuer.token(self.address()), route="/auth/google"),
                           401, "28P01")

    def test_accounts_are_linked_and_unlinked(self):
        client = self.client(self.cluster.make_user("mine@nolink.example"))
        me = client.get("/whoami").json["user_id"]
        foreign = self.issuer.token("work@corp.example")
        self.turned_away(foreign)
        linked = client.post("/auth/identities", {"id_token": self.issuer.token("work@corp.example")})
        self.assertEqual(linked.status, 201, linked)
        session = self.sign_in(self.issuer.token("work@corp.example"), bearer=True).json
        self.assertEqual(session["user"]["id"], me)
        self.assertEqual(client.get("/auth/identities").json["identities"][0]["issuer"],
                         self.issuer.url)
        self.assertProblem(self.grace.post("/auth/identities", {"id_token": self.issuer.token(
            "work@corp.example")}), 409, "23505")
        path = "/auth/identities/" + linked.json["id"]
        self.assertProblem(self.grace.delete(path), 404, "P0002")
        self.assertEqual(client.delete(path).status, 204)
        self.assertProblem(self.client(session["token"]).get("/whoami"), 401, "28000")
        self.turned_away(self.issuer.token("work@corp.example"))

    def test_who_was_shredded_is_a_stranger(self):
        email = self.address()
        token = self.session(email)
        before = self.client(token).get("/whoami").json["user_id"]
        self.cluster.psql(f"SELECT vvault.shred_user('{email}')")
        self.assertProblem(self.client(token).get("/whoami"), 401, "28000")
        after = self.sign_in(self.issuer.token(email)).json
        self.assertEqual(after["created"], True)
        self.assertNotEqual(after["user"]["id"], before)


class LogTest(SigningInCase):
    def test_no_log_tells_who_came(self):
        email = "canary@example.com"
        tokens = [self.issuer.token(email, name="Canary"), self.issuer.token("canary@evil.example"),
                  self.issuer.token(email, aud="other")]
        statuses = [self.sign_in(token, device="Canary").status for token in tokens]
        self.assertEqual(statuses, [200, 403, 401])
        for log in (self.gateway.log(), self.cluster.log()):
            self.assertNotIn("canary", log.lower())
            for token in tokens:
                self.assertNotIn(token.split(".")[1], log)


if __name__ == "__main__":
    unittest.main()
