"""What is left of a run that did not finish, as a pipeline of its own for any backend.

The engine itself is asked what follows from the tasks that are done: the conditions that are decided, the groups that
are finished, the items of loops. So there is one meaning, and the record of any backend will do.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.engine.actions import Action, Start
from kfbridge.engine.events import Artifact, Outputs, RunStarted, TaskStarted, TaskSucceeded
from kfbridge.engine.instance import State
from kfbridge.engine.runner import TaskInvocation
from kfbridge.engine.scheduler import Scheduler
from kfbridge.engine.view import TaskView
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites.resume import resume
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.spec.read import Document, from_data


def remainder(document: Document, arguments: Mapping[str, Any], finished: Mapping[str, Mapping[str, Any]]) -> Rewritten:
    """The pipeline that remains of a run; it takes the same arguments.

    Args:
        document: The pipeline that ran.
        arguments: The arguments of the run, as its record has them.
        finished: The outputs of the steps that succeeded, by path, as `kfbridge.graph.rewrites.resume` takes them.

    Raises:
        SpecError: The pipeline is not valid.
        RefusedError: Its root is not a dag.
    """
    scheduler = Scheduler(resolve(_without_limits(document)))
    pending = list(scheduler.apply(RunStarted(0.0, "remainder", dict(arguments))))
    while pending:
        pending.extend(_answer(scheduler, pending.pop(), finished))
    views = scheduler.tasks()
    return resume(
        document,
        {**finished, **{view.key: _document(view) for view in views if view.state == State.SUCCEEDED.value}},
        skipped=[view.key for view in views if view.state == State.SKIPPED.value],
        items={key: [_item(one) for one in items] for key, items in scheduler.items().items()},
    )


def _without_limits(document: Document) -> Document:
    """The pipeline with all iterations of loops at once: an unfinished one hides nothing of later ones."""
    data = document.to_data()
    components = [data[0].get("root", {}), *(data[0].get("components") or {}).values()]
    for component in components:
        for task in ((component.get("dag") or {}).get("tasks") or {}).values():
            task.pop("iteratorPolicy", None)
    return from_data(data, document.name)


def _answer(scheduler: Scheduler, action: Action, finished: Mapping[str, Mapping[str, Any]]) -> list[Action]:
    """What follows when a step that the scheduler wants started is one that is done."""
    if not isinstance(action, Start) or action.invocation.key not in finished:
        return []
    invocation = action.invocation
    outputs = _outputs(invocation, finished[invocation.key])
    began = scheduler.apply(TaskStarted(0.0, invocation.key, invocation.attempt))
    return [*began, *scheduler.apply(TaskSucceeded(0.0, invocation.key, invocation.attempt, outputs))]


def _outputs(invocation: TaskInvocation, found: Mapping[str, Any]) -> Outputs:
    ports = invocation.outputs
    artifacts: dict[str, list[Artifact]] = {}
    for name, port in ports.artifacts.items():
        given = found.get(name, [])
        artifacts[name] = [
            Artifact(one.get("name") or name, port.schema_title, one["uri"], dict(one.get("metadata") or {}))
            for one in ([given] if isinstance(given, Mapping) else given)
        ]
    parameters = {name: found[name] for name in ports.parameters if name in found}
    return Outputs(parameters, artifacts)


def _document(view: TaskView) -> dict[str, Any]:
    """The outputs of a task as run records have them: of a loop and of a list there are lists of artifacts."""
    document: dict[str, Any] = dict(view.outputs.parameters)
    for name, found in view.outputs.artifacts.items():
        entries = [_item(one) for one in found]
        document[name] = entries[0] if len(entries) == 1 and view.kind != "loop" else entries
    return document


def _item(value: Any) -> Any:
    """A value, or an artifact as run records have it."""
    if not isinstance(value, Artifact):
        return value
    return {"name": value.name, "type": value.schema_title, "uri": value.uri, "metadata": value.metadata}
