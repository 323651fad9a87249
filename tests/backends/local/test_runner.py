from __future__ import annotations

import os
import signal
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge.backends.local.runner import LocalRunner
from kfbridge.engine.events import Artifact, TaskFailed, TaskStarted, TaskSucceeded
from kfbridge.errors import BackendError, RefusedError, RunError
from tests.backends.local.steps import function, invocation, local_runner, shell, wait


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[LocalRunner]:
    running = local_runner(tmp_path / "run-1", containers="host", parallel=4)
    yield running
    running.close()


ADD = "def step(a: int, b: int) -> int:\n    print('adding')\n    return a + b\n"


def test_a_function_runs_in_a_process_of_its_own_and_its_outputs_come_back(runner: LocalRunner, tmp_path: Path) -> None:
    runner.start(invocation(function(ADD), parameters={"a": 2**60, "b": 1}, outputs={"Output": int}))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded)
    assert event.outputs.parameters == {"Output": 2**60 + 1}
    assert (tmp_path / "run-1/tasks/step/1/log.txt").read_text() == "adding\n"
    assert (tmp_path / "run-1/tasks/step/1/executor_input.json").exists()


def test_artifacts_lie_under_the_run_and_keep_their_metadata(runner: LocalRunner, tmp_path: Path) -> None:
    source = """
    def step(data: Output[Dataset]):
        open(data.path, "w").write("rows")
        data.metadata["rows"] = 3
    """
    runner.start(invocation(function(source), artifacts_out=("data",)))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded)
    (artifact,) = event.outputs.artifacts["data"]
    assert artifact == Artifact("data", "system.Dataset", str(tmp_path / "run-1/artifacts/step/data"), {"rows": 3})
    assert Path(artifact.uri).read_text() == "rows"


def test_uris_are_file_uris_when_the_root_was_given_as_one(tmp_path: Path) -> None:
    runner = local_runner(tmp_path / "run-1", as_uri=True)
    source = "def step(data: Output[Dataset]):\n    open(data.path, 'w').write(data.uri)\n"
    runner.start(invocation(function(source), artifacts_out=("data",)))
    (event,) = wait(runner)
    runner.close()
    assert isinstance(event, TaskSucceeded)
    uri = event.outputs.artifacts["data"][0].uri
    assert uri == f"file://{tmp_path}/run-1/artifacts/step/data"
    assert (tmp_path / "run-1/artifacts/step/data").read_text() == uri


def test_a_started_step_tells_its_process(runner: LocalRunner) -> None:
    runner.start(invocation(function("def step():\n    import time\n    time.sleep(5)\n")))
    until = time.monotonic() + 10
    started = [event for event in runner.events(5) if isinstance(event, TaskStarted)]
    assert started and time.monotonic() < until
    os.kill(int(started[0].native_id), signal.SIGKILL)
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("step step was killed by signal 9 (SIGKILL), often out of memory: ")
    assert event.reason.endswith("tasks/step/1/log.txt")


def test_an_exception_is_told_with_its_type_message_and_line(runner: LocalRunner) -> None:
    runner.start(invocation(function("def step():\n    rows = 0\n    raise ValueError(f'{rows} rows')\n")))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    first, look = event.reason.split("\n")
    assert first.startswith("ValueError: 0 rows (at `raise ValueError(f'{rows} rows')`, line 8")
    assert look.startswith("its output is in /")
    assert event.code == 1
    assert "Traceback" in Path(look.rpartition(" ")[2]).read_text()


def test_a_function_that_exits_keeps_its_code(runner: LocalRunner) -> None:
    runner.start(invocation(function("def step():\n    import sys\n    sys.exit(7)\n")))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.code == 7


def test_a_missing_output_is_a_sentence(runner: LocalRunner) -> None:
    runner.start(invocation(shell("true"), outputs={"count": int}))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("it ended without writing its output 'count'")


