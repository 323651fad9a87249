"""A component on its own, as a pipeline of one task."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.lowering.pipeline import Header, lower
from kfbridge.dsl.pipeline_context import Pipeline
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.structures import ComponentSpec

Json = dict[str, Any]


def lower_component(spec: ComponentSpec) -> tuple[Json, Json]:
    """The documents of a pipeline that has the component's interface and calls it once."""
    with Pipeline(spec.name) as pipeline:
        task = PipelineTask(spec, pipeline.add_inputs(spec.inputs))
        header = Header(spec.name, spec.inputs, spec.outputs, location=task.location, status_anywhere=True)
        return lower(pipeline, header, dict(task.outputs))
