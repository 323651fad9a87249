"""A component made from a function that returns a container."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.structures import ComponentSpec


class ContainerComponent(BaseComponent):
    """What the decorator `container_component` makes.

    Args:
        component_spec: The interface and the container.
        pipeline_func: The function that described it.
    """

    def __init__(self, component_spec: ComponentSpec, pipeline_func: Callable[..., Any]) -> None:
        super().__init__(component_spec)
        self.pipeline_func = pipeline_func
        self.refuse_output_lists()
