"""Components from files, URLs and texts: KFP's component files, and pipelines that were compiled."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from kfbridge.components.fetch import Auth
    from kfbridge.dsl.structures import ComponentSpec
    from kfbridge.dsl.yaml_component import Documents, YamlComponent


def load_component_from_text(text: str, *, source: str = "<text>") -> YamlComponent:
    """The component that a text describes.

    Args:
        text: A component file (``implementation: container: ...``), or a compiled pipeline or component, with
            its platform document if it has one.
        source: Where the text comes from, for messages.

    Returns:
        A component to call in a pipeline.

    Raises:
        SpecError: The text is neither, or is not right; the message says where.
    """
    from kfbridge.dsl.yaml_component import YamlComponent

    specification, documents = _specification(text, source)
    return YamlComponent(specification, text, documents)


def load_component_from_file(file_path: str | Path) -> YamlComponent:
    """The component in a file.

    Raises:
        UsageError: The file cannot be read.
        SpecError: It holds no component.
    """
    from kfbridge.spec.read import read_file_text

    return load_component_from_text(read_file_text(file_path), source=str(file_path))


def load_component_from_url(url: str, auth: Auth | None = None) -> YamlComponent:
    """The component at a ``file://``, ``http://`` or ``https://`` URL.

    Args:
        url: Where it lies.
        auth: A user and password, or something that sets the headers of the request it is called with.

    Raises:
        UsageError: It cannot be fetched.
        SpecError: What is there is no component.
    """
    from kfbridge.components.fetch import fetch

    return load_component_from_text(fetch(url, auth), source=url)


def _specification(text: str, source: str) -> tuple[ComponentSpec, Documents | None]:
    """What the text describes, and, where it is compiled, its documents as they stand."""
    from kfbridge.components import compiled, legacy
    from kfbridge.spec.read import from_data
    from kfbridge.spec.tree import plain_documents
    from kfbridge.spec.validate import validate

    documents = plain_documents(text, source)
    if len(documents) == 1 and isinstance(documents[0], dict) and "implementation" in documents[0]:
        return legacy.read_component(documents[0], source, text), None
    document = from_data(documents, source, text)
    pipeline = document.pipeline.to_data()
    platform = {} if document.platform is None else document.platform.to_data()
    checked = compiled.without_implied_outputs(pipeline)
    validate(
        document if checked is pipeline else from_data([checked, platform] if platform else [checked], source, text)
    )
    return compiled.read_component(pipeline, platform), (pipeline, platform)
