"""Shows a run while it goes on: a live tree on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Protocol, TextIO

from kfbridge.backends.base import RunStatus, TransferStatus
from kfbridge.cli.display_lines import Lines
from kfbridge.cli.display_screen import Screen
from kfbridge.cli.display_text import clean, paint
from kfbridge.cli.display_transfers import MOST_TRANSFERS, transfer_lines
from kfbridge.cli.display_tree import Style, tree_lines

TICK = 0.1  # seconds between two drawings
BACKLOG = 2000  # lines of logs that wait to be shown; a step that prints faster waits for nobody, see `Display.follow`

PATIENCE = 2.0  # seconds for the last words of the steps, once the run is over


class View(Protocol):
    """One way to show a run."""

    def show(
        self, status: RunStatus, log: list[tuple[str, str]], now: float, transfers: Sequence[TransferStatus] = ()
    ) -> None:
        """Show how the run stands, the lines that steps printed since the last call, and what is on its way."""

    def close(self) -> None:
        """Leave the stream as a shell expects it."""


class Tree:
    """The live tree; what steps print scrolls away above it."""

    def __init__(self, stream: TextIO, style: Style) -> None:
        self._screen = Screen(stream)
        self._style = style

    def show(
        self, status: RunStatus, log: list[tuple[str, str]], now: float, transfers: Sequence[TransferStatus] = ()
    ) -> None:
        """Draw what changed."""
        rows, columns = self._screen.size
        above = [f"{paint(f'{key} |', 'dim', self._style.colour)} {clean(line)}" for key, line in log]
        moving = transfer_lines(transfers, columns, self._style) if rows > 2 * MOST_TRANSFERS else []
        tree = tree_lines(status, now, min(rows, 40) - len(moving), columns, self._style)
        self._screen.draw([*tree[:-1], *moving, tree[-1]], above)

    def close(self) -> None:
        """Leave the last tree on the terminal."""
        self._screen.close()


def style_for(stream: TextIO) -> Style:
    """Colour on a terminal unless NO_COLOR says otherwise; symbols where the encoding has them."""
    unicode = (stream.encoding or "").lower().replace("-", "").startswith("utf")
    return Style(colour=stream.isatty() and not os.environ.get("NO_COLOR"), unicode=unicode)


def view_for(stream: TextIO) -> View:
    """The tree where `stream` is a terminal that can move the cursor, plain lines otherwise."""
    if not stream.isatty() or os.environ.get("TERM", "") in ("", "dumb"):
        return Lines(stream)
    return Tree(stream, style_for(stream))


class Display:
    """Draws a few times a second in a thread of its own, so that neither run nor terminal wait for each other."""

    def __init__(self, view: View, transfers: Callable[[], Sequence[TransferStatus]] | None = None) -> None:
        self._view = view
        self._transfers = transfers
        self._status: RunStatus | None = None
        self._log: deque[tuple[str, str]] = deque()
        self._broken = False
        self._over = threading.Event()
        self._drawer = threading.Thread(target=self._draw, name="display", daemon=True)
        self._reader: threading.Thread | None = None

    def update(self, status: RunStatus) -> None:
        """Take note of how the run stands; cheap."""
        self._status = status

    def say(self, line: str) -> None:
        """Show a line of kfbridge's own among those of the steps; safe in a signal handler."""
        self._log.append(("kfbridge", line))

    def follow(self, logs: Iterator[tuple[str, str]]) -> None:
        """Show these lines as they come; the iterator is read only as fast as they are shown."""
        self._reader = threading.Thread(target=self._read, args=[logs], name="logs", daemon=True)
        self._reader.start()

    def _read(self, logs: Iterator[tuple[str, str]]) -> None:
        for entry in logs:
            while len(self._log) >= BACKLOG:
                time.sleep(TICK / 2)
                if self._over.is_set():
                    return
            if self._over.is_set():
                return
            self._log.append(entry)

    def _draw(self) -> None:
        while not self._over.wait(TICK):
            self._show()

    def _show(self, most: int = BACKLOG) -> None:
        log = [self._log.popleft() for _ in range(min(len(self._log), most))]
        if self._status is None or self._broken:
            return
        try:
            self._view.show(self._status, log, time.time(), self._transfers() if self._transfers is not None else ())
        except OSError:  # nobody reads any more (a closed pipe); the run goes on
            self._broken = True

    def __enter__(self) -> Display:
        self._drawer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None and error is None:
            self._reader.join(timeout=PATIENCE)
        more = self._reader is not None and self._reader.is_alive()
        self._over.set()
        self._drawer.join()
        if self._reader is not None:
            self._reader.join(timeout=TICK)  # unless it waits for a step, it has seen that it is over
        if more and error is None and self._status is not None:
            self._log.append(("...", f"there is more: kfbridge logs {self._status.run_id}"))
        self._show(len(self._log))
        if not self._broken:
            self._view.close()
