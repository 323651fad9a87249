"""The contract of a backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol, runtime_checkable

from kfbridge.backends.schedule import Schedule, Schedules, Timing
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.plan.capabilities import Capabilities
from kfbridge.plan.limits import Limits
from kfbridge.plan.model import Plan
from kfbridge.runs.store import RunStore
from kfbridge.target import BackendConfig, ProviderConfig, Target

__all__ = [
    "Backend",
    "BackendConfig",
    "Checkup",
    "ExaminedBackend",
    "Finding",
    "Level",
    "ObservedBackend",
    "Observer",
    "Plan",
    "ProviderConfig",
    "RecordingBackend",
    "Run",
    "RunStatus",
    "Schedule",
    "ScheduledBackend",
    "Schedules",
    "StaffedBackend",
    "Target",
    "TaskStatus",
    "Timing",
]


@dataclass(frozen=True, slots=True)
class TaskStatus:
    """One task instance of a run, as people and ``--json`` see it. Times are seconds since the epoch.

    `outputs` holds parameters as values and artifacts as ``{"name", "type", "uri", "metadata"}`` (a list of them
    for a list). `group` tells a dag, a loop or an iteration from a step.
    """

    name: str
    path: str
    state: str  # pending running succeeded failed skipped cancelled
    attempts: int = 0
    cached: bool = False
    started: float | None = None
    ended: float | None = None
    outputs: dict[str, Any] = field(default_factory=dict)
    error: str | None = None
    native_id: str = ""
    group: bool = False


@dataclass(frozen=True, slots=True)
class RunStatus:
    """A run with its tasks; `outputs` are the pipeline's own."""

    run_id: str
    pipeline: str
    target: str
    state: str
    outputs: dict[str, Any] = field(default_factory=dict)
    tasks: tuple[TaskStatus, ...] = ()
    error: str | None = None
    created: float | None = None
    ended: float | None = None
    place: str | None = None  # where the run's record and files are


@dataclass(frozen=True, slots=True)
class Checkup:
    """One thing that ``kfbridge doctor`` looked at on a target.

    `ok` is None where it could not be looked at; `said` is what was found, or why not.
    """

    subject: str
    ok: bool | None
    said: str
    remedy: str = ""


class Run(Protocol):
    """A submitted run; `findings` is what the backend said about the plan that it comes from."""

    run_id: str
    findings: tuple[Finding, ...]

    def wait(self, listener: Callable[[RunStatus], None] | None = None) -> RunStatus:
        """Block until the run ends; `listener` is told when something changed."""

    def status(self) -> RunStatus:
        """Where the run stands now."""

    def logs(self, task: str | None = None, follow: bool = False, brief: bool = False) -> Iterator[tuple[str, str]]:
        """(task path, line) pairs, of one task or of all; `brief` cuts a flood short and says by how much."""

    def cancel(self) -> None:
        """Ask the run to stop; running steps end, the run stays resumable where the backend can."""


Observer = Callable[[str, dict[str, Any]], None]
"""Told the id of a run and each of its events, in the journal's JSON form, after it was written; raises nothing."""


@dataclass(frozen=True, slots=True)
class TransferStatus:
    """How far a transfer to or from a store is.

    Attributes:
        what: What is on its way, for people.
        up: Whether it goes to the store.
        files: Those that are through.
        bytes: The same.
        all_files: How many there are; 0 as long as that is not known.
        all_bytes: The same.
    """

    what: str
    up: bool
    files: int = 0
    bytes: int = 0
    all_files: int = 0
    all_bytes: int = 0


@runtime_checkable
class TransferringRun(Protocol):
    """A run of which this process moves the data."""

    def transfers(self) -> tuple[TransferStatus, ...]:
        """What has been on its way for a while, the oldest first."""


@runtime_checkable
class ObservedBackend(Protocol):
    """A backend that drives its runs in this process, and tells `observer`, if there is one, what happens."""

    observer: Observer | None


@runtime_checkable
class RecordingBackend(Protocol):
    """A backend whose runs leave records, which `store` finds."""

    store: RunStore


@runtime_checkable
class ExaminedBackend(Protocol):
    """A backend that can look whether its target is ready for a run."""

    def doctor(self) -> Iterator[Checkup]:
        """Look at credentials, reachability, permissions and versions, and say what cannot be looked at."""


@runtime_checkable
class ScheduledBackend(Protocol):
    """A backend that begins runs by itself, at times that it was told."""

    schedules: Schedules


@runtime_checkable
class StaffedBackend(Protocol):
    """A backend that chooses a machine for each step."""

    def machines(self, graph: Graph, arguments: Mapping[str, Any]) -> Mapping[str, Mapping[str, Any]]:
        """What each step gets, by its path, as JSON data: the ``machines`` of a plan."""


class Backend(Protocol):
    """A place where pipelines run.

    `capabilities` and `limits` are attributes of the class, as the platform is, and of an instance, as the target
    makes it. A class may have `modules`: what running needs, but planning does not, each module with the requirement
    that installs it (``{"boto3": "kfbridge[sagemaker]"}``).
    """

    name: ClassVar[str]
    Config: ClassVar[type[BackendConfig]]
    capabilities: Capabilities
    limits: Limits

    def __init__(self, target: Target) -> None: ...

    def check(self, graph: Graph, arguments: Mapping[str, Any]) -> tuple[Finding, ...]:
        """What becomes of each thing that the pipeline needs; `arguments` may be incomplete. Pure, like `plan`."""

    def plan(self, graph: Graph, arguments: Mapping[str, Any], spec_text: str) -> Plan:
        """What would be done; pure: offline, no credentials, the same every time."""

    def submit(self, plan: Plan, run_id: str | None = None) -> Run:
        """Start the plan and return at once."""

    def run(self, run_id: str) -> Run:
        """The handle of an earlier run."""

    def resume(self, run_id: str) -> Run:
        """Continue a run that was cancelled, failed or lost its driver."""

    def runs(self) -> list[RunStatus]:
        """Every run under the target's artifact root, newest first, without their tasks."""
