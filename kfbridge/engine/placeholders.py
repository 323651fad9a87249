"""The ``{{$...}}`` placeholders in commands, arguments, environment and constants.

A text is read into literal pieces and references once, and kept; a reference is a path such as
``inputs.parameters['x']``. `Names` says what the paths mean for one task.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from kfbridge.engine.reference import Reference, Step, read
from kfbridge.errors import RunError
from kfbridge.graph.values import to_text

MARK = "{{$"
_MOST_ESCAPES = 4  # each doubles every quote; KFP's own compilers wrote 0 and 1


@dataclass(frozen=True, slots=True)
class Names:
    """What placeholders stand for.

    Args:
        parameters: Input parameters by name; None is null, and so is a name in `declared` that is not here.
        artifacts: Input artifacts by name, as in ExecutorInput (lists of ``name``, ``uri``, ``metadata``).
        declared: Every input that the component has, given or not.
        outputs: The ``outputs`` of ExecutorInput.
        constants: The ``pipeline_...`` values and ``workspace_path``.
        whole: ExecutorInput itself, for ``{{$}}``.
        path: From an artifact's URI to the path at which the task finds it.
        where: The task, for messages.
    """

    parameters: Mapping[str, Any]
    artifacts: Mapping[str, list[dict[str, Any]]] = field(default_factory=dict)
    declared: frozenset[str] = frozenset()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    constants: Mapping[str, str] = field(default_factory=dict)
    whole: Mapping[str, Any] | None = None
    path: Callable[[str], str] = str
    where: str = ""


def has_placeholder(value: Any) -> bool:
    """Whether there is a placeholder anywhere in a JSON value, keys included."""
    if isinstance(value, str):
        return MARK in value
    if isinstance(value, list):
        return any(has_placeholder(item) for item in value)
    if isinstance(value, dict):
        return any(has_placeholder(key) or has_placeholder(item) for key, item in value.items())
    return False


def resolve_text(text: str, names: Names) -> str:
    """`text` with every placeholder replaced by the text of its value.

    Raises:
        RunError: A placeholder names something that does not exist; the message says which.
    """
    if MARK not in text:
        return text
    return "".join(piece if isinstance(piece, str) else to_text(_value(piece, names)) for piece in _pieces(text))


def resolve_value(value: Any, names: Names) -> Any:
    """A JSON value with every placeholder in it replaced; one that is a whole string in a list or dict keeps its type.

    Raises:
        RunError: A placeholder names something that does not exist.
    """
    if isinstance(value, str):
        pieces = _pieces(value) if MARK in value else ()
        if len(pieces) == 1 and isinstance(pieces[0], Reference):
            return _value(pieces[0], names)
        return resolve_text(value, names)
    if isinstance(value, list):
        return [resolve_value(item, names) for item in value]
    if isinstance(value, dict):
        return {resolve_text(key, names): resolve_value(item, names) for key, item in value.items()}
    return value


def resolve_command(elements: tuple[str, ...], names: Names) -> list[str]:
    """A command or argument list: structs (``Concat``, ``IfPresent``) and placeholders resolved.

    Raises:
        RunError: A placeholder names something that does not exist, or a struct is malformed.
    """
    resolved: list[str] = []
    for element in elements:
        struct = _struct(element)
        if struct is None:
            resolved.append(resolve_text(element, names))
        else:
            resolved.extend(_resolve_struct(struct, names))
    return resolved


# Whole elements --------------------------------------------------------------------------------------


def _struct(element: str) -> dict[str, Any] | None:
    """The struct that an element is, or None for plain text."""
    if not element.lstrip().startswith(('{"Concat"', '{"IfPresent"')):
        return None
    try:
        data = json.loads(element)
    except ValueError:
        return None
    return data if isinstance(data, dict) and len(data) == 1 else None


def _resolve_struct(part: Any, names: Names) -> list[str]:
    """The elements that a part of a struct gives: one for text, none for what is absent."""
    if part is None:
        return []
    if isinstance(part, str):
        nested = _struct(part)
        return [resolve_text(part, names)] if nested is None else _resolve_struct(nested, names)
    if isinstance(part, list):
        return [element for item in part for element in _resolve_struct(item, names)]
    if isinstance(part, dict) and isinstance(part.get("Concat"), list):
        return ["".join(element for item in part["Concat"] for element in _resolve_struct(item, names))]
    if isinstance(part, dict) and isinstance(part.get("IfPresent"), dict):
        choice = part["IfPresent"]
        given = _is_given(str(choice.get("InputName", "")), names)
        return _resolve_struct(choice.get("Then" if given else "Else"), names)
    raise RunError(f"the command has a placeholder that cannot be read: {json.dumps(part)}", where=names.where)


def _is_given(name: str, names: Names) -> bool:
    return names.parameters.get(name) is not None or bool(names.artifacts.get(name))


# References ------------------------------------------------------------------------------------------


@lru_cache(maxsize=4096)
def _pieces(text: str) -> tuple[str | Reference, ...]:
    return read(text)


def _value(reference: Reference, names: Names) -> Any:
    path = reference.path
    escapes = 0
    match path:
        case (*rest, "json_escape", int(level)):
            path, escapes = tuple(rest), level
    try:
        if escapes > _MOST_ESCAPES:
            raise LookupError(escapes)
        value = _follow(path, names)
    except LookupError:
        raise RunError(
            f"the placeholder {reference.text} names nothing that this task has",
            where=names.where or None,
            remedy=_suggestion(path, names),
        ) from None
    for _ in range(escapes):
        value = json.dumps(to_text(value), ensure_ascii=False)[1:-1]
    return value


def _suggestion(path: tuple[Step, ...], names: Names) -> str | None:
    if path[:1] == ("inputs",) and names.declared:
        return f"The task's inputs are {', '.join(sorted(names.declared))}."
    if path == ("workspace_path",):
        return "Give the pipeline a workspace: PipelineConfig(workspace=WorkspaceConfig(...))."
    return None


def _follow(path: tuple[Step, ...], names: Names) -> Any:
    match path:
        case ():
            return _whole(names)
        case ("inputs", "parameters", str(key)):
            return _given(key, names.parameters, names)
        case ("inputs", "artifacts", str(key), *rest):
            return _artifact(_given(key, names.artifacts, names), rest, names)
        case ("outputs", "artifacts", str(key), *rest):
            return _artifact(names.outputs["artifacts"][key]["artifacts"], rest, names)
        case ("outputs", "parameters", str(key), "output_file"):
            return names.outputs["parameters"][key]["outputFile"]
        case ("outputs", "output_file") | ("outputMetadataUri",):
            return names.outputs["outputFile"]
        case (str(name),):
            return names.constants[name]
    raise LookupError(path)


def _whole(names: Names) -> Any:
    if names.whole is None:
        raise LookupError("no ExecutorInput here")
    return json.dumps(names.whole, ensure_ascii=False)


def _given(key: str, values: Mapping[str, Any], names: Names) -> Any:
    if key in values:
        return values[key]
    if key in names.declared:
        return None
    raise LookupError(key)


_KEYS = {"uri", "name", "metadata"}


def _artifact(found: list[dict[str, Any]] | None, rest: list[Step], names: Names) -> Any:
    """A property of an artifact: of the first in the list, or of the one that an index names."""
    if found is None:
        return None
    if rest[:1] == ["artifacts"]:
        rest = rest[1:]
    if not rest:
        return found
    position = 0
    if isinstance(rest[0], int):
        position, rest = rest[0], rest[1:]
    artifact = found[position]
    match rest:
        case []:
            return artifact
        case ["path"]:
            return artifact.get("custom_path") or names.path(artifact["uri"])
        case ["metadata", str(key)]:
            return artifact["metadata"][key]
        case [str(key)] if key in _KEYS:
            return artifact[key]
    raise LookupError(rest)
