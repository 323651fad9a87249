"""Where groups lie in each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kfbridge.dsl.tasks_group import ConditionBranches, ConditionGroup, ExitHandler, ParallelFor, TasksGroup

_CONTEXTS = {ConditionBranches: "If", ConditionGroup: "If", ExitHandler: "ExitHandler", ParallelFor: "ParallelFor"}


class Paths:
    """The groups around every group, found once.

    Args:
        root: The pipeline.
    """

    def __init__(self, root: TasksGroup) -> None:
        self.root = root
        self._paths: dict[TasksGroup, tuple[TasksGroup, ...]] = {root: (root,)}

    def to(self, group: TasksGroup) -> tuple[TasksGroup, ...]:
        """The groups around and with `group`, outermost first; it ends at the outermost group of its own trace."""
        path = self._paths.get(group)
        if path is None:
            parent = group.parent_task_group
            path = self._paths[group] = (*self.to(parent), group) if parent is not None else (group,)
        return path

    def inside(self, group: TasksGroup) -> Iterator[TasksGroup]:
        """This group and all in it, outer ones first, in the order of the source."""
        stack = [group]
        while stack:
            current = stack.pop()
            yield current
            stack.extend(reversed(current.groups))


def shared(left: Sequence[object], right: Sequence[object]) -> int:
    """How many members two paths share from the outside."""
    count = 0
    for one, other in zip(left, right, strict=False):
        if one is not other:
            break
        count += 1
    return count


def context_name(group: TasksGroup) -> str:
    """What the user wrote to make a group: ``If``, ``ParallelFor``, ``ExitHandler``, or ``pipeline``."""
    for kind, name in _CONTEXTS.items():
        if isinstance(group, kind):
            return name
    return "pipeline"
