"""Warm interpreters: one fork server for each Python that steps need, started when the first step does.

A loop that runs steps does three things::

    interpreters = Interpreters()
    interpreters.start(python, StepRequest(id="train/1", ...))      # returns at once
    for message in interpreters.poll(timeout=0.5):                  # waits for the first message
        match message:
            case StepStarted(id, pid): ...
            case StepEnded(id, code=0): ...
            case StepEnded(id, signal=signal): ...
            case StepLost(id, reason): ...
    interpreters.close()                                            # ends every step

Every step that was started ends in exactly one `StepEnded` or `StepLost`. `filenos()` gives what another `select` can
wait on. All calls belong to one thread.

A step is forked, so what Python or the loader read at their start only (``LD_LIBRARY_PATH``, ``PYTHONHASHSEED``) has no
effect in a step's `env`; ``PYTHONPATH`` has.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import IO, Any

from kfbridge import runtime
from kfbridge.errors import BackendError

SERVER = Path(runtime.__file__).parent / "forkserver.py"


@dataclass(frozen=True, slots=True)
class StepRequest:
    """A step to run.

    Attributes:
        id: A name of the caller's choice, unique among the steps that run.
        source_path: The source file with the function, best named ``ephemeral_component.py``, as KFP names it:
            it is imported under the file's name.
        function: The function to call.
        executor_input: KFP's ExecutorInput, parsed, as JSON text, or as ``@file``.
        cwd: The working directory; it must exist.
        env: The whole environment.
        log: The file to which both outputs are appended.
        error_path: The file to which an error of the user's code is written as JSON (`kfbridge.runtime.main`), if any.
        mounts: Folders that the step finds at places of its own (`kfbridge.runtime.mounts`).
        scratch: An empty folder for that.
        before: Init containers, in the same module's form.
        conditions: What the step looks at before it does anything, as `kfbridge.runtime.predicate` takes it; empty for
            none.
    """

    id: str
    source_path: str
    function: str
    executor_input: str | dict[str, Any]
    cwd: str
    log: str
    env: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    error_path: str | None = None
    mounts: Sequence[Mapping[str, Any]] = ()
    scratch: str = ""
    before: Sequence[Mapping[str, Any]] = ()
    conditions: str = ""


_FIELDS = tuple(part.name for part in fields(StepRequest))


@dataclass(frozen=True, slots=True)
class StepStarted:
    """The step's process exists; its process group has the same number."""

    id: str
    pid: int


@dataclass(frozen=True, slots=True)
class StepEnded:
    """The step's process ended by itself (`code`) or by a signal, after `seconds`; it took `maxrss` bytes at most."""

    id: str
    pid: int
    code: int | None = None
    signal: int | None = None
    seconds: float = 0.0
    maxrss: int = 0


@dataclass(frozen=True, slots=True)
class StepLost:
    """The step could not be started, or its interpreter died and took it along; `reason` is a sentence."""

    id: str
    reason: str


Message = StepStarted | StepEnded | StepLost


