"""A small process that starts commands for kfbridge and never outlives it, nor lets them.

Run by path, standard library only. One JSON object a line: requests on standard input, messages on standard
output. The end of standard input, which the kernel brings about however kfbridge dies, ends every command.

    {"start": id, "argv": [..], "cwd": path, "env": {..}, "log": path, "cleanup": [..]}
    {"kill": id}

    {"id": id, "pid": n}    {"id": id, "exit": n}    {"id": id, "signal": n}    {"id": id, "error": text}

`cleanup` is a command that is run when the command is killed (``docker kill NAME``).
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

GRACE = float(os.environ.get("KFBRIDGE_GRACE", "5"))  # seconds between SIGTERM and SIGKILL
PR_SET_PDEATHSIG = 1


class Supervisor:
    """The commands that run, by id, and those that were told to end, with the time their grace is over."""

    def __init__(self) -> None:
        self.running: dict[str, tuple[subprocess.Popen[bytes], list[str] | None]] = {}
        self.doomed: dict[str, float] = {}
        self.wake, wake_end = os.pipe()
        for end in (self.wake, wake_end):
            os.set_blocking(end, False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(ignored, signal.SIG_IGN)  # kfbridge decides; its end is the end of standard input

    def serve(self) -> None:
        """Until standard input ends; then everything ends."""
        buffer = b""
        while True:
            ready = self.wait([0, self.wake])
            if 0 in ready:
                data = os.read(0, 1 << 16)
                if not data:
                    break
                *lines, buffer = (buffer + data).split(b"\n")
                for line in lines:
                    self.handle(json.loads(line))
        for name in list(self.running):
            self.kill(name)
        while self.running:
            self.wait([self.wake])

    def wait(self, files: list[int]) -> list[int]:
        """Sleep until a file is readable, a command ended or a grace is over."""
        due = min(self.doomed.values(), default=None)
        timeout = None if due is None else max(0.0, due - time.monotonic())
        ready = select.select(files, [], [], timeout)[0]
        if self.wake in ready:
            os.read(self.wake, 1 << 16)
        self.reap()
        for name, due in list(self.doomed.items()):
            if due <= time.monotonic():
                self.doomed.pop(name)
                self.signal(name, signal.SIGKILL)
        return ready

    def handle(self, request: dict[str, Any]) -> None:
        """Carry out one request."""
        if "kill" in request:
            self.kill(request["kill"])
            return
        name = request["start"]
        try:
            with Path(request["log"]).open("ab") as log:
                process = subprocess.Popen(
                    request["argv"],
                    cwd=request["cwd"],
                    env=request["env"],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=die_with_parent,
                )
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            tell({"id": name, "error": f"{request['argv'][0]}: {getattr(error, 'strerror', None) or error}"})
            return
        self.running[name] = (process, request.get("cleanup"))
        tell({"id": name, "pid": process.pid})

    def kill(self, name: str) -> None:
        """Ask the command's whole process group to end; insist after the grace."""
        if name not in self.running or name in self.doomed:
            return
        self.doomed[name] = time.monotonic() + GRACE
        cleanup = self.running[name][1]
        if cleanup:
            subprocess.Popen(cleanup, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.signal(name, signal.SIGTERM)

    def signal(self, name: str, number: int) -> None:
        """Send a signal to the command's process group, if it is still there."""
        if name in self.running:
            signal_group(self.running[name][0].pid, number)

    def reap(self) -> None:
        """Report the commands that ended, and end what they left behind, as a container would."""
        for name, (process, _) in list(self.running.items()):
            code = process.poll()
            if code is not None:
                del self.running[name]
                self.doomed.pop(name, None)
                signal_group(process.pid, signal.SIGKILL)
                tell({"id": name, "signal": -code} if code < 0 else {"id": name, "exit": code})


def signal_group(group: int, number: int) -> None:
    """Signal a process group that may be gone."""
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return


def die_with_parent() -> None:
    """In the new process: end when the supervisor does (Linux only), and take signals as usual again."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)
    if LIBC is not None:
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tell(message: dict[str, Any]) -> None:
    """One line to kfbridge; when nobody listens any more, the end of standard input follows."""
    try:
        os.write(1, json.dumps(message).encode() + b"\n")
    except BrokenPipeError:
        return


LIBC = ctypes.CDLL(None) if sys.platform.startswith("linux") else None

if __name__ == "__main__":
    Supervisor().serve()
