"""What is left of a pipeline when some of its tasks are done: they vanish, and what they made stands in their place.

Parameters become constants, artifacts become importers with their URI and metadata. Where only a task can give a
value (an output of a dag), a step of one line gives it. The rest runs on any backend, with the same arguments.

A loop of which some iterations ran is unrolled: the finished ones vanish, the others become tasks of their own. A
group that is tried again (a retry of a nested pipeline) tries again what is left of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Protocol

from kfbridge.graph.rewrites.draft import ROOT, Draft, selected
from kfbridge.graph.rewrites.fate import Past
from kfbridge.graph.rewrites.made import add_carrier
from kfbridge.graph.rewrites.rewrite import Rewritten
from kfbridge.graph.rewrites.scope import Scope
from kfbridge.spec.read import Document


class TaskState(Protocol):
    """A task of a run record: its path with iterations, its state, and what it left."""

    @property
    def path(self) -> str:
        """``for-loop-1[0]/train``."""

    @property
    def state(self) -> str:
        """``succeeded`` and others."""

    @property
    def outputs(self) -> Mapping[str, Any]:
        """Parameters as values, artifacts as objects."""


def finished_tasks(tasks: Iterable[TaskState]) -> dict[str, Mapping[str, Any]]:
    """The tasks of a run record that succeeded, as `resume` takes them."""
    return {task.path: task.outputs for task in tasks if task.state == "succeeded"}


def resume(
    document: Document,
    finished: Mapping[str, Mapping[str, Any]],
    *,
    skipped: Collection[str] = (),
    items: Mapping[str, list[Any]] | None = None,
) -> Rewritten:
    """The pipeline that remains.

    `kfbridge.engine.remainder.remainder` finds out `skipped` and `items` from the finished tasks alone.

    Args:
        document: The pipeline that ran, valid.
        finished: By path with iterations (``for-loop-1[0]/train``) the outputs of what succeeded, groups too where
            they are known: parameters as values, an artifact as ``{"name", "type", "uri", "metadata"}``, a list of
            artifacts as a list of those.
        skipped: The paths of what a condition has decided against for good.
        items: What the loops run over of which some iterations ran, by path.
    """
    past = Past(Draft(document), finished, frozenset(skipped), items or {})
    if past.begun:
        _settle_root(past)
    return past.draft.rewritten(past.findings)


def _settle_root(past: Past) -> None:
    """Rewrite the pipeline itself; its own outputs are given by steps where nothing else gives them."""
    draft, scope = past.draft, Scope(past, ROOT, "")
    for name, known in scope.settle().items():
        kind = draft.ports(ROOT, "output", "parameters").get(name, {}).get("parameterType", "STRING")
        chosen = add_carrier(draft, ROOT, f"output-{name}", known.value, kind)
        scope.outputs("parameters")[name] = selected([chosen], "parameters")
