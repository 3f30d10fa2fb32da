"""The turns of one file: the vault reads it whole, or in slices where it is too large for that."""

from collections import Counter

from .slices import NoArray, slices

TRANSCRIPTS = (".md", ".markdown", ".txt", ".json")
READ_WHOLE = 8 << 20                # a JSON array above that is read in slices
LARGEST_TRANSCRIPT = 64 << 20       # anything else above that is not read
READER = 1                          # another number makes the next run read everything again
SESSIONS_NAMED = 100


class NotRead(Exception):
    """The file is kept, and its turns are not messages; the text says why."""


def may_be_transcript(path: str) -> bool:
    name = path.rsplit("/", 1)[-1].lower()
    return name.endswith(TRANSCRIPTS)


def read_turns(vault, file, names: list, dry_run: bool, is_stored: bool) -> dict:
    """What the vault says of it. Where it is not stored, the bytes are sent to be counted."""
    if file.path.lower().endswith(".json") and file.size > READ_WHOLE:
        try:
            return read_slices(vault, file, names, dry_run)
        except NoArray as reason:
            if file.size > LARGEST_TRANSCRIPT:
                raise NotRead(f"it is too large to be read whole, and {reason}") from None
    return read_whole(vault, file, names, dry_run, is_stored)


def read_whole(vault, file, names: list, dry_run: bool, is_stored: bool) -> dict:
    if file.size > LARGEST_TRANSCRIPT:
        raise NotRead("it is larger than 64 MiB")
    if is_stored:
        return vault.import_turns(file.path, names, dry_run)
    if file.size > vault.largest_bytes:
        raise NotRead("it is too large to be counted before it is stored")
    with file.open() as source:
        return vault.import_bytes(file.path, source.read(), names, dry_run)


def read_slices(vault, file, names: list, dry_run: bool) -> dict:
    """In memory are the conversations of one slice, here and in the vault."""
    whole = {"sessions": [], "formats": [], "unknown_speakers": [], "notes": []}
    oversized = []
    with file.open() as source:
        try:
            for piece in slices(source, oversized.append):
                _add(whole, vault.import_bytes(file.path, piece, names, dry_run))
        except NoArray as reason:
            if not whole["sessions"]:
                raise
            whole["notes"].append(f"only its beginning could be read: {reason}")
    whole["notes"] += [f"conversation {number} is too large to be read" for number in oversized]
    return compact(whole)


def _add(whole: dict, part: dict) -> None:
    whole["sessions"] += part.get("sessions") or []
    if len(whole["sessions"]) > 10 * SESSIONS_NAMED:
        whole["sessions"] = compact(whole)["sessions"]
    for name in ("formats", "unknown_speakers", "notes"):
        whole[name] = list(dict.fromkeys(whole[name] + (part.get(name) or [])))


def compact(result: dict) -> dict:
    """The same sums, with the first conversations by name and the others as one number."""
    sessions = result.get("sessions") or []
    named, others = sessions[:SESSIONS_NAMED], sessions[SESSIONS_NAMED:]
    if others:
        roles = Counter()
        for session in others:
            roles.update(session.get("roles") or {})
        named.append({"session": None, "count": sum(one.get("count", 1) for one in others),
                      "roles": dict(roles),
                      "appended": sum(one.get("appended", 0) for one in others),
                      "known": sum(one.get("known", 0) for one in others)})
    return {**result, "sessions": named}


def as_known(result: dict) -> dict:
    """What a later run may say of a file whose turns are all messages by now."""
    result = compact(result)
    return {**result, "sessions": [
        {**session, "appended": 0,
         "known": session.get("known", 0) + session.get("appended", 0)}
        for session in result["sessions"]]}
