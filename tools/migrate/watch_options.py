"""--watch on the command line of vvault_migrate.py."""

import argparse
import signal
import sqlite3
import sys
from types import SimpleNamespace

from . import where
from .folder import owner_names
from .folder_state import FolderState, state_path
from .vault import Refused, Unreachable
from .watched_folder import WatchedFolder
from .watched_vault import WatchedVault
from .watching import Watching, printer

USAGE = 2
LONGEST_CALL = 5     # then the whole waits for the vault, and can be stopped meanwhile
OTHER_WORK = ("vault_files", "vault_files_live", "database", "dry_run", "audit", "no_audit",
              "fresh", "seal_to", "report")


def add_to(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("keeping a folder and the vault in step")
    group.add_argument("--watch", action="store_true",
                       help="follow the folder and the vault until stopped: what changes here is "
                            "sent, what changes there comes here (see doc/watching.md)")
    group.add_argument("--up", action="store_true", help="with --watch: only send")
    group.add_argument("--once", action="store_true",
                       help="with --watch: end when both sides agree")
    group.add_argument("--delete", action="store_true",
                       help="with --watch: what is deleted on one side is deleted on the other")
    group.add_argument("--settle", metavar="SECONDS", type=float, default=1.0,
                       help="how long a file is left alone after a change (1)")
    group.add_argument("--interval", metavar="SECONDS", type=float, default=2.0,
                       help="how often the folder is looked at, at least (2)")
    group.add_argument("--host-name", metavar="NAME", dest="host", default="",
                       help="what this computer is called in the names of conflicts")


def check(parser: argparse.ArgumentParser, arguments: argparse.Namespace) -> None:
    if not arguments.watch:
        if arguments.up or arguments.once or arguments.delete:
            parser.error("--up, --once and --delete go with --watch")
        return
    other = [name for name in OTHER_WORK if getattr(arguments, name)]
    if other:
        parser.error("--watch does not go with --" + other[0].replace("_", "-"))
    if arguments.folder is None or not arguments.folder.is_dir():
        parser.error("--watch needs a folder")
    if arguments.settle < 0 or arguments.interval <= 0:
        parser.error("--settle and --interval are numbers of seconds")


def watch(arguments: argparse.Namespace, token: str, vaults: list) -> int:
    if len(vaults) != 1:
        print("vvault_migrate: --watch follows one person's folder; choose it by its path or with "
              "--user", file=sys.stderr)
        return USAGE
    vault = WatchedVault(where.default_url(), token, min(arguments.patience, LONGEST_CALL))
    folder = WatchedFolder(vaults[0].root, vaults[0].begin, arguments.settle)
    say = printer(sys.stderr if arguments.json else sys.stdout, arguments.json)
    try:
        identity = patient_identity(vault, say, arguments.once)
    except (Refused, Unreachable, KeyboardInterrupt) as error:
        print(f"vvault_migrate: {vault.url}: {error or 'interrupted'}", file=sys.stderr)
        return USAGE
    try:
        state = FolderState(arguments.state or state_path(where.state_directory(), identity,
                                                          vaults[0].begin))
    except sqlite3.OperationalError as error:
        print(f"vvault_migrate: another --watch follows this folder ({error})", file=sys.stderr)
        return USAGE
    options = SimpleNamespace(
        down=not arguments.up, once=arguments.once, delete=arguments.delete, host=arguments.host,
        interval=arguments.interval, settle=arguments.settle,
        owner_names=arguments.owner_name or owner_names(vaults))
    watching = Watching(vault, folder, state, say, options)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: watching.stop())
    observer = observe(folder.begin, watching.wake)
    try:
        return 1 if watching.run() else 0
    except Refused as refused:
        say("REFUSED", "", str(refused))
        return USAGE
    finally:
        if observer is not None:
            observer.stop()
        state.close()


def patient_identity(vault, say, once: bool) -> str:
    """Whose vault it is, asked until it answers: it may be away when this starts."""
    said = False
    while True:
        try:
            return vault.identity()
        except Unreachable as unreachable:
            if once:
                raise
            if not said:
                say("waiting", "", str(unreachable))
            said = True


def observe(folder: str, wake):
    """Looks at the folder as soon as something happens in it, where python3-watchdog is there;
    without it, and on network drives, the regular looks find the same a little later."""
    try:
        from watchdog.events import FileSystemEventHandler
        from watchdog.observers import Observer
    except ImportError:
        return None

    class Waker(FileSystemEventHandler):
        def on_any_event(self, event):
            if event.event_type in ("created", "modified", "moved", "deleted", "closed"):
                wake()

    observer = Observer()
    try:
        observer.schedule(Waker(), folder, recursive=True)
        observer.start()
    except OSError:      # more folders than the system watches for one user
        return None
    return observer
