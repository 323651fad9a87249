"""What a component is, before it is called: its interface and what it does.

A loader makes a component in two steps, and calls nothing else of this package::

    spec = ComponentSpec(
        name="train",
        inputs={"data": InputSpec("system.Dataset@0.0.1"), "depth": InputSpec("NUMBER_INTEGER", 3, optional=True)},
        outputs={"model": OutputSpec("system.Model@0.0.1")},
        implementation=ContainerImplementation(
            image="python:3.11", command=("train", "{{$.inputs.artifacts['data'].path}}")
        ),
    )
    train = YamlComponent(spec, text)          # kfbridge.dsl.yaml_component

Strings of an implementation are written as they stand in the IR: placeholders are ``{{$...}}`` text, a
concatenation or an optional part is one JSON string (`kfbridge.dsl.placeholders` writes both). A compiled
pipeline that is used as a component has a `GraphImplementation`: its documents, in JSON form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from kfbridge.dsl.location import Location

PARAMETER_TYPES: Final = frozenset(
    {
        "STRING",
        "NUMBER_INTEGER",
        "NUMBER_DOUBLE",
        "BOOLEAN",
        "LIST",
        "STRUCT",
        "TASK_FINAL_STATUS",
        "TASK_CONFIG",
    }
)
"""The parameter types of the IR; the last two are filled in by the backend, not by the pipeline."""

INJECTED_TYPES: Final = frozenset({"TASK_FINAL_STATUS", "TASK_CONFIG"})
"""The parameter types for which a task takes no argument."""


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input of a component.

    Attributes:
        type: A parameter type of the IR (``STRING``), or an artifact's ``schema_title@schema_version``.
        default: The value of a parameter that is not given, in JSON form; None: there is no such value.
        optional: Whether a task may leave it out. An input with a default is always optional.
        description: Free text.
        is_artifact_list: Whether it takes a list of artifacts.
        hint: The annotation's text, where it says more than `type` (``List[Dict[str, int]]``); loops use it.
    """

    type: str
    default: Any = None
    optional: bool = False
    description: str = ""
    is_artifact_list: bool = False
    hint: str = ""

    @property
    def is_artifact(self) -> bool:
        """Whether artifacts go in here, not values."""
        return self.type not in PARAMETER_TYPES


@dataclass(frozen=True, slots=True)
class OutputSpec:
    """An output of a component; `type`, `description`, `is_artifact_list` and `hint` as in `InputSpec`."""

    type: str
    description: str = ""
    is_artifact_list: bool = False
    hint: str = ""

    @property
    def is_artifact(self) -> bool:
        """Whether artifacts come out here, not values."""
        return self.type not in PARAMETER_TYPES


@dataclass(frozen=True, slots=True)
class ContainerImplementation:
    """A container to run; every string in the form of the IR, placeholders included.

    `resources` and `lifecycle` are the IR's own messages in JSON form (``resourceCpuLimit``, ...).
    """

    image: str
    command: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    env: Mapping[str, str] = field(default_factory=dict)
    resources: Mapping[str, Any] = field(default_factory=dict)
    lifecycle: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ImporterImplementation:
    """An importer; `body` is the IR's ``ImporterSpec`` in JSON form."""

    body: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ForeignImplementation:
    """An executor of another kind (``customJob``, ``resolver``), kept as it stands in the IR."""

    kind: str
    body: Mapping[str, Any]


class Site(NamedTuple):
    """Where a task or a group stands in the user's files, and the sites of what is in it by name."""

    location: Location
    inside: Mapping[str, Site] = {}


@dataclass(frozen=True, slots=True)
class GraphImplementation:
    """A pipeline: its compiled documents in JSON form.

    Attributes:
        pipeline: The ``PipelineSpec``; ``root`` is what the component does.
        platform: The second document (``{"platforms": {...}}``), empty when there is none.
        sites: Where its tasks stand in the user's files, by name; empty for one that was loaded.
    """

    pipeline: Mapping[str, Any]
    platform: Mapping[str, Any] = field(default_factory=dict)
    sites: Mapping[str, Site] = field(default_factory=dict, repr=False, compare=False)


Implementation = ContainerImplementation | ImporterImplementation | ForeignImplementation | GraphImplementation


@dataclass(frozen=True, slots=True)
class ComponentSpec:
    """A component: its interface and its implementation.

    Attributes:
        name: As the user wrote it or as the function is called; names in the IR derive from it.
        implementation: What it does.
        description: Free text.
        inputs: Inputs by name, in the order in which they were declared.
        outputs: Outputs by name, in the order in which they were declared.
        platforms: Settings of the executor by platform (``{"kubernetes": {...}}``); not for graphs.
        task_config_passthroughs: ``taskConfigPassthroughs`` of the IR, in JSON form.
    """

    name: str
    implementation: Implementation
    description: str = ""
    inputs: Mapping[str, InputSpec] = field(default_factory=dict)
    outputs: Mapping[str, OutputSpec] = field(default_factory=dict)
    platforms: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    task_config_passthroughs: tuple[Mapping[str, Any], ...] = ()


@dataclass(slots=True)
class ContainerSpec:
    """What a `container_component` function returns.

    Attributes:
        image: The image to run.
        command: The entry point; strings, placeholders, or arguments of the function.
        args: Its arguments; the same.
    """

    image: str
    command: Sequence[Any] | None = None
    args: Sequence[Any] | None = None
