"""HTML from parts: text is escaped, unless it is markup already."""

from __future__ import annotations

import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset({"meta", "br", "input", "link"})
_UNWANTED = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")  # HTML has no place for these


class Markup(str):
    """Text that is HTML; made here, and from nothing that a user wrote."""

    __slots__ = ()


Content: TypeAlias = "str | int | float | Iterable[Content] | None"
"""What can stand in an element: markup, text, nothing, or several of these."""


def element(name: str, /, *children: Content, **attributes: str | int | float | bool | None) -> Markup:
    """An element. A trailing underscore of an attribute is dropped, others become dashes: ``class_``, ``data_path``.

    An attribute that is None or False is left out, one that is True has no value.
    """
    words = "".join(_attribute(key.rstrip("_").replace("_", "-"), value) for key, value in attributes.items())
    if name in _VOID:
        return Markup(f"<{name}{words}>")
    return Markup(f"<{name}{words}>{join(*children)}</{name}>")


def join(*children: Content) -> Markup:
    """Several things one after the other."""
    return Markup("".join(map(_content, children)))


def text(value: str) -> Markup:
    """Text that shows as it is; what HTML cannot hold becomes U+FFFD."""
    return Markup(escape(_UNWANTED.sub("\ufffd", value)))


def _content(child: Content) -> str:
    if isinstance(child, Markup):
        return child
    if isinstance(child, str):
        return text(child)
    if child is None:
        return ""
    if isinstance(child, (int, float)):
        return str(child)
    return "".join(map(_content, child))


def _attribute(name: str, value: str | int | float | bool | None) -> str:
    if value is None or value is False:
        return ""
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'
