#!/usr/bin/python3
"""Writes the test vectors of the ledger's tree and checkpoints: merkle.json, from
RFC 6962 and C2SP's tlog-tiles, notes.json and proofs.json, by the two scripts of those
names; beside this script.

On hashlib and python3-cryptography; it shares no code with what is tested against it.

    make_tree_vectors.py            write the files
    make_tree_vectors.py --check    compare them with what would be written
"""

import functools
import hashlib
import struct

import note_vectors
import proof_vectors
from vector_files import write_or_check


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf(data):
    return sha256(b"\0", data)


def node(left, right):
    return sha256(b"\1", left, right)


# --- trees: RFC 6962, section 2.1, as it is written there --------------------

class Tree:
    """Of leaves that a function gives; subtrees without a special leaf are looked up
    by their size alone, so that trees of 2^60 leaves are as quick as small ones."""

    def __init__(self, size, leaf_at, special=None):
        self.size, self.leaf_at, self.special = size, leaf_at, special
        self.plain = functools.lru_cache(None)(self._plain)
        self.root = functools.lru_cache(None)(self._root)

    @staticmethod
    def cut(count):
        return 1 << ((count - 1).bit_length() - 1)

    def _plain(self, count):
        if count == 1:
            return self.leaf_at(None)
        k = self.cut(count)
        return node(self.plain(k), self.plain(count - k))

    def _root(self, begin, end):
        if begin == end:
            return sha256()
        if self.special is not None and not any(begin <= s < end for s in self.special):
            return self.plain(end - begin)
        if end - begin == 1:
            return self.leaf_at(begin)
        middle = begin + self.cut(end - begin)
        return node(self.root(begin, middle), self.root(middle, end))

    def path(self, position, begin, end):
        if end - begin == 1:
            return []
        middle = begin + self.cut(end - begin)
        if position < middle:
            return self.path(position, begin, middle) + [self.root(middle, end)]
        return self.path(position, middle, end) + [self.root(begin, middle)]

    def subproof(self, old, begin, end, whole):
        if begin + old == end:
            return [] if whole else [self.root(begin, end)]
        k = self.cut(end - begin)
        if old <= k:
            return self.subproof(old, begin, begin + k, whole) + [self.root(begin + k, end)]
        return self.subproof(old - k, begin + k, end, False) + [self.root(begin, begin + k)]

    def consistency(self, old, new):
        return self.subproof(old, 0, new, True) if old else []


def hexes(hashes):
    return [h.hex() for h in hashes]


def numbered(position):
    return leaf(struct.pack(">Q", position))


# The tree of the reference implementation of RFC 6962, and its roots.
KNOWN = ["", "00", "10", "2021", "3031", "40414243", "5051525354555657",
         "606162636465666768696a6b6c6d6e6f"]
KNOWN_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"]


def known_tree():
    leaves = [leaf(bytes.fromhex(data)) for data in KNOWN]
    tree = Tree(8, leaves.__getitem__)
    assert hexes(tree.root(0, size) for size in range(9)) == KNOWN_ROOTS
    return {"leaf_inputs": KNOWN, "roots": KNOWN_ROOTS,
            "inclusion": [[hexes(tree.path(position, 0, size)) for position in range(size)]
                          for size in range(9)],
            "consistency": [[hexes(tree.consistency(old, new)) for old in range(new + 1)]
                            for new in range(9)]}


def every_size(most):
    """One digest over all there is to say about the trees of up to `most` leaves."""
    tree = Tree(most, numbered)
    roots, inclusion, consistency = (hashlib.sha256() for _ in range(3))
    for size in range(most + 1):
        roots.update(tree.root(0, size))
        for position in range(size):
            inclusion.update(b"".join(tree.path(position, 0, size)) + b"\n")
        for old in range(size + 1):
            consistency.update(b"".join(tree.consistency(old, size)) + b"\n")
    return {"sizes": most, "leaf_input": "the position, u64", "roots_sha256": roots.hexdigest(),
            "inclusion_sha256": inclusion.hexdigest(),
            "consistency_sha256": consistency.hexdigest()}


def large_tree(size, old, position):
    special = sorted({0, position, old - 1, old, size - 1} - {size})

    def leaf_at(place):
        return bytes(32) if place is None or place not in special else numbered(place)

    tree = Tree(size, leaf_at, special)
    return {"size": str(size), "old_size": str(old), "position": str(position),
            "special_leaves": [str(place) for place in special],
            "leaf": leaf_at(position).hex(),
            "root": tree.root(0, size).hex(), "old_root": tree.root(0, old).hex(),
            "inclusion": hexes(tree.path(position, 0, size)),
            "consistency": hexes(tree.consistency(old, size))}


# --- tiles -------------------------------------------------------------------

def grouped(number):
    groups = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        groups.insert(0, f"x{number % 1000:03d}")
    return "/".join(groups)


def tile_paths():
    cases = []
    for level, tile, width in [(0, 0, 256), (0, 999, 256), (0, 1000, 256), (0, 1234067, 256),
                               (3, 5, 17), (63, 2**56 - 1, 255), (None, 0, 1), (None, 1000, 256),
                               (7, 1000000, 1)]:
        path = f"tile/{'entries' if level is None else level}/{grouped(tile)}"
        cases.append({"level": level, "tile": str(tile), "width": width,
                      "path": path + (f".p/{width}" if width < 256 else "")})
    assert cases[3]["path"] == "tile/0/x001/x234/067"  # the example of tlog-tiles
    return cases


def vectors():
    return {"rfc6962": known_tree(), "every": every_size(300),
            "large": [large_tree(2**32 + 1, 2**32, 2**32),
                      large_tree(2**32 + 1, 2**31 + 7, 2**32 - 1),
                      large_tree(2**40 + 12345, 2**39 + 2**20 + 3, 2**40 + 12000),
                      large_tree(2**62, 2**61, 12345678901234567),
                      large_tree(2**63 - 1, 2**62 - 1, 2**63 - 2),
                      large_tree(2**63 - 1, 2**63 - 2, 0)],
            "tile_paths": tile_paths()}


def main():
    files = {"merkle.json": vectors(), "notes.json": note_vectors.vectors(),
             "proofs.json": proof_vectors.vectors(Tree)}
    write_or_check("make_tree_vectors.py", files)


if __name__ == "__main__":
    main()
