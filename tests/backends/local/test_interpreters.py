"""Warm interpreters, through real fork servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.local.interpreters import (
    Interpreters,
    Message,
    StepEnded,
    StepLost,
    StepRequest,
    StepStarted,
    default_python,
)
from kfbridge.errors import BackendError
from tests.runtime.steps import HEADER, VERSIONS, executor_input, python_or_skip

PYTHON = default_python()
Ask = Callable[..., StepRequest]


@pytest.fixture
def interpreters() -> Iterator[Interpreters]:
    with Interpreters() as some:
        yield some


@pytest.fixture
def ask(tmp_path: Path) -> Ask:
    """Makes a request for a function whose body is given."""

    def make(body: str, id: str = "step", returns: str = "None", env: dict[str, str] | None = None) -> StepRequest:
        folder = tmp_path / id
        folder.mkdir()
        lines = "\n".join("    " + line for line in body.strip().splitlines())
        source = folder / "ephemeral_component.py"
        source.write_text(f"{HEADER}def f(x: int = 0) -> {returns}:\n{lines}\n")
        task = executor_input(folder, {"x": 2**60 + 1})
        return StepRequest(
            id, str(source), "f", task, str(folder), str(folder / "log.txt"),
            {**os.environ, **(env or {})}, str(folder / "error.json"),
        )  # fmt: skip

    return make


def finish(interpreters: Interpreters, *ids: str, within: float = 20.0) -> dict[str, StepEnded | StepLost]:
    """The ends of these steps; fails when they take too long."""
    ends: dict[str, StepEnded | StepLost] = {}
    deadline = time.monotonic() + within
    while set(ids) - set(ends):
        assert time.monotonic() < deadline, f"only {sorted(ends)} ended"
        ends.update((m.id, m) for m in interpreters.poll(0.5) if not isinstance(m, StepStarted))
    return ends


def run(interpreters: Interpreters, request: StepRequest, python: Path = PYTHON) -> StepEnded:
    interpreters.start(python, request)
    end = finish(interpreters, request.id)[request.id]
    assert isinstance(end, StepEnded), end
    return end


def output(tmp_path: Path, id: str = "step") -> Any:
    return json.loads((tmp_path / id / "executor_output.json").read_text())["parameterValues"]["Output"]


def wait_for(condition: Callable[[], Any], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("version", VERSIONS)
def test_a_step_runs_on_every_python(interpreters: Interpreters, ask: Ask, tmp_path: Path, version: str) -> None:
    python = Path(python_or_skip(version))
    end = run(interpreters, ask("import sys; return [x, list(sys.version_info[:2])]", returns="list"), python)
    assert (end.code, end.signal) == (0, None)
    assert end.seconds > 0
    assert end.maxrss > 1_000_000
    assert output(tmp_path) == [2**60 + 1, [int(part) for part in version.split(".")]]


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1"])
def test_text_is_utf_8_as_in_the_images_whatever_the_locale(
    ask: Ask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    for name, value in {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}.items():
        monkeypatch.setenv(name, value)
    with Interpreters() as interpreters:
        body = "open('f', 'w').write('日本'); print('日本'); return open('f', 'rb').read().decode('utf-8')"
        assert run(interpreters, ask(body, returns="str")).code == 0
    assert output(tmp_path) == "日本"
    assert (tmp_path / "step/log.txt").read_text("utf-8") == "日本\n"


def test_messages_tell_the_start_and_then_the_end(interpreters: Interpreters, ask: Ask) -> None:
    interpreters.start(PYTHON, ask("pass"))
    messages: list[Message] = []
    while len(messages) < 2:
        messages += interpreters.poll(5)
    started, ended = messages
    assert isinstance(started, StepStarted)
    assert isinstance(ended, StepEnded)
    assert (started.id, started.pid) == (ended.id, ended.pid)


def test_a_step_has_surroundings_of_its_own(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = """
import os, sys
return {
    "cwd": os.getcwd(), "argv": sys.argv, "main": sorted(n for n in vars(sys.modules["__main__"]) if n[0] != "_"),
    "group": os.getpgrp() == os.getpid(), "stdin": sys.stdin.read(), "mine": os.environ.get("MINE"),
    "home": os.environ.get("HOME"), "foreign": [m for m in ("kfbridge", "pydantic", "yaml") if m in sys.modules],
    "file": __file__, "path": "/added" in sys.path,
}"""
    request = ask(body, returns="dict", env={"MINE": "1", "PYTHONPATH": "/added"})
    environment = dict(request.env)
    del environment["HOME"]
    run(interpreters, StepRequest(**{**_fields(request), "env": environment}))
    assert output(tmp_path) == {
        "cwd": str(tmp_path / "step"),
        "argv": [request.source_path],
        "main": [],
        "group": True,
        "stdin": "",
        "mine": "1",
        "home": None,
        "foreign": [],
        "file": request.source_path,
        "path": True,
    }


def _fields(request: StepRequest) -> dict[str, Any]:
    return {name: getattr(request, name) for name in StepRequest.__slots__}


def test_one_step_does_not_see_what_another_did(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = """
import sys, os
seen = [hasattr(sys, "mark"), "MARK" in os.environ]
sys.mark = os.environ["MARK"] = "x"
return seen"""
    for id in ("one", "two"):
        run(interpreters, ask(body, id, "list"))
        assert output(tmp_path, id) == [False, False]


def test_both_outputs_go_to_the_log_while_the_step_runs(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    request = ask("import sys, time\nprint('out')\nprint('err', file=sys.stderr)\ntime.sleep(60)")
    interpreters.start(PYTHON, request)
    log = tmp_path / "step/log.txt"
    wait_for(lambda: log.exists() and log.read_text() == "out\nerr\n")
    interpreters.kill("step", grace=0)
    finish(interpreters, "step")


@pytest.mark.parametrize(
    ("body", "code"),
    [("import sys; sys.exit(7)", 7), ("raise ValueError('no')", 1), ("import os; os._exit(9)", 9), ("return 5", 1)],
)
def test_exit_codes(interpreters: Interpreters, ask: Ask, body: str, code: int) -> None:
    assert run(interpreters, ask(body)).code == code


def test_an_error_is_recorded_with_the_users_line(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    run(interpreters, ask("raise ValueError('no')"))
    record = json.loads((tmp_path / "step/error.json").read_text())
    assert (record["type"], record["message"], record["text"]) == ("ValueError", "no", "raise ValueError('no')")
    log = (tmp_path / "step/log.txt").read_text()
    assert log.startswith("Traceback")
    assert "forkserver" not in log


def test_a_working_directory_that_is_not_there_is_told(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    request = ask("pass")
    end = run(interpreters, StepRequest(**{**_fields(request), "cwd": str(tmp_path / "gone")}))
    assert end.code == 1
    assert json.loads((tmp_path / "step/error.json").read_text())["type"] == "FileNotFoundError"


def test_threads_and_exit_handlers_finish_first(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = """
import atexit, threading, time
def late():
    time.sleep(0.3)
    print("thread")
