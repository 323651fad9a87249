"""Several requests at once, each tried again where that helps."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from typing import Final, TypeVar

from kfbridge.storage.base import Progress, Transfer
from kfbridge.storage.retry import Patience

_T = TypeVar("_T")
_R = TypeVar("_R")
_SOONEST: Final = 0.1  # seconds between two reports of progress


class Pool:
    """Threads for requests, made when they are first needed.

    Args:
        parallel: How many requests are under way at once.
        patience: How long each is tried again.
    """

    def __init__(self, parallel: int, patience: Patience) -> None:
        self.parallel = parallel
        self.patience = patience
        self._lock = threading.Lock()
        self._threads: ThreadPoolExecutor | None = None

    def map(self, work: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
        """`work` of each item; after a failure nothing more begins, and the first failure is raised."""
        if len(items) == 1:
            return [self.patience.call(lambda: work(items[0]))]
        threads = self._started()
        futures = [threads.submit(self.patience.call, lambda item=item: work(item)) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = next((one for one in futures if one.done() and one.exception() is not None), None)
        finally:
            for future in futures:
                future.cancel()
        if failed is not None:
            wait([future for future in futures if not future.cancelled()])
            raise failed.exception() or AssertionError
        return [future.result() for future in futures]

    def imap(self, work: Callable[[_T], _R], items: Iterable[_T], ahead: int) -> Iterator[_R]:
        """`work` of each item, at most `ahead` of them at once; the results in order."""
        threads = self._started()
        futures: deque[Future[_R]] = deque()
        try:
            for item in items:
                futures.append(threads.submit(self.patience.call, lambda item=item: work(item)))
                if len(futures) >= ahead:
                    yield futures.popleft().result()
            while futures:
                yield futures.popleft().result()
        finally:
            wait([future for future in futures if not future.cancel()])

    def close(self) -> None:
        """End the threads, once they have nothing to do."""
        with self._lock:
            threads, self._threads = self._threads, None
        if threads is not None:
            threads.shutdown()

    def _started(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._threads is None:
                self._threads = ThreadPoolExecutor(self.parallel, thread_name_prefix="kfbridge-storage")
            return self._threads


class Counter:
    """Counts what is through, and tells it."""

    def __init__(self, tell: Progress | None, files: int, size: int) -> None:
        self._tell = tell
        self._all = files, size
        self._files = self._bytes = 0
        self._next = 0.0
        self._lock = threading.Lock()

    def sent(self, size: int) -> None:
        """`size` more bytes are through."""
        self._count(0, size)

    def file(self, size: int = 0) -> None:
        """One more file is, with `size` bytes that have not been counted yet."""
        self._count(1, size)

    def _count(self, files: int, size: int) -> None:
        if self._tell is None:
            return
        with self._lock:
            self._files += files
            self._bytes += size
            now = time.monotonic()
            if now >= self._next or self._files == self._all[0]:
                self._next = now + _SOONEST
                self._tell(Transfer(self._files, self._bytes, *self._all))


class PooledLane:
    """A transfer's requests, on a pool; a bucket's `Lane`."""

    def __init__(self, pool: Pool, counter: Counter) -> None:
        self._pool = pool
        self._counter = counter

    def map(self, work: Callable[[_T], _R], items: Sequence[_T]) -> list[_R]:
        """See `Lane.map`."""
        return self._pool.map(work, items)

    def sent(self, size: int) -> None:
        """See `Lane.sent`."""
        self._counter.sent(size)
