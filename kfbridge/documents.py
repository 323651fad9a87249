"""A pipeline that was found, as compiled documents and as a graph."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from kfbridge.errors import KfbridgeWarning

if TYPE_CHECKING:
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
    return from_data([part for part in source.component.documents if part], source.name)


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
