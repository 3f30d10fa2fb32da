"""The head: the one object that says which others make up the mirror. It is replaced as a whole,
and last; until then the old one and all that it names stand. Its second line is its seal."""

import copy
import hashlib
import json

NAME = "head"
FORMAT = "vvault-mirror/1"
ROWS, KEYS = 9, 10


class Damaged(Exception):
    """What is in the store is not what was put there, or not this vault's."""


def object_of(folder: str, generation: int, part: int, content: bytes) -> dict:
    digest = hashlib.sha256(content).hexdigest()
    return {"name": f"{folder}/{generation:012d}-{part:05d}-{digest[:16]}", "sha256": digest,
            "size": len(content), "generation": generation, "part": part}


def kind_of(entry: dict) -> int:
    return KEYS if entry["name"].startswith("keys/") else ROWS


class Head:
    """`slices` and the objects beside them are a state that can be restored, as of `size`.
    `pending` are slices of the next one, of which no slice is the last yet."""

    def __init__(self, fields: dict):
        self.fields = fields

    @classmethod
    def first(cls, vault: str, mirror: str) -> "Head":
        return cls({"format": FORMAT, "vault": vault, "mirror": mirror, "generation": 0,
                    "size": None, "root": None, "checkpoint": None, "unsealed": 0, "slices": [],
                    "people": None, "people_at": 0, "tree": None, "keys": {}, "pending": [],
                    "rebuilding": False, "garbage": []})

    @classmethod
    def parse(cls, content: bytes) -> tuple:
        """The head, its text, and its seal."""
        try:
            text, seal, rest = content.decode("utf-8").split("\n")
            fields = json.loads(text)
            if rest or fields["format"] != FORMAT:
                raise ValueError
            return cls(fields), text, bytes.fromhex(seal)
        except (ValueError, KeyError, TypeError):
            raise Damaged("the mirror's head is damaged, or of another version") from None

    def text(self) -> str:
        return json.dumps(self.fields, separators=(",", ":"), sort_keys=True)

    def __getitem__(self, name):
        return self.fields[name]

    def __setitem__(self, name, value):
        self.fields[name] = value

    def copy(self) -> "Head":
        return Head(copy.deepcopy(self.fields))

    @property
    def reached(self) -> int:
        """Up to which position the next state is done."""
        if self["pending"]:
            return self["pending"][-1]["to"]
        return 0 if self["rebuilding"] or self["size"] is None else self["size"]

    @property
    def is_complete(self) -> bool:
        return self["size"] is not None

    def objects_to_restore(self) -> list:
        """In the order in which later ones know better."""
        beside = [self["people"], self["tree"], *self["keys"].values()]
        slices = sorted(self["slices"], key=lambda each: each["generation"])
        return [entry for entry in beside if entry] + \
            [entry for each in slices for entry in each["objects"]]

    def objects(self) -> list:
        return self.objects_to_restore() + \
            [entry for each in self["pending"] for entry in each["objects"]]

    def names(self) -> set:
        return {entry["name"] for entry in self.objects()}


def bytes_of(slices: list) -> int:
    return sum(entry["size"] for each in slices for entry in each["objects"])
