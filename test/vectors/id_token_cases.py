"""ID tokens, good and hostile, for make_vectors.py: signed with python3-cryptography from RFC 7515,
7517, 7518 and 8037. Keys and nonces are made from labels, so that every run writes the same bytes.
"""

import base64
import hashlib
import hmac
import json
import struct

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

ISSUER = "https://issuer.example"
CLIENT = "chatty.apps.example"
NOW = 1_800_000_000
P256_ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
NOT_GENUINE = "It is no ID token that a known issuer has signed."


def noise(label, length):
    """Bytes that anybody can make again."""
    return b"".join(hashlib.sha256(label.encode() + struct.pack(">Q", block)).digest()
                    for block in range(length // 32 + 1))[:length]


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def integer(number, length=None):
    return base64url(number.to_bytes(length or (number.bit_length() + 7) // 8, "big"))


def compact(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


# --- keys ------------------------------------------------------------------

def prime(label, bits):
    """The first prime behind a number with the two highest bits set."""
    number = int.from_bytes(noise(label, bits // 8), "big") | 3 << (bits - 2) | 1
    while any(number % small == 0 for small in (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41)) \
            or number % 65537 == 1 or pow(2, number - 1, number) != 1:
        number += 2
    return number


def rsa_key(label, bits=2048, exponent=65537):
    p, q = prime(label + " p", bits // 2), prime(label + " q", bits // 2)
    d = pow(exponent, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p),
        rsa.RSAPublicNumbers(exponent, p * q))
    return numbers.private_key()


def p256_key(label):
    return ec.derive_private_key(int.from_bytes(noise(label, 32), "big") % P256_ORDER,
                                 ec.SECP256R1())


def jwk(key, **members):
    if isinstance(key, rsa.RSAPrivateKey):
        numbers = key.public_key().public_numbers()
        made = {"kty": "RSA", "n": integer(numbers.n), "e": integer(numbers.e)}
    elif isinstance(key, ec.EllipticCurvePrivateKey):
        numbers = key.public_key().public_numbers()
        size = (key.curve.key_size + 7) // 8
        made = {"kty": "EC", "crv": {"secp256r1": "P-256", "secp384r1": "P-384"}[key.curve.name],
                "x": integer(numbers.x, size), "y": integer(numbers.y, size)}
    else:
        raw = key.public_key().public_bytes(serialization.Encoding.Raw,
                                            serialization.PublicFormat.Raw)
        made = {"kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
    return {**made, **members}


RSA = rsa_key("rsa")
OTHER_RSA = rsa_key("another rsa")
WEAK_RSA = rsa_key("weak rsa", 1024)
P256 = p256_key("p256")
ED25519 = ed25519.Ed25519PrivateKey.from_private_bytes(noise("ed25519", 32))
P384 = ec.derive_private_key(int.from_bytes(noise("p384", 47), "big"), ec.SECP384R1())

KEYS = {"keys": [
    jwk(RSA, kid="rsa", use="sig", alg="RS256", x5t="AAAA"),
    jwk(P256, kid="p256", use="sig"),
    jwk(ED25519, kid="ed25519", key_ops=["verify"], alg="EdDSA"),
    jwk(OTHER_RSA, kid="for encryption", use="enc"),
    jwk(OTHER_RSA, kid="for PSS", alg="PS256"),
    jwk(OTHER_RSA, kid="for signing only", key_ops=["sign"]),
    jwk(OTHER_RSA, kid="published", d=integer(OTHER_RSA.private_numbers().d)),
    jwk(WEAK_RSA, kid="weak"),
    jwk(P384, kid="p384"),
    {"kty": "oct", "kid": "shared", "k": base64url(noise("shared", 32)), "alg": "HS256"},
    {**jwk(P256, kid="off the curve"), "y": integer(1, 32)},
    {**jwk(OTHER_RSA, kid="exponent 1"), "e": "AQ"},
    {**jwk(OTHER_RSA, kid="even"), "n": integer(OTHER_RSA.public_key().public_numbers().n - 1)},
    {"kty": "OKP", "kid": "small order", "crv": "Ed25519", "x": integer(1 << 248, 32)},
    {"kty": "something new", "kid": "unknown"}, "no key",
]}


# --- tokens ----------------------------------------------------------------

def sign_rs256(key, message):
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def sign_es256(key, message):
    """r and s side by side, with a nonce that follows from the message."""
    nonce = int.from_bytes(noise("nonce " + message.decode(), 32), "big") % P256_ORDER
    r = ec.derive_private_key(nonce, ec.SECP256R1()).public_key().public_numbers().x % P256_ORDER
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    s = pow(nonce, -1, P256_ORDER) * (digest + r * key.private_numbers().private_value) % P256_ORDER
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def sign_eddsa(key, message):
    return key.sign(message)


SIGNERS = {"RS256": (RSA, sign_rs256, "rsa"), "ES256": (P256, sign_es256, "p256"),
           "EdDSA": (ED25519, sign_eddsa, "ed25519")}


def claims(**changes):
    made = {"iss": ISSUER, "sub": "10769150350006150715113082367", "aud": CLIENT,
            "iat": NOW - 10, "exp": NOW + 3590, "email": "Ada@Example.com", "email_verified": True,
            "name": "Ada Lovelace"}
    made.update(changes)
    return {name: value for name, value in made.items() if value is not None}


def token(body=None, alg="RS256", header=None, key=None, raw=None):
    """header: changes to the usual one, None leaves a member out; raw: the claims' own text."""
    own_key, sign, kid = SIGNERS[alg]
    head = {"alg": alg, "kid": kid, "typ": "JWT", **(header or {})}
    head = {name: value for name, value in head.items() if value is not None}
    payload = raw if raw is not None else compact(claims() if body is None else body)
    message = f"{base64url(compact(head))}.{base64url(payload)}"
    return f"{message}.{base64url(sign(key or own_key, message.encode()))}"


def case(title, text, refused=None, no_key=False, nonce=None, now=NOW, **accepted):
    """What must become of a token: `refused` is the detail, `accepted` what it says."""
    made = {"name": title, "token": text, "now": now}
    if nonce is not None:
        made["nonce"] = nonce
    if no_key:
        made["no_key"] = True
    elif refused is not None:
        made["refused"] = refused
    else:
        made["accepted"] = {"subject": claims()["sub"], "email": "ada@example.com",
                            "email_verified": True, "name": "Ada Lovelace", **accepted}
    return made


def malleated(text):
    message, _, signature = text.rpartition(".")
    raw = base64.urlsafe_b64decode(signature + "==")
    return message + "." + base64url(
        raw[:32] + (P256_ORDER - int.from_bytes(raw[32:], "big")).to_bytes(32, "big"))


def resigned(text, signature):
    return text.rpartition(".")[0] + "." + base64url(signature)


def der_signed(text):
    raw = base64.urlsafe_b64decode(text.rpartition(".")[2] + "==")
    return resigned(text, encode_dss_signature(*(int.from_bytes(raw[at:at + 32], "big")
                                                 for at in (0, 32))))


def keyed_by(text, secret):
    """HS256 with something public as the secret: the old confusion."""
    message = base64url(compact({"alg": "HS256", "kid": "rsa"})) + "." + text.split(".")[1]
    return message + "." + base64url(hmac.new(secret, message.encode(), hashlib.sha256).digest())
