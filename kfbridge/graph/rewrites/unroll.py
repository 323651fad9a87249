"""Unrolling: a loop whose items are known becomes a task for each item."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from kfbridge.findings import Finding, Level
from kfbridge.graph.arguments import bind_arguments
from kfbridge.graph.model import MISSING, DagInput, TaskOutput
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites.fan import unrolled
from kfbridge.graph.rewrites.known import Values, known_inputs
from kfbridge.graph.rewrites.obstacle import Obstacle
from kfbridge.graph.rewrites.part import Group, Part
from kfbridge.graph.rewrites.reader import read_parts
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.graph.rewrites.sure import Sure
from kfbridge.graph.rewrites.writer import origins, write_parts
from kfbridge.graph.tasks import raw_items
from kfbridge.spec.read import Document

IMAGE = "python:3.11"
"""The image of a step that collects: the one that KFP takes for functions without an image of their own."""


def unroll(
    document: Document,
    arguments: Mapping[str, Any] | None = None,
    *,
    only: Collection[str] | None = None,
    at_most: int = 1000,
    image: str = IMAGE,
) -> Rewritten:
    """Give each item of a loop a task of its own, where the items are known: constants, or inputs of the pipeline.

    The task ``for-loop-1`` becomes ``for-loop-1-0``, ``for-loop-1-1``, ...: tasks without a loop that are given the
    item as a constant (`inline` puts what is in them beside each other). Nested loops, also over a part of an outer
    item, are unrolled in each of them. Condition, retries, caching and settings stay on each of the tasks.

    * ``parallelism``: see `kfbridge.graph.rewrites.lanes`; the limit holds exactly, the order may be stricter.
    * ``Collected``: see `kfbridge.graph.rewrites.collect`. A list of artifacts that may have no element, because there
      are no items or every one may be skipped, cannot be said without a loop: then the loop stays.
    * A consumer of the loop waits for all of the tasks, and does not run when one of them fails.

    Args:
        document: The pipeline.
        arguments: The arguments of the run: then loops over inputs of the pipeline are unrolled, too, and the result
            is the pipeline for these arguments alone.
        only: The paths of the loops to unroll; all of them unless given.
        at_most: The largest number of items; a loop over more stays.
        image: The image of the steps that collect; it must have python3.

    Returns:
        The pipeline; a finding for each loop that stays, for each that keeps its ``parallelism`` by lanes or collects
        by a step, and for each whose items come from the arguments.

    Raises:
        SpecError: The pipeline is not valid.
        UsageError: The arguments do not fit its inputs.
    """
    root = read_parts(document)
    known: dict[str, Any] = {}
    if arguments is not None:
        known = known_inputs(replace(root, parameters={}), {}) | bind_arguments(resolve(document), arguments)
    unroller = _Unroller(only, at_most, image)
    after = unroller.inside(root, "", known, dict.fromkeys(root.face.inputs.parameters, "loop_over_input"))
    findings = tuple(dict.fromkeys(unroller.findings))
    if after is root:
        return Rewritten.unchanged(document, findings)
    return Rewritten(write_parts(after, document), findings, origins(after))


class _Unroller:
    def __init__(self, only: Collection[str] | None, at_most: int, image: str) -> None:
        self.only = only
        self.at_most = at_most
        self.image = image
        self.findings: list[Finding] = []
        self.sure = Sure()

    def inside(self, owner: Part, path: str, known: Values, kinds: Mapping[str, str]) -> Part:
        """The part with the loops in it unrolled, the outer ones first; itself where there was nothing to do.

        Args:
            owner: The part.
            path: The user's path of it.
            known: Its inputs that are known.
            kinds: For its inputs what a loop over one of them would be called among the features.
        """
        if not isinstance(owner.body, Group):
            return owner
        for name, part in owner.body.tasks.items():
            where = _path(part, path)
            if part.loop is not None and (self.only is None or where in self.only):
                try:
                    owner = self.unrolled(owner, name, where, known_inputs(part, known), _kinds(part, kinds))
                except Obstacle as obstacle:
                    self.findings.append(obstacle.finding(_feature(part, kinds), where))
        assert isinstance(owner.body, Group)
        tasks = {
            name: self.inside(part, _path(part, path), self.seen_inside(part, known), _kinds(part, kinds))
            for name, part in owner.body.tasks.items()
        }
        if all(tasks[name] is part for name, part in owner.body.tasks.items()):
            return owner
        return replace(owner, body=replace(owner.body, tasks=tasks))

    def seen_inside(self, part: Part, known: Values) -> dict[str, Any]:
        """The known inputs of what is in a task; a loop that stays has an item that is not known."""
        found = known_inputs(part, known)
        if part.loop is not None:
            found.pop(part.loop.item_input, None)
        return found

    def unrolled(self, owner: Part, name: str, path: str, known: Values, kinds: Mapping[str, str]) -> Part:
        assert isinstance(owner.body, Group)
        part = owner.body.tasks[name]
        items = _items(part, known)
        if len(items) > self.at_most:
            raise Obstacle(f"it has {len(items)} items, and at most {self.at_most} are unrolled", "Raise the limit.")
        done = unrolled(owner, name, items, self.sure, self.image)
        assert part.loop is not None
        if isinstance(part.loop.items, str) and kinds.get(part.loop.items) == "loop_over_input":
            self.note("loop_over_input", path, "it is unrolled for the list that the arguments give it")
        if 0 < part.loop.parallelism < len(items):
            self.note(
                "loop_parallelism",
                path,
                f"its {part.loop.parallelism} iterations at once are kept by lanes: an iteration waits for that one "
                f"which is {part.loop.parallelism} before it",
            )
        for kind in done.collected:
            self.note(f"collected_{kind}", path, "a step of its own collects what the iterations made")
        return done.owner

    def note(self, feature: str, path: str, reason: str) -> None:
        self.findings.append(Finding(feature, path, Level.REWRITTEN, reason))


def _items(part: Part, known: Values) -> list[Any]:
    assert part.loop is not None
    remedy = "Run the pipeline where loops over values of the run are possible, or give the items as a constant."
    if part.loop.over_artifacts:
        raise Obstacle("it goes over artifacts, which are known only when the pipeline runs", remedy)
    if isinstance(part.loop.items, list):
        return part.loop.items
    found = known.get(part.loop.items, MISSING)
    if isinstance(found, str):
        try:
            found = raw_items(found)
        except ValueError:
            found = MISSING
    if not isinstance(found, list):
        raise Obstacle("its items are known only when the pipeline runs", remedy)
    return found


def _path(part: Part, around: str) -> str:
    return "/".join((*filter(None, (around,)), *(step for step, _ in part.origin or ())))


def _kinds(part: Part, around: Mapping[str, str]) -> dict[str, str]:
    """What loops over the inputs of a task are called: over a constant, an input of the pipeline, or an output."""
    found = {}
    for name, binding in part.parameters.items():
        match binding.source:
            case TaskOutput():
                found[name] = "loop_over_output"
            case DagInput(key) if key in around:
                found[name] = around[key]
    if part.loop is not None and isinstance(part.loop.items, str) and part.loop.items in found:
        found[part.loop.item_input] = found[part.loop.items]
    return found


def _feature(part: Part, around: Mapping[str, str]) -> str:
    assert part.loop is not None
    if part.loop.over_artifacts:
        return "loop_over_artifacts"
    kinds = _kinds(part, around)
    return (
        kinds.get(part.loop.items, "loop_over_constant") if isinstance(part.loop.items, str) else "loop_over_constant"
    )
