"""The backend ``vertex``: Vertex AI Pipelines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.hookspecs import hookimpl


@hookimpl
def kfbridge_register_backends(register: Callable[[Any], None]) -> None:
    """Register the backend."""
    from kfbridge.backends.vertex.backend import VertexBackend

    register(VertexBackend)
