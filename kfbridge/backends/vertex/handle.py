"""A run on Vertex AI, as its user has it in hand."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from kfbridge.backends.base import RunStatus
from kfbridge.backends.vertex.client import VertexClient
from kfbridge.backends.vertex.details import run_outputs, seconds, task_statuses, whole_numbers
from kfbridge.backends.vertex.logs import Entries, entries_of, log_filter, log_link
from kfbridge.backends.vertex.states import PAUSED, RUNS
from kfbridge.errors import UsageError
from kfbridge.findings import Finding
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.runs.record import ENDED
from kfbridge.spec.read import from_data
from kfbridge.spelling import hint

POLL: Final = 5.0
"""Seconds between two looks at a run."""


class VertexRun:
    """A run; everything about it is read from Vertex AI.

    Attributes:
        run_id: The id of the PipelineJob.
        findings: What was said about the plan that it comes from.
    """

    def __init__(
        self, client: VertexClient, target: str, run_id: str, findings: tuple[Finding, ...] = (), poll: float = POLL
    ) -> None:
        self.run_id = run_id
        self.findings = findings
        self.entries: Entries | None = entries_of(client.config.project)
        self._client = client
        self._target = target
        self._poll = poll
        self._graph: Graph | None = None

    @property
    def link(self) -> str:
        """The run in Google's console."""
        config = self._client.config
        place = f"https://console.cloud.google.com/vertex-ai/pipelines/locations/{config.location}"
        return f"{place}/runs/{self.run_id}?project={config.project}"

    def status(self) -> RunStatus:
        """Where the run stands now.

        Raises:
            UsageError: It is not there.
            BackendError: Vertex AI cannot be asked.
        """
        job = self._client.get(self.run_id)
        graph = self._resolved(job)
        tasks = task_statuses(job, graph)
        found = summary(job, self._target)
        outputs = run_outputs(tasks, graph) if found.state in ENDED else {}
        return RunStatus(
            self.run_id, graph.name, self._target, found.state, outputs, tasks, found.error, found.created, found.ended,
            self.link,
        )  # fmt: skip

    def wait(self, listener: Callable[[RunStatus], None] | None = None) -> RunStatus:
        """Block until the run ends; `listener` is told when something changed."""
        before: RunStatus | None = None
        while True:
            status = self.status()
            if listener is not None and status != before:
                listener(status)
            if status.state in ENDED:
                return status
            before = status
            time.sleep(self._poll)

    def logs(self, task: str | None = None, follow: bool = False, brief: bool = False) -> Iterator[tuple[str, str]]:
        """What the steps printed, or for each of them the place where it can be read.

        `brief` changes nothing: Cloud Logging itself cuts floods.

        Raises:
            UsageError: There is no such task.
        """
        told: dict[str, int] = {}
        while True:
            status = self.status()
            if task is not None and status.tasks:
                _check_name(task, status)
            for one in status.tasks:
                if one.native_id and (task is None or task in (one.name, one.path)):
                    yield from self._lines(one.path, one.native_id, told)
            if not follow or status.state in ENDED:
                return
            time.sleep(self._poll)

    def cancel(self) -> None:
        """Ask the run to stop; steps that run are ended by Vertex AI."""
        self._client.cancel(self.run_id)

    # ------------------------------------------------------------------------------------------------

    def _lines(self, path: str, job: str, told: dict[str, int]) -> Iterator[tuple[str, str]]:
        if self.entries is None:
            if job not in told:
                yield path, f"see {log_link(job, self._client.config.project)}"
            told[job] = 1
            return
        lines = list(self.entries(log_filter(job)))
        for line in lines[told.get(job, 0) :]:
            yield path, line
        told[job] = len(lines)

    def _resolved(self, job: Mapping[str, Any]) -> Graph:
        if self._graph is None:
            self._graph = resolve(from_data([whole_numbers(job["pipelineSpec"])], self.run_id))
        return self._graph


def summary(job: Mapping[str, Any], target: str) -> RunStatus:
    """A run without its tasks, as a list has it."""
    native = job.get("state") or "PIPELINE_STATE_UNSPECIFIED"
    error = (job.get("error") or {}).get("message")
    if native == PAUSED:
        error = "Vertex AI has paused the run; it goes on when it is resumed there"
    return RunStatus(
        run_id=str(job["name"]).rpartition("/")[2],
        pipeline=((job.get("pipelineSpec") or {}).get("pipelineInfo") or {}).get("name") or job.get("displayName", ""),
        target=target,
        state=RUNS[native],
        error=error,
        created=seconds(job.get("createTime")),
        ended=seconds(job.get("endTime")),
    )


def _check_name(task: str, status: RunStatus) -> None:
    known = [name for one in status.tasks for name in (one.name, one.path)]
    if task not in known:
        raise UsageError(
            f"The run {status.run_id} has no task {task!r}.",
            remedy=hint(task, known) or f"Its tasks are {', '.join(one.path for one in status.tasks)}.",
        )
