"""Artifacts that exist already, brought into a pipeline by their URI."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.constants import bind_constant, bind_text, render
from kfbridge.dsl.lowering.definitions import artifact_type
from kfbridge.dsl.pipeline_channel import PipelineChannel, channel_of
from kfbridge.dsl.pipeline_task import PipelineTask
from kfbridge.dsl.placeholders import input_value
from kfbridge.dsl.reference import Reference
from kfbridge.dsl.structures import ComponentSpec, ImporterImplementation, InputSpec, OutputSpec

URI = "uri"
METADATA = "metadata"
OUTPUT = "artifact"


def importer(
    artifact_uri: PipelineChannel | str,
    artifact_class: Any,
    reimport: bool = False,
    metadata: Mapping[str, Any] | None = None,
    download_to_workspace: bool = False,
) -> PipelineTask:
    """A task whose output, ``artifact``, is an artifact that exists already.

    Args:
        artifact_uri: Where it lies; a channel, or text with channels in it, too.
        artifact_class: Its class.
        reimport: Whether it becomes a new artifact although one with that URI is known.
        metadata: Its metadata; channels may stand anywhere in it, in keys, too.
        download_to_workspace: Whether its data is copied to the pipeline's workspace.
    """
    references: list[Reference] = []
    bound = bind_constant(dict(metadata or {}), "The metadata of dsl.importer", references)
    names: dict[Reference, str] = {}
    for reference in references:
        if reference not in names:
            names[reference] = f"{METADATA}-{len(names) + 1}" if names else METADATA
    schema = f"{artifact_class.schema_title}@{artifact_class.schema_version}"
    body: dict[str, Any] = {"typeSchema": artifact_type(schema)}
    constant = isinstance(bind_text(artifact_uri), str)
    body["artifactUri"] = {"constant": artifact_uri} if constant else {"runtimeParameter": URI}
    if bound:
        body["metadata"] = render(bound, lambda reference: input_value(names[reference]))
    if reimport:
        body["reimport"] = True
    if download_to_workspace:
        body["downloadToWorkspace"] = True
    inputs = {URI: InputSpec("STRING")}
    inputs |= {name: InputSpec(reference.type) for reference, name in names.items()}
    spec = ComponentSpec("importer", ImporterImplementation(body), inputs=inputs, outputs={OUTPUT: OutputSpec(schema)})
    arguments = {name: channel_of(reference) for reference, name in names.items()}
    return BaseComponent(spec)(uri=artifact_uri, **arguments)
