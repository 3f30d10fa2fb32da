"""Signed notes, checkpoints and verifier keys, good and bad, from C2SP's signed-note and
tlog-checkpoint; make_tree_vectors.py writes them down as notes.json."""

import base64
import hashlib

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


class Signer:
    def __init__(self, name, label):
        self.name, self.seed = name, sha256(label.encode())
        self.private = Ed25519PrivateKey.from_private_bytes(self.seed)
        public = b"\1" + self.private.public_key().public_bytes(
            serialization.Encoding.Raw, serialization.PublicFormat.Raw)
        self.id = sha256(name.encode(), b"\n", public)[:4]
        self.key = f"{name}+{self.id.hex()}+{base64.b64encode(public).decode()}"

    def line(self, text, name=None, key_id=None):
        signature = (key_id or self.id) + self.private.sign(text.encode())
        return f"\u2014 {name or self.name} {base64.b64encode(signature).decode()}\n"


ORIGIN = "vvault/01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e"
LOG, NEXT = Signer(ORIGIN, "log"), Signer(ORIGIN, "the key after that")
WITNESS, UMLAUT = Signer("witness.example", "witness"), Signer("zo\u00eb.example/w", "umlaut")
STRANGER = Signer("stranger.example", "stranger")


def checkpoint_text(size, root=None, *extensions):
    root = base64.b64encode(root or sha256(str(size).encode())).decode()
    return "".join(line + "\n" for line in (ORIGIN, str(size), root, *extensions))


def good_notes():
    text, cases = checkpoint_text(20852163), []

    def add(name, text, *lines, signers):
        cases.append({"name": name, "note": text + "\n" + "".join(lines), "text": text,
                      "signers": [signer.key for signer in signers]})

    add("one signature", text, LOG.line(text), signers=[LOG])
    add("the empty tree", checkpoint_text(0, sha256()), LOG.line(checkpoint_text(0, sha256())),
        signers=[LOG])
    add("the largest size", checkpoint_text(2**63 - 1), LOG.line(checkpoint_text(2**63 - 1)),
        signers=[LOG])
    add("a witness too", text, LOG.line(text), WITNESS.line(text), signers=[LOG, WITNESS])
    add("a name outside ASCII", text, UMLAUT.line(text), LOG.line(text), signers=[LOG, UMLAUT])
    add("both keys of a rotation", text, LOG.line(text), NEXT.line(text), signers=[LOG, NEXT])
    add("twice by one key", text, LOG.line(text), LOG.line(text), signers=[LOG])
    add("a stranger's is ignored", text, STRANGER.line(text), LOG.line(text), signers=[LOG])
    add("a stranger's nonsense too", text, STRANGER.line("else"), LOG.line(text), signers=[LOG])
    add("another kind of signature", text,
        f"\u2014 witness.example {base64.b64encode(b'abcd' + bytes(80)).decode()}\n",
        LOG.line(text), signers=[LOG])
    add("known name, unknown id", text, STRANGER.line(text, name=ORIGIN), LOG.line(text),
        signers=[LOG])
    add("known id, unknown name", text, LOG.line("else", name="else.example"), LOG.line(text),
        signers=[LOG])
    extended = checkpoint_text(3, None, "an extension", "another \u2014 with a dash")
    add("extension lines", extended, LOG.line(extended), signers=[LOG])
    add("only a stranger", text, STRANGER.line(text), signers=[])
    return cases


