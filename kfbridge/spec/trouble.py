"""A problem found in a pipeline, and hints at what was meant."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from kfbridge.spec.place import Path

_MANY = 8
# Comparing with more names, or with longer ones, takes noticeable time.
_TOO_MANY = 2000
_TOO_LONG = 200
_LONGEST = 400


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that makes no sense: where, what, and what can be done."""

    path: Path
    reason: str
    remedy: str


def hint(name: str, known: Iterable[str]) -> str:
    """The nearest known name, or what the known names are."""
    names = sorted(each for each in known if len(each) <= _TOO_LONG)
    close = get_close_matches(name, names[:_TOO_MANY], n=1) if len(name) <= _TOO_LONG else []
    if close:
        return f"Did you mean {close[0]}?"
    if not names:
        return "There are none."
    return f"There are {', '.join(names[:_MANY])}{' and more' if len(names) > _MANY else ''}."


def shorten(sentence: str) -> str:
    """The sentence, cut where a name in it is of absurd length."""
    return sentence if len(sentence) <= _LONGEST else f"{sentence[:_LONGEST]}..."
