"""A component made from a Python function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kfbridge.dsl.base_component import BaseComponent
from kfbridge.dsl.structures import ComponentSpec


@dataclass(frozen=True, slots=True)
class ImageContent:
    """What an image that holds the function must be made of (``target_image``).

    Attributes:
        target_image: Its name.
        base_image: What it is built from.
        packages: What pip installs in it.
        index_urls: Package indexes, the main one first.
        trusted_hosts: Hosts that pip trusts without a valid certificate.
    """

    target_image: str
    base_image: str
    packages: tuple[str, ...] = ()
    index_urls: tuple[str, ...] = ()
    trusted_hosts: tuple[str, ...] = ()


class PythonComponent(BaseComponent):
    """What the decorator `component` makes.

    Args:
        component_spec: The interface and the container that runs the function.
        python_func: The function itself; unit tests call it.
        image_content: What its image must hold; None where the function's source travels.
    """

    def __init__(
        self,
        component_spec: ComponentSpec,
        python_func: Callable[..., Any],
        image_content: ImageContent | None = None,
    ) -> None:
        super().__init__(component_spec)
        self.python_func = python_func
        self.image_content = image_content
        self.refuse_output_lists()

    def execute(self, **kwargs: Any) -> Any:
        """Call the function."""
        return self.python_func(**kwargs)
