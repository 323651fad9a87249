"""What the runner knows of one attempt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from kfbridge.backends.k8s.layout import PodLayout
from kfbridge.backends.k8s.resource import JOB
from kfbridge.backends.k8s.verdict import Cause, Seen, Verdict, Waiting, judge
from kfbridge.backends.k8s.watching import Change
from kfbridge.engine.runner import TaskInvocation

_SETTLED: Final = 5.0  # seconds after a Job's end in which its pod's end must have been told
_NODE_SILENT: Final = 30.0  # seconds beyond its grace after which a deleted pod's node is taken for dead


@dataclass(slots=True)
class Objects:
    """The objects of a Job, as they were told last."""

    job: Mapping[str, Any] | None = None
    pod: Mapping[str, Any] | None = None
    job_gone: bool = False
    pod_gone: bool = False
    job_ended: float | None = None
    pod_deleted: float | None = None
    warnings: dict[str, str] = field(default_factory=dict)

    def take(self, change: Change, now: float) -> None:
        """Note a change of the Job, or of its pod. A second pod is not looked at: the first one's end counts."""
        document = change.document
        if change.resource is JOB:
            self.job, self.job_gone = document, change.gone
            ended = any(one.get("status") == "True" for one in document.get("status", {}).get("conditions") or ())
            self.job_ended = (self.job_ended or now) if ended else None
            return
        if self.pod is not None and self.pod["metadata"]["uid"] != document["metadata"]["uid"]:
            return
        if "status" in document:
            self.pod = document
        self.pod_gone = self.pod_gone or change.gone
        if document["metadata"].get("deletionTimestamp") and self.pod_deleted is None:
            self.pod_deleted = now


@dataclass(slots=True)
class PodAttempt:
    """One attempt that was started, or taken up.

    Attributes:
        invocation: What runs.
        layout: Where it reads and writes.
        executor_input: Its ExecutorInput.
        name: Its Job's name.
        objects: Its Job and pod.
        look: Where its output is, as a line of its own.
        started: Whether the step itself was seen to run.
        said: What was last told of its waiting.
        waits_since: When it began to wait for the present cause.
        is_cancelled: Whether the engine has asked for its end.
    """

    invocation: TaskInvocation
    layout: PodLayout
    executor_input: dict[str, Any]
    name: str
    objects: Objects
    look: str
    started: bool = False
    said: str = ""
    cause: Cause | None = None
    waits_since: float = 0.0
    is_cancelled: bool = False

    @property
    def key(self) -> str:
        """The task's path in the run."""
        return self.invocation.key

    @property
    def number(self) -> int:
        """The attempt's number."""
        return self.invocation.attempt

    @property
    def pod_name(self) -> str | None:
        """The name of its pod, once that was seen."""
        return None if self.objects.pod is None else str(self.objects.pod["metadata"]["name"])

    def verdict(self, now: float) -> Verdict:
        """How it stands."""
        objects = self.objects
        ended = objects.job_ended
        seen = Seen(
            self.invocation.task,
            self.look,
            objects.job,
            objects.pod,
            objects.job_gone,
            objects.pod_gone,
            objects.warnings,
            settled=ended is not None and now - ended >= _SETTLED,
        )
        return judge(seen)

    def node_is_silent(self, now: float) -> bool:
        """Whether its pod was deleted long ago, and nobody has told that its containers have ended."""
        deleted, pod = self.objects.pod_deleted, self.objects.pod
        if deleted is None or pod is None or self.objects.pod_gone:
            return False
        grace = float(pod["metadata"].get("deletionGracePeriodSeconds") or 0)
        return now - deleted > grace + _NODE_SILENT

    def due(self, now: float, limits: Mapping[Cause, float | None]) -> float | None:
        """When it must be looked at again although nothing was told; None for never."""
        objects, times = self.objects, list[float]()
        if objects.job_ended is not None:
            times.append(objects.job_ended + _SETTLED)
        if objects.pod_deleted is not None and objects.pod is not None:
            grace = float(objects.pod["metadata"].get("deletionGracePeriodSeconds") or 0)
            times.append(objects.pod_deleted + grace + _NODE_SILENT + 0.1)
        limit = limits.get(self.cause) if self.cause is not None else None
        if limit is not None:
            times.append(self.waits_since + limit)
        return max(now, min(times)) if times else None

    def waits(self, verdict: Waiting, now: float) -> float:
        """Note for what it waits; for how long already, in seconds."""
        if verdict.cause is not self.cause:
            self.cause, self.waits_since = verdict.cause, now
        return now - self.waits_since


def clock() -> float:
    """Seconds by which waits are measured."""
    return time.monotonic()
