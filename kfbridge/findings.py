"""What is said about one construct of a pipeline: how it is carried out, why, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Level(str, Enum):
    """How a backend carries out something that a pipeline asks for."""

    NATIVE = "native"  # the platform has it
    REWRITTEN = "rewritten"  # expressed by other means of the platform, with the same meaning
    DRIVEN = "driven"  # done by kfbridge's engine
    REFUSED = "refused"  # not possible; nothing is started


@dataclass(frozen=True, slots=True)
class Finding:
    """What a backend, or a rewrite, says about one construct of a pipeline.

    `task` is the task's path without iterations, empty for the pipeline itself; `feature` is the name of a field of
    `kfbridge.plan.capabilities.Capabilities` or `kfbridge.plan.limits.Limits`, or a name of the backend's own.
    `where` is the place in the file, when it is known. A refusal with `loss` can be accepted by its feature's name
    (``--allow-loss FEATURE``): the pipeline runs without what was asked for.
    """

    feature: str
    task: str
    level: Level
    reason: str
    remedy: str = ""
    where: str = ""
    loss: bool = False

    @property
    def task_and_line(self) -> str:
        """The task for a person, with its file and line where they are known: ``train (pipeline.py:12)``."""
        task = self.task or "the pipeline"
        return f"{task} ({self.where.partition(' ')[0]})" if self.where else task
