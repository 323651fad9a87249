"""A pipeline to a PipelineJob: KFP's own format, changed only where Vertex AI would not do what it says.

What is sent is one document. Of the second one, kfbridge's settings have become machines and custom jobs; all else in
it was refused, or its loss accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from kfbridge.backends.staffing import Staffing
from kfbridge.backends.vertex.artifacts import import_artifacts, input_artifacts
from kfbridge.backends.vertex.config import Config
from kfbridge.backends.vertex.executors import translate_executors
from kfbridge.backends.vertex.job import inexact, pipeline_job
from kfbridge.backends.vertex.losses import without_losses
from kfbridge.findings import Finding, Level
from kfbridge.graph.model import Graph
from kfbridge.graph.resolve import resolve
from kfbridge.graph.rewrites import Rewritten, unroll
from kfbridge.plan.check import left_out
from kfbridge.plan.document import json_bytes
from kfbridge.plan.needs import Need, features
from kfbridge.spec.read import Document, read_text

DOCUMENT = "pipeline_job.json"


@dataclass(frozen=True, slots=True)
class Prepared:
    """A pipeline after the rewrites: as documents, as a graph, and what it needs."""

    document: Document
    graph: Graph
    needs: tuple[Need, ...]
    findings: tuple[Finding, ...] = ()


def prepare(graph: Graph, needs: tuple[Need, ...], arguments: Mapping[str, Any], spec_text: str) -> Prepared:
    """The pipeline with those loops unrolled on which Vertex AI has failed: over an input, in an exit handler."""
    document = read_text(spec_text)
    loops = {one.task for one in needs if one.feature == "loop_over_input" and "exit_handler" in one.within}
    if not loops:
        return Prepared(document, graph, needs)
    done: Rewritten = unroll(document, arguments, only=loops)
    found = resolve(done.document)
    said = tuple(one for one in done.findings if one.level is Level.REFUSED or one.feature != "loop_over_input")
    return Prepared(done.document, found, features(found, arguments, "vertex"), said)


def job_documents(
    prepared: Prepared,
    staffing: Staffing,
    arguments: Mapping[str, Any],
    config: Config,
    findings: tuple[Finding, ...],
) -> tuple[dict[str, bytes], tuple[Finding, ...]]:
    """The documents of a plan, and what is to be refused about them; no documents where something is.

    Raises:
        BackendError: A step cannot be translated; the message says why.
    """
    spec: dict[str, Any] = prepared.document.pipeline.to_data()
    graph = prepared.graph
    without_losses(spec, left_out(findings), cache=config.cache)
    translate_executors(spec, graph, prepared.needs, staffing, arguments, config)
    import_artifacts(spec, graph, arguments)
    parameters = {name: value for name, value in arguments.items() if name in graph.root.inputs.parameters}
    name = graph.display_name or graph.name
    job = pipeline_job(spec, name, parameters, input_artifacts(graph, arguments), config)
    refusals = tuple(inexact(job))
    return ({} if refusals else {DOCUMENT: json_bytes(job)}), refusals
