"""Vectors beside these scripts: written, or with --check compared with what would be."""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent


def write_or_check(script: str, files: dict) -> bool:
    """Writes each file's content as JSON. True if the files were only checked; ends the program
    if one of them is not what the script writes."""
    texts = {name: json.dumps(content, indent=1, ensure_ascii=False) + "\n"
             for name, content in files.items()}
    if "--check" not in sys.argv[1:]:
        for name, text in texts.items():
            (HERE / name).write_text(text, encoding="utf-8")
        return False
    stale = [name for name, text in texts.items()
             if (HERE / name).read_text(encoding="utf-8") != text]
    if stale:
        sys.exit(f"not what {script} writes: " + ", ".join(stale))
    return True
