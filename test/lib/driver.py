"""Runs the groups of tests one after the other, counts, and ends in one summary line.

A group is a function that yields (name, passed, text) for each test. What fails is shown when it
fails; a group that cannot run at all is one failure, and so is a skipped test.
"""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

from harness import REPOSITORY, Cluster, fresh_key
from harness.npm import build

TEST = REPOSITORY / "test"
BUILD = REPOSITORY / "build"
TIME_LIMIT = 900
SUITES = ("verifier", "gateway", "openapi", "client", "importer", "watch", "dump", "recovery",
          "mirror", "export", "keys", "guard", "sealer", "leaks", "crash", "start", "tamper",
          "witness")


def run(command, environment=None, **options) -> tuple:
    """Exit code and output of a command, which is killed when it takes too long."""
    process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", env=environment, cwd=REPOSITORY,
                               start_new_session=True, **options)
    try:
        output, _ = process.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
        return 1, output + f"\nkilled after {TIME_LIMIT} s\n"
    return process.returncode, output


def lint():
    for script in sorted((TEST / "lint").glob("*.sh")):
        code, output = run([script])
        yield script.name, code == 0, output


def unit():
    code, output = run(["ctest", "--test-dir", BUILD, "--output-on-failure"])
    results = re.findall(r"^\s*\d+/\d+ Test\s+#\d+: (\S+) \.*\**\s*(Passed|[^\d\s][^\d]*?)\s+[\d.]+ sec",
                         output, re.MULTILINE)
    for name, verdict in results:
        yield name, verdict == "Passed", output
    if not results or (code != 0 and all(verdict == "Passed" for _, verdict in results)):
        yield "ctest", False, output


def typescript():
    """What is written in TypeScript: installed, built, and Node's own tests of it."""
    for folder in (REPOSITORY / "verifier" / "ts", REPOSITORY / "clients" / "typescript",
                   REPOSITORY / "tools" / "capsule"):
        yield from node_tests(folder)


def node_tests(folder: Path):
    try:
        build(folder)
    except RuntimeError as error:
        yield f"building {folder.name}", False, str(error)
        return
    code, output = run(["npm", "test", "--prefix", folder])
    results = re.findall(r"^\s*(not ok|ok) \d+ - (.+)$", output, re.MULTILINE)
    for verdict, name in results:
        yield name, verdict == "ok", output
    if not results or (code != 0 and all(verdict == "ok" for verdict, _ in results)):
        yield f"npm test in {folder.name}", False, output


def installcheck_in(directory: Path, cluster: Cluster):
    targets = ["installcheck"]
    if directory != REPOSITORY:
        targets.insert(0, "install")
    code, output = run(["make", "-s", "-C", directory, *targets],
                       cluster.environment(database="postgres"))
    results = re.findall(r"^(?:test)?\s+(\S+)\s+\.\.\. (ok|FAILED|skipped)", output, re.MULTILINE)
    differences = "".join(path.read_text(errors="replace")
                          for path in sorted(directory.rglob("regression.diffs")))
    for name, verdict in results:
        yield name, verdict == "ok", differences or output
    if not results or (code != 0 and all(verdict == "ok" for _, verdict in results)):
        yield "installcheck", False, output + differences


def with_cluster(directory: Path):
    """installcheck against a cluster of its own, whose log must tell of no crash."""
    cluster = Cluster(install=False, ledger_key=fresh_key())
    try:
        cluster.start()
        yield from installcheck_in(directory, cluster)
    finally:
        try:
            cluster.close()
        except AssertionError as crash:
            yield "server log", False, str(crash)


def regress():
    yield from with_cluster(REPOSITORY)


def fence():
    if (TEST / "modules" / "fence").is_dir():
        yield from with_cluster(TEST / "modules" / "fence")


def suite(name: str):
    def run_suite():
        if not (TEST / name).is_dir():
            return
        code, output = run([sys.executable, "-B", TEST / "lib" / "suite.py", TEST / name])
        results = re.findall(r"^RESULT (\S+) (ok|failed)$", output, re.MULTILINE)
        for test, verdict in results:
            yield test, verdict == "ok", output
        if not results or (code != 0 and all(verdict == "ok" for _, verdict in results)):
            yield name, False, output
    return run_suite


GROUPS = {"lint": lint, "unit": unit, "typescript": typescript, "regress": regress, "fence": fence,
          **{name: suite(name) for name in SUITES}}


def run_group(name: str) -> tuple:
    passed, failed, shown = 0, 0, set()
    began = time.monotonic()
    try:
        for test, good, text in GROUPS[name]():
            passed, failed = passed + good, failed + (not good)
            if not good and text not in shown:
                shown.add(text)
                print(text.rstrip())
            if not good:
                print(f"FAILED: {name}: {test}", flush=True)
    except Exception as error:  # a group that cannot run is a failure, not the end of the run
        failed += 1
        print(f"FAILED: {name}: {error}", flush=True)
    print(f"{name}: {passed} passed, {failed} failed, {time.monotonic() - began:.1f} s", flush=True)
    return passed, failed


def main() -> int:
    chosen = sys.argv[1:] or list(GROUPS)
    unknown = [name for name in chosen if name not in GROUPS]
    if unknown:
        print(f"no such group: {', '.join(unknown)}; there are {', '.join(GROUPS)}")
        return 2
    counts = [run_group(name) for name in chosen]
    passed, failed = (sum(column) for column in zip(*counts))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