threading.Thread(target=late).start()
atexit.register(print, "handler")
print("function")"""
    assert run(interpreters, ask(body)).code == 0
    assert (tmp_path / "step/log.txt").read_text() == "function\nthread\nhandler\n"


def test_a_step_killed_by_a_signal(interpreters: Interpreters, ask: Ask) -> None:
    end = run(interpreters, ask("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert (end.code, end.signal) == (None, signal.SIGKILL)


def test_kill_ends_the_whole_group(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = "import subprocess\nprocess = subprocess.Popen(['sleep', '60'])\nprint(process.pid)\nprocess.wait()"
    interpreters.start(PYTHON, ask(body))
    log = tmp_path / "step/log.txt"
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    interpreters.kill("step")
    end = finish(interpreters, "step", within=3)["step"]
    assert isinstance(end, StepEnded)
    assert end.signal == signal.SIGTERM
    wait_for(lambda: not is_alive(int(log.read_text())))


def test_a_step_that_ignores_sigterm_is_killed_after_the_grace(
    interpreters: Interpreters, ask: Ask, tmp_path: Path
) -> None:
    body = "import signal, time\nsignal.signal(signal.SIGTERM, signal.SIG_IGN)\nprint('ready')\ntime.sleep(60)"
    interpreters.start(PYTHON, ask(body))
    wait_for(lambda: (tmp_path / "step/log.txt").exists() and "ready" in (tmp_path / "step/log.txt").read_text())
    interpreters.kill("step", grace=0.2)
    end = finish(interpreters, "step", within=5)["step"]
    assert isinstance(end, StepEnded)
    assert end.signal == signal.SIGKILL


def test_a_step_may_end_well_on_sigterm(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = """
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
print("ready")
time.sleep(60)"""
    interpreters.start(PYTHON, ask(body))
    wait_for(lambda: (tmp_path / "step/log.txt").exists() and "ready" in (tmp_path / "step/log.txt").read_text())
    interpreters.kill("step")
    end = finish(interpreters, "step", within=5)["step"]
    assert isinstance(end, StepEnded)
    assert end.code == 0


def test_what_a_step_leaves_running_ends_with_it(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    run(interpreters, ask("import subprocess\nprint(subprocess.Popen(['sleep', '60']).pid)"))
    wait_for(lambda: not is_alive(int((tmp_path / "step/log.txt").read_text())))


def test_many_steps_at_once(interpreters: Interpreters, ask: Ask) -> None:
    request = ask("import time; time.sleep(0.5)")
    ids = [f"step-{number}" for number in range(100)]
    started = time.monotonic()
    for id in ids:
        interpreters.start(PYTHON, StepRequest(**{**_fields(request), "id": id}))
    ends = finish(interpreters, *ids, within=30)
    assert all(isinstance(end, StepEnded) and end.code == 0 for end in ends.values())
    assert time.monotonic() - started < 20, "they ran side by side, not one after the other (50 s)"


def test_a_large_executor_input_and_a_large_log(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    request = ask("for _ in range(2000):\n    print('y' * 999)\nreturn x", returns="str")
    task = executor_input(tmp_path / "step", {"x": "z" * 5_000_000})
    run(interpreters, StepRequest(**{**_fields(request), "executor_input": task}))
    assert len(output(tmp_path)) == 5_000_000
    assert (tmp_path / "step/log.txt").stat().st_size == 2_000_000


def test_the_executor_input_may_lie_in_a_file(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    request = ask("return x", returns="int")
    path = tmp_path / "input.json"
    path.write_text(json.dumps(request.executor_input))
    run(interpreters, StepRequest(**{**_fields(request), "executor_input": f"@{path}"}))
    assert output(tmp_path) == 2**60 + 1


def test_a_server_that_dies_takes_its_steps_along_and_is_replaced(
    interpreters: Interpreters, ask: Ask, tmp_path: Path
) -> None:
    interpreters.start(PYTHON, ask("import os, time; print(os.getppid(), os.getpid())\ntime.sleep(60)", "one"))
    log = tmp_path / "one/log.txt"
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    server, step = map(int, log.read_text().split())
    os.kill(server, signal.SIGKILL)
    end = finish(interpreters, "one")["one"]
    assert end == StepLost("one", f"The interpreter {PYTHON} was killed by signal 9.")
    if sys.platform == "linux":
        wait_for(lambda: not is_alive(step))
    assert run(interpreters, ask("pass", "two")).code == 0


def test_steps_end_when_their_owner_is_killed(ask: Ask, tmp_path: Path) -> None:
    request = ask("import os, time; print(os.getppid(), os.getpid())\ntime.sleep(60)")
    owner = tmp_path / "owner.py"
    owner.write_text(
        "import time\n"
        "from kfbridge.backends.local.interpreters import *\n"
        f"Interpreters().start({str(PYTHON)!r}, StepRequest(**{ {**_fields(request), 'env': dict(request.env)}!r}))\n"
        "time.sleep(60)\n"
    )
    process = subprocess.Popen([sys.executable, str(owner)])
    log = tmp_path / "step/log.txt"
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    process.kill()
    process.wait()
    for pid in map(int, log.read_text().split()):
        wait_for(lambda pid=pid: not is_alive(pid))  # type: ignore[misc]


def test_close_ends_what_runs(ask: Ask, tmp_path: Path) -> None:
    interpreters = Interpreters()
    interpreters.start(PYTHON, ask("import os, time; print(os.getppid(), os.getpid())\ntime.sleep(60)"))
    log = tmp_path / "step/log.txt"
    wait_for(lambda: log.exists() and log.read_text().endswith("\n"))
    interpreters.close()
    assert not any(is_alive(pid) for pid in map(int, log.read_text().split()))
    assert interpreters.poll(0) == []


def test_ctrl_c_is_not_for_the_server(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    run(interpreters, ask("import os; return os.getppid()", returns="int"))
    server = output(tmp_path)
    assert os.getsid(server) == server != os.getsid(0)
    os.kill(server, signal.SIGINT)
    assert run(interpreters, ask("pass", "after")).code == 0


def test_a_python_that_is_not_there(interpreters: Interpreters, ask: Ask) -> None:
    with pytest.raises(BackendError, match="The Python /no/such/python cannot be started: No such file or directory"):
        interpreters.start("/no/such/python", ask("pass"))


def test_a_python_that_cannot_run_the_server_says_why(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    broken = tmp_path / "python"
    broken.write_text("#!/bin/sh\necho 'ImportError: it is broken' >&2\nexit 4\n")
    broken.chmod(0o755)
    interpreters.start(broken, ask("pass"))
    end = finish(interpreters, "step")["step"]
    assert end == StepLost("step", f"The interpreter {broken} ended with exit code 4: ImportError: it is broken.")


def test_worker_processes_started_afresh_work(interpreters: Interpreters, ask: Ask, tmp_path: Path) -> None:
    body = """
import concurrent.futures, math, multiprocessing
with concurrent.futures.ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
    return list(pool.map(math.sqrt, [4.0])) + list(pool.map(f, [3])) if x > 3 else [0.0]"""
    request = ask(body, returns="list")
    assert run(interpreters, request).code == 0, (tmp_path / "step/log.txt").read_text()
    assert output(tmp_path) == [2.0, [0.0]]
