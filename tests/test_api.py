"""The verbs as functions: what reaches the backend, and what never does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from kfbridge import api, plugins
from kfbridge.backends.base import BackendConfig, Finding, Level, Plan
from kfbridge.errors import KfbridgeError, RefusedError, UsageError

PIPELINE = """
from kfbridge import dsl

@dsl.component
def step(x: int, y: float) -> int:
    return x

@dsl.pipeline(name="plan-me")
def pipeline(x: int, y: float = 0.5):
    step(x=x, y=y)
"""


class CloudConfig(BackendConfig):
    parallel: int = 1


class Cloud:
    """A backend that notes what it is asked, and refuses what the test tells it to."""

    name = "cloud"
    Config = CloudConfig
    submitted: list[tuple[Plan, str | None]] = []  # noqa: RUF012
    findings: tuple[Finding, ...] = ()

    def __init__(self, target: Any) -> None:
        self.target = target

    def plan(self, graph: Any, arguments: Any, spec_text: str) -> Plan:
        return Plan(graph.name, self.target, graph, arguments, spec_text, self.findings)

    def submit(self, plan: Plan, run_id: str | None = None) -> str:
        self.submitted.append((plan, run_id))
        return "a run"


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> type[Cloud]:
    monkeypatch.setattr(plugins, "backends", lambda: {"cloud": Cloud})
    monkeypatch.setattr(Cloud, "submitted", [])
    monkeypatch.setattr(Cloud, "findings", ())
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kfbridge.toml").write_text('default = "c"\n[targets.c]\nbackend = "cloud"\n')
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    return Cloud


def test_a_plan_has_typed_arguments_and_a_typed_target() -> None:
    plan = api.plan("pipeline.py", {"y": 2}, text_arguments={"x": "3"}, settings={"parallel": "4"})
    assert plan.pipeline == "plan-me"
    assert plan.arguments == {"x": 3, "y": 2.0}
    assert (plan.target.name, plan.target.config.parallel) == ("c", 4)  # type: ignore[attr-defined]


def test_what_is_planned_is_the_compiled_text() -> None:
    assert api.plan("pipeline.py", {"x": 1}).spec_text == api.compile("pipeline.py")


def test_a_run_is_submitted_with_its_plan(cloud: type[Cloud]) -> None:
    assert api.run("pipeline.py", {"x": 1}, run_id="mine") == "a run"  # type: ignore[comparison-overlap]
    [(plan, run_id)] = cloud.submitted
    assert (plan.arguments, run_id) == ({"x": 1}, "mine")


def test_a_compiled_pipeline_runs_alike(cloud: type[Cloud]) -> None:
    api.compile("pipeline.py", "compiled.yaml")
    api.run("compiled.yaml", {"x": 1})
    [(plan, _)] = cloud.submitted
    assert (plan.pipeline, plan.arguments) == ("plan-me", {"x": 1})


def test_a_pipeline_can_be_given_as_an_object() -> None:
    component = api.load("pipeline.py").component
    assert component is not None
    assert api.plan(component, {"x": 1}).pipeline == "plan-me"


def test_anything_else_is_no_pipeline() -> None:
    with pytest.raises(UsageError, match="3 is not a pipeline"):
        api.load(3)  # type: ignore[arg-type]


def test_a_refusal_lists_what_is_refused_and_submits_nothing(
    cloud: type[Cloud], monkeypatch: pytest.MonkeyPatch
) -> None:
    findings = (
        Finding("gpu", "train", Level.REFUSED, "There is no GPU here.", "Ask for less."),
        Finding("cpu", "train", Level.NATIVE, "There are CPUs."),
        Finding("exit", "", Level.REFUSED, "Exit handlers do not work."),
    )
    monkeypatch.setattr(cloud, "findings", findings)
    with pytest.raises(RefusedError) as caught:
        api.run("pipeline.py", {"x": 1})
    assert str(caught.value) == (
        "The target 'c' cannot do 2 things that the pipeline 'plan-me' asks for; nothing was started.\n"
        "  train: There is no GPU here.\n"
        "    Ask for less.\n"
        "  the pipeline: Exit handlers do not work."
    )
    assert cloud.submitted == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [({}, "needs a value for x"), ({"x": "three"}, 'argument "x"'), ({"x": 1, "z": 2}, 'no input "z"')],
    ids=["missing", "of the wrong type", "unknown"],
)
def test_wrong_arguments_are_named(cloud: type[Cloud], arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(KfbridgeError, match=message):
        api.run("pipeline.py", arguments)
    assert cloud.submitted == []


class TestCompile:
    def test_writes_yaml_or_json(self, tmp_path: Path) -> None:
        assert (tmp_path / "a.yaml").write_text("old")
        text = api.compile("pipeline.py", tmp_path / "a.yaml")
        assert (tmp_path / "a.yaml").read_text() == text
        assert api.compile("pipeline.py", tmp_path / "a.json").startswith("{")

    def test_arguments_become_defaults(self) -> None:
        api.compile("pipeline.py", "new.yaml", text_arguments={"x": "7"})
        assert api.plan("new.yaml").arguments == {}

    def test_of_a_compiled_pipeline_means_the_same(self) -> None:
        api.compile("pipeline.py", "one.yaml")
        assert api.compile("one.yaml", "two.json") != ""
        assert api.plan("one.yaml", {"x": 1}).graph == api.plan("two.json", {"x": 1}).graph

    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(UsageError, match=r"missing/a\.yaml"):
            api.compile("pipeline.py", tmp_path / "missing" / "a.yaml")
        assert not list(tmp_path.glob(".*a.yaml*"))
