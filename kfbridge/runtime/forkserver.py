"""A warm interpreter: started once per Python, it forks a process for each step.

It is run by path (``python .../kfbridge/runtime/forkserver.py``) by any Python from 3.8, also one that has no kfbridge.
Requests come as JSON lines on standard input, answers go as JSON lines to standard output::

    {"id", "source_path", "function", "executor_input", "cwd", "env": {...}, "log", "error_path"}    run a step;
                                     "mounts", "scratch", "before", if given, are those of `kfbridge.runtime.mounts`,
                                     "conditions" those of `kfbridge.runtime.predicate`
    {"kill": id, "grace": seconds}                                  end it: SIGTERM, SIGKILL after the grace (5 s)

    {"id", "pid"}                                                   it runs
    {"id", "pid", "exit": code | "signal": number, "seconds", "maxrss": bytes}              it ended
    {"id", "error"}                                                 it could not be started

A step has a process group of its own, an empty standard input, and its log as both outputs; what is left of the group
when it ends is killed. The server never blocks: it is one thread around one `select`. When standard input ends, or
it gets SIGTERM, it ends every step and then itself; when it is killed, the steps die with it (on Linux).
"""

import atexit
import datetime  # noqa: F401  what most steps import anyway, so that none has to wait for it
import gc
import json
import os
import random  # noqa: F401
import select
import shutil  # noqa: F401
import signal
import subprocess  # noqa: F401
import sys
import tempfile  # noqa: F401
import threading
import time
from importlib import import_module
from importlib.util import module_from_spec, spec_from_file_location
from types import ModuleType
from typing import Any, Dict, NoReturn, Optional, Tuple

GRACE = 5.0
PR_SET_PDEATHSIG = 1


def adopt() -> None:
    """Make this folder the package `kfbridge.runtime`, whether or not kfbridge is installed."""
    folder = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry) != folder]  # a script's folder is put there
    path = os.path.join(folder, "__init__.py")
    spec = spec_from_file_location("kfbridge.runtime", path, submodule_search_locations=[folder])
    if spec is not None and "kfbridge.runtime" not in sys.modules:
        sys.modules["kfbridge.runtime"] = module_from_spec(spec)


adopt()

from kfbridge.runtime.executor import StepError  # noqa: E402
from kfbridge.runtime.main import ERROR_FILE, fail, read, step  # noqa: E402
from kfbridge.runtime.shim import install  # noqa: E402


class Server:
    """Forks steps, watches them, and says what becomes of them.

    Args:
        requests: The file descriptor to read from.
        answers: The file descriptor to write to.
    """

    def __init__(self, requests: int, answers: int) -> None:
        self.requests = requests
        self.answers = answers
        self.pid = os.getpid()
        self.received = b""
        self.unsent = b""
        self.steps: Dict[int, Any] = {}  # pid -> (id, start)
        self.deadlines: Dict[int, float] = {}  # pid -> when to send SIGKILL
        self.stopping = self.asked = False
        self.wakeup, writer = os.pipe()
        for descriptor in (self.wakeup, writer, answers):
            os.set_blocking(descriptor, False)
        signal.set_wakeup_fd(writer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)  # it only has to wake the loop
        signal.signal(signal.SIGTERM, self.ask_to_stop)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the client's to decide on
        self.libc = _libc()

    def serve(self) -> None:
        """Work until there is nobody to work for."""
        while not self.stopping or self.steps:
            reading = [self.wakeup] if self.stopping else [self.wakeup, self.requests]
            ready, _, _ = select.select(reading, [self.answers] if self.unsent else [], [], self._timeout())
            if self.wakeup in ready:
                os.read(self.wakeup, 4096)
            if self.asked:
                self.stop()
            self.reap()
            if self.requests in ready:
                self.receive()
            self.kill_overdue()
            self.send()

    def _timeout(self) -> Optional[float]:
        return max(0.0, min(self.deadlines.values()) - time.monotonic()) if self.deadlines else None

    # Talking

    def receive(self) -> None:
        """Take what the client sent."""
        data = os.read(self.requests, 1 << 20)
        if not data:
            return self.stop()
        *lines, self.received = (self.received + data).split(b"\n")
        for line in lines:
            request = json.loads(line)
            if "kill" in request:
                self.kill(request["kill"], request.get("grace", GRACE))
            else:
                self.start(request)
        return None

    def answer(self, **fields: Any) -> None:
        """Queue an answer and send what the pipe takes."""
        self.unsent += json.dumps(fields).encode() + b"\n"
        self.send()

    def send(self) -> None:
        """Send as much of the queue as the pipe takes."""
        try:
            while self.unsent:
                self.unsent = self.unsent[os.write(self.answers, self.unsent) :]
        except BlockingIOError:
            return  # `select` says when it takes more
        except OSError:  # nobody reads any more
            self.unsent = b""
            self.stop()

    # Steps

    def start(self, request: Dict[str, Any]) -> None:
        """Fork a step."""
        try:
            pid = os.fork()
        except OSError as error:
            return self.answer(id=request["id"], error=f"The system gives no process: {error}.")
        if pid == 0:
            self.become(request)
        self.steps[pid] = (request["id"], time.monotonic())
        _lead_group(pid)  # here and in the child: whoever comes first, the group is there when it is needed
        return self.answer(id=request["id"], pid=pid)

    def become(self, request: Dict[str, Any]) -> NoReturn:
        """Be the step: the child's whole life."""
        code = 1
        try:
            self._part()
            _settle(request)
            if request.get("mounts") or request.get("before"):
                mounts = import_module("kfbridge.runtime.mounts")
                mounts.run_before(request.get("before") or [])
                mounts.mount_all(request["mounts"], request["scratch"])
            if not self._skips(request):
                code = step(request["source_path"], request["function"], request["executor_input"])
            else:
                code = 0
        except BaseException as error:  # noqa: BLE001  the step never began, and that is told
            fail(error, request["source_path"])
        finally:
            try:
                code = _finish(code)
            finally:
                os._exit(code)

    def _skips(self, request: Dict[str, Any]) -> bool:
        """Whether the step looked at its conditions, and one is false; it is marked then."""
        if not request.get("conditions"):
            return False
        predicate = import_module("kfbridge.runtime.predicate")
        task = read(request["executor_input"])
        try:
            reason = predicate.decide(request["conditions"], task)
        except ValueError as error:
            raise StepError("its condition cannot be evaluated: %s" % error) from None
        if reason is not None:
            predicate.mark(task, reason)
        return reason is not None

    def _part(self) -> None:
        """Take the child away from what is the server's."""
        signal.set_wakeup_fd(-1)
        for number in (signal.SIGCHLD, signal.SIGTERM):
            signal.signal(number, signal.SIG_DFL)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _lead_group(0)
        if self.libc is not None:
            self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != self.pid:
            os._exit(1)
        for descriptor in (self.requests, self.answers, self.wakeup):
            os.close(descriptor)

    def reap(self) -> None:
        """Say which steps ended, and end what they left running."""
        while self.steps:
            ended = _ended()
            if ended is None:
                break
            pid, status, usage = ended
            self.deadlines.pop(pid, None)
            name, started = self.steps.pop(pid)
            unit = 1 if sys.platform == "darwin" else 1024
            end = {"signal": os.WTERMSIG(status)} if os.WIFSIGNALED(status) else {"exit": os.WEXITSTATUS(status)}
            seconds = round(time.monotonic() - started, 6)
            self.answer(id=name, pid=pid, seconds=seconds, maxrss=usage.ru_maxrss * unit, **end)

    def kill(self, name: str, grace: float) -> None:
        """Ask a step to end; it has `grace` seconds."""
        for pid, (running, _) in self.steps.items():
            if running == name:
                _signal_group(pid, signal.SIGTERM)
                self.deadlines[pid] = min(self.deadlines.get(pid, float("inf")), time.monotonic() + grace)

    def kill_overdue(self) -> None:
        """End those whose grace is over."""
        now = time.monotonic()
        for pid in [pid for pid, deadline in self.deadlines.items() if deadline <= now]:
            _signal_group(pid, signal.SIGKILL)
            self.deadlines[pid] = now + 1.0

    def ask_to_stop(self, number: int, frame: Any) -> None:
        """Stop as soon as the loop comes around."""
        self.asked = True

    def stop(self) -> None:
        """End every step; `serve` returns when they are gone."""
        if not self.stopping:
            self.stopping = True
            for name, _ in list(self.steps.values()):
                self.kill(name, GRACE)


