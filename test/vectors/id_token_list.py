"""The list of ID tokens and what must become of each: id_tokens.json."""

from cryptography.hazmat.primitives import serialization

from id_token_cases import (
    CLIENT, ISSUER, KEYS, NOT_GENUINE, NOW, OTHER_RSA, RSA, WEAK_RSA, base64url, case, claims,
    compact, der_signed, jwk, keyed_by, malleated, noise, resigned, token)


def good():
    yield case("RS256", token())
    yield case("ES256", token(alg="ES256"))
    yield case("EdDSA", token(alg="EdDSA"))
    yield case("ES256, the other signature of the same text", malleated(token(alg="ES256")))
    yield case("without a key id where one key fits", token(header={"kid": None}))
    yield case("without a type", token(header={"typ": None}))
    yield case("a type in lower case", token(header={"typ": "jwt"}))
    yield case("unknown members", token(claims(at_hash="x", acr="1"), header={"x5t": "AAAA"}))
    yield case("one of several clients", token(claims(aud=["other", CLIENT], azp=CLIENT)))
    yield case("a list of one client", token(claims(aud=[CLIENT])))
    yield case("another client of ours asked", token(claims(azp="second.apps.example")))
    yield case("times with fractions", token(claims(iat=NOW - 10.5, exp=NOW + 10.25)))
    yield case("expired within the leeway", token(claims(exp=NOW - 59)))
    yield case("ahead within the leeway", token(claims(iat=NOW + 60, nbf=NOW + 60)))
    yield case("a nonce nobody asked for", token(claims(nonce="n-0S6_WzA2Mj")))
    yield case("the nonce that was asked for", token(claims(nonce="n-0S6_WzA2Mj")),
               nonce="n-0S6_WzA2Mj")
    yield case("verified as a text", token(claims(email_verified="true")))
    yield case("not verified", token(claims(email_verified=False)), email_verified=False)
    yield case("not verified, as a text", token(claims(email_verified="yes")), email_verified=False)
    yield case("nothing said of verification", token(claims(email_verified=None)),
               email_verified=False)
    yield case("no address", token(claims(email=None)), email=None, email_verified=False)
    yield case("a hosted domain", token(claims(hd="Example.com")), hosted_domain="example.com")
    yield case("no name", token(claims(name=None)), name=None)
    yield case("a name that is none", token(claims(name="a\nb")), name=None)
    yield case("a name in another script", token(claims(name="Ада")), name="Ада")


def unsigned_and_confused():
    fine = token()
    head, body, signature = fine.split(".")
    public = RSA.public_key()
    none = base64url(compact({"alg": "none"}))
    for name, text in {
            "nothing": "", "dots": "..", "two parts": head + "." + body, "four parts": fine + ".a",
            "five parts": fine + ".a.a", "alg none": f"{none}.{body}.",
            "alg none with a signature": f"{none}.{body}.{signature}",
            "alg NONE": token(header={"alg": "NONE"}), "no alg": token(header={"alg": None}),
            "no signature": f"{head}.{body}.", "padded": fine + "=", "a blank": " " + fine,
            "a line end": fine + "\n", "standard base64": f"{head}+.{body}.{signature}",
            "HS256 by the public key as PEM": keyed_by(fine, public.public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)),
            "HS256 by the modulus": keyed_by(
                fine, public.public_numbers().n.to_bytes(256, "big")),
            "HS256 by the published secret": keyed_by(fine, noise("shared", 32)),
            "PS256": token(header={"alg": "PS256"}), "RS512": token(header={"alg": "RS512"}),
            "another text signed": f"{head}.{base64url(compact(claims(sub='eve')))}.{signature}",
            "signed by another key": token(key=OTHER_RSA),
            "a short signature": resigned(fine, b"\x01"),
            "ES256 as DER": der_signed(token(alg="ES256")),
            "ES256 of zeros": resigned(token(alg="ES256"), bytes(64)),
            "EdDSA cut": token(alg="EdDSA")[:-2],
            "too long": token(claims(padding="x" * 17000)),
    }.items():
        yield case(name, text, refused=NOT_GENUINE)
    for name, alg, kid in (("RS256 by the EC key", "RS256", "p256"),
                           ("ES256 by the RSA key", "ES256", "rsa"),
                           ("EdDSA by the EC key", "EdDSA", "p256")):
        yield case(name, token(alg=alg, header={"kid": kid}), no_key=True)


