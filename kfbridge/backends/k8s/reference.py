"""The values in a task's Kubernetes settings, after the engine has resolved what they refer to.

A reference is ``{"runtimeValue": {"constant": VALUE}}`` by then, or absent where an optional input was not given
(`kfbridge.engine.settings`). Protobuf writes 64-bit integers as text and, within a Struct, every number as a float.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from kfbridge.errors import BackendError

_WORDS: Final[Mapping[type, str]] = {dict: "an object", list: "a list"}


def name_of(entry: Mapping[str, Any], prefix: str) -> str:
    """The name that an entry refers to, of a secret for example; empty where an optional input was not given.

    Args:
        entry: One entry of a setting.
        prefix: What its fields begin with: ``secret`` of ``secretNameParameter`` and the deprecated ``secretName``.
    """
    found = _constant(entry.get(f"{prefix}NameParameter"))
    for value in (found, entry.get(f"{prefix}Name"), entry.get("constant"), _constant(entry)):
        if value not in (None, ""):
            return str(value)
    return ""


def json_of(entry: Mapping[str, Any], field: str, *kinds: type) -> Any:
    """The value of a field in JSON form, None where an optional input was not given; text is read as JSON.

    Raises:
        BackendError: It is something else than one of `kinds`.
    """
    value = _constant(entry.get(field))
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except ValueError as error:
            raise _wrong(field, f"it is no JSON: {error}", kinds) from error
    if value is None or isinstance(value, kinds):
        return _whole(value)
    raise _wrong(field, f"it is {json.dumps(value)[:80]}", kinds)


def number(value: Any, field: str) -> int:
    """A whole number, however protobuf wrote it.

    Raises:
        BackendError: It is none.
    """
    try:
        found = int(value)
    except (TypeError, ValueError, OverflowError):
        found = None
    if found is None or isinstance(value, bool) or (isinstance(value, float) and found != value):
        raise BackendError(
            f"its Kubernetes setting {field} is {value!r}, which is no whole number",
            remedy="Give a whole number.",
            backend="k8s",
        )
    return found


def _constant(reference: Any) -> Any:
    value = reference.get("runtimeValue") if isinstance(reference, Mapping) else None
    return value.get("constant") if isinstance(value, Mapping) else None


def _whole(value: Any) -> Any:
    """The value with floats that are whole numbers as integers, for fields that take nothing else (``weight: 1.0``)."""
    if isinstance(value, Mapping):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _wrong(field: str, why: str, kinds: tuple[type, ...]) -> BackendError:
    words = " or ".join(_WORDS[kind] for kind in kinds)
    return BackendError(
        f"its Kubernetes setting {field} cannot be used: {why}", remedy=f"Give {words}, as JSON.", backend="k8s"
    )
