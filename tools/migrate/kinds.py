"""What a file is, and what is odd about its bytes: for the report, and for what is recorded with
it. Nothing is decided by it: every file is stored as it is, and what is a transcript the vault
finds out."""

import json
import re
from dataclasses import dataclass, field

from . import capsules
from .names import printable

LARGEST_JSON = 4 << 20
LONG_LINE = 1 << 20
_MESSAGE_FILE = re.compile(rb"# (?:Timestamp|Role): ")
_TEXT = (".md", ".markdown", ".txt", ".json", ".jsonl", ".capsule", ".csv", ".log", ".yml",
         ".yaml")
_AREAS = {"identity": "identity file", "config": "settings", "memup": "memory",
          "memories": "memory", "documents": "document", "assets": "asset", "logs": "log"}


@dataclass
class Description:
    kind: str
    oddities: list = field(default_factory=list)   # words that are counted
    notes: list = field(default_factory=list)      # sentences that are shown
    metadata: dict = field(default_factory=dict)   # recorded with the file


def describe(path: str, content: bytes, size: int) -> Description:
    """`content` is all of the file, or its beginning if it is larger than LARGEST_JSON."""
    told = Description(kind_of(path, content))
    if size == 0:
        told.kind = "empty file"
        return told
    name = path.rsplit("/", 1)[-1].lower()
    if not name.endswith(_TEXT) or b"\0" in content[:1 << 16]:
        return told
    told.oddities = list(text_oddities(content, len(content) == size))
    if name.endswith((".json", ".capsule")) and len(content) == size:
        _describe_json(told, name, content)
    return told


def kind_of(path: str, content: bytes) -> str:
    """By its place and its name."""
    parts = path.lower().split("/")
    name = parts[-1]
    area = parts[2] if parts[0] == "instances" and len(parts) > 3 else parts[0]
    if name == "merkle_chain.json":
        return "capsule chain"
    if area == "indexes" or name.endswith("_index.json"):
        return "capsule index"
    if name.endswith(".capsule") or area == "capsules":
        return "capsule"
    if "ledger" in name:
        return "continuity ledger"
    if "state" in name and name.endswith((".json", ".jsonl", ".log", ".txt", ".md")):
        return "state log"
    if name in ("profile.json", "account.json") or area == "account":
        return "account"
    if area in _AREAS:
        return _AREAS[area]
    if name.endswith(".txt") and _MESSAGE_FILE.match(content.removeprefix(b"\xef\xbb\xbf")):
        return "message file"
    if name.endswith((".md", ".markdown", ".txt", ".json")):
        return "text" if area == "library" else "transcript or text"
    return "binary file" if b"\0" in content[:8192] else "other file"


def text_oddities(content: bytes, whole: bool):
    """What a reader of old files must reckon with. All of it is kept."""
    if content.startswith(b"\xef\xbb\xbf"):
        yield "byte order mark"
    if b"\r\n" in content:
        yield "CR LF"
    if max(map(len, content.splitlines()), default=0) > LONG_LINE:
        yield "line of a megabyte or more"
    if "\u2028".encode() in content:
        yield "U+2028"
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        # A character that the end of what was read cuts in two is no oddity.
        if whole or error.end < len(content) - 4:
            yield "not UTF-8"


def _describe_json(told: Description, name: str, content: bytes) -> None:
    try:
        value = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        told.oddities.append("JSON that does not parse")
        return
    if capsules.is_capsule(value):
        told.kind = "capsule"
        told.metadata["capsule"] = about = capsules.describe(value)
        claim = about.get("fingerprint")
        if claim and claim["rule"] is None:
            told.oddities.append("capsule whose fingerprint no rule gives")
            told.notes.append(f"no known rule gives its fingerprint {printable(claim['claimed'])}; "
                              "stored as it is")
    elif told.kind == "capsule index":
        told.metadata["capsule_index"] = capsules.describe_index(value)
    elif told.kind == "capsule chain" or name == "merkle_chain.json":
        told.metadata["capsule_chain"] = about = capsules.describe_chain(value)
        if about.get("linked") is False:
            told.oddities.append("chain with a broken link")
            told.notes.append(f"link {about['first_broken']} of the chain does not follow from the "
                              "one before it; stored as it is")
    elif isinstance(value, dict) and {"filename", "content", "backed_up_at"} <= value.keys():
        told.kind = "backup"
    elif is_export(value):
        told.kind = "ChatGPT export"


def is_export(value) -> bool:
    first = value[0] if isinstance(value, list) and value else value
    return isinstance(first, dict) and isinstance(first.get("mapping"), dict)
