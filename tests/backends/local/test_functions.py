"""Which Python runs a function, and from which file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.local import functions
from kfbridge.backends.local.functions import Sources, function_of
from kfbridge.backends.local.interpreters import default_python
from kfbridge.backends.local.runner import LocalRunner
from kfbridge.engine.events import TaskFailed, TaskSucceeded
from kfbridge.errors import BackendError
from kfbridge.graph.model import Container
from tests.backends.local.steps import function, invocation, local_runner, shell, wait


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[LocalRunner]:
    running = local_runner(tmp_path / "run-1", parallel=4)
    yield running
    running.close()


class Maker:
    """Stands for the making of environments, which waits until it may."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, ...]] = []
        self.may = threading.Event()
        self.error: Exception | None = None

    def __call__(self, packages: tuple[str, ...], *more: Any) -> Path:
        self.asked.append(packages)
        assert self.may.wait(20)
        if self.error is not None:
            raise self.error
        return default_python()


@pytest.fixture
def maker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Maker]:
    made = Maker()
    monkeypatch.setattr(functions, "python_for", made)
    yield made
    made.may.set()


def test_a_container_is_a_function_only_if_it_can_run_without_its_image() -> None:
    found = function_of(function("def step(): pass", packages=("numpy",)))
    assert found is not None
    assert (found.function, found.packages) == ("step", ("numpy",))
    assert function_of(shell("echo")) is None
    in_image = ("python3", "-m", "kfp.dsl.executor_main")
    args = ("--executor_input", "{{$}}", "--function_to_execute", "step")
    assert function_of(Container("exec-a", "mine", in_image, args)) is None


def test_a_source_is_written_once_under_the_name_that_kfp_gives_it(tmp_path: Path) -> None:
    sources = Sources(tmp_path)
    path = sources.path("x = 'é\ud800'")
    assert path.name == "ephemeral_component.py"
    assert sources.path("x = 'é\ud800'") == path
    assert sources.path("y = 2") != path
    assert Sources(tmp_path).path("y = 2").read_text() == "y = 2"


def test_an_environment_is_made_once_while_other_steps_go_on(runner: LocalRunner, maker: Maker) -> None:
    source = "def step(): pass\n"
    for number in range(3):
        runner.start(invocation(function(source, packages=("numpy",)), key=f"numpy-{number}"))
    runner.start(invocation(function(source, packages=("pandas",)), key="pandas"))
    runner.start(invocation(function(source), key="plain"))
    (event,) = wait(runner)
    assert isinstance(event, TaskSucceeded)
    assert event.key == "plain"
    maker.may.set()
    assert {event.key for event in wait(runner, 4)} == {"numpy-0", "numpy-1", "numpy-2", "pandas"}  # type: ignore[attr-defined]
    assert sorted(maker.asked) == [("numpy",), ("pandas",)]


def test_packages_that_cannot_be_installed_fail_the_step_in_a_sentence(runner: LocalRunner, maker: Maker) -> None:
    maker.error = BackendError("The packages nope cannot be installed: no such package.", remedy="Correct them.")
    maker.may.set()
    runner.start(invocation(function("def step(): pass\n", packages=("nope",))))
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    assert event.reason.startswith("The packages nope cannot be installed")


def test_a_step_that_waits_for_its_environment_can_be_cancelled(runner: LocalRunner, maker: Maker) -> None:
    runner.start(invocation(function("def step(): pass\n", packages=("numpy",))))
    runner.cancel("step")
    (event,) = wait(runner)
    assert isinstance(event, TaskFailed)
    maker.may.set()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        assert not list(runner.events(0.1))
