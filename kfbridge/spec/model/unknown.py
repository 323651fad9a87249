"""Fields that a file has and the models do not know."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kfbridge.spec.model.message import Message
from kfbridge.spec.place import Path, path_text


def unknown_fields(message: Message) -> list[tuple[str, str]]:
    """The unknown fields of a message and of everything in it, as (path of the message, name of the field)."""
    return [(path_text(path), name) for path, name in _unknown(message, ())]


def _unknown(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, Message):
        yield from ((path, name) for name in value.model_extra or ())
        fields = type(value).model_fields
        for name in value.model_fields_set & fields.keys():
            yield from _unknown(getattr(value, name), (*path, str(fields[name].alias)))
    elif isinstance(value, dict):
        for key, entry in value.items():
            if not isinstance(entry, (str, int, float)):
                yield from _unknown(entry, (*path, key))
    elif isinstance(value, list) and any(isinstance(entry, Message) for entry in value):
        for position, entry in enumerate(value):
            yield from _unknown(entry, (*path, position))
