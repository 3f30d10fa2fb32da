"""Debian's python3-* packages are for Debian's python3; the first on the PATH may be another."""

import importlib.util
import os
import sys


def require(*modules: str) -> None:
    """Starts the script anew with /usr/bin/python3 where this interpreter lacks a module."""
    missing = [module for module in modules if importlib.util.find_spec(module) is None]
    if missing and sys.executable != "/usr/bin/python3" and os.path.exists("/usr/bin/python3"):
        os.execv("/usr/bin/python3", ["/usr/bin/python3", *sys.argv])
    if missing:
        sys.exit(f"python3 lacks {', '.join(missing)}: see tools/packages.txt")
