"""Waiting for a run that a Job drives."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from kfbridge.backends.k8s.handle import KubernetesRun
from kfbridge.runs.record import RunRecord

RUNNING = RunRecord("one", "pipeline", "kind", "k8s", "running", 1.0)
ENDED = replace(RUNNING, state="succeeded", ended=2.0)


@dataclass
class Store:
    """A run that ends between two looks at its record."""

    looks: list[RunRecord] = field(default_factory=lambda: [RUNNING, ENDED])

    def find(self, run_id: str) -> RunRecord:
        return self.looks.pop(0) if len(self.looks) > 1 else self.looks[0]


class Watched(KubernetesRun):
    """The handle without a root and a cluster behind it."""

    def __init__(self, store: Any) -> None:
        self.run_id = "one"
        self._store = store
        self._graph = object()  # type: ignore[assignment]
        self._driving = self._submission = None
        self._withdrawn = False
        self._paths: Any = type("Paths", (), {"journal": type("Journal", (), {"exists": lambda self: False})()})
        self._said = ""

    def _look_at_driver(self) -> None:
        self._said = "well"

    def _told(self, record: RunRecord) -> Any:
        return record


def test_what_is_told_at_the_end_is_the_end() -> None:
    told: Any = Watched(Store()).wait()
    assert told.state == "succeeded"