def test_a_host_command_runs_in_a_scratch_folder_with_its_environment(runner: LocalRunner, tmp_path: Path) -> None:
    script = "pwd; echo rubbish > here.txt; echo $COLOUR; printf 42 > $0; cat $1 > $2"
    given = tmp_path / "given"
    given.write_text("rows")
    container = shell(
        script,
        "{{$.outputs.parameters['n'].output_file}}",
        "{{$.inputs.artifacts['data'].path}}",
        "{{$.outputs.artifacts['copy'].path}}",
        COLOUR="blue",
    )
    runner.start(
        invocation(
            container,
            artifacts={"data": [Artifact("data", "system.Dataset", str(given))]},
            outputs={"n": int},
            artifacts_out=("copy",),
        )
    )
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded), event
    assert event.outputs.parameters == {"n": 42}
    assert Path(event.outputs.artifacts["copy"][0].uri).read_text() == "rows"
    folder = tmp_path / "run-1/tasks/step/1"
    assert (folder / "log.txt").read_text() == f"{folder}/work\nblue\n"
    assert (folder / "work/here.txt").exists()


def test_a_host_command_that_does_not_exist_says_so(runner: LocalRunner) -> None:
    container = shell("exit 127")
    runner.start(invocation(container, key="a"))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("step a ended with exit code 127: the command was not found\n")


def test_containers_are_refused_with_the_remedy_unless_the_target_says_how(tmp_path: Path) -> None:
    runner = local_runner(tmp_path / "run-1")
    with pytest.raises(RefusedError, match="it runs the container alpine, which this target does not run") as error:
        runner.start(invocation(shell("true")))
    assert "--containers docker" in str(error.value.remedy)
    runner.close()


def test_a_placeholder_that_names_nothing_is_refused_before_anything_runs(runner: LocalRunner) -> None:
    with pytest.raises(RunError, match=r"inputs.parameters\['nope'\]"):
        runner.start(invocation(shell("true", "{{$.inputs.parameters['nope']}}")))


def test_steps_run_at_the_same_time(runner: LocalRunner) -> None:
    sleeper = function("def step():\n    import time\n    time.sleep(1)\n")
    runner.start(invocation(function("def step(): pass\n"), key="warm"))
    wait(runner)
    begin = time.monotonic()
    for number in range(20):
        runner.start(invocation(sleeper, key=f"loop[{number}]/step"))
    wait(runner, 20)
    assert time.monotonic() - begin < 8


def test_starting_an_attempt_twice_starts_it_once(runner: LocalRunner) -> None:
    step = invocation(function("def step(): print('once')\n"))
    runner.start(step)
    runner.start(step)
    wait(runner)
    assert not [event for event in runner.events(0.2) if isinstance(event, TaskSucceeded)]


@pytest.mark.parametrize("kind", ["function", "command"])
def test_a_cancelled_step_ends_with_all_it_started(runner: LocalRunner, tmp_path: Path, kind: str) -> None:
    pid_file = tmp_path / "pid"
    source = (
        "def step(path: str):\n"
        "    import subprocess\n"
        "    child = subprocess.Popen(['sleep', '60'])\n"
        "    open(path, 'w').write(f'{child.pid}\\n')\n"
        "    child.wait()\n"
    )
    container = function(source) if kind == "function" else shell("sleep 60 & echo $! > $0; wait", str(pid_file))
    runner.start(invocation(container, parameters={"path": str(pid_file)} if kind == "function" else None))
    until = time.monotonic() + 10
    while not (pid_file.exists() and pid_file.read_text().endswith("\n")):
        assert time.monotonic() < until
        list(runner.events(0.05))
    runner.cancel("step")
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    pid = int(pid_file.read_text())
    while Path(f"/proc/{pid}").exists() and ") Z" not in Path(f"/proc/{pid}/stat").read_text():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_a_step_that_takes_longer_than_its_timeout_is_ended(runner: LocalRunner) -> None:
    sleeper = invocation(function("def step():\n    import time\n    time.sleep(60)\n"))
    begin = time.monotonic()
    runner.start(replace(sleeper, platforms={"kfbridge": {"timeout": "0.5s"}}))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason == "it took longer than its timeout of 0.5 s"
    assert time.monotonic() - begin < 5


