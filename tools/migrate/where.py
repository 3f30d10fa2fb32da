"""Where the vault is: what the environment says, and what `make run` left."""

import mimetypes
import os
from pathlib import Path

MEDIA_TYPES = {".md": "text/markdown", ".txt": "text/plain", ".json": "application/json",
               ".capsule": "application/json"}


def home() -> Path:
    """What `make run` left: VVAULT_HOME, .vvault here, or .vvault of the checkout."""
    if os.environ.get("VVAULT_HOME"):
        return Path(os.environ["VVAULT_HOME"])
    here = Path(".vvault")
    return here if here.is_dir() else Path(__file__).resolve().parents[2] / ".vvault"


def read_line(path: Path):
    try:
        return path.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def default_url() -> str:
    port = os.environ.get("VVAULT_PORT")
    return (os.environ.get("VVAULT_URL") or (f"http://127.0.0.1:{port}" if port else None)
            or read_line(home() / "url") or "http://127.0.0.1:8787")


def default_token():
    return os.environ.get("VVAULT_TOKEN") or read_line(home() / "api-key")


def state_directory() -> Path:
    """Where this machine remembers what it did."""
    return Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "vvault"


def media_type(path: str) -> str:
    suffix = Path(path).suffix.lower()
    return MEDIA_TYPES.get(suffix) or mimetypes.guess_type(path)[0] or "application/octet-stream"
