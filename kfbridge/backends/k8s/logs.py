"""The lines that steps print: from their pods while they run, from the artifact root once they have ended."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from kfbridge.backends.k8s.client import Cluster
from kfbridge.backends.k8s.draft import MAIN
from kfbridge.backends.k8s.ending import ended_container
from kfbridge.backends.k8s.names import ATTEMPT, RUN, TASK, label_value
from kfbridge.backends.k8s.resource import POD
from kfbridge.backends.k8s.watching import Change, Trouble, Watch
from kfbridge.engine.events import TaskStarted
from kfbridge.engine.journal import read_journal
from kfbridge.errors import KfbridgeError
from kfbridge.runs.store import RunStore
from kfbridge.runs.tail import lines as file_lines

_POLL: Final = 1.0  # seconds between looks whether the run is over
_READERS: Final = 48  # logs that are followed at once; others are read when there is room

Line = tuple[str, str]
Wanted = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class _Source:
    """A pod whose step has begun."""

    pod: str
    key: str
    attempt: int

    @classmethod
    def of(cls, pod: dict[str, Any]) -> _Source | None:
        """The source that a pod is; None before its step has begun."""
        main = ended_container(pod, MAIN) or {}
        if not main.get("state", {}).keys() & {"running", "terminated"}:
            return None
        metadata = pod["metadata"]
        return cls(metadata["name"], metadata["annotations"][TASK], int(metadata["labels"][ATTEMPT]))


class LiveLogs:
    """Reads the logs of one run.

    Args:
        cluster: The cluster.
        store: The runs of the root.
        run_id: The run.
        is_over: Whether the run has ended.
    """

    def __init__(self, cluster: Cluster, store: RunStore, run_id: str, is_over: Callable[[], bool]) -> None:
        self._cluster = cluster
        self._store = store
        self._paths = store.paths(run_id)
        self._run_id = run_id
        self._is_over = is_over
        self._selector = f"{RUN}={label_value(run_id)}"
        self._queue: queue.SimpleQueue[Line] = queue.SimpleQueue()
        self._room = threading.Semaphore(_READERS)

    def now(self, wanted: Wanted) -> Iterator[Line]:
        """What was printed up to now: what is kept, then that of steps that still run."""
        seen: set[tuple[str, int]] = set()
        yield from self._kept(wanted, seen)
        for pod in self._cluster.list(POD, self._selector)["items"]:
            source = _Source.of(pod)
            if source is not None and wanted(source.key) and (source.key, source.attempt) not in seen:
                yield from self._lines(source, follow=False)

    def follow(self, wanted: Wanted) -> Iterator[Line]:
        """What was printed, and the lines of the wanted tasks as they come, until the run ends."""
        seen: set[tuple[str, int]] = set()
        yield from self._kept(wanted, seen)
        told: queue.SimpleQueue[Change | Trouble] = queue.SimpleQueue()
        watch = Watch(self._cluster, POD, told.put, selector=self._selector)
        watch.start()
        readers: list[threading.Thread] = []
        try:
            is_over = False
            while not is_over or any(one.is_alive() for one in readers):
                is_over = is_over or self._is_over()
                readers = [one for one in readers if one.is_alive()]
                readers += self._begin(told, wanted, seen)
                yield from self._told(_POLL if not is_over else 0.1)
            readers += self._begin(told, wanted, seen)  # of steps that began and ended since the last look
            for reader in readers:
                reader.join()
            yield from self._told(0.0)
            yield from self._kept(wanted, seen)
        finally:
            watch.stop()

    def _begin(
        self, told: queue.SimpleQueue[Change | Trouble], wanted: Wanted, seen: set[tuple[str, int]]
    ) -> Iterator[threading.Thread]:
        """Readers for the steps that have begun since the last look."""
        while True:
            try:
                change = told.get_nowait()
            except queue.Empty:
                return
            if isinstance(change, Trouble):
                if change.is_final:
                    raise change.error
                continue
            source = _Source.of(dict(change.document)) if not change.gone else None
            if source is None or not wanted(source.key) or (source.key, source.attempt) in seen:
                continue
            seen.add((source.key, source.attempt))
            thread = threading.Thread(target=self._read, args=(source,), name=f"kfbridge-log-{source.key}", daemon=True)
            thread.start()
            yield thread

    def _read(self, source: _Source) -> None:
        with self._room:
            for line in self._lines(source, follow=True):
                self._queue.put(line)

    def _told(self, seconds: float) -> Iterator[Line]:
        """The lines that come within so many seconds."""
        until = time.monotonic() + seconds
        with suppress(queue.Empty):
            while True:
                left = until - time.monotonic()
                yield self._queue.get(timeout=left) if left > 0 else self._queue.get_nowait()

    def _lines(self, source: _Source, follow: bool) -> Iterator[Line]:
        """A pod's lines; where the pod goes away meanwhile, what was kept of the rest is told."""
        number = 0
        try:
            for line in _split(self._cluster.log(source.pod, MAIN, follow=follow)):
                number += 1
                yield source.key, line
        except KfbridgeError:
            self._store.bring_logs(self._run_id)
            for line in list(file_lines(self._paths.log(source.key, source.attempt)))[number:]:
                yield source.key, line

    def _kept(self, wanted: Wanted, seen: set[tuple[str, int]]) -> Iterator[Line]:
        """The lines that the artifact root keeps of attempts that have ended, in the order in which they began."""
        self._store.bring_logs(self._run_id)
        if not self._paths.journal.exists():
            return
        for event in read_journal(self._paths.journal):
            if not isinstance(event, TaskStarted) or not wanted(event.key) or (event.key, event.attempt) in seen:
                continue
            path = self._paths.log(event.key, event.attempt)
            if path.exists():
                seen.add((event.key, event.attempt))
                yield from ((event.key, line) for line in file_lines(path))


def _split(pieces: Iterator[bytes]) -> Iterator[str]:
    rest = b""
    for piece in pieces:
        *whole, rest = (rest + piece).split(b"\n")
        yield from (line.removesuffix(b"\r").decode("utf-8", "replace") for line in whole)
    if rest:
        yield rest.decode("utf-8", "replace")
