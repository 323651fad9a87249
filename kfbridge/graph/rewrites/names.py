"""Names of what rewrites make."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

LONGEST = 63
"""The longest name of a task that a rewrite makes: what Kubernetes takes as a label."""
_DIGITS = 8


def joined(*names: str) -> str:
    """The names with hyphens between; one that gets too long is cut, and ends in a hash of the whole."""
    name = "-".join(names)
    if len(name) <= LONGEST:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{name[: LONGEST - _DIGITS - 1].rstrip('-')}-{digest}"


class Names:
    """Gives every name once.

    Args:
        taken: Names that are in use.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)

    def take(self, *names: str) -> str:
        """`joined` of the names, with the smallest number from 2 on that makes it free; it is in use from now on."""
        found, number = joined(*names), 2
        while found in self._taken:
            found, number = joined(*names, str(number)), number + 1
        self._taken.add(found)
        return found
