"""Trying again what failed for a passing reason."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeVar

from kfbridge.errors import StorageError

_T = TypeVar("_T")
_CONNECT: Final = 15.0  # seconds in which a server must be found at all; a mistyped address is not waited for longer


@dataclass(frozen=True, slots=True)
class Patience:
    """How long, and how often, a call is tried again.

    Attributes:
        seconds: No new try begins later than this after the first.
        first: Seconds before the second try; doubled for each further one, and varied at random by half.
        longest: Seconds between two tries at most.
    """

    seconds: float = 60.0
    first: float = 0.2
    longest: float = 8.0

    def call(self, work: Callable[[], _T]) -> _T:
        """What `work` gives, after as many tries as it takes.

        Raises:
            StorageError: It failed for good, or was still failing when patience was over; the last failure.
        """
        begin, wait = time.monotonic(), self.first
        while True:
            try:
                return work()
            except StorageError as error:
                limit = self.seconds if getattr(error, "connected", True) else min(self.seconds, _CONNECT)
                pause = wait * random.uniform(0.5, 1.0)
                if not error.transient or time.monotonic() + pause > begin + limit:
                    raise
            time.sleep(pause)
            wait = min(self.longest, 2 * wait)
