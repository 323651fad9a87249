"""Signals while a run is watched."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from typing import Any

from kfbridge.cli.watch import Interrupts
from kfbridge.errors import BackendError


class Held:
    """A run that is cancelled with a lock which the waiting thread may hold: a connection to a claim, say."""

    run_id = "one"

    def __init__(self, error: BackendError | None = None) -> None:
        self.lock = threading.Lock()
        self.cancelled = threading.Event()
        self.error = error

    def cancel(self) -> None:
        with self.lock:
            self.cancelled.set()
        if self.error is not None:
            raise self.error


class Said:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def say(self, line: str) -> None:
        self.lines.append(line)


def test_a_signal_does_not_wait_for_what_the_interrupted_thread_holds() -> None:
    run: Any = Held()
    display: Any = Said()
    with Interrupts(run, display, io.StringIO()) as interrupts:
        with run.lock:
            os.kill(os.getpid(), signal.SIGTERM)
            time.sleep(0.1)
            assert not run.cancelled.is_set()
        assert run.cancelled.wait(5)
    assert interrupts.received == signal.SIGTERM
    assert display.lines == ["Stopping: the running steps are ended. Once more ends kfbridge at once."]


def test_what_keeps_a_run_from_being_cancelled_is_said() -> None:
    run: Any = Held(BackendError("The cluster is away.", remedy="Wait.", backend="k8s"))
    display: Any = Said()
    with Interrupts(run, display, io.StringIO()):
        os.kill(os.getpid(), signal.SIGINT)
        until = time.monotonic() + 5
        while len(display.lines) < 2 and time.monotonic() < until:
            time.sleep(0.01)
    assert display.lines[1].startswith("The run could not be cancelled: The cluster is away.")
