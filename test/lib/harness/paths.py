"""Where the tests find the checkout, the samples and their temporary directory."""

import atexit
import os
import shutil
import tempfile
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SAMPLES = REPOSITORY / "test" / "samples"
# The one user's folder of the sample vault: what a vault path is relative to.
VAULT = SAMPLES / "vault" / "users" / "shard_0042" / "ada_example_1762969514958"

_scratch = None


def scratch() -> Path:
    """One directory for everything this run makes, removed when the process that made it ends.

    Not below the checkout: the server's OS user often cannot traverse that. Short: a socket's
    path has 107 bytes. test/run hands its own directory to the suites it starts.
    """
    global _scratch
    if _scratch is None:
        given = os.environ.get("VVAULT_TEST_SCRATCH")
        if given:
            _scratch = Path(given)
        else:
            _scratch = Path(tempfile.mkdtemp(prefix="vvault-test-", dir="/tmp"))
            _scratch.chmod(0o755)
            atexit.register(shutil.rmtree, _scratch, ignore_errors=True)
    return _scratch


def fresh_directory(name: str) -> Path:
    return Path(tempfile.mkdtemp(prefix=name + "-", dir=scratch()))