def bad_notes():
    text = checkpoint_text(20852163)
    line = LOG.line(text)
    encoded = line.split(" ")[2].rstrip("\n")
    other = LOG.line(checkpoint_text(20852164))
    notes = {
        "nothing at all": "",
        "no signatures": text,
        "no signatures after the empty line": text + "\n",
        "no empty line": text + line,
        "no newline at the end": text + "\n" + line.rstrip("\n"),
        "an empty line at the end": text + "\n" + line + "\n",
        "CRLF": (text + "\n" + line).replace("\n", "\r\n"),
        "a carriage return in the text": text.replace("\n", "\r\n", 1) + "\n" + line,
        "a NUL": text.replace("vvault", "vvault\0") + "\n" + line,
        "a tab": text.replace("vvault", "vv\tault") + "\n" + line,
        "a hyphen and no dash": text + "\n" + line.replace("\u2014", "-"),
        "no space after the dash": text + "\n" + line.replace("\u2014 ", "\u2014"),
        "two spaces before the signature": text + "\n" + line.replace(ORIGIN + " ", ORIGIN + "  "),
        "no name": text + "\n" + f"\u2014 {encoded}\n",
        "an empty name": text + "\n" + f"\u2014  {encoded}\n",
        "a plus in the name": text + "\n" + f"\u2014 a+b {encoded}\n",
        "a space of another alphabet in the name": text + "\n" + f"\u2014 a\u3000b {encoded}\n",
        "no signature": text + "\n" + f"\u2014 {ORIGIN}\n",
        "an empty signature": text + "\n" + f"\u2014 {ORIGIN} \n",
        "no base64": text + "\n" + f"\u2014 {ORIGIN} !{encoded[1:]}\n",
        "base64 without its padding": text + "\n" + f"\u2014 {ORIGIN} {encoded.rstrip('=')}\n",
        "base64 of the other alphabet": text + "\n" + f"\u2014 {ORIGIN} {'_' * len(encoded)}\n",
        "stray bits in the base64": text + "\n" + f"\u2014 {ORIGIN} AAAAAB==\n",
        "an id and nothing more": text + "\n" + f"\u2014 {ORIGIN} AAAAAA==\n",
        "something after the signature": text + "\n" + line.rstrip("\n") + " x\n",
        "a hundred and one signatures": text + "\n" + line * 101,
    }
    refused = [{"name": name, "note": note, "why": "malformed"} for name, note in notes.items()]
    for name, note in {
            "the signature of another text": text + "\n" + other,
            "a good one and one of another text": text + "\n" + line + other,
            "half a signature": text + "\n" + "\u2014 %s %s\n" % (
                ORIGIN, base64.b64encode(LOG.id + bytes(32)).decode()),
            "signed by another under that id": text + "\n" + STRANGER.line(text, ORIGIN, LOG.id),
            "an altered size": text.replace("20852163", "20852164") + "\n" + line,
            "a line moved into the text": text + line + "\n" + line}.items():
        refused.append({"name": name, "note": note, "why": "signature"})
    return refused


def bad_checkpoints():
    root = base64.b64encode(sha256()).decode()
    texts = {
        "nothing": "", "only an origin": "o\n", "no root": "o\n1\n",
        "no newline after the root": f"o\n1\n{root}", "an empty origin": f"\n1\n{root}\n",
        "an empty size": f"o\n\n{root}\n", "a leading zero": f"o\n01\n{root}\n",
        "two zeros": f"o\n00\n{root}\n", "a plus": f"o\n+1\n{root}\n", "a minus": f"o\n-1\n{root}\n",
        "minus zero": f"o\n-0\n{root}\n", "a space": f"o\n 1\n{root}\n",
        "a space after": f"o\n1 \n{root}\n", "hex": f"o\n0x1\n{root}\n",
        "a fraction": f"o\n1.0\n{root}\n", "digits of another alphabet": f"o\n\u0661\n{root}\n",
        "2^63": f"o\n{2**63}\n{root}\n", "2^64": f"o\n{2**64}\n{root}\n",
        "a hundred digits": f"o\n{'9' * 100}\n{root}\n", "an empty root": "o\n1\n\n",
        "a root of 31 bytes": f"o\n1\n{base64.b64encode(bytes(31)).decode()}\n",
        "a root of 33 bytes": f"o\n1\n{base64.b64encode(bytes(33)).decode()}\n",
        "a root in hex": f"o\n1\n{sha256().hex()}\n",
        "a root with stray bits": f"o\n1\n{root[:-2]}V=\n",
        "an empty extension": f"o\n1\n{root}\n\n",
        "an extension without end": f"o\n1\n{root}\nextension",
        "CRLF": f"o\r\n1\r\n{root}\r\n",
    }
    return [{"name": name, "text": text} for name, text in texts.items()]


def bad_keys():
    name, key_id, encoded = LOG.key.split("+", 2)
    ml_dsa = base64.b64encode(b"\6" + bytes(1312)).decode()
    keys = {
        "nothing": "", "a name alone": name, "no key": f"{name}+{key_id}",
        "an empty key": f"{name}+{key_id}+", "no name": f"+{key_id}+{encoded}",
        "another's id": f"{name}+{STRANGER.id.hex()}+{encoded}",
        "an id in upper case": f"{name}+{key_id.upper()}+{encoded}",
        "a short id": f"{name}+{key_id[1:]}+{encoded}",
        "another name": f"x{name}+{key_id}+{encoded}",
        "a space in the name": f"a b+{key_id}+{encoded}",
        "another kind": f"{name}+{key_id}+{ml_dsa}",
        "a key of 31 bytes": f"{name}+{key_id}+{base64.b64encode(bytes([1]) + bytes(31)).decode()}",
        "a newline": LOG.key + "\n", "too much": LOG.key + "A",
    }
    assert key_id != key_id.upper()
    return [{"name": name, "key": key} for name, key in keys.items()]


def vectors():
    return {"origin": ORIGIN,
            "signers": [{"name": s.name, "seed": s.seed.hex(), "key": s.key}
                        for s in (LOG, NEXT, WITNESS, UMLAUT)],
            "good": good_notes(), "bad": bad_notes(), "bad_checkpoints": bad_checkpoints(),
            "bad_keys": bad_keys()}
