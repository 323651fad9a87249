"""What is known of the outputs of a pipeline that ran in part."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, TypeAlias

from kfbridge.findings import Finding, Level
from kfbridge.graph.rewrites.draft import Draft

FEATURE: Final = "resume"


class Fate(Enum):
    """What becomes of an output that is no value yet: a task will give it (or not), or it will never be."""

    LIVE = 0
    ABSENT = 1


@dataclass(frozen=True, slots=True)
class Given:
    """An output that is known: a parameter's value, or an artifact or several as run records have them."""

    value: Any


Output: TypeAlias = Given | Fate


@dataclass(slots=True)
class Past:
    """What is known of the run, and the draft of what remains of it.

    Attributes:
        draft: The pipeline.
        finished: The outputs of what succeeded, by path with iterations.
        skipped: What a condition has decided against.
        items: What loops run over.
        findings: What runs again although it is done.
        begun: The paths of all that is done or skipped, and of all that these are in.
    """

    draft: Draft
    finished: Mapping[str, Mapping[str, Any]]
    skipped: frozenset[str]
    items: Mapping[str, list[Any]]
    findings: list[Finding] = field(default_factory=list)
    begun: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        self.begun = frozenset(part for path in (*self.finished, *self.skipped) for part in _prefixes(path))

    def leave(self, path: str, reason: str) -> None:
        """Say that something runs again."""
        remedy = "Resume on the backend that the run began on, or allow the loss: it runs again."
        task = "/".join(part.partition("[")[0] for part in path.split("/"))
        self.findings.append(Finding(FEATURE, task, Level.REFUSED, reason, remedy, loss=True))


def _prefixes(path: str) -> Iterable[str]:
    """The path and what it lies in, loops without their iterations too."""
    parts = path.split("/")
    for depth in range(1, len(parts) + 1):
        whole = "/".join(parts[:depth])
        yield whole
        if whole.endswith("]"):
            yield whole[: whole.rindex("[")]
