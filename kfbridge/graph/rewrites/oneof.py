"""The tail behind a ``OneOf``, once for each branch: no task takes a value that comes from one of several tasks.

A service that cannot join branches again runs each step behind one branch only. So an output of a dag that is the
first of several candidates becomes several outputs, one for each candidate; and each task that takes it, with all that
takes anything from that task, becomes several copies. A copy takes the output of its own branch and is skipped
where the branch did not run, as any task is that lacks data. Several OneOfs on one task give a copy for each
combination; several outputs of the same branches stay together.

A task that can do without the value (its input is optional) would run in all copies: each copy is given the branch's
output as an input that it needs, and one more copy runs when no branch made it. Only a task outside of the tail that
comes after a task in it (``.after``) stays one, and comes after all copies.

It takes at least that no two candidates can both exist, which is seen by the form of the conditions.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from kfbridge.findings import Finding, Level
from kfbridge.graph.rewrites.certainty import Certainty
from kfbridge.graph.rewrites.draft import (
    ROOT,
    Draft,
    Json,
    Kind,
    fed,
    free_name,
    is_tolerant,
    iterator,
    producer,
    selected,
    selectors,
    sources,
    waits_for,
)
from kfbridge.graph.rewrites.exclusion import exclude
from kfbridge.graph.rewrites.hidden import settings_producers, show_channels
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.graph.rewrites.tail import Choice, Copier
from kfbridge.spec.order import in_order
from kfbridge.spec.read import Document

FEATURE: Final = "one_of"
_KINDS: Final[tuple[Kind, Kind]] = ("parameters", "artifacts")


def oneof(document: Document, *, at_most: int = 100) -> Rewritten:
    """Copy what comes behind a ``OneOf`` into each of its branches.

    The pipeline's own outputs may still be one of several.

    Args:
        document: A valid pipeline.
        at_most: How many tasks the whole pipeline may get for those that are copied. A OneOf that would lead beyond
            stays as it is, with a finding that says how many it takes.
    """
    splitter = _Splitter(Draft(document), at_most, Certainty(Draft(document)))
    for component in splitter.draft.in_order():
        splitter.split(component)
    splitter.tidy()
    return splitter.draft.rewritten(splitter.findings)


@dataclass(slots=True)
class _Splitter:
    draft: Draft
    at_most: int
    certainty: Certainty
    copies: int = 0
    findings: list[Finding] = field(default_factory=list)
    apart: dict[tuple[str, Kind, str], dict[str, str]] = field(default_factory=dict)
    """For an output of a dag that came from one of several: by branch the output that took its place."""
    worlds: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    """For a copy of a task of a dag: by choice the branch that it belongs to."""

    def split(self, component: str) -> None:
        """Copy the tails in a dag, then give it an output for each candidate."""
        show_channels(self.draft, component)
        left: set[str] = set()
        while (choice := self.choice(component, left)) is not None:
            tail = self.tail(component, choice)
            reason = self.obstacle(component, choice, tail)
            if reason is None:
                self.copy(component, choice, tail)
            else:
                left.add(choice.task)
                self.leave(component, choice.task, reason)
        for kind in _KINDS:
            self.split_outputs(component, kind)

    def leave(self, component: str, task: str, reason: str) -> None:
        path = "/".join(part for part in (self.draft.place(component), task) if part)
        remedy = "Let each branch do what follows by itself, or run on a backend that joins branches."
        self.findings.append(Finding(FEATURE, path, Level.REFUSED, reason, remedy))

    # Choices and tails -------------------------------------------------------------------------------

    def choice(self, component: str, left: set[str]) -> Choice | None:
        """The next task of a dag of which an output is taken that exists by branch."""
        tasks = self.draft.tasks(component)
        for name, task in tasks.items():
            found: dict[tuple[str, ...], dict[tuple[Kind, str], list[str]]] = {}
            for kind, key in self.taken(tasks, name):
                by_branch = self.apart.get((self.draft.used_by(task), kind, key))
                if by_branch is not None and name not in left:
                    found.setdefault(tuple(by_branch), {})[kind, key] = list(by_branch.values())
            for branches, outputs in found.items():
                if iterator(task) is not None:
                    left.add(name)
                    self.leave(component, name, "a loop collects what one of several branches made in each iteration")
                    break
                return Choice(name, branches, outputs)
        return None

    def taken(self, tasks: dict[str, Json], name: str) -> list[tuple[Kind, str]]:
        """The outputs of a task that other tasks take, in the order of the file."""
        found: dict[tuple[Kind, str], None] = {}
        for task in tasks.values():
            for kind in _KINDS:
                for binding in fed(task, kind).values():
                    source = producer(binding, kind)
                    if source is not None and source[0] == name:
                        found[kind, source[1]] = None
        return list(found)

    def tail(self, component: str, choice: Choice) -> list[str]:
        """The tasks that take the choice, and those that take anything from them; producers first."""
        tasks = self.draft.tasks(component)
        order = in_order(
            {name: sorted({*waits_for(task), *sources(task)} & tasks.keys()) for name, task in tasks.items()}
        )
        tail: dict[str, None] = {}
        for name in order:
            for kind in _KINDS:
                for binding in fed(tasks[name], kind).values():
                    source = producer(binding, kind)
                    if source and (
                        source[0] in tail or (source[0] == choice.task and (kind, source[1]) in choice.outputs)
                    ):
                        tail[name] = None
        return list(tail)

    def obstacle(self, component: str, choice: Choice, tail: list[str]) -> str | None:
        """Why the tail cannot be copied; None when it can."""
        tasks = self.draft.tasks(component)
        touched = {choice.task, *tail}
        for name in tail:
            if is_tolerant(tasks[name]):
                return f"{name} runs whatever became of the branches"
        for name, task in tasks.items():
            if settings_producers(self.draft, task) & touched:
                return f"the settings of {name} take a value from what would be copied"
            for binding in fed(task, "parameters").values():
                if (binding.get("taskFinalStatus") or {}).get("producerTask") in tail:
                    return f"{name} asks how a task ended that would be copied"
        copier = self.copier(component, choice, tail)
        if copier.loose and len(choice.outputs) > 1:
            return f"{copier.loose[0]} takes several values of the branches and can do without them"
        if copier.none and any(kind == "artifacts" for kind, _ in choice.outputs):
            return f"{copier.none[0]} runs without the artifact, too, and no condition can ask whether it is there"
        count = len(tail) * len(choice.branches) + len(copier.none)
        if self.copies + count > self.at_most:
            return f"what follows takes {count} copies, and at most {self.at_most} are allowed ({self.copies} are made)"
        return None

    def copier(self, component: str, choice: Choice, tail: list[str]) -> Copier:
        """What would copy the tail."""
        used = self.draft.used_by(self.draft.tasks(component)[choice.task])
        sure = any(self.certainty.of(used, kind, name) for kind, name in choice.outputs)
        return Copier(self.draft, component, choice, tail, sure=sure)

    def copy(self, component: str, choice: Choice, tail: list[str]) -> None:
        """Put copies in the tail's place, and remember which branch each belongs to."""
        copier = self.copier(component, choice, tail)
        copier.copy()
        self.copies += len(copier.made)
        for task, copied, branch in copier.made:
            known = self.worlds.get((component, task), {})
            self.worlds[component, copied] = {**known, f"{choice.task} {choice.branches}": branch}

    # Outputs -----------------------------------------------------------------------------------------

    def split_outputs(self, component: str, kind: Kind) -> None:
        """Give a dag an output for each candidate of an output that has several."""
        dag = self.draft.components[component]["dag"]
        ports = self.draft.ports(component, "output", kind)
        for name, chosen in selectors(dag.get("outputs") or {}, kind).items():
            candidates = list(self.candidates(component, kind, chosen))
            if len(candidates) < 2:
                continue
            dag["outputs"][kind][name] = selected([(task, key) for task, key, _ in candidates], kind)
            if component == ROOT:
                continue
            if not self.exclusive(component, candidates):
                self.leave(component, "", f"its output {name!r} is one of several, of which more than one may exist")
                continue
            by_branch: dict[str, str] = {}
            for task, key, branch in candidates:
                branch = free_name(branch, by_branch)
                output = free_name(f"{name}-{branch}", ports)
                ports[output] = copy.deepcopy(ports[name])
                dag["outputs"][kind][output] = selected([(task, key)], kind)
                by_branch[branch] = output
            self.apart[component, kind, name] = by_branch

    def candidates(
        self, component: str, kind: Kind, chosen: Iterable[tuple[str, str]]
    ) -> Iterator[tuple[str, str, str]]:
        """The tasks and outputs that an output may come from, each with the name of its branch."""
        for name, key in chosen:
            task = self.draft.tasks(component)[name]
            by_branch = self.apart.get((self.draft.used_by(task), kind, key))
            if by_branch is None:
                yield name, key, name
            elif iterator(task) is not None:
                self.leave(component, name, "a loop collects what one of several branches made in each iteration")
                yield name, key, name
            else:
                yield from ((name, output, f"{name}-{branch}") for branch, output in by_branch.items())

    def exclusive(self, component: str, candidates: list[tuple[str, str, str]]) -> bool:
        """Whether at most one of the candidates exists."""
        return all(
            self.apart_from(component, one, other)
            for number, one in enumerate(candidates)
            for other in candidates[:number]
        )

    def apart_from(self, component: str, one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
        tasks = self.draft.tasks(component)
        if one[0] == other[0]:
            return one[1] != other[1] and any(
                {one[1], other[1]} <= set(by_branch.values())
                for (used, _, _), by_branch in self.apart.items()
                if used == self.draft.used_by(tasks[one[0]])
            )
        mine, theirs = (self.worlds.get((component, name[0]), {}) for name in (one, other))
        if any(mine[choice] != theirs[choice] for choice in mine.keys() & theirs.keys()):
            return True
        return exclude(self.draft, tasks[one[0]], tasks[other[0]])

    def tidy(self) -> None:
        """Take away the outputs that nothing takes any more since they are there by branch."""
        for component in reversed(self.draft.in_order()):
            for (owner, kind, name), by_branch in self.apart.items():
                if owner == component:
                    self.drop(component, kind, {name, *by_branch.values()} - self.wanted(component, kind))

    def drop(self, component: str, kind: Kind, outputs: set[str]) -> None:
        for name in outputs:
            del self.draft.components[component]["dag"]["outputs"][kind][name]
            del self.draft.ports(component, "output", kind)[name]

    def wanted(self, component: str, kind: Kind) -> set[str]:
        """The outputs of a component that anybody takes."""
        found: set[str] = set()
        for dag in self.draft.in_order():
            tasks = self.draft.tasks(dag)
            users = {name for name, task in tasks.items() if self.draft.used_by(task) == component}
            found |= {key for name in users for taken, key in self.taken(tasks, name) if taken == kind}
            found |= {
                holder["outputParameterKey"]
                for task in tasks.values()
                for config in self.draft.settings(self.draft.used_by(task))
                for holder in _references(config)
                if holder.get("producerTask") in users
            }
            outputs = self.draft.components[dag]["dag"].get("outputs") or {}
            found |= {key for chosen in selectors(outputs, kind).values() for name, key in chosen if name in users}
        return found


def _references(config: object) -> Iterator[Json]:
    pending = [config]
    while pending:
        value = pending.pop()
        if isinstance(value, dict):
            if "producerTask" in value and "outputParameterKey" in value:
                yield value
            pending.extend(value.values())
        elif isinstance(value, list):
            pending.extend(value)
