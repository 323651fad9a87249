"""The tail behind one choice between branches, copied for each branch."""

from __future__ import annotations

import copy
from dataclasses import dataclass
from typing import Final

from kfbridge.graph.rewrites.draft import (
    Draft,
    Json,
    Kind,
    fed,
    feed,
    forgo,
    free_name,
    from_task,
    is_optional,
    producer,
    selected,
    selectors,
    wait_for,
    waits_for,
)

_KINDS: Final[tuple[Kind, Kind]] = ("parameters", "artifacts")


@dataclass(frozen=True, slots=True)
class Choice:
    """A task, and outputs of it that exist by branch: ``outputs[kind, name][i]`` is the output for the branch i."""

    task: str
    branches: tuple[str, ...]
    outputs: dict[tuple[Kind, str], list[str]]


class Copier:
    """Copies one tail of a dag.

    Args:
        draft: The pipeline.
        component: The dag.
        choice: The choice.
        tail: The tasks that take it, and those that take anything from them; producers first.
        sure: Whether one of the branches makes a value in any case.

    Attributes:
        loose: The tasks that would run in every copy, because they can do without the value.
        none: The tasks that run where no branch made the value.
        made: For each copy the task that it is one of, its name, and its branch.
    """

    def __init__(self, draft: Draft, component: str, choice: Choice, tail: list[str], *, sure: bool) -> None:
        self.draft = draft
        self.component = component
        self.choice = choice
        self.tail = tail
        self.tasks = self.draft.tasks(component)
        # every copy before a task in the tail is skipped where its branch did not run, if need be by its guard
        self.loose = [name for number, name in enumerate(tail) if not self.needs(name, set(tail[:number]))]
        self.none = [] if sure else self.without()
        self.made: list[tuple[str, str, str]] = []

    def needs(self, name: str, anchored: set[str]) -> bool:
        """Whether a task cannot do without something that is there in one branch only."""
        task = self.tasks[name]
        return any(
            not is_optional(self.draft.ports(self.draft.used_by(task), "input", kind).get(given))
            and (source := producer(binding, kind)) is not None
            and (self.is_chosen(kind, source) or source[0] in anchored)
            for kind in _KINDS
            for given, binding in fed(task, kind).items()
        )

    def is_chosen(self, kind: Kind, source: tuple[str, str]) -> bool:
        """Whether this is an output of the choice."""
        return source[0] == self.choice.task and (kind, source[1]) in self.choice.outputs

    def without(self) -> list[str]:
        """The tasks of the tail that run where no branch made the value."""
        found: list[str] = []
        for name in self.tail:
            dead = set(self.tail) - set(found)
            if not self.needs(name, dead):
                found.append(name)
        return found

    def copy(self) -> None:
        """Put the copies in the tail's place."""
        copies: dict[str, list[str]] = {name: [] for name in self.tail}
        for number, branch in enumerate(self.choice.branches):
            made: dict[str, str] = {}
            for name in self.tail:
                made[name] = self.one(name, branch, number, made)
                copies[name].append(made[name])
        self.add_none(copies)
        for name in self.tail:
            del self.tasks[name]
        for name, task in self.tasks.items():
            if name not in {one for found in copies.values() for one in found}:
                wait_for(task, [one for before in waits_for(task) for one in copies.get(before, [before])])
        self.reselect(copies)

    def one(self, name: str, branch: str, number: int, made: dict[str, str]) -> str:
        """The copy of a task for a branch; `made` are the copies of those before it."""
        task = copy.deepcopy(self.tasks[name])
        for kind in _KINDS:
            for binding in fed(task, kind).values():
                source = producer(binding, kind)
                if source is not None and self.is_chosen(kind, source):
                    binding.update(from_task(source[0], self.choice.outputs[kind, source[1]][number], kind))
                elif source is not None and source[0] in made:
                    binding.update(from_task(made[source[0]], source[1], kind))
        wait_for(task, [made.get(before, before) for before in waits_for(task)])
        if name in self.loose:
            self.guard(task, number)
        return self.add(name, branch, task)

    def add(self, name: str, branch: str, task: Json) -> str:
        """Put a copy into the dag."""
        task.get("taskInfo", {}).pop("name", None)
        copied = self.draft.add_task(self.component, f"{name}-{branch}", task, (name, None))
        task["taskInfo"] = {"name": copied}
        self.made.append((name, copied, branch))
        return copied

    def guard(self, task: Json, number: int) -> None:
        """Let a task that can do without the value need it after all, in an input of its own."""
        ((kind, name), outputs) = next(iter(self.choice.outputs.items()))
        self.add_input(task, "chosen", kind, name, outputs[number], optional=False)

    def add_input(self, task: Json, wanted: str, kind: Kind, name: str, output: str, *, optional: bool) -> str:
        """Feed a task with an output of the choice, in an input of a component of its own; the input's name."""
        made = self.draft.ports(self.draft.used_by(self.tasks[self.choice.task]), "output", kind)[name]
        used = self.draft.copy(self.draft.used_by(task))
        ports = self.draft.ports(used, "input", kind)
        given = free_name(wanted, [*ports, *fed(task, kind)])
        ports[given] = {key: value for key, value in made.items() if key in ("parameterType", "artifactType", "type")}
        if optional:
            ports[given]["isOptional"] = True
        feed(task, kind, given, from_task(self.choice.task, output, kind))
        wait_for(task, [*waits_for(task), self.choice.task])
        task["componentRef"] = {"name": used}
        return given

    def add_none(self, copies: dict[str, list[str]]) -> None:
        """Copies of what runs where no branch made the value: all its outputs are asked for, and are null."""
        made: dict[str, str] = {}
        for name in self.none:
            task = copy.deepcopy(self.tasks[name])
            for kind in _KINDS:
                for given, binding in list(fed(task, kind).items()):
                    source = producer(binding, kind)
                    if source is None or not (self.is_chosen(kind, source) or source[0] in self.tail):
                        continue
                    if source[0] in made:
                        binding.update(from_task(made[source[0]], source[1], kind))
                    else:
                        forgo(self.draft, task, kind, given)
            wait_for(task, [made.get(one, one) for one in waits_for(task) if one in made or one not in self.tail])
            asked = self.ask(task)
            policy = task.setdefault("triggerPolicy", {})
            policy["condition"] = " && ".join(
                [*asked, *([f"({policy['condition']})"] if policy.get("condition") else [])]
            )
            made[name] = self.add(name, "none", task)
            copies[name].append(made[name])

    def ask(self, task: Json) -> list[str]:
        """The conditions that no branch made the value, over inputs of their own."""
        ((kind, name), outputs) = next(iter(self.choice.outputs.items()))
        given = [self.add_input(task, "made", kind, name, output, optional=True) for output in outputs]
        return [f"inputs.parameter_values['{one}'] == null" for one in given]

    def reselect(self, copies: dict[str, list[str]]) -> None:
        """Let the dag's own outputs come from the copies."""
        outputs = self.draft.components[self.component]["dag"].get("outputs") or {}
        for kind in _KINDS:
            for name, chosen in selectors(outputs, kind).items():
                if any(task in copies for task, _ in chosen):
                    left = [(one, key) for task, key in chosen for one in copies.get(task, [task])]
                    outputs[kind][name] = selected(left, kind)
