"""How values get from where they are made to where they are used, across the borders of groups.

Every group becomes a dag of its own, and a dag sees only its inputs and its own tasks. So a value that is
used deeper inside becomes an input of every group on the way in. Which inputs a group gets, also ones that it
does not need, follows KFP.
"""

from __future__ import annotations

from collections.abc import Iterator

from kfbridge.dsl.lowering.dependencies import Dependencies
from kfbridge.dsl.lowering.paths import Paths, context_name
from kfbridge.dsl.lowering.surfacing import Surfacing
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.reference import LoopItem, LoopKey, Reference
from kfbridge.dsl.tasks_group import ConditionGroup, ParallelFor, TasksGroup
from kfbridge.errors import CompileError


class Routes:
    """The inputs, outputs and order of the groups of one traced pipeline.

    Args:
        pipeline: The trace.

    Attributes:
        paths: Its groups.
        inputs: Per group, the references it takes in, by the names of the inputs they become.
        surfacing: What the groups give out.
        dependencies: What comes after what.

    Raises:
        CompileError: A value is used where it cannot get to.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.paths = Paths(pipeline.root)
        self.inputs: dict[TasksGroup, dict[str, Reference]] = {}
        self.surfacing = Surfacing(self.paths)
        self.dependencies = Dependencies(self.paths)
        self._pipeline_inputs = pipeline.inputs
        self._routed: set[tuple[Reference, TasksGroup]] = set()
        for group in self.paths.inside(pipeline.root):
            self._add_group(group)
        for task in pipeline.tasks.values():
            self._add_task(task)

    def _add_group(self, group: TasksGroup) -> None:
        parent = group.parent_task_group
        if parent is None:
            return
        inputs = self.inputs.setdefault(group, {})
        if isinstance(group, ConditionGroup):
            for reference in _compared(group):
                for used in _with_items(self.surfacing.resolve(reference, parent)):
                    self._route(used, parent)
                    inputs[used.input_name] = used
        elif isinstance(group, ParallelFor):
            if isinstance(group.item.items, Reference):
                items = self.surfacing.resolve(group.item.items, parent)
                self._route(items, parent)
                inputs[items.input_name] = items
            inputs[group.item.input_name] = group.item
        if group.tasks:  # the conditions around a group that has tasks are inputs of it, as KFP has it
            for reference in self._conditions_around(group):
                if not _is_key_of_constant(reference):
                    self._route(reference, group)

    def _add_task(self, task: PipelineTask) -> None:
        group = self.paths.root if task.is_exit_handler else task.parent_task_group
        assert group is not None
        producers: dict[PipelineTask | TasksGroup, bool] = {}
        for reference in (*task.references, *task.platform_references, *task.image_references):
            used = self.surfacing.resolve(reference, group)
            self._route(used, group, task)
            if used.producer is not None:
                producers[used.producer] = True
        for reference in task.setting_references:
            self._route(self.surfacing.resolve(reference, group), group, task)  # KFP lists no dependency for resources
        for reference in self._conditions_around(group):
            if reference.producer is not None:
                producers.setdefault(reference.producer, True)
        for earlier in task.after_tasks:
            producers.setdefault(earlier, False)
        for producer, has_data in producers.items():
            self.dependencies.add(task, group, producer, has_data)

    def _conditions_around(self, group: TasksGroup) -> Iterator[Reference]:
        for around in self.paths.to(group):
            if isinstance(around, ConditionGroup):
                yield from _compared(around)

    def _route(self, reference: Reference, group: TasksGroup, task: PipelineTask | None = None) -> None:
        """Make a reference an input of every group on the way from its origin into `group`."""
        of_loop = isinstance(reference, (LoopItem, LoopKey))
        if not of_loop and reference.producer is not None and reference.producer.parent_task_group is group:
            return
        key = (reference, group)
        if key in self._routed:
            return
        self._routed.add(key)
        chain = reference.chain()
        for inner in self._way_in(chain[-1], group, task):
            need = chain[-1]
            item = inner.item if isinstance(inner, ParallelFor) and inner.item in chain else None
            if item is None or not _is_field_of_constant(item.items):
                self.inputs.setdefault(inner, {})[need.input_name] = need
            if item is not None:
                chain = chain[: chain.index(item) + 1]
        of_item = len(chain) == 2 and isinstance(chain[0], LoopKey) and isinstance(chain[1], LoopItem)
        if len(chain) > 1 and not of_item:
            raise _outside_loop(reference, task)

    def _way_in(self, origin: Reference, group: TasksGroup, task: PipelineTask | None) -> tuple[TasksGroup, ...]:
        """The groups between where a reference comes from and the dag of `group`, outermost first."""
        path = self.paths.to(group)
        if isinstance(origin, LoopItem):  # of a constant list: it comes from its own loop
            for depth, around in enumerate(path):
                if isinstance(around, ParallelFor) and around.item is origin:
                    return path[depth + 1 :]
            raise _outside_loop(origin, task)
        if origin.producer is None:
            if self._pipeline_inputs.get(origin.name) is not origin:
                raise _out_of_scope(origin, task)
            return path[1:]
        parent = origin.producer.parent_task_group
        if parent is None or parent not in path:
            raise _out_of_scope(origin, task)
        return path[path.index(parent) + 1 :]


def _compared(group: ConditionGroup) -> Iterator[Reference]:
    for condition in group.conditions:
        yield from condition.references


def _with_items(reference: Reference) -> list[Reference]:
    """A compared reference; with the item of a loop over a key, KFP gives the condition that key, too."""
    if isinstance(reference, LoopItem) and isinstance(reference.items, LoopKey):
        return [reference, reference.items]
    return [reference]


def _is_key_of_constant(reference: Reference) -> bool:
    """Whether this is a key of the item of a constant list, which goes to its own condition only."""
    return isinstance(reference, LoopKey) and isinstance(reference.chain()[-1], LoopItem)


def _is_field_of_constant(items: object) -> bool:
    """Whether a loop goes over a key of a constant list's item: then it takes that key, and not the item, too."""
    return isinstance(items, LoopKey) and items.item is not None and isinstance(items.item.items, list)


def _user(task: PipelineTask | None) -> str:
    return f"The task {task.name!r}" if task is not None else "A condition or loop"


def _outside_loop(reference: Reference, task: PipelineTask | None) -> CompileError:
    return CompileError(
        f"{_user(task)} uses the loop's item {reference.full_name!r} outside of its loop.",
        where=str(task.location) if task is not None else None,
        remedy="Use it inside of the `with dsl.ParallelFor(...)` that binds it.",
    )


def _out_of_scope(reference: Reference, task: PipelineTask | None) -> CompileError:
    producer = reference.producer
    group = producer.parent_task_group if producer is not None else None
    location = task or producer
    where = str(location.location) if location is not None else None
    if producer is None or group is None or group.is_root:
        what = f"an output of {producer.name!r}" if producer is not None else f"the input {reference.name!r}"
        return CompileError(
            f"{_user(task)} uses {what}, which belongs to another pipeline or was made outside of one.",
            where=where,
            remedy="Use inputs of this pipeline and tasks that are called in its function.",
        )
    return CompileError(
        f"{_user(task)} uses an output of {producer.name!r}, which is in a dsl.{context_name(group)} that it "
        "is not in.",
        where=where,
        remedy="Use dsl.Collected for the tasks of a loop, dsl.OneOf for those of branches.",
    )
