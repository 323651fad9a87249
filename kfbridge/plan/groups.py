"""What tasks ask for as members of a flow: conditions, loops, handlers, orders, retries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kfbridge.graph.model import Component, Dag, FinalStatus, ParameterType, Task, TaskOutput, Trigger
from kfbridge.plan.ask import Ask
from kfbridge.plan.origins import Origin, input_origin, items_origin
from kfbridge.spec.expression import names

_LOOPS = {
    Origin.CONSTANT: "loop_over_constant",
    Origin.INPUT: "loop_over_input",
    Origin.OUTPUT: "loop_over_output",
}
_BRANCHES = "comp-condition-branches-"
_HANDLER = "comp-exit-handler-"
"""How KFP's compiler names the components of these groups; nothing else tells them from nested pipelines."""


def group_features(task: Task, groups: tuple[Task, ...]) -> tuple[str, ...]:
    """What a group is to the tasks in it; nothing for a step, and for the group around the branches of an If."""
    if not isinstance(task.component.body, Dag):
        return ()
    found = []
    if task.condition is not None:
        found.append(condition_feature(task, groups))
    if task.loop is not None:
        found.append(loop_feature(task, groups))
    if task.component.name.startswith(_HANDLER):
        found.append("exit_handler")
    elif not found and not task.component.name.startswith(_BRANCHES):
        found.append("nested_pipeline")
    return tuple(found)


def condition_feature(task: Task, groups: tuple[Task, ...]) -> str:
    """Whether a task's condition can be decided before the run."""
    read = names(task.condition) if task.condition is not None else ()
    known = all(input_origin(task, name, groups) < Origin.OUTPUT for name in read)
    return "condition_on_input" if known else "condition_on_output"


def loop_feature(task: Task, groups: tuple[Task, ...]) -> str:
    """What a task is looped over."""
    if task.loop is not None and task.loop.over_artifacts:
        return "loop_over_artifacts"
    return _LOOPS[items_origin(task, groups)]


def flow_asks(task: Task, dag: Dag, groups: tuple[Task, ...], platform_producers: frozenset[str]) -> Iterator[Ask]:
    """What a task of `dag` asks of those who start it."""
    if task.condition is not None:
        yield Ask(condition_feature(task, groups))
    if task.loop is not None:
        yield Ask(loop_feature(task, groups))
        if task.loop.parallelism:
            yield Ask("loop_parallelism", f"{task.loop.parallelism} at once")
    if isinstance(task.component.body, Dag):
        if "nested_pipeline" in group_features(task, groups):
            yield Ask("nested_pipeline")
        yield from _output_asks(task.component, looped=task.loop is not None)
    elif task.loop is not None:  # a step looped over by itself, which KFP's compiler does not write
        outputs = task.component.outputs
        yield from [Ask("collected_parameters")] * bool(outputs.parameters)
        yield from [Ask("collected_artifacts")] * bool(outputs.artifacts)
    if task.retry is not None:
        yield Ask("retry_of_group" if isinstance(task.component.body, Dag) else "retry")
    yield from _trigger_asks(task, dag, platform_producers)


def root_asks(root: Component) -> Iterator[Ask]:
    """What the pipeline asks as a whole."""
    dag = root.body
    if isinstance(dag, Dag):
        if dag.parameters or dag.artifacts:
            yield Ask("pipeline_output")
        yield from _output_asks(root, looped=False)
    if root.inputs.artifacts:
        yield Ask("pipeline_artifact_input")


def _output_asks(component: Component, looped: bool) -> Iterator[Ask]:
    dag = component.body
    assert isinstance(dag, Dag)
    if looped and dag.parameters:
        yield Ask("collected_parameters")
    if looped and dag.artifacts:
        yield Ask("collected_artifacts")
    if any(len(selectors) > 1 for outputs in (dag.parameters, dag.artifacts) for selectors in outputs.values()):
        yield Ask("one_of")


def _trigger_asks(task: Task, dag: Dag, platform_producers: frozenset[str]) -> Iterator[Ask]:
    sources: list[Any] = [one.source for one in task.parameters.values()]
    sources += (one.source for one in task.artifacts.values())
    told = {source.task for source in sources if isinstance(source, FinalStatus)}
    data = {source.task for source in sources if isinstance(source, TaskOutput)}
    if told or any(port.type is ParameterType.TASK_FINAL_STATUS for port in task.component.inputs.parameters.values()):
        yield Ask("final_status")
    if task.trigger is Trigger.UPSTREAM_COMPLETED and task.producers:
        yield Ask("exit_handler" if not data and _are_groups(task, dag) else "ignore_upstream_failure")
    elif any(name not in data and name not in told and name not in platform_producers for name in task.producers):
        yield Ask("order")


def _are_groups(task: Task, dag: Dag) -> bool:
    """Whether all that a task waits for are groups that run once: the form of an exit handler."""
    producers = [dag.tasks[name] for name in task.producers if name in dag.tasks]
    return all(isinstance(one.component.body, Dag) and one.loop is None and one.condition is None for one in producers)
