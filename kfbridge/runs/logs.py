"""What the steps of a run printed, found through the journal, also while the run goes on."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from typing import Any

from kfbridge.runs.lock import is_held
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.tail import Tail, lines
from kfbridge.runs.task import read_tasks

POLL = 0.1  # seconds between two looks at the files of a run that goes on

Line = tuple[str, str]
"""A task's key and a line that it printed."""


def read_logs(paths: RunPaths, wanted: Callable[[str], bool]) -> Iterator[Line]:
    """Every line of the wanted tasks up to now, one attempt after the other in the order in which they started."""
    if not paths.journal.exists():
        yield from _recorded_logs(paths, wanted)
        return
    seen: set[tuple[str, int]] = set()  # an attempt may be told to have started more than once
    for event in _events(Tail(paths.journal)):
        if event.get("event") == "task_started" and wanted(event["key"]):
            attempt = event["key"], event["attempt"]
            if attempt not in seen:
                seen.add(attempt)
                yield from ((attempt[0], line) for line in lines(paths.log(*attempt)))


def _recorded_logs(paths: RunPaths, wanted: Callable[[str], bool]) -> Iterator[Line]:
    """The same from the task documents, where there is no journal."""
    attempts = [(task.path, one) for task in read_tasks(paths) if wanted(task.path) for one in task.attempts]
    for path, attempt in sorted(attempts, key=lambda entry: entry[1].started or 0.0):
        yield from ((path, line) for line in lines(paths.log(path, attempt.attempt)))


def follow_logs(paths: RunPaths, wanted: Callable[[str], bool], brief: bool = False) -> Iterator[Line]:
    """The lines of the wanted tasks as they come, until the run ends or nobody drives it any more.

    With `brief`, a step that prints faster than the reader reads is cut short, and a line says by how much.
    """
    follower = _Follower(paths, wanted, brief)
    while True:
        driven = is_held(paths.lock)  # looked at before reading, so that the last words are read
        yield from follower.step()
        if follower.over or not driven:
            yield from follower.close()
            return
        time.sleep(POLL)


class _Follower:
    """Tails of the journal and of the logs of the attempts that run."""

    def __init__(self, paths: RunPaths, wanted: Callable[[str], bool], brief: bool) -> None:
        self.paths = paths
        self.wanted = wanted
        self.brief = brief
        self.over = False
        self._journal = Tail(paths.journal)
        self._tails: dict[tuple[str, int], Tail] = {}

    def step(self) -> Iterator[Line]:
        """What was added since the last step."""
        for event in _events(self._journal):
            kind = event.get("event")
            self.over = kind == "run_ended"
            if kind == "task_started" and self.wanted(event["key"]):
                attempt = event["key"], event["attempt"]
                self._tails.setdefault(attempt, Tail(self.paths.log(*attempt), self.brief))
            elif kind in ("task_succeeded", "task_skipped", "task_failed", "task_lost"):
                yield from self._close(event["key"], event["attempt"])
        for (key, _), tail in self._tails.items():
            yield from ((key, line) for line in tail.read())

    def close(self) -> Iterator[Line]:
        """What is left."""
        for attempt in list(self._tails):
            yield from self._close(*attempt)

    def _close(self, key: str, attempt: int) -> Iterator[Line]:
        tail = self._tails.pop((key, attempt), None)
        if tail is not None:
            yield from ((key, line) for line in tail.close())


def _events(journal: Tail) -> Iterator[dict[str, Any]]:
    for line in journal.read():
        try:
            event = json.loads(line)
        except ValueError:
            continue  # a line that a crash tore; the engine's own reader judges it
        if isinstance(event, dict):
            yield event
