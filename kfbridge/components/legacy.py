"""Component files of KFP's first version (``implementation: container:``), read as today's components.

Names and types follow KFP: ``op-1`` becomes the input ``op_1``; a type that names no parameter and no known
artifact class is a plain artifact; descriptions of inputs and outputs do not reach the compiled pipeline.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.components.command import PlaceholderError, Ports, write_placeholder
from kfbridge.components.types import default_value, type_of
from kfbridge.dsl.structures import INJECTED_TYPES, ComponentSpec, ContainerImplementation, InputSpec, OutputSpec
from kfbridge.errors import SpecError
from kfbridge.spec.locate import locate
from kfbridge.spec.place import place_text

UNNAMED: Final = "name"
"""What KFP calls a component that has no name."""

_TOP_KEYS: Final = ("name", "description", "metadata", "inputs", "outputs", "implementation")
_CONTAINER_KEYS: Final = ("image", "command", "args", "env")


def read_component(document: Mapping[str, Any], source: str, text: str = "") -> ComponentSpec:
    """A component file of version 1, parsed, as a component.

    Args:
        document: The file's content.
        source: The file or URL, for messages.
        text: The file's text, for the lines in messages.

    Raises:
        SpecError: Something in it is missing, unknown, or does not fit together.
    """
    at = _Place(source, text)
    _only_keys(document, _TOP_KEYS, at)
    inputs = dict(_inputs(_list(document.get("inputs"), at / "inputs"), at / "inputs"))
    outputs = dict(_outputs(_list(document.get("outputs"), at / "outputs"), at / "outputs"))
    container = _container(document.get("implementation"), at / "implementation")
    name = document.get("name")
    ports = Ports(
        {name: port.sanitised for name, port in inputs.items()},
        {name: port.sanitised for name, port in outputs.items()},
        {port.sanitised: port.spec for port in inputs.values()},
        {port.sanitised: port.spec for port in outputs.values()},
    )
    return ComponentSpec(
        name=_component_name(UNNAMED if name is None else str(name), at),
        description=str(document.get("description") or ""),
        inputs=ports.inputs,
        outputs=ports.outputs,
        implementation=_implementation(container, ports, at / "implementation" / "container"),
    )


@dataclass(frozen=True, slots=True)
class _Place:
    """A place in the file, for messages: ``train.yaml:7:3 (inputs[2])``."""

    source: str
    text: str
    path: tuple[str | int, ...] = ()

    def __truediv__(self, step: str | int) -> _Place:
        return _Place(self.source, self.text, (*self.path, step))

    def error(self, reason: str, remedy: str | None = None) -> SpecError:
        line, column = (locate(self.text, self.path) if self.text else None) or (None, None)
        return SpecError(reason, where=place_text(self.source, line, column, self.path), remedy=remedy)


@dataclass(frozen=True, slots=True)
class _Port:
    sanitised: str
    spec: Any


def _component_name(name: str, at: _Place) -> str:
    """The name of a component in a pipeline: lower case, runs of other characters become ``-``."""
    found = re.sub(r"[^0-9a-z]+", "-", name.lower()).strip("-")
    if not found:
        raise (at / "name").error(f"The component's name {name!r} holds no letter or digit.", "Give it a name.")
    return found


def _port_name(name: str, at: _Place) -> str:
    """The name of an input or output in a pipeline: lower case, runs of other characters become ``_``."""
    found = re.sub(r"[^_0-9a-z]+", "_", name.lower()).strip("_")
    if not found[:1].isalpha():
        raise at.error(f"The name {name!r} does not begin with a letter.", "Begin it with one of a to z.")
    return found


# Inputs and outputs ---------------------------------------------------------------------------------


def _inputs(entries: list[Any], at: _Place) -> Iterator[tuple[str, _Port]]:
    taken: dict[str, str] = {}
    for number, entry in enumerate(entries):
        here = at / number
        _mapping(entry, here)
        _only_keys(entry, ("name", "type", "description", "default", "optional", "annotations"), here)
        name, sanitised = _names(entry, taken, here)
        ir_type = type_of(entry.get("type"))
        optional = bool(entry.get("optional", False)) or ir_type in INJECTED_TYPES
        if entry.get("default") is None:
            yield name, _Port(sanitised, InputSpec(ir_type, optional=optional))
            continue
        try:
            default = default_value(entry["default"], ir_type)
        except ValueError as error:
            reason = f"The default {entry['default']!r} of {name!r} is not of its type, {entry.get('type')}."
            raise here.error(reason, "Correct the default or the type.") from error
        yield name, _Port(sanitised, InputSpec(ir_type, default=default, optional=True))


def _outputs(entries: list[Any], at: _Place) -> Iterator[tuple[str, _Port]]:
    taken: dict[str, str] = {}
    for number, entry in enumerate(entries):
        here = at / number
        _mapping(entry, here)
        _only_keys(entry, ("name", "type", "description", "annotations"), here)
        name, sanitised = _names(entry, taken, here)
        yield name, _Port(sanitised, OutputSpec(type_of(entry.get("type"))))


def _names(entry: Mapping[str, Any], taken: dict[str, str], at: _Place) -> tuple[str, str]:
    if entry.get("name") in (None, ""):
        raise at.error("It has no name.", "Add name: ...")
    name = str(entry["name"])
    sanitised = _port_name(name, at)
    if sanitised in taken:
        reason = f"The names {taken[sanitised]!r} and {name!r} are the same in a pipeline, {sanitised!r}."
        raise at.error(reason, "Rename one of them.")
    taken[sanitised] = name
    return name, sanitised


# The container --------------------------------------------------------------------------------------


def _container(implementation: Any, at: _Place) -> Mapping[str, Any]:
    if not implementation:
        raise at.error("The component has no implementation.", "Add implementation: with container: in it.")
    _mapping(implementation, at)
    if "graph" in implementation:
        raise at.error(
            "It is a graph component of KFP's first version, which KFP 2 does not run either.",
            "Write the graph as a pipeline; a pipeline can be called like a component.",
        )
    at = at / "container"
    container = _mapping(implementation.get("container"), at)
    if "fileOutputs" in container:
        raise at.error(
            "Outputs at fixed paths (fileOutputs) do not reach the pipeline.", "Use outputPath in the command."
        )
    _only_keys(container, _CONTAINER_KEYS, at)
    if not isinstance(container.get("image"), str) or not container["image"]:
        raise at.error("The container has no image, or one that is not text.", "Add image: python:3.11, or another.")
    return container


def _implementation(container: Mapping[str, Any], ports: Ports, at: _Place) -> ContainerImplementation:
    def words(key: str) -> tuple[str, ...]:
        return tuple(
            _word(word, ports, at / key / number) for number, word in enumerate(_list(container.get(key), at / key))
        )

    env = container.get("env") or {}
    _mapping(env, at / "env")
    for name, value in env.items():
        if not isinstance(value, str):
            raise (at / "env").error(f"The variable {name} is not text: {value!r}.", f"Put it in quotes: '{value}'.")
    return ContainerImplementation(container["image"], words("command"), words("args"), env=dict(env))


def _word(word: Any, ports: Ports, at: _Place) -> str:
    try:
        return write_placeholder(word, ports)
    except PlaceholderError as error:
        raise at.error(error.reason, error.remedy) from None


# Shapes ---------------------------------------------------------------------------------------------


def _mapping(value: Any, at: _Place) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise at.error(f"There should be a mapping here, not {value!r}.", "Write key: value lines.")
    return value


def _list(value: Any, at: _Place) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise at.error(f"There should be a list here, not {value!r}.", "Write one '- ' line per entry.")
    return value


def _only_keys(value: Mapping[str, Any], known: tuple[str, ...], at: _Place) -> None:
    for key in value:
        if key not in known:
            raise at.error(f"The key {key!r} is not known here.", f"Known are: {', '.join(known)}.")
