"""What a task takes from other tasks without naming them among its inputs, made visible."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kfbridge.graph.rewrites.draft import Draft, Json, fed, feed, from_task
from kfbridge.spec import references


def show_channels(draft: Draft, component: str) -> None:
    """Write down the inputs that only a placeholder of an executor names, as older KFP left it, for a dag's tasks."""
    tasks = draft.tasks(component)
    outputs = {
        name: frozenset(draft.ports(draft.used_by(task), "output", "parameters")) for name, task in tasks.items()
    }
    for task in tasks.values():
        used = draft.used_by(task)
        if draft.is_dag(used):
            continue
        declared = draft.ports(used, "input", "parameters")
        for channel in sorted(
            references.channels(draft.executor(used)) - declared.keys() - fed(task, "parameters").keys()
        ):
            source = references.channel_source(channel, outputs)
            if source is not None:
                feed(task, "parameters", channel, from_task(*source, "parameters"))


def settings_producers(draft: Draft, task: Json) -> frozenset[str]:
    """The tasks from which the platforms' settings of a task take values."""
    found = frozenset[str]()
    for config in draft.settings(draft.used_by(task)):
        found |= {source["producerTask"] for source in _sources(config)}
    return found


def settle_settings(draft: Draft, component: str, known: Callable[[str, str], Json | None]) -> None:
    """Replace references to outputs of tasks in the settings of an executor.

    Args:
        draft: The pipeline.
        component: The component whose executor has the settings; it belongs to one task alone.
        known: From task and output to the binding that stands in the reference's place, None to keep it.
    """
    for config in draft.settings(component):
        for holder in _holders(config):
            source = holder["taskOutputParameter"]
            binding = known(source["producerTask"], source.get("outputParameterKey", ""))
            if binding is not None:
                del holder["taskOutputParameter"]
                holder.update(binding)


def _sources(config: Any) -> Iterator[Json]:
    return (holder["taskOutputParameter"] for holder in _holders(config))


def _holders(config: Any) -> Iterator[Json]:
    """The parts of settings that are references to outputs."""
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            source = value.get("taskOutputParameter")
            if isinstance(source, dict) and isinstance(source.get("producerTask"), str):
                yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
