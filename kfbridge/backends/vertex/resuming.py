"""What is left of a run that failed or was cancelled, as a run of its own: a PipelineJob cannot go on.

Finished steps become constants, and importers of what they left (`kfbridge.graph.rewrites.resume`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from kfbridge.backends.base import RunStatus
from kfbridge.backends.vertex.details import whole_numbers
from kfbridge.engine.remainder import remainder
from kfbridge.errors import RunError
from kfbridge.findings import Level
from kfbridge.graph.arguments import bind_arguments
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites.resume import finished_tasks
from kfbridge.plan.model import Plan
from kfbridge.runs.record import ENDED
from kfbridge.spec.read import from_data
from kfbridge.spec.write import write_yaml

Planner = Callable[[Graph, Mapping[str, Any], str], Plan]


def remaining(job: Mapping[str, Any], status: RunStatus, store: str, planner: Planner) -> Plan:
    """The plan for what is left of a run.

    Args:
        job: The run, as Vertex AI has it.
        status: Its tasks.
        store: ``projects/P/locations/L``, for artifacts that it was given by their ids.
        planner: ``plan`` of the backend.

    Raises:
        RunError: It has succeeded, or goes on.
    """
    if status.state == "succeeded":
        raise RunError("The run has succeeded.", where=status.run_id, remedy="Run the pipeline again.")
    if status.state not in ENDED:
        raise RunError(
            "The run goes on.",
            where=status.run_id,
            remedy=f"Wait for its end, or stop it with: kfbridge cancel {status.run_id}",
        )
    runtime = job.get("runtimeConfig") or {}
    artifacts = {
        name: f"{store}/metadataStores/default/artifacts/{one['artifactId']}"
        for name, one in (runtime.get("inputArtifacts") or {}).items()
    }
    given = {**whole_numbers(runtime.get("parameterValues") or {}), **artifacts}
    finished = finished_tasks(task for task in status.tasks if not task.group)
    left = remainder(from_data([whole_numbers(job["pipelineSpec"])], status.run_id), given, finished)
    graph = resolve(left.document)
    plan = planner(graph, bind_arguments(graph, given), write_yaml(left.document.to_data()))
    refused = [finding for finding in left.findings if finding.level is Level.REFUSED]
    return replace(plan, findings=(*refused, *plan.findings))
