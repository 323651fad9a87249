"""Write the outputs that the documentation shows anew, and the main example into the README."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

from tests.docs.pages import BLOCK, REPOSITORY, pages

EXAMPLE = REPOSITORY / "examples" / "breast_cancer" / "pipeline.py"


def renewed(found: re.Match[str]) -> str:
    if found["kind"] == "output":
        command = [sys.executable, "-m", *shlex.split(found["about"])]
        environ = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
        text = subprocess.run(command, env=environ, capture_output=True, text=True, check=True).stdout
    elif found["kind"] == "file" and found["about"] == str(EXAMPLE.relative_to(REPOSITORY)):
        text = EXAMPLE.read_text()
    else:
        return found[0]
    start = found.start("text") - found.start()
    return f"{found[0][:start]}{text}```"


def renew(page: Path) -> None:
    page.write_text(BLOCK.sub(renewed, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    for page in pages():
        renew(page)
