"""A pipeline that was found, as compiled text and as a graph."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from kfbridge.errors import UsageError

if TYPE_CHECKING:
    from kfbridge.graph.model import Graph
    from kfbridge.source import Source
    from kfbridge.spec.read import Document


def read(source: Source) -> Document:
    """The compiled pipeline of a source, checked.

    Raises:
        SpecError: It is not right; the message says where.
        CompileError: The pipeline cannot be compiled.
    """
    from kfbridge.spec import read
    from kfbridge.spec.validate import validate

    if source.component is None:
        document = read.read_text(source.text, source.name)
    else:
        document = read.from_data([part for part in source.component.documents if part], source.name)
    validate(document)
    return document


def graph(document: Document) -> Graph:
    """What the compiled pipeline means."""
    from kfbridge.graph.resolve import resolve

    return resolve(document)


def runtime_arguments(document: Document) -> dict[str, Any]:
    """The arguments that came with the pipeline, where it was wrapped in a PipelineJob."""
    runtime = document.runtime
    return {} if runtime is None else dict(runtime.parameter_values or {})


def text(source: Source, document: Document, defaults: Mapping[str, Any], *, as_json: bool = False) -> str:
    """The compiled pipeline as text, with new defaults for inputs.

    Args:
        source: Where it came from.
        document: What `read` gave for it.
        defaults: Values of inputs, by name.
        as_json: JSON instead of YAML; there is no room for platform settings in it.
    """
    raise NotImplementedError


def write(path: Path, content: str) -> None:
    """Write a file whole or not at all: what was there stays until the new one is complete.

    Raises:
        UsageError: It cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        try:
            temporary.write_text(content, encoding="utf-8")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise UsageError(
            f"{path} cannot be written: {error.strerror}.", remedy="Name another file with -o, or make room."
        ) from error
