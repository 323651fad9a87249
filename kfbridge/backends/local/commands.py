"""Commands as child processes, through the supervisor that ends them whenever kfbridge ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SUPERVISOR = Path(__file__).with_name("supervisor.py")


@dataclass(frozen=True, slots=True)
class Ended:
    """How the command called `name` ended: exactly one of the other fields is set.

    `code` is its exit code, `signal` the signal that killed it, `error` why it could not be started at all,
    `lost` true when nobody saw its end.
    """

    name: str
    code: int | None = None
    signal: int | None = None
    error: str | None = None
    lost: bool = False


class Commands:
    """Starts commands in process groups of their own; their output goes straight into their log file."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._running: set[str] = set()
        self._buffer = b""

    def fileno(self) -> int | None:
        """What to wait on for `poll`; None while no command was ever started."""
        process = self._process
        return process.stdout.fileno() if process is not None and process.stdout is not None else None

    def start(
        self,
        name: str,
        argv: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        log: Path,
        cleanup: Sequence[str] = (),
    ) -> None:
        """Run a command; `cleanup` is run when it is killed. How it ends is told by `poll`."""
        request = {
            "start": name,
            "argv": list(argv),
            "cwd": str(cwd),
            "env": dict(env),
            "log": str(log),
            "cleanup": list(cleanup),
        }
        self._running.add(name)
        self._send(request)

    def kill(self, name: str) -> None:
        """End a command: SIGTERM to its process group, SIGKILL after the grace."""
        if name in self._running:
            self._send({"kill": name})

    def poll(self) -> list[Ended]:
        """The commands that ended since the last call; waits for nothing once `fileno` is readable."""
        file = self.fileno()
        if file is None:
            return []
        data = os.read(file, 1 << 16)
        if not data:
            return self._supervisor_died()
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        messages = (json.loads(line) for line in lines)
        return [self._ended(message) for message in messages if "pid" not in message]

    def close(self, timeout: float = 10.0) -> None:
        """End every command and the supervisor; waits for them, for at most `timeout` seconds."""
        process, self._process = self._process, None
        self._running.clear()
        if process is None or process.stdin is None or process.stdout is None:
            return
        process.stdin.close()
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            process.kill()  # its commands die with it, where the kernel can tell them
            process.wait()
        process.stdout.close()

    def _ended(self, message: dict[str, Any]) -> Ended:
        name = message["id"]
        self._running.discard(name)
        return Ended(name, message.get("exit"), message.get("signal"), message.get("error"))

    def _supervisor_died(self) -> list[Ended]:
        lost = [Ended(name, lost=True) for name in sorted(self._running)]
        self.close()
        return lost

    def _send(self, request: dict[str, Any]) -> None:
        if self._process is None:
            self._process = _supervisor()
        stdin = self._process.stdin
        assert stdin is not None
        try:
            stdin.write(json.dumps(request).encode() + b"\n")
            stdin.flush()
        except BrokenPipeError:
            return  # it died: `poll` says so of every command


def _supervisor() -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-I", "-S", str(SUPERVISOR)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # the terminal's Ctrl-C is for kfbridge, which passes it on
    )
