"""The attempts that are ready and wait for room, first come, first served."""

from __future__ import annotations

import heapq
from collections import OrderedDict
from itertools import count

from kfbridge.engine.runner import TaskInvocation


class Queue:
    """A queue from which any attempt can be dropped by its task's key."""

    def __init__(self) -> None:
        self._ready: OrderedDict[str, tuple[TaskInvocation, int]] = OrderedDict()
        self._postponed: list[tuple[float, int, TaskInvocation, int]] = []
        self._order = count()

    def add(self, invocation: TaskInvocation, tries: int = 0) -> None:
        """Put an attempt at the end; `tries` is how often starting it has failed already."""
        self._ready[invocation.key] = (invocation, tries)

    def postpone(self, invocation: TaskInvocation, tries: int, until: float) -> None:
        """Keep an attempt back until a time, by the clock that `next` is given."""
        heapq.heappush(self._postponed, (until, next(self._order), invocation, tries))

    def next(self, now: float) -> tuple[TaskInvocation, int] | None:
        """Take the first attempt, and how often starting it has failed; None when none is ready."""
        while self._postponed and self._postponed[0][0] <= now:
            _, _, invocation, tries = heapq.heappop(self._postponed)
            self.add(invocation, tries)
        return self._ready.popitem(last=False)[1] if self._ready else None

    def due(self) -> float | None:
        """When the next postponed attempt is ready; None when there is none."""
        return self._postponed[0][0] if self._postponed else None

    def drop(self, key: str) -> bool:
        """Take an attempt out; whether it was here."""
        if self._ready.pop(key, None) is not None:
            return True
        kept = [entry for entry in self._postponed if entry[2].key != key]
        found = len(kept) < len(self._postponed)
        if found:
            heapq.heapify(kept)
            self._postponed = kept
        return found
