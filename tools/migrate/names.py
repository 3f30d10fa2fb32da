"""Names of files, as they can be shown and as they can stand in a vault.

A vault path is UTF-8 without control characters. A name on the disk is bytes: what cannot stand is
written as %XX, so that such a file is stored too and says what it is called.
"""

import os
import re
import unicodedata

DOUBLED = re.compile(r"(?:^|/)(instances/[^/]+/)\1")
CONSTRUCT = re.compile(r"(?:^|/)instances/([^/]+)/.")
NUMBERED = re.compile(r".+-\d+")
LONGEST_PATH = 1024


def printable(name) -> str:
    """A file name as it can be shown: no raw bytes, no control characters."""
    text = os.fsencode(name).decode("utf-8", "backslashreplace")
    return "".join(character if unicodedata.category(character) not in ("Cc", "Cf")
                   else character.encode("unicode_escape").decode() for character in text)


def vault_path(relative: str) -> tuple:
    """The path in the vault, and whether it had to be written otherwise than on the disk."""
    path = "".join(
        "".join(f"%{byte:02X}" for byte in os.fsencode(character))
        if "\udc80" <= character <= "\udcff" or unicodedata.category(character) == "Cc"
        else character for character in relative)
    return path, path != relative


def folded(path: str) -> str:
    """The same for two paths of which a Mac or Windows could keep only one."""
    return unicodedata.normalize("NFC", path).casefold()


def oddities(path: str, name: str) -> list:
    """What is unusual about a path that is stored as it is."""
    odd = []
    if DOUBLED.search(path):
        odd.append("its path repeats itself; kept as it is")
    construct = CONSTRUCT.search(path)
    if construct and not NUMBERED.fullmatch(construct.group(1)):
        odd.append(f"its folder {construct.group(1)!r} has no number: its construct is "
                   f"{construct.group(1).lower().replace('_', '-')}-001")
    if name.startswith(".") and name.endswith(".icloud"):
        odd.append("only a placeholder: the file is still in iCloud and must be downloaded")
    if len(path.encode("utf-8", "surrogateescape")) > LONGEST_PATH:
        odd.append("its path is longer than a vault path may be")
    return odd
