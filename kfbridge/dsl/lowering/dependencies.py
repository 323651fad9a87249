"""What comes after what: ``dependentTasks``, which only siblings in a dag have of each other."""

from __future__ import annotations

from kfbridge.dsl.lowering.paths import Paths, context_name, shared
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.tasks_group import ParallelFor, TasksGroup
from kfbridge.errors import CompileError

Member = PipelineTask | TasksGroup

_REMEDIES = {
    "If": "Use dsl.OneOf over all branches, or put the task into the same branch.",
    "ParallelFor": "Use dsl.Collected(...) to get the outputs of all iterations as a list.",
    "ExitHandler": "Put the task into the same dsl.ExitHandler.",
}


class Dependencies:
    """The order of tasks and groups.

    Args:
        paths: The pipeline's groups.

    Attributes:
        names: Per task or group, the names of its siblings that it comes after.
    """

    def __init__(self, paths: Paths) -> None:
        self.names: dict[Member, set[str]] = {}
        self._paths = paths

    def add(self, task: PipelineTask, group: TasksGroup, producer: Member, has_data: bool) -> None:
        """Let a task, in the dag of `group`, come after a producer, or the groups around them that are siblings.

        Raises:
            CompileError: The producer is inside of a group that must not be reached into.
        """
        is_exit = isinstance(producer, PipelineTask) and producer.is_exit_handler
        parent = producer.parent_task_group
        if is_exit or parent is None:
            raise CompileError(
                f"The task {task.name!r} cannot come after {producer.name!r}, which is an exit task or not of this "
                "pipeline.",
                where=str(task.location),
                remedy="Come after tasks of the same pipeline that are no exit tasks.",
            )
        if parent is group:
            self.names.setdefault(task, set()).add(producer.name)
            return
        up: tuple[Member, ...] = (*self._paths.to(parent), producer)
        down: tuple[Member, ...] = (*self._paths.to(group), task)
        common = shared(up, down)
        if len(up) - common > 1:
            _check_leaving(task, producer, up[common], has_data)
        self.names.setdefault(down[common], set()).add(up[common].name)


def _check_leaving(task: PipelineTask, producer: Member, outermost: Member, has_data: bool) -> None:
    assert isinstance(outermost, TasksGroup)
    if isinstance(outermost, ParallelFor) and not has_data:
        return
    context = context_name(outermost)
    raise CompileError(
        f"The task {task.name!r} depends on the task {producer.name!r}, which is inside of a dsl.{context} that "
        f"{task.name!r} is not in.",
        where=str(task.location),
        remedy=_REMEDIES.get(context, "Come after tasks of the same pipeline."),
    )
