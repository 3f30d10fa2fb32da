"""Somebody who owns the database and has stolen the signing key: rewrites an entry and makes
everything above it fit again. Shares no code with the extension."""

import base64
import hashlib

from nacl.signing import SigningKey

TILE = 256


def stolen(cluster) -> bytes:
    """The seed in the file that only the server's user may read."""
    return bytes.fromhex(cluster.ledger_key_file.read_text(encoding="ascii").split()[1])


def node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtree(hashes: list) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    split = 1
    while split * 2 < len(hashes):
        split *= 2
    return node(subtree(hashes[:split]), subtree(hashes[split:]))


def rewrite_entry(cursor, entry: str, payload: str) -> None:
    """Another payload for an entry, and leaf hashes that fit it to the end of its stream."""
    cursor.execute("UPDATE vvault.ledger_entries SET payload = %s WHERE id = %s", (payload, entry))
    cursor.execute("SELECT user_id, stream_id, stream_seq FROM vvault.ledger_entries WHERE id = %s",
                   (entry,))
    user, stream, first = cursor.fetchone()
    cursor.execute("SELECT max(stream_seq) FROM vvault.ledger_entries"
                   " WHERE user_id = %s AND stream_id = %s", (user, stream))
    for number in range(first, cursor.fetchone()[0] + 1):
        cursor.execute(
            "UPDATE vvault.ledger_entries e SET leaf_hash = vvault._leaf_hash(l.user_id, l.id,"
            " l.event_type, l.timestamp, l.actor, l.stream_id, l.stream_seq, l.previous_leaf,"
            " l.xid, l.payload_commitment, l.content_commitment) FROM vvault.ledger_leaves l"
            " WHERE l.id = e.id AND e.user_id = %s AND e.stream_id = %s AND e.stream_seq = %s",
            (user, stream, number))


def sign(text: str, name: str, seed: bytes) -> str:
    key = SigningKey(seed)
    hint = hashlib.sha256(name.encode() + b"\n\x01" + bytes(key.verify_key)).digest()[:4]
    signature = base64.b64encode(hint + key.sign(text.encode()).signature).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def rebuild_tree(cursor, seed: bytes) -> None:
    """Tiles, tail and every checkpoint anew from the leaves that the rows have now."""
    cursor.execute("SELECT u.id::text FROM vvault.ledger_tiles t,"
                   " unnest(vvault._uuids_of(substr(t.content, 8193))) WITH ORDINALITY AS u(id, n)"
                   " WHERE t.level = 0 ORDER BY t.index, u.n")
    order = [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT entry_id::text FROM vvault.ledger_tail WHERE level = 0 ORDER BY index")
    order += [row[0] for row in cursor.fetchall()]
    cursor.execute("SELECT id::text, leaf_hash FROM vvault.ledger_entries")
    leaf_of = {entry: bytes(leaf) for entry, leaf in cursor.fetchall()}
    leaves = [leaf_of[entry] for entry in order]

    cursor.execute("DELETE FROM vvault.ledger_tiles")
    cursor.execute("DELETE FROM vvault.ledger_tail")
    level, hashes = 0, leaves
    while hashes:
        full = len(hashes) // TILE
        for tile in range(full):
            ids = b"".join(bytes.fromhex(entry.replace("-", ""))
                           for entry in order[tile * TILE:(tile + 1) * TILE])
            cursor.execute("INSERT INTO vvault.ledger_tiles VALUES (%s, %s, %s)",
                           (level, tile, b"".join(hashes[tile * TILE:(tile + 1) * TILE])
                            + (ids if level == 0 else b"")))
        for index in range(full * TILE, len(hashes)):
            cursor.execute("INSERT INTO vvault.ledger_tail VALUES (%s, %s, %s, %s)",
                           (level, index, hashes[index], order[index] if level == 0 else None))
        hashes = [subtree(hashes[tile * TILE:(tile + 1) * TILE]) for tile in range(full)]
        level += 1

    cursor.execute("SELECT size, note FROM vvault.ledger_checkpoints")
    for size, note in cursor.fetchall():
        root = subtree(leaves[:size])
        origin = note.split("\n", 1)[0]
        text = f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"
        cursor.execute("UPDATE vvault.ledger_checkpoints SET root = %s, note = %s WHERE size = %s",
                       (root, sign(text, origin, seed), size))
