"""Keeps a door open while somebody uses it: what the container of its pod runs.

Sessions (`kfbridge.backends.k8s.door.doorkeeper`) are processes that clients start in the same container. They are
told by locks on files, which end with the process that holds them, however it ends.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import sys
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

_GATE: Final = "gate"
_GRACE: Final = 1.0  # seconds in which a session ends by itself once its client has gone
_PATIENCE: Final = 10.0  # seconds until a process that was killed is gone


class Room:
    """The folder of a pod in which the locks of its sessions are.

    Args:
        folder: The folder; every session's user can write to it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._held: list[int] = []

    def enter(self, client: str) -> None:
        """Count as a session from now on, until this process ends; an earlier session of the same client is ended.

        A client has gone on from an earlier session when it begins another one: what is still on its way in the
        earlier one must not happen any more.

        Raises:
            OSError: The folder cannot be written, or the earlier session cannot be ended.
        """
        gate = self._open(_GATE)
        fcntl.flock(gate, fcntl.LOCK_SH)
        os.utime(gate)  # one that ends before the porter has looked counts, too
        seat = self._open(f"{client}.session")
        begin = time.monotonic()
        while not _locked(seat):
            waited = time.monotonic() - begin
            if waited > _PATIENCE:
                raise TimeoutError("an earlier session of the same client does not end")
            if waited > _GRACE:
                with suppress(ValueError, ProcessLookupError):  # it is about to write its number, or has just ended
                    os.kill(int(os.pread(seat, 20, 0)), signal.SIGKILL)
            time.sleep(0.02)
        os.ftruncate(seat, 0)
        os.pwrite(seat, str(os.getpid()).encode("ascii"), 0)
        self._held += [gate, seat]

    def watch(self, idle: float) -> None:
        """Wait until there has been no session for `idle` seconds; none can begin after that.

        Raises:
            OSError: The folder cannot be written.
        """
        gate = self._open(_GATE)
        seen, used = os.fstat(gate).st_mtime_ns, time.monotonic()
        while True:
            time.sleep(min(1.0, idle / 10))
            alone, touched = _locked(gate), os.fstat(gate).st_mtime_ns
            if alone and touched == seen and time.monotonic() - used >= idle:
                self._held.append(gate)
                return
            if not alone or touched != seen:
                seen, used = touched, time.monotonic()
            if alone:
                fcntl.flock(gate, fcntl.LOCK_UN)

    def _open(self, name: str) -> int:
        self._folder.mkdir(parents=True, exist_ok=True)
        return os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)


def main(arguments: Sequence[str]) -> None:
    """Wait until the door is no longer used, or the pod is deleted."""
    parser = argparse.ArgumentParser(prog="kfbridge.backends.k8s.door.porter", description=__doc__)
    parser.add_argument("--room", type=Path, required=True, help="the folder of the sessions' locks")
    parser.add_argument("--idle", type=float, required=True, help="seconds without a session, after which it ends")
    given = parser.parse_args(arguments)
    # The first process of a container has no default for it. A door whose pod was deleted has failed: with 0, old
    # versions of the Job controller count it as done, and leave the pod that they have started in its place.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    Room(given.room).watch(given.idle)


def _locked(file: int) -> bool:
    """Whether the lock could be had at once."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
