"""Plain data to YAML or JSON text.

An emitter of our own: a pipeline has a few types and one style, for which a general one takes four times as long.
Whatever is written is read back equal by any YAML 1.1 or 1.2 parser; keys are sorted, as in KFP's files.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from kfbridge.errors import SpecError
from kfbridge.spec import text as scalar
from kfbridge.spec.limits import MAX_DEPTH
from kfbridge.spec.place import path_text

if TYPE_CHECKING:
    from typing import TypeAlias

    from kfbridge.spec.read import Document

    Parts: TypeAlias = Document | Mapping[str, Any] | Sequence[Mapping[str, Any] | None]

_LONG_KEY = 100  # YAML has its own form for keys that are longer than 1,024 characters
_FLUSH = 8192
_SHORT = 64
_MOST_LONG = 200  # as many long strings are remembered: sources that steps share, not a thousand of them
_ANCHORED = 4096  # characters from which a text is written once: the runtime, which every Python step carries


class TextStream(Protocol):
    """Anything with ``write(text)``."""

    def write(self, text: str, /) -> object:
        """Take the next piece of text."""


def write_yaml(parts: Parts, header: str = "", stream: TextStream | None = None) -> str:
    """Write a pipeline, with its platform document if it has one.

    Args:
        parts: A document that was read, or plain data: a mapping, or a sequence of them (None is left out).
        header: Text for a comment at the top. Any text stays a comment; lines that start with ``#`` are kept.
        stream: Where to write, in pieces; without it the text is returned.

    Returns:
        The text; empty when it went to `stream`.

    Raises:
        SpecError: for data that is not plain (str, int, float, bool, None, dict, list), with its path.
    """
    pieces: list[str] = [scalar.comment(header)] if header else []
    emitter = _Emitter(pieces, stream)
    for number, data in enumerate(_plain(parts)):
        if number:
            pieces.append("---\n")
        try:
            emitter.document(data)
        except (TypeError, ValueError, RecursionError) as error:
            raise _unwritable(data, str(error)) from None
    if stream is None:
        return "".join(pieces)
    stream.write("".join(pieces))
    return ""


def write_json(parts: Parts) -> str:
    """Write a pipeline as JSON, which has no room for a platform document.

    Raises:
        SpecError: when there is a platform document, or for data that is not plain.
    """
    documents = list(_plain(parts))
    if len(documents) != 1:
        raise SpecError("JSON has no room for platform settings", remedy="Write the pipeline as YAML.")
    problem = _problem(documents[0])
    if problem is not None:
        raise problem
    try:
        return json.dumps(documents[0], indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    except ValueError:
        raise SpecError("a number that JSON does not have: infinite, or not a number") from None


def _plain(parts: Parts) -> list[Mapping[str, Any]]:
    if isinstance(parts, Mapping):
        return [parts]
    if isinstance(parts, Sequence):
        return [part for part in parts if part is not None]
    return list(parts.to_data())


class _Emitter:
    """Appends pieces of text; short strings come again and again, so what became of them is remembered."""

    def __init__(self, pieces: list[str], stream: TextStream | None) -> None:
        self.pieces = pieces
        self.stream = stream
        self.known: dict[str, str] = {}
        self.long: dict[tuple[str, int], str] = {}
        self.anchors: dict[str, str] = {}

    def document(self, data: Any) -> None:
        self.anchors.clear()  # an anchor holds for one document
        if type(data) is dict and data:
            self.mapping(data, 0, "", 1)
        elif isinstance(data, Mapping) and data:
            self.mapping(dict(data), 0, "", 1)
        else:
            self.pieces.append(f"{self.short(data)}\n")

    def flush(self) -> None:
        if self.stream is not None:
            self.stream.write("".join(self.pieces))
            self.pieces.clear()

    def mapping(self, data: Mapping[str, Any], indent: int, start: str, depth: int) -> None:
        """Write the entries; `start` is what stands on the line before the first of them."""
        if depth > MAX_DEPTH:
            raise RecursionError
        pad, append = " " * indent, self.pieces.append
        lead = start or pad
        for key in sorted(data):
            name = self.inline(key)
            if len(name) > _LONG_KEY:
                name = f"? {name}\n{pad}"
            value = data[key]
            kind = type(value)
            if kind is str:
                append(f"{lead}{name}: {self.string(value, indent + 2)}\n")
            elif kind is dict and value:
                append(f"{lead}{name}:\n")
                self.mapping(value, indent + 2, "", depth + 1)
            elif kind is list and value:
                append(f"{lead}{name}:\n")
                self.sequence(value, indent, "", depth + 1)
            elif kind is not dict and kind is not list and isinstance(value, (Mapping, tuple)) and value:
                append(f"{lead}{name}:\n")
                self.other(value, indent, depth)
            else:
                append(f"{lead}{name}: {self.short(value)}\n")
            lead = pad
        if self.stream is not None and len(self.pieces) > _FLUSH:
            self.flush()

    def other(self, value: Any, indent: int, depth: int) -> None:
        """A mapping or tuple that is not a plain dict or list."""
        if isinstance(value, tuple):
            self.sequence(list(value), indent, "", depth + 1)
        else:
            self.mapping(value, indent + 2, "", depth + 1)

    def sequence(self, items: Sequence[Any], indent: int, start: str, depth: int) -> None:
        """Write the items; dashes stand at `indent`."""
        if depth > MAX_DEPTH:
            raise RecursionError
        append = self.pieces.append
        dash = " " * indent + "- "
        lead = start + "- " if start else dash
        for item in items:
            if type(item) is str:
                append(f"{lead}{self.string(item, indent + 2)}\n")
            elif isinstance(item, Mapping) and item:
                self.mapping(item, indent + 2, lead, depth + 1)
            elif isinstance(item, (list, tuple)) and item:
                self.sequence(item, indent + 2, lead, depth + 1)
            else:
                append(f"{lead}{self.short(item)}\n")
            lead = dash

    def string(self, value: str, indent: int) -> str:
        """A value, which may take several lines."""
        found = self.known.get(value)
        if found is not None:
            return found
        if len(value) < _SHORT and "\n" not in value:
            return self.inline(value)
        if len(value) >= _ANCHORED:
            return self.anchored(value, indent)
        found = self.long.get((value, indent))
        if found is None:
            found = scalar.block(value, indent) or scalar.inline(value)
            if len(self.long) < _MOST_LONG:
                self.long[value, indent] = found
        return found

    def anchored(self, value: str, indent: int) -> str:
        """A text that is long enough to be written once, and referred to from then on."""
        anchor = self.anchors.get(value)
        if anchor is not None:
            return f"*{anchor}"
        self.anchors[value] = anchor = f"text-{len(self.anchors) + 1}"
        return f"&{anchor} {scalar.block(value, indent) or scalar.inline(value)}"

    def inline(self, value: str) -> str:
        """A key, or a value of one line."""
        found = self.known.get(value)
        if found is None:
            if not isinstance(value, str):
                raise TypeError(value)
            found = scalar.inline(value)
            if len(value) < _SHORT and "\n" not in value:
                self.known[value] = found
        return found

    def short(self, value: Any) -> str:
        """Anything that fits on one line."""
        if value is None or isinstance(value, bool):
            return _WORDS[value]
        if isinstance(value, int):
            return int.__repr__(value)
        if isinstance(value, float):
            return _float(value)
        if isinstance(value, str):
            return self.inline(str(value))
        if isinstance(value, Mapping):
            return "{}"
        if isinstance(value, (list, tuple)):
            return "[]"
        raise TypeError(value)


_WORDS = {None: "null", True: "true", False: "false"}


def _float(value: float) -> str:
    """The shortest text that is a float in YAML 1.1: with a dot."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = float.__repr__(value)
    return text if "." in text or "e" not in text else text.replace("e", ".0e")


