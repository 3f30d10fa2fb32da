#!/usr/bin/env python3
"""Seals files so that only the holder of a key opens them, and opens them again.

What was sealed and stored with `vvault_migrate.py --seal-to` comes back with `fetch`, which
downloads and opens, or with `open`, which opens what was downloaded in any other way.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True

from migrate.gateway import Gateway, Refused, Unreachable, default_token, default_url  # noqa: E402

try:
    from seal import keys
    from seal.sealing import DoesNotOpen, about_bytes, open_sealed, seal
except ImportError as missing:
    sys.exit(f"vvault_seal: it needs PyNaCl (python3-nacl): {missing}")

ALL_WELL, SOME_NOT_OPENED, USAGE = 0, 1, 2


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Seal files to a public key and open them with the secret one.",
        epilog="Exit code: 0 all well, 1 something does not open, 2 not started.")
    commands = parser.add_subparsers(dest="command", required=True)
    command = commands.add_parser("keygen", help="make a pair of keys: FILE and FILE.pub")
    command.add_argument("file", metavar="FILE", type=Path)
    command = commands.add_parser("seal", help="seal FILE to standard output")
    command.add_argument("--to", metavar="KEY", required=True,
                         help="the public key (vvpub_…), or a file that holds it")
    command.add_argument("--path", help="the vault path that the file is sealed for")
    command.add_argument("file", metavar="FILE", type=Path)
    command = commands.add_parser("open", help="open FILE, or standard input, to standard output")
    command.add_argument("--key", metavar="FILE", type=Path, required=True)
    command.add_argument("--path", help="refuse what was sealed for another vault path")
    command.add_argument("file", metavar="FILE", type=Path, nargs="?")
    command = commands.add_parser(
        "fetch", help="download what is sealed below PREFIX and open it into DIRECTORY")
    command.add_argument("--key", metavar="FILE", type=Path, required=True)
    command.add_argument("prefix", metavar="PREFIX")
    command.add_argument("directory", metavar="DIRECTORY", type=Path)
    return parser.parse_args()


def say(text: str) -> None:
    print(f"vvault_seal: {text}", file=sys.stderr)


def opened(source, key: bytes, path: str = None):
    """The pieces of the content; DoesNotOpen too where it was sealed for another path."""
    pieces = open_sealed(source, key)
    about = next(pieces)
    if path is not None and about.get("path") != path:
        raise DoesNotOpen(f"it was sealed for {about.get('path')!r}")
    return pieces


def write_whole(target: Path, pieces) -> None:
    """All of it or nothing: what does not open to its end leaves no file."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=".opening-", delete=False) as draft:
        try:
            for piece in pieces:
                draft.write(piece)
            draft.flush()
            os.replace(draft.name, target)
        except BaseException:
            os.unlink(draft.name)
            raise


def fetch(gateway: Gateway, key: bytes, prefix: str, directory: Path) -> int:
    code = ALL_WELL
    for path, stored in sorted(gateway.stored_files(prefix).items()):
        if stored.encrypted != "client":
            say(f"left out {path}: it is not sealed by a client")
            continue
        try:
            # The server says what a path is: it must not lead out of the directory.
            if path.startswith("/") or ".." in path.split("/"):
                raise DoesNotOpen("its path leads elsewhere")
            with gateway.open_file(path) as source:
                write_whole(directory / path, opened(source, key, path))
        except (DoesNotOpen, Refused, OSError) as error:
            say(f"NOT OPENED {path}: {error}")
            code = SOME_NOT_OPENED
    return code


def run(arguments: argparse.Namespace) -> int:
    if arguments.command == "keygen":
        print(keys.make_pair(arguments.file))
    elif arguments.command == "seal":
        with open(arguments.file, "rb") as source:
            for piece in seal(source, arguments.file.stat().st_size,
                              keys.public_key(arguments.to), about_bytes(arguments.path)):
                sys.stdout.buffer.write(piece)
    elif arguments.command == "open":
        key = keys.secret_key(arguments.key)
        with open(arguments.file, "rb") if arguments.file else sys.stdin.buffer as source:
            for piece in opened(source, key, arguments.path):
                sys.stdout.buffer.write(piece)
    else:
        if default_token() is None:
            say("no token: set VVAULT_TOKEN")
            return USAGE
        return fetch(Gateway(default_url(), default_token()), keys.secret_key(arguments.key),
                     arguments.prefix, arguments.directory)
    return ALL_WELL


def main() -> int:
    try:
        return run(parse_arguments())
    except DoesNotOpen as error:
        say(f"it does not open: {error}")
        return SOME_NOT_OPENED
    except (keys.UnusableKey, OSError, Refused, Unreachable, ValueError) as error:
        say(str(error))
        return USAGE


if __name__ == "__main__":
    sys.exit(main())