def foreign_keys():
    for kid in ("for encryption", "for PSS", "for signing only", "published", "exponent 1", "even"):
        yield case(f"key {kid}", token(key=OTHER_RSA, header={"kid": kid}), no_key=True)
    yield case("a weak key", token(key=WEAK_RSA, header={"kid": "weak"}), no_key=True)
    yield case("a shared key", token(header={"kid": "shared"}), no_key=True)
    yield case("a key that is nowhere", token(key=OTHER_RSA, header={"kid": "new"}), no_key=True)
    yield case("a key of small order", resigned(
        token(alg="EdDSA", header={"kid": "small order"}), (1 << 504).to_bytes(64, "big")),
        refused=NOT_GENUINE)
    for name, value in (("jwk", jwk(OTHER_RSA)), ("jku", "https://evil.example/jwks"),
                        ("x5u", "https://evil.example/cert"), ("x5c", ["AAAA"]),
                        ("crit", ["exp"]), ("b64", False), ("zip", "DEF"), ("enc", "A256GCM"),
                        ("cty", "JWT"), ("kid", 7), ("typ", "at+jwt"), ("typ", "logout+jwt"),
                        ("typ", 1)):
        yield case(f"header {name} {value}"[:40], token(header={name: value}), refused=NOT_GENUINE)


def malformed():
    fine = compact(claims()).decode()
    deep = fine[:-1] + ',"deep":' + "[" * 9 + "]" * 9 + "}"
    for name, raw in {
            "a claim twice": fine[:-1] + ',"sub":"eve"}', "a claim twice, escaped":
            fine[:-1] + ',"s\\u0075b":"eve"}', "an array": "[" + fine + "]", "no JSON": fine[:-1],
            "two objects": fine + "{}", "nested too deep": deep, "a comment": "/**/" + fine,
            "a number too large": fine[:-1] + ',"x":1e999}', "not a number": fine[:-1] + ',"x":NaN}',
    }.items():
        yield case(name, token(raw=raw.encode()), refused=NOT_GENUINE)
    yield case("a byte order mark", token(raw=b"\xef\xbb\xbf" + fine.encode()),
               refused=NOT_GENUINE)
    yield case("no UTF-8", token(raw=fine.encode().replace(b"Ada Lovelace", b"\xff\xfe")),
               refused=NOT_GENUINE)
    yield case("another issuer", token(claims(iss="https://evil.example")), refused=NOT_GENUINE)
    yield case("an issuer with a slash more", token(claims(iss=ISSUER + "/")), refused=NOT_GENUINE)
    yield case("no issuer", token(claims(iss=None)), refused=NOT_GENUINE)
    yield case("issuers as a list", token(claims(iss=[ISSUER])), refused=NOT_GENUINE)


def of_no_use():
    for detail, *bodies in (
            ("It is for another client.", {"aud": "other"}, {"aud": None}, {"aud": []},
             {"aud": ["other"]}, {"aud": CLIENT + " "}, {"aud": {CLIENT: CLIENT}}),
            ("Its claim \"aud\" is not a list of texts.", {"aud": [CLIENT, 1]}),
            ("It is for several clients and does not say who asked for it.",
             {"aud": [CLIENT, "other"]}),
            ("Another client asked for it.", {"azp": "other"}, {"azp": 1}),
            ("It has expired.", {"exp": NOW - 60}, {"exp": 0, "iat": 0}),
            ("It is from the future.", {"iat": NOW + 61}),
            ("It does not hold yet.", {"nbf": NOW + 61}),
            ("It would hold for more than a day.", {"iat": NOW - 10, "exp": NOW + 86391}),
            ("It has no claim \"exp\".", {"exp": None}), ("It has no claim \"iat\".", {"iat": None}),
            ("Its claim \"exp\" is no time.", {"exp": str(NOW)}, {"exp": -1}, {"exp": 1e300},
             {"exp": True}),
            ("Its claim \"nbf\" is no time.", {"nbf": "soon"}),
            ("Its claim \"sub\" is missing or no subject.", {"sub": None}, {"sub": ""},
             {"sub": "a b"}, {"sub": 1}, {"sub": "x" * 256}, {"sub": "é"})):
        for body in bodies:
            yield case(f"{detail[:-1]}: {body}"[:90], token(claims(**body)), refused=detail)
    wrong = "Its nonce is not the one of this sign-in."
    for name, body in (("no nonce", {}), ("another nonce", {"nonce": "other"}),
                       ("a longer nonce", {"nonce": "wanted!"}), ("no text", {"nonce": 1})):
        yield case(name, token(claims(**body)), refused=wrong, nonce="wanted")
    yield case("good once", token(), refused="It has expired.", now=NOW + 3650)
    yield case("good soon", token(), refused="It is from the future.", now=NOW - 71)


def id_token_cases():
    return {"issuer": ISSUER, "client_ids": [CLIENT, "second.apps.example"], "jwks": KEYS,
            "usable_keys": 4,
            "cases": [*good(), *unsigned_and_confused(), *foreign_keys(), *malformed(),
                      *of_no_use()]}
