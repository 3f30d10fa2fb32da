"""Two changes of one file: when they are one text together, and what the second is called when not."""

import os
import time

LARGEST = 16 << 20
HOUSE_TURN = b"<!-- chatty-message:v1 "


def is_text(*contents: bytes) -> bool:
    try:
        for content in contents:
            if len(content) > LARGEST or b"\0" in content:
                return False
            content.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def merge(base: bytes, mine: bytes, theirs: bytes):
    """One text with both changes, None where a person must decide.

    Only where one side did nothing but write on behind the base, as a transcript grows, and the
    other's change lies before that: what was written on still follows what it followed. A turn in
    the house format says itself where it begins, so it may also follow an end that was changed."""
    if not is_text(base, mine, theirs):
        return None
    for grown, edited in ((theirs, mine), (mine, theirs)):
        if not grown.startswith(base):
            continue
        added = grown[len(base):]
        if added.startswith(HOUSE_TURN) and _ends_line(base):
            return _line_ended(edited) + added
        end = _last_lines(base)
        if end.strip() and edited.endswith(end) and len(edited) > len(base) / 2:
            return edited + added
    return None


def _ends_line(content: bytes) -> bool:
    return not content or content.endswith(b"\n")


def _line_ended(content: bytes) -> bytes:
    if not content or content.endswith(b"\n\n"):
        return content
    return content + (b"\n" if content.endswith(b"\n") else b"\n\n")


def _last_lines(content: bytes) -> bytes:
    """Enough of the end to know it again."""
    return b"\n".join(content.split(b"\n")[-4:])


def conflict_name(path: str, mtime_ns: int, host: str, number: int = 1) -> str:
    """Beside the file, with the time of the text that it holds, so that doing it again after an
    interruption gives the same name."""
    folder, name = os.path.split(path)
    stem, dot, suffix = name.rpartition(".")
    if not stem:
        stem, dot, suffix = name, "", ""
    when = time.strftime("%Y-%m-%dT%H-%M-%SZ", time.gmtime(mtime_ns // 1_000_000_000))
    safe = "".join(letter if letter.isalnum() or letter in "-_." else "-" for letter in host)[:40]
    again = f" {number}" if number > 1 else ""
    room = 250 - len(f" (conflict {when} {safe}{again}){dot}{suffix}".encode())
    stem = stem.encode("utf-8", "surrogateescape")[:room].decode("utf-8", "ignore")
    return os.path.join(folder, f"{stem} (conflict {when} {safe}{again}){dot}{suffix}")


def is_conflict_copy(path: str) -> bool:
    return " (conflict 2" in os.path.basename(path)
