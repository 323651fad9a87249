"""Finding the line of a path, when there is something to say about it.

Nothing is recorded while a file is read: lines are wanted for errors only, and then the text is gone through again.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import yaml
from yaml.events import (
    AliasEvent,
    CollectionEndEvent,
    DocumentStartEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceStartEvent,
)

from kfbridge.spec.place import Path

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def locate(text: str, path: Path, document: int = 0) -> tuple[int, int] | None:
    """Line and column (from 1) of the value at `path`, of its key in a mapping, or of its nearest ancestor.

    Args:
        text: YAML or JSON that has been read before.
        path: Keys and list positions.
        document: Which document of the stream, from 0; empty ones are not counted.
    """
    finder = _Finder(path, document)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            if finder.take(event):
                break
    except yaml.YAMLError:
        return finder.best  # JSON that libyaml does not take: as far as it went
    return finder.best


def locate_keys(text: str, paths: Collection[Path], document: int = 0) -> dict[Path, tuple[int, int]]:
    """Line and column (from 1) of many keys of mappings, in one pass; those that are not there are left out.

    Args:
        text: YAML or JSON that has been read before.
        paths: Paths of keys, through mappings alone.
        document: Which document of the stream, from 0; empty ones are not counted.
    """
    wanted, leading = set(paths), {path[:length] for path in paths for length in range(len(path))}
    found: dict[Path, tuple[int, int]] = {}
    walker = _Walker(document)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            path = walker.key(event, leading)
            if path is not None and path in wanted:
                found.setdefault(path, walker.mark(event))
            if len(found) == len(wanted):
                break
    except yaml.YAMLError:
        return found  # JSON that libyaml does not take: as far as it went
    return found


class _Walker:
    """Follows the events through the mappings that lead somewhere, and steps over all else."""

    def __init__(self, document: int) -> None:
        self.document = document
        self.current = -1
        self.path: list[str | None] = []  # the key in each open mapping, None where one is awaited
        self.skipped = 0  # open collections below one that leads nowhere

    def key(self, event: Any, leading: Collection[Path]) -> Path | None:
        """The path of the key that an event is; None for every other event."""
        if isinstance(event, CollectionEndEvent):
            if self.skipped:
                self.skipped -= 1
            else:
                self.path.pop()
            self.after_value()
            return None
        if not isinstance(event, (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)):
            return None
        opens = isinstance(event, (MappingStartEvent, SequenceStartEvent))
        if self.skipped:
            self.skipped += opens
            return None
        if self.path and self.path[-1] is None:
            self.path[-1] = getattr(event, "value", "")
            return tuple(part or "" for part in self.path) if self.current == self.document else None
        if not self.path:
            self.current += opens or getattr(event, "value", "") not in ("", "null", "~")
        here = tuple(part or "" for part in self.path)
        if isinstance(event, MappingStartEvent) and self.current == self.document and here in leading:
            self.path.append(None)
        elif opens:
            self.skipped = 1
        else:
            self.after_value()
        return None

    @staticmethod
    def mark(event: Any) -> tuple[int, int]:
        """Line and column of an event, from 1."""
        return event.start_mark.line + 1, event.start_mark.column + 1

    def after_value(self) -> None:
        if self.path and not self.skipped:
            self.path[-1] = None


class _Finder:
    """Follows the events down the path; `matched` says how many of its parts the open containers fit."""

    def __init__(self, path: Path, document: int) -> None:
        self.path = path
        self.document = document
        self.current = -1
        self.open: list[tuple[bool, Any, int]] = []  # is a mapping, key or position, parts matched so far
        self.best: tuple[int, int] | None = None
        self.longest = -1

    def take(self, event: Any) -> bool:
        """Take an event; True when nothing nearer can follow."""
        if isinstance(event, DocumentStartEvent):
            return False
        if isinstance(event, CollectionEndEvent):
            _, _, matched = self.open.pop()
            return self.current == self.document and matched == self.longest and matched > 0
        if not isinstance(event, (ScalarEvent, AliasEvent, MappingStartEvent, SequenceStartEvent)):
            return False
        if not self.open:
            empty = isinstance(event, ScalarEvent) and event.value in ("", "null", "~")
            self.current += not empty
        elif self.open[-1][0] and self.open[-1][1] is None:
            self.open[-1] = (True, getattr(event, "value", ""), self.open[-1][2])
            self.note(event, self.depth())
            return False
        matched = self.depth()
        self.note(event, matched)
        self.after_value()
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            self.open.append((isinstance(event, MappingStartEvent), None, matched))
        return self.current == self.document and matched == len(self.path)

    def depth(self) -> int:
        """How many parts of the path lead to the value that comes now; -1 when it is not on the path."""
        if self.current != self.document:
            return -1
        if not self.open:
            return 0
        is_mapping, key, matched = self.open[-1]
        part = key if is_mapping else (0 if key is None else key)
        on_path = 0 <= matched < len(self.path) and self.path[matched] == part
        return matched + 1 if on_path else -1

    def after_value(self) -> None:
        if self.open:
            is_mapping, key, matched = self.open[-1]
            self.open[-1] = (is_mapping, None if is_mapping else (key or 0) + 1, matched)

    def note(self, event: Any, matched: int) -> None:
        if matched > self.longest:
            self.longest = matched
            self.best = (event.start_mark.line + 1, event.start_mark.column + 1)
