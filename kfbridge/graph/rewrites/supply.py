"""What the inputs of a dag are, seen from the dag around: what its tasks are fed with once it is gone."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from kfbridge.graph.model import (
    MISSING,
    ArtifactBinding,
    Constant,
    DagInput,
    FinalStatus,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    TaskOutput,
)
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Json, Part
from kfbridge.graph.rewrites.sure import Sure, needs
from kfbridge.graph.rewrites.template import is_template
from kfbridge.graph.values import fit, parse
from kfbridge.spec.expression import Expression, ExpressionError, evaluate

_MADE_UP = "pipelinechannel--"
_PARSED = (ParameterType.NUMBER_INTEGER, ParameterType.NUMBER_DOUBLE, ParameterType.BOOLEAN)


@dataclass(frozen=True, slots=True)
class Fixed:
    """A value that is known, as the dag's own input has it."""

    value: Any


@dataclass(frozen=True, slots=True)
class Template:
    """A constant whose placeholders name other inputs of the dag's task."""

    value: Any
    type: ParameterType | None


@dataclass(frozen=True, slots=True)
class Absent:
    """Nothing at all."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A value or artifact that comes while the pipeline runs.

    Attributes:
        binding: Where it comes from, in the dag around.
        port: The dag's own input, as it is in the file; empty where it is not declared.
        given: The type in which it comes, None where that is not known.
        type: The type of the dag's own input, None where it is not declared.
        default: What the dag works with where nothing comes.
        surely: Whether something comes in any case (unless a failure keeps all of it from running).
        required: Whether the dag is skipped where nothing comes.
    """

    binding: ParameterBinding | ArtifactBinding
    port: Json
    given: ParameterType | None = None
    type: ParameterType | None = None
    default: Any = MISSING
    surely: bool = True
    required: bool = False

    @property
    def may_not_fit(self) -> bool:
        """Whether the dag's own input may refuse what comes: then the dag fails before anything in it runs."""
        if isinstance(self.binding, ArtifactBinding) or self.type is None:
            return False
        return self.binding.selector is not None or not _takes(self.type, self.given)


Supply: TypeAlias = Fixed | Template | Absent | Channel


class Supplies:
    """The inputs of the task `name`, a dag, in the dag of `owner`."""

    def __init__(self, owner: Part, name: str, sure: Sure) -> None:
        assert isinstance(owner.body, Group)
        self.owner = owner
        self.group = owner.body
        self.name = name
        self.part = owner.body.tasks[name]
        self.sure = sure

    def names(self, kind: str) -> list[str]:
        """Every input that the dag has or is given."""
        declared = getattr(self.part.face.inputs, kind)
        return list(dict.fromkeys((*declared, *getattr(self.part, kind))))

    def get(self, kind: str, name: str) -> Supply:
        """What an input is.

        Raises:
            Obstacle: A default holds a placeholder, or a constant does not fit.
        """
        return self.parameter(name) if kind == "parameters" else self.artifact(name)

    def parameter(self, name: str) -> Supply:
        """What a parameter is."""
        port = self.part.face.inputs.parameters.get(name)
        binding = self.part.parameters.get(name)
        if binding is None:
            return Absent() if port is None or port.default is MISSING else Fixed(_checked(port.default, port))
        source = binding.source
        if not isinstance(source, Constant):
            return self.channel(name, binding, port)
        if is_template(source.value):
            if binding.selector is not None:
                raise _selected(name)
            return Template(source.value, port.type if port is not None else None)
        return Fixed(_checked(selected(source.value, binding.selector, name), port))

    def channel(self, name: str, binding: ParameterBinding, port: ParameterPort | None) -> Channel:
        """What a parameter is that comes from a task, from the dag around, or is a task's final status."""
        source = binding.source
        is_output = isinstance(source, TaskOutput)
        return Channel(
            binding,
            self.part.face.port_data("parameters", name),
            self.given(source),
            port.type if port is not None else None,
            port.default if port is not None else MISSING,
            self.comes("parameters", source),
            is_output and not self.part.always and needs(self.part.face, "parameters", name),
        )

    def artifact(self, name: str) -> Supply:
        """What an artifact is."""
        binding = self.part.artifacts.get(name)
        if binding is None:
            return Absent()
        required = isinstance(binding.source, TaskOutput) and not self.part.always
        return Channel(
            binding,
            self.part.face.port_data("artifacts", name),
            surely=self.comes("artifacts", binding.source),
            required=required and needs(self.part.face, "artifacts", name),
        )

    def comes(self, kind: str, source: object) -> bool:
        """Whether a source gives something in any case."""
        if isinstance(source, TaskOutput):
            return not self.part.always and self.sure.output(self.group, kind, source)
        if isinstance(source, DagInput):
            port = self.owner.face.port(kind, source.key)
            return isinstance(port, ParameterPort) and port.default is not MISSING
        return True

    def given(self, source: object) -> ParameterType | None:
        """The type of what a source gives."""
        if isinstance(source, FinalStatus):
            return ParameterType.TASK_FINAL_STATUS
        if isinstance(source, TaskOutput):
            producer = self.group.tasks[source.task]
            if producer.loop is not None:
                return ParameterType.LIST
            made = producer.face.outputs.parameters.get(source.key)
            return made.type if made is not None else None
        if isinstance(source, DagInput):
            port = self.owner.face.inputs.parameters.get(source.key)
            return port.type if port is not None else None
        return None


