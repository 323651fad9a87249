"""Runs the attempts of a run's steps as processes of this machine."""

from __future__ import annotations

import heapq
import os
import select
import socket
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path

from kfbridge.backends.driven.failures import exited, killed, not_started, read_error_file
from kfbridge.backends.local.attempt import LocalAttempt
from kfbridge.backends.local.claims import tend_volume
from kfbridge.backends.local.commands import Commands, Ended
from kfbridge.backends.local.config import Config, Containers, Places
from kfbridge.backends.local.containers import Command, container_name, docker_command, host_command
from kfbridge.backends.local.functions import Pythons, Sources, function_of
from kfbridge.backends.local.interpreters import Interpreters, Message, StepEnded, StepLost, StepRequest, StepStarted
from kfbridge.backends.local.mounting import init_containers
from kfbridge.backends.local.surroundings import surround
from kfbridge.backends.local.workspace import bring_copies, workspace_mounts
from kfbridge.engine.context import RunContext
from kfbridge.engine.events import Event, Outputs, TaskFailed, TaskLost, TaskSkipped, TaskStarted, TaskSucceeded
from kfbridge.engine.executor_input import command_line, task_names
from kfbridge.engine.placeholders import resolve_text
from kfbridge.engine.runner import TaskInvocation
from kfbridge.errors import KfbridgeError, RefusedError
from kfbridge.graph.volumes import volume_stub
from kfbridge.runs.paths import RunPaths
from kfbridge.runtime.artifacts import to_path
from kfbridge.spec.boot import PythonBoot

_CANCELLED = "it was cancelled"


