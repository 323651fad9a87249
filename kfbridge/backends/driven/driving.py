"""A run that this process drives, in a thread of its own."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass

from kfbridge.backends.base import Observer, RunStatus
from kfbridge.backends.driven.attempt import artifact_exists
from kfbridge.backends.driven.mirror import Mirror
from kfbridge.backends.driven.mirrored_cache import MirroredCache
from kfbridge.backends.driven.report import run_status
from kfbridge.backends.driven.sending import Sending
from kfbridge.engine.cache import FileCache
from kfbridge.engine.context import RunContext
from kfbridge.engine.driver import drive
from kfbridge.engine.events import Event, RunStarted, to_json
from kfbridge.engine.journal import FileJournal
from kfbridge.engine.runner import TaskRunner
from kfbridge.engine.scheduler import Scheduler
from kfbridge.errors import KfbridgeError, RunError, StorageError
from kfbridge.graph.model import Graph
from kfbridge.graph.workspace import has_workspace
from kfbridge.runs.lock import DriverLock
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord
from kfbridge.runs.recorder import Recorder

_SHARE = 10  # a picture of all tasks is made so rarely that it takes at most a tenth of the time
_SOONEST = 0.1  # seconds between two pictures


@dataclass(frozen=True, slots=True)
class Options:
    """How a run is driven.

    Attributes:
        failure_policy: ``slow`` or ``fast`` after a failure.
        cache: Whether outputs of earlier runs are taken.
        machine: Where all steps run; empty where that differs from step to step.
        workspace: Where steps find the workspace; empty where it is the folder in the run's own.
    """

    failure_policy: str
    cache: bool
    machine: str = ""
    workspace: str = ""


class Driving:
    """Drives one run to its end; the caller has the lock already, and this gives it back.

    Args:
        graph: The pipeline.
        make_runner: Makes what runs the attempts, for the run that it is told.
        options: How it is driven.
        paths: The run's folder.
        record: The run as it was written when it began or was resumed.
        lock: The right to drive it.
        place: Where a person looks for its files.
        mirror: Where the artifact root is remote: this machine's copy of it.
        history: The events of earlier drivers; none for a new run.
        takes_over: Whether the run goes on after `history` as if nothing had been; else it is resumed.
        observer: Told every event.
    """

    def __init__(
        self,
        graph: Graph,
        make_runner: Callable[[RunContext], TaskRunner],
        options: Options,
        paths: RunPaths,
        record: RunRecord,
        lock: DriverLock,
        place: str,
        mirror: Mirror | None = None,
        history: Sequence[Event] = (),
        observer: Observer | None = None,
        *,
        takes_over: bool = False,
    ) -> None:
        self.over = threading.Event()
        self.picture: RunStatus = run_status(record, place)
        self.error: BaseException | None = None
        self.paths = paths
        self._graph = graph
        self._make_runner = make_runner
        self._options = options
        self._record = record
        self._recorder = Recorder(paths, record, history, options.machine)
        self._lock = lock
        self._place = place
        self._mirror = mirror
        self._sending = Sending(mirror, paths) if mirror is not None else None
        self._history = history
        self._takes_over = takes_over
        self._observer = observer
        self._watched = False
        self._stale = False
        self._next_picture = 0.0
        self._scheduler: Scheduler | None = None
        self._cancelled = threading.Event()
        self._thread = threading.Thread(target=self._run, name=f"kfbridge-{record.run_id}", daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def watch(self) -> None:
        """Keep `picture` up to date from now on, a few times a second at most."""
        self._watched = True

    def cancel(self) -> None:
        """Ask the run to stop; safe in a signal handler."""
        self._cancelled.set()
        with suppress(OSError):  # it only tells why the run ended, should this process end before it could
            self.paths.cancel.touch()

    def _run(self) -> None:
        try:
            if self._sending is not None:
                self._sending.start()
            self._drive()
        except KfbridgeError as error:
            self._end("failed", str(error))
        except BaseException as error:  # noqa: BLE001  a fault here is raised to whoever waits for the run
            self.error = error
            self._end("failed", f"a fault in kfbridge: {type(error).__name__}: {error}")
        finally:
            self._finish_sending()
            self._lock.release()
            self.over.set()

    def _finish_sending(self) -> None:
        if self._sending is None:
            return
        try:
            self._sending.finish()
        except StorageError as failure:
            self.error = self.error or failure

    def _cache(self) -> FileCache | None:
        if not self._options.cache:
            return None
        if self._mirror is not None:
            return MirroredCache(self._mirror)
        return FileCache(self.paths.folder.parent / ".cache", artifact_exists)

    def _drive(self) -> None:
        with FileJournal(self.paths.journal) as journal:
            cache = self._cache()
            start = next((event for event in self._history if isinstance(event, RunStarted)), self._started())
            context = RunContext.of(start, self._graph.name)
            self._scheduler = drive(
                self._graph,
                self._make_runner(context),
                journal,
                start=start,
                history=self._history,
                takes_over=self._takes_over,
                cache=cache,
                listener=self._listen,
                cancelled=self._glance,
                witness=self._recorder.witness,
            )
        error = self._scheduler.reason or None
        self._end(self._scheduler.state.value, error)

    def _started(self) -> RunStarted:
        artifacts = self.paths.folder / "artifacts"
        options = {
            "pipeline_root": str(artifacts) if self._mirror is None else self._mirror.uri(artifacts),
            "failure_policy": self._options.failure_policy,
        }
        if has_workspace(self._graph):
            options["workspace_path"] = self._options.workspace or str(self.paths.workspace)
            if not self._options.workspace:
                self.paths.workspace.mkdir(exist_ok=True)
        return RunStarted(self._record.created, self._record.run_id, self._record.arguments, options)

    def _listen(self, event: Event, scheduler: Scheduler) -> None:
        self._recorder.take(event)
        if self._observer is not None:
            self._observer(self._record.run_id, to_json(event))
        self._scheduler = scheduler
        self._stale = True
        self._take_picture()

    def _glance(self) -> bool:
        """Called several times a second by the driver: whether to stop, and the moment to catch up."""
        self._take_picture()
        return self._cancelled.is_set() or self.paths.cancel.exists()

    def _take_picture(self) -> None:
        begin = time.monotonic()
        if not (self._watched and self._stale) or begin < self._next_picture:
            return
        self.picture = run_status(self._record, self._place, self._scheduler)
        self._stale = False
        end = time.monotonic()
        self._next_picture = end + max(_SOONEST, _SHARE * (end - begin))

    def _end(self, state: str, error: str | None) -> None:
        self._record = self._recorder.end(self._graph, state, error, self._scheduler)
        self.picture = run_status(self._record, self._place, self._scheduler)
        try:
            self._recorder.write(self._scheduler)
        except RunError as failure:
            self.error = self.error or failure
