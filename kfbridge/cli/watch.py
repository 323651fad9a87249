"""Watching a run to its end: the display, signals, the closing words and the exit code."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterable
from types import FrameType, TracebackType
from typing import Any, TextIO

from kfbridge.backends.base import Finding, Level, Run, RunStatus, TransferringRun
from kfbridge.cli.display import Display, view_for
from kfbridge.cli.display_screen import SHOW_CURSOR
from kfbridge.cli.display_summary import summary
from kfbridge.cli.document import run_document, write_document
from kfbridge.errors import KfbridgeError


def watch(run: Run, as_json: bool) -> int:
    """Show `run` until it ends and tell what came of it.

    People get the live display and a summary on standard output; with `as_json` the document is there, and the
    course of the run, as plain lines, on standard error.

    Returns:
        The exit code: 0 when it succeeded, 1 when it did not, 128 + the signal that stopped it.
    """
    stream = sys.stderr if as_json else sys.stdout
    stream.writelines(f"{note}\n" for note in notes(run.findings))
    transfers = run.transfers if isinstance(run, TransferringRun) else None
    with Display(view_for(stream), transfers) as display, Interrupts(run, display, stream) as interrupts:
        display.update(run.status())
        display.follow(run.logs(follow=True, brief=True))
        status = run.wait(display.update)
        display.update(status)
    if as_json:
        write_document(run_document(status))
    else:
        conclude(status, stream)
    if status.state == "cancelled" and interrupts.received:
        return 128 + interrupts.received
    return 0 if status.state == "succeeded" else 1


def notes(findings: Iterable[Finding]) -> list[str]:
    """A line for each thing that is done otherwise than asked, with the tasks that ask for it."""
    tasks: dict[str, dict[str, None]] = {}
    for finding in findings:
        if finding.level is Level.REWRITTEN:
            tasks.setdefault(finding.reason, {})[finding.task or "the pipeline"] = None
    return [
        f"note: {', '.join([*names][:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}: {reason}"
        for reason, names in tasks.items()
    ]


def conclude(status: RunStatus, stream: TextIO) -> None:
    """Write the summary, and how to go on after a run that did not succeed."""
    colour = stream.isatty() and not os.environ.get("NO_COLOR")
    lines = summary(status, colour)
    if status.state in ("failed", "cancelled"):
        lines.append(f"  continue with: kfbridge resume {status.run_id}")
    stream.write("\n".join(lines) + "\n")
    stream.flush()


class Interrupts:
    """While a run is watched, the first Ctrl-C (or SIGTERM) cancels it, the second ends kfbridge at once."""

    def __init__(self, run: Run, display: Display, stream: TextIO) -> None:
        self.received = 0
        self._display = display
        self._run = run
        self._stream = stream
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Interrupts:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._receive)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _receive(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            end = SHOW_CURSOR if self._stream.isatty() else ""
            os.write(2, f"{end}\nEnded at once. Continue with: kfbridge resume {self._run.run_id}\n".encode())
            os._exit(128 + number)  # the steps end with this process
        self.received = number
        self._display.say("Stopping: the running steps are ended. Once more ends kfbridge at once.")
        # Not here: a handler interrupts the thread that may hold what cancelling needs, a connection above all.
        threading.Thread(target=self._cancel, name="kfbridge-cancel", daemon=True).start()

    def _cancel(self) -> None:
        try:
            self._run.cancel()
        except KfbridgeError as error:
            self._display.say(f"The run could not be cancelled: {error}")
