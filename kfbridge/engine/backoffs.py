"""Tasks that wait until they are tried again."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from itertools import count

from kfbridge.engine.instance import Instance


class Backoffs:
    """Instances by the time at which their wait is over; those of the same time in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Instance]] = []
        self._order = count()

    def add(self, instance: Instance, until: float) -> None:
        """Let `instance` wait until a time, in seconds since the epoch."""
        heapq.heappush(self._waiting, (until, next(self._order), instance))

    def due(self, now: float) -> list[Instance]:
        """Take out those whose wait is over, the earliest first."""
        found = []
        while self._waiting and self._waiting[0][0] <= now:
            found.append(heapq.heappop(self._waiting)[2])
        return found

    def times(self) -> list[float]:
        """The times at which waits are over."""
        return [until for until, _, _ in self._waiting]

    def take(self, wanted: Callable[[Instance], bool]) -> list[Instance]:
        """Take out those that are wanted, the earliest first."""
        found = sorted(entry for entry in self._waiting if wanted(entry[2]))
        self._waiting = [entry for entry in self._waiting if not wanted(entry[2])]
        heapq.heapify(self._waiting)
        return [entry[2] for entry in found]
