"""The form that all rewrites share: a compiled pipeline to another that means the same."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from kfbridge.findings import Finding
from kfbridge.spec.model import ComponentSpec
from kfbridge.spec.read import Document

_ITERATION = re.compile(r"\[(\d+)\]$")


@dataclass(frozen=True, slots=True)
class Origin:
    """The task of the user's pipeline that a task of a rewritten one stands for.

    `path` is the task's path without iterations. `iterations` has an entry for each name in the path: the number of
    the iteration where that name is a loop that the rewrite unrolled, None everywhere else.
    """

    path: str
    iterations: tuple[int | None, ...]

    @classmethod
    def itself(cls, path: str) -> Origin:
        """The origin of a task that no rewrite has touched."""
        return cls(path, (None,) * (path.count("/") + 1))

    @property
    def key(self) -> str:
        """The path with the iterations that are known: ``for-loop-1[2]/train``."""
        pairs = zip(self.path.split("/"), self.iterations, strict=True)
        return "/".join(name if number is None else f"{name}[{number}]" for name, number in pairs)

    def within(self, outer: Mapping[str, Origin]) -> Origin | None:
        """The origin of this origin: `outer` says what the tasks stand for among which this one is.

        None when `outer` knows the task as one that a rewrite made up.
        """
        found = outer.get(self.path)
        if found is None:
            return None
        numbers = list(found.iterations)
        names = self.path.split("/")
        for depth, number in enumerate(self.iterations, start=1):
            group = outer.get("/".join(names[:depth])) if number is not None else None
            if group is not None:  # the loop is the last name of its own origin
                numbers[len(group.iterations) - 1] = number
        return replace(found, iterations=tuple(numbers))


@dataclass(frozen=True, slots=True)
class Rewritten:
    """What came of a rewrite.

    Attributes:
        document: The rewritten pipeline, valid KFP IR; the input itself where there was nothing to do.
        findings: What was left as it is because the meaning would have changed (`Level.REFUSED`, with reason and
            remedy), and what was done that a reader should know of (`Level.REWRITTEN`).
        origins: By path without iterations, for each task of `document`, groups too, the task of the user's pipeline
            that it stands for. A task that the rewrite made up has no entry.
    """

    document: Document
    findings: tuple[Finding, ...] = ()
    origins: Mapping[str, Origin] = field(default_factory=dict)

    @classmethod
    def unchanged(cls, document: Document, findings: Iterable[Finding] = ()) -> Rewritten:
        """The document as it is: every task stands for itself."""
        return cls(document, tuple(findings), {path: Origin.itself(path) for path in task_paths(document)})

    def origin_key(self, key: str) -> str | None:
        """What the user calls the task instance `key` of a run of the rewritten pipeline.

        ``pipeline-for-loop-1-2-train`` may be ``pipeline/for-loop-1[2]/train``; iterations of loops that are still
        there are kept. None for a task that the rewrite made up.
        """
        names, numbers = _split(key)
        found = Origin("/".join(names), tuple(numbers)).within(self.origins)
        return found.key if found is not None else None


Rewrite: TypeAlias = Callable[[Document], Rewritten]
"""Gives a pipeline that means the same. It is deterministic and leaves its argument alone."""


def apply(document: Document, rewrites: Iterable[Rewrite]) -> Rewritten:
    """The document after all of `rewrites`, one after the other; origins lead back to `document` itself.

    The findings are those of all rewrites, in their order, with the paths of `document` where a task has one.
    """
    done = Rewritten.unchanged(document)
    for rewrite in rewrites:
        done = _then(done, rewrite(done.document))
    return done


def task_paths(document: Document) -> Iterator[str]:
    """The path of every task of a pipeline without iterations: groups before what is in them, in the file's order."""
    components = document.pipeline.components or {}

    def below(component: ComponentSpec | None, prefix: str) -> Iterator[str]:
        for name, task in ((component.dag.tasks if component and component.dag else None) or {}).items():
            yield f"{prefix}{name}"
            used = task.component_ref.name if task.component_ref else None
            yield from below(components.get(used or ""), f"{prefix}{name}/")

    return below(document.pipeline.root, "")


def _then(first: Rewritten, second: Rewritten) -> Rewritten:
    origins = {path: origin.within(first.origins) for path, origin in second.origins.items()}
    findings = (*first.findings, *(_renamed(finding, first.origins) for finding in second.findings))
    return Rewritten(
        second.document, findings, {path: origin for path, origin in origins.items() if origin is not None}
    )


def _renamed(finding: Finding, origins: Mapping[str, Origin]) -> Finding:
    found = origins.get(finding.task)
    return replace(finding, task=found.path) if found is not None else finding


def _split(key: str) -> tuple[list[str], list[int | None]]:
    names: list[str] = []
    numbers: list[int | None] = []
    for part in key.split("/"):
        match = _ITERATION.search(part)
        names.append(part[: match.start()] if match else part)
        numbers.append(int(match[1]) if match else None)
    return names, numbers
