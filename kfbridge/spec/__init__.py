"""KFP's compiled pipelines: models, reading, validation, writing, and the language of their conditions.

The names here are loaded when they are first used: writing a pipeline needs neither the models nor pydantic.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfbridge.spec.model import ComponentSpec, PipelineSpec, PlatformSpec, unknown_fields
    from kfbridge.spec.read import Document, read_file, read_text
    from kfbridge.spec.validate import problems, validate
    from kfbridge.spec.write import write_json, write_yaml

_HOMES = {
    "ComponentSpec": "model",
    "Document": "read",
    "PipelineSpec": "model",
    "PlatformSpec": "model",
    "problems": "validate",
    "read_file": "read",
    "read_text": "read",
    "unknown_fields": "model",
    "validate": "validate",
    "write_json": "write",
    "write_yaml": "write",
}

__all__ = [
    "ComponentSpec",
    "Document",
    "PipelineSpec",
    "PlatformSpec",
    "problems",
    "read_file",
    "read_text",
    "unknown_fields",
    "validate",
    "write_json",
    "write_yaml",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
