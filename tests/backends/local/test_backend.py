"""The local backend as Python programs use it."""

from __future__ import annotations

import _thread
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from kfbridge import api
from kfbridge.backends.base import RunStatus, Target
from kfbridge.backends.driven.root import as_uri, root_folder
from kfbridge.backends.local.backend import LocalBackend
from kfbridge.backends.local.config import Config, cores
from kfbridge.errors import RefusedError, RunError, UsageError

PIPELINE = """
from kfbridge import dsl

@dsl.component
def write(text: str, data: dsl.Output[dsl.Dataset]) -> int:
    open(data.path, "w").write(text)
    data.metadata["length"] = len(text)
    return len(text)

@dsl.component
def read(data: dsl.Input[dsl.Dataset], wait_for: str = "") -> str:
    import os, time
    while wait_for and not os.path.exists(wait_for):
        time.sleep(0.05)
    return open(data.path).read()

@dsl.pipeline(name="two")
def two(text: str = "hello", wait_for: str = "") -> str:
    written = write(text=text)
    return read(data=written.outputs["data"], wait_for=wait_for).output
"""

HOST = """
from kfbridge import dsl

@dsl.container_component
def fail_once(path: str):
    script = 'test -e "$0" || { touch "$0"; exit 3; }'
    return dsl.ContainerSpec(image="alpine", command=["sh", "-c", script], args=[path])

@dsl.pipeline(name="host")
def host(path: str):
    fail_once(path=path)
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "two.py").write_text(PIPELINE)
    (tmp_path / "host.py").write_text(HOST)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def target(folder: Path, **settings: Any) -> Target:
    return Target("local", Config(**settings), folder)


def test_a_run_starts_at_once_and_is_waited_for(folder: Path) -> None:
    run = api.run("two.py", {"text": "x" * 10, "wait_for": str(folder / "go")})
    assert run.status().state == "running"
    seen: list[RunStatus] = []
    (folder / "go").touch()
    status = run.wait(seen.append)
    assert (status.state, status.outputs) == ("succeeded", {"Output": "x" * 10})
    assert run.status() == status
    assert api.status(run.run_id).tasks == status.tasks
    assert api.runs()[0].run_id == run.run_id
    assert all(early.state == "running" for early in seen)


def test_an_artifact_is_told_with_its_place_and_metadata(folder: Path) -> None:
    status = api.run("two.py").wait()
    data = status.tasks[0].outputs["data"]
    assert data["type"] == "system.Dataset"
    assert data["metadata"] == {"length": 5}
    assert Path(data["uri"]).read_text() == "hello"
    assert data["uri"] == f"{folder}/.kfbridge/runs/{status.run_id}/artifacts/write/data"


def test_a_root_given_as_a_uri_makes_uris(folder: Path) -> None:
    status = api.run("two.py", settings={"artifact_root": f"file://{folder}/my runs"}).wait()
    assert status.state == "succeeded", status
    assert status.tasks[0].outputs["data"]["uri"].startswith(f"file://{folder}/my runs/two-")


def test_an_interrupt_while_waiting_cancels_the_run(folder: Path) -> None:
    run = api.run("two.py", {"wait_for": str(folder / "never")})
    deadline = time.monotonic() + 20
    while "running" not in [task.state for task in run.status().tasks if task.name == "read"]:
        assert time.monotonic() < deadline
        time.sleep(0.02)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where the tests run in the background
    try:
        threading.Timer(0.2, _thread.interrupt_main).start()
        with pytest.raises(KeyboardInterrupt):
            run.wait()
    finally:
        signal.signal(signal.SIGINT, before)
    assert run.status().state == "cancelled"


def test_a_resumed_run_keeps_the_settings_it_began_with(folder: Path) -> None:
    mark = str(folder / "mark")
    with pytest.raises(RefusedError, match="cannot do one thing"):
        api.run("host.py", {"path": mark})
    run = api.run("host.py", {"path": mark}, settings={"containers": "host"})
    assert run.wait().tasks[0].error.startswith("step fail-once ended with exit code 3")  # type: ignore[union-attr]
    with pytest.raises(RefusedError, match="it runs the container alpine"):
        api.resume(run.run_id, settings={"containers": "refuse"})
    status = api.resume(run.run_id).wait()
    assert status.state == "succeeded"
    assert status.tasks[0].attempts == 2


def test_logs_of_a_task_by_name_path_and_group(folder: Path) -> None:
    (folder / "loop.py").write_text("""
