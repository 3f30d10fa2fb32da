"""The command line of vvault_migrate.py: what is asked for, and what is done about it."""

import argparse
import contextlib
import sys
import tempfile
from pathlib import Path

from . import watch_options, where
from .folder import UnusableFolder, choose_vaults
from .gateway import Gateway
from .plan import Plan, state_path
from .report import Report
from .run import WORKERS, Run
from .vault import Refused, Unreachable

ALL_WELL, SOME_NOT_STORED, USAGE = 0, 1, 2


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Bring a folder of vault files into VVAULT and compare every byte.",
        epilog="VVAULT_URL and VVAULT_TOKEN name the gateway and the person; without them, what "
               "`make run` left under VVAULT_HOME (.vvault). Exit code: 0 all well, 1 something "
               "is not stored or differs, 2 not started: usage, folder or token.")
    parser.add_argument("folder", metavar="FOLDER", type=Path, nargs="?",
                        help="a vault, or a folder that holds users/<shard>/<person>/")
    parser.add_argument("--user", metavar="NAME",
                        help="the person's folder (or user_id in the table) to take, where there "
                             "are several")
    parser.add_argument("--owner-name", metavar="NAME", action="append", default=[],
                        help="how the owner is called in transcripts; may be repeated "
                             "(default: from account/profile.json)")
    parser.add_argument("--vault-files", metavar="EXPORT", type=Path,
                        help="instead of a folder: the old table vault_files, as CSV or JSON")
    parser.add_argument("--vault-files-live", action="store_true",
                        help="the same from the database that VVAULT_FILES_DATABASE_URL names")
    parser.add_argument("--database", action="store_true",
                        help="straight into the database that VVAULT_DATABASE_URL (or PGHOST, …) "
                             "names, without the gateway")
    parser.add_argument("--dry-run", action="store_true",
                        help="change nothing, say of every file what it is and what would be done")
    parser.add_argument("--audit", action="store_true",
                        help="import nothing, only compare: bytes both ways, and turns with "
                             "messages")
    parser.add_argument("--no-audit", action="store_true", help="no comparison at the end")
    parser.add_argument("--fresh", action="store_true",
                        help="forget what earlier runs did; nothing is stored twice by it")
    parser.add_argument("--state", metavar="FILE", type=Path,
                        help="where it is kept what was done (~/.local/state/vvault/imports/)")
    parser.add_argument("--workers", metavar="N", type=int, default=WORKERS,
                        help=f"requests in flight ({WORKERS})")
    parser.add_argument("--seal-to", metavar="KEY",
                        help="seal every file to this public key (vvpub_…, or a file that holds "
                             "it; see vvault_seal.py): only the secret key opens it, and no "
                             "transcript becomes messages")
    parser.add_argument("--seal-list", metavar="FILE", type=Path,
                        help="where it is kept what was sealed already "
                             "(~/.local/state/vvault/sealed.jsonl)")
    parser.add_argument("--json", action="store_true",
                        help="the report as JSON on standard output, all else on standard error")
    parser.add_argument("--report", metavar="FILE", type=Path,
                        help="one line of JSON for every file: what it is, what became of it")
    parser.add_argument("--verbose", action="store_true", help="a line for every file")
    watch_options.add_to(parser)
    parser.add_argument("--patience", metavar="SECONDS", type=float, default=60,
                        help="how long to try again when the vault does not answer (60)")
    arguments = parser.parse_args()
    sources = [arguments.folder is not None, arguments.vault_files is not None,
               arguments.vault_files_live]
    if sum(sources) != 1:
        parser.error("name one source: FOLDER, --vault-files EXPORT or --vault-files-live")
    if arguments.audit and (arguments.dry_run or arguments.no_audit):
        parser.error("--audit stands alone")
    watch_options.check(parser, arguments)
    if not 1 <= arguments.workers <= 64:
        parser.error("--workers is a number from 1 to 64")
    return arguments


def refuse(reason: str) -> int:
    print(f"vvault_migrate: {reason}", file=sys.stderr)
    return USAGE


def make_sealing(arguments: argparse.Namespace):
    """None where nothing is to be sealed. Only who seals needs libsodium for Python."""
    if arguments.seal_to is None:
        return None
    try:
        from .sealing import Sealing, default_list
        from seal import keys
    except ImportError as error:
        raise ValueError(f"--seal-to needs PyNaCl (python3-nacl): {error}") from None
    try:
        public_key = keys.public_key(arguments.seal_to)
    except keys.UnusableKey as error:
        raise ValueError(str(error)) from None
    return Sealing(public_key, arguments.seal_list or default_list())


def make_vault(arguments: argparse.Namespace, token: str):
    if not arguments.database:
        return Gateway(where.default_url(), token, arguments.patience)
    try:
        from .database import Database
    except ImportError as error:
        raise ValueError(f"--database needs psycopg2 (python3-psycopg2): {error}") from None
    return Database(token, arguments.patience)


@contextlib.contextmanager
def open_plan(arguments: argparse.Namespace, vault):
    """What is only counted, compared or sealed leaves no state."""
    state = None
    if not (arguments.dry_run or arguments.audit or arguments.seal_to):
        source = (arguments.folder or arguments.vault_files
                  or Path("/dev/null/vault_files"))   # a live table is no file
        state = arguments.state or state_path(where.state_directory(), vault.identity(), source)
        if arguments.fresh:
            state.unlink(missing_ok=True)
    plan = Plan(state)
    try:
        yield plan
    finally:
        plan.close()


def work(arguments: argparse.Namespace, vault, vaults: list, sealing, report: Report) -> None:
    with contextlib.ExitStack() as held:
        plan = held.enter_context(open_plan(arguments, vault))
        run = Run(vault, plan, report, arguments.owner_name, arguments.dry_run, sealing,
                  arguments.workers)
        if arguments.folder is not None:
            run.find_in(arguments.folder, vaults)
        else:
            from .rows import unpack
            spool = Path(held.enter_context(tempfile.TemporaryDirectory(prefix="vvault-rows-")))
            run.find_rows(unpack(arguments, spool, report))
        if not arguments.audit:
            run.store_and_read()
        if not (arguments.dry_run or arguments.no_audit):
            run.audit(turns=arguments.audit)


def migrate(arguments: argparse.Namespace, vault, vaults: list, sealing) -> int:
    with contextlib.ExitStack() as held:
        details = (held.enter_context(open(arguments.report, "w", encoding="utf-8"))
                   if arguments.report else None)
        report = Report(arguments.dry_run, sys.stderr if arguments.json else sys.stdout,
                        arguments.verbose, details)
        report.strict = arguments.audit
        try:
            work(arguments, vault, vaults, sealing, report)
        except Refused as refused:
            if not report.files and not report.audit:
                return refuse(f"{vault.url} refuses: {refused}")
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
    arguments = parse_arguments()
    token = where.default_token()
    source = arguments.folder or arguments.vault_files
    if source is not None and not source.exists():
        return refuse(f"there is no {source}")
    if token is None:
        return refuse("no token: set VVAULT_TOKEN, or start a vault with `make run`")
    try:
        vaults = choose_vaults(arguments.folder, arguments.user) if arguments.folder else []
        if arguments.watch:
            return watch_options.watch(arguments, token, vaults)
        sealing = make_sealing(arguments)
        vault = make_vault(arguments, token)
        return migrate(arguments, vault, vaults, sealing)
    except (UnusableFolder, ValueError, OSError) as error:
        return refuse(str(error))
