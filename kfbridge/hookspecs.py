"""What a plugin can add to kfbridge. Backends built in come by the same route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pluggy

hookspec = pluggy.HookspecMarker("kfbridge")
hookimpl = pluggy.HookimplMarker("kfbridge")


@hookspec
def kfbridge_register_backends(register: Callable[[Any], None]) -> None:
    """Call `register(BackendClass)` for each backend; its `name` is what ``backend =`` in kfbridge.toml says."""


@hookspec
def kfbridge_register_storage(register: Callable[[str, Any], None]) -> None:
    """Call `register(scheme, opener)` for each scheme; `opener(uri, settings)` gives a `kfbridge.storage.Storage`."""


@hookspec
def kfbridge_register_machines(register: Callable[[Any], None]) -> None:
    """Call `register(file)` for each CSV file of machine sizes, in the form of ``kfbridge machines --update``."""


@hookspec
def kfbridge_run_event(run_id: str, event: dict[str, Any]) -> None:
    """Told every event of a run that this process drives, in the journal's JSON form, after it was written."""
