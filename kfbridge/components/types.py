"""The type names of KFP's first version, as types of the IR."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

ARTIFACT: Final = "system.Artifact@0.0.1"

PARAMETERS: Final[Mapping[str, str]] = {
    "string": "STRING",
    "str": "STRING",
    "text": "STRING",
    "integer": "NUMBER_INTEGER",
    "int": "NUMBER_INTEGER",
    "float": "NUMBER_DOUBLE",
    "double": "NUMBER_DOUBLE",
    "bool": "BOOLEAN",
    "boolean": "BOOLEAN",
    "dict": "STRUCT",
    "jsonobject": "STRUCT",
    "list": "LIST",
    "jsonarray": "LIST",
    "pipelinetaskfinalstatus": "TASK_FINAL_STATUS",
}
"""Type names of parameters, in lower case."""

ARTIFACTS: Final[Mapping[str, str]] = {
    name.lower(): f"system.{name}@0.0.1"
    for name in (
        "Artifact",
        "Dataset",
        "Model",
        "Metrics",
        "ClassificationMetrics",
        "SlicedClassificationMetrics",
        "HTML",
        "Markdown",
    )
}
"""Type names of artifacts, in lower case."""

_TRUTH: Final[Mapping[str, bool]] = {
    **dict.fromkeys(("y", "yes", "t", "true", "on", "1"), True),
    **dict.fromkeys(("n", "no", "f", "false", "off", "0"), False),
}


def type_of(written: Any) -> str:
    """The IR's type for what stands after ``type:``; a parameter type, or ``schema_title@schema_version``.

    A structured type (``{GCSPath: ...}``), no type, and a name that nobody knows are plain artifacts.
    """
    if not isinstance(written, str):
        return ARTIFACT
    if written.startswith("google."):
        return f"{written}@0.0.1"
    name = written.removeprefix("typing.").partition("[")[0].strip().lower()
    generic = "[" in written
    if name in PARAMETERS and (not generic or PARAMETERS[name] in ("STRUCT", "LIST")):
        return PARAMETERS[name]
    return ARTIFACT if generic else ARTIFACTS.get(name, ARTIFACT)


def default_value(written: Any, ir_type: str) -> Any:
    """The default `written` in the file, as a value of `ir_type`; artifacts have none.

    Raises:
        ValueError: It cannot be read as one.
    """
    convert = _DEFAULTS.get(ir_type)
    return convert(written) if convert else None


def _text(value: Any) -> str:
    return value if isinstance(value, str) else str(value)


def _integer(value: Any) -> int:
    number = int(value)
    if isinstance(value, float) and value != number:
        raise ValueError(f"{value} is not an integer")
    return number


def _boolean(value: Any) -> bool:
    text = str(value).lower()
    if text not in _TRUTH:
        raise ValueError(f"{value!r} is neither true nor false")
    return _TRUTH[text]


def _json(kind: type) -> Callable[[Any], Any]:
    def convert(value: Any) -> Any:
        found = json.loads(value) if isinstance(value, str) else value
        if not isinstance(found, kind):
            raise ValueError(f"{value!r} is not a JSON {'list' if kind is list else 'object'}")
        return found

    return convert


_DEFAULTS: Final[Mapping[str, Callable[[Any], Any]]] = {
    "STRING": _text,
    "NUMBER_INTEGER": _integer,
    "NUMBER_DOUBLE": float,
    "BOOLEAN": _boolean,
    "STRUCT": _json(dict),
    "LIST": _json(list),
}
