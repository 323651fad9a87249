"""A component that was loaded from a file or text."""

from __future__ import annotations

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.structures import ComponentSpec


class YamlComponent(BaseComponent):
    """What the loaders of `kfbridge.components` make.

    Args:
        component_spec: The interface and the implementation.
        component_yaml: The text it was loaded from.
    """

    def __init__(self, component_spec: ComponentSpec, component_yaml: str = "") -> None:
        super().__init__(component_spec)
        self.component_yaml = component_yaml
