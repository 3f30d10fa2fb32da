#!/usr/bin/env python3
"""Brings a folder of vault files into VVAULT, through the gateway.

Every file below users/<shard>/<person>/ is stored byte for byte under the path behind that
folder, and every turn of a transcript becomes a message, once. Running it again changes nothing
that has not changed on the disk. With --seal-to the server gets nothing that it could read;
`vvault_migrate.py open --key FILE …` opens what was sealed, as vvault_seal.py does.
"""

import argparse
import sys
from pathlib import Path

sys.dont_write_bytecode = True

from migrate.folder import UnusableFolder, choose_vaults  # noqa: E402
from migrate.gateway import (Gateway, Refused, Unreachable, default_token,  # noqa: E402
                             default_url)
from migrate.migration import Migration  # noqa: E402
from migrate.report import Report  # noqa: E402

ALL_WELL, SOME_NOT_STORED, USAGE = 0, 1, 2


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Bring a folder of vault files into VVAULT, through the gateway.",
        epilog="VVAULT_URL and VVAULT_TOKEN name the gateway and the person; without them, what "
               "`make run` left under VVAULT_HOME (.vvault). Exit code: 0 all well, 1 some files "
               "could not be stored, 2 not started: usage, folder or token.")
    parser.add_argument("folder", metavar="FOLDER", type=Path,
                        help="a vault, or a folder that holds users/<shard>/<person>/")
    parser.add_argument("--user", metavar="NAME",
                        help="the person's folder to take, where FOLDER holds several")
    parser.add_argument("--owner-name", metavar="NAME", action="append", default=[],
                        help="how the owner is called in transcripts; may be repeated "
                             "(default: from account/profile.json)")
    parser.add_argument("--seal-to", metavar="KEY",
                        help="seal every file to this public key (vvpub_…, or a file that holds "
                             "it; see vvault_seal.py): only the secret key opens it, and no "
                             "transcript becomes messages")
    parser.add_argument("--seal-list", metavar="FILE", type=Path,
                        help="where it is kept what was sealed already "
                             "(~/.local/state/vvault/sealed.jsonl)")
    parser.add_argument("--dry-run", action="store_true",
                        help="change nothing, say what would be done")
    parser.add_argument("--json", action="store_true",
                        help="the report as JSON on standard output, all else on standard error")
    parser.add_argument("--patience", metavar="SECONDS", type=float, default=60,
                        help="how long to try again when the gateway does not answer (60)")
    return parser.parse_args()


def refuse(reason: str) -> int:
    print(f"vvault_migrate: {reason}", file=sys.stderr)
    return USAGE


def make_sealing(arguments: argparse.Namespace):
    """None where nothing is to be sealed. Only who seals needs libsodium for Python."""
    if arguments.seal_to is None:
        return None
    try:
        from migrate.sealing import Sealing, default_list
        from seal import keys
    except ImportError as error:
        raise ValueError(f"--seal-to needs PyNaCl (python3-nacl): {error}") from None
    try:
        public_key = keys.public_key(arguments.seal_to)
    except keys.UnusableKey as error:
        raise ValueError(str(error)) from None
    return Sealing(public_key, arguments.seal_list or default_list())


def migrate(arguments: argparse.Namespace, gateway: Gateway, vaults: list, sealing) -> int:
    report = Report(arguments.dry_run, sys.stderr if arguments.json else sys.stdout)
    try:
        Migration(gateway, report, arguments.owner_name, arguments.dry_run, sealing).run(
            arguments.folder, vaults)
    except Refused as refused:
        if not report.files:
            return refuse(f"{gateway.url} refuses: {refused}")
        report.aborted = str(refused)
    except Unreachable as unreachable:
        report.aborted = str(unreachable)
    except KeyboardInterrupt:
        report.aborted = "interrupted"
    report.line(report.summary())
    if arguments.json:
        print(report.as_json())
    return SOME_NOT_STORED if report.exit_code() else ALL_WELL


def main() -> int:
    if sys.argv[1:2] == ["open"] and "--key" in sys.argv:
        import vvault_seal
        return vvault_seal.main()
    arguments = parse_arguments()
    token = default_token()
    if not arguments.folder.exists():
        return refuse(f"there is no {arguments.folder}")
    if token is None:
        return refuse("no token: set VVAULT_TOKEN, or start a vault with `make run`")
    try:
        vaults = choose_vaults(arguments.folder, arguments.user)
        sealing = make_sealing(arguments)
        gateway = Gateway(default_url(), token, arguments.patience)
    except (UnusableFolder, ValueError) as error:
        return refuse(str(error))
    return migrate(arguments, gateway, vaults, sealing)


if __name__ == "__main__":
    sys.exit(main())
