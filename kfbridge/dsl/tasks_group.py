"""Groups of tasks: conditions, loops and exit handlers."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from kfbridge.dsl.for_loop import channel_of_item, make_loop_item
from kfbridge.dsl.location import Location, here, user_location
from kfbridge.dsl.pipeline_channel import ConditionOperation, PipelineChannel
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.errors import CompileError

if TYPE_CHECKING:
    from kfbridge.dsl.pipeline_task import PipelineTask


InvalidControlFlowException = CompileError
"""What KFP calls the error of an `Else` without an `If`."""


class TasksGroup:
    """Tasks that become a dag of their own.

    Attributes:
        kind: What the group's name starts with: ``condition``, ``for-loop``, ...
        name: Its name in the pipeline, set when it is entered: ``condition-1``.
        display_name: The name that the user gave it.
        tasks: The tasks right in it.
        groups: The groups right in it.
        parent_task_group: The group around it; None for the pipeline.
        location: The user's line.
    """

    kind: ClassVar[str] = "pipeline"

    def __init__(self, name: str | None = None, is_root: bool = False) -> None:
        self.name = ""
        self.display_name = name
        self.is_root = is_root
        self.tasks: list[PipelineTask] = []
        self.groups: list[TasksGroup] = []
        self.parent_task_group: TasksGroup | None = None
        self.location: Location = user_location()

    def __enter__(self) -> Any:
        self.open()
        return self

    def open(self) -> None:
        """Name the group and make it the innermost open one."""
        pipeline = current_pipeline(f"dsl.{type(self).__name__}")
        self.name = f"{self.kind}-{pipeline.get_next_group_id()}"
        pipeline.push_tasks_group(self)

    def __exit__(self, *unused: object) -> None:
        current_pipeline(f"dsl.{type(self).__name__}").pop_tasks_group()


class ExitHandler(TasksGroup):
    """Tasks after which, however they end, one more task runs.

    Args:
        exit_task: The task that runs at the end; it takes no outputs of other tasks.
        name: A name to show.
    """

    kind = "exit-handler"

    def __init__(self, exit_task: PipelineTask, name: str | None = None) -> None:
        super().__init__(name)
        if exit_task.dependent_tasks or any(ref.producer is not None for ref in exit_task.references):
            raise CompileError(
                f"The exit task {exit_task.name!r} depends on other tasks.",
                where=str(exit_task.location),
                remedy="Give an exit task constants and inputs of the pipeline only.",
            )
        self.exit_task = exit_task
        exit_task.is_exit_handler = True
        if exit_task.parent_task_group is not None:
            exit_task.parent_task_group.tasks.remove(exit_task)


class ConditionBranches(TasksGroup):
    """The group around the branches of one `If`/`Elif`/`Else`."""

    kind = "condition-branches"

    def __init__(self) -> None:
        super().__init__()
        self._choices = 0

    def next_choice(self) -> int:
        """The number of the next `OneOf` over these branches."""
        self._choices += 1
        return self._choices


class ConditionGroup(TasksGroup):
    """A branch: its tasks run when all of `conditions` hold."""

    kind = "condition"

    def __init__(self, conditions: list[ConditionOperation], name: str | None) -> None:
        super().__init__(name)
        self.conditions = conditions

    @property
    def otherwise(self) -> list[ConditionOperation]:
        """What holds when neither this branch nor an earlier one was taken."""
        return [*self.conditions[:-1], replace(self.conditions[-1], negate=True)]


class If(ConditionGroup):
    """Tasks that run when a comparison holds.

    Args:
        condition: A comparison with a task's output or an input of the pipeline.
        name: A name to show.
    """

    def __init__(self, condition: Any, name: str | None = None) -> None:
        super().__init__([_checked(condition, "If")], name)


class Condition(If):
    """The old name of `If`."""

    def __enter__(self) -> Any:
        import warnings

        warnings.warn("dsl.Condition is deprecated, use dsl.If instead", DeprecationWarning, stacklevel=2)
        return super().__enter__()


class _LaterBranch(ConditionGroup):
    """A branch after the first: it lies in the group that holds all branches, which it opens and closes."""

    def open(self) -> None:
        pipeline = current_pipeline(f"dsl.{type(self).__name__}")
        pipeline.groups.append(_branches_around(pipeline))
        super().open()

    def __exit__(self, *unused: object) -> None:
        super().__exit__(*unused)
        super().__exit__(*unused)


class Elif(_LaterBranch):
    """Tasks that run when no earlier branch was taken and a comparison holds; arguments as in `If`."""

    def __init__(self, condition: Any, name: str | None = None) -> None:
        super().__init__([*_last_branch("Elif").otherwise, _checked(condition, "Elif")], name)


class Else(_LaterBranch):
    """Tasks that run when no earlier branch was taken.

    Args:
        name: A name to show.
    """

    def __init__(self, name: str | None = None) -> None:
        super().__init__(_last_branch("Else").otherwise, name)


class ParallelFor(TasksGroup):
    """Tasks that run once per item of a list, side by side.

    Args:
        items: A list of constants, a parameter that is a list, or a list of artifacts.
        name: A name to show.
        parallelism: How many iterations may run at once; None or 0: no limit.
    """

    kind = "for-loop"

    def __init__(self, items: Any, name: str | None = None, parallelism: int | None = None) -> None:
        super().__init__(name)
        if parallelism is not None and (not isinstance(parallelism, int) or parallelism < 0):
            raise CompileError(
                f"dsl.ParallelFor got the parallelism {parallelism!r}.",
                where=here(),
                remedy="Use a whole number; 0 is no limit.",
            )
        pipeline = current_pipeline("dsl.ParallelFor")
        number = 0 if isinstance(items, PipelineChannel) else pipeline.get_next_group_id()
        self.item = make_loop_item(items, number)
        self.parallelism_limit = parallelism or 0

    def __enter__(self) -> Any:
        """Open the group; gives the channel of the item, whose attributes are the item's keys."""
        self.open()
        return channel_of_item(self.item)


