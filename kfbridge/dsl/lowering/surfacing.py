"""How outputs leave groups: through an output of every group on the way out."""

from __future__ import annotations

from dataclasses import dataclass

from kfbridge.dsl.lowering.paths import Paths, context_name, shared
from kfbridge.dsl.reference import Choice, FanIn, Reference
from kfbridge.dsl.tasks_group import ParallelFor, TasksGroup
from kfbridge.errors import CompileError


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


class Surfacing:
    """The outputs of the groups of one pipeline, which grow as `resolve` is asked.

    Args:
        paths: The pipeline's groups.

    Attributes:
        outputs: Per group, what it gives out by name.
    """

    def __init__(self, paths: Paths) -> None:
        self.outputs: dict[TasksGroup, dict[str, Surfaced]] = {}
        self._paths = paths
        self._lists: dict[tuple[Reference, TasksGroup], Reference] = {}
        self._choices: set[Choice] = set()

    def resolve(self, reference: Reference, group: TasksGroup, returned: bool = False) -> Reference:
        """What stands for a `Collected` or `OneOf` where it is used, in the dag of `group`; others as they are.

        KFP lets a pipeline return a `Collected` from anywhere, so that is not checked for what is `returned`.

        Raises:
            CompileError: A list is collected where no loop ends.
        """
        if isinstance(reference, Choice) and reference not in self._choices:
            self._choices.add(reference)
            self._surface_choice(reference)
        if not isinstance(reference, FanIn):
            return reference
        left = self._left_groups(reference, group)
        if not returned or not left:
            _check_fan_in(reference, left)
        assert reference.inner is not None
        key = (reference.inner, left[0])
        if key not in self._lists:
            self._lists[key] = self._surface_list(reference, left)
        return self._lists[key]

    def _surface_choice(self, choice: Choice) -> None:
        assert choice.branches is not None
        selectors = []
        for candidate in choice.candidates:
            assert candidate.producer is not None
            producer, key = candidate.producer.name, candidate.name
            group = candidate.producer.parent_task_group
            while group is not None and group is not choice.branches:
                self._add(group, candidate.input_name, Surfaced(candidate, ((producer, key),)))
                producer, key = group.name, candidate.input_name
                group = group.parent_task_group
            selectors.append((producer, key))
        self._add(choice.branches, choice.name, Surfaced(choice, tuple(selectors), one_of=True))

    def _surface_list(self, fan_in: FanIn, left: tuple[TasksGroup, ...]) -> Reference:
        inner = fan_in.inner
        assert inner is not None and inner.producer is not None
        name = inner.input_name
        producer, key = inner.producer.name, inner.name
        for group in reversed(left):
            self._add(group, name, Surfaced(fan_in, ((producer, key),)))
            producer, key = group.name, name
        return Reference(name, fan_in.type, left[0], fan_in.is_list, fan_in.hint)

    def _add(self, group: TasksGroup, name: str, surfaced: Surfaced) -> None:
        self.outputs.setdefault(group, {})[name] = surfaced

    def _left_groups(self, fan_in: FanIn, group: TasksGroup) -> tuple[TasksGroup, ...]:
        """The groups around the producer that are not around the dag of `group`, outermost first."""
        assert fan_in.inner is not None
        producer = fan_in.inner.producer
        parent = producer.parent_task_group if producer is not None else None
        path = self._paths.to(parent or self._paths.root)
        return path[shared(path, self._paths.to(group)) :]


def _check_fan_in(fan_in: FanIn, left: tuple[TasksGroup, ...]) -> None:
    assert fan_in.inner is not None
    producer = fan_in.inner.producer
    name = fan_in.inner.full_name
    if not any(isinstance(group, ParallelFor) for group in left):
        raise CompileError(
            f"dsl.Collected is used on {name!r}, which does not come out of a dsl.ParallelFor that ends before.",
            where=str(producer.location) if producer is not None else None,
            remedy="Collect outputs of a loop's tasks after the loop; inside, use the output itself.",
        )
    if not isinstance(left[0], ParallelFor):
        context = context_name(left[0])
        raise CompileError(
            f"dsl.Collected takes {name!r} out of a dsl.{context} around its loop.",
            where=str(left[0].location),
            remedy=f"Use the collected list inside of the same dsl.{context}.",
        )
