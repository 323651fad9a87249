"""The comparison of a run with its expectation tells every kind of difference."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from kfbridge.backends.base import TaskStatus
from tests.corpus.comparison import differences
from tests.corpus.expectation import Expectation, spread
from tests.corpus.running import Outcome

EXPECTED = Expectation(
    steps=spread({"loop[*]/double": [{"Output": 2}, {"Output": 4}], "say": {"prints": ["one", "two"], "attempts": 1}}),
    skipped=frozenset({"condition"}),
    order=(("loop[0]/double", "say"),),
    outputs={"total": 6},
)


def task(path: str, state: str = "succeeded", start: float = 0, **outputs: Any) -> TaskStatus:
    group = path == "condition"
    return TaskStatus(path, path, state, 1, started=start, ended=start + 1, outputs=outputs, group=group)


FOUND = Outcome(
    "succeeded",
    "",
    {"total": 6},
    {
        "loop[0]/double": task("loop[0]/double", Output=2),
        "loop[1]/double": task("loop[1]/double", Output=4),
        "condition": task("condition", "skipped"),
        "say": task("say", start=2),
    },
    {"say": ["+ echo", "one", "two"]},
)


def changed(path: str, **changes: Any) -> Outcome:
    tasks = {**FOUND.tasks, path: dataclasses.replace(FOUND.tasks[path], **changes)}
    return dataclasses.replace(FOUND, tasks=tasks)


def test_nothing_is_said_of_what_is_as_expected() -> None:
    assert differences(EXPECTED, FOUND) == []


@pytest.mark.parametrize(
    ("found", "told"),
    [
        (dataclasses.replace(FOUND, state="failed"), "the run ends 'failed', expected 'succeeded'"),
        (dataclasses.replace(FOUND, outputs={"total": 6.0}), "output total is 6.0, expected 6"),
        (dataclasses.replace(FOUND, outputs={}), "its outputs are [], expected ['total']"),
        (dataclasses.replace(FOUND, printed={"say": ["two", "one"]}), "say does not print 'two' where it should"),
        (changed("loop[1]/double", outputs={"Output": 4.0}), "loop[1]/double: Output is 4.0, expected 4"),
        (changed("loop[1]/double", state="failed"), "loop[1]/double is 'failed', expected 'succeeded'"),
        (changed("loop[1]/double", state="skipped"), "what was skipped is ['condition', 'loop[1]/double']"),
        (changed("condition", state="succeeded"), "what was skipped is [], expected ['condition']"),
        (
            changed("condition", state="succeeded", group=False),
            "the steps that ran are ['condition', 'loop[0]/double',",
        ),
        (changed("say", attempts=2), "say: its attempts are 2, expected 1"),
        (changed("say", started=0.5), "say does not wait for loop[0]/double"),
    ],
)
def test_a_difference_is_told(found: Outcome, told: str) -> None:
    assert any(line.startswith(told) for line in differences(EXPECTED, found)), differences(EXPECTED, found)


def test_an_artifact_is_told_by_its_contents_and_metadata(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("foo")
    artifact = {"name": "data", "type": "system.Dataset", "uri": str(tmp_path / "data"), "metadata": {"length": 3}}
    found = Outcome("succeeded", "", {}, {"make": task("make", data=artifact)}, {})

    def told(**said: Any) -> list[str]:
        return differences(Expectation(steps={"make": {"data": said}}), found)

    assert told(text="foo", begins="f", type="system.Dataset", metadata={"length": 3}) == []
    assert told(text="fo") == ["make: data holds 'foo', expected 'fo'"]
    assert told(begins="o") == ["make: data holds 'foo', expected 'o'"]
    assert told(metadata={"length": 4}) == ["make: data: metadata is {'length': 3}, expected {'length': 4}"]
    assert told(type="system.Model") == ["make: data: type is 'system.Dataset', expected 'system.Model'"]


def test_iterations_that_are_alike_are_written_once() -> None:
    assert spread({"a[0-1]/b[*]/c": [{"x": 1}, None]}) == {
        "a[0]/b[0]/c": {"x": 1},
        "a[0]/b[1]/c": {},
        "a[1]/b[0]/c": {"x": 1},
        "a[1]/b[1]/c": {},
    }
