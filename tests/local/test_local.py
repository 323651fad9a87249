"""Components and pipelines called like functions, after `local.init`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kfbridge import dsl, local
from kfbridge.dsl.outside import set_runner
from kfbridge.errors import CompileError, RefusedError, TypeMismatchError, UsageError
from kfbridge.local import LocalRunError


@dsl.component
def add(a: int, b: int = 1) -> int:
    return a + b


@dsl.component
def make(model: dsl.Output[dsl.Model], text: str) -> str:
    from pathlib import Path

    Path(model.path).write_text(text)
    model.metadata["length"] = len(text)
    print("made it")
    return text.upper()


@dsl.component
def fail(text: str) -> str:
    raise ValueError(text)


@dsl.container_component
def shell():
    return dsl.ContainerSpec(image="alpine", command=["true"])


@dsl.pipeline
def twice(a: int = 3) -> int:
    return add(a=add(a=a).output).output


@dsl.pipeline
def branches(a: int):
    add(a=a).set_display_name("Adds")
    fail(text="no luck").after(add(a=a))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    local.init(local.SubprocessRunner(use_venv=False), pipeline_root=tmp_path / "runs")
    yield tmp_path / "runs"
    set_runner(None)


def test_without_init_a_call_only_describes_a_task() -> None:
    assert add(a=1).outputs["Output"].full_name == "add-Output"


def test_a_component_gives_the_values_of_its_outputs(root: Path, capsys: pytest.CaptureFixture[str]) -> None:
    task = make(text="hello")
    assert task.outputs["Output"] == "HELLO"
    model = task.outputs["model"]
    assert isinstance(model, dsl.Model)
    assert Path(model.path).read_text() == "hello"
    assert Path(model.path).is_relative_to(root)
    assert model.metadata == {"length": 5}
    assert capsys.readouterr().out == "[make] made it\n"
    assert (task.name, task.inputs, task.state) == ("make", {"text": "hello"}, "succeeded")


def test_a_pipeline_is_called_alike(root: Path) -> None:
    assert twice(a=4).output == 6
    assert twice().output == 5


def test_inside_of_a_pipeline_nothing_runs(root: Path) -> None:
    @dsl.pipeline
    def later():
        fail(text="later")

    assert not root.exists()


def test_a_failure_is_a_runtime_error_that_says_which_step(root: Path) -> None:
    with pytest.raises(
        RuntimeError, match=r"The call of 'branches' has failed.\n    fail: ValueError: no luck"
    ) as caught:
        branches(a=1)
    assert isinstance(caught.value, LocalRunError)


def test_a_failure_may_be_looked_at_instead(root: Path) -> None:
    local.init(local.SubprocessRunner(), pipeline_root=root, raise_on_error=False)
    task = fail(text="no")
    assert (task.outputs, task.state) == ({}, "failed")


def test_arguments_are_checked_before_anything_runs(root: Path) -> None:
    with pytest.raises(TypeMismatchError, match="takes NUMBER_INTEGER as its argument 'a', but got STRING"):
        add(a="1")
    assert not root.exists()


def test_a_setting_of_a_task_that_has_run_is_refused(root: Path) -> None:
    with pytest.raises(CompileError, match="set_env_variable comes too late: the task has run already"):
        add(a=1).set_env_variable("A", "b")


def test_a_channel_has_no_value_here(root: Path) -> None:
    set_runner(None)
    earlier = add(a=1)
    local.init(local.SubprocessRunner(), pipeline_root=root)
    with pytest.raises(CompileError, match="The call of 'add' takes 'add-Output', which has no value here"):
        add(a=earlier.output)


def test_containers_need_the_docker_runner(root: Path) -> None:
    with pytest.raises(RefusedError, match="shell"):
        shell()
    assert local.DockerRunner().containers == "docker"


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: local.DockerRunner(environment={}), "local.DockerRunner cannot hand environment on to Docker"),
        (lambda: local.init(local.SubprocessRunner(), workspace_root="w"), "cannot put anything at workspace_root='w'"),
        (lambda: local.init(local.SubprocessRunner(), cache_root="c"), "cannot put anything at cache_root='c'"),
    ],
)
def test_what_is_not_taken_is_refused(call, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        call()
