"""Places in a document: a path of keys, and the line where it stands in the file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TypeAlias

Path: TypeAlias = tuple[str | int, ...]

_PLAIN = re.compile(r"[A-Za-z0-9_-]+")
_LONGEST = 60


def path_text(path: Iterable[str | int]) -> str:
    """A path for people: ``root.dag.tasks.train.inputs``, ``args[2]``, ``components["a.b"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif _PLAIN.fullmatch(part):
            text += f".{part}" if text else part
        else:
            shown = part if len(part) <= _LONGEST else f"{part[:_LONGEST]}..."
            text += f"[{shown!r}]"
    return text


def place_text(name: str, line: int | None, column: int | None, path: Iterable[str | int] = ()) -> str:
    """``pipeline.yaml:12:5 (root.dag)``; lines and columns count from 1."""
    text = f"{name}:{line}:{column}" if line is not None else name
    inside = path_text(path)
    return f"{text} ({inside})" if inside else text
