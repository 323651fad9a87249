"""Putting the tasks of a dag in its place: what inlining and the flattening of conditions have in common.

Every task that was in the dag carries the dag's guard: it waits for what the dag waited for, it cannot run without the
inputs that the dag could not run without, and its condition begins with the dag's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from kfbridge.graph.model import ArtifactBinding, FinalStatus, OutputSelector, ParameterBinding, TaskOutput
from kfbridge.graph.rewrites.guard import check_empty, guard_of
from kfbridge.graph.rewrites.lift import Lift
from kfbridge.graph.rewrites.names import Names
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Leaf, Part
from kfbridge.graph.rewrites.settings import producers_in, rewired
from kfbridge.graph.rewrites.supply import Supplies
from kfbridge.graph.rewrites.sure import Sure


def dissolved(owner: Part, name: str, sure: Sure) -> Part:
    """`owner`, with the tasks of its task `name`, a dag without a loop and without retries, in that task's place.

    Raises:
        Obstacle: It would not mean the same.
    """
    assert isinstance(owner.body, Group)
    group = owner.body
    part = group.tasks[name]
    assert isinstance(part.body, Group)
    followers = {key: one for key, one in group.tasks.items() if name in one.after}
    _check(followers, name, part, part.body)
    renamed = _names(group, name, part.body)
    supplies = Supplies(owner, name, sure)
    if not part.body.tasks:
        check_empty(supplies)
    lift = Lift(supplies, renamed, guard_of(supplies))
    rewiring = _Rewiring(name, part, part.body, renamed)
    tasks: dict[str, Part] = {}
    for key, one in group.tasks.items():
        if key == name:
            tasks |= {renamed[inner]: lift.lifted(inner, child) for inner, child in part.body.tasks.items()}
        else:
            tasks[key] = rewiring.consumer(one) if key in followers else one
    return replace(
        owner,
        body=Group(
            tasks, rewiring.outputs(group.parameters, "parameters"), rewiring.outputs(group.artifacts, "artifacts")
        ),
    )


def status_askers(tasks: Mapping[str, Part], name: str) -> Iterator[str]:
    """Those of the tasks that ask how the task `name` ended."""
    for asker, part in tasks.items():
        if any(binding.source == FinalStatus(name) for binding in part.parameters.values()):
            yield asker


def _names(group: Group, name: str, inner: Group) -> dict[str, str]:
    """New names; a task whose end another one is told of keeps its name, because it is told that, too."""
    free = Names(key for key in group.tasks if key != name)
    kept = [one for one in inner.tasks if any(True for _ in status_askers(inner.tasks, one))]
    if any(free.take(one) != one for one in kept):
        raise Obstacle(
            "a task in it is asked for its final status, and there is another one of its name around",
            "Give the task another name.",
        )
    return {one: one if one in kept else free.take(name, one) for one in inner.tasks}


def _check(followers: Mapping[str, Part], name: str, part: Part, inner: Group) -> None:
    if any(True for _ in status_askers(followers, name)):
        raise Obstacle("a task asks for its final status", "Ask for the status of a single task.")
    for child in inner.tasks.values():
        if part.always and child.after:
            raise Obstacle(
                "it runs however the tasks before it ended, and tasks in it wait for each other",
                "Make it a single task.",
            )
        if child.always and not part.always and (part.after or part.condition is not None):
            raise Obstacle(
                "a task in it runs however others ended, but only where the whole is reached",
                "Take the exit task, or the one that ignores failures, out of it.",
            )
    for consumer in followers.values():
        reads = [source for _, _, source in consumer.reads if source.task == name]
        if reads and consumer.always and len(inner.tasks) > 1:
            raise Obstacle(
                "a task that runs although it failed reads an output of it, which then does not exist",
                "Read the output in a task that runs after a success.",
            )


class _Rewiring:
    """Makes what read from a dag read from its tasks."""

    def __init__(self, name: str, part: Part, inner: Group, renamed: Mapping[str, str]) -> None:
        self.name = name
        self.inner = inner
        self.renamed = renamed
        self.ends = _ends(part, inner, renamed)

    def consumer(self, part: Part) -> Part:
        """A task beside the dag."""
        changed = replace(
            part,
            parameters={key: self.parameter(one) for key, one in part.parameters.items()},
            artifacts={key: self.artifact(one) for key, one in part.artifacts.items()},
        )
        after = {key for key in part.after if key != self.name} | set(self.ends)
        after |= {source.task for _, _, source in changed.reads}
        if isinstance(part.body, Leaf):
            outputs = self.selectors("parameters")
            settings = {platform: rewired(one, self.name, outputs) for platform, one in part.body.settings.items()}
            changed = changed.with_settings(settings) if settings != part.body.settings else changed
            after |= set(producers_in(settings)) & set(self.renamed.values())
        return replace(changed, after=tuple(sorted(after)))

    def parameter(self, one: ParameterBinding) -> ParameterBinding:
        if isinstance(one.source, TaskOutput) and one.source.task == self.name:
            return replace(one, source=self.maker("parameters", one.source))
        return one

    def artifact(self, one: ArtifactBinding) -> ArtifactBinding:
        if isinstance(one.source, TaskOutput) and one.source.task == self.name:
            return ArtifactBinding(self.maker("artifacts", one.source))
        return one

    def maker(self, kind: str, source: TaskOutput) -> TaskOutput:
        """The task in the dag whose output an output of the dag is."""
        found = self.selectors(kind).get(source.key, ())
        if len(found) != 1:
            raise Obstacle(
                f"a task reads its output {source.key!r}, which one of several tasks makes",
                "Read the output in each of the branches that make it.",
            )
        return TaskOutput(found[0].task, found[0].key)

    def selectors(self, kind: str) -> dict[str, tuple[OutputSelector, ...]]:
        """The outputs of the dag, by the new names of its tasks."""
        return {
            key: tuple(OutputSelector(self.renamed[one.task], one.key) for one in several)
            for key, several in self.inner.selectors(kind).items()
        }

    def outputs(
        self, outputs: Mapping[str, tuple[OutputSelector, ...]], kind: str
    ) -> dict[str, tuple[OutputSelector, ...]]:
        """The outputs of the dag around."""
        inner = self.selectors(kind)
        return {
            key: tuple(
                found for one in several for found in (inner.get(one.key, ()) if one.task == self.name else (one,))
            )
            for key, several in outputs.items()
        }


def _ends(part: Part, inner: Group, renamed: Mapping[str, str]) -> tuple[str, ...]:
    """The tasks that the dag's consumers wait for: those whose failure no other one is kept from running by."""
    heeded = {one for child in inner.tasks.values() if not child.always for one in child.after}
    return tuple(renamed[one] for one in inner.tasks if one not in heeded) or part.after
