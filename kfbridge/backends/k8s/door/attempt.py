"""Requests to a doorkeeper, tried again as long as it makes sense."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import Any, Final, TypeVar

from kfbridge.backends.k8s.door.link import Link
from kfbridge.backends.k8s.door.stream import Stream
from kfbridge.errors import StorageError
from kfbridge.storage.errors import DamagedError

_T = TypeVar("_T")
_FIRST: Final = 0.2  # seconds before the second try; doubled for each further one
_LONGEST: Final = 8.0  # seconds between two tries
_CONNECT: Final = 15.0  # seconds in which a server must be found at all, as in `kfbridge.storage.retry`
_DAMAGED: Final = 3  # tries at a transfer whose checksum is wrong


class Attempt:
    """One try at something: opens streams, and gives up those that are not done at its end.

    Args:
        link: The connection.
        number: Which try it is, from 1.
    """

    def __init__(self, link: Link, number: int) -> None:
        self.number = number
        self._link = link
        self._streams: list[Stream] = []

    def open(self, op: str, **request: Any) -> Stream:
        """Begin a request."""
        stream = self._link.open({"op": op, **request})
        self._streams.append(stream)
        return stream

    def ask(self, op: str, **request: Any) -> Any:
        """Make a request, and wait for what it comes to."""
        return self.open(op, **request).result()

    @property
    def moved(self) -> bool:
        """Whether any content went through."""
        return any(stream.moved for stream in self._streams)

    def close(self) -> None:
        """Give up what is not done."""
        for stream in self._streams:
            stream.abandon()
        if self._streams:
            self._link.flush()


def persist(dial: Callable[[], Link], work: Callable[[Attempt], _T], seconds: float) -> _T:
    """What `work` gives, after as many tries as it takes; each begins where the one before it ended.

    Args:
        dial: Gives a connection that is not broken.
        work: The requests.
        seconds: How long it is tried without anything going through.

    Raises:
        StorageError: It failed for good, or was still failing when patience was over; the last failure.
    """
    begin, wait, number, damaged = time.monotonic(), _FIRST, 0, 0
    while True:
        number += 1
        attempt: Attempt | None = None
        try:
            attempt = Attempt(dial(), number)
            return work(attempt)
        except StorageError as error:
            damaged += isinstance(error, DamagedError)
            if attempt is not None and attempt.moved and error.transient:
                begin, wait = time.monotonic(), _FIRST
            limit = seconds if getattr(error, "connected", True) else min(seconds, _CONNECT)
            pause = wait * random.uniform(0.5, 1.0)
            late = not error.transient or time.monotonic() + pause > begin + limit
            if late and not (isinstance(error, DamagedError) and damaged < _DAMAGED):
                raise
        finally:
            if attempt is not None:
                attempt.close()
        time.sleep(pause)
        wait = min(_LONGEST, 2 * wait)
