"""How values get from where they are made to where they are used, across the borders of groups.

Every group becomes a dag of its own, and a dag sees only its inputs and its own tasks. So a value that is
used deeper inside becomes an input of every group on the way in, and a value that leaves a group an output
of every group on the way out. Which inputs a group gets, also ones that it does not need, follows KFP.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.reference import Choice, FanIn, LoopItem, LoopKey, Reference
from kfbridge.dsl.tasks_group import (
    ConditionBranches,
    ConditionGroup,
    ExitHandler,
    ParallelFor,
    TasksGroup,
)
from kfbridge.errors import CompileError

_CONTEXTS = {ConditionBranches: "If", ConditionGroup: "If", ExitHandler: "ExitHandler", ParallelFor: "ParallelFor"}


@dataclass(frozen=True, slots=True)
class Surfaced:
    """An output of a group: what it is, and the (task, output) pairs inside that may give it.

    Attributes:
        reference: Its type.
        selectors: One pair, or one per branch.
        one_of: Whether only one of the branches gives it.
    """

    reference: Reference
    selectors: tuple[tuple[str, str], ...]
    one_of: bool = False


class Routes:
    """The inputs, outputs and dependencies of the groups of one traced pipeline.

    Args:
        pipeline: The trace.

    Attributes:
        inputs: Per group, the references it takes in, by the names of the inputs they become.
        outputs: Per group, what it gives out.
        dependencies: Per task or group, the names of its siblings that it comes after.
    """

    def __init__(self, pipeline: Pipeline) -> None:
        self.root = pipeline.root
        self._pipeline_inputs = pipeline.inputs
        self.inputs: dict[TasksGroup, dict[str, Reference]] = {}
        self.outputs: dict[TasksGroup, dict[str, Surfaced]] = {}
        self.dependencies: dict[PipelineTask | TasksGroup, set[str]] = {}
        self._paths: dict[TasksGroup, tuple[TasksGroup, ...]] = {self.root: (self.root,)}
        self._routed: set[tuple[Reference, TasksGroup]] = set()
        self._resolved: dict[tuple[Reference, TasksGroup], Reference] = {}
        self._choices: set[Choice] = set()
        for group in self.groups(self.root):
            self._add_group(group)
        for task in pipeline.tasks.values():
            self._add_task(task)

    def groups(self, group: TasksGroup) -> Iterator[TasksGroup]:
        """This group and all in it, outer ones first, in the order of the source."""
        stack = [group]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(reversed(current.groups))

    def resolve(self, reference: Reference, group: TasksGroup, returned: bool = False) -> Reference:
        """What stands for a `Collected` or `OneOf` where it is used, in the dag of `group`; others as they are.

        KFP lets a pipeline return a `Collected` from anywhere, so that is not checked for what is `returned`.
        """
        if isinstance(reference, Choice):
            self._surface_choice(reference)
        if not isinstance(reference, FanIn):
            return reference
        assert reference.inner is not None and reference.inner.producer is not None
        outer = self._outer_groups(reference.inner.producer, group)
        if not returned or not outer:
            self._check_fan_in(reference, outer)
        key = (reference.inner, outer[0])
        if key not in self._resolved:
            self._resolved[key] = self._surface_fan_in(reference, outer)
        return self._resolved[key]

    # Inputs -------------------------------------------------------------------------------------

    def _add_group(self, group: TasksGroup) -> None:
        parent = group.parent_task_group
        if parent is None:
            return
        inputs = self.inputs.setdefault(group, {})
        if isinstance(group, ConditionGroup):
            for condition in group.conditions:
                for reference in condition.references:
                    used = self.resolve(reference, parent)
                    self._route(used, parent)
                    inputs[used.input_name] = used
        elif isinstance(group, ParallelFor):
            if isinstance(group.item.items, Reference):
                items = self.resolve(group.item.items, parent)
                self._route(items, parent)
                inputs[items.input_name] = items
            inputs[group.item.input_name] = group.item
        if group.tasks:
            self._route_conditions(group)

    def _route_conditions(self, group: TasksGroup) -> None:
        """The conditions around a group that has tasks are inputs of it, as KFP has it."""
        for around in self._path(group):
            if isinstance(around, ConditionGroup):
                for condition in around.conditions:
                    for reference in condition.references:
                        if not _of_constant_item(reference):
                            self._route(reference, group)

    def _add_task(self, task: PipelineTask) -> None:
        group = self.root if task.is_exit_handler else task.parent_task_group
        assert group is not None
        producers: dict[PipelineTask | TasksGroup, bool] = {}
        for reference in task.references:
            used = self.resolve(reference, group)
            self._route(used, group, task)
            if used.producer is not None:
                producers[used.producer] = True
        for reference in (*task.setting_references, *task.platform_references):
            self._route(self.resolve(reference, group), group, task)  # KFP lists no dependency for these
        for around in self._path(group):
            if isinstance(around, ConditionGroup):
                for condition in around.conditions:
                    for reference in condition.references:
                        if reference.producer is not None:
                            producers.setdefault(reference.producer, True)
        for earlier in task.after_tasks:
            producers.setdefault(earlier, False)
        for producer, has_data in producers.items():
            self._depend(task, group, producer, has_data)

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
            self.inputs.setdefault(inner, {})[need.input_name] = need
            if isinstance(inner, ParallelFor) and inner.item in chain:
                chain = chain[: chain.index(inner.item) + 1]
        of_item = len(chain) == 2 and isinstance(chain[0], LoopKey) and isinstance(chain[1], LoopItem)
        if len(chain) > 1 and not of_item:
            raise _outside_loop(reference, task)

    def _way_in(self, origin: Reference, group: TasksGroup, task: PipelineTask | None) -> tuple[TasksGroup, ...]:
        """The groups between where a reference comes from and the dag of `group`, outermost first."""
        path = self._path(group)
        if isinstance(origin, LoopItem):  # of a constant list: it comes from its own loop
            for depth, around in enumerate(path):
                if isinstance(around, ParallelFor) and around.item is origin:
                    return path[depth + 1 :]
            raise _outside_loop(origin, task)
        if origin.producer is None:
            if self._pipeline_inputs.get(origin.name) is not origin:
                raise self._out_of_scope(origin, task)
            return path[1:]
        parent = origin.producer.parent_task_group
        if parent is None or parent not in path:
            raise self._out_of_scope(origin, task)
        return path[path.index(parent) + 1 :]

    # Outputs ------------------------------------------------------------------------------------

    def _surface_choice(self, choice: Choice) -> None:
        if choice in self._choices:
            return
        self._choices.add(choice)
        selectors = []
        for candidate in choice.candidates:
            assert candidate.producer is not None and choice.branches is not None
            producer, key = candidate.producer.name, candidate.name
            group = candidate.producer.parent_task_group
            while group is not None and group is not choice.branches:
                surfaced = Surfaced(candidate, ((producer, key),))
                self.outputs.setdefault(group, {})[candidate.input_name] = surfaced
                producer, key = group.name, candidate.input_name
                group = group.parent_task_group
            selectors.append((producer, key))
        assert choice.branches is not None
        self.outputs.setdefault(choice.branches, {})[choice.name] = Surfaced(choice, tuple(selectors), one_of=True)

    def _surface_fan_in(self, fan_in: FanIn, outer: tuple[TasksGroup, ...]) -> Reference:
        inner = fan_in.inner
        assert inner is not None and inner.producer is not None
        name = inner.input_name
        producer, key = inner.producer.name, inner.name
        for group in reversed(outer):
            self.outputs.setdefault(group, {})[name] = Surfaced(fan_in, ((producer, key),))
            producer, key = group.name, name
        return Reference(name, fan_in.type, outer[0], fan_in.is_list, fan_in.hint)

    def _outer_groups(self, producer: PipelineTask | TasksGroup, group: TasksGroup) -> tuple[TasksGroup, ...]:
        """The groups around a producer that are not around the dag of `group`, outermost first."""
        path = self._path(producer.parent_task_group or self.root)
        return path[_common(path, self._path(group)) :]

    def _check_fan_in(self, fan_in: FanIn, outer: tuple[TasksGroup, ...]) -> None:
        assert fan_in.inner is not None and fan_in.inner.producer is not None
        name = fan_in.inner.producer.name
        if not any(isinstance(group, ParallelFor) for group in outer):
            raise CompileError(
                f"dsl.Collected is used on the task {name!r}, which is not in a dsl.ParallelFor that ends before.",
                where=str(fan_in.inner.producer.location),
                remedy="Collect outputs of a loop's tasks after the loop; inside, use the output itself.",
            )
        if not isinstance(outer[0], ParallelFor):
            raise CompileError(
                f"dsl.Collected takes the task {name!r} out of a dsl.{_context(outer[0])} around its loop.",
                where=str(outer[0].location),
                remedy=f"Use the collected list inside of the same dsl.{_context(outer[0])}.",
            )

    # Dependencies -------------------------------------------------------------------------------

    def _depend(
        self, task: PipelineTask, group: TasksGroup, producer: PipelineTask | TasksGroup, has_data: bool
    ) -> None:
        if producer.parent_task_group is group and not _is_exit(producer):
            self.dependencies.setdefault(task, set()).add(producer.name)
            return
        if _is_exit(producer) or producer.parent_task_group is None:
            raise CompileError(
                f"The task {task.name!r} cannot come after {producer.name!r}, which is not a task of this pipeline's "
                "own course.",
                where=str(task.location),
                remedy="Come after tasks of the same pipeline that are no exit tasks.",
            )
        up: tuple[PipelineTask | TasksGroup, ...] = (*self._path(producer.parent_task_group), producer)
        down: tuple[PipelineTask | TasksGroup, ...] = (*self._path(group), task)
        common = _common(up, down)
        if len(up) - common > 1:
            self._check_leaving(task, producer, up[common], has_data)
        self.dependencies.setdefault(down[common], set()).add(up[common].name)

    def _check_leaving(
        self, task: PipelineTask, producer: PipelineTask | TasksGroup, outermost: object, has_data: bool
    ) -> None:
        assert isinstance(outermost, TasksGroup)
        if isinstance(outermost, ParallelFor) and not has_data:
            return
        remedies = {
            "If": "Use dsl.OneOf over all branches, or put the task into the same branch.",
            "ParallelFor": "Use dsl.Collected(...) to get the outputs of all iterations as a list.",
            "ExitHandler": "Put the task into the same dsl.ExitHandler.",
        }
        context = _context(outermost)
        raise CompileError(
            f"The task {task.name!r} depends on the task {producer.name!r}, which is inside of a dsl.{context} "
            f"that {task.name!r} is not in.",
            where=str(task.location),
            remedy=remedies[context],
        )

    def _out_of_scope(self, reference: Reference, task: PipelineTask | None) -> CompileError:
        producer = reference.producer
        group = producer.parent_task_group if producer is not None else None
        user = f"The task {task.name!r}" if task is not None else "A condition or loop"
        location = task or producer
        where = str(location.location) if location is not None else None
        if producer is None or group is None or group.is_root:
            what = f"an output of {producer.name!r}" if producer is not None else f"the input {reference.name!r}"
            return CompileError(
                f"{user} uses {what}, which belongs to another pipeline or was made outside of one.",
                where=where,
                remedy="Use inputs of this pipeline and tasks that are called in its function.",
            )
        return CompileError(
            f"{user} uses an output of {producer.name!r}, which is in a dsl.{_context(group)} that it is not in.",
            where=where,
            remedy="Use dsl.Collected for the tasks of a loop, dsl.OneOf for those of branches.",
        )

    def _path(self, group: TasksGroup) -> tuple[TasksGroup, ...]:
        """The groups around and with `group`, the pipeline first."""
        path = self._paths.get(group)
        if path is None:
            assert group.parent_task_group is not None
            path = self._paths[group] = (*self._path(group.parent_task_group), group)
        return path


def _common(left: tuple[object, ...], right: tuple[object, ...]) -> int:
    """How many groups two paths share from the outside."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one is not other:
            break
        count += 1
    return count


def _is_exit(producer: PipelineTask | TasksGroup) -> bool:
    return isinstance(producer, PipelineTask) and producer.is_exit_handler


def _of_constant_item(reference: Reference) -> bool:
    """Whether this is a key of the item of a constant list, which goes to its own condition only."""
    return isinstance(reference, LoopKey) and isinstance(reference.chain()[-1], LoopItem)


def _context(group: TasksGroup) -> str:
    for kind, name in _CONTEXTS.items():
        if isinstance(group, kind):
            return name
    return "pipeline"


def _outside_loop(reference: Reference, task: PipelineTask | None) -> CompileError:
    user = f"The task {task.name!r}" if task is not None else "A condition or loop"
    return CompileError(
        f"{user} uses the loop's item {reference.full_name!r} outside of its loop.",
        where=str(task.location) if task is not None else None,
        remedy="Use it inside of the `with dsl.ParallelFor(...)` that binds it.",
    )