def _unwritable(data: Any, reason: str) -> SpecError:
    return _problem(data) or SpecError(f"the data cannot be written: {reason}")


def _problem(data: Any) -> SpecError | None:
    """What in the data cannot be written, and where; None when all of it can."""
    for path, value in _walk(data):
        reason = _reason(path, value)
        if reason is not None:
            return SpecError(
                reason, where=path_text(path) or None, remedy="Use plain data: text, numbers, lists, dicts."
            )
    return None


def _reason(path: tuple[Any, ...], value: Any) -> str | None:
    if len(path) >= MAX_DEPTH:
        return f"data that is nested more than {MAX_DEPTH} levels deep, or contains itself"
    for text in (part for part in (*path[-1:], value) if isinstance(part, str)):
        if any("\ud800" <= char <= "\udfff" for char in text):
            return "text with half of a surrogate pair, which no file can hold"
    if isinstance(value, int) and value.bit_length() > 10_000:
        return "an integer of thousands of digits"
    if isinstance(value, Mapping):
        return next((f"the key {key!r} is not text" for key in value if not isinstance(key, str)), None)
    if value is None or isinstance(value, (str, int, float, list, tuple)):
        return None
    return f"a value of the type {type(value).__name__}, which is not plain data"


def _walk(data: Any) -> Iterator[tuple[tuple[Any, ...], Any]]:
    pending: list[tuple[tuple[Any, ...], Any]] = [((), data)]
    while pending:
        path, value = pending.pop()
        yield path, value
        if isinstance(value, Mapping):
            pending.extend(((*path, key), entry) for key, entry in value.items())
        elif isinstance(value, (list, tuple)):
            pending.extend(((*path, position), entry) for position, entry in enumerate(value))
