"""One attempt of a step on this machine."""

from __future__ import annotations

from kfbridge.backends.driven import Attempt
from kfbridge.backends.local.surroundings import NOTHING, Surroundings
from kfbridge.engine.runner import TaskInvocation
from kfbridge.runs.paths import RunPaths


class LocalAttempt(Attempt):
    """An attempt, with what its task's Kubernetes settings put around it."""

    def __init__(self, invocation: TaskInvocation, paths: RunPaths, as_uri: bool) -> None:
        super().__init__(invocation, paths, as_uri, "local")
        self.surroundings: Surroundings = NOTHING
