#!/usr/bin/env python3
"""Mirrors a vault to S3-compatible storage or a folder, sealed before it leaves the database.

It logs in as a role of vvault_mirror, holds no key and can read nothing of what it carries. What
is mirrored stands in the mirror itself, so it may be killed at any moment (doc/mirror.md).
"""

import argparse
import os
import signal
import sys

sys.dont_write_bytecode = True

import psycopg2  # noqa: E402

from mirror.cycle import Mirror  # noqa: E402
from mirror.database import Database, NotReady  # noqa: E402
from mirror.follow import Follower, checkpoint_of, reason_of  # noqa: E402
from mirror.head import Damaged  # noqa: E402
from mirror.scrub import Scrub  # noqa: E402
from mirror.store import Refused, Unavailable, open_store  # noqa: E402

ALL_WELL, DAMAGED, USAGE, UNAVAILABLE = 0, 1, 2, 3


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Mirror a vault, sealed, to S3-compatible storage or a folder.",
        epilog="libpq's environment (PGHOST, PGUSER, …) says where the database is; access to S3 is "
               "configured as for every AWS tool (AWS_ACCESS_KEY_ID, ~/.aws, …), and "
               "VVAULT_MIRROR_S3_ENDPOINT names another server than Amazon's. Exit code: 0 all "
               "well, 1 something in the mirror is missing or altered, 2 usage, 3 the store or the "
               "database is not there.")
    parser.add_argument("--name", default="mirror", help="the mirror's name in the database (mirror)")
    parser.add_argument("--store", metavar="PLACE", default=os.environ.get("VVAULT_MIRROR_STORE"),
                        help="s3://BUCKET/PREFIX or a folder that is there (VVAULT_MIRROR_STORE)")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="follow the ledger until SIGTERM")
    run.add_argument("--interval", metavar="SECONDS", type=float, default=5,
                     help="pause between rounds (5)")
    commands.add_parser("once", help="one round")
    commands.add_parser("status", help="up to which entry and checkpoint it is mirrored")
    scrub = commands.add_parser("scrub", help="re-read objects, and send anew what is damaged")
    scrub.add_argument("--sample", metavar="N%", default="100%",
                       help="so many of the objects, picked at random (100%%)")
    commands.add_parser("rebuild", help="send everything anew beside what is there, then drop that")
    arguments = parser.parse_args()
    if not arguments.store:
        parser.error("--store or VVAULT_MIRROR_STORE says where the mirror is")
    return arguments


def say(text: str) -> None:
    print(text, flush=True)


def locked(mirror: Mirror) -> None:
    if not mirror.database.lock():
        raise NotReady("another process is at work on this mirror")


def once(mirror: Mirror, rebuild: bool) -> int:
    locked(mirror)
    if rebuild:
        mirror.start_over()
    head = mirror.run()
    say(f"mirrored up to entry {head['size']}, {checkpoint_of(head)}")
    say(f"sent {mirror.sent_entries} entries, {mirror.sent_bytes} bytes")
    return ALL_WELL


def status(mirror: Mirror) -> int:
    info = mirror.database.call("mirror_begin", mirror.database.name, None)
    head = mirror.read_head(info)
    if not head.is_complete:
        say(f"not complete: {head.reached} of {info['size']} entries sent")
        return ALL_WELL
    say(f"mirrored up to entry {head['size']}, {checkpoint_of(head)}")
    say(f"behind by {info['size'] - head['size']} entries; {len(head.names())} objects,"
        f" {sum(entry['size'] for entry in head.objects())} bytes, generation {head['generation']}")
    return ALL_WELL


def follow(mirror: Mirror, interval: float) -> int:
    follower = Follower(mirror, interval, say)
    signal.signal(signal.SIGTERM, follower.stop)
    signal.signal(signal.SIGINT, follower.stop)
    follower.run()
    return ALL_WELL


def scrub(mirror: Mirror, sample: str) -> int:
    try:
        share = float(sample.rstrip("%")) / 100
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        print("vvault_mirror: --sample is a share such as 10%", file=sys.stderr)
        return USAGE
    locked(mirror)
    return DAMAGED if Scrub(mirror, say).run(share) else ALL_WELL


def main() -> int:
    arguments = parse_arguments()
    database = Database(arguments.name)
    try:
        mirror = Mirror(open_store(arguments.store), database)
        if arguments.command == "run":
            return follow(mirror, arguments.interval)
        if arguments.command == "scrub":
            return scrub(mirror, arguments.sample)
        if arguments.command == "status":
            return status(mirror)
        return once(mirror, arguments.command == "rebuild")
    except Damaged as error:
        print(f"vvault_mirror: ALARM: {error}", file=sys.stderr)
        return DAMAGED
    except (Unavailable, Refused, NotReady, psycopg2.Error) as error:
        print(f"vvault_mirror: {reason_of(error)}", file=sys.stderr)
        return UNAVAILABLE
    finally:
        database.close()


if __name__ == "__main__":
    sys.exit(main())