def _settle(request: Dict[str, Any]) -> None:
    """Give the child the step's own surroundings."""
    for name in set(os.environ).difference(request["env"]):
        del os.environ[name]
    for name, value in request["env"].items():
        if os.environ.get(name) != value:
            os.environ[name] = value
    if request.get("error_path"):
        os.environ[ERROR_FILE] = request["error_path"]
    time.tzset()
    nothing = os.open(os.devnull, os.O_RDONLY)
    log = os.open(request["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    for source, target in ((nothing, 0), (log, 1), (log, 2)):
        os.dup2(source, target)
    os.close(nothing)
    os.close(log)
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # logs are followed while they grow
    os.chdir(request["cwd"])
    # The path as `python -m` would have it, with what the step's own PYTHONPATH adds.
    added = [entry for entry in os.environ.get("PYTHONPATH", "").split(os.pathsep) if entry and entry not in sys.path]
    sys.path[:0] = [os.getcwd(), *added]
    sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "workers"))
    sys.argv = [request["source_path"]]
    sys.modules["__main__"] = ModuleType("__main__")


def _finish(code: int) -> int:
    """What an interpreter does at its end: wait for threads, run exit handlers, flush; the exit code that results."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    try:
        sys.stdout.flush()
        sys.stderr.flush()
    except (OSError, ValueError):  # a full disk, or the step closed them
        return code or 120
    return code


def _ended() -> Optional[Tuple[int, int, Any]]:
    """The next child that ended: pid, status, resources. What it left of its group is killed.

    Until a child is reaped its number cannot be given to another group, so the killing comes first where it can.
    """
    if hasattr(os, "waitid"):
        state = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if state is None:
            return None
        _signal_group(state.si_pid, signal.SIGKILL)
        return os.wait4(state.si_pid, 0)
    pid, status, usage = os.wait4(-1, os.WNOHANG)
    if pid:
        _signal_group(pid, signal.SIGKILL)
    return (pid, status, usage) if pid else None


def _lead_group(pid: int) -> None:
    try:
        os.setpgid(pid, 0)
    except OSError:  # it is gone, or it leads its group already
        return


def _signal_group(pid: int, number: int) -> None:
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):  # already gone; or only zombies are left (macOS)
        return


def _libc() -> Any:
    """The C library, for `prctl`; None where that does not exist."""
    if sys.platform != "linux":
        return None
    try:
        import ctypes
    except ImportError:  # a Python built without libffi
        return None
    return ctypes.CDLL(None)


def main() -> None:
    """Serve on standard input and output, which the steps never see."""
    requests, answers = os.dup(0), os.dup(1)
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    os.dup2(2, 1)
    server = Server(requests, answers)
    install()
    import_module("kfp.dsl")  # what every step imports; made once, for all
    gc.collect()
    gc.freeze()  # the children share these pages as long as nobody touches them
    server.serve()


if __name__ == "__main__":
    main()
