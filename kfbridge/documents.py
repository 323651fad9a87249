"""A pipeline that was found, as compiled documents and as a graph."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from kfbridge.errors import KfbridgeWarning
from kfbridge.findings import Finding, Level

if TYPE_CHECKING:
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.graph.model import Graph
    from kfbridge.source import Source
    from kfbridge.spec.read import Document


def read(source: Source) -> Document:
    """The compiled pipeline of a source, not yet validated: `graph` does that.

    Raises:
        SpecError: It cannot be read; the message says where.
        CompileError: The pipeline cannot be compiled.
    """
    from kfbridge.spec.read import from_data, read_text

    if source.component is None:
        return read_text(source.text, source.name)
    document = from_data([part for part in source.component.documents if part], source.name)
    return replace(document, task_place=partial(_python_place, source.component))


def graph(document: Document) -> Graph:
    """What a compiled pipeline means; what looks wrong in a compiled file is warned about.

    Raises:
        SpecError: It is not valid; the message says where.
    """
    from kfbridge.graph.resolve import resolve
    from kfbridge.spec.validate import warnings as doubts

    found = resolve(document)
    # of a pipeline that was compiled just now the compiler warned, with the user's own line
    for doubt in doubts(document) if document.text else ():
        warnings.warn(doubt, KfbridgeWarning, stacklevel=3)
    return found


def text(source: Source, document: Document) -> str:
    """The compiled pipeline as text: as it was read, or as the compiler writes it."""
    from kfbridge.spec.write import write_yaml

    return source.text or write_yaml(document.to_data(), comment(source, document.to_data()[0]))


def placed(document: Document, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, those that refuse something with their task's line in the Python file or the compiled one.

    The others have none, as a plan would be another then wherever a line was added above a task.
    """
    findings = tuple(findings)
    refused = {one.task for one in findings if one.level is Level.REFUSED and one.task and not one.where}
    if document.task_place is not None:
        places = {task: document.task_place(task) for task in refused}
    else:
        places = document.key_places({task: path for task in refused if (path := _task_path(document, task))})
    return tuple(
        replace(one, where=places.get(one.task, "")) if one.level is Level.REFUSED and not one.where else one
        for one in findings
    )


def _python_place(component: BaseComponent, task: str) -> str:
    """The line that made a task, or the innermost group or pipeline around it that the user's files have."""
    from kfbridge.dsl.structures import GraphImplementation

    implementation = component.component_spec.implementation
    sites = implementation.sites if isinstance(implementation, GraphImplementation) else {}
    place = ""
    for name in task.split("/"):
        if name not in sites:
            break
        location, sites = sites[name]
        place = str(location)
    return place


def _task_path(document: Document, task: str) -> tuple[str, ...] | None:
    """Where a task stands in the pipeline's document; the last of the names counts, the others lead to it."""
    component, path = document.pipeline.root, None
    above: tuple[str, ...] = ("root",)
    for name in task.split("/"):
        tasks = (component.dag.tasks if component and component.dag else None) or {}
        if name not in tasks:
            return None
        path = (*above, "dag", "tasks", name)
        reference = tasks[name].component_ref
        used = (reference.name if reference else None) or ""
        component, above = (document.pipeline.components or {}).get(used), ("components", used)
    return path


def with_defaults(document: Document, defaults: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The documents of a compiled pipeline, with new defaults of inputs.

    Raises:
        CompileError: A default does not fit, or is for no input.
    """
    from kfbridge.dsl.lowering.override import overridden

    pipeline, *others = document.to_data()
    return [overridden(pipeline, None, None, defaults), *others]


def comment(source: Source, pipeline: Mapping[str, Any]) -> str:
    """What stands at the head of a compiled file, for people."""
    from kfbridge.dsl.lowering.comment import header_comment

    described = source.component.description if source.component else pipeline["pipelineInfo"].get("description")
    return header_comment(pipeline, described or "")
