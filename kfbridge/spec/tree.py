"""Text to plain data: YAML or JSON, with every limit kept and every problem given its place.

YAML is read from libyaml's events, not from its object graph: nothing is constructed but dicts, lists and
scalars, nothing recurses, and duplicate keys, aliases and tags are seen while their place is known.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NoReturn

import yaml
from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from kfbridge.errors import SpecError
from kfbridge.spec import limits, scalars
from kfbridge.spec.memory import collection_paused
from kfbridge.spec.place import place_text

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_MERGE = "<<"


def plain_documents(text: str, name: str = "<text>") -> list[Any]:
    """The documents of a YAML stream, or the one JSON document, as plain data; empty documents are left out.

    Args:
        text: YAML or JSON.
        name: What to call it in messages: the file's path.

    Raises:
        SpecError: for anything that is not plain data within the limits, with line and column.
    """
    if len(text) > limits.max_bytes():
        raise limits.too_large(name, len(text))
    _check_characters(text, name)
    with collection_paused():
        return _documents(text, name)


def _documents(text: str, name: str) -> list[Any]:
    if text.lstrip("\ufeff \t\r\n").startswith("{"):
        problem = None
        try:
            return [_json(text, name)]
        except json.JSONDecodeError as error:
            problem = error
        try:
            return _yaml(text, name)  # {a: b} is YAML
        except SpecError:
            place = place_text(name, problem.lineno, problem.colno)
            raise SpecError(f"this is not JSON: {problem.msg}", where=place, remedy="Correct the file.") from None
    return _yaml(text, name)


_TOO_DEEP = "exceeded maximum nesting depth"
_STARTS = (
    yaml.FlowSequenceStartToken,
    yaml.FlowMappingStartToken,
    yaml.BlockSequenceStartToken,
    yaml.BlockMappingStartToken,
)
_ENDS = (yaml.FlowSequenceEndToken, yaml.FlowMappingEndToken, yaml.BlockEndToken)


def _yaml(text: str, name: str) -> list[Any]:
    try:
        return _Builder(name, len(text)).documents(yaml.parse(text, Loader=_LOADER))
    except yaml.YAMLError as error:
        if getattr(error, "problem", "") == _TOO_DEEP:
            raise limits.too_deep(_deep_place(text, name)) from None
        raise _not_yaml(error, name) from None


def _deep_place(text: str, name: str) -> str:
    """Where a text nests too deeply that PyYAML (from 6.0.4 on) refuses by itself, without telling of the place."""
    depth = 0
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        depth += isinstance(token, _STARTS) - isinstance(token, _ENDS)
        if depth > limits.MAX_DEPTH:
            return place_text(name, token.start_mark.line + 1, token.start_mark.column + 1)
    return name


def _json(text: str, name: str) -> Any:
    def mapping(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            _yaml(text, name)  # JSON is YAML, and that reader knows the place
            raise SpecError("a key that appears twice", where=name, remedy="Keep one of them.")
        return found

    def constant(word: str) -> NoReturn:
        raise SpecError(f"{word} is not a JSON value", where=name, remedy="Write a number, or null.")

    try:
        data = json.loads(text.lstrip("\ufeff"), object_pairs_hook=mapping, parse_constant=constant)
    except RecursionError:
        raise limits.too_deep(name) from None
    except json.JSONDecodeError:
        raise
    except ValueError:
        raise SpecError("a number with thousands of digits", where=name, remedy="Correct the file.") from None
    if isinstance(data, (dict, list)):
        limits.check_depth(data, name)
    if limits.SURROGATE_ESCAPE.search(text):
        limits.check_text(data, name)
    return data


class _Frame:
    """A mapping or list that is still open."""

    __slots__ = ("anchor", "container", "cost", "key", "mark", "merged")

    def __init__(self, container: Any, anchor: str | None, cost: int, mark: Any) -> None:
        self.container = container
        self.anchor = anchor
        self.cost = cost
        self.mark = mark
        self.key: str | None = None
        self.merged: list[Any] | None = None


_OPEN = object()


class _Builder:
    """Builds plain data from events; `cost` is its size with every alias of a list or mapping written out."""

    def __init__(self, name: str, size: int) -> None:
        self.name = name
        self.limit = max(10 * size, limits.FREE_EXPANSION)
        self.cost = 0
        self.stack: list[_Frame] = []
        self.found: list[Any] = []
        self.anchors: dict[str, tuple[Any, int]] = {}

    def documents(self, events: Iterator[Event]) -> list[Any]:
        handlers: dict[type, Any] = {
            ScalarEvent: self.scalar,
            MappingStartEvent: self.open,
            SequenceStartEvent: self.open,
            MappingEndEvent: self.close,
            SequenceEndEvent: self.close,
            AliasEvent: self.alias,
            DocumentStartEvent: lambda event: self.anchors.clear(),
        }
        for count, event in enumerate(events):
            if count > limits.MAX_VALUES:
                self.fail(f"more than {limits.MAX_VALUES:,} values", event, "Make the pipeline smaller, or write JSON.")
            handler = handlers.get(type(event))
            if handler is not None:
                handler(event)
        return [document for document in self.found if document is not None]

    def fail(self, reason: str, event: Any, remedy: str) -> NoReturn:
        mark = event.start_mark
        path: list[str | int] = []
        for frame in self.stack:
            if isinstance(frame.container, list):
                path.append(len(frame.container))
            elif frame.key is not None:
                path.append(frame.key)
        raise SpecError(reason, where=place_text(self.name, mark.line + 1, mark.column + 1, path), remedy=remedy)

    # Events

    def scalar(self, event: Any) -> None:
        text = event.value
        self.cost += len(text) + 1
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and type(frame.container) is dict:
            self.key(frame, event)
            return
        try:
            if event.tag is not None:
                value = scalars.tagged(event.tag, text)
            else:
                value = scalars.plain(text) if event.implicit[0] else text
        except ValueError as error:
            self.fail(str(error), event, "Write the value as plain text, a number, true, false or null.")
        if event.anchor:
            self.anchors[event.anchor] = (value, 1)  # shared, however long: the runtime that every step carries
        self.place(value, event)

    def key(self, frame: _Frame, event: Any) -> None:
        key: str = event.value
        if key == _MERGE and event.implicit[0] and event.tag is None:
            frame.merged = frame.merged or []
            frame.key = _MERGE
            return
        if key in frame.container:
            self.fail(f'the key "{key}" appears twice', event, "Keep one of them.")
        frame.key = key

    def open(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and type(frame.container) is dict:
            self.fail("a key that is not text", event, "Write the key as text.")
        if event.tag not in scalars.COLLECTIONS:
            self.fail(f'the tag "{scalars.short_tag(event.tag)}", which is not plain data', event, "Take the tag away.")
        if len(self.stack) >= limits.MAX_DEPTH:
            raise limits.too_deep(place_text(self.name, event.start_mark.line + 1, event.start_mark.column + 1))
        container: Any = {} if type(event) is MappingStartEvent else []
        if event.anchor:
            self.anchors[event.anchor] = (_OPEN, 0)
        self.stack.append(_Frame(container, event.anchor, self.cost, event))
        self.cost += 1

    def close(self, event: Any) -> None:
        frame = self.stack.pop()
        if frame.merged:
            frame.container = _merge(frame.merged, frame.container)
        if frame.anchor:
            self.anchors[frame.anchor] = (frame.container, self.cost - frame.cost)
        self.place(frame.container, frame.mark)

    def alias(self, event: Any) -> None:
        name = event.anchor
        if name not in self.anchors:
            self.fail(f'the alias "*{name}" has no anchor "&{name}" before it', event, "Add the anchor.")
        value, cost = self.anchors[name]
        if value is _OPEN:
            self.fail(f'the anchor "&{name}" contains itself', event, "Take the alias away.")
        self.cost += cost
        if self.cost > self.limit:
            self.fail("aliases that expand to far more than the file", event, "Write the values out.")
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and type(frame.container) is dict:
            if not isinstance(value, str) or value in frame.container:
                self.fail("a key that is not text, or appears twice", event, "Write the key out.")
            frame.key = value
            return
        self.place(value, event)

    def place(self, value: Any, event: Any) -> None:
        """Put a finished value where it belongs."""
        if not self.stack:
            self.found.append(value)
            return
        frame = self.stack[-1]
        if type(frame.container) is list:
            frame.container.append(value)
        elif frame.key == _MERGE and frame.merged is not None:
            sources = value if isinstance(value, list) else [value]
            if not all(isinstance(source, dict) for source in sources):
                self.fail("a merge key (<<) without a mapping", event, "Give it a mapping.")
            frame.merged.extend(sources)
            frame.key = None
        else:
            frame.container[frame.key] = value
            frame.key = None


def _merge(sources: list[dict[str, Any]], own: dict[str, Any]) -> dict[str, Any]:
    """YAML's merge: own keys win, then earlier sources."""
    merged: dict[str, Any] = {}
    for source in reversed(sources):
        merged |= source
    return merged | own


def _check_characters(text: str, name: str) -> None:
    """Refuse what neither YAML nor JSON allows in a file."""
    match = limits.FORBIDDEN.search(text)
    if match is None:
        return
    line = text.count("\n", 0, match.start()) + 1
    column = match.start() - text.rfind("\n", 0, match.start())
    raise SpecError(
        f"the character U+{ord(match.group()):04X}, which is not allowed in a file",
        where=place_text(name, line, column),
        remedy="Write it as an escape in a double-quoted string.",
    )


_PROBLEMS = {
    "found character '\\t' that cannot start any token": "a tab where YAML allows only spaces",
    "found character that cannot start any token": "a character that cannot start a value (a tab, @ or `)",
    "mapping values are not allowed in this context": 'a ":" where no key can stand',
    "could not find expected ':'": 'a key without its ":"',
}


def _not_yaml(error: yaml.YAMLError, name: str) -> SpecError:
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be parsed"
    line, column = (mark.line + 1, mark.column + 1) if mark is not None else (None, None)
    return SpecError(
        f"this is not YAML: {_PROBLEMS.get(problem, problem)}",
        where=place_text(name, line, column),
        remedy="Correct the line.",
    )
