"""Conformance: what every backend must do with a pipeline, as cases with expected outcomes and a test class.

A backend proves itself by a subclass of `BackendConformance` in its tests; docs/conformance-suite.md shows
how. The cases themselves (`kfbridge.testing.cases`) need no pytest.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kfbridge.testing.case import Case
    from kfbridge.testing.cases import CASES
    from kfbridge.testing.gap import Gap, never, notimpl, notyet
    from kfbridge.testing.outcome import Outcome, SomeArtifact
    from kfbridge.testing.suite import BackendConformance

_HOME_OF = {
    "BackendConformance": "suite",
    "CASES": "cases",
    "Case": "case",
    "Gap": "gap",
    "Outcome": "outcome",
    "SomeArtifact": "outcome",
    "never": "gap",
    "notimpl": "gap",
    "notyet": "gap",
}

__all__ = [
    "CASES",
    "BackendConformance",
    "Case",
    "Gap",
    "Outcome",
    "SomeArtifact",
    "never",
    "notimpl",
    "notyet",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOME_OF[name]}"), name)


def __dir__() -> list[str]:
    return __all__
