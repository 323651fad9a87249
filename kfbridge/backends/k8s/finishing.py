"""What is done when a pod has ended: its log is kept, its outputs are read, and the engine is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

from kfbridge.backends.k8s.attempt import PodAttempt
from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.ending import ended_container
from kfbridge.backends.k8s.files import Files
from kfbridge.backends.k8s.left import Skipped, read_left
from kfbridge.backends.k8s.verdict import Failed, Lost, Verdict
from kfbridge.backends.k8s.watching import Trouble
from kfbridge.engine.events import Event, TaskFailed, TaskLost, TaskSkipped, TaskSucceeded
from kfbridge.errors import KfbridgeError


class Finisher:
    """Finishes attempts; may be called from several threads.

    Args:
        cluster: The cluster, which has the logs.
        files: The files of the run.
        log_path: Where the log of an attempt is kept, by its key and its number.
    """

    def __init__(self, cluster: Cluster, files: Files, log_path: Callable[[str, int], Path]) -> None:
        self._cluster = cluster
        self._files = files
        self._log_path = log_path

    def finish(self, attempt: PodAttempt, verdict: Verdict, tell: Callable[[Event | Trouble], None]) -> None:
        """Keep the log, read what the attempt left, and tell the event that ends it.

        Where the log cannot be kept, that is no fault of the step, and its end is left to the next driver to tell.
        """
        key, number = attempt.key, attempt.number
        try:
            if not attempt.is_cancelled:
                self._keep_log(attempt)
        except KfbridgeError as error:
            tell(Trouble(error, is_final=True))
            return
        try:
            event = self._event(attempt, verdict)
        except Skipped as skipped:
            event = TaskSkipped(time.time(), key, number, str(skipped))
        except KfbridgeError as error:
            event = TaskFailed(time.time(), key, number, str(error))
        except Exception as error:  # noqa: BLE001  in a thread: what is not told here is never told
            event = TaskFailed(time.time(), key, number, f"a fault in kfbridge: {type(error).__name__}: {error}")
        tell(event)

    def cancel(self, attempt: PodAttempt, remove: Callable[[], None]) -> None:
        """Keep the log up to now, then end the attempt; it goes with its pod."""
        with suppress(KfbridgeError):  # it is ended all the same
            self._keep_log(attempt)
        remove()

    def _event(self, attempt: PodAttempt, verdict: Verdict) -> Event:
        now, key, number = time.time(), attempt.key, attempt.number
        if isinstance(verdict, Lost):
            return TaskLost(now, key, number, verdict.reason)
        if isinstance(verdict, Failed):
            return TaskFailed(now, key, number, verdict.reason, verdict.code, verdict.terminal)
        return TaskSucceeded(now, key, number, read_left(attempt.layout, attempt.executor_input, self._files))

    def _keep_log(self, attempt: PodAttempt) -> None:
        """Keep what the step printed; a pod of which nothing is left any more has a log that says so."""
        pod = attempt.objects.pod
        main = ended_container(pod, MAIN) if pod is not None and "status" in pod else None
        if attempt.pod_name is None or main is None or not main.get("state", {}).keys() & {"running", "terminated"}:
            return  # it never began, so it has printed nothing
        self._files.keep_log(self._log_path(attempt.key, attempt.number), self._log(attempt.pod_name))

    def _log(self, pod: str) -> Iterator[bytes]:
        try:
            yield from self._cluster.log(pod, MAIN)
        except KfbridgeError as error:
            yield f"kfbridge: the log of this step could not be read: {error.reason}\n".encode()