class Interpreter:
    """One fork server; a new one is started when the old one died.

    Args:
        python: The executable.
    """

    def __init__(self, python: Path) -> None:
        self.python = python
        self._process: subprocess.Popen[bytes] | None = None
        self._errors: IO[bytes] | None = None
        self._received = b""
        self._running: set[str] = set()

    def start(self, request: StepRequest) -> None:
        """Have a step run; returns at once.

        Raises:
            BackendError: The Python cannot be started.
        """
        self._running.add(request.id)
        self._send({**{name: getattr(request, name) for name in _FIELDS}, "env": dict(request.env)})

    def kill(self, id: str, grace: float = 5.0) -> None:
        """End a step: SIGTERM to its process group, SIGKILL after `grace` seconds. Its end comes as a message."""
        if id in self._running:
            self._send({"kill": id, "grace": grace})

    def fileno(self) -> int | None:
        """What becomes readable when a message waits; None while no server runs."""
        return self._process.stdout.fileno() if self._process and self._process.stdout else None

    def receive(self) -> list[Message]:
        """The messages that wait; to be called when `fileno` is readable."""
        descriptor = self.fileno()
        data = os.read(descriptor, 1 << 20) if descriptor is not None else b""
        if not data:
            return self._die()
        *lines, self._received = (self._received + data).split(b"\n")
        return [self._message(json.loads(line)) for line in lines]

    def close(self, grace: float = 5.0) -> None:
        """End every step and the server; waits until they are gone, at most about `grace` seconds."""
        process = self._process
        if process is None:
            return
        for id in self._running:
            self.kill(id, grace)
        if process.stdin is not None:
            _close(process.stdin)
        try:
            process.wait(grace + 2.0)
        except subprocess.TimeoutExpired:
            process.kill()
        self._forget()
        self._running.clear()

    def _send(self, message: Mapping[str, Any]) -> None:
        if self._process is None:
            self._launch()
        data = json.dumps(message).encode() + b"\n"
        assert self._process is not None and self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:  # it died: `receive` finds out
            return

    def _launch(self) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  closed by `_forget`
        self._received = b""
        try:
            self._process = subprocess.Popen(
                [str(self.python), "-X", "utf8", str(SERVER)],  # as in the images of Python, whatever the locale here
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._errors,
                start_new_session=True,  # Ctrl-C is for kfbridge, which then decides what becomes of the steps
            )
        except OSError as error:
            self._running.clear()
            raise BackendError(
                f"The Python {self.python} cannot be started: {error.strerror or error}.",
                remedy="Name another with the target's setting `python`.",
                backend="local",
            ) from error

    def _message(self, answer: dict[str, Any]) -> Message:
        id = answer["id"]
        if "error" in answer:
            self._running.discard(id)
            return StepLost(id, answer["error"])
        if "seconds" not in answer:
            return StepStarted(id, answer["pid"])
        self._running.discard(id)
        return StepEnded(
            id, answer["pid"], answer.get("exit"), answer.get("signal"), answer["seconds"], answer["maxrss"]
        )

    def _die(self) -> list[Message]:
        """The server is gone, and its steps with it."""
        reason = self._why()
        lost: list[Message] = [StepLost(id, reason) for id in sorted(self._running)]
        self._running.clear()
        self._forget()
        return lost

    def _why(self) -> str:
        assert self._process is not None
        code = self._process.wait()
        how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
        last = ""
        if self._errors is not None:
            self._errors.seek(0)
            last = self._errors.read()[-4000:].decode(errors="replace").strip().rpartition("\n")[2]
        return f"The interpreter {self.python} {how}{': ' + last if last else ''}."

    def _forget(self) -> None:
        if self._process is not None:
            for stream in (self._process.stdin, self._process.stdout, self._errors):
                if stream is not None:
                    _close(stream)
        self._process = self._errors = None


class Interpreters:
    """A fork server for each Python."""

    def __init__(self) -> None:
        self._by_python: dict[Path, Interpreter] = {}
        self._by_step: dict[str, Interpreter] = {}

    def start(self, python: Path | str, request: StepRequest) -> None:
        """Have a step run by this Python; returns at once.

        Raises:
            BackendError: The Python cannot be started.
        """
        interpreter = self._by_python.setdefault(Path(python), Interpreter(Path(python)))
        interpreter.start(request)
        self._by_step[request.id] = interpreter

    def kill(self, id: str, grace: float = 5.0) -> None:
        """End a step: SIGTERM to its process group, SIGKILL after `grace` seconds. Unknown steps are ignored."""
        if id in self._by_step:
            self._by_step[id].kill(id, grace)

    def filenos(self) -> list[int]:
        """What becomes readable when messages wait."""
        return [
            descriptor for descriptor in map(Interpreter.fileno, self._by_python.values()) if descriptor is not None
        ]

    def poll(self, timeout: float | None = 0.0) -> list[Message]:
        """The messages of all steps; waits for the first for at most `timeout` seconds (None: forever)."""
        messages = list(self._receive(timeout))
        for message in messages:
            if not isinstance(message, StepStarted):
                self._by_step.pop(message.id, None)
        return messages

    def _receive(self, timeout: float | None) -> Iterator[Message]:
        descriptors = self.filenos()
        if not descriptors:
            time.sleep(timeout or 0.0)
        ready = select.select(descriptors, [], [], timeout)[0] if descriptors else []
        for interpreter in self._by_python.values():
            if interpreter.fileno() in ready:
                yield from interpreter.receive()

    def close(self, grace: float = 5.0) -> None:
        """End every step and every server."""
        for interpreter in self._by_python.values():
            for id in [id for id, owner in self._by_step.items() if owner is interpreter]:
                interpreter.kill(id, grace)
        for interpreter in self._by_python.values():
            interpreter.close(grace)
        self._by_python.clear()
        self._by_step.clear()

    def __enter__(self) -> Interpreters:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def default_python() -> Path:
    """The Python that runs kfbridge itself, for steps without packages."""
    return Path(sys.executable)


def _close(stream: IO[bytes]) -> None:
    try:
        stream.close()
    except BrokenPipeError:  # unsent bytes for a server that is gone
        return
