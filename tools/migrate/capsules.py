"""Capsules, their indexes and their chain: what they claim about themselves, and what is true.

A capsule's fingerprint was computed by several rules over the years. The claimed value and the
rule that gives it are kept in the file's metadata; a capsule that no rule verifies is stored like
any other and said to be so.
"""

import copy
import hashlib
import itertools
import json
import re

_DIGEST = re.compile(r"[0-9a-f]{64}")
_GENESIS = "0" * 64
# Rules by name: what stands in the place of the fingerprint, and how the JSON is written.
_PLACES = ("without", "empty", "null")
_WRITTEN = {"compact": {"separators": (",", ":")}, "spaced": {},
            "indent 2": {"indent": 2}, "indent 4": {"indent": 4}}


def is_capsule(value) -> bool:
    if not isinstance(value, dict):
        return False
    metadata = value.get("metadata")
    first = isinstance(metadata, dict) and ("fingerprint_hash" in metadata
                                            or "capsule_version" in metadata)
    return first or ("capsule_version" in value and "construct_id" in value)


def describe(capsule: dict) -> dict:
    """What is recorded of a capsule: its version, its name, and its fingerprint."""
    inner = capsule.get("metadata")
    inner = inner if isinstance(inner, dict) else {}
    told = {"version": inner.get("capsule_version") or capsule.get("capsule_version"),
            "name": inner.get("instance_name") or capsule.get("construct_id"),
            "uuid": inner.get("uuid"), "generator": inner.get("generator")
            or capsule.get("generator")}
    told = {name: value[:200] for name, value in told.items() if isinstance(value, str)}
    claimed = inner.get("fingerprint_hash") or capsule.get("fingerprint_hash")
    if isinstance(claimed, str) and claimed:
        told["fingerprint"] = {"claimed": claimed[:200], "rule": verifying_rule(capsule, claimed)}
    return told


def verifying_rule(capsule: dict, claimed: str):
    """The rule by which the capsule has the claimed fingerprint, None if there is none."""
    claimed = claimed.lower().removeprefix("sha256:")
    for place, order, ascii_only, written in itertools.product(
            _PLACES, ("sorted", "as written"), (True, False), _WRITTEN):
        text = json.dumps(_with(capsule, place), sort_keys=order == "sorted",
                          ensure_ascii=ascii_only, **_WRITTEN[written])
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() == claimed:
            return f"{place} fingerprint_hash, keys {order}, {written}" \
                + ("" if ascii_only else ", utf-8")
    return None


def _with(capsule: dict, place: str) -> dict:
    """The capsule as it was hashed: with its fingerprint left out, empty, or null."""
    changed = copy.copy(capsule)
    if isinstance(changed.get("metadata"), dict) and "fingerprint_hash" in changed["metadata"]:
        holder = changed["metadata"] = copy.copy(changed["metadata"])
    else:
        holder = changed
    if place == "without":
        holder.pop("fingerprint_hash", None)
    else:
        holder["fingerprint_hash"] = "" if place == "empty" else None
    return changed


def describe_index(index) -> dict:
    """How many capsules an index lists."""
    listed = index.get("capsules", index) if isinstance(index, dict) else index
    return {"capsules": len(listed)} if isinstance(listed, (list, dict)) else {}


def describe_chain(chain) -> dict:
    """How many links a chain of hashes has, and whether each holds the one before it. Links are
    objects that name both, or bare hashes, of which only their form can be checked."""
    links = next((chain[name] for name in ("chain", "links", "entries", "hashes")
                  if isinstance(chain, dict) and isinstance(chain.get(name), list)), chain)
    if not isinstance(links, list):
        return {}
    told = {"links": len(links)}
    if all(isinstance(link, dict) for link in links):
        broken = first_broken(links)
        told |= {"linked": broken is None} | ({} if broken is None else {"first_broken": broken})
    else:
        told["hashes"] = all(isinstance(link, str) and _DIGEST.fullmatch(link) is not None
                             for link in links)
    return told


def first_broken(links: list):
    """The position of the first link that does not follow from the one before it, else None."""
    before = _GENESIS
    for position, link in enumerate(links):
        previous = _one_of(link, "previous_hash", "prev_hash", "previous", "prev", "parent")
        own = _one_of(link, "hash", "chain_hash", "current_hash", "merkle_hash")
        content = _one_of(link, "fingerprint", "fingerprint_hash", "capsule_hash", "data_hash")
        if own is None or (previous is not None and previous != before):
            return position
        if content is not None and own not in _linked(before, content):
            return position
        before = own
    return None


def _linked(before: str, content: str) -> set:
    """What a link may be: the hash of both as text, in either order, or as bytes."""
    ways = {(before + content).encode(), (content + before).encode(),
            f"{before}:{content}".encode()}
    if _DIGEST.fullmatch(before) and _DIGEST.fullmatch(content):
        ways.add(bytes.fromhex(before + content))
    return {hashlib.sha256(way).hexdigest() for way in ways}


def _one_of(link: dict, *names):
    return next((link[name] for name in names if isinstance(link.get(name), str)), None)
