"""A component that was loaded from a file or text."""

from __future__ import annotations

from typing import Any

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.structures import ComponentSpec

Documents = tuple[dict[str, Any], dict[str, Any]]
"""A compiled pipeline and its second document (empty when there is none), in JSON form."""


class YamlComponent(BaseComponent):
    """What the loaders of `kfbridge.components` make.

    Args:
        component_spec: The interface and the implementation.
        component_yaml: The text it was loaded from.
        documents: What the text holds, where it is compiled; it stays as it is when the component is compiled alone.
    """

    def __init__(
        self, component_spec: ComponentSpec, component_yaml: str = "", documents: Documents | None = None
    ) -> None:
        super().__init__(component_spec)
        self.component_yaml = component_yaml
        self._documents = documents
