"""What the objects of a run are called on the cluster, and how they lead back to the run.

Names are made from run, task and attempt alone, so that whoever looks for an attempt, a driver that was killed and
started again above all, finds the Job that is already there instead of making a second one.

Alphabets: ``Kubernetes documentation, Object Names and IDs`` and ``Labels and Selectors``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from typing import Final

from kfbridge.engine.runner import TaskInvocation

PREFIX: Final = "kfbridge.dev"
"""The prefix of kfbridge's labels and annotations."""

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
RUN: Final = f"{PREFIX}/run"
TASK: Final = f"{PREFIX}/task"
ATTEMPT: Final = f"{PREFIX}/attempt"
PIPELINE: Final = f"{PREFIX}/pipeline"

_LABEL: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
_NAME: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
_LONGEST: Final = 63
_HALF: Final = 20  # of a Job's name for the run, and for the task: with the rest 57, to which pods add 6
_DIGEST: Final = 10  # 50 bits


def job_name(run_id: str, key: str, attempt: int, variant: str = "") -> str:
    """The name of an attempt's Job: a DNS label of at most 57 characters, so that the names of its pods fit one, too.

    It reads ``RUN-TASK-ATTEMPT-DIGEST``, run and task cut to what fits; the digest tells apart what reads alike. A
    `variant` is the same attempt made anew in another way.
    """
    run = _slug(run_id)[:_HALF].strip("-")
    task = _slug(key)[-_HALF:].strip("-")
    number = str(attempt)[-4:]
    return "-".join(
        part for part in (run, task, number, _digest(run_id, key, str(attempt), *filter(None, [variant]))) if part
    )


def driver_name(run_id: str, again: str = "") -> str:
    """The name of the Job that drives a run, and of its ConfigMap; `again` tells resumptions apart."""
    run = _slug(run_id)[: 2 * _HALF].strip("-")
    return "-".join(part for part in (run, "driver", _digest(run_id, *filter(None, [again]))) if part)


def claim_name(run_id: str, key: str, suffix: str) -> str:
    """The name of the volume claim that the task `key` makes for its run; another attempt finds the same."""
    end = _slug(suffix)[-_HALF:].strip("-")
    run = _slug(run_id)[:_HALF].strip("-")
    return "-".join(part for part in (run, _digest(run_id, key, suffix), end) if part)


def workspace_name(run_id: str) -> str:
    """The name of the claim that is a run's workspace."""
    return claim_name(run_id, "", "workspace")


def object_name(text: str) -> str:
    """A DNS label for any text: the text itself where it is one, else what is left of it and a digest."""
    if _NAME.fullmatch(text):
        return text
    return "-".join(part for part in (_slug(text)[: _LONGEST - _DIGEST - 1].strip("-"), _digest(text)) if part)


def label_value(text: str) -> str:
    """A label's value for any text: the text itself where it is one, else what is left of it and a digest."""
    if not text or _LABEL.fullmatch(text):
        return text
    readable = re.sub(r"[^-A-Za-z0-9_.]+", "-", text)[: _LONGEST - _DIGEST - 1].strip("-_.")
    return "-".join(part for part in (readable, _digest(text)) if part)


def labels(invocation: TaskInvocation) -> dict[str, str]:
    """The labels of an attempt's Job and pod, for selecting: a run's, a task's."""
    return {
        **run_labels(invocation.run_id, invocation.pipeline),
        TASK: label_value(invocation.key),
        ATTEMPT: str(invocation.attempt),
    }


def run_labels(run_id: str, pipeline: str) -> dict[str, str]:
    """The labels of everything that belongs to a run."""
    return {MANAGED_BY: "kfbridge", RUN: label_value(run_id), PIPELINE: label_value(pipeline)}


def run_annotations(invocation: TaskInvocation) -> dict[str, str]:
    """What labels cannot hold to the letter: run, task and pipeline as they are called."""
    return {RUN: invocation.run_id, TASK: invocation.key, PIPELINE: invocation.pipeline}


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def _digest(*parts: str) -> str:
    raw = hashlib.sha256(json.dumps(parts).encode("ascii")).digest()
    return base64.b32encode(raw).decode("ascii").lower()[:_DIGEST]
