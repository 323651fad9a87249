"""Dags: tasks, and where the dag's own outputs come from."""

from __future__ import annotations

from kfbridge.spec.model.message import Message
from kfbridge.spec.model.task import PipelineTaskSpec


class ArtifactSelectorSpec(Message):
    """An output artifact of a task in the dag."""

    producer_subtask: str | None = None
    output_artifact_key: str | None = None


class DagOutputArtifactSpec(Message):
    """Where an output artifact comes from; several selectors mean: the one whose task ran."""

    artifact_selectors: list[ArtifactSelectorSpec] | None = None


class ParameterSelectorSpec(Message):
    """An output parameter of a task in the dag."""

    producer_subtask: str | None = None
    output_parameter_key: str | None = None


class ParameterSelectorsSpec(Message):
    """Candidates: the one whose task ran counts."""

    parameter_selectors: list[ParameterSelectorSpec] | None = None


class MapParameterSelectorsSpec(Message):
    """Selectors by key; in the proto, used by nothing."""

    mapped_parameters: dict[str, ParameterSelectorSpec] | None = None


class DagOutputParameterSpec(Message):
    """Where an output parameter comes from."""

    value_from_parameter: ParameterSelectorSpec | None = None
    value_from_oneof: ParameterSelectorsSpec | None = None


class DagOutputsSpec(Message):
    """The outputs of a dag, by name."""

    artifacts: dict[str, DagOutputArtifactSpec] | None = None
    parameters: dict[str, DagOutputParameterSpec] | None = None


class DagSpec(Message):
    """Tasks by name, and the dag's outputs."""

    tasks: dict[str, PipelineTaskSpec] | None = None
    outputs: DagOutputsSpec | None = None
