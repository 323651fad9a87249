"""What a pipeline needs of the place where it runs: every feature that it uses, and where."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from kfbridge.graph.model import Component, Container, Dag, Graph, Task
from kfbridge.plan.ask import Ask
from kfbridge.plan.groups import flow_asks, group_features, root_asks
from kfbridge.plan.settings import Setting, pipeline_settings, setting_producers
from kfbridge.plan.steps import component_asks, has_large_integer, task_asks, value_asks


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that a pipeline asks for.

    `feature` is a field of `kfbridge.plan.capabilities.Capabilities`, or ``unknown_setting``; `task` the path of the
    task that asks, without iterations, empty for the pipeline itself. `within` are the features of the groups around
    it, the outermost first. `detail` says it more exactly, for messages; `where` is the place in the file, if known.
    `setting` is what stands in the second document, where the need comes from there; `subject` the task itself, and
    `groups` the tasks around it.
    """

    feature: str
    task: str
    within: tuple[str, ...] = ()
    detail: str = ""
    where: str = ""
    setting: Setting | None = field(default=None, compare=False, repr=False)
    subject: Task | None = field(default=None, compare=False, repr=False)
    groups: tuple[Task, ...] = field(default=(), compare=False, repr=False)


def features(graph: Graph, arguments: Mapping[str, Any] | None = None, backend: str = "") -> tuple[Need, ...]:
    """Everything that a pipeline needs, in the order of the file.

    A value that is known before the run (a constant, an argument, a default) makes no need of a value at run time:
    who makes the plan puts it in. What `set_native` says to other backends than `backend` is no need either.

    Args:
        graph: The pipeline.
        arguments: Values of its inputs, as far as they are given.
        backend: The name of the backend that is asked.
    """
    found = [*_whole(graph, arguments or {})]
    by_component: dict[int, tuple[Ask, ...]] = {}
    for stand in _stands(graph.root):
        said = set()
        for feature, detail, setting in _asks(stand, graph, by_component):
            if feature == "native" and (setting is None or backend not in setting.value):
                continue
            if (feature, detail) not in said:
                said.add((feature, detail))
                found.append(Need(feature, stand.path, stand.within, detail, "", setting, stand.task, stand.groups))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Stand:
    """A task where it stands: in `dag`, in the `groups`, which have the features `within`."""

    task: Task
    path: str
    dag: Dag
    groups: tuple[Task, ...]
    within: tuple[str, ...]


def _stands(root: Component) -> Iterator[_Stand]:
    """Every task, each before those in it; without recursion, for pipelines that are nested deeply."""
    pending = [iter(_members(root, "", (), ()))]
    while pending:
        stand = next(pending[-1], None)
        if stand is None:
            pending.pop()
            continue
        yield stand
        if isinstance(stand.task.component.body, Dag):
            within = (*stand.within, *group_features(stand.task, stand.groups))
            inner = _members(stand.task.component, f"{stand.path}/", (*stand.groups, stand.task), within)
            pending.append(iter(inner))


def _members(component: Component, prefix: str, groups: tuple[Task, ...], within: tuple[str, ...]) -> Iterator[_Stand]:
    dag = component.body
    if isinstance(dag, Dag):
        for name, task in dag.tasks.items():
            yield _Stand(task, prefix + name, dag, groups, within)


def _asks(stand: _Stand, graph: Graph, by_component: dict[int, tuple[Ask, ...]]) -> Iterator[Ask]:
    task = stand.task
    body = task.component.body
    label = body.label if isinstance(body, Container) else ""
    yield from flow_asks(task, stand.dag, stand.groups, setting_producers(graph.platforms, label))
    if not isinstance(body, Dag):
        key = id(task.component)  # components are shared by the tasks that use them, and live as long as the graph
        if key not in by_component:
            by_component[key] = component_asks(task.component, graph.platforms)
        yield from by_component[key]
        yield from task_asks(task, stand.groups)
    yield from value_asks(task)


def _whole(graph: Graph, arguments: Mapping[str, Any]) -> Iterator[Need]:
    """What the pipeline asks for as a whole."""
    for ask in root_asks(graph.root):
        yield Need(ask.feature, "")
    defaults = [port.default for name, port in graph.root.inputs.parameters.items() if name not in arguments]
    if has_large_integer(list(arguments.values())) or has_large_integer(defaults):
        yield Need("exact_integer", "")
    for setting in pipeline_settings(graph.platforms):
        yield Need(setting.feature, "", detail=setting.name, setting=setting)