def passed_on(supply: Channel, name: str, selector: Expression | None, taken: ParameterType | None) -> ParameterBinding:
    """The binding of an input that was fed with the dag's input `name` through `selector`, and is of the type `taken`.

    Raises:
        Obstacle: On its way through the dag the value is converted, which a binding cannot say.
    """
    binding = supply.binding
    assert isinstance(binding, ParameterBinding)
    if selector is not None and (binding.selector is not None or supply.type not in (None, supply.given)):
        raise _selected(name)
    same = supply.type in (None, taken) or (binding.selector is None and supply.type is supply.given)
    if not same or (_is_read_as_number(name, supply, taken) and not _is_made_up(binding.source)):
        raise Obstacle(
            f"its input {name!r} converts what it is given before it hands it on",
            "Give the input the type of what it is given.",
        )
    return binding if selector is None else replace(binding, selector=selector)


def selected(value: Any, selector: Expression | None, name: str) -> Any:
    """What a selector makes of a constant.

    Raises:
        Obstacle: It cannot be evaluated.
    """
    if selector is None or value is MISSING:
        return value
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    try:
        return evaluate(selector, {"string_value": text})
    except ExpressionError as error:
        raise Obstacle(f"its input {name!r} cannot be evaluated: {error.reason}", "Correct the value.") from None


def handed_down(value: Any, name: str, port: ParameterPort | None) -> Any:
    """A constant as the input `port` takes it from the dag's input `name`.

    Text that came through one of the compiler's own inputs is read where a number or bool is wanted.
    """
    if port is None or not isinstance(value, str) or not name.startswith(_MADE_UP) or port.type not in _PARSED:
        return value
    try:
        return parse(value, port.type)
    except ValueError:
        return value


def _checked(value: Any, port: ParameterPort | None) -> Any:
    if is_template(value):
        raise Obstacle("a default holds a placeholder", "Give the value as an argument.")
    if port is None:
        return value
    try:
        return fit(value, port.type)
    except ValueError as error:
        raise Obstacle(f"a value does not fit its input: {error}", "Correct the value.") from None


def _selected(name: str) -> Obstacle:
    return Obstacle(
        f"its input {name!r} takes a part out of what it hands on",
        "Take the part out in a task of its own.",
    )


def _takes(type: ParameterType, given: ParameterType | None) -> bool:
    """Whether an input of a type takes every value of another."""
    if type in (given, ParameterType.STRING):
        return True
    return (given, type) == (ParameterType.NUMBER_INTEGER, ParameterType.NUMBER_DOUBLE)


def _is_read_as_number(name: str, supply: Channel, taken: ParameterType | None) -> bool:
    return name.startswith(_MADE_UP) and supply.type is ParameterType.STRING and taken in _PARSED


def _is_made_up(source: object) -> bool:
    return isinstance(source, DagInput) and source.key.startswith(_MADE_UP)