def current_pipeline(what: str) -> Pipeline:
    """The pipeline that is being traced.

    Raises:
        CompileError: There is none, and `what` needs one.
    """
    pipeline = Pipeline.get_default_pipeline()
    if pipeline is None:
        raise CompileError(
            f"{what} is used outside of a pipeline function.",
            where=here(),
            remedy="Use it inside of a function with the decorator @dsl.pipeline.",
        )
    return pipeline


def _checked(condition: Any, what: str) -> ConditionOperation:
    if isinstance(condition, ConditionOperation) and condition.references:
        return condition
    kind = f"the constant {condition!r}" if isinstance(condition, bool) else f"a {type(condition).__name__}"
    raise CompileError(
        f"dsl.{what} got {kind} as its condition: it is decided before the pipeline runs.",
        where=here(),
        remedy="Compare the output of a task or an input of the pipeline: dsl.If(task.output == 'x').",
    )


def _last_branch(what: str) -> ConditionGroup:
    """The branch that an `Elif` or `Else` follows."""
    last = current_pipeline(f"dsl.{what}").get_last_tasks_group()
    if isinstance(last, ConditionBranches):
        last = last.groups[-1]
    if isinstance(last, (If, Elif)):
        return last
    raise CompileError(
        f"dsl.{what} does not follow a dsl.If or dsl.Elif.",
        where=here(),
        remedy=f"Put the dsl.{what} right after the dsl.If or dsl.Elif that it belongs to, at the same indentation.",
    )


def _branches_around(pipeline: Pipeline) -> ConditionBranches:
    """The group around the branches so far; a lone `If` is moved into a new one, and gives it its number."""
    last = pipeline.get_last_tasks_group()
    if isinstance(last, ConditionBranches):
        return last
    assert isinstance(last, If)
    branches = ConditionBranches()
    branches.name = f"{branches.kind}-{last.name.rpartition('-')[2]}"
    branches.parent_task_group = last.parent_task_group
    last.name = f"{last.kind}-{pipeline.get_next_group_id()}"
    last.parent_task_group = branches
    pipeline.groups[-1].groups[-1] = branches
    branches.groups.append(last)
    return branches
