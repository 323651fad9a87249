"""A pipeline as rewrites see it: a tree of frozen parts, typed as the graph types them, complete as the file is.

A rewrite makes new parts and shares what it leaves alone; one object may stand at many places of the tree.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from kfbridge.graph.model import (
    ArtifactBinding,
    ArtifactPort,
    Loop,
    OutputSelector,
    ParameterBinding,
    ParameterPort,
    Ports,
    TaskOutput,
)
from kfbridge.graph.ports import input_ports, output_ports
from kfbridge.spec.expression import Expression
from kfbridge.spec.model.component import ComponentInputsSpec, ComponentOutputsSpec

Json: TypeAlias = dict[str, Any]
Steps: TypeAlias = tuple[tuple[str, "int | None"], ...]
"""A way through the user's pipeline: names, with the number of the iteration where that loop was unrolled."""


@dataclass(frozen=True, slots=True)
class Face:
    """What a component shows: its ports, as they are in the file and as the graph types them.

    `data` is the ``ComponentSpec`` but for its dag and executor label, `name` the component's name in the file.
    """

    name: str
    data: Json
    inputs: Ports
    outputs: Ports

    @classmethod
    def of(cls, name: str, data: Json) -> Face:
        """The face in the data of a component."""
        shown = {key: value for key, value in data.items() if key not in ("dag", "executorLabel")}
        inputs = ComponentInputsSpec.model_validate(shown.get("inputDefinitions") or {})
        outputs = ComponentOutputsSpec.model_validate(shown.get("outputDefinitions") or {})
        return cls(name, shown, input_ports(inputs), output_ports(outputs))

    def port(self, kind: str, name: str) -> ParameterPort | ArtifactPort | None:
        """An input of the kind ``parameters`` or ``artifacts``."""
        found: ParameterPort | ArtifactPort | None = getattr(self.inputs, kind).get(name)
        return found

    def port_data(self, kind: str, name: str) -> Json:
        """An input as it is in the file; empty where it is not declared."""
        found: Json = ((self.data.get("inputDefinitions") or {}).get(kind) or {}).get(name) or {}
        return found

    def with_inputs(self, changed: Mapping[tuple[str, str], Json]) -> Face:
        """The face with these inputs, by kind and name, added or in the place of others."""
        if not changed:
            return self
        definitions = dict(self.data.get("inputDefinitions") or {})
        for (kind, name), port in changed.items():
            definitions[kind] = {**(definitions.get(kind) or {}), name: port}
        return Face.of(self.name, {**self.data, "inputDefinitions": definitions})


@dataclass(frozen=True, slots=True)
class Leaf:
    """A component that runs something: the entry under ``deploymentSpec.executors``, and its settings by platform."""

    label: str
    executor: Json
    settings: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Group:
    """A dag: its tasks, producers first, and the candidates for each of its outputs."""

    tasks: Mapping[str, Part]
    parameters: Mapping[str, tuple[OutputSelector, ...]] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[OutputSelector, ...]] = field(default_factory=dict)

    def selectors(self, kind: str) -> Mapping[str, tuple[OutputSelector, ...]]:
        """The outputs of the kind ``parameters`` or ``artifacts``."""
        found: Mapping[str, tuple[OutputSelector, ...]] = getattr(self, kind)
        return found


@dataclass(frozen=True, slots=True)
class Part:
    """A task and all that it consists of.

    Attributes:
        face: What its component shows.
        body: What its component does.
        parameters: What its parameter inputs are fed with.
        artifacts: What its artifact inputs are fed with.
        after: Every task of the dag that must end first, also those that it reads from; sorted.
        condition: When it runs.
        always: Whether it runs however the tasks before it ended (``ALL_UPSTREAM_TASKS_COMPLETED``).
        loop: What it loops over.
        rest: The other fields of ``PipelineTaskSpec``: display name, caching, retries.
        origin: The way from the dag around, as the user wrote it, to this task; None for a task that was made up.
    """

    face: Face
    body: Group | Leaf
    parameters: Mapping[str, ParameterBinding] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactBinding] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    condition: Expression | None = None
    always: bool = False
    loop: Loop | None = None
    rest: Json = field(default_factory=dict)
    origin: Steps | None = None

    @property
    def retries(self) -> bool:
        """Whether a failure is tried again."""
        return bool((self.rest.get("retryPolicy") or {}).get("maxRetryCount"))

    @property
    def reads(self) -> list[tuple[str, str, TaskOutput]]:
        """The outputs of other tasks that it is fed with: kind, name of the input, source."""
        found: list[tuple[str, str, TaskOutput]] = []
        for name, binding in self.parameters.items():
            if isinstance(binding.source, TaskOutput):
                found.append(("parameters", name, binding.source))
        for name, fed in self.artifacts.items():
            if isinstance(fed.source, TaskOutput):
                found.append(("artifacts", name, fed.source))
        return found

    def with_settings(self, settings: Mapping[str, Json]) -> Part:
        """The part with other settings of its executor."""
        assert isinstance(self.body, Leaf)
        return replace(self, body=replace(self.body, settings=settings))
