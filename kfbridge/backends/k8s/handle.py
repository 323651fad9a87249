"""The handle of a run on Kubernetes, whoever drives it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from kfbridge.backends.base import Finding, RunStatus
from kfbridge.backends.driven.driving import Driving
from kfbridge.backends.driven.handle import DrivenRun, check_name, wants
from kfbridge.backends.k8s.driver import (
    CONTAINER,
    HOPELESS,
    driver_job,
    driver_pods,
    end_run,
    has_ended,
    look_at,
    withdraw,
)
from kfbridge.backends.k8s.ending import ended_container
from kfbridge.backends.k8s.logs import LiveLogs
from kfbridge.backends.k8s.submission import TOKEN, Submission
from kfbridge.backends.k8s.verdict import Failed, Seen, Waiting, judge
from kfbridge.errors import BackendError, KfbridgeError, RunError, UsageError
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.runs.record import ENDED, RunRecord
from kfbridge.spec.read import read_file

if TYPE_CHECKING:
    from kfbridge.backends.k8s.backend import KubernetesBackend

_POLL: Final = 0.5  # seconds between looks at the root
_LOOK_AT_DRIVER: Final = 3.0  # seconds between looks at the driver's Job


class KubernetesRun(DrivenRun):
    """One run.

    Args:
        backend: The target's backend.
        run_id: The run.
        graph: The pipeline, when it is known already.
        driving: There when this process drives it.
        findings: What was said about the plan.
        submission: What was submitted just now; None for a run that somebody submitted earlier.
    """

    def __init__(
        self,
        backend: KubernetesBackend,
        run_id: str,
        graph: Graph | None,
        driving: Driving | None = None,
        findings: tuple[Finding, ...] = (),
        submission: Submission | None = None,
    ) -> None:
        transfers = backend.transfers
        super().__init__(backend.store, run_id, graph, driving, findings, transfers)  # type: ignore[arg-type]  # no graph yet
        self._backend = backend
        self._submission = submission
        self._next_look = 0.0
        self._said = ""
        self._withdrawn = False

    def status(self) -> RunStatus:
        """Where the run stands; pending, with what is said of its driver, before that has begun."""
        if self._driving is not None:
            return super().status()
        record = self._record()
        if record is None:
            pipeline = self._submission.pipeline if self._submission else ""
            state = "cancelled" if self._withdrawn else "pending"
            return RunStatus(self.run_id, pipeline, self._target, state, error=self._said or None)
        return self._told(record)

    def wait(self, listener: Callable[[RunStatus], None] | None = None) -> RunStatus:
        """Block until the run ends; see `DrivenRun.wait`.

        Raises:
            BackendError: Its driver cannot start, or has failed for good.
        """
        if self._driving is not None:
            return super().wait(listener)
        seen: Any = None
        while True:
            if self._is_over():
                return self._told(self._store.find(self.run_id))  # one read before may be of a run that went on
            if self._withdrawn:
                return self.status()
            self._look_at_driver()
            size = self._paths.journal.stat().st_size if self._paths.journal.exists() else 0
            if listener is not None and (size, self._said) != seen:
                seen = (size, self._said)
                listener(self.status())
            time.sleep(_POLL)

    def logs(self, task: str | None = None, follow: bool = False, brief: bool = False) -> Iterator[tuple[str, str]]:
        """What the steps print: from the cluster while they run, from the artifact root once they have ended.

        Raises:
            UsageError: There is no such task; the message names the nearest.
        """
        if task is not None:
            check_name(task, self.status().tasks, self.run_id)
        live = LiveLogs(self._backend.cluster, self._store, self.run_id, self._is_over)
        return live.follow(wants(task)) if follow else live.now(wants(task))

    def cancel(self) -> None:
        """Ask whoever drives the run to stop it; without a driver, its Jobs are removed at once."""
        if self._driving is not None and not self._driving.over.is_set():
            super().cancel()
            return
        if self._record() is None:
            self._withdrawn = withdraw(self._backend.cluster, self.run_id)
            return
        super().cancel()
        if not self._backend.is_driven_elsewhere(self.run_id):
            end_run(self._backend.cluster, self.run_id, self._store.find(self.run_id).pipeline)

    # ------------------------------------------------------------------------------------------------

    @property
    def _target(self) -> str:
        return self._backend.target.name

    def _is_over(self) -> bool:
        if self._driving is not None:
            return self._driving.over.is_set()
        record = self._record()
        return record is not None and record.state in ENDED and self._is_mine(record)

    def _record(self) -> RunRecord | None:
        """The run's record, None before its driver has written one; with it comes the pipeline."""
        try:
            record = self._store.find(self.run_id)
        except UsageError:
            return None
        if self._submission is not None and not (self._submission.resumes or self._is_mine(record)):
            return None  # an earlier run of that id; the driver will say so
        if self._graph is None and self._paths.spec.exists():
            self._graph = resolve(read_file(self._paths.spec))
        return record if self._graph is not None else None

    def _is_mine(self, record: RunRecord) -> bool:
        """Whether a record is of what was submitted just now, and not of an earlier run, or before the resumption."""
        return self._submission is None or record.options.get(TOKEN) == self._submission.token

    def _look_at_driver(self) -> None:
        """See that the driver begins, and goes on.

        Raises:
            BackendError: It cannot; the message is the cluster's.
        """
        if time.monotonic() < self._next_look:
            return
        self._next_look = time.monotonic() + _LOOK_AT_DRIVER
        cluster = self._backend.cluster
        job = driver_job(cluster, self.run_id)
        if job is None and self._is_over():
            return  # the driver of a cancelled run takes its Job away
        if job is None:
            raise self._gone("its driver's Job is gone")
        pods = driver_pods(cluster, self.run_id)
        if has_ended(job):
            if not self._is_over():
                raise self._gone(f"its driver has ended without an end of the run: {self._last_words(pods)}")
            return
        pod = pods[-1] if pods else None
        verdict = judge(Seen("the driver", "", job, pod, warnings=self._warnings(job, pod)))
        self._said = ""
        if isinstance(verdict, Waiting):
            self._said = verdict.reason
        if isinstance(verdict, Failed) and verdict.terminal:
            raise self._gone(f"its driver cannot start: {verdict.reason}")
        if pod is not None and isinstance(verdict, Failed) and verdict.code == HOPELESS and self._has_not_begun():
            withdraw(cluster, self.run_id)  # it would begin some time, when nobody expects it any more
            raise _as_said(pod)
        if isinstance(verdict, Failed):
            self._said = f"its driver failed {len(pods)} times, and is started again: {self._last_words(pods)}"

    def _has_not_begun(self) -> bool:
        """Whether no driver has come so far as to write the record."""
        record = self._record()
        return record is None or not self._is_mine(record)

    def _warnings(self, job: dict[str, Any], pod: dict[str, Any] | None) -> dict[str, str]:
        """What events say about a driver that has no pod, or whose pod does not run."""
        from kfbridge.backends.k8s.resource import EVENT

        if pod is not None and pod["status"].get("phase") != "Pending":
            return {}
        name = (pod or job)["metadata"]["name"]
        found = self._backend.cluster.list(EVENT, fields=f"involvedObject.name={name},type=Warning")["items"]
        return {str(one.get("reason")): str(one.get("message") or "") for one in found}

    def _last_words(self, pods: list[dict[str, Any]]) -> str:
        for pod in reversed(pods):
            try:
                lines = b"".join(self._backend.cluster.log(pod["metadata"]["name"], CONTAINER)).decode(
                    "utf-8", "replace"
                )
            except KfbridgeError:
                continue
            if lines.strip():
                return lines.strip().splitlines()[-1]
        return "it left no word"

    def _gone(self, reason: str) -> BackendError:
        return BackendError(
            f"The run cannot go on: {reason}.",
            where=self.run_id,
            remedy=f"See what the cluster says: {look_at(self.run_id)}; continue with: kfbridge resume {self.run_id}",
            backend="k8s",
        )


def _as_said(pod: Mapping[str, Any]) -> RunError:
    """The error that ended a driver, from the last lines that it printed: ``error: REASON``, and the remedy below."""
    status = ended_container(pod, CONTAINER) or {}
    said = str((status.get("state", {}).get("terminated") or {}).get("message") or "")
    reason, _, remedy = said.rpartition("error: ")[2].strip().partition("\n")
    return RunError(f"The run did not begin: {reason}", remedy=" ".join(remedy.split()) or None, backend="k8s")
