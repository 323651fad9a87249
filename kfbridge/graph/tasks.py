"""Tasks: bindings, and how they are run."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from kfbridge.graph.model import (
    ArtifactBinding,
    Component,
    Constant,
    DagInput,
    FinalStatus,
    Loop,
    ParameterBinding,
    Retry,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.graph.ports import constant
from kfbridge.graph.values import integral
from kfbridge.spec.expression import Expression
from kfbridge.spec.model import PipelineTaskSpec
from kfbridge.spec.model.task import InputArtifactSpec, InputParameterSpec, RetryPolicy

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")

Parse = Callable[[str], Expression]


def build_task(
    name: str,
    spec: PipelineTaskSpec,
    component: Component,
    producers: tuple[str, ...],
    extra: Mapping[str, ParameterBinding],
    parse: Parse,
) -> Task:
    """A task of a dag.

    Args:
        name: Its name in the dag.
        spec: As in the file.
        component: What it runs.
        producers: The tasks that must end first.
        extra: Bindings that the file leaves to be understood.
        parse: Reads a condition or selector.

    Raises:
        ValueError: for a duration or a list of items that cannot be read.
    """
    inputs = spec.inputs
    parameters = (inputs.parameters if inputs else None) or {}
    artifacts = (inputs.artifacts if inputs else None) or {}
    trigger = spec.trigger_policy
    caching = spec.caching_options
    return Task(
        name=name,
        display_name=(spec.task_info.name if spec.task_info else None) or name,
        component=component,
        parameters={key: _parameter(value, parse) for key, value in parameters.items()} | dict(extra),
        artifacts={key: _artifact(value) for key, value in artifacts.items()},
        producers=producers,
        condition=parse(trigger.condition) if trigger and trigger.condition else None,
        trigger=_trigger(trigger.strategy if trigger else None),
        loop=_loop(spec),
        retry=_retry(spec.retry_policy),
        cache=bool(caching and caching.enable_cache),
        cache_key=(caching.cache_key if caching else None) or "",
    )


def _trigger(strategy: str | None) -> Trigger:
    completed = strategy == Trigger.UPSTREAM_COMPLETED.value
    return Trigger.UPSTREAM_COMPLETED if completed else Trigger.UPSTREAM_SUCCEEDED


def _parameter(spec: InputParameterSpec, parse: Parse) -> ParameterBinding:
    selector = parse(spec.parameter_expression_selector) if spec.parameter_expression_selector else None
    return ParameterBinding(_source(spec), selector)


def _source(spec: InputParameterSpec) -> Constant | TaskOutput | DagInput | FinalStatus:
    if spec.task_output_parameter is not None:
        output = spec.task_output_parameter
        return TaskOutput(output.producer_task or "", output.output_parameter_key or "")
    if spec.component_input_parameter is not None:
        return DagInput(spec.component_input_parameter)
    if spec.task_final_status is not None:
        return FinalStatus(spec.task_final_status.producer_task or "")
    if spec.runtime_value is None:
        raise ValueError("an input that is fed with nothing")
    if spec.runtime_value.runtime_parameter is not None:
        return DagInput(spec.runtime_value.runtime_parameter)
    return Constant(integral(constant(spec.runtime_value)))


def _artifact(spec: InputArtifactSpec) -> ArtifactBinding:
    if spec.task_output_artifact is not None:
        output = spec.task_output_artifact
        return ArtifactBinding(TaskOutput(output.producer_task or "", output.output_artifact_key or ""))
    return ArtifactBinding(DagInput(spec.component_input_artifact or ""))


def _loop(spec: PipelineTaskSpec) -> Loop | None:
    parallelism = (spec.iterator_policy.parallelism_limit if spec.iterator_policy else None) or 0
    if spec.artifact_iterator is not None:
        items = spec.artifact_iterator.items
        name = (items.input_artifact if items else None) or ""
        return Loop(spec.artifact_iterator.item_input or "", name, over_artifacts=True, parallelism=parallelism)
    if spec.parameter_iterator is None:
        return None
    found = spec.parameter_iterator.items
    raw = found.raw if found else None
    values: list[Any] | str = raw_items(raw) if raw is not None else (found.input_parameter if found else None) or ""
    return Loop(spec.parameter_iterator.item_input or "", values, parallelism=parallelism)


def raw_items(text: str) -> list[Any]:
    """The items of a loop from their JSON text.

    Raises:
        ValueError: when it is not a JSON list.
    """
    try:
        items = json.loads(text)
    except (ValueError, RecursionError):
        items = None
    if not isinstance(items, list):
        raise ValueError("the items of the loop are not a JSON list")
    return [integral(item) for item in items]


def _retry(policy: RetryPolicy | None) -> Retry | None:
    if policy is None or not policy.max_retry_count:
        return None
    return Retry(
        max_retries=policy.max_retry_count,
        backoff=seconds(policy.backoff_duration, 0.0),
        factor=policy.backoff_factor or 2.0,
        max_backoff=seconds(policy.backoff_max_duration, 3600.0),
    )


def seconds(text: str | None, default: float) -> float:
    """A duration of protobuf's JSON, ``3.5s``.

    Raises:
        ValueError: for any other text.
    """
    if not text:
        return default
    match = _DURATION.fullmatch(text)
    if match is None:
        raise ValueError(f'"{text}" is not a duration in seconds, such as "30s"')
    return float(match[1])
