"""Inlining: the tasks of nested pipelines become tasks of the pipeline around."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from kfbridge.findings import Finding
from kfbridge.graph.rewrites.dissolve import dissolved
from kfbridge.graph.rewrites.lanes import is_gate
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Part
from kfbridge.graph.rewrites.reader import read_parts
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.graph.rewrites.sure import Sure
from kfbridge.graph.rewrites.writer import origins, write_parts
from kfbridge.spec.read import Document

FEATURE = "nested_pipeline"


def inline(document: Document, *, only: Collection[str] | None = None, exit_groups: bool = False) -> Rewritten:
    """Put the tasks of nested pipelines, and of other groups without loop, condition and retries, into what is around.

    The task ``fit`` of ``training`` becomes ``training-fit``. It keeps its display name, its caching and its settings;
    where its component's inputs must have other defaults, the component is copied.

    Args:
        document: The pipeline.
        only: The paths of the groups to inline; all of them unless given.
        exit_groups: Inline the groups, too, that a task follows which runs however they end (``dsl.ExitHandler``).
            One that is asked for its final status stays in any case.

    Returns:
        The pipeline; a finding for each group that stays because it could not mean the same without.

    Raises:
        SpecError: The pipeline is not valid.
    """
    inliner = _Inliner(only, exit_groups)
    before = read_parts(document)
    after = inliner.inside(before, "")
    if after is before:
        return Rewritten.unchanged(document, inliner.findings)
    return Rewritten(write_parts(after, document), tuple(inliner.findings), origins(after))


class _Inliner:
    def __init__(self, only: Collection[str] | None, exit_groups: bool) -> None:
        self.only = only
        self.exit_groups = exit_groups
        self.findings: list[Finding] = []
        self.sure = Sure()

    def inside(self, owner: Part, path: str) -> Part:
        """The part with everything in it inlined; itself where there was nothing to do."""
        if not isinstance(owner.body, Group):
            return owner
        prefix = f"{path}/" if path else ""
        tasks = {name: self.inside(part, prefix + name) for name, part in owner.body.tasks.items()}
        if any(tasks[name] is not part for name, part in owner.body.tasks.items()):
            owner = replace(owner, body=replace(owner.body, tasks=tasks))
        for name in tasks:
            if self.is_wanted(owner, name, prefix + name):
                try:
                    owner = dissolved(owner, name, self.sure)
                except Obstacle as obstacle:
                    self.findings.append(obstacle.finding(FEATURE, prefix + name))
        return owner

    def is_wanted(self, owner: Part, name: str, path: str) -> bool:
        assert isinstance(owner.body, Group)
        part = owner.body.tasks[name]
        if not isinstance(part.body, Group) or part.loop or part.condition or part.retries:
            return False
        if self.only is not None:
            return path in self.only
        followers = (one for one in owner.body.tasks.values() if name in one.after and not is_gate(one))
        return self.exit_groups or not any(one.always for one in followers)
