"""The tasks of a run, from the details of a PipelineJob (``job_detail.task_details``, v1).

A task says its parent by id; the pipeline itself is a task without one. Parameters that a task made stand in the
metadata of its execution, under ``output:NAME``; artifacts in its ``outputs``. That instances of one name under one
parent are iterations, in the order of their ids, no document says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from kfbridge.backends.base import TaskStatus
from kfbridge.backends.vertex.states import CACHED, TASKS
from kfbridge.graph.model import Component, Dag, Graph, OutputSelector, ParameterType
from kfbridge.graph.values import fit

_MADE: Final = "output:"


def task_statuses(job: Mapping[str, Any], graph: Graph) -> tuple[TaskStatus, ...]:
    """Every task instance of a run, in the order in which Vertex AI made them."""
    details = sorted((job.get("jobDetail") or {}).get("taskDetails") or (), key=lambda one: int(one["taskId"]))
    paths = _paths(details, graph)
    return tuple(_status(one, paths[one["taskId"]], graph) for one in details if one["taskId"] in paths)


def run_outputs(tasks: Iterable[TaskStatus], graph: Graph) -> dict[str, Any]:
    """The outputs of the pipeline, from the tasks that make them; those that nothing has made are left out."""
    body = graph.root.body
    assert isinstance(body, Dag)
    by_path = {task.path: task for task in tasks}
    chosen = {**body.parameters, **body.artifacts}
    found = ((name, _selected(selectors, body, "", by_path)) for name, selectors in chosen.items())
    return {name: values[0] for name, values in found if values}


def seconds(text: str | None) -> float | None:
    """A timestamp of the API as seconds since the epoch."""
    if not text:
        return None
    whole, point, rest = text.rstrip("Z").partition(".")
    return datetime.fromisoformat(f"{whole}+00:00").timestamp() + (float(f"0.{rest}") if point else 0.0)


def whole_numbers(value: Any) -> Any:
    """JSON data that came in a Struct, with the doubles that are whole as integers again."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: whole_numbers(one) for key, one in value.items()}
    return [whole_numbers(one) for one in value] if isinstance(value, list) else value


# ----------------------------------------------------------------------------------------------------


def _paths(details: list[Any], graph: Graph) -> dict[str, str]:
    """The path of each task by its id; the pipeline's own task has none."""
    root = graph.root.body
    assert isinstance(root, Dag)
    found: dict[str, str] = {}
    taken = Counter((one.get("parentTaskId"), one["taskName"]) for one in details)
    numbers: Counter[tuple[str | None, str]] = Counter()
    for one in details:
        parent, name = one.get("parentTaskId"), one["taskName"]
        if parent is None and name not in root.tasks:
            continue
        key = (parent, name)
        last = name if taken[key] == 1 else f"{name}[{numbers[key]}]"
        numbers[key] += 1
        found[one["taskId"]] = f"{found[parent]}/{last}" if parent in found else last
    return found


def _status(one: Mapping[str, Any], path: str, graph: Graph) -> TaskStatus:
    component = _component(graph.root, path)
    container = (one.get("executorDetail") or {}).get("containerDetail") or {}
    state = one.get("state") or "STATE_UNSPECIFIED"
    failed = len(container.get("failedMainJobs") or ())
    last = 1 if container.get("mainJob") and state not in (CACHED, "NOT_TRIGGERED") else 0
    return TaskStatus(
        name=one["taskName"],
        path=path,
        state=TASKS[state],
        attempts=max(failed, 1) if state == "FAILED" and failed else failed + last,
        cached=state == CACHED,
        started=seconds(one.get("startTime")),
        ended=seconds(one.get("endTime")),
        outputs=_outputs(one, component),
        error=(one.get("error") or {}).get("message"),
        native_id=container.get("mainJob") or "",
        group=component is not None and isinstance(component.body, Dag),
    )


def _component(root: Component, path: str) -> Component | None:
    """What the task at a path runs; None where the pipeline has no such task."""
    found: Component | None = root
    for name in path.split("/"):
        body = found.body if found is not None else None
        task = body.tasks.get(name.partition("[")[0]) if isinstance(body, Dag) else None
        found = task.component if task is not None else None
    return found


def _outputs(one: Mapping[str, Any], component: Component | None) -> dict[str, Any]:
    ports = component.outputs.parameters if component is not None else {}
    metadata = (one.get("execution") or {}).get("metadata") or {}
    found: dict[str, Any] = {}
    for key, value in metadata.items():
        if key.startswith(_MADE):
            name = key.removeprefix(_MADE)
            found[name] = _fitted(value, ports[name].type) if name in ports else value
    lists = component.outputs.artifacts if component is not None else {}
    for name, made in (one.get("outputs") or {}).items():
        artifacts = [_artifact(each) for each in made.get("artifacts") or ()]
        many = name in lists and lists[name].is_list
        if artifacts or many:
            found[name] = artifacts if many else artifacts[0]
    return found


def _fitted(value: Any, kind: ParameterType) -> Any:
    try:
        return fit(whole_numbers(value), kind)
    except ValueError:
        return value  # what a step wrote is shown as it is


def _artifact(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": data.get("name", ""),
        "type": data.get("schemaTitle", ""),
        "uri": data.get("uri", ""),
        "metadata": whole_numbers(data.get("metadata") or {}),
    }


def _selected(
    selectors: tuple[OutputSelector, ...], dag: Dag, prefix: str, tasks: Mapping[str, TaskStatus]
) -> list[Any]:
    """The value of an output in a list, which is empty where nothing has made it; of several, the first that was."""
    for one in selectors:
        path = f"{prefix}{one.task}"
        instances = [task for task in tasks.values() if task.path == path or task.path.startswith(f"{path}[")]
        values = [value for task in instances for value in _made(task, one, dag, tasks)]
        if values and dag.tasks[one.task].loop is not None:
            return [values]
        if values:
            return values[:1]
    return []


def _made(task: TaskStatus, one: OutputSelector, dag: Dag, tasks: Mapping[str, TaskStatus]) -> Iterator[Any]:
    if one.key in task.outputs:
        yield task.outputs[one.key]
        return
    body = dag.tasks[one.task].component.body
    if isinstance(body, Dag):
        inner = body.parameters.get(one.key) or body.artifacts.get(one.key) or ()
        yield from _selected(inner, body, f"{task.path}/", tasks)
