"""What npm installs and builds: as the lock file says, and once for each state of it."""

import os
import shutil
import subprocess
from pathlib import Path


def npm(folder: Path, *arguments, seconds: float = 300) -> str:
    environment = {**os.environ, "CI": "true", "NO_COLOR": "1"}
    done = subprocess.run(["npm", *arguments], check=False, cwd=folder, text=True,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, env=environment, timeout=seconds)
    if done.returncode != 0:
        raise RuntimeError(f"npm {' '.join(arguments)} in {folder.name} failed:\n{done.stdout}")
    return done.stdout


def install(folder: Path) -> Path:
    """Fills node_modules unless it is what package-lock.json says already."""
    lock, installed = folder / "package-lock.json", folder / "node_modules" / "installed-lock.json"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        shutil.copyfile(lock, installed)
    return folder / "node_modules"


def build(folder: Path) -> Path:
    install(folder)
    npm(folder, "run", "build")
    return folder / "dist"
