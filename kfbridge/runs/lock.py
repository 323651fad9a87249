"""Who drives a run: a lock that the operating system gives back when its holder dies."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from types import TracebackType

from kfbridge.errors import RunError

try:
    import fcntl
except ImportError:  # Windows: runs can be read there, not driven
    fcntl = None  # type: ignore[assignment]


_LIFE = 75.0  # seconds for which a sign of life counts; one comes every 15


class DriverLock:
    """The exclusive right to drive the run whose lock file is `path`; its content is the holder's pid."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: int | None = None

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            RunError: Another process drives the run, or the file cannot be written.
        """
        try:
            file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise RunError(
                f"{self.path} cannot be opened: {error.strerror}.", remedy="Give write permission there."
            ) from error
        if not _lock_soon(file):
            os.close(file)
            raise RunError(
                f"The run is being driven by process {holder(self.path) or 'unknown'}.",
                where=self.path.parent.name,
                remedy=f"Wait for it, or end it with: kfbridge cancel {self.path.parent.name}",
            )
        os.ftruncate(file, 0)
        os.write(file, f"{os.getpid()}\n".encode())
        self._file = file

    def release(self) -> None:
        """Give the lock back; the file stays, because deleting it would let two holders in."""
        if self._file is not None:
            os.close(self._file)
            self._file = None

    def __enter__(self) -> DriverLock:
        self.acquire()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a living process drives the run whose lock file is `path`."""
    try:
        file = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(file, shared=True)  # lookers do not stand in each other's way
    finally:
        os.close(file)


def beats(path: Path) -> bool:
    """Whether the sign of life at `path`, which a driver on another machine leaves at the root, is a fresh one."""
    try:
        told = json.loads(path.read_bytes())
        return bool(time.time() - float(told["time"]) < _LIFE)
    except (OSError, ValueError, LookupError, TypeError):
        return False


def holder(path: Path) -> int | None:
    """The pid in the lock file, or None when there is none."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def _lock_soon(file: int) -> bool:
    """Try for half a second: somebody who only looks holds the lock for an instant."""
    for _ in range(10):
        if _lock(file):
            return True
        time.sleep(0.05)
    return _lock(file)


def _lock(file: int, shared: bool = False) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
