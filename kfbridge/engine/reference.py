"""Reading a text with ``{{$...}}`` placeholders into its pieces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Step: TypeAlias = str | int

_OPEN, _CLOSE = "{{$", "}}"


@dataclass(frozen=True, slots=True)
class Reference:
    """A placeholder: its path (``("inputs", "parameters", "x")``, empty for ``{{$}}``) and how it was written."""

    path: tuple[Step, ...]
    text: str


def read(text: str) -> tuple[str | Reference, ...]:
    """The literal pieces and the references of `text`, in order.

    What begins like a placeholder but does not have the form of one (``{{$name}}``, a brace that is never closed)
    is literal text: user code and templates of other languages may hold such things.
    """
    pieces: list[str | Reference] = []
    start = position = 0
    while (found := text.find(_OPEN, position)) >= 0:
        reader = _Reader(text, found + len(_OPEN))
        path = reader.path()
        if path is None:
            position = found + len(_OPEN)
            continue
        if found > start:
            pieces.append(text[start:found])
        pieces.append(Reference(path, text[found : reader.position]))
        start = position = reader.position
    if start < len(text):
        pieces.append(text[start:])
    return tuple(pieces)


class _Reader:
    """Reads the steps of one placeholder: ``.name``, ``['key']``, ``["key"]``, ``[0]``, up to ``}}``."""

    def __init__(self, text: str, position: int) -> None:
        self.text = text
        self.position = position

    def path(self) -> tuple[Step, ...] | None:
        """The steps, with `position` after the closing braces; None where this is no placeholder."""
        steps: list[Step] = []
        while not self.text.startswith(_CLOSE, self.position):
            step = self.step()
            if step is None:
                return None
            steps.append(step)
        self.position += len(_CLOSE)
        return tuple(steps)

    def step(self) -> Step | None:
        match self.text[self.position : self.position + 1]:
            case ".":
                return self.name()
            case "[":
                return self.index()
        return None

    def name(self) -> str | None:
        end = start = self.position + 1
        while end < len(self.text) and (self.text[end].isalnum() or self.text[end] in "_-"):
            end += 1
        self.position = end
        return self.text[start:end] or None

    def index(self) -> Step | None:
        quote = self.text[self.position + 1 : self.position + 2]
        close = f"{quote}]" if quote in ("'", '"') else "]"
        start = self.position + len(close)
        end = self.text.find(close, start)
        if end < 0:
            return None
        self.position = end + len(close)
        inner = self.text[start:end]
        if close != "]":
            return inner
        return int(inner) if inner.isascii() and inner.isdigit() else None
