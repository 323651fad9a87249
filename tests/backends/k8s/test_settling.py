"""A server that has just come again refuses, until it has read its roles, what it will grant."""

from __future__ import annotations

from typing import Any

import pytest

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.config import Config
from kfbridge.backends.k8s.faults import Refusal
from kfbridge.errors import BackendError


class Restarted(Cluster):
    """Answers as it is told, one answer for each request."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(Config(artifact_root="pvc://c/r"), patience=30.0)
        self.left = list(answers)

    def _once(self, *request: Any) -> Any:
        answer = self.left.pop(0)
        if isinstance(answer, BackendError):
            raise answer
        return answer


def forbidden() -> BackendError:
    return Refusal("forbidden", 403, "Forbidden", transient=False)


def gone() -> BackendError:
    return BackendError("connection refused", transient=True)


def ask(server: Restarted) -> Any:
    return server._answer("GET", "/api", {}, None, None)


def test_a_403_after_a_fault_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kfbridge.backends.k8s.client.time.sleep", lambda seconds: None)
    assert ask(Restarted(gone(), forbidden(), forbidden(), "the answer")) == "the answer"


def test_any_other_403_is_the_last_word() -> None:
    with pytest.raises(BackendError, match="forbidden"):
        ask(Restarted(forbidden(), "never asked"))
