"""The table vault_files of the old system, as files: from a CSV or JSON export, or live.

Each row is written to a spool on the disk, so that a table of any size needs no memory, and is
then a file like any other. Several rows of one path are versions of it, the oldest first. What a
row says beside its content is kept as metadata of the file, and where it holds messages, or more
than metadata may be, as a file of its own below archive/vault_files/.
"""

import base64
import binascii
import hashlib
import json
from pathlib import Path

from .folder import FoundFile, UnusableFolder
from .names import printable
from .row_paths import row_path
from .row_sources import open_rows

LARGEST_METADATA = 4000
KEPT = ("id", "file_type", "construct_id", "filename", "storage_path", "is_system", "created_at",
        "updated_at", "sha256")


def unpack(arguments, spool: Path, report) -> list:
    """FoundFiles of one person's rows, those of one path in the order of their times."""
    files, people, wrong = [], set(), 0
    for number, row in enumerate(open_rows(arguments), 1):
        person = text_of(row, "user_id")
        people.add(person)
        if arguments.user is not None and person != arguments.user:
            continue
        if not (text_of(row, "filename") or text_of(row, "storage_path")):
            report.problem(f"row {number}", "it has neither filename nor storage_path")
            wrong += 1
            continue
        files += _Row(row, number, spool, report).files()
    if arguments.user is None and len(people - {""}) > 1:
        raise UnusableFolder(f"the table holds rows of {len(people - {''})} people, and a token "
                             "belongs to one; choose with --user: "
                             + ", ".join(sorted(map(printable, people - {""}))))
    if not files and not wrong:
        raise UnusableFolder("there is no row" if arguments.user is None
                             else f"there is no row of {arguments.user!r}")
    return [file for _, file in sorted(files, key=lambda one: one[0])]


def text_of(row: dict, name: str) -> str:
    value = row.get(name)
    return value if isinstance(value, str) else "" if value is None else str(value)


def metadata_of(row: dict):
    """The old system wrote an object, or the text of one, or the text of that."""
    value = row.get("metadata")
    for _ in range(3):
        if not isinstance(value, str):
            break
        try:
            value = json.loads(value) if value.strip() else None
        except ValueError:
            return value
    return value


class _Row:
    def __init__(self, row: dict, number: int, spool: Path, report):
        self._row, self._number, self._spool, self._report = row, number, spool, report
        self._path = row_path(row)
        self._time = text_of(row, "updated_at") or text_of(row, "created_at")
        self._metadata = metadata_of(row)

    def files(self) -> list:
        """((path, time, number), FoundFile) of what the row holds."""
        about = {name: self._row[name] for name in KEPT if self._row.get(name) not in (None, "")}
        about = json.loads(json.dumps(about, default=str))
        messages = self._messages()
        made = []
        extra = self._metadata not in (None, "", {})
        large = extra and len(json.dumps(self._metadata)) > LARGEST_METADATA
        if extra and (messages or large):
            made.append(self._record(about))
        elif extra:
            about["metadata"] = self._metadata
        content = self._content()
        if content or not made:
            told = {"vault_files": about} | ({"covered": messages} if messages else {})
            made.append(self._file(self._path, content, told))
        return made

    def _messages(self) -> int:
        found = self._metadata.get("messages") if isinstance(self._metadata, dict) else None
        return len(found) if isinstance(found, list) else 0

    def _record(self, about: dict) -> tuple:
        record = json.dumps({**about, "metadata": self._metadata}, ensure_ascii=False,
                            sort_keys=True, indent=1).encode("utf-8", "surrogatepass")
        name = "".join(letter if letter.isalnum() or letter == "-" else "_"
                       for letter in text_of(self._row, "id")) \
            or hashlib.sha256(record).hexdigest()[:32]
        return self._file(f"archive/vault_files/{name}.json", record, {})

    def _file(self, path: str, content: bytes, told: dict) -> tuple:
        digest = hashlib.sha256(content).digest()
        location = self._spool / f"{self._number}-{digest.hex()[:16]}"
        location.write_bytes(content)
        # In place of a time stands what the content is known by: it cannot change unseen.
        return ((path, self._time, self._number),
                FoundFile(path, str(location), len(content), int.from_bytes(digest[:7], "big"),
                          json.dumps(told) if told else ""))

    def _content(self) -> bytes:
        """The bytes that the row stands for; its SHA-256 tells how they were written."""
        value = self._row.get("content")
        if isinstance(value, (bytes, memoryview)):
            return bytes(value)
        if value is not None and not isinstance(value, str):
            value = json.dumps(value, ensure_ascii=False)
        text = (value or "").encode("utf-8", "surrogateescape")
        claimed = text_of(self._row, "sha256").lower().removeprefix("sha256:")
        candidates = [text, *decoded(text)]
        if claimed:
            for candidate in candidates:
                if hashlib.sha256(candidate).hexdigest() == claimed:
                    return candidate
            if text:
                self._report.note(printable(self._path), f"row {self._number}: its sha256 is not "
                                                         "that of its content; stored as it is")
        if text_of(self._row, "file_type") == "binary" and len(candidates) > 1 \
                and (text.startswith((b"data:", b"\\x")) or self._says_base64()):
            return candidates[1]
        return text

    def _says_base64(self) -> bool:
        return isinstance(self._metadata, dict) and self._metadata.get("encoding") == "base64"


def decoded(text: bytes) -> list:
    """What the text may stand for: a data URL, PostgreSQL's hexadecimal, or base64."""
    body = text
    if text.startswith(b"data:") and b";base64," in text[:200]:
        body = text.split(b";base64,", 1)[1]
    elif text.startswith(b"\\x"):
        try:
            return [bytes.fromhex(text[2:].decode("ascii"))]
        except ValueError:
            return []
    try:
        return [base64.b64decode(b"".join(body.split()), validate=True)] if body else []
    except (binascii.Error, ValueError):
        return []
