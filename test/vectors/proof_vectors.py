"""Entries with the proofs that the gateway hands out for them, from doc/ledger-leaf.md and
RFC 6962; make_tree_vectors.py writes them down as proofs.json."""

import base64
import copy
import struct
import uuid

from note_vectors import LOG, NEXT, ORIGIN, STRANGER, sha256

ZEROS = "00" * 32


def leaf_input(entry):
    event, actor = entry["event_type"].encode(), entry["actor"].encode()
    return b"".join((
        b"vvault/entry/v1\n", *(uuid.UUID(entry[name]).bytes
                                for name in ("id", "user_id", "stream_id")),
        struct.pack(">Q", entry["stream_seq"]), bytes.fromhex(entry["previous_leaf"]),
        struct.pack(">H", len(event)), event, struct.pack(">q", entry["timestamp_us"]),
        struct.pack(">H", len(actor)), actor, struct.pack(">Q", int(entry["xid"])),
        bytes.fromhex(entry["payload_commitment"]), bytes.fromhex(entry["content_commitment"])))


def leaf_hash(entry):
    return sha256(b"\0", leaf_input(entry))


def payload_commitment(salt, payload):
    return sha256(b"vvault/payload/v1\n", bytes.fromhex(salt), payload.encode()).hex()


def content_of(number):
    return {"content": f"hello from message {number}, \u00fcber alles \u2014 \U0001f600",
            "metadata": '{"n": %d}' % number if number % 2 else "",
            "blind": sha256(b"blind", bytes([number])).hex()}


def content_commitment(given):
    return sha256(b"vvault/content/v1\n", bytes.fromhex(given["blind"]),
                  sha256(given["content"].encode()), sha256(given["metadata"].encode())).hex()


def make_entries(count):
    """One stream; every third entry has no content."""
    entries, previous = [], ZEROS
    for position in range(count):
        salt, payload = sha256(b"salt", bytes([position]))[:16].hex(), '{"seq":%d}' % position
        entry = {"position": position, "id": str(uuid.UUID(bytes=sha256(bytes([position]))[:16])),
                 "user_id": "01949e2c-8a52-7c30-9d11-0f4b6a7c8d9e",
                 "stream_id": "01949e2c-8a52-7c31-8d11-ffffffffff01", "stream_seq": position + 1,
                 "previous_leaf": previous, "event_type": "message.created",
                 "timestamp_us": 1770510896208000 + position, "actor": "zo\u00eb",
                 "xid": str(2**63 + position),
                 "payload_commitment": payload_commitment(salt, payload),
                 "content_commitment": ZEROS if position % 3 == 2
                 else content_commitment(content_of(position)),
                 "salt": salt, "payload": payload}
        entry["leaf_hash"] = previous = leaf_hash(entry).hex()
        entries.append(entry)
    return entries


def note_of(size, root, signer=LOG):
    text = f"{ORIGIN}\n{size}\n{base64.b64encode(root).decode()}\n"
    return text + "\n" + signer.line(text)


def bad_proofs(good, older):
    """What differs from a good proof in one thing, and why it does not verify."""
    cases = []

    def add(name, why="altered", **changes):
        cases.append({"name": name, "why": why, "proof": {**copy.deepcopy(good), **changes}})

    for field, value in {
            "id": good["user_id"], "user_id": good["id"], "stream_id": good["id"],
            "stream_seq": 99, "previous_leaf": "11" * 32, "event_type": "message.deleted",
            "timestamp_us": 1, "actor": "zoe", "xid": "1", "payload": "{}", "salt": ZEROS[:32],
            "payload_commitment": ZEROS, "content_commitment": "22" * 32, "leaf_hash": "33" * 32,
            "position": good["position"] + 1, "size": good["size"] + 1}.items():
        add(f"another {field}", **{field: value})
    add("a shorter proof", proof=good["proof"][:-1])
    add("a longer proof", proof=good["proof"] + [ZEROS])
    add("no proof", proof=[])
    add("the hashes in another order", proof=good["proof"][::-1])
    add("another hash", proof=[ZEROS] + good["proof"][1:])
    add("an older checkpoint", checkpoint=older)
    text = good["checkpoint"].split("\n\n")[0] + "\n"
    add("a stranger's signature", checkpoint=text + "\n" + STRANGER.line(text))
    add("a stranger's under the name and id",
        checkpoint=text + "\n" + STRANGER.line(text, ORIGIN, LOG.id))
    add("an altered checkpoint", checkpoint=good["checkpoint"].replace("\n11\n", "\n12\n"))
    for field, value in {"id": "x", "stream_seq": -1, "timestamp_us": 1.5, "actor": None,
                         "xid": "01", "payload_commitment": "00", "proof": None, "position": "x",
                         "checkpoint": "x", "salt": None}.items():
        add(f"{field} of another form", "unusable", **{field: value})
    return cases


def vectors(tree_class):
    entries = make_entries(11)
    leaves = [leaf_hash(entry) for entry in entries]
    tree = tree_class(11, leaves.__getitem__)
    notes = {size: note_of(size, tree.root(0, size)) for size in range(1, 12)}

    def proof(position, size, note=None):
        hashes = [h.hex() for h in tree.path(position, 0, size)]
        return {**entries[position], "size": size, "proof": hashes,
                "checkpoint": note or notes[size]}

    good = [{"name": f"entry {position} of {size}", "proof": proof(position, size),
             "content": None if position % 3 == 2 else content_of(position)}
            for size in (1, 2, 7, 8, 11) for position in {0, size // 2, size - 1}]
    good.append({"name": "after a rotation of keys", "content": None,
                 "proof": proof(3, 11, note_of(11, tree.root(0, 11), NEXT))})
    bare = proof(4, 11)
    del bare["salt"], bare["payload"]
    good.append({"name": "without its payload", "proof": bare, "content": content_of(4)})
    growth = [{"older": notes[old], "newer": notes[new],
               "proof": [h.hex() for h in tree.consistency(old, new)]}
              for old, new in ((1, 11), (4, 11), (7, 8), (8, 11), (10, 11), (11, 11))]
    return {"keys": [LOG.key, NEXT.key], "good": good, "bad": bad_proofs(proof(4, 11), notes[7]),
            "growth": growth}
