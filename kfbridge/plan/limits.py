"""What a backend accepts at most: lengths, alphabets, counts and sizes, each with its source."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from kfbridge.findings import Finding, Level
from kfbridge.plan.fields import field_docs


@dataclass(frozen=True, slots=True)
class Limit:
    """One bound of a provider.

    `maximum` is of the length (of text), the count or the number, in the field's unit; `pattern` is what text matches
    as a whole. A `soft` limit is a quota that an account can have raised: going beyond is said, not refused.
    """

    maximum: int | None = None
    pattern: str | None = None
    source: str = ""
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Measure:
    """Something in a payload that is about to be sent, held against the limit called `limit`.

    `value` is a text, whose length and alphabet count, or a number. `what` names it in the message.
    """

    limit: str
    value: str | int
    what: str
    task: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one backend; None where it has none that is known."""

    run_name: Limit | None = None
    """The id of a run, in characters."""
    display_name: Limit | None = None
    """A name for people, in characters."""
    task_name: Limit | None = None
    """The name of a step, in characters."""
    tasks: Limit | None = None
    """Steps of one run, after loops are unrolled."""
    nested_groups: Limit | None = None
    """How deep pipelines, loops and conditions stand in each other."""
    loop_items: Limit | None = None
    """Iterations of one loop."""
    loop_parallelism: Limit | None = None
    """Iterations of one loop at once."""
    parameters: Limit | None = None
    """Arguments of one run."""
    parameter_name: Limit | None = None
    """The name of a pipeline's input, in characters."""
    parameter_value: Limit | None = None
    """The value of one argument, as the platform is sent it, in characters."""
    integer: Limit | None = None
    """The largest integer that arrives as it was sent."""
    step_inputs: Limit | None = None
    """Inputs of one step that the platform brings."""
    step_outputs: Limit | None = None
    """Outputs of one step that the platform keeps."""
    artifact_list: Limit | None = None
    """Artifacts in one list."""
    arguments: Limit | None = None
    """Words of a step's command line."""
    argument: Limit | None = None
    """One word of a step's command line, in characters."""
    environment: Limit | None = None
    """Environment variables of one step."""
    environment_name: Limit | None = None
    """The name of an environment variable, in characters."""
    environment_value: Limit | None = None
    """The value of an environment variable, in characters."""
    image: Limit | None = None
    """The name of an image, in characters."""
    uri: Limit | None = None
    """A URI of an artifact, in characters."""
    label_name: Limit | None = None
    """The name of a label or tag, in characters."""
    label_value: Limit | None = None
    """The value of a label or tag, in characters."""
    labels: Limit | None = None
    """Labels or tags of one run."""
    retries: Limit | None = None
    """Attempts after the first one."""
    timeout: Limit | None = None
    """The time limit of one step, in seconds."""
    shared_memory: Limit | None = None
    """Shared memory of one step, in bytes."""
    document: Limit | None = None
    """The document that describes the pipeline, in bytes."""


def describe() -> dict[str, str]:
    """Every limit's meaning by its name, in the order of the table."""
    return field_docs(Limits)


def check_limits(limits: Limits, measures: Iterable[Measure]) -> tuple[Finding, ...]:
    """A finding for each thing in a payload that goes beyond a limit; nothing is said of what fits."""
    return tuple(found for measure in measures if (found := _judge(getattr(limits, measure.limit), measure)))


def _judge(limit: Limit | None, measure: Measure) -> Finding | None:
    if limit is None:
        return None
    size = len(measure.value) if isinstance(measure.value, str) else measure.value
    if limit.maximum is not None and size > limit.maximum:
        unit = " characters" if isinstance(measure.value, str) else ""
        reason = f"{measure.what} is {size:,}{unit}, and at most {limit.maximum:,} are allowed"
        if limit.soft:
            return Finding(measure.limit, measure.task, Level.NATIVE, f"{reason} unless the account's quota is raised")
        return Finding(
            measure.limit, measure.task, Level.REFUSED, reason, _REMEDIES.get(measure.limit, "Make it less.")
        )
    if limit.pattern is not None and isinstance(measure.value, str) and not re.fullmatch(limit.pattern, measure.value):
        reason = f"{measure.what} is {measure.value!r}, which does not match {limit.pattern}"
        return Finding(measure.limit, measure.task, Level.REFUSED, reason, "Choose another one.")
    return None


_REMEDIES = {
    "argument": "Hand long text over as an artifact, or read it from a file in the image.",
    "environment_value": "Hand long text over as a parameter or an artifact.",
    "parameter_value": "Hand long values over as an artifact.",
    "tasks": "Make the loops shorter, or several pipelines of it.",
}
