"""The user's own line of source, for errors."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import NamedTuple

_OURS = (
    *("kfbridge.absent", "kfbridge.compiler", "kfbridge.components", "kfbridge.dsl"),
    *("kfbridge.kubernetes", "kfbridge.local"),
)


class Location(NamedTuple):
    """A line of a file; kept on every task, so it holds two small values and nothing else."""

    file: str
    line: int

    def __str__(self) -> str:
        try:
            path = str(Path(self.file).relative_to(Path.cwd()))
        except (ValueError, OSError):
            path = self.file
        return f"{path}:{self.line}"


def user_location() -> Location:
    """The innermost line on the stack that is not part of the authoring modules."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__", "").startswith(_OURS):
        frame = frame.f_back
    return Location(frame.f_code.co_filename, frame.f_lineno)


def here() -> str:
    """`user_location` as text, for the ``where`` of an error."""
    return str(user_location())
