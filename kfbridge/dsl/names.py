"""Names in the IR: what characters they keep, and how they stay unique."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

CHANNEL_PREFIX = "pipelinechannel--"
"""What every input starts with that the compiler, not the user, gives to a component."""


@lru_cache(maxsize=4096)
def kebab(name: str) -> str:
    """Lower case, with one ``-`` for every run of characters other than ``a-z0-9``."""
    return re.sub(r"-+", "-", re.sub(r"[^-0-9a-z]+", "-", name.lower())).strip("-")


def component_name(name: str) -> str:
    """The key of a task's component in ``components``."""
    return f"comp-{kebab(name)}"


def executor_label(name: str) -> str:
    """The key of a task's executor in ``deploymentSpec.executors``."""
    return f"exec-{kebab(name)}"


def human_name(function_name: str) -> str:
    """``train_model`` as ``Train model``, the name of a component made from a function."""
    spaced = re.sub(r" +", " ", function_name.replace("_", " ")).strip(" ")
    return spaced[:1].upper() + spaced[1:]


class UniqueNames:
    """Hands out names, each once: ``train``, ``train-2``, ``train-3``, ... in constant time.

    Args:
        taken: Names that are in use already.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._taken = set(taken)
        self._next: dict[str, int] = {}

    def __contains__(self, name: str) -> bool:
        return name in self._taken

    def take(self, name: str) -> str:
        """`name` itself, or with the smallest free number from 2 on; it is in use from now on."""
        unique = self.peek(name)
        self._taken.add(unique)
        return unique

    def peek(self, name: str) -> str:
        """What `take` would give, without taking it."""
        if name not in self._taken:
            return name
        number = self._next.get(name, 2)
        while f"{name}-{number}" in self._taken:
            number += 1
        self._next[name] = number
        return f"{name}-{number}"
