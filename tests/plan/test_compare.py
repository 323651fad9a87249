"""``kfbridge compare``: several targets side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from kfbridge import api, dsl
from kfbridge.findings import Finding, Level
from kfbridge.plan.compare import Price, compare, price_per_hour
from kfbridge.plan.model import Plan
from tests.cli.kfbridge_process import Project

PIPELINE = """
@dsl.container_component
def shout():
    return dsl.ContainerSpec(image="busybox", command=["echo", "hello"])

@dsl.pipeline(name="shouting")
def pipeline():
    shout()
"""
CONFIGURATION = """
[targets.host]
backend = "local"
containers = "host"
"""


@dsl.component
def step() -> None:
    pass


@dsl.pipeline(name="one-step")
def one_step() -> None:
    step()


@pytest.fixture
def plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plan:
    monkeypatch.chdir(tmp_path)
    return replace(api.plan(one_step), findings=())


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write(PIPELINE)
    (tmp_path / "kfbridge.toml").write_text(CONFIGURATION)
    return found


def test_a_row_for_each_thing_with_the_worst_level_of_each_plan(plan: Plan) -> None:
    one = replace(plan, findings=(Finding("spot", "a", Level.NATIVE, ""), Finding("retry", "a", Level.NATIVE, "")))
    two = replace(
        plan, findings=(Finding("spot", "a", Level.NATIVE, ""), Finding("spot", "a", Level.REFUSED, "too small"))
    )
    spot, retry = compare([one, two]).rows
    assert (spot.feature, spot.task, spot.levels, spot.differs) == ("spot", "a", (Level.NATIVE, Level.REFUSED), True)
    assert retry.levels == (Level.NATIVE, None)


def test_the_price_is_the_sum_over_the_steps_and_says_what_is_not_known(plan: Plan) -> None:
    big, small = {"machine": "big", "price_per_hour": 2.5}, {"machine": "small", "price_per_hour": 0.25}
    assert price_per_hour(plan) is None
    assert price_per_hour(replace(plan, machines={"a": big, "b": small, "c": small})) == Price(3.0)
    unknown = {"machine": "odd", "price_per_hour": None}
    assert price_per_hour(replace(plan, machines={"a": big, "b": unknown})) == Price(2.5, ("odd",))


def test_side_by_side_for_people(project: Project) -> None:
    out, _ = project.call("compare", "pipeline.py", "-t", "host", "-t", "local")
    lines = [line.split() for line in out.splitlines()]
    assert lines[0] == ["shouting", "host", "local"]
    assert ["can", "run", "yes", "no:", "1", "refused"] in lines
    assert any(line[-2:] == ["driven", "refused"] for line in lines)


def test_side_by_side_for_machines(project: Project) -> None:
    found = project.json("compare", "pipeline.py", "--all")
    assert [(one["target"], one["ok"]) for one in found["targets"]] == [("host", True), ("local", False)]
    assert found["targets"][1]["levels"]["refused"] == 1
    assert all(set(row["levels"]) == {"host", "local"} for row in found["features"])


def test_settings_belong_to_the_target_that_they_name(project: Project) -> None:
    words = ["compare", "pipeline.py", "--all", "--set", "local.containers=host"]
    assert [one["ok"] for one in project.json(*words)["targets"]] == [True, True]


@pytest.mark.parametrize("words", [(), ("-t", "host"), ("-t", "host", "-t", "host")])
def test_one_target_is_nothing_to_compare(project: Project, words: tuple[str, ...]) -> None:
    _, err = project.call("compare", "pipeline.py", *words, code=2)
    assert "There is nothing to compare" in err
    assert "-t aws -t gcp" in err
