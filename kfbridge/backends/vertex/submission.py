"""A plan to a run: its id, and whether a run of that id is the same one."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from kfbridge.backends.vertex.client import VertexClient
from kfbridge.backends.vertex.translate import DOCUMENT
from kfbridge.errors import RunError, UsageError
from kfbridge.plan.model import Plan

_ID: Final = re.compile(r"[a-z][-a-z0-9]{0,127}")
_SAME: Final = ("pipelineSpec", "runtimeConfig")


def job_of(plan: Plan) -> dict[str, Any]:
    """The PipelineJob of a plan."""
    found: dict[str, Any] = json.loads(plan.documents[DOCUMENT])
    return found


def submit(client: VertexClient, plan: Plan, run_id: str) -> None:
    """Begin a run, unless the same one is there already.

    Raises:
        UsageError: The id is none that Vertex AI takes.
        RunError: The id belongs to a run of something else.
        BackendError: Vertex AI says no.
    """
    if _ID.fullmatch(run_id) is None:
        raise UsageError(
            f"{run_id!r} cannot be the id of a run on Vertex AI.",
            remedy="Begin with a small letter; go on with small letters, digits and hyphens, 128 characters at most.",
        )
    job = job_of(plan)
    made, is_new = client.create(run_id, job)
    if not is_new and any(_plain(made.get(key) or {}) != _plain(job[key]) for key in _SAME):
        raise RunError(
            "A run of this id is there already, of another pipeline or with other arguments.",
            where=run_id,
            remedy="Give another id, or none.",
            backend="vertex",
        )


def _plain(value: Any) -> Any:
    """Data as it is after a journey in a Struct: all numbers are doubles, and what is empty in a message is gone."""
    if isinstance(value, Mapping):
        found = {key: _plain(one) for key, one in value.items()}
        return {key: one for key, one in found.items() if one not in ({}, [])}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
