"""Texts of a container, protected from Kubernetes' own expansion.

In commands, arguments and values of variables the kubelet replaces ``$(NAME)`` by the variable NAME of the container,
and ``$$`` by ``$`` (``Kubernetes API reference, Container.args``). A program or data with ``$$`` in it would arrive
changed. So every dollar is doubled, but for ``$(NAME)`` that the author of the component wrote with a variable in mind;
``$$(NAME)`` stays as it is written.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from typing import Final

_REFERENCE: Final = re.compile(r"(?<!\$)\$\(([^()$\s]+)\)")


def referenced(texts: Iterable[str]) -> frozenset[str]:
    """The names that the author's texts, placeholders unresolved, refer to as ``$(NAME)``."""
    return frozenset(name for text in texts if "$(" in text for name in _REFERENCE.findall(text))


def protect(text: str, variables: Collection[str] = ()) -> str:
    """The text of which the kubelet makes `text` again, with references to `variables` replaced."""
    if "$(" not in text and "$$" not in text:
        return text  # a dollar alone stays one
    pieces: list[str] = []
    end = 0
    for found in _REFERENCE.finditer(text):
        if found[1] in variables:
            pieces += [text[end : found.start()].replace("$", "$$"), found[0]]
            end = found.end()
    return "".join([*pieces, text[end:].replace("$", "$$")])
