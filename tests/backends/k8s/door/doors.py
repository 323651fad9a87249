"""Doors without a cluster: the doorkeeper as a process of this machine, at pipes that do harm on request."""

from __future__ import annotations

import resource
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from kfbridge.backends.k8s.door.linked import LinkedStorage
from kfbridge.backends.k8s.door.wire import LastWords, PipeWire, last_line
from kfbridge.storage import Settings

ROOT = "pvc://claim/runs"


@dataclass
class Harm:
    """What happens to the bytes of one connection.

    Attributes:
        cut_read: After so many bytes have come, the connection is gone.
        cut_write: The same, of bytes that went; what is beyond does not arrive, the frame in the middle does in part.
        flip_read: The byte at this place is another one.
        flip_write: The same, of bytes that went.
        dead: Nothing comes any more, and nothing is said.
    """

    cut_read: int | None = None
    cut_write: int | None = None
    flip_read: int | None = None
    flip_write: int | None = None
    dead: bool = False


NONE = Harm()


class ProcessWire:
    """A doorkeeper's pipes as a wire."""

    def __init__(self, command: list[str], harm: Harm, largest: int | None) -> None:
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            preexec_fn=None if largest is None else lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (largest,) * 2),
        )
        assert self.process.stdin is not None and self.process.stdout is not None
        self._pipes = PipeWire(self.process.stdout.fileno(), self.process.stdin.fileno())
        self.harm = harm
        self.came = self.went = 0

    def read(self) -> bytes:
        if self.harm.dead:
            threading.Event().wait(30)
        data = self._pipes.read()
        data = _flipped(data, self.harm.flip_read, self.came)
        self.came += len(data)
        if self.harm.cut_read is not None and self.came > self.harm.cut_read:
            self._reset()
        return data

    def write(self, data: bytes) -> None:
        data = _flipped(data, self.harm.flip_write, self.went)
        if self.harm.cut_write is not None and self.went + len(data) > self.harm.cut_write:
            self._pipes.write(data[: max(0, self.harm.cut_write - self.went)])
            self._reset()
        self.went += len(data)
        self._pipes.write(data)

    def _reset(self) -> None:
        self.close()
        raise ConnectionResetError("connection reset by peer")

    def close(self) -> None:
        self._pipes.close()
        assert self.process.stdin is not None
        self.process.stdin.close()

    def last_words(self) -> LastWords:
        assert self.process.stderr is not None
        code = self.process.wait(10)
        return LastWords(last_line(self.process.stderr.read().decode()), hopeless=code == 1)


def _flipped(data: bytes, at: int | None, begin: int) -> bytes:
    if at is None or not begin <= at < begin + len(data):
        return data
    changed = bytearray(data)
    changed[at - begin] ^= 1
    return bytes(changed)


@dataclass
class Site:
    """A claim on this machine, and the connections that were made to its doorkeepers.

    Attributes:
        folder: The root's folder.
        room: The folder of the sessions' locks.
        harm: What to do to each connection, by its number from 1.
        largest: Bytes that a file may have there at most, as on a disk that is full.
        command: What is run instead of a doorkeeper.
    """

    folder: Path
    room: Path
    harm: Callable[[int], Harm] = lambda number: NONE
    largest: int | None = None
    command: list[str] | None = None
    wires: list[ProcessWire] = field(default_factory=list)

    def connect(self) -> ProcessWire:
        module = [sys.executable, "-m", "kfbridge.backends.k8s.door.doorkeeper"]
        command = self.command or [*module, f"--root={self.folder}", f"--room={self.room}"]
        wire = ProcessWire(command, self.harm(len(self.wires) + 1), self.largest)
        self.wires.append(wire)
        return wire

    def open(self, uri: str = ROOT, patience: float = 20.0) -> LinkedStorage:
        return LinkedStorage(self.connect, ROOT, uri, Settings(patience=patience))

    def end(self) -> None:
        for wire in self.wires:
            wire.process.kill()
            wire.process.wait()


def site(folder: Path) -> Site:
    """A new claim."""
    made = Site(folder / "claim" / "runs", folder / "room")
    made.folder.mkdir(parents=True)
    return made
