"""Which tasks a task waits for: listed, read from, or named in the platform's settings of its executor."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.spec.model import PipelineTaskSpec, PlatformSpec

_CHANNEL = re.compile(r"\{\{\$\.inputs\.parameters\[(['\"])(pipelinechannel--.+?)\1\]\}\}")
_PREFIX = "pipelinechannel--"


def producers(task: PipelineTaskSpec) -> Iterator[str]:
    """The tasks that a task names as its producers, in its list and in its inputs; some come twice."""
    yield from task.dependent_tasks or ()
    if task.inputs is None:
        return
    for parameter in (task.inputs.parameters or {}).values():
        for source in (parameter.task_output_parameter, parameter.task_final_status):
            if source is not None and source.producer_task:
                yield source.producer_task
    for artifact in (task.inputs.artifacts or {}).values():
        if artifact.task_output_artifact is not None and artifact.task_output_artifact.producer_task:
            yield artifact.task_output_artifact.producer_task


def platform_producers(platform: PlatformSpec | None) -> dict[str, frozenset[str]]:
    """By executor label, the tasks that the settings of any platform take values from."""
    found: dict[str, frozenset[str]] = {}
    for settings in ((platform.platforms if platform else None) or {}).values():
        executors = settings.deployment_spec.executors if settings.deployment_spec else None
        for label, config in (executors or {}).items():
            found[label] = found.get(label, frozenset()) | set(_producer_tasks(config))
    return found


def _producer_tasks(config: Any) -> Iterator[str]:
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if isinstance(value.get("producerTask"), str):
                yield value["producerTask"]
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)


def channels(data: Any) -> frozenset[str]:
    """The inputs that KFP made for upstream outputs and that placeholders in the data name."""
    found: set[str] = set()
    pending = [data]
    while pending:
        value = pending.pop()
        if isinstance(value, str):
            if _PREFIX in value:
                found.update(match[2] for match in _CHANNEL.finditer(value))
        elif isinstance(value, dict):
            pending.extend(value.values())
        elif isinstance(value, (list, tuple)):
            pending.extend(value)
    return frozenset(found)


def channel_source(channel: str, outputs: Mapping[str, frozenset[str]]) -> tuple[str, str] | None:
    """The task and output that the input ``pipelinechannel--TASK-OUTPUT`` stands for.

    Args:
        channel: The name of the input.
        outputs: The output parameters of each task of the dag.
    """
    name = channel.removeprefix(_PREFIX)
    for position, char in enumerate(name):
        if char == "-" and name[position + 1 :] in outputs.get(name[:position], ()):
            return name[:position], name[position + 1 :]
    return None
