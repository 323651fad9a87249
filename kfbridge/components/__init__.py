"""Components that others wrote: from a file, a URL, a text, or a store of them. A drop-in for ``kfp.components``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kfbridge.components.loaders import (
    load_component_from_file,
    load_component_from_text,
    load_component_from_url,
)
from kfbridge.components.store import ComponentStore

if TYPE_CHECKING:
    from kfbridge.dsl.base_component import BaseComponent
    from kfbridge.dsl.container_component_class import ContainerComponent
    from kfbridge.dsl.python_component import PythonComponent
    from kfbridge.dsl.yaml_component import YamlComponent

__all__ = [
    "BaseComponent",
    "ComponentStore",
    "ContainerComponent",
    "PythonComponent",
    "YamlComponent",
    "load_component_from_file",
    "load_component_from_text",
    "load_component_from_url",
]

_CLASSES = {
    "BaseComponent": "base_component",
    "ContainerComponent": "container_component_class",
    "PythonComponent": "python_component",
    "YamlComponent": "yaml_component",
}
_MODULES = ("base_component", "placeholders")
"""Modules of `kfbridge.dsl` that are attributes of this one, too; google-cloud-pipeline-components takes them here."""


def __getattr__(name: str) -> Any:
    from importlib import import_module

    if name in _MODULES:
        return import_module(f"kfbridge.dsl.{name}")
    if name not in _CLASSES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"kfbridge.dsl.{_CLASSES[name]}"), name)
