"""What the pages of the documentation contain: files to write, commands to run, outputs to compare.

A comment before a code block says what it is: ``<!-- file: NAME -->`` is written, ``<!-- output: COMMAND -->`` is
what the command prints, ``<!-- not run: REASON -->`` is left alone, and ``<!-- cluster: WHAT -->`` is run where there
is a Kubernetes cluster. Other ``sh`` blocks are run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
BLOCK = re.compile(
    r"(?:<!-- (?P<kind>file|output|not run|cluster): (?P<about>.+?) -->\n)?```(?P<language>\w+)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Block:
    """A code block: `kind` is file, output, not run, cluster, or run; `about` the name, command or reason."""

    kind: str
    about: str
    language: str
    text: str


def blocks(page: Path) -> Iterator[Block]:
    for found in BLOCK.finditer(page.read_text(encoding="utf-8")):
        kind = found["kind"] or ("run" if found["language"] == "sh" else "unmarked")
        yield Block(kind, found["about"] or "", found["language"], found["text"])


def pages() -> list[Path]:
    """The README, the documentation, and the pages of the examples."""
    found = [*(REPOSITORY / "docs").rglob("*.md"), *(REPOSITORY / "examples").glob("*/README.md")]
    return [REPOSITORY / "README.md", *sorted(found)]