def test_a_timeout_begins_when_the_step_does(tmp_path: Path) -> None:
    slow = tmp_path / "python"  # takes its time before it serves
    slow.write_text(f'#!/bin/sh\nsleep 0.7; exec {sys.executable} "$@"\n')
    slow.chmod(0o755)
    made = invocation(function("def step():\n    pass\n"))
    with closing(local_runner(tmp_path / "run-2", python=str(slow))) as runner:
        runner.start(replace(made, platforms={"kfbridge": {"timeout": "0.5s"}}))
        (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded), event


def test_a_flood_of_output_goes_to_the_log_and_nowhere_else(runner: LocalRunner, tmp_path: Path) -> None:
    source = "def step():\n    for _ in range(200):\n        print('x' * 100_000)\n"
    runner.start(invocation(function(source)))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded)
    assert (tmp_path / "run-1/tasks/step/1/log.txt").stat().st_size == 200 * 100_001


@pytest.mark.parametrize("place", ["../../../../../escaped", "{root}/run-1/../../escaped"])
def test_an_artifact_that_leaves_the_run_by_dots_is_refused(runner: LocalRunner, tmp_path: Path, place: str) -> None:
    source = f"def step(data: Output[Dataset]):\n    data.uri = '{place.format(root=tmp_path)}'\n"
    runner.start(invocation(function(source), artifacts_out=("data",)))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert "which leaves the folder of the run" in event.reason
    assert not (tmp_path.parent / "escaped").exists()


def test_an_absolute_path_of_the_users_choice_is_kept(runner: LocalRunner, tmp_path: Path) -> None:
    place = tmp_path / "elsewhere"
    source = f"def step(data: Output[Dataset]):\n    data.uri = '{place}'\n    open('{place}', 'w').write('x')\n"
    runner.start(invocation(function(source), artifacts_out=("data",)))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded)
    assert event.outputs.artifacts["data"][0].uri == str(place)


def test_names_from_the_spec_never_become_paths_unescaped(runner: LocalRunner, tmp_path: Path) -> None:
    container = shell("printf 1 > $0", "{{$.outputs.parameters['../../n'].output_file}}")
    runner.start(invocation(container, key="../../../evil", outputs={"../../n": int}))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded), event
    assert {path.name for path in tmp_path.iterdir()} == {"run-1"}


def test_what_an_unrecorded_beginning_left_is_not_taken_for_outputs(tmp_path: Path) -> None:
    source = """
    def step(folder: Output[Dataset]):
        import os
        os.mkdir(folder.path)
        assert not os.path.exists("left")
    """
    step = invocation(function(source), outputs={"n": int}, artifacts_out=("folder",))
    attempt = tmp_path / "run-1/tasks/step/1"
    (attempt / "work").mkdir(parents=True)
    (attempt / "work" / "left").touch()
    (attempt / "outputs").mkdir()
    (attempt / "outputs" / "n").write_text("1")
    (tmp_path / "run-1/artifacts/step/folder").mkdir(parents=True)
    runner = local_runner(tmp_path / "run-1")
    runner.start(step)
    (event,) = wait(runner)
    runner.close()
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("it ended without writing its output 'n'")


def test_a_folder_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "run-1").mkdir()
    (tmp_path / "run-1/tasks").write_text("a file is in the way")
    runner = local_runner(tmp_path / "run-1")
    with pytest.raises(BackendError, match=r"the files of the step cannot be written: .*tasks/step/1.*Not a directory"):
        runner.start(invocation(function(ADD), parameters={"a": 1, "b": 1}))
    runner.close()


