"""``kfbridge check`` and `kfbridge.check`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import kfbridge
from kfbridge.errors import KfbridgeWarning, UsageError
from kfbridge.plan.verdict import check_document
from tests.cli.kfbridge_process import Project

PIPELINE = """
from kfbridge import kubernetes

@dsl.component
def train(size: int) -> int:
    return size

@dsl.pipeline(name="training")
def training(size: int):
    task = train(size=size).set_memory_limit("16Gi")
    kubernetes.add_node_selector(task, "disk", "ssd")
"""
CONFIGURATION = """
default = "gcp"
[targets.gcp]
backend = "vertex"
project = "my-project"
location = "us-central1"
artifact_root = "gs://bucket/runs"
[targets.forgiving]
backend = "vertex"
project = "my-project"
location = "us-central1"
artifact_root = "gs://bucket/runs"
allow_loss = ["node_selection"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write(PIPELINE)
    (tmp_path / "kfbridge.toml").write_text(CONFIGURATION)
    return found


def test_refusals_first_with_task_reason_and_remedy_and_natives_in_a_line(project: Project) -> None:
    out, _ = project.call("check", "pipeline.py", code=1)
    assert out.splitlines() == [
        "training on gcp (vertex): 1 refused",
        "  refused    node_selection",
        "             train (pipeline.py:12): Vertex AI has no pods that this could be set on",
        "               Ask for a machine with set_accelerator, or allow its loss.",
        "  native     python_function, cpu_and_memory, cache",
    ]


def test_arguments_may_be_left_out_and_are_checked_when_given(project: Project) -> None:
    project.call("check", "pipeline.py", "-t", "local")
    project.call("check", "pipeline.py", "-t", "local", "-p", "size=3")
    _, err = project.call("check", "pipeline.py", "-p", "size=large", code=2)
    assert 'the argument "size" (NUMBER_INTEGER)' in err
    _, err = project.call("check", "pipeline.py", "-p", "sise=3", code=2)
    assert "Did you mean size?" in err


def test_one_target_is_one_document(project: Project) -> None:
    document = project.json("check", "pipeline.py", code=1)
    assert {key: document[key] for key in ("pipeline", "target", "backend", "ok")} == {
        "pipeline": "training",
        "target": "gcp",
        "backend": "vertex",
        "ok": False,
    }
    assert document["findings"][0] == {
        "feature": "node_selection",
        "task": "train",
        "level": "refused",
        "reason": "Vertex AI has no pods that this could be set on",
        "remedy": "Ask for a machine with set_accelerator, or allow its loss.",
        "where": "pipeline.py:12",
    }


def test_the_machines_of_the_steps_are_in_the_document(project: Project) -> None:
    assert project.json("check", "pipeline.py", code=1)["machines"]["train"]["machine"]
    assert project.json("check", "pipeline.py", "-t", "local")["machines"] == {}


def test_several_targets_are_a_list_in_the_order_given(project: Project) -> None:
    document = project.json("check", "pipeline.py", "-t", "local", "-t", "gcp", "-t", "local", code=1)
    assert document["pipeline"] == "training"
    assert [(one["target"], one["ok"]) for one in document["targets"]] == [("local", True), ("gcp", False)]


def test_all_asks_every_backend_with_its_targets_or_with_examples(project: Project) -> None:
    document = project.json("check", "pipeline.py", "--all", code=1)
    assert [(one["backend"], one["target"], one["ok"]) for one in document["targets"]] == [
        ("azureml", "", False),
        ("k8s", "", True),
        ("local", "local", True),
        ("sagemaker", "", False),
        ("vertex", "forgiving", True),
        ("vertex", "gcp", False),
    ]


def test_all_and_a_target_exclude_each_other(project: Project) -> None:
    _, err = project.call("check", "pipeline.py", "--all", "-t", "gcp", code=2)
    assert "--all and -t exclude each other." in err


def test_a_loss_is_allowed_for_the_call_or_by_the_target(project: Project) -> None:
    out, _ = project.call("check", "pipeline.py", "--allow-loss", "node-selection")
    assert "left out, as allowed: Vertex AI has no pods that this could be set on" in " ".join(out.split())
    project.call("check", "pipeline.py", "-t", "forgiving")


def test_a_loss_that_makes_no_difference_is_warned_of(project: Project) -> None:
    _, err = project.call("check", "pipeline.py", "-t", "local", "--allow-loss", "spot")
    assert err == "warning: --allow-loss spot makes no difference: nothing of it is refused that could be left out.\n"
    _, err = project.call("check", "pipeline.py", "--all", "--allow-loss", "node_selection")
    assert err == ""


def test_a_loss_that_is_no_feature_is_an_error_as_a_document_too(project: Project) -> None:
    document = project.json("check", "pipeline.py", "--allow-loss", "node_selector", code=2)
    assert "Did you mean 'node_selection'?" in document["error"]


def test_a_setting_counts_for_this_call(project: Project) -> None:
    project.call("check", "pipeline.py", "-t", "local", "--set", "containers=docker")
    _, err = project.call("check", "pipeline.py", "-t", "local", "--set", "container=docker", code=2)
    assert "has no setting 'container'" in err


def test_python_gets_the_same(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project.folder)
    shown = json.loads(project.call("check", "pipeline.py", "-p", "size=3", "--json", code=1)[0])
    assert check_document(kfbridge.check("pipeline.py", {"size": 3})) == shown
    with pytest.warns(KfbridgeWarning, match="--allow-loss spot makes no difference"):
        kfbridge.check("pipeline.py", targets=["local"], allow_loss=["spot"])
    with pytest.raises(UsageError, match="There is no target called"):
        kfbridge.check("pipeline.py", targets=["nowhere"])


def test_a_run_notes_what_it_noted_before_and_no_more(project: Project) -> None:
    project.write(PIPELINE.replace('add_node_selector(task, "disk", "ssd")', 'add_pod_label(task, "a", "b")'))
    out, _ = project.call("run", "pipeline.py", "-t", "local", "-p", "size=1")
    assert [line for line in out.splitlines() if line.startswith("note:")] == [
        "note: train: memory limit 16Gi is not reserved on this machine",
        "note: train: the Kubernetes setting podMetadata is seen through the fields of the pod alone; "
        "there is no pod on this machine",
    ]
