"""Plans for Vertex AI, as the tests look at them."""

from __future__ import annotations

import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kfbridge import api
from kfbridge.backends.base import Plan
from tests.plan.checked import target


def plan(pipeline: Any, arguments: Mapping[str, Any] | None = None, **settings: Any) -> Plan:
    """The plan of a pipeline (a function under @dsl.pipeline, or a file) on a target of examples."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return api.plan(pipeline, arguments, target=target("vertex", **settings))


def job(pipeline: Any, arguments: Mapping[str, Any] | None = None, **settings: Any) -> dict[str, Any]:
    """The PipelineJob of a plan that refuses nothing."""
    made = plan(pipeline, arguments, **settings)
    assert made.ok, [one for one in made.findings if one.level == "refused"]
    found: dict[str, Any] = json.loads(made.documents["pipeline_job.json"])
    return found


def container(body: Mapping[str, Any], label: str) -> dict[str, Any]:
    """The container of an executor in a PipelineJob."""
    found: dict[str, Any] = body["pipelineSpec"]["deploymentSpec"]["executors"][label]["container"]
    return found


def payload(body: Mapping[str, Any], label: str) -> dict[str, Any]:
    """The custom job that an executor's launcher is told to start."""
    args = container(body, label)["args"]
    found: dict[str, Any] = json.loads(args[args.index("--payload") + 1])
    return found


def refusals(made: Plan) -> list[tuple[str, str]]:
    """What a plan refuses: feature and task."""
    return [(one.feature, one.task) for one in made.findings if one.level == "refused"]


def examples() -> Path:
    return Path(__file__).resolve().parents[3] / "examples"