def test_a_python_that_cannot_be_started_is_a_sentence(tmp_path: Path) -> None:
    runner = local_runner(tmp_path / "run-1", python="/no/such/python")
    runner.start(invocation(function("def step(): pass\n")))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert "The Python /no/such/python cannot be started" in event.reason
    runner.close()


# Docker ----------------------------------------------------------------------------------------------

DOCKER = """#!{python}
import os, subprocess, sys

VALUED = {{"--name", "--volume", "--user", "--env", "--entrypoint"}}
FLAGS = {{"--rm", "--init"}}
verb, *words = sys.argv[1:]
with open({calls!r}, "a") as calls:
    print(verb, *words, file=calls)
if verb == "kill":
    sys.exit(0)
assert verb == "run", verb
options, env = {{}}, {{"PATH": os.environ["PATH"]}}
while words[0].startswith("--"):
    word = words.pop(0)
    if word in FLAGS:
        options[word] = True
        continue
    assert word in VALUED, "docker knows no " + word
    value = words.pop(0)
    if word == "--env":
        env.update([value.split("=", 1)])
    elif word == "--volume":
        source, target, *mode = value.split(":")
        assert source == target and os.path.exists(source), value
        assert mode in ([], ["ro"]), value
    else:
        assert word not in options, word
        options[word] = value
assert set(options) >= {{"--rm", "--name", "--user"}}, options
image, *args = words
assert image == "alpine:3", image
sys.exit(subprocess.run([options["--entrypoint"], *args], env=env).returncode)
"""


@pytest.fixture
def docker(tmp_path: Path) -> Path:
    """A docker command line that takes what docker takes, and runs the command without a container."""
    import sys

    program = tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(python=sys.executable, calls=str(tmp_path / "calls")))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_a_container_runs_through_the_docker_command_line(tmp_path: Path, docker: Path) -> None:
    given = tmp_path / "given"
    given.write_text("rows")
    container = shell(
        'test "$HOME" = /tmp; printf "$N" > $0; cat $1',
        "{{$.outputs.parameters['n'].output_file}}",
        "{{$.inputs.artifacts['data'].path}}",
        image="alpine:{{$.inputs.parameters['tag']}}",
        N="{{$.inputs.parameters['tag']}}",
    )
    runner = local_runner(tmp_path / "run-1", containers="docker", docker_command=str(docker))
    runner.start(
        invocation(
            container,
            parameters={"tag": "3"},
            artifacts={"data": [Artifact("data", "system.Dataset", str(given))]},
            outputs={"n": int},
        )
    )
    (event,) = wait(runner)
    runner.close()
    log = (tmp_path / "run-1/tasks/step/1/log.txt").read_text()
    assert isinstance(event, TaskSucceeded), log
    assert event.outputs.parameters == {"n": 3}
    assert log == "rows"
    call = (tmp_path / "calls").read_text()
    assert f"--volume {tmp_path}/run-1:{tmp_path}/run-1 " in call
    assert f"--volume {given}:{given}:ro " in call
    assert f"--user {os.getuid()}:{os.getgid()} " in call


def test_a_cancelled_container_is_killed_by_name(tmp_path: Path, docker: Path) -> None:
    runner = local_runner(tmp_path / "run-1", containers="docker", docker_command=str(docker))
    name = runner.start(invocation(shell("sleep 60", image="alpine:3"), key="loop[0]/a b"))
    assert name.startswith("kfbridge-a-b-")
    until = time.monotonic() + 10
    while not (tmp_path / "calls").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    runner.cancel("loop[0]/a b")
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    while f"kill {name}" not in (tmp_path / "calls").read_text():
        assert time.monotonic() < until
        time.sleep(0.02)
    runner.close()


def test_a_missing_docker_is_a_sentence(tmp_path: Path) -> None:
    runner = local_runner(tmp_path / "run-1", containers="docker", docker_command="/no/docker")
    runner.start(invocation(shell("true")))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("step step could not be started: /no/docker: No such file or directory")
    runner.close()
