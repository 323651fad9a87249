"""How a run is held against what it should be."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from kfbridge.backends.base import RunStatus, TaskStatus
from kfbridge.testing import Outcome, SomeArtifact
from kfbridge.testing.outcome import same


def step(name: str, state: str = "succeeded", **about: Any) -> TaskStatus:
    return TaskStatus(name=name, path=about.pop("path", name), state=state, **about)


def loop(name: str, state: str = "succeeded") -> TaskStatus:
    return replace(step(name, state), group=True)


EXPECTED = Outcome(
    ran="load square*2", failed="check", skipped="save", state="failed", attempts={"check": 3}, outputs={"n": 4}
)
STATUS = RunStatus(
    run_id="run-1",
    pipeline="p",
    target="t",
    state="failed",
    outputs={"n": 4},
    tasks=(
        loop("for-loop-1"),
        step("load", attempts=1),
        step("square", path="for-loop-1[0]/square"),
        step("square", path="for-loop-1[1]/square"),
        step("check", "failed", attempts=3, error="it is bad"),
        step("save", "skipped"),
    ),
)


def test_a_run_that_conforms_differs_in_nothing() -> None:
    assert EXPECTED.differences(STATUS) == []
    assert EXPECTED.steps() == {"load", "square", "check", "save"}


def test_a_skipped_step_may_be_left_out() -> None:
    assert EXPECTED.differences(replace(STATUS, tasks=STATUS.tasks[:-1])) == []


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ({"state": "succeeded"}, "The run is succeeded, not failed."),
        ({"state": "cancelled", "error": "stopped"}, "The run is cancelled, not failed: stopped"),
        ({"outputs": {}}, "The output n is missing."),
        ({"outputs": {"n": 4.0}}, "The output n is 4.0, not 4."),
        ({"outputs": {"n": 4, "m": 1}}, "The output m is 1, and there should be none."),
        ({"tasks": STATUS.tasks[2:]}, "load succeeded 0 times, not 1"),
        ({"tasks": (*STATUS.tasks[:3], *STATUS.tasks[4:])}, "square succeeded 1 times, not 2"),
        ({"tasks": (*STATUS.tasks, step("square"))}, "square succeeded 3 times, not 2"),
        ({"tasks": (*STATUS.tasks, step("save"))}, "save succeeded 1 times, not 0"),
        ({"tasks": (*STATUS.tasks, step("other", "skipped"))}, "other is no step of the pipeline."),
        ({"tasks": (*STATUS.tasks, step("save", "pending"))}, "save is left pending."),
        ({"tasks": (*STATUS.tasks, step("save", "failed", error="no disk"))}, "save failed 1 times, not 0; no disk"),
        (
            {"tasks": (*STATUS.tasks[:4], step("check", "failed", attempts=1), STATUS.tasks[5])},
            "check was tried [1] times, not 3.",
        ),
    ],
)
def test_each_difference_is_a_sentence(change: dict[str, Any], difference: str) -> None:
    assert EXPECTED.differences(replace(STATUS, **change)) == [difference]


def test_what_came_from_the_cache_counts_only_where_the_outcome_says_so() -> None:
    status = RunStatus("run-1", "p", "t", "succeeded", tasks=(step("load", cached=True),))
    assert Outcome(ran="load").differences(status) == []
    assert Outcome(ran="load", cached="load").differences(status) == []
    assert Outcome(ran="load", cached="").differences(status) == ["From the cache: {'load': 1}, not {}."]


@pytest.mark.parametrize(
    ("one", "other"), [(1, 1.0), (1, True), (0, False), ("", None), ([1], [1.0]), ({"a": 1}, {"a": True}), ([], {})]
)
def test_values_of_different_types_are_not_the_same(one: Any, other: Any) -> None:
    assert same(one, one)
    assert not same(one, other)
    assert not same(other, one)


def test_an_artifact_is_known_by_type_and_metadata() -> None:
    found = {"name": "x", "type": "system.Metrics", "uri": "/x", "metadata": {"a": 1, "b": 2}}
    assert same({"m": [SomeArtifact("system.Metrics", {"a": 1})]}, {"m": [found]})
    assert not same(SomeArtifact("system.Model"), found)
    assert not same(SomeArtifact("system.Metrics", {"a": 1.0}), found)
    assert not same(SomeArtifact("system.Metrics"), "/x")


def test_long_values_are_cut_in_messages() -> None:
    status = RunStatus("run-1", "p", "t", "succeeded", outputs={"text": "x" * 5000})
    (difference,) = Outcome(outputs={"text": ""}).differences(status)
    assert difference.endswith("... (5002 characters), not ''.")
    assert len(difference) < 400
