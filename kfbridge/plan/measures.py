"""What of a pipeline can be measured before anything is translated: counts, names, sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kfbridge.errors import MachineError
from kfbridge.graph.model import Component, Container, Dag, Graph, Task
from kfbridge.machines.quantity import parse_memory
from kfbridge.plan.limits import Measure
from kfbridge.plan.needs import Need
from kfbridge.plan.origins import NAMED, known_value


def measures(graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any]) -> Iterator[Measure]:
    """Everything at hand that a limit may bound; texts with placeholders are measured in the run alone."""
    yield Measure("display_name", graph.display_name or graph.name, "the pipeline's name")
    inputs = [*graph.root.inputs.parameters, *graph.root.inputs.artifacts]
    yield Measure("parameters", len(inputs), "the number of its inputs")
    for name in inputs:
        yield Measure("parameter_name", name, f"the name of the input {name}")
    count, depth = _size(graph, arguments)
    yield Measure("tasks", count, "the number of its steps")
    yield Measure("nested_groups", depth, "the depth of its groups")
    for subject, path, groups in dict.fromkeys(_Stand(need) for need in needs if need.subject is not None):
        yield from _of_task(subject, path, groups, graph, arguments)
    for need in needs:
        yield from _of_setting(need)


class _Stand(tuple[Task, str, tuple[Task, ...]]):
    """A task, its path and the groups around it; equal when the paths are."""

    __slots__ = ()

    def __new__(cls, need: Need) -> _Stand:
        assert need.subject is not None
        return super().__new__(cls, (need.subject, need.task, need.groups))

    def __hash__(self) -> int:
        return hash(self[1])

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Stand) and other[1] == self[1]


def _of_task(
    task: Task, path: str, groups: tuple[Task, ...], graph: Graph, arguments: Mapping[str, Any]
) -> Iterator[Measure]:
    yield Measure("task_name", task.name, "its name", path)
    if task.loop is not None:
        items = _items(task, groups, graph, arguments)
        if items is not None:
            yield Measure("loop_items", items, "the number of its items", path)
        if items is not None and isinstance(task.component.body, Dag) and task.component.body.artifacts:
            yield Measure("artifact_list", items, "the number of artifacts that it collects", path)
        yield Measure("loop_parallelism", task.loop.parallelism, "its parallelism", path)
    if task.retry is not None:
        yield Measure("retries", task.retry.max_retries, "the number of its retries", path)
    if not isinstance(task.component.body, Dag):
        yield Measure("step_inputs", len(task.artifacts), "the number of its artifacts", path)
        yield Measure("step_outputs", len(task.component.outputs.artifacts), "the number of artifacts it makes", path)
    if isinstance(task.component.body, Container):
        yield from _of_container(task.component.body, path)


def _of_container(body: Container, path: str) -> Iterator[Measure]:
    if NAMED not in body.image:
        yield Measure("image", body.image, "the name of its image", path)
    yield Measure("environment", len(body.env), "the number of its variables", path)
    for name, value in body.env:
        yield Measure("environment_name", name, f"the name of the variable {name}", path)
        yield Measure("environment_value", value, f"the variable {name}", path)
    words = (*body.command, *body.args)
    yield Measure("arguments", len(words), "the number of words of its command", path)
    for word in words:
        yield Measure("argument", word, "a word of its command", path)


def _of_setting(need: Need) -> Iterator[Measure]:
    if need.setting is None or not isinstance(need.setting.value, (str, int)):
        return
    text = str(need.setting.value)
    if need.feature == "timeout" and text.removesuffix("s").isdecimal():
        yield Measure("timeout", int(text.removesuffix("s")), "its time limit in seconds", need.task)
    if need.feature == "shared_memory" and (size := _bytes(text)) is not None:
        yield Measure("shared_memory", size, "its shared memory in bytes", need.task)


def _bytes(text: str) -> int | None:
    try:
        return parse_memory(text)
    except MachineError:
        return None  # who carries the setting out refuses it


def _items(task: Task, groups: tuple[Task, ...], graph: Graph, arguments: Mapping[str, Any]) -> int | None:
    """How many iterations a loop has, where that is known before the run."""
    loop = task.loop
    if loop is None or loop.over_artifacts:
        return None
    value = loop.items
    if isinstance(value, str):
        value = known_value(task, value, groups, graph.root, arguments)
    return len(value) if isinstance(value, list) else None


def _size(graph: Graph, arguments: Mapping[str, Any]) -> tuple[int, int]:
    """How many steps a run has when loops are unrolled whose items are known, and how deep its groups stand."""
    count, deepest = 0, 0
    pending: list[tuple[Component, tuple[Task, ...], int]] = [(graph.root, (), 1)]
    while pending:
        component, groups, times = pending.pop()
        deepest = max(deepest, len(groups))
        if not isinstance(component.body, Dag):
            count += times
            continue
        for task in component.body.tasks.values():
            items = _items(task, groups, graph, arguments) if task.loop is not None else None
            inner = (*groups, task) if isinstance(task.component.body, Dag) else groups
            pending.append((task.component, inner, times * (1 if items is None else items)))
    return count, deepest
