"""What happens to a run: the only input of the scheduler, and the lines of the journal.

Every event is plain JSON data, so that a journal is readable by people and by other programs. Times are
seconds since the epoch, taken by whoever saw the event, so that replaying a journal needs no clock.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar


@dataclass(frozen=True, slots=True)
class Artifact:
    """An artifact as it crosses task borders."""

    name: str
    schema_title: str
    uri: str
    metadata: dict[str, Any] = field(default_factory=dict)
    schema_version: str = "0.0.1"
    custom_path: str = ""


@dataclass(frozen=True, slots=True)
class Outputs:
    """What a finished task leaves: typed JSON values, and lists of artifacts (one entry unless a list port)."""

    parameters: dict[str, Any] = field(default_factory=dict)
    artifacts: dict[str, list[Artifact]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened at `time` (seconds since the epoch)."""

    time: float
    kind: ClassVar[str] = ""


@dataclass(frozen=True, slots=True)
class RunStarted(Event):
    """The run began, with these arguments of the root component (already typed)."""

    run_id: str
    arguments: dict[str, Any]
    options: dict[str, Any] = field(default_factory=dict)
    kind: ClassVar[str] = "run_started"


@dataclass(frozen=True, slots=True)
class TaskStarted(Event):
    """An attempt of a task began; `native_id` is the runner's own name for it (a pid, a Job name)."""

    key: str
    attempt: int
    native_id: str = ""
    kind: ClassVar[str] = "task_started"


@dataclass(frozen=True, slots=True)
class TaskWaiting(Event):
    """An attempt is with its platform, which has not begun it yet; `reason` is a phrase for the user."""

    key: str
    attempt: int
    reason: str
    kind: ClassVar[str] = "task_waiting"


@dataclass(frozen=True, slots=True)
class TaskSucceeded(Event):
    """An attempt ended well, or its outputs were found in the cache."""

    key: str
    attempt: int
    outputs: Outputs = field(default_factory=Outputs)
    cached: bool = False
    kind: ClassVar[str] = "task_succeeded"


@dataclass(frozen=True, slots=True)
class TaskSkipped(Event):
    """An attempt looked at its own condition, found it false, and did nothing; `reason` is a sentence for the user."""

    key: str
    attempt: int
    reason: str
    kind: ClassVar[str] = "task_skipped"


@dataclass(frozen=True, slots=True)
class TaskFailed(Event):
    """An attempt ended badly; `reason` is a sentence for the user, `code` the exit code or None."""

    key: str
    attempt: int
    reason: str
    code: int | None = None
    terminal: bool = False  # retrying cannot help
    kind: ClassVar[str] = "task_failed"


@dataclass(frozen=True, slots=True)
class TaskLost(Event):
    """An attempt vanished without an end (its machine, or this program, died); it does not count as a failure."""

    key: str
    attempt: int
    reason: str
    kind: ClassVar[str] = "task_lost"


@dataclass(frozen=True, slots=True)
class TimePassed(Event):
    """Nothing but the clock moved: back-offs that ended by `time` are over."""

    kind: ClassVar[str] = "time_passed"


@dataclass(frozen=True, slots=True)
class CancelRequested(Event):
    """The user asked for the run to stop."""

    kind: ClassVar[str] = "cancel_requested"


@dataclass(frozen=True, slots=True)
class RunResumed(Event):
    """A new driver took over: failed and cancelled tasks may run again, finished ones stay finished."""

    kind: ClassVar[str] = "run_resumed"


@dataclass(frozen=True, slots=True)
class DriverReplaced(Event):
    """A new driver goes on where another one was cut off: what has ended stays so, be it a success or a failure."""

    kind: ClassVar[str] = "driver_replaced"


@dataclass(frozen=True, slots=True)
class RunEnded(Event):
    """The run is over, in this state."""

    state: str
    kind: ClassVar[str] = "run_ended"


_KINDS: dict[str, type[Event]] = {
    kind.kind: kind
    for kind in (
        RunStarted,
        TaskStarted,
        TaskWaiting,
        TaskSucceeded,
        TaskSkipped,
        TaskFailed,
        TaskLost,
        TimePassed,
        CancelRequested,
        RunResumed,
        DriverReplaced,
        RunEnded,
    )
}
_FIELDS: dict[type[Any], tuple[str, ...]] = {
    kind: tuple(part.name for part in fields(kind)) for kind in (*_KINDS.values(), Artifact)
}
_EMPTY: dict[str, Any] = {"native_id": "", "cached": False, "code": None, "terminal": False, "options": {}}


def to_json(event: Event) -> dict[str, Any]:
    """The journal's form of an event: plain JSON data, what is empty left out."""
    data: dict[str, Any] = {"event": event.kind}
    for name in _FIELDS[type(event)]:
        value = getattr(event, name)
        if name == "outputs":
            value = outputs_to_json(value)
        if name not in _EMPTY or value != _EMPTY[name]:
            data[name] = value
    return data


def from_json(data: Mapping[str, Any]) -> Event:
    """The event that `to_json` wrote.

    Raises:
        ValueError: The data is not an event that this version knows; the message says why.
    """
    kind = _KINDS.get(data.get("event", ""))
    if kind is None:
        raise ValueError(f"unknown event {data.get('event')!r}")
    values = {name: data[name] for name in _FIELDS[kind] if name in data}
    if "outputs" in values:
        values["outputs"] = outputs_from_json(values["outputs"])
    try:
        return kind(**values)
    except TypeError as error:
        raise ValueError(f"incomplete event {kind.kind!r}") from error


def outputs_to_json(outputs: Outputs) -> dict[str, Any]:
    """Outputs as plain JSON data."""
    names = _FIELDS[Artifact]
    data: dict[str, Any] = {}
    if outputs.parameters:
        data["parameters"] = outputs.parameters
    if outputs.artifacts:
        data["artifacts"] = {
            key: [{name: getattr(artifact, name) for name in names} for artifact in found]
            for key, found in outputs.artifacts.items()
        }
    return data


def outputs_from_json(data: Mapping[str, Any]) -> Outputs:
    """The outputs that `outputs_to_json` wrote.

    Raises:
        ValueError: The data does not have that form.
    """
    try:
        artifacts = {key: [Artifact(**item) for item in found] for key, found in data.get("artifacts", {}).items()}
        return Outputs(parameters=dict(data.get("parameters", {})), artifacts=artifacts)
    except (TypeError, AttributeError) as error:
        raise ValueError("outputs of a form that this version does not know") from error
