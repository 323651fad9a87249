"""The only loop: events go to the journal first, then to the scheduler, whose actions are carried out."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable, Sequence
from typing import TypeAlias

from kfbridge.engine.actions import Action, Adopt, Cancel, End, Start, Wake
from kfbridge.engine.cache import Cache, fingerprint
from kfbridge.engine.ending import Witness
from kfbridge.engine.events import (
    CancelRequested,
    DriverReplaced,
    Event,
    RunEnded,
    RunResumed,
    RunStarted,
    TaskFailed,
    TaskLost,
    TaskSkipped,
    TaskStarted,
    TaskSucceeded,
    TimePassed,
)
from kfbridge.engine.journal import Journal
from kfbridge.engine.queue import Queue
from kfbridge.engine.runner import AdoptingRunner, TaskInvocation, TaskRunner
from kfbridge.engine.scheduler import Scheduler, fold
from kfbridge.errors import KfbridgeError
from kfbridge.graph.model import Graph

Listener: TypeAlias = Callable[[Event, Scheduler], None]

_GLANCE = 0.2  # seconds between looks at the cancel request
_START_TRIES = 5
_START_WAIT = 1.0  # seconds after the first start that failed for a passing reason; doubled each time


def drive(
    graph: Graph,
    runner: TaskRunner,
    journal: Journal,
    *,
    start: RunStarted,
    history: Sequence[Event] = (),
    takes_over: bool = False,
    cache: Cache | None = None,
    listener: Listener | None = None,
    cancelled: Callable[[], bool] | None = None,
    parallel: int | None = None,
    clock: Callable[[], float] = time.time,
    steady: Callable[[], float] = time.monotonic,
    witness: Witness | None = None,
) -> Scheduler:
    """Run a pipeline to its end, or go on with one.

    Args:
        graph: The pipeline.
        runner: Runs the attempts. It is closed at the end, however that comes.
        journal: Takes each event before it is acted on.
        start: How the run begins, if it has not begun yet.
        history: What the journals of earlier drivers hold; if there is anything, the run is resumed: what failed is
            tried again.
        takes_over: Whether the run goes on instead, as if its driver had not been cut off: what failed has failed.
        cache: Where outputs of equal attempts are looked up and kept; None: nowhere.
        listener: Told of each event, once the scheduler has taken it in.
        cancelled: Whether the user has asked for the run to stop; looked at several times a second.
        parallel: How many attempts may run at once, besides the runner's own capacity.
        clock: Seconds since the epoch.
        steady: Seconds that waits are measured by, whatever becomes of the clock.
        witness: Told of each task instance that ends, before the listener is told of the event that ended it.

    Returns:
        The scheduler, whose state is the run's.

    Raises:
        RunError: The journal cannot be written. All that runs is ended; nothing that is recorded is lost.
    """
    try:
        scheduler = fold(graph, history, witness if takes_over else None)
        scheduler.witness = witness
        driver = _Driver(scheduler, runner, journal, cache, listener, parallel, clock, steady)
        again = DriverReplaced if takes_over else RunResumed
        driver.record(again(clock()) if history else start)
        driver.loop(cancelled)
    finally:
        runner.close()
    return driver.scheduler


class _Driver:
    def __init__(
        self,
        scheduler: Scheduler,
        runner: TaskRunner,
        journal: Journal,
        cache: Cache | None,
        listener: Listener | None,
        parallel: int | None,
        clock: Callable[[], float],
        steady: Callable[[], float],
    ) -> None:
        self.scheduler = scheduler
        self.runner = runner
        self.journal = journal
        self.cache = cache
        self.listener = listener
        self.clock = clock
        self.steady = steady
        limits = [limit for limit in (runner.capacity, parallel) if limit is not None]
        self.capacity = max(1, min(limits)) if limits else None
        self.queue = Queue()
        self.running: dict[str, tuple[int, str]] = {}  # attempt, and fingerprint if its outputs are to be kept
        self.wakes: list[tuple[float, float]] = []  # by the steady seconds and by the clock
        self.done = False

    def loop(self, cancelled: Callable[[], bool] | None) -> None:
        """Until the run is over: start what there is room for, then wait for what happens."""
        asked = False
        while not self.done:
            self.fill()
            if self.done:
                return
            for event in self.runner.events(self.patience(cancelled is not None and not asked)):
                self.record(event)
                if self.done:
                    return
            if not asked and not self.done and cancelled is not None and cancelled():
                asked = True
                self.record(CancelRequested(self.clock()))
            self.tick()

    def record(self, event: Event) -> None:
        """Keep an event, let the scheduler take it in, and do what it asks for."""
        self.journal.append(event)
        if isinstance(event, (TaskSucceeded, TaskSkipped, TaskFailed, TaskLost)):
            self.retire(event)
        actions = self.scheduler.apply(event)
        if self.listener is not None:
            self.listener(event, self.scheduler)
        for action in actions:
            self.carry_out(action)

    def carry_out(self, action: Action) -> None:
        match action:
            case Start(invocation):
                self.queue.add(invocation)
            case Cancel(key):
                if not self.queue.drop(key):
                    self.runner.cancel(key)
            case Wake(at):
                heapq.heappush(self.wakes, (self.steady() + at - self.clock(), at))
            case Adopt(invocation, native_id):
                self.adopt(invocation, native_id)
            case End(state):
                self.done = True
                self.record(RunEnded(self.clock(), state))

    # Starting ----------------------------------------------------------------------------------------

    def fill(self) -> None:
        """Start what is ready, as far as there is room."""
        while not self.done and (self.capacity is None or len(self.running) < self.capacity):
            entry = self.queue.next(self.steady())
            if entry is None:
                return
            invocation, tries = entry
            mark = fingerprint(invocation) if self.cache is not None and invocation.cache else ""
            found = self.cache.lookup(mark) if self.cache is not None and mark else None
            if found is None:
                self.start(invocation, mark, tries)
            else:
                self.record(TaskSucceeded(self.clock(), invocation.key, invocation.attempt, found, cached=True))

    def start(self, invocation: TaskInvocation, mark: str, tries: int) -> None:
        key, attempt = invocation.key, invocation.attempt
        try:
            native_id = self.runner.start(invocation)
        except KfbridgeError as error:
            if error.transient and tries + 1 < _START_TRIES:
                self.queue.postpone(invocation, tries + 1, self.steady() + _START_WAIT * 2**tries)
            else:
                self.record(TaskFailed(self.clock(), key, attempt, str(error), terminal=not error.transient))
            return
        self.running[key] = (attempt, mark)
        self.record(TaskStarted(self.clock(), key, attempt, native_id))

    def adopt(self, invocation: TaskInvocation, native_id: str) -> None:
        if isinstance(self.runner, AdoptingRunner) and self.runner.adopt(invocation, native_id):
            mark = fingerprint(invocation) if self.cache is not None and invocation.cache else ""
            self.running[invocation.key] = (invocation.attempt, mark)
            return
        reason = "kfbridge ended before it did"
        self.record(TaskLost(self.clock(), invocation.key, invocation.attempt, reason))

    def retire(self, event: TaskSucceeded | TaskSkipped | TaskFailed | TaskLost) -> None:
        """An attempt ended: make room, and keep the outputs of a good one."""
        attempt, mark = self.running.get(event.key, (0, ""))
        if attempt != event.attempt:
            return
        del self.running[event.key]
        if self.cache is not None and mark and isinstance(event, TaskSucceeded):
            self.cache.store(mark, event.outputs)

    # Waiting -----------------------------------------------------------------------------------------

    def patience(self, glancing: bool) -> float | None:
        """How long to wait for events, in seconds; None: as long as it takes."""
        times = [due for due in (self.wakes[0][0] if self.wakes else None, self.queue.due()) if due is not None]
        waits = [max(0.0, min(times) - self.steady())] if times else []
        if glancing:
            waits.append(_GLANCE)
        return min(waits) if waits else None

    def tick(self) -> None:
        """Tell the scheduler about waits that are over."""
        over: list[float] = []
        while self.wakes and self.wakes[0][0] <= self.steady():
            over.append(heapq.heappop(self.wakes)[1])
        if over and not self.done:
            self.record(TimePassed(max(self.clock(), *over)))  # by a clock that was put back it is not time yet
