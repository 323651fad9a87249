"""What a task instance works with: its inputs, from constants, producers and the dag around it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Artifact
from kfbridge.engine.instance import Inputs, Instance, Scope
from kfbridge.engine.placeholders import Names, has_placeholder, resolve_text, resolve_value
from kfbridge.engine.status import final_status
from kfbridge.errors import KfbridgeError, RunError
from kfbridge.graph.model import (
    MISSING,
    ArtifactPort,
    Constant,
    Container,
    DagInput,
    FinalStatus,
    Missing,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Ports,
    TaskOutput,
    Trigger,
)
from kfbridge.graph.values import convert, parse
from kfbridge.spec.expression import evaluate

_MADE_UP: Final = "pipelinechannel--"


@dataclass(frozen=True, slots=True)
class Unavailable:
    """An input that the task cannot do without does not exist, because what makes it was skipped."""

    reason: str


def bind(instance: Instance, scope: Scope, context: RunContext) -> Inputs | Unavailable:
    """The inputs of a task in a dag; where the item of a loop goes is still empty.

    Raises:
        KfbridgeError: A value does not fit the type of its input, or a placeholder names nothing.
    """
    binder = _Binder(instance, scope, context)
    return binder.bind()


def with_item(instance: Instance, inputs: Inputs, item: Any, context: RunContext) -> Inputs:
    """The inputs of one iteration of the loop `instance`.

    Raises:
        KfbridgeError: The item does not fit the type of its input, or a placeholder names nothing.
    """
    task = instance.task
    assert task.loop is not None
    name = task.loop.item_input
    if task.loop.over_artifacts:
        return Inputs(inputs.parameters, {**inputs.artifacts, name: [item]})
    port = task.component.inputs.parameters.get(name)
    parameters = {**inputs.parameters, name: typed(item, port, f"input {name!r}")}
    for other, binding in task.parameters.items():
        if isinstance(binding.source, Constant) and has_placeholder(binding.source.value):
            parameters[other] = _fill(other, binding.source.value, instance, parameters, context)
    return Inputs(parameters, inputs.artifacts)


def root_inputs(ports: Ports, arguments: Mapping[str, Any]) -> Inputs:
    """The inputs of the pipeline itself: the arguments of the run, and defaults; an artifact is given by its URI.

    Raises:
        KfbridgeError: An argument is missing or does not fit.
    """
    parameters = {}
    for name, port in ports.parameters.items():
        value = arguments.get(name, MISSING)
        value = port.default if value is MISSING else value
        if value is not MISSING:
            parameters[name] = typed(value, port, f"input {name!r} of the pipeline")
        elif not port.optional:
            raise RunError(f"the pipeline's input {name!r} was not given", remedy=f"Give it: -p {name}=VALUE.")
    artifacts = {}
    for name, artifact in ports.artifacts.items():
        given = arguments.get(name)
        if given is not None:
            artifacts[name] = _given_artifacts(name, artifact, given)
        elif not artifact.optional:
            raise RunError(f"the pipeline's artifact {name!r} was not given", remedy=f"Give its URI: -p {name}=URI.")
    return Inputs(parameters, artifacts)


def typed(value: Any, port: ParameterPort | None, where: str) -> Any:
    """A value as the port's type has it; null and values for undeclared inputs stay as they are.

    Raises:
        KfbridgeError: The value does not fit.
    """
    if value is None or port is None:
        return value
    return convert(value, port.type, where)


def _given_artifacts(name: str, port: ArtifactPort, given: Any) -> list[Artifact]:
    uris = given if isinstance(given, list) else [given]
    return [Artifact(name, port.schema_title, str(uri), schema_version=port.schema_version) for uri in uris]


class _Binder:
    def __init__(self, instance: Instance, scope: Scope, context: RunContext) -> None:
        self.instance = instance
        self.task = instance.task
        self.scope = scope
        self.context = context
        self.tolerant = self.task.trigger is Trigger.UPSTREAM_COMPLETED

    def bind(self) -> Inputs | Unavailable:
        parameters: dict[str, Any] = {}
        templates: list[tuple[str, Any]] = []
        ports = self.task.component.inputs
        for name, binding in self.task.parameters.items():
            source = binding.source
            if isinstance(source, Constant) and has_placeholder(source.value):
                templates.append((name, source.value))
                continue
            port = ports.parameters.get(name)
            value = self.value(name, binding)
            if value is MISSING:
                if isinstance(source, TaskOutput) and not self.dispensable(port):
                    return Unavailable(self.lacking(name, source))
                continue
            if port is not None and _is_made_up(source) and isinstance(value, str):
                value = _number(value, port.type)
            fits = binding.selector is None and port is not None and self.declared(source) is port.type
            parameters[name] = value if fits else typed(value, port, f"input {name!r}")
        artifacts: dict[str, list[Artifact]] = {}
        for name, fed in self.task.artifacts.items():
            found = self.artifact(fed.source)
            if found is not None:
                artifacts[name] = found
            elif isinstance(fed.source, TaskOutput) and not self.dispensable(ports.artifacts.get(name)):
                return Unavailable(self.lacking(name, fed.source))
        self.complete(parameters, ports)
        if templates and not (self.task.loop and not self.task.loop.over_artifacts):
            self.fill(templates, parameters)
        elif templates:
            self.fill([pair for pair in templates if pair[0] == self.looped], parameters)
        return Inputs(parameters, artifacts)

    @property
    def looped(self) -> str | None:
        """The input that holds the list of the loop."""
        loop = self.task.loop
        return loop.items if loop is not None and isinstance(loop.items, str) else None

    def complete(self, parameters: dict[str, Any], ports: Ports) -> None:
        """Give the inputs that nothing was found for their defaults."""
        for name, port in ports.parameters.items():
            if name not in parameters and port.default is not MISSING:
                parameters[name] = typed(port.default, port, f"the default of input {name!r}")

    def fill(self, templates: list[tuple[str, Any]], parameters: dict[str, Any]) -> None:
        """Resolve the constants that refer to their siblings."""
        known = dict(parameters)
        for name, _ in templates:
            known.pop(name, None)
        for name, value in templates:
            parameters[name] = _fill(name, value, self.instance, known, self.context)

    def dispensable(self, port: ParameterPort | ArtifactPort | None) -> bool:
        """Whether the task runs without a value for this input."""
        if self.tolerant or port is None or port.optional:
            return True
        return isinstance(port, ParameterPort) and port.default is not MISSING

    def lacking(self, name: str, source: TaskOutput) -> str:
        made = self.scope.children[source.task]
        why = "was skipped" if made.over and not made.inner and made.reason else "was not made"
        return f"its input {name!r} needs {source.key!r} of {source.task}, which {why}"

    def declared(self, source: object) -> ParameterType | None:
        """The type that a value from `source` has for certain, so that long lists need not be looked through again."""
        if isinstance(source, DagInput):
            owner = self.instance.parent
            ports = owner.task.component.inputs.parameters if owner is not None else {}
            return ports[source.key].type if source.key in ports else None
        if isinstance(source, TaskOutput):
            producer = self.scope.children[source.task].task
            made = producer.component.outputs.parameters.get(source.key)
            is_leaf = producer.loop is None and isinstance(producer.component.body, Container)
            return made.type if is_leaf and made is not None else None
        return None

    def value(self, name: str, binding: ParameterBinding) -> Any | Missing:
        match binding.source:
            case Constant(constant):
                value = constant
            case TaskOutput(task, key):
                value = self.scope.children[task].outputs.parameters.get(key, MISSING)
            case DagInput(key):
                value = self.scope.inputs.parameters.get(key, MISSING)
            case FinalStatus(task):
                value = final_status(self.scope.children[task], self.context)
        if binding.selector is None or value is MISSING:
            return value
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        try:
            return evaluate(binding.selector, {"string_value": text})
        except KfbridgeError as error:
            raise RunError(error.reason, where=f"input {name!r}") from error

    def artifact(self, source: TaskOutput | DagInput) -> list[Artifact] | None:
        if isinstance(source, TaskOutput):
            return self.scope.children[source.task].outputs.artifacts.get(source.key)
        return self.scope.inputs.artifacts.get(source.key)


def _is_made_up(source: object) -> bool:
    """Whether a value comes through an input that the compiler gave a group."""
    return isinstance(source, DagInput) and source.key.startswith(_MADE_UP)


def _number(text: str, type: ParameterType) -> Any:
    """The number or bool that a text stands for, where one is wanted.

    The items of a list without a type (``rows: list``) go through groups as text, whatever they are.
    """
    if type not in (ParameterType.NUMBER_INTEGER, ParameterType.NUMBER_DOUBLE, ParameterType.BOOLEAN):
        return text
    try:
        return parse(text, type)
    except ValueError:
        return text  # refused by whoever converts it, with the place


def _fill(name: str, value: Any, instance: Instance, known: Mapping[str, Any], context: RunContext) -> Any:
    """A constant with its placeholders resolved against the other inputs, as the input's type has it."""
    names = input_names(instance, known, context)
    resolved = resolve_text(value, names) if isinstance(value, str) else resolve_value(value, names)
    return typed(resolved, instance.task.component.inputs.parameters.get(name), f"input {name!r}")


def input_names(instance: Instance, parameters: Mapping[str, Any], context: RunContext) -> Names:
    """What placeholders mean where only the inputs and the run are known: in constants and importers."""
    ports = instance.task.component.inputs
    return Names(
        parameters,
        declared=frozenset((*ports.parameters, *ports.artifacts, *instance.task.parameters)),
        constants=context.names(instance.key, instance.task.name),
        where=instance.key,
    )


def importer_source(binding: ParameterBinding, instance: Instance, inputs: Inputs, context: RunContext) -> Any:
    """The URI that an importer brings in: a constant, or one of the importer's own inputs.

    Raises:
        KfbridgeError: The input was not given, or a placeholder names nothing.
    """
    source = binding.source
    if isinstance(source, Constant):
        return resolve_value(source.value, input_names(instance, inputs.parameters, context))
    key = source.key if isinstance(source, DagInput) else None
    if key is None or inputs.parameters.get(key) is None:
        raise RunError("the importer has no URI", where=instance.key, remedy="Give dsl.importer an artifact_uri.")
    return inputs.parameters[key]
