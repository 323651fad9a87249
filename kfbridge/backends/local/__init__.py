"""The backend ``local``: pipelines run on this machine, each step in its own process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kfbridge.hookspecs import hookimpl


@hookimpl
def kfbridge_register_backends(register: Callable[[Any], None]) -> None:
    """Register the backend."""
    from kfbridge.backends.local.backend import LocalBackend

    register(LocalBackend)
