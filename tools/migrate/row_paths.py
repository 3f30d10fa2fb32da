"""Where a row of vault_files belongs: the old system wrote paths in several ways, or only names."""

import re

from .names import vault_path

_USER_FOLDER = re.compile(r"^(?:vvault(?:_files)?/)?users/(?:shard_\d+/)?[^/]+/")
_CHAT = re.compile(r"chat_with_([A-Za-z][\w.-]*?)\.md", re.IGNORECASE)
_AREAS = {"transcript": "chatty", "conversation": "chatty", "capsule": "identity",
          "ledger": "memories"}


def callsign(name: str) -> str:
    """As the vault has it: lower case, hyphens, and a number."""
    name = name.strip().lower().replace("_", "-").replace(" ", "-")
    return name if re.search(r".-\d+$", name) else f"{name}-001"


def row_path(row: dict) -> str:
    """The vault path: that of the row behind the user's folder, or one made of its name."""
    given = [value for value in (row.get("storage_path"), row.get("filename"))
             if isinstance(value, str) and value.strip("/ ")]
    with_folders = [value for value in given if "/" in value.strip("/")]
    path = (with_folders or given[::-1] or [""])[0]
    parts = [part for part in path.replace("\\", "/").split("/") if part not in ("", ".", "..")]
    path = _USER_FOLDER.sub("", "/".join(parts), count=1) or parts[-1]
    if "/" not in path:
        path = _placed(path, row)
    return vault_path(path)[0]


def _placed(name: str, row: dict) -> str:
    chat = _CHAT.fullmatch(name)
    if chat:
        return f"instances/{callsign(chat.group(1))}/chatty/{name}"
    construct = row.get("construct_id")
    if isinstance(construct, str) and construct.strip():
        area = _AREAS.get(str(row.get("file_type") or ""), "documents")
        return f"instances/{callsign(construct)}/{area}/{name}"
    return f"library/documents/{name}"