class LocalRunner:
    """The engine's `TaskRunner` for this machine; all calls belong to one thread.

    Args:
        paths: The run's folder.
        config: How the target runs things.
        context: The run, for placeholders.
        places: Where secrets, config maps and volume claims are.
        as_uri: Whether artifact URIs begin with ``file://``.
    """

    def __init__(
        self, paths: RunPaths, config: Config, context: RunContext, places: Places, as_uri: bool = False
    ) -> None:
        self.capacity: int | None = config.slots
        self._paths = paths
        self._config = config
        self._context = context
        self._places = places
        self._as_uri = as_uri
        self._running: dict[str, LocalAttempt] = {}
        self._waiting: list[tuple[LocalAttempt, PythonBoot, Future[Path]]] = []
        self._deadlines: list[tuple[float, str]] = []  # a heap: when an attempt has taken too long, and its name
        self._killed: dict[str, str] = {}  # why, by name
        self._events: list[Event] = []
        self._environment = dict(os.environ)
        self._functions: dict[str, PythonBoot | None] = {}
        self._woken, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        self._interpreters = Interpreters()
        self._commands = Commands()
        self._sources = Sources(paths.folder / "sources")
        self._pythons = Pythons(config.python, self._wake)

    # The engine's side -------------------------------------------------------------------------------

    def start(self, invocation: TaskInvocation) -> str:
        """Begin an attempt; see `TaskRunner`.

        Raises:
            KfbridgeError: Its files cannot be written, a placeholder names nothing, or the target does not run
                containers.
        """
        attempt = LocalAttempt(invocation, self._paths, self._as_uri)
        if attempt.name in self._running:
            return ""
        stub = volume_stub(invocation.container)
        if stub is not None:
            self._tend(stub, attempt)
            return ""
        function = self._function(invocation)
        attempt.prepare()
        bring_copies(invocation, self._context)
        in_docker = function is None and self._config.containers is Containers.DOCKER
        shared = workspace_mounts(self._context, in_docker=in_docker)
        attempt.surroundings = surround(invocation, self._places, self._context, attempt.private, shared)
        if function is not None:
            self._begin_function(attempt, function, self._pythons.python(function, attempt.log))
            return ""
        attempt.prepare_outputs()
        name, command = self._command(attempt)
        self._commands.start(
            attempt.name,
            command.argv,
            cwd=attempt.scratch,
            env=command.env,
            log=attempt.log,
            cleanup=command.cleanup,
        )
        self._runs(attempt)
        return name

    def events(self, timeout: float | None) -> Iterator[Event]:
        """What happened since the last call; waits for at most `timeout` seconds."""
        until = None if timeout is None else time.monotonic() + timeout
        while not self._events:
            left = None if until is None else max(0.0, until - time.monotonic())
            if not self._take(self._soonest(left)) and left is not None and left <= 0:
                break
            self._end_overdue()
        events, self._events = self._events, []
        return iter(events)

    def cancel(self, key: str) -> None:
        """End the running attempt of `key`."""
        for attempt in [attempt for attempt in self._running.values() if attempt.key == key]:
            if any(waiting is attempt for waiting, _, _ in self._waiting):
                self._waiting = [entry for entry in self._waiting if entry[0] is not attempt]
                self._fail(attempt, _CANCELLED)
            else:
                self._kill(attempt, _CANCELLED)

    def close(self) -> None:
        """End everything that runs, and wait for it."""
        self._running.clear()
        self._waiting.clear()
        self._pythons.close()
        self._interpreters.close()
        self._commands.close()
        self._woken.close()
        self._waker.close()

    # Starting ----------------------------------------------------------------------------------------

    def _tend(self, stub: str, attempt: LocalAttempt) -> None:
        """Make or delete a volume claim; that is done at once."""
        attempt.prepare()
        outputs = Outputs(dict(tend_volume(stub, self._places.volumes, attempt.invocation)))
        self._events.append(TaskSucceeded(time.time(), attempt.key, attempt.invocation.attempt, outputs))

    def _function(self, invocation: TaskInvocation) -> PythonBoot | None:
        label = invocation.container.label
        if label not in self._functions:
            self._functions[label] = function_of(invocation.container)
        return self._functions[label]

    def _begin_function(self, attempt: LocalAttempt, function: PythonBoot, python: Future[Path]) -> None:
        """Start the function, now or once its environment is there."""
        self._running[attempt.name] = attempt
        if not python.done():
            self._waiting.append((attempt, function, python))
            return
        try:
            self._interpreters.start(python.result(), self._request(attempt, function))
        except KfbridgeError as error:
            self._fail(attempt, str(error))
        except OSError as error:
            self._fail(attempt, not_started(attempt.invocation.task, str(error), _look(attempt)))

    def _runs(self, attempt: LocalAttempt) -> None:
        """Note that the attempt's process was started."""
        self._running[attempt.name] = attempt
        if attempt.timeout is not None:
            heapq.heappush(self._deadlines, (time.monotonic() + attempt.timeout, attempt.name))

    def _request(self, attempt: LocalAttempt, function: PythonBoot) -> StepRequest:
        env = {}
        if attempt.invocation.container.env:
            names = task_names(attempt.invocation, attempt.executor_input, self._context)
            env = {name: resolve_text(value, names) for name, value in attempt.invocation.container.env}
        return StepRequest(
            id=attempt.name,
            source_path=str(self._sources.path(function.source or "")),
            function=function.function,
            executor_input=f"@{attempt.executor_input_file}",
            cwd=str(attempt.scratch),
            env={**self._environment, **env, **attempt.surroundings.env},
            log=str(attempt.log),
            error_path=str(attempt.error),
            mounts=[mount.document() for mount in attempt.surroundings.mounts],
            scratch=str(attempt.surroundings.scratch or ""),
            before=init_containers(attempt.surroundings),
            conditions=function.conditions,
        )

    def _command(self, attempt: LocalAttempt) -> tuple[str, Command]:
        """The platform's name for a container's attempt, and its command."""
        line = command_line(attempt.invocation, attempt.executor_input, self._context)
        if self._config.containers is Containers.HOST and line.command:
            return "", host_command(line.command, line.args, line.env, attempt.surroundings, attempt.error)
        if self._config.containers is not Containers.DOCKER:
            raise RefusedError(
                f"it runs the container {line.image}, which this target does not run",
                remedy='Set containers = "docker" in kfbridge.toml, or run with --containers docker.',
                backend="local",
            )
        name = container_name(self._context.run_id, attempt.key, attempt.invocation.attempt)
        found = [one for artifacts in attempt.invocation.artifacts.values() for one in artifacts]
        inputs = {Path(one.custom_path or to_path(one.uri)) for one in found}
        return name, docker_command(
            self._config.docker_command,
            name,
            line.image,
            line.command,
            line.args,
            line.env,
            folder=self._paths.folder,
            read_only=sorted(path for path in inputs if path.exists() and not self._inside(path)),
            surroundings=attempt.surroundings,
        )

    def _inside(self, path: Path) -> bool:
        return path.is_relative_to(self._paths.folder)

    # Ending ------------------------------------------------------------------------------------------

    def _kill(self, attempt: LocalAttempt, reason: str) -> None:
        self._killed.setdefault(attempt.name, reason)
        self._interpreters.kill(attempt.name)
        self._commands.kill(attempt.name)

    def _soonest(self, left: float | None) -> float | None:
        """How long to sleep at most: until the caller's patience or a deadline is over."""
        if not self._deadlines:
            return left
        due = max(0.0, self._deadlines[0][0] - time.monotonic())
        return due if left is None else min(due, left)

    def _end_overdue(self) -> None:
        while self._deadlines and self._deadlines[0][0] <= time.monotonic():
            attempt = self._running.get(heapq.heappop(self._deadlines)[1])
            if attempt is not None:
                self._kill(attempt, f"it took longer than its timeout of {attempt.timeout:g} s")

    def _take(self, timeout: float | None) -> bool:
        """Wait for something to happen and turn it into events; whether anything did."""
        wake_file, command_file = self._woken.fileno(), self._commands.fileno()
        files = [wake_file, *self._interpreters.filenos(), *([] if command_file is None else [command_file])]
        ready = select.select(files, [], [], timeout)[0]
        if wake_file in ready:
            self._woken.recv(4096)
            self._begin_waiting()
        if command_file in ready:
            for ended in self._commands.poll():
                self._command_ended(ended)
        if set(ready) - {wake_file, command_file}:
            for message in self._interpreters.poll(0.0):
                self._function_told(message)
        return bool(ready)

    def _begin_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for attempt, function, python in waiting:
            self._begin_function(attempt, function, python)

    def _function_told(self, message: Message) -> None:
        attempt = self._running.get(message.id)
        if attempt is None:
            return
        invocation = attempt.invocation
        if isinstance(message, StepStarted):
            self._runs(attempt)  # its timeout is not to pay for an interpreter that had to warm up first
            self._events.append(TaskStarted(time.time(), invocation.key, invocation.attempt, str(message.pid)))
        elif isinstance(message, StepLost):
            self._lose(attempt, message.reason)
        elif isinstance(message, StepEnded):
            self._end(attempt, message.code, message.signal)

    def _command_ended(self, ended: Ended) -> None:
        attempt = self._running.get(ended.name)
        if attempt is None:
            return
        if ended.error is not None:
            self._fail(attempt, not_started(attempt.invocation.task, ended.error, _look(attempt)))
        elif ended.lost:
            self._lose(attempt, "the process that watched it died")
        else:
            self._end(attempt, ended.code, ended.signal)

    def _end(self, attempt: LocalAttempt, code: int | None, signal: int | None) -> None:
        task = attempt.invocation.task
        killed_because = self._killed.pop(attempt.name, None)
        if killed_because is not None:
            self._fail(attempt, killed_because, code)
        elif signal is not None:
            self._fail(attempt, killed(task, signal, _look(attempt)))
        elif code:
            self._fail(attempt, exited(task, code, _look(attempt), read_error_file(attempt.error)), code)
        else:
            self._succeed(attempt)

    def _succeed(self, attempt: LocalAttempt) -> None:
        try:
            reason = attempt.skipped()
            if reason is not None:
                self._leave(attempt)
                self._events.append(TaskSkipped(time.time(), attempt.key, attempt.invocation.attempt, reason))
                return
            outputs = attempt.collect()
            attempt.tidy()
        except (KfbridgeError, OSError) as error:
            self._fail(attempt, str(error))
            return
        self._leave(attempt)
        self._events.append(TaskSucceeded(time.time(), attempt.key, attempt.invocation.attempt, outputs))

    def _fail(self, attempt: LocalAttempt, reason: str, code: int | None = None) -> None:
        self._leave(attempt)
        self._events.append(TaskFailed(time.time(), attempt.key, attempt.invocation.attempt, reason, code))

    def _lose(self, attempt: LocalAttempt, reason: str) -> None:
        self._leave(attempt)
        self._events.append(TaskLost(time.time(), attempt.key, attempt.invocation.attempt, reason))

    def _leave(self, attempt: LocalAttempt) -> None:
        del self._running[attempt.name]
        attempt.surroundings.clear()

    def _wake(self) -> None:
        """Let `events` look again; called in other threads, also after `close`."""
        with suppress(OSError):  # it is awake already, or closed
            self._waker.send(b".")


def _look(attempt: LocalAttempt) -> str:
    return f"its output is in {attempt.log}"
