"""A problem found in a pipeline, and hints at what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from kfbridge.spec.place import Path

_MANY = 8
_TOO_MANY = 2000  # comparing with more names takes noticeable time


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that makes no sense: where, what, and what can be done."""

    path: Path
    reason: str
    remedy: str


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest known name, or what the known names are."""
    names = sorted(known)
    close = get_close_matches(name, names[:_TOO_MANY], n=1)
    if close:
        return f"Did you mean {close[0]}?"
    if not names:
        return "There are none."
    return f"There are {', '.join(names[:_MANY])}{' and more' if len(names) > _MANY else ''}."
