"""An OpenID Connect issuer on loopback, with keys of its own, that can be made to misbehave."""

import base64
import hashlib
import json
import threading
import time
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

CLIENT = "chatty.apps.example"


def base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def part(value) -> str:
    return base64url(json.dumps(value).encode())


def number(value: int) -> str:
    return base64url(value.to_bytes((value.bit_length() + 7) // 8, "big"))


class Key:
    """A pair of keys for one algorithm, under a name that no other has."""

    def __init__(self, algorithm: str):
        self.algorithm = algorithm
        self.id = f"{algorithm}-{uuid.uuid4().hex[:8]}"
        self.private = {"RS256": lambda: rsa.generate_private_key(65537, 2048),
                        "ES256": lambda: ec.generate_private_key(ec.SECP256R1()),
                        "EdDSA": ed25519.Ed25519PrivateKey.generate}[algorithm]()

    def jwk(self) -> dict:
        members = {"kid": self.id, "use": "sig", "alg": self.algorithm}
        public = self.private.public_key()
        if self.algorithm == "EdDSA":
            raw = public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
            return {**members, "kty": "OKP", "crv": "Ed25519", "x": base64url(raw)}
        numbers = public.public_numbers()
        if self.algorithm == "RS256":
            return {**members, "kty": "RSA", "n": number(numbers.n), "e": number(numbers.e)}
        return {**members, "kty": "EC", "crv": "P-256", "x": base64url(numbers.x.to_bytes(32, "big")),
                "y": base64url(numbers.y.to_bytes(32, "big"))}

    def sign(self, message: bytes) -> bytes:
        if self.algorithm == "RS256":
            return self.private.sign(message, padding.PKCS1v15(), hashes.SHA256())
        if self.algorithm == "EdDSA":
            return self.private.sign(message)
        der = self.private.sign(message, ec.ECDSA(hashes.SHA256()))
        return b"".join(value.to_bytes(32, "big") for value in decode_dss_signature(der))


class Issuer:
    """with Issuer() as issuer: … — answering; issuer.token(…) signs."""

    def __init__(self):
        self.keys = [Key("RS256"), Key("ES256"), Key("EdDSA")]
        self.asked = []          # the paths that were read
        self.answers = {}        # path: (status, body, headers) instead of the right answer
        self.delay = 0           # seconds before each answer
        self.cache_control = "public, max-age=3600"
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.server.handle_error = lambda *_: None  # whoever asked has hung up
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"

    def _handler(self):
        issuer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                issuer.asked.append(self.path)
                time.sleep(issuer.delay)
                status, body, headers = issuer.answers.get(self.path) or issuer.answer(
                    self.path, self.headers.get("If-None-Match"))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass
        return Handler

    def answer(self, path: str, known: str) -> tuple:
        if path == "/.well-known/openid-configuration":
            return 200, json.dumps({"issuer": self.url, "jwks_uri": self.url + "/jwks"}).encode(), {}
        if path != "/jwks":
            return 404, b"", {}
        body = json.dumps({"keys": [key.jwk() for key in self.keys]}).encode()
        headers = {"Cache-Control": self.cache_control,
                   "ETag": f'"{hashlib.sha256(body).hexdigest()[:16]}"'}
        if known == headers["ETag"]:
            return 304, b"", headers
        return 200, body, headers

    def key(self, algorithm: str) -> Key:
        return next(key for key in self.keys if key.algorithm == algorithm)

    def claims(self, email: str = None, **changes) -> dict:
        now = int(time.time())
        claims = {"iss": self.url, "aud": CLIENT, "sub": uuid.uuid4().hex, "iat": now,
                  "exp": now + 3600, "jti": uuid.uuid4().hex}
        if email:
            claims.update(email=email, email_verified=True, sub=f"subject of {email}".replace(" ", "-"))
        claims.update(changes)
        return {name: value for name, value in claims.items() if value is not None}

    def token(self, email: str = None, algorithm: str = "RS256", key: Key = None, header=None,
              **changes) -> str:
        key = key or self.key(algorithm)
        head = {"alg": key.algorithm, "kid": key.id, "typ": "JWT", **(header or {})}
        message = f"{part(head)}.{part(self.claims(email, **changes))}"
        return f"{message}.{base64url(key.sign(message.encode()))}"

    def __enter__(self) -> "Issuer":
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_) -> None:
        self.server.shutdown()
        self.server.server_close()