from kfbridge import dsl

@dsl.component
def say(n: int):
    print(f"number {n}")

@dsl.pipeline(name="loop")
def loop():
    with dsl.ParallelFor([1, 2]) as n:
        say(n=n)
""")
    run = api.run("loop.py")
    run.wait()
    (group, *_) = [task.path for task in run.status().tasks]
    everything = {(f"{group}[0]/say", "number 1"), (f"{group}[1]/say", "number 2")}
    assert set(run.logs()) == set(run.logs("say")) == set(run.logs(group)) == everything
    assert list(run.logs(f"{group}[1]")) == list(run.logs(f"{group}[1]/say")) == [(f"{group}[1]/say", "number 2")]
    with pytest.raises(UsageError, match="There is no task 'sya'") as error:
        run.logs("sya")
    assert "say" in str(error.value.remedy)


def test_workspaces_are_a_folder_of_the_run(folder: Path) -> None:
    (folder / "shared.py").write_text("""
from kfbridge import dsl

@dsl.component
def put(folder: str):
    open(folder + "/note", "w").write("hello")

@dsl.component
def get(folder: str) -> str:
    return open(folder + "/note").read()

config = dsl.PipelineConfig(workspace=dsl.WorkspaceConfig(size="1Gi"))

@dsl.pipeline(name="shared", pipeline_config=config)
def shared() -> str:
    first = put(folder=dsl.WORKSPACE_PATH_PLACEHOLDER)
    return get(folder=dsl.WORKSPACE_PATH_PLACEHOLDER).after(first).output
""")
    assert api.run("shared.py").wait().outputs == {"Output": "hello"}


def test_cancelling_a_run_that_is_over_is_an_error(folder: Path) -> None:
    run = api.run("two.py")
    run.wait()
    with pytest.raises(RunError, match="The run is over"):
        api.cancel(run.run_id)


def test_a_run_cannot_be_called_latest(folder: Path) -> None:
    with pytest.raises(UsageError, match="A run cannot be called 'latest'"):
        api.run("two.py", run_id="latest")


def test_a_strange_run_id_stays_in_the_folder(folder: Path) -> None:
    status = api.run("two.py", run_id="../../evil").wait()
    assert status.state == "succeeded"
    assert api.status("../../evil").run_id == "../../evil"
    assert [path.name for path in (folder / ".kfbridge/runs").iterdir() if path.name != ".cache"] == [
        "~2E.~2F..~2Fevil"
    ]


def test_a_run_that_was_killed_before_it_began_is_no_run(folder: Path) -> None:
    (folder / ".kfbridge/runs/mine").mkdir(parents=True)
    (folder / ".kfbridge/runs/mine/driver.lock").touch()
    assert api.runs() == []
    assert api.run("two.py", run_id="mine").wait().state == "succeeded"
    with pytest.raises(UsageError, match="There is a run called 'mine' already"):
        api.run("two.py", run_id="mine")


def test_a_root_that_cannot_be_made_is_a_sentence(folder: Path) -> None:
    (folder / "file").write_text("")
    with pytest.raises(RunError, match=r"The folder for runs cannot be made: .*file"):
        api.run("two.py", settings={"artifact_root": str(folder / "file" / "runs")})


def test_the_root_is_a_folder_beside_the_configuration(tmp_path: Path) -> None:
    assert root_folder(target(tmp_path)) == tmp_path / ".kfbridge/runs"
    assert root_folder(target(tmp_path, artifact_root="runs")) == tmp_path / "runs"
    assert root_folder(target(tmp_path, artifact_root="/data/runs")) == Path("/data/runs")
    assert root_folder(target(tmp_path, artifact_root="file:///data/my%20runs")) == Path("/data/my runs")
    assert as_uri(target(tmp_path, artifact_root="file:///data")) and not as_uri(target(tmp_path))
    with pytest.raises(UsageError, match="The backend 'local' cannot keep artifacts at ftp://host"):
        LocalBackend(target(tmp_path, artifact_root="ftp://host"))


def test_as_many_steps_run_at_once_as_there_are_cores() -> None:
    assert Config().slots == cores() >= 1
    assert Config(parallel=7).slots == 7
