"""Graphs by hand: the shortest way to say a pipeline in a test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.graph.model import (
    MISSING,
    ArtifactBinding,
    ArtifactPort,
    Component,
    Constant,
    Container,
    Dag,
    DagInput,
    FinalStatus,
    Graph,
    Importer,
    Loop,
    OutputSelector,
    ParameterBinding,
    ParameterPort,
    ParameterType,
    Ports,
    Retry,
    Task,
    TaskOutput,
    Trigger,
)
from kfbridge.spec.expression import parse

TYPES = {
    str: ParameterType.STRING,
    int: ParameterType.NUMBER_INTEGER,
    float: ParameterType.NUMBER_DOUBLE,
    bool: ParameterType.BOOLEAN,
    list: ParameterType.LIST,
    dict: ParameterType.STRUCT,
}


def port(kind: Any) -> ParameterPort:
    """A parameter port: a Python type, ``(type, default)`` with a default of MISSING for none, or a port."""
    if isinstance(kind, ParameterPort):
        return kind
    if isinstance(kind, tuple):
        return ParameterPort(TYPES[kind[0]], kind[1], optional=True)
    return ParameterPort(TYPES[kind])


def ports(parameters: Mapping[str, Any] | None, artifacts: Mapping[str, Any] | None = None) -> Ports:
    return Ports(
        {name: port(kind) for name, kind in (parameters or {}).items()},
        {
            name: kind if isinstance(kind, ArtifactPort) else ArtifactPort(kind)
            for name, kind in (artifacts or {}).items()
        },
    )


def step(
    inputs: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    *,
    artifacts_in: Mapping[str, Any] | None = None,
    artifacts_out: Mapping[str, Any] | None = None,
    name: str = "comp-step",
    command: tuple[str, ...] = ("run",),
    **container: Any,
) -> Component:
    """A component that runs a container."""
    body = Container(f"exec-{name}", "image", command, **container)
    return Component(name, ports(inputs, artifacts_in), ports(outputs, artifacts_out), body)


def importer(uri: ParameterBinding, metadata: Mapping[str, Any] | None = None, **inputs: Any) -> Component:
    body = Importer("exec-importer", uri, "system.Dataset", metadata=metadata or {})
    return Component("comp-importer", ports(inputs), ports(None, {"artifact": "system.Dataset"}), body)


def dag(
    *tasks: Task,
    inputs: Mapping[str, Any] | None = None,
    artifacts_in: Mapping[str, Any] | None = None,
    outputs: Mapping[str, Any] | None = None,
    artifacts_out: Mapping[str, Any] | None = None,
    name: str = "comp-dag",
) -> Component:
    """A component that is a dag; an output is ``"task.key"``, or a list of those for a OneOf."""
    parameters = {key: selectors(value) for key, value in (outputs or {}).items()}
    artifacts = {key: selectors(value) for key, value in (artifacts_out or {}).items()}
    body = Dag({task.name: task for task in tasks}, parameters, artifacts)
    return Component(
        name, ports(inputs, artifacts_in), ports(dict.fromkeys(parameters, str), dict.fromkeys(artifacts, "a")), body
    )


def selectors(value: str | list[str]) -> tuple[OutputSelector, ...]:
    return tuple(OutputSelector(*one.split(".")) for one in ([value] if isinstance(value, str) else value))


class Out(str):
    """``"task.key"``: an output of another task of the same dag."""


class In(str):
    """An input of the dag around."""


class Status(str):
    """The final status of another task."""


def source(value: Any) -> Constant | TaskOutput | DagInput | FinalStatus:
    if isinstance(value, Out):
        return TaskOutput(*value.split("."))
    if isinstance(value, In):
        return DagInput(str(value))
    return FinalStatus(str(value)) if isinstance(value, Status) else Constant(value)


def task(
    name: str,
    component: Component,
    parameters: Mapping[str, Any] | None = None,
    *,
    artifacts: Mapping[str, Any] | None = None,
    after: tuple[str, ...] = (),
    condition: str = "",
    always: bool = False,
    loop: list[Any] | str | None = None,
    item: str = "item",
    over_artifacts: bool = False,
    parallelism: int = 0,
    retry: Retry | None = None,
    **more: Any,
) -> Task:
    """A task; inputs are constants, `Out`, `In`, `Status`, or whole bindings."""
    bindings = {
        key: value if isinstance(value, ParameterBinding) else ParameterBinding(source(value))
        for key, value in (parameters or {}).items()
    }
    fed = {key: ArtifactBinding(source(value)) for key, value in (artifacts or {}).items()}  # type: ignore[arg-type]
    sources = [binding.source for binding in (*bindings.values(), *fed.values())]
    producers = {*after, *(one.task for one in sources if isinstance(one, (TaskOutput, FinalStatus)))}
    return Task(
        name,
        name,
        component,
        bindings,
        fed,
        tuple(sorted(producers)),
        parse(condition) if condition else None,
        Trigger.UPSTREAM_COMPLETED if always else Trigger.UPSTREAM_SUCCEEDED,
        None if loop is None else Loop(item, loop, over_artifacts, parallelism),
        retry,
        **more,
    )


def pipeline(*tasks: Task, **root: Any) -> Graph:
    """A pipeline whose root is the dag of these tasks."""
    return Graph("pipeline", dag(*tasks, name="root", **root))


UNSET = MISSING
