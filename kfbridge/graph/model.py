"""The resolved pipeline: what every backend reads instead of the raw IR.

`kfbridge.graph.resolve` makes it from a `PipelineSpec`. Here references are typed, conditions are
parsed, defaults and optionality are settled, and each task knows its producers, also the ones that
the file does not list under ``dependentTasks``. All of it is immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final

from kfbridge.spec.expression import Expression


class Missing(Enum):
    """The type of `MISSING`: no value at all, which is not the same as null."""

    token = 0


MISSING: Final = Missing.token


class ParameterType(str, Enum):
    """The types a parameter can have in the IR (`ParameterType.ParameterTypeEnum`)."""

    STRING = "STRING"
    NUMBER_INTEGER = "NUMBER_INTEGER"
    NUMBER_DOUBLE = "NUMBER_DOUBLE"
    BOOLEAN = "BOOLEAN"
    LIST = "LIST"
    STRUCT = "STRUCT"
    TASK_FINAL_STATUS = "TASK_FINAL_STATUS"
    TASK_CONFIG = "TASK_CONFIG"


# Where a value comes from ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written in the pipeline; strings in it may hold ``{{$...}}`` placeholders."""

    value: Any


@dataclass(frozen=True, slots=True)
class TaskOutput:
    """Output `key` of the task named `task` in the same dag."""

    task: str
    key: str


@dataclass(frozen=True, slots=True)
class DagInput:
    """Input `key` of the enclosing dag."""

    key: str


@dataclass(frozen=True, slots=True)
class FinalStatus:
    """The `PipelineTaskFinalStatus` of the task named `task` in the same dag."""

    task: str


@dataclass(frozen=True, slots=True)
class ParameterBinding:
    """What a task's parameter input is fed with.

    `selector` is an expression over the value's JSON text, ``parseJson(string_value)["key"]``, or None.
    """

    source: Constant | TaskOutput | DagInput | FinalStatus
    selector: Expression | None = None


@dataclass(frozen=True, slots=True)
class ArtifactBinding:
    """What a task's artifact input is fed with."""

    source: TaskOutput | DagInput


# Ports ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ParameterPort:
    """A parameter input or output of a component."""

    type: ParameterType
    default: Any = MISSING
    optional: bool = False
    description: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactPort:
    """An artifact input or output of a component; `schema_title` is for example ``system.Dataset``."""

    schema_title: str = "system.Artifact"
    schema_version: str = "0.0.1"
    is_list: bool = False
    optional: bool = False
    description: str = ""
    metadata: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Ports:
    """The inputs, or the outputs, of a component."""

    parameters: Mapping[str, ParameterPort] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactPort] = field(default_factory=dict)


# What a component does ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Resources:
    """A request for a machine, as written: Kubernetes quantities as strings (``500m``, ``16Gi``), or placeholders."""

    cpu_request: str | None = None
    cpu_limit: str | None = None
    memory_request: str | None = None
    memory_limit: str | None = None
    accelerator_type: str | None = None
    accelerator_count: str | None = None


@dataclass(frozen=True, slots=True)
class Container:
    """A container to run once: image, command, arguments and environment, placeholders unresolved."""

    label: str
    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: tuple[tuple[str, str], ...] = ()
    resources: Resources = Resources()


@dataclass(frozen=True, slots=True)
class Importer:
    """An artifact that exists already and is brought in by its URI."""

    label: str
    uri: ParameterBinding
    schema_title: str = "system.Artifact"
    schema_version: str = "0.0.1"
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reimport: bool = False
    download_to_workspace: bool = False


@dataclass(frozen=True, slots=True)
class Foreign:
    """An executor that only some platform knows (``resolver``, ``customJob``); kept as it is in the spec."""

    label: str
    kind: str
    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OutputSelector:
    """One candidate for a dag's output: output `key` of the task `task` inside it."""

    task: str
    key: str


@dataclass(frozen=True, slots=True)
class Dag:
    """Tasks in an order in which producers come first, and where the dag's outputs come from.

    More than one selector is a ``OneOf``: the first whose task produced the output counts.
    """

    tasks: Mapping[str, Task]
    parameters: Mapping[str, tuple[OutputSelector, ...]] = field(default_factory=dict)
    artifacts: Mapping[str, tuple[OutputSelector, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Component:
    """Something that can be run: ports, and what it does.

    `passthroughs` are the parts of a task's own settings that its TASK_CONFIG input tells: ``RESOURCES``, ``ENV``, ...
    """

    name: str
    inputs: Ports
    outputs: Ports
    body: Dag | Container | Importer | Foreign
    passthroughs: tuple[str, ...] = ()


# Tasks ----------------------------------------------------------------------------------------------


class Trigger(str, Enum):
    """When a task may start (`TriggerPolicy.TriggerStrategy`)."""

    UPSTREAM_SUCCEEDED = "ALL_UPSTREAM_TASKS_SUCCEEDED"
    UPSTREAM_COMPLETED = "ALL_UPSTREAM_TASKS_COMPLETED"


@dataclass(frozen=True, slots=True)
class Retry:
    """How often a failed task is tried again, and the waits between, in seconds."""

    max_retries: int
    backoff: float = 0.0
    factor: float = 2.0
    max_backoff: float = 3600.0

    def delay(self, failures: int) -> float:
        """Seconds to wait after the `failures`-th failure (1 is the first)."""
        return float(min(self.backoff * self.factor ** (failures - 1), self.max_backoff))


@dataclass(frozen=True, slots=True)
class Loop:
    """Run the task once per item, in item order.

    `items` is the list itself (a constant), or the name of the task's own input that holds it.
    """

    item_input: str
    items: list[Any] | str
    over_artifacts: bool = False
    parallelism: int = 0  # 0: no limit


@dataclass(frozen=True, slots=True)
class Task:
    """One task of a dag."""

    name: str
    display_name: str
    component: Component
    parameters: Mapping[str, ParameterBinding] = field(default_factory=dict)
    artifacts: Mapping[str, ArtifactBinding] = field(default_factory=dict)
    producers: tuple[str, ...] = ()  # every task of the same dag that must end first, sorted
    condition: Expression | None = None
    trigger: Trigger = Trigger.UPSTREAM_SUCCEEDED
    loop: Loop | None = None
    retry: Retry | None = None
    cache: bool = False
    cache_key: str = ""


@dataclass(frozen=True, slots=True)
class Graph:
    """A whole pipeline, resolved."""

    name: str
    root: Component
    display_name: str = ""
    description: str = ""
    default_root: str = ""
    platforms: Mapping[str, Any] = field(default_factory=dict)  # the second document's ``platforms``
