"""A component made from a Python function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.structures import ComponentSpec


class PythonComponent(BaseComponent):
    """What the decorator `component` makes.

    Args:
        component_spec: The interface and the container that runs the function.
        python_func: The function itself; unit tests call it.
    """

    def __init__(self, component_spec: ComponentSpec, python_func: Callable[..., Any]) -> None:
        super().__init__(component_spec)
        self.python_func = python_func
        self.refuse_output_lists()

    def execute(self, **kwargs: Any) -> Any:
        """Call the function."""
        return self.python_func(**kwargs)
