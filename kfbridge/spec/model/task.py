"""Tasks: a component with its inputs filled, and how it is to be run."""

from __future__ import annotations

from typing import Literal, TypeAlias

from kfbridge.spec.model.message import Double, Int32, Message, ValueOrRuntimeParameter

TriggerStrategy: TypeAlias = Literal[
    "TRIGGER_STRATEGY_UNSPECIFIED", "ALL_UPSTREAM_TASKS_SUCCEEDED", "ALL_UPSTREAM_TASKS_COMPLETED"
]


class TaskOutputParameterSpec(Message):
    """An output parameter of another task of the same dag."""

    producer_task: str | None = None
    output_parameter_key: str | None = None


class TaskFinalStatus(Message):
    """How another task of the same dag ended."""

    producer_task: str | None = None


class InputParameterSpec(Message):
    """What a parameter input is fed with: one of the four, and perhaps a selector over it."""

    task_output_parameter: TaskOutputParameterSpec | None = None
    runtime_value: ValueOrRuntimeParameter | None = None
    component_input_parameter: str | None = None
    task_final_status: TaskFinalStatus | None = None
    parameter_expression_selector: str | None = None


class TaskOutputArtifactSpec(Message):
    """An output artifact of another task of the same dag."""

    producer_task: str | None = None
    output_artifact_key: str | None = None


class InputArtifactSpec(Message):
    """What an artifact input is fed with: one of the two."""

    task_output_artifact: TaskOutputArtifactSpec | None = None
    component_input_artifact: str | None = None


class TaskInputsSpec(Message):
    """The inputs of a task, by name."""

    parameters: dict[str, InputParameterSpec] | None = None
    artifacts: dict[str, InputArtifactSpec] | None = None


class PipelineTaskInfo(Message):
    """The name to show."""

    name: str | None = None


class ComponentRef(Message):
    """The name of a component in ``components``."""

    name: str | None = None


class CachingOptions(Message):
    """Whether a result may be reused; `cache_key` replaces the computed key."""

    enable_cache: bool | None = None
    cache_key: str | None = None


class TriggerPolicy(Message):
    """When the task runs: a condition, and what must have become of its producers."""

    condition: str | None = None
    strategy: TriggerStrategy | None = None


class RetryPolicy(Message):
    """How a failed task is tried again; durations are strings in seconds, ``3.5s``."""

    max_retry_count: Int32 | None = None
    backoff_duration: str | None = None
    backoff_factor: Double | None = None
    backoff_max_duration: str | None = None


class IteratorPolicy(Message):
    """How many iterations run at once; 0 means no limit."""

    parallelism_limit: Int32 | None = None


class ArtifactItemsSpec(Message):
    """The task input that holds the artifact list to iterate over."""

    input_artifact: str | None = None


class ArtifactIteratorSpec(Message):
    """A loop over artifacts: each becomes the component's input `item_input`."""

    items: ArtifactItemsSpec | None = None
    item_input: str | None = None


class ParameterItemsSpec(Message):
    """The items to iterate over: JSON text of a list, or the task input that holds the list."""

    raw: str | None = None
    input_parameter: str | None = None


class ParameterIteratorSpec(Message):
    """A loop over values: each becomes the component's input `item_input`."""

    items: ParameterItemsSpec | None = None
    item_input: str | None = None


class PipelineTaskSpec(Message):
    """One task of a dag."""

    task_info: PipelineTaskInfo | None = None
    inputs: TaskInputsSpec | None = None
    dependent_tasks: list[str] | None = None
    caching_options: CachingOptions | None = None
    component_ref: ComponentRef | None = None
    trigger_policy: TriggerPolicy | None = None
    artifact_iterator: ArtifactIteratorSpec | None = None
    parameter_iterator: ParameterIteratorSpec | None = None
    retry_policy: RetryPolicy | None = None
    iterator_policy: IteratorPolicy | None = None
