"""What must come out of a run, and how a run is compared with it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfbridge.backends.base import RunStatus, TaskStatus


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a run must end, the same on every backend.

    Steps are named by their own names, without the groups they are in, so that a backend may flatten groups.
    Several instances (iterations) are counted: ``"load square*3"``. Every step of the pipeline stands in `ran`,
    `failed` or `skipped`; of those in `skipped` there may be instances that say so, or none.

    Attributes:
        state: The end state of the run: ``succeeded`` or ``failed``.
        ran: The steps that succeeded.
        failed: The steps that failed.
        skipped: The steps of which no instance was started.
        cached: Those of `ran` that were answered from an earlier run; None when it does not matter.
        attempts: How often a step was tried, where it matters.
        outputs: The outputs of the pipeline, equal in value and in type (`1`, `1.0` and `True` differ).
    """

    state: str = "succeeded"
    ran: str = ""
    failed: str = ""
    skipped: str = ""
    cached: str | None = None
    attempts: Mapping[str, int] = field(default_factory=dict)
    outputs: Mapping[str, Any] = field(default_factory=dict)

    def steps(self) -> set[str]:
        """Every step that the outcome speaks of."""
        return {*_counts(self.ran), *_counts(self.failed), *self.skipped.split()}

    def differences(self, status: RunStatus) -> list[str]:
        """In what a run differs from this, one sentence each; none when it conforms."""
        steps = [task for task in status.tasks if not task.group]
        return [
            *_state(self.state, status),
            *_counted("succeeded", self.ran, steps),
            *_counted("failed", self.failed, steps),
            *_others(self, steps),
            *_cached(self.cached, steps),
            *_attempts(self.attempts, steps),
            *_outputs(self.outputs, status.outputs),
        ]


@dataclass(frozen=True, slots=True)
class SomeArtifact:
    """An artifact among expected outputs: its type, and metadata that must be there; name and place are free."""

    type: str
    metadata: Mapping[str, Any] = field(default_factory=dict)


def same(expected: Any, found: Any) -> bool:
    """Whether two values are equal in value and in type, all the way down."""
    if isinstance(expected, SomeArtifact):
        return (
            isinstance(found, Mapping)
            and found.get("type") == expected.type
            and all(same(value, found.get("metadata", {}).get(key)) for key, value in expected.metadata.items())
        )
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        return expected.keys() == found.keys() and all(same(expected[key], found[key]) for key in expected)
    if isinstance(expected, (list, tuple)) and isinstance(found, (list, tuple)):
        return len(expected) == len(found) and all(map(same, expected, found))
    return type(expected) is type(found) and bool(expected == found)


def _counts(text: str) -> Counter[str]:
    """``"load square*3"`` as counts."""
    counts: Counter[str] = Counter()
    for word in text.split():
        name, _, times = word.partition("*")
        counts[name] += int(times or 1)
    return counts


def _state(expected: str, status: RunStatus) -> Iterator[str]:
    if status.state != expected:
        yield f"The run is {status.state}, not {expected}" + (f": {status.error}" if status.error else ".")


def _counted(state: str, expected: str, steps: list[TaskStatus]) -> Iterator[str]:
    wanted = _counts(expected)
    found = Counter(step.name for step in steps if step.state == state)
    for name in sorted({*wanted, *found}):
        if wanted[name] != found[name]:
            errors = sorted({step.error for step in steps if step.name == name and step.error})
            yield f"{name} {state} {found[name]} times, not {wanted[name]}" + "".join(f"; {e}" for e in errors)


def _others(expected: Outcome, steps: list[TaskStatus]) -> Iterator[str]:
    for step in steps:
        if step.state not in ("succeeded", "failed", "skipped"):
            yield f"{step.path} is left {step.state}."
        if step.name not in expected.steps():
            yield f"{step.path} is no step of the pipeline."


def _cached(expected: str | None, steps: list[TaskStatus]) -> Iterator[str]:
    found = Counter(step.name for step in steps if step.cached)
    if expected is not None and found != _counts(expected):
        yield f"From the cache: {dict(found)}, not {dict(_counts(expected))}."


def _attempts(expected: Mapping[str, int], steps: list[TaskStatus]) -> Iterator[str]:
    for name, count in expected.items():
        found = [step.attempts for step in steps if step.name == name]
        if found != [count]:
            yield f"{name} was tried {found} times, not {count}."


def _outputs(expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*expected, *found}):
        if name not in found:
            yield f"The output {name} is missing."
        elif name not in expected:
            yield f"The output {name} is {_short(found[name])}, and there should be none."
        elif not same(expected[name], found[name]):
            yield f"The output {name} is {_short(found[name])}, not {_short(expected[name])}."


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 300 else f"{text[:200]}... ({len(text)} characters)"
