"""Two runs side by side."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from kfbridge.runs.comparison import Row, RunComparison, compare
from kfbridge.runs.detail import RunDetail
from kfbridge.runs.paths import RunPaths
from kfbridge.runs.record import RunRecord
from kfbridge.runs.store import RunStore
from kfbridge.runs.task import TaskRecord

SPEC = """
pipelineInfo: {name: iris}
schemaVersion: 2.1.0
root:
  inputDefinitions:
    parameters:
      depth: {parameterType: NUMBER_INTEGER, defaultValue: 3, isOptional: true}
      name: {parameterType: STRING}
  dag:
    tasks:
      train:
        componentRef: {name: comp-train}
components:
  comp-train: {executorLabel: exec-train}
deploymentSpec:
  executors:
    exec-train:
      container: {image: python, command: ["true"]}
"""


def metrics(uri: str, **logged: Any) -> dict[str, Any]:
    artifact = {"name": "scores", "schema_title": "system.Metrics", "uri": uri, "metadata": logged}
    return {"artifacts": {"scores": [artifact]}, "parameters": {"flag": True}}


@pytest.fixture
def detail(tmp_path: Path) -> RunDetail:
    (tmp_path / "spec.yaml").write_text(SPEC)
    record = RunRecord("iris-1", "iris", "local", "local", "succeeded", 100.0, {"name": "a"}, ended=110.0)
    task = TaskRecord(
        "iris-1",
        "train",
        "train",
        "train",
        "leaf",
        "succeeded",
        started=100.0,
        ended=105.0,
        outputs=metrics("/1", f1=0.5),
    )
    return RunDetail(record, (task,), RunPaths(tmp_path), RunStore(tmp_path))


def changed(detail: RunDetail, record: dict[str, Any] | None = None, **task: Any) -> RunDetail:
    return RunDetail(
        replace(detail.record, run_id="iris-2", **(record or {})),
        tuple(replace(one, **task) for one in detail.tasks),
        detail.paths,
        detail.store,
    )


def rows(found: RunComparison, same: bool = False) -> dict[str, tuple[Any, Any]]:
    return {f"{row.section}: {row.name}": row.values for row in found.rows if row.same is same}


def test_equal_runs_do_not_differ_wherever_their_artifacts_lie(detail: RunDetail) -> None:
    found = compare(detail, changed(detail, outputs=metrics("/2", f1=0.5)))
    assert rows(found) == {}
    assert found.runs == ("iris-1", "iris-2")
    assert rows(found, same=True)["metrics: train scores f1"] == (0.5, 0.5)


def test_arguments_are_compared_with_their_defaults(detail: RunDetail) -> None:
    given = changed(detail, {"arguments": {"name": "b", "depth": 3}})
    assert rows(compare(detail, given)) == {"arguments: name": ("a", "b")}


def test_metrics_states_and_outputs_that_differ_come_first(detail: RunDetail) -> None:
    other = changed(
        detail,
        {"state": "failed", "error": "it broke", "outputs": {"f1": 0.6}},
        state="failed",
        outputs={**metrics("/2", f1=0.6, loss=1), "parameters": {"flag": 1}},
    )
    found = compare(detail, other)
    different = [row for row in found.rows if not row.same]
    assert found.rows[: len(different)] == tuple(different)
    assert [(row.section, row.name, row.values) for row in different if row.section != "task outputs"] == [
        ("run", "state", ("succeeded", "failed")),
        ("run", "error", (None, "it broke")),
        ("outputs", "f1", (None, 0.6)),
        ("metrics", "train scores f1", (0.5, 0.6)),
        ("metrics", "train scores loss", (None, 1)),
        ("states", "train", ("succeeded", "failed")),
    ]
    assert rows(found)["task outputs: train flag"] == (True, 1)


@pytest.mark.parametrize(
    ("took", "same"), [(5.9, True), (4.1, True), (6.4, False), (60.0, False), (None, False)], ids=str
)
def test_times_that_are_near_count_as_equal(detail: RunDetail, took: float | None, same: bool) -> None:
    other = changed(detail, ended=None if took is None else 100.0 + took)
    [row] = [row for row in compare(detail, other).rows if (row.section, row.name) == ("times", "train")]
    assert row == Row("times", "train", (5.0, took), same)


def test_a_task_from_the_cache_took_no_time(detail: RunDetail) -> None:
    assert rows(compare(detail, changed(detail, cached=True)))["times: train"] == (5.0, None)


def test_the_document_is_plain_data_with_what_differs_first(detail: RunDetail) -> None:
    document = compare(detail, changed(detail, {"target": "aws"})).document()
    assert document["runs"] == ["iris-1", "iris-2"]
    assert document["rows"][0] == {"section": "run", "name": "target", "values": ["local", "aws"], "same": False}
