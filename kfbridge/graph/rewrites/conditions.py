"""Flat conditions: each task of a branch carries the whole condition under which it runs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kfbridge.findings import Finding
from kfbridge.graph.model import TaskOutput
from kfbridge.graph.rewrites.dissolve import dissolved
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Part
from kfbridge.graph.rewrites.reader import read_parts
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.graph.rewrites.sure import Sure
from kfbridge.graph.rewrites.writer import origins, write_parts
from kfbridge.spec.expression import names
from kfbridge.spec.read import Document


def conditions(document: Document, *, only: Collection[str] | None = None) -> Rewritten:
    """Dissolve the groups that have a condition: every task in them carries it itself, the outermost one first.

    A task two branches deep has one condition, ``outer && inner``, and is given the inputs that both read. What ``&&``
    would get wrong, an outer condition that may not be possible to evaluate, is asked first: ``outer ? inner : false``.
    A nested pipeline under a condition is dissolved too. A loop, and a group with retries, stays a group and carries
    its whole condition like any other task; so a platform's steps are conditional one by one, unless they loop.

    Args:
        document: The pipeline.
        only: The paths of the groups to dissolve, counted in `document`; all of them unless given. What is in a group
            that is not dissolved can be.

    Returns:
        The pipeline; a finding for each group that stays because it could not mean the same without.

    Raises:
        SpecError: The pipeline is not valid.
    """
    flattener = _Flattener(only)
    before = read_parts(document)
    after = flattener.inside(before, "")
    if after is before:
        return Rewritten.unchanged(document, flattener.findings)
    return Rewritten(write_parts(after, document), tuple(flattener.findings), origins(after))


class _Flattener:
    def __init__(self, only: Collection[str] | None) -> None:
        self.only = only
        self.findings: list[Finding] = []
        self.sure = Sure()

    def inside(self, owner: Part, path: str) -> Part:
        """The part with the conditions in it flattened, the outer ones first; itself where there was nothing to do.

        `path` is the user's own.
        """
        if not isinstance(owner.body, Group):
            return owner
        stays: set[str] = set()
        while (name := self.next(owner, path, stays)) is not None:
            try:
                owner = dissolved(owner, name, self.sure)
            except Obstacle as obstacle:
                stays.add(name)
                self.findings.append(obstacle.finding(_feature(owner, name), _path(owner, name, path)))
        assert isinstance(owner.body, Group)
        tasks = {name: self.inside(part, _path(owner, name, path)) for name, part in owner.body.tasks.items()}
        if all(tasks[name] is part for name, part in owner.body.tasks.items()):
            return owner
        return replace(owner, body=replace(owner.body, tasks=tasks))

    def next(self, owner: Part, path: str, stays: set[str]) -> str | None:
        """The first task that is to be dissolved."""
        assert isinstance(owner.body, Group)
        for name, part in owner.body.tasks.items():
            plain = isinstance(part.body, Group) and part.loop is None and not part.retries
            if plain and part.condition is not None and name not in stays and self.is_wanted(owner, name, path):
                return name
        return None

    def is_wanted(self, owner: Part, name: str, path: str) -> bool:
        return self.only is None or _path(owner, name, path) in self.only


def _path(owner: Part, name: str, path: str) -> str:
    """The user's path of a task; of one that was made up, the path of what is around."""
    assert isinstance(owner.body, Group)
    way = owner.body.tasks[name].origin or ()
    return "/".join((*filter(None, (path,)), *(step for step, _ in way)))


def _feature(owner: Part, name: str) -> str:
    """Whether the condition needs what a task makes."""
    assert isinstance(owner.body, Group)
    part = owner.body.tasks[name]
    assert part.condition is not None
    read = [part.parameters[one].source for one in names(part.condition) if one in part.parameters]
    return "condition_on_output" if any(isinstance(one, TaskOutput) for one in read) else "condition_on_input"
