"""Attempts whose inputs are brought before they begin, and whose outputs are at the root before they have succeeded."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Final

from kfbridge.backends.driven.mirror import Mirror
from kfbridge.engine.events import Artifact, Event, Outputs, TaskFailed, TaskSucceeded
from kfbridge.engine.runner import TaskInvocation, TaskRunner
from kfbridge.errors import StorageError
from kfbridge.runs.paths import RunPaths
from kfbridge.runtime.artifacts import to_path

_SENDERS: Final = 4  # attempts whose files are sent at once; each has many requests under way
_POLL: Final = 0.05  # seconds between looks at what is being sent
_KEPT: Final = ("log.txt", "executor_input.json", "executor_output.json", "error.json", "outputs")


class MirroredRunner:
    """Any runner, on a remote artifact root; a `TaskRunner`.

    Args:
        inner: Runs the attempts in the mirror.
        mirror: The mirror.
        paths: The run's folder in it.
    """

    def __init__(self, inner: TaskRunner, mirror: Mirror, paths: RunPaths) -> None:
        self.capacity = inner.capacity
        self._inner = inner
        self._mirror = mirror
        self._paths = paths
        self._senders = ThreadPoolExecutor(_SENDERS, thread_name_prefix="kfbridge-send")
        self._sent: list[Future[Event]] = []

    def start(self, invocation: TaskInvocation) -> str:
        """See `TaskRunner.start`; a step finds its inputs here, whoever made them and wherever.

        Raises:
            StorageError: An input could not be brought.
        """
        artifacts = {name: [self._here(one) for one in found] for name, found in invocation.artifacts.items()}
        return self._inner.start(replace(invocation, artifacts=artifacts))

    def events(self, timeout: float | None) -> Iterator[Event]:
        """See `TaskRunner.events`; the end of an attempt is told once its files are at the root."""
        until = None if timeout is None else time.monotonic() + timeout
        while True:
            left = None if until is None else max(0.0, until - time.monotonic())
            wait = left if not self._sent else _POLL if left is None else min(_POLL, left)
            events = [event for event in self._inner.events(wait) if not self._is_sent_first(event)]
            done = [future for future in self._sent if future.done()]
            self._sent = [future for future in self._sent if not future.done()]
            events.extend(future.result() for future in done)
            if events or (until is not None and time.monotonic() >= until):
                return iter(events)

    def cancel(self, key: str) -> None:
        """See `TaskRunner.cancel`."""
        self._inner.cancel(key)

    def close(self) -> None:
        """See `TaskRunner.close`."""
        self._inner.close()
        self._senders.shutdown(cancel_futures=True)

    def _is_sent_first(self, event: Event) -> bool:
        if not isinstance(event, (TaskSucceeded, TaskFailed)):
            return False
        self._sent.append(self._senders.submit(self._send, event))
        return True

    def _send(self, event: TaskSucceeded | TaskFailed) -> Event:
        """Send the files of an attempt that has ended; one that cannot be sent has failed."""
        folder = self._paths.attempt(event.key, event.attempt)
        try:
            for name in _KEPT:
                self._mirror.send(folder / name)
            if isinstance(event, TaskFailed):
                return event
            artifacts = {name: [self._there(one) for one in found] for name, found in event.outputs.artifacts.items()}
            return replace(event, outputs=Outputs(event.outputs.parameters, artifacts))
        except StorageError as error:
            if isinstance(event, TaskFailed):
                return event  # the step's own fault is what the user has to know
            reason = f"its outputs could not be stored: {error}"
            return TaskFailed(event.time, event.key, event.attempt, reason)

    def _here(self, artifact: Artifact) -> Artifact:
        """An input with the path that it has on this machine."""
        path = self._mirror.bring_artifact(artifact.uri) if not artifact.custom_path else None
        return artifact if path is None else replace(artifact, custom_path=str(path))

    def _there(self, artifact: Artifact) -> Artifact:
        """An output with the URI that it has at the root."""
        path = Path(artifact.custom_path or to_path(artifact.uri))
        if not path.is_relative_to(self._mirror.folder):
            return artifact  # the step put it elsewhere
        if path.is_relative_to(self._paths.folder):
            self._mirror.send(path)
        return replace(artifact, uri=self._mirror.uri(path), custom_path="")
